# SPDX-License-Identifier: GPL-2.0-only
#
# Tables from what guest.sh measured. Ends with status 1 when a measurement is
# missing.

BEGIN {
	label["bare"] = "bare"
	label["caller"] = "leakacct, caller only"
	label["stacks"] = "leakacct, stacks"
	label["sampled"] = "leakacct, sampled"
	label["kprobe"] = "leakacct, hooks=kprobe"
	label["tracepoints"] = "empty tracepoints"
	label["ftrace"] = "ftrace events"
	label["ftrace-stacks"] = "ftrace with stacks"
	label["slub-debug"] = "slub_debug=U"
	label["memleak"] = "BPF memleak"
	label["bare-again"] = "bare, once more"
	nops = split("kmalloc kmalloc_var cache bulk kfree_rcu page split", ops)
	title["kmalloc"] = "kmalloc(64)"
	title["kmalloc_var"] = "kmalloc(n)"
	title["cache"] = "kmem_cache"
	title["bulk"] = "bulk of 16"
	title["kfree_rcu"] = "kfree_rcu"
	title["page"] = "page"
	title["split"] = "of 32 pages"
	title["fork"] = "500 fork+exec+wait"
	title["files"] = "tar -x of 5,000 files, rm -r"
	title["stream"] = "200 MB over loopback TCP"
	title["find"] = "find /proc /sys, stat each"
	title["idle"] = "10 s of nothing"
}

function add_row(part, row)
{
	if (!((part, row) in seen)) {
		seen[part, row] = 1
		rows[part, ++nrows[part]] = row
	}
}

$1 == "kernel" || $1 == "emulator" || $1 == "cpu" || $1 == "parts" ||
		$1 == "workloads" && NR < 6 {
	word = $1
	sub(/^[a-z]+ /, "")
	head[word] = $0
	if (word == "workloads")
		nloads = split($0, loads)
	next
}
$1 == "user" { sub(/^user ?/, ""); user[++nuser] = $0; next }
$3 == "-" { add_row($1, $2); absent[$1, $2] = $4 ? substr($0, index($0, $4)) : "-"; next }
$1 == "pairs" {
	add_row($1, $2)
	pair[$2, $3, $4] = $6 / $5
	worst[$2, $3, $4] = $8 / $7
	if (!(($2, $3) in fill))
		fill[$2, $3] = $10 == "-" ? "-" : sprintf("%.0f%%", 100 * $9 / $10)
	next
}
$1 == "workloads" {
	add_row($1, $2)
	work[$2, $3, $4] = $5
	units[$2, $4] = $6
	allocs[$2, $4] = $7
	known[$2, $4] = $8 != "-" && $8 + $9 > 0 ? sprintf("%.2f%%", 100 * $8 / ($8 + $9)) : "-"
	next
}
$1 == "dropped" { dropped[$2, $3] = $4; next }
$1 == "profile" {
	add_row($1, $2)
	function_name = $4
	sub(/\+.*/, "", function_name)
	sub(/^0x.*/, "(ftrace trampoline)", function_name)
	if (!(($2, $3, function_name) in in_function))
		functions[$2, $3, ++nfunctions[$2, $3]] = function_name
	in_function[$2, $3, function_name]++
	in_all[$2, $3]++
	next
}
$1 == "sizes" {
	if ($4 == "pair")
		size_pair[$3, $5] = $7 / $6
	else if ($4 == "idle")
		size_stat[$3, "idle"] = $6 / $7
	else if ($4 == "stat")
		size_stat[$3, $5] = $6
	else {
		if (!($5 in file_seen)) {
			file_seen[$5] = 1
			files[++nfiles] = $5
		}
		read_work[$3, $5] = $6
		read_bytes[$3, $5] = $7
		read_time[$3, $5] = $8
		read_again[$3, $5] = $9
	}
	if ($3 > 0 && !($3 in size_seen)) {
		size_seen[$3] = 1
		size[++nsizes] = $3
	}
	next
}

