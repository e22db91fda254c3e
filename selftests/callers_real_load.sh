#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Real load, each part by operation count: processes, a build, the kernel's headers in tmpfs,
# loopback TCP, and stress-ng's vm, fork, shm, sock, pipe, epoll and dentry (_real_load.sh). It
# is done and drained once, and once more: what callers and caches have grown by in the second
# round must be in the kernel's own counters as well, and no cache holds more than slabinfo
# says. Pages have no counter, but they are what no counter claims: the ghost, which the
# kernel's counters make. What is left is listed, with the numbers by which it is right: those
# of the kernel for the same, what went when it was asked for, since when it is there, and
# whose it is. This is the quick form; the long one does ten times as much in a round.
#
# Red when: one free in a few hundred is missed, of any cache; pages of a slab, an area or a
# user are counted as pages, too; a part of the load is not done.
#
# Timeout: 240
# Long: 2400
# Needs: headers stress-ng tcc
. ./_ktap.sh
. ./_leakacct.sh
. ./_real_load.sh
. ./_reconcile.sh

times=1
archive=some.tar
[ -z "${LEAKACCT_LONG:-}" ] || { times=10; archive=all.tar.gz; }
# What leakacct may say beyond the kernel's growth. What slabinfo is off by: of the slabs that a
# CPU has for itself it counts the free objects as live. Shrinking a cache takes them from it,
# so it is one slab of each CPU, or, where that is less, what the machine itself allocates
# between two readings.
bound=128		# objects
# There kmemleak has one for each of all others, and readings are further apart.
! debug_kernel || bound=512
bound_bytes=262144	# of what is not in slabs
cpus=$(grep -c ^processor /proc/cpuinfo)

# timed PART [ARGUMENT...]
timed()
{
	part=$1
	shift
	read -r begin _ </proc/uptime
	"load_$part" "$@"
	read -r end _ </proc/uptime
	spent="$spent $part $((${end%.*} - ${begin%.*})) s,"
}

one_round()
{
	spent=
	timed processes $((100 * times))
	timed build "$times"
	timed headers "$times" "$archive"
	timed tcp $((15 * times))
	timed stress "$times"
}

# What is compared by its bytes, and what may be off, for awk: in_bytes(NAME), limit_of(CACHE).
# A copy of what -v says would be a string to busybox.
limits='
	function in_bytes(name) { return name ~ /^(large|page|vmalloc|percpu)(\/|$)/ }
	function limit_of(cache) {
		if (cache == "page")
			return bound_pages + 0
		if (in_bytes(cache))
			return bound_bytes + 0
		return per_slab[cache] * cpus > bound + 0 ? per_slab[cache] * cpus : bound + 0
	}'

# with_limits PROGRAM FILE...
with_limits()
{
	program=$1
	shift
	awk -v bound="$bound" -v bound_bytes="$bound_bytes" -v cpus="$cpus" \
		-v bound_pages="$(page_bound)" "$limits$program" "$@"
}

# What callers and caches have grown by in the second round, if by more than the bound:
# KIND NAME GROWTH KERNEL LIMIT.
grown()
{
	# shellcheck disable=SC2016 # for awk
	with_limits '
		FNR == 1 { round++ }
		{ change = (round == 2 ? 1 : -1) * (in_bytes($2) ? $4 : $3) }
		$1 == "kernel" { kernel[$2] += change; per_slab[$2] = $5 }
		$1 != "kernel" { grown[$1 " " $2] += change }
		END {
			for (name in grown) {
				cache = name
				sub(/^[a-z]* /, "", cache)
				sub(/\/.*/, "", cache)
				if (grown[name] > limit_of(cache))
					print name, grown[name], kernel[cache] + 0, limit_of(cache)
			}
		}' "$ktap_tmp/round1" "$ktap_tmp/round2"
}

kernel_confirms()
{
	grown | grep "^$1 " >"$ktap_tmp/grown"
	while read -r _ name growth kernel limit; do
		ktap_diag "$name has grown by $growth, in the kernel's own counters by $kernel"
		ktap_expect "growth of $name beyond the kernel's" le "$limit" $((growth - kernel)) \
			"what grows is there"
	done <"$ktap_tmp/grown"
}

