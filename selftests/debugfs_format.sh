#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The format of all files: line 1 with the version and the age, line 2 with the
# column names, rows that split into as many columns, lists that stop at `rows`, and
# below each row of `stacks` its frames.
#
# Red when: a comm or cache name with a space is not escaped; an empty field is
# left out; the line that says how many rows are left out is missing; a frame is not
# indented, or the first one is not the caller.
. ./_ktap.sh
. ./_leakacct.sh

lists="callers objects suspects slabs"
tables="callers objects stacks suspects slabs ghost hooks stats samples unloaded"

columns_of()
{
	case $1 in
	callers | stacks | unloaded)
			echo "bytes objects requested allocs frees oldest_s class cache caller" ;;
	objects)	echo "address bytes age_s pid comm class cache caller" ;;
	suspects)	echo "score bytes objects growth_bytes_per_s allocs frees oldest_s caller" ;;
	slabs)		echo "cache objects object_size slab_bytes tracked aliases top_caller" ;;
	ghost)		echo "term kB note" ;;
	hooks)		echo "path symbol probe state selftest hits missed" ;;
	stats)		echo "name value" ;;
	samples)	echo "address bytes age_s cache caller" ;;
	esac
}

# Of each column a pattern, in the order of the file.
patterns_of()
{
	caller='(0x[0-9a-f]+|[^ ]+\+0x[0-9a-f]+/0x[0-9a-f]+)( \[[^ ]+\])?( \((init|unloaded)\))?'
	class='(slab|large|page|vmalloc|percpu)'
	number='[0-9]+'
	age='([0-9]+\.[0-9]+|-)'
	case $1 in
	callers | stacks | unloaded)
			echo "$number (>=)?$number $number $number $number $age $class [^ ]+ $caller" ;;
	objects)	echo "0x[0-9a-f]+ $number $age $number [^ ]+ $class [^ ]+ $caller" ;;
	suspects)	echo "$number $number $number -?$number $number $number $age $caller" ;;
	slabs)		echo "([^ ]+ $number $number|large - -) $number $number [^ ]+ ($caller|-)" ;;
	ghost)		echo "[^ ]+ (-?$number|-) .+" ;;
	hooks)		echo "[^ ]+ [^ ]+ (tracepoint|ftrace|kprobe|kretprobe|-) (armed|absent|failed) (pass|fail|-) $number $number" ;;
	stats)		echo "[^ ]+ [^ ]+" ;;
	samples)	echo "0x[0-9a-f]+ $number $age [^ ]+ $caller" ;;
	esac
}

first_line()
{
	for file in $tables verdict control query; do
		ktap_expect "first line of $file" like "^# leakacct $file 1 age=[0-9]+\\.[0-9]{3}s\$" \
			"$(head -n 1 "$la/$file")" "programs know the version by it"
	done
}

second_line()
{
	for file in $tables; do
		ktap_expect "second line of $file" is "# $(columns_of "$file")" \
			"$(sed -n 2p "$la/$file")" "programs find columns by it"
	done
}

# What is neither a note nor a frame.
rows_of()
{
	grep -v '^[# ]'
}

rows_split()
{
	for file in $tables; do
		cat "$la/$file" >"$ktap_tmp/text"
		ktap_expect "rows of $file that do not match" is "" \
			"$(rows_of <"$ktap_tmp/text" | grep -Evx -e "$(patterns_of "$file")" | head -n 3)" \
			"each row has $(columns_of "$file")"
		[ "$file" = suspects ] || [ "$file" = samples ] || [ "$file" = unloaded ] ||
			ktap_expect "rows of $file" gt 0 "$(rows_of <"$ktap_tmp/text" | wc -l)" "there are some"
		ktap_expect "notes of $file" unlike '^#($|[^ ])' "$(cat "$ktap_tmp/text")" \
			"a note begins with '# '"
	done
}

# Frames as the kernel prints them; what is left of those that are gone; how the stack
# ends when there is more to say.
#
# frames_follow PATTERN: there is a frame like this.
frames_follow()
{
	query stacks rows=0 since_mark=0 >"$ktap_tmp/text"
	at='[^ ]+\+0x[0-9a-f]+/0x[0-9a-f]+( \[[^ ]+\])?( \((init|unloaded)\))?'
	ktap_expect "frames that do not match" is "" "$(grep '^ ' "$ktap_tmp/text" |
		grep -Evx -e "    ($at|0x[0-9a-f]+|\[bpf\]|\.\.\.|\((softirq|hardirq|nmi)\))" | head -n 3)" \
		"a frame is an address as %pS prints it"
	awk '
		/^#/ { next }
		!/^ / {
			if (NR > 1 && row && !frames)
				print "no frame: " row
			row = $0
			frames = ended = 0
			next
		}
		ended == 2 || (ended && !/^    \((softirq|hardirq|nmi)\)$/) { print "after the end: " $0 }
		/^    \.\.\.$/ { ended = 1; next }
		/^    \((softirq|hardirq|nmi)\)$/ { ended = 2; next }
		!frames++ {
			caller = row
			for (i = 1; i <= 8; i++)
				sub(/^[^ ]+ /, "", caller)
			if ("    " caller != $0)
				print "caller: " caller ", first frame: " $0
		}
		END {
			if (!frames)
				print "no frame: " row
		}' "$ktap_tmp/text" >"$ktap_tmp/odd"
	ktap_expect "odd stacks" is "" "$(head -n 3 "$ktap_tmp/odd")" \
		"below a row stand its frames, the caller first, then what cut it and the context"
	ktap_expect "frames" gt $(($(rows_of <"$ktap_tmp/text" | wc -l) * 2)) \
		"$(grep -c '^    .*+0x' "$ktap_tmp/text")" "they say how one got there"
	grep -Eq "^    $1\$" "$ktap_tmp/text" || ktap_fail "expected a frame like $1, got none"
}

