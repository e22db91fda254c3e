#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Precision: the real load (_real_load.sh) goes on all the time, in two lanes at once. leakacct is
# loaded in the midst of it, and looks are taken while it runs, each after some more of its
# operations. Nobody leaks, so nobody is accused; who comes near the threshold is shown, each
# at its worst look, with what speaks for and against it. Then, in the same load, a driver begins
# to forget one object in 10,000: it is accused, and nobody else is.
#
# This is the quick form, of 12 looks; the long one has 400, of parts that
# last longer.
#
# Red when: areas that wait to be purged have no excuse (each row that is "late by design" had the
# score of a suspect without); who leaks beside much load is not told; a part of the load fails.
#
# Timeout: 360
# Long: 2400
# Needs: headers stress-ng tcc
. ./_ktap.sh
. ./_leakacct.sh
. ./_real_load.sh

times=1
looks=12
archive=some.tar
[ -z "${LEAKACCT_LONG:-}" ] || { times=4; looks=400; archive=all.tar.gz; }
# Operations between two looks, at least. What is built or unpacked grows as long as that takes,
# which nobody can tell from a leak before it ends: so a build of 18 takes less than the four looks
# that it takes to prove growth, however slow the machine is, and what is unpacked takes none.
ops_of_a_look=5
near=15			# below the threshold
leaking_looks=40
forgetful=/sys/kernel/debug/la_forgetful
every=10000		# of so many allocations one is forgotten,
! debug_kernel || every=1000
rate=3			# so many between two looks, on average,
most=200		# when it must be accused

# in_lane PART [ARGUMENT...]: unless all shall end.
in_lane()
{
	[ -e "$ktap_tmp/end" ] || "$@"
}

# 200 operations, as many as the quick form's looks want.
builds_and_files()
{
	while [ ! -e "$ktap_tmp/end" ]; do
		in_lane load_build "$times"
		in_lane load_processes $((75 * times))
		in_lane load_tcp $((30 * times))
		in_lane load_headers "$times" "$archive"
		in_lane load_processes $((75 * times))
	done
}

stressors()
{
	while [ ! -e "$ktap_tmp/end" ]; do
		in_lane stress vm $((5000 * times)) --vm-bytes 24M
		in_lane stress fork $((50 * times))
		in_lane stress shm $((8 * times)) --shm-bytes 4M
		in_lane stress sock $((5 * times))
		in_lane stress pipe $((5000 * times))
		in_lane stress epoll $((25 * times))
		in_lane stress dentry $((400 * times))
	done
}

lanes_begin()
{
	builds_and_files &
	files_lane=$!
	stressors &
	stress_lane=$!
}

lanes_run()
{
	kill -0 "$files_lane" 2>/dev/null && kill -0 "$stress_lane" 2>/dev/null
}

lanes_end()
{
	: >"$ktap_tmp/end"
	wait "$files_lane" "$stress_lane"
}

# Of the lane of builds and files.
nr_done()
{
	grep -cE '^(processes|compiled|linked|pages|unpacked|packed|removed) ' "$ktap_tmp/done"
}

enough_was_done()
{
	[ "$(nr_done)" -ge $((seen + ops_of_a_look)) ]
}