# What lives for leakacct lives for slabinfo: "cache NAME HELD IN-SLABINFO".
no_more_than_slabinfo()
{
	# shellcheck disable=SC2016 # for awk
	with_limits '$1 == "kernel" { kernel[$2] = $3; next }
		$1 == "cache" && !in_bytes($2) && $2 in kernel { print $2, $3, kernel[$2] }' \
		"$ktap_tmp/round2" >"$ktap_tmp/held"
	ktap_expect "caches that are held of" ge 20 "$(wc -l <"$ktap_tmp/held")" "a kernel has that many"
	while read -r name held active; do
		ktap_expect "objects held of $name" le $((active + bound / 4)) "$held" \
			"slabinfo has $active, some of which may have come and gone meanwhile"
	done <"$ktap_tmp/held"
}

# taken ROUND: bytes of class page, and of the ghost.
taken()
{
	awk '$1 == "cache" && $2 == "page" { pages = $4 }
		$1 == "kernel" && $2 == "page" { ghost = $4 }
		END { printf "%.0f %.0f\n", pages, ghost }' "$ktap_tmp/round$1"
}

# Each page once: from the load on pages are as many as no counter claims beyond what was so
# before. leakacct has been there longer than the load; what it took itself is among both.
pages_are_the_ghost()
{
	read -r pages ghost <<-X
	$(taken 0)
	X
	for round in 1 2; do
		read -r more more_ghost <<-X
		$(taken "$round")
		X
		off=$((more - pages - (more_ghost - ghost)))
		ktap_diag "round $round: pages grew by $(((more - pages) / 1024)) kB since the beginning, the ghost by $(((more_ghost - ghost) / 1024)) kB, the bound is $(($(page_bound) / 1024)) kB"
		ktap_expect "growth of pages beyond the ghost's" le "$(page_bound)" "$off" \
			"a page has one owner"
		ktap_expect "growth of pages beyond the ghost's" ge "-$(page_bound)" "$off" \
			"what has no owner is a page"
	done
}

# The largest of what is left, with all that speaks for it:
#	REASON|BYTES|CACHE|CALLER|TEXT
# REASON is "none" where nothing does. Numbers are of before the load, after round 1 and after
# round 2, of what is compared by its bytes in kB.
weigh_left()
{
	# shellcheck disable=SC2016 # for awk
	with_limits '
		function shown(name, n) { return in_bytes(name) ? int(n / 1024) : n + 0 }
		function unit(name) { return in_bytes(name) ? " kB" : "" }
		function three(of, name) {
			return shown(name, of[0, name]) ", " shown(name, of[1, name]) \
				", " shown(name, of[2, name]) unit(name)
		}
		function reason(name, cache,	more, kernel_more, limit) {
			limit = limit_of(cache)
			more = held[2, name] - held[1, name]
			kernel_more = kernel[2, cache] - kernel[1, cache]
			# What is there: from before the load the kernel may have more, never less.
			if (in_bytes(cache) && held[2, cache] - held[0, cache] > \
					kernel[2, cache] - kernel[0, cache] + 2 * limit)
				return "none"
			if (!in_bytes(cache) && held[2, cache] > kernel[2, cache] + bound / 4)
				return "none"
			if (more <= limit)
				return "in round 2 it grew by " shown(cache, more) unit(cache) \
					", which is within " shown(cache, limit) unit(cache)
			if (more - kernel_more > limit)
				return "none"
			return "in round 2 it grew by " shown(cache, more) unit(cache) \
				", for the kernel by " shown(cache, kernel_more) unit(cache)
		}
		FNR == 1 { file++ }
		{ round = file - 1 }
		file == 4 {
			if ($1 == "caller")
				loaded[$2] = in_bytes($2) ? $4 : $3
			next
		}
		$1 == "kernel" {
			kernel[round, $2] = in_bytes($2) ? $4 : $3
			per_slab[$2] = $5
			next
		}
		{ held[round, $2] = in_bytes($2) ? $4 : $3 }
		$1 == "caller" && round == 2 { bytes[$2] = $4 }
		END {
			for (name in bytes) {
				cache = name
				sub(/\/.*/, "", cache)
				caller = substr(name, length(cache) + 2)
				went = loaded[name] - held[2, name]
				printf "%s|%d|%s|%s|", reason(name, cache), bytes[name], cache, caller
				printf "%s; %s%s more before they were asked back; ", \
					three(held, name), shown(name, went > 0 ? went : 0), \
					unit(name)
				printf "all of %s: held %s, in the kernel %s\n", cache, \
					three(held, cache), three(kernel, cache)
			}
		}' "$ktap_tmp/round0" "$ktap_tmp/round1" "$ktap_tmp/round2" "$ktap_tmp/loaded" |
		sort -t '|' -k 2,2nr | head -n 15
}

