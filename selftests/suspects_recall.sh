#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Recall: who keeps one in 10,000 of what it allocates is accused after 200 kept objects at
# most, by whatever path it allocates; who is as busy by the same path and keeps 16 to 48
# objects, now one more, now one less, is not. la_forgetful and la_orderly are these two
# (leaker/busy.h); all paths leak at once, each at times of its own. Accused is who has a row at
# the threshold or above; of those who do leak, also who is told as a part of such a leak. That
# two of so many who leak at one rate are taken for one now and then is known; so is that one
# who does not leak is shown as a part, with a score far below. Such are counted and shown.
#
# The quick form has two paths at 1 in 10,000, and seven that take longer at 1 in 200. The long
# form has all paths that this kernel has at 1 in 10,000, but for those that may have few
# objects at a time.
#
# Red when: steadiness counts for less than the threshold if most are freed (nobody is
# accused); frees are not noted at once (churn survives); a rise is one however small beside
# what comes and goes (la_orderly is accused); survivors of a class are not counted.
#
# Timeout: 240
# Long: 3600
. ./_ktap.sh
. ./_leakacct.sh

every=10000
! debug_kernel || every=1000
quick="kmalloc_variable kmem_cache_alloc"
every_few=200
quick_few="kmem_cache_alloc_bulk kfree_rcu kmalloc_large alloc_page page_frag vmalloc alloc_percpu"
most=200	# kept objects, by when all must be accused
rate=3		# kept objects of a path between two looks, on average
# Who is not accused by then has kept more than that.
rounds=$((most / rate + 10))

threshold()
{
	sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$la/suspects"
}

# name_paths: "PATH EVERY" lines.
name_paths()
{
	while read -r path _; do
		case "${LEAKACCT_LONG:+long} $quick | $quick_few " in
		long* | *" $path "*"|"*) echo "$path $every" ;;
		*"|"*" $path "*)	echo "$path $every_few" ;;
		esac
	done </sys/kernel/debug/la_forgetful/kept
}

# busy MODULE: by each path that is not recalled yet.
busy()
{
	while read -r path one_in; do
		! grep -q "^$path " "$ktap_tmp/recalled" || continue
		echo "busy $path $((rate * one_in)) $one_in" >"/sys/kernel/debug/$1/run" ||
			ktap_fail "expected that $1 can be busy by $path"
	done <"$ktap_tmp/paths"
}

# accused: "FUNCTION MODULE row|part" of all who are, of the two.
accused()
{
	query suspects rows=0 | awk -v limit="$limit" '
		/^[0-9]/ { guilty = $1 >= limit }
		guilty && (/^[0-9]/ || /^#     /) && match($0, /leak_[a-z0-9_]*\+/) {
			name = substr($0, RSTART, RLENGTH - 1)
			if (match($0, /\[la_(forgetful|orderly)\]/))
				print name, substr($0, RSTART + 1, RLENGTH - 2),
					$1 == "#" ? "part" : "row"
		}' | sort -u
}

# Those that are accused for the first time: "PATH KEPT ROUND".
note_accused()
{
	while read -r function module _; do
		[ "$module" = la_forgetful ] || continue
		path=${function#leak_}
		grep -q "^$path " "$ktap_tmp/recalled" && continue
		awk -v path="$path" -v round="$1" '$1 == path { print path, $5, round, $4 }' \
			/sys/kernel/debug/la_forgetful/kept >>"$ktap_tmp/recalled"
	done <"$ktap_tmp/accused"
}

all_recalled()
{
	[ "$(wc -l <"$ktap_tmp/recalled")" -ge "$(wc -l <"$ktap_tmp/paths")" ]
}

take_rounds()
{
	name_paths >"$ktap_tmp/paths"
	limit=$(threshold)
	: >"$ktap_tmp/recalled"
	: >"$ktap_tmp/wronged"
	for round in $(seq "$rounds"); do
		busy la_orderly &
		orderly=$!
		busy la_forgetful
		wait "$orderly"
		echo look >"$la/control"
		accused >"$ktap_tmp/accused"
		note_accused "$round"
		grep ' la_orderly ' "$ktap_tmp/accused" >>"$ktap_tmp/wronged"
		[ $((round % 10)) -ne 0 ] || ktap_diag "look $round: $(wc -l <"$ktap_tmp/recalled") accused"
		! all_recalled || break
	done
	read -r now _ </proc/uptime
	paths=$(wc -l <"$ktap_tmp/paths")
	ktap_diag "$round looks, $(wc -l <"$ktap_tmp/recalled") of $paths paths, uptime $now s"
	ktap_expect "paths" ge 9 "$paths" "so many are tried"
	few_are_refused
}

forgetful_is_accused()
{
	while read -r path one_in; do
		grep "^$path " "$ktap_tmp/recalled" >"$ktap_tmp/one" || {
			grep "^$path " /sys/kernel/debug/la_forgetful/kept | ktap_diag
			query suspects rows=0 "caller=leak_$path+" | grep -v la_orderly | ktap_diag
			ktap_fail "expected that the leak by $path is found"
			continue
		}
		read -r _ kept round allocs <"$ktap_tmp/one"
		ktap_diag "$path: accused when it had kept $kept of $allocs, at look $round"
		ktap_expect "objects kept by $path when it was accused" le "$most" "$kept" \
			"one in $one_in leaks"
		ktap_expect "allocations by $path" ge $((kept * one_in * 3 / 4)) "$allocs" \
			"one in $one_in was kept"
	done <"$ktap_tmp/paths"
}

orderly_is_not()
{
	ktap_diag "who forgets nothing was shown as a part $(grep -c 'part$' "$ktap_tmp/wronged") times"
	ktap_expect "accused of what they don't do" is "" \
		"$(grep 'row$' "$ktap_tmp/wronged" | sort | uniq -c)" \
		"they keep no more than before"
	ktap_expect "paths by which something survives" eq "$(wc -l <"$ktap_tmp/paths")" \
		"$(awk '$5 >= 16' /sys/kernel/debug/la_orderly/kept | wc -l)" "it holds that much"
}

ktap_plan 3
load
insmod ./la_orderly.ko
insmod ./la_forgetful.ko
ktap_case "rounds of much coming and going, with looks" take_rounds
ktap_case "who forgets one in many is accused soon enough" forgetful_is_accused
ktap_case "who forgets nothing is not accused" orderly_is_not
ktap_end