# look: after some more operations. Rows near the threshold, with their reasons, go into `near`;
# callers above it, those that leak together too, into `accused`.
look()
{
	ktap_poll 120 enough_was_done || ktap_fail "expected that the load goes on"
	seen=$(nr_done)
	lanes_run || ktap_fail "expected that both lanes run at each look"
	echo look >"$la/control"
	query suspects rows=0 >"$ktap_tmp/suspects"
	threshold=$(sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$ktap_tmp/suspects")
	awk -v near=$((threshold - near)) '/^[0-9]/ { shown = $1 >= near } shown' \
		"$ktap_tmp/suspects" >>"$ktap_tmp/near"
	column caller "col(\"score\") >= $threshold" <"$ktap_tmp/suspects" >"$ktap_tmp/accused"
	column score <"$ktap_tmp/suspects" | sort -n | tail -n 1 >>"$ktap_tmp/scores"
}

# Of each caller the look at which it came nearest, with the reasons.
show_near()
{
	awk '
		/^[0-9]/ {
			score = $1
			caller = $8
			best = score > most[caller]
			if (best) {
				most[caller] = score
				text[caller] = ""
			}
		}
		best { text[caller] = text[caller] $0 "\n" }
		END {
			for (caller in text)
				printf "%s", text[caller]
		}' "$ktap_tmp/near"
}

both_have_begun()
{
	grep -q '^vm ' "$ktap_tmp/done" && grep -q '^compiled ' "$ktap_tmp/done"
}

loaded_in_the_midst()
{
	lanes_begin
	ktap_poll 120 both_have_begun || ktap_fail "expected that the load runs"
	load
	lanes_run || ktap_fail "expected that it runs still"
	: >"$ktap_tmp/near"
	: >"$ktap_tmp/scores"
	seen=$(nr_done)
	ktap_diag "before the load: $(operations)"
}

# What comes last in each lane.
has_spread()
{
	grep -q '^removed ' "$ktap_tmp/done" && grep -q '^dentry ' "$ktap_tmp/done"
}

nobody_is_accused()
{
	: >"$ktap_tmp/wronged"
	n=0
	# On a slow machine less is done between two looks.
	while [ "$n" -lt "$looks" ] || { [ "$n" -lt $((looks + 50)) ] && ! has_spread; }; do
		look
		cat "$ktap_tmp/accused" >>"$ktap_tmp/wronged"
		n=$((n + 1))
		[ $((n % 10)) -ne 0 ] || ktap_diag "look $n: $(operations)"
	done
	read -r now _ </proc/uptime
	ktap_diag "$n looks, uptime $now s"
	ktap_diag "who came near ($((threshold - near))), and why not:"
	show_near | ktap_diag
	real_load_spreads
	ktap_expect "accused at any look" is "" "$(sort "$ktap_tmp/wronged" | uniq -c)" "nobody leaks"
	ktap_expect "the highest score" gt 0 "$(sort -n "$ktap_tmp/scores" | tail -n 1)" \
		"else nothing was looked at"
	ktap_expect "allocations" ge 100000 "$(query callers rows=0 | column allocs | sum)" \
		"else it was no load"
	few_are_refused
}

# kept COLUMN
kept()
{
	awk -v column="$1" '$1 == "kmalloc_variable" { print $column }' "$forgetful/kept"
}

who_leaks_is()
{
	insmod ./la_forgetful.ko
	: >"$ktap_tmp/wronged"
	for n in $(seq "$leaking_looks"); do
		echo "busy kmalloc_variable $((rate * every)) $every" >"$forgetful/run" ||
			ktap_fail "expected that la_forgetful can be busy"
		look
		grep -v '\[la_forgetful\]' "$ktap_tmp/accused" >>"$ktap_tmp/wronged"
		! grep -q '^leak_kmalloc_variable+.*\[la_forgetful\]' "$ktap_tmp/accused" || break
	done
	query suspects rows=0 caller=leak_kmalloc_variable+ | grep -v '^# score' | ktap_diag
	ktap_diag "after $n looks, with $(kept 5) kept of $(kept 4)"
	ktap_expect "the accused" like '^leak_kmalloc_variable\+.*\[la_forgetful\]' \
		"$(cat "$ktap_tmp/accused")" "it forgets one in $every"
	ktap_expect "objects it kept" le "$most" "$(kept 5)" "it is told soon"
	ktap_expect "others that were accused" is "" "$(sort "$ktap_tmp/wronged" | uniq -c)" \
		"they do not leak"
}

ktap_plan 3
real_load_begin
ktap_case "leakacct is loaded in the midst of a real load" loaded_in_the_midst
ktap_case "nobody is accused where nobody leaks" nobody_is_accused
ktap_case "who leaks in the midst of it is" who_leaks_is
lanes_end
real_load_end
ktap_end