# A file with the rest: with `rows` rows and the line that says how many more, or
# with no more than that.
lists_stop()
{
	for rows in 3 40; do
		echo "$rows" >"$parameters/rows"
		# The oldest objects are kept with the shared snapshot.
		ktap_poll 5 has_rows objects "$rows"
		for file in $lists; do
			cat "$la/$file" >"$ktap_tmp/text"
			n=$(grep -cv '^#' "$ktap_tmp/text")
			ktap_expect "rows of $file" le "$rows" "$n" "rows=$rows"
			last=$(tail -n 1 "$ktap_tmp/text")
			if [ "$n" -eq "$rows" ] && [ "$rows" -eq 3 ] && [ "$file" != suspects ]; then
				ktap_expect "last line of $file" like '^# [0-9]+ more rows$' "$last" \
					"there are more than three"
			fi
		done
	done
	# Stacks are long: ten, whatever the parameter says.
	cat "$la/stacks" >"$ktap_tmp/text"
	ktap_expect "rows of stacks" eq 10 "$(rows_of <"$ktap_tmp/text" | wc -l)" "it shows ten by default"
	ktap_expect "last line of stacks" like '^# [0-9]+ more rows$' "$(tail -n 1 "$ktap_tmp/text")" \
		"there are more than ten"
	all=$(query slabs rows=0 | grep -cv '^#')
	echo 3 >"$parameters/rows"
	ktap_expect "last line of slabs" is "# $((all - 3)) more rows" "$(tail -n 1 "$la/slabs")" \
		"there are $all caches"
	echo 40 >"$parameters/rows"
}

# has_rows FILE N
has_rows()
{
	[ "$(grep -cv '^#' "$la/$1")" -eq "$2" ]
}

odd_names_are_escaped()
{
	# A process with a name of all kinds of characters, that allocates.
	cat >"$ktap_tmp/script" <<-'X'
		printf 'odd \\name#' >/proc/self/comm
		echo "leak kmalloc_const 5" >/sys/kernel/debug/la_leaker/run
	X
	sh "$ktap_tmp/script"
	query objects caller=leak_kmalloc_const+ >"$ktap_tmp/objects"
	ktap_expect "comm" is 'odd\040\134name#' "$(column comm <"$ktap_tmp/objects" | sort -u)" \
		"space and backslash are escaped, so that a row splits"
	leaker_run free all
}

sorted_and_cut()
{
	leaker_run leak all 200
	ktap_poll 5 leaker_on_top
	for file in callers stacks; do
		column bytes <"$la/$file" >"$ktap_tmp/bytes"
		ktap_expect "$file" is "$(sort -rn "$ktap_tmp/bytes")" "$(cat "$ktap_tmp/bytes")" \
			"the largest come first"
	done
	column age_s <"$la/objects" >"$ktap_tmp/ages"
	ktap_expect "objects" is "$(sort -rn "$ktap_tmp/ages")" "$(cat "$ktap_tmp/ages")" \
		"the oldest come first"
	leaker_run free all
}

leaker_on_top()
{
	column caller <"$la/callers" | grep -q leak_kmalloc_large_node
}

files_agree()
{
	(cd "$la" && cat ./*) >"$ktap_tmp/all" || ktap_fail "expected that cat * reads all"
	ages=$(sed -n 's/^# leakacct \([a-z]*\) 1 age=.*/\1/p' "$ktap_tmp/all" | tr '\n' ' ')
	ktap_expect "files in cat *" is \
		"callers control ghost hooks objects query samples slabs stacks stats suspects unloaded verdict " "$ages" \
		"each has a first line, and verdict comes last"
	ktap_expect "longest line" le 200 "$(grep -v '^# view\|=\[' "$ktap_tmp/all" |
		grep -v ',.*,.*,' | wc -L)" "it is for a terminal"
}

ktap_plan 10
load
insmod ./la_leaker.ko
ktap_case "all files begin with a version line" first_line
ktap_case "line 2 names the columns" second_line
leaker_run leak kmem_cache_alloc 100
echo look >$la/control
echo look >$la/control
echo look >$la/control
ktap_case "every row splits into its columns" rows_split
ktap_case "every row of stacks has its frames" frames_follow \
	'leak_kmem_cache_alloc\+0x[^ ]* \[la_leaker\]'
ktap_case "lists stop at rows and say how many are left out" lists_stop
ktap_case "names with odd characters stay one word" odd_names_are_escaped
ktap_case "lists are sorted" sorted_and_cut
ktap_case "cat * shows all files, verdict last" files_agree
insmod ./la_init_leaker.ko
rmmod la_init_leaker
ktap_case "every row splits, with callers that are gone too" rows_split
ktap_case "every row of stacks has its frames, with some that are gone too" frames_follow \
	'.*\+0x[^ ]* \[la_init_leaker\] \((init|unloaded)\)'
ktap_end