function missing(what)
{
	printf "MISSING: %s\n", what
	bad = 1
}

function has(part)
{
	return (" " head["parts"] " ") ~ (" " part " ")
}

# Four digits of it.
function ratio(r)
{
	return sprintf(r < 10 ? "%.2f" : "%.1f", r)
}

function pair_table(state, about,    i, j, row, op, v, b)
{
	printf "\nInstructions per operation, above bare, ratio to bare: %s\n\n%-22s", about, ""
	for (j = 1; j <= nops; j++)
		printf "%18s", title[ops[j]]
	printf "%7s%6s\n", "worst", "full"
	for (i = 1; i <= nrows["pairs"]; i++) {
		row = rows["pairs", i]
		printf "%-22s", label[row]
		if (("pairs", row) in absent) {
			printf "  %s\n", absent["pairs", row]
			continue
		}
		for (j = 1; j <= nops; j++) {
			op = ops[j]
			if (!((row, state, op) in pair) || !(("bare", state, op) in pair)) {
				printf "%18s", "?"
				lost = lost " " row "/" op "/" state
				continue
			}
			v = pair[row, state, op]
			b = pair["bare", state, op]
			if (row == "bare")
				printf "%18s", sprintf("%.0f%12s", v, "")
			else
				printf "%6.0f%+7.0f%5s", v, v - b, ratio(v / b)
		}
		printf "%7.0f%6s\n", worst[row, state, ops[1]], fill[row, state]
	}
}

function dropped_note(part,    i, row)
{
	for (i = 1; i <= nrows[part]; i++) {
		row = rows[part, i]
		if (dropped[part, row] > 0)
			printf "\n%s: %d events were not accounted in full\n", label[row], dropped[part, row]
	}
}

function million(n)
{
	return sprintf("%.2f", n / 1e6)
}

# Of the find the number of files differs a little: per file.
function per(row, try, load)
{
	return load == "find" ? work[row, try, load] / units[row, load] * units["bare", load] : \
		work[row, try, load]
}

function workload_table(    i, j, row, load, b, more)
{
	printf "\nWhole workloads: million instructions, more than bare, (the first run); allocations that\n"
	print "leakacct saw, and how many of their stacks were remembered ones"
	for (j = 1; j <= nloads; j++) {
		load = loads[j]
		printf "\n%-30s%12s%10s%14s%14s%12s\n", title[load], "warm", "more", "(cold)",
			"allocations", "remembered"
		for (i = 1; i <= nrows["workloads"]; i++) {
			row = rows["workloads", i]
			printf "  %-28s", label[row]
			if (("workloads", row) in absent) {
				printf "%12s\n", absent["workloads", row]
				continue
			}
			if (!((row, "warm", load) in work) || !(("bare", "warm", load) in work)) {
				printf "%12s\n", "?"
				lost = lost " " row "/" load
				continue
			}
			b = per("bare", "warm", load)
			more = load == "idle" ? "-" : \
				sprintf("%.2f%%", 100 * (per(row, "warm", load) / b - 1))
			printf "%12s%10s%14s%14s%12s\n", million(per(row, "warm", load)), more,
				"(" million(per(row, "cold", load)) ")", allocs[row, load], known[row, load]
		}
	}
}

function grouped(n,    s)
{
	if (n >= 1e6 && n % 1e6 == 0)
		return n / 1e6 " million"
	if (n >= 1e3 && n % 1e3 == 0)
		return n / 1e3 " thousand"
	return n ""
}

function size_row(name, key, form,    i)
{
	printf "%-36s", name
	for (i = 1; i <= nsizes; i++) {
		if (!((size[i], key) in size_stat)) {
			lost = lost " sizes/" key "/" size[i]
			printf "%26s", "?"
		} else
			printf "%26s", sprintf(form, size_stat[size[i], key])
	}
	printf "\n"
}