# born CACHE CALLER: when those that live were, and by which tasks.
born()
{
	read -r now _ </proc/uptime
	query objects "caller=$2+" rows=0 | awk -v cache="$1" -v caller="$2+" -v now="$now" \
		-v first="$(cat "$ktap_tmp/began1")" -v second="$(cat "$ktap_tmp/began2")" '
		function most(of, n,	i, name, text) {
			for (i = 0; i < 3 && n; i++) {
				name = ""
				for (comm in of)
					if (name == "" || of[comm] > of[name])
						name = comm
				text = text ", " name " " of[name]
				n -= of[name]
				delete of[name]
			}
			return n ? text ", others " n : text
		}
		FNR == NR { lives[$1] = 1; next }
		/^#/ { next }
		index($8, caller) != 1 || ($6 == "slab" ? $7 : $6) != cache { next }
		{ when = now - $3 < first ? 0 : now - $3 < second ? 1 : 2; nr[when]++ }
		$4 in lives { living[$5]++; alive++; next }
		{ gone[$5]++; dead++ }
		END {
			if (!alive && !dead)
				printf "gone since"
			else
				printf "born before %d, in round 1 %d, in round 2 %d", \
					nr[0], nr[1], nr[2]
			if (alive)
				printf "; by tasks that live%s", most(living, alive)
			if (dead)
				printf "; by tasks that are gone%s", most(gone, dead)
			print ""
		}' "$ktap_tmp/pids" -
}

# Each of the largest that are left, with the numbers by which it is right.
what_is_left_is_right()
{
	for task in /proc/[0-9]*; do
		echo "${task#/proc/}"
	done >"$ktap_tmp/pids"
	weigh_left >"$ktap_tmp/left"
	ktap_diag "left, most bytes first; numbers are of before, after round 1, after round 2"
	while IFS='|' read -r reason bytes cache caller text; do
		ktap_diag "$bytes bytes of $cache by $caller: $text"
		ktap_diag "  $(born "$cache" "$caller")"
		ktap_diag "  right: $reason"
		ktap_expect "what speaks for $caller in $cache" isnt none "$reason" \
			"what is left is in the kernel's own numbers"
	done <"$ktap_tmp/left"
	ktap_expect "callers that have something left" ge 10 "$(wc -l <"$ktap_tmp/left")" \
		"a kernel keeps something of each load"
}

two_rounds()
{
	for need in headers/some.tar stress-ng/stress-ng tcc/tcc; do
		[ -e "/$need" ] || ktap_fail "expected /$need, which run.sh puts there" || return 1
	done
	drain
	save 0
	for round in 1 2; do
		cut -d ' ' -f 1 /proc/uptime >"$ktap_tmp/began$round"
		one_round
		[ "$round" -eq 1 ] || held >"$ktap_tmp/loaded"
		drain
		save "$round"
		ktap_diag "round $round:$spent $least objects left"
	done
	ktap_diag "done: $(operations)"
	real_load_spreads
	ktap_expect "allocations" ge 100000 "$(column allocs <"$ktap_tmp/callers" | sum)" "else it was no load"
	few_are_refused
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
}

ktap_plan 6
real_load_begin
load
ktap_case "real load, twice" two_rounds
ktap_case "what is left is right" what_is_left_is_right
ktap_case "no caller grows that the kernel does not confirm" kernel_confirms caller
ktap_case "no cache grows that the kernel does not confirm" kernel_confirms cache
ktap_case "no cache holds more than slabinfo says" no_more_than_slabinfo
ktap_case "pages are what no counter claims" pages_are_the_ghost
real_load_end
ktap_end