function size_table(    i, j, f, n)
{
	printf "\nAgainst the number of live objects (kmalloc of 8 to 64 bytes), with stacks\n\n%-36s", ""
	for (i = 1; i <= nsizes; i++)
		printf "%26s", grouped(size[i])
	printf "\n"
	for (j = 1; j <= 2; j++) {
		printf "%-36s", title[ops[j]] " pair, above bare"
		for (i = 1; i <= nsizes; i++)
			if (((size[i], ops[j]) in size_pair) && ((0, ops[j]) in size_pair))
				printf "%26s", sprintf("%.0f %+.0f", size_pair[size[i], ops[j]],
					size_pair[size[i], ops[j]] - size_pair[0, ops[j]])
			else {
				lost = lost " sizes/" ops[j]
				printf "%26s", "?"
			}
		printf "\n"
	}
	for (i = 1; i <= nsizes; i++) {
		n = size[i]
		if (size_stat[n, "objects_live"] > 0)
			size_stat[n, "each"] = size_stat[n, "own_bytes"] / size_stat[n, "objects_live"]
		if (size_stat[n, "objects_capacity"] > 0)
			size_stat[n, "full"] = 100 * size_stat[n, "objects_live"] / size_stat[n, "objects_capacity"]
	}
	size_row("live objects", "objects_live", "%d")
	size_row("slots", "objects_capacity", "%d")
	size_row("full", "full", "%.0f %%")
	size_row("refused", "refused", "%d")
	size_row("own memory, bytes", "own_bytes", "%d")
	size_row("own memory at load, bytes", "own_empty", "%d")
	size_row("own memory per live object, bytes", "each", "%.1f")
	if (size_stat[size[1], "memory_stacks"])
		size_row("of it for stacks, bytes", "memory_stacks", "%d")
	size_row("instructions a second when idle", "idle", "%d")
	printf "\nReading a file: thousand instructions, and of one more read at once; the first in guest time\n\n"
	for (j = 1; j <= nfiles; j++) {
		f = files[j]
		printf "%-36s", f
		for (i = 1; i <= nsizes; i++)
			if ((size[i], f) in read_work)
				printf "%26s", sprintf("%.0f %.0f %.0f ms", read_work[size[i], f] / 1e3,
					read_again[size[i], f] / 1e3, read_time[size[i], f] / 1e6)
			else {
				lost = lost " sizes/" f
				printf "%26s", "?"
			}
		printf "\n"
	}
}

function profile_table(    i, j, k, row, op)
{
	printf "\nInstructions of one operation, by functions in the order of their first\n"
	for (j = 1; j <= nops; j++) {
		op = ops[j]
		for (i = 1; i <= nrows["profile"]; i++) {
			row = rows["profile", i]
			if (("profile", row) in absent)
				continue
			printf "\n%s, %s: %d\n", title[op], label[row], in_all[row, op]
			for (k = 1; k <= nfunctions[row, op]; k++)
				printf "%8d  %s\n", in_function[row, op, functions[row, op, k]],
					functions[row, op, k]
		}
	}
}

END {
	printf "leakacct bench: kernel %s\n%s\n%s\n", head["kernel"], head["emulator"], head["cpu"]
	print "One instruction is one nanosecond of the guest's clock; memory costs nothing."
	if (has("pairs") || has("peers")) {
		pair_table("empty", "few objects in the table")
		pair_table("full", "the table 75 % full")
		dropped_note("pairs")
		if (!nrows["pairs"])
			missing("pairs")
	}
	if (has("workloads")) {
		workload_table()
		dropped_note("workloads")
		if (!nrows["workloads"])
			missing("workloads")
	}
	if (has("sizes")) {
		size_table()
		if (!nsizes || !nfiles)
			missing("sizes")
	}
	if (has("profile"))
		profile_table()
	if (has("user")) {
		printf "\nThe table alone, on this machine's processor\n\n"
		for (i = 1; i <= nuser; i++)
			print user[i]
		if (!nuser)
			missing("user")
	}
	n = split(lost, which)
	if (n)
		print ""
	for (i = 1; i <= n; i++)
		missing(which[i])
	exit bad
}
