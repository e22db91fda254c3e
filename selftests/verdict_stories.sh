#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The stories that leakacct is for, one after the other, with allocations on all paths and
# processes beside them: a driver that forgets one packet in a thousand, of which each is a TSPacket,
# merged into another cache, and its skb; one that never frees its pages; one that does so with
# vmalloc areas. In each the culprit is the verdict's first, and nobody else is named who has
# no part in it: not a cache that grows for good reason, nor what is freed once in a while, each with
# a beat of its own.
#
# Red when: twins are not compared by windows but by totals, or not at all (the group is
# missing); a shrinker is not asked (the cache is accused); falls are not noted (no reason); survivors of pages or
# areas are not noted (they are not named); that all were asked to shrink is not heard of; the
# leader's names are not listed, or which of them its objects are is not told (TSPacket); `clear`
# leaves a suspect behind (the last story's is named).
#
# Timeout: 240
. ./_ktap.sh
. ./_leakacct.sh

stories=/sys/kernel/debug/la_stories
# Looks: of packets most are freed, so that growth alone tells; of the others none.
packet_steps=13
steps=11
# Of so many packets one is forgotten.
forgets=1000
! debug_kernel || forgets=200

story()
{
	echo "$*" >"$stories/run" || ktap_fail "expected that la_stories can '$*'"
}

threshold()
{
	sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$la/suspects"
}

# score FUNCTION: of its rows the highest, of those of a query for it: parts are rows there.
score()
{
	query suspects rows=0 caller="$1+" | column score "$(of "$1")" | sort -n | tail -n 1
}

# beat STEP MULTIPLIER: 5 to 15, as if at random, but the same in each run.
beat()
{
	product=$(($1 * $2))
	echo $((5 + product % 11))
}

processes()
{
	for _ in 1 2 3 4 5; do
		/bin/busybox true
	done
}

# step NUMBER STORY: the same load in each; only that one leaks.
step()
{
	every=0
	case $2 in
	packets)	every=$forgets ;;
	pages)
		a_second_goes_by
		leaker_run leak alloc_page "$(beat "$1" 5)"
		a_second_goes_by
		;;
	areas)		leaker_run leak vmalloc "$(beat "$1" 2)" ;;
	esac
	story packets $(($(beat "$1" 3) * forgets)) "$every"
	story cache $((20 + $(beat "$1" 7)))
	story reclaimable "$(beat "$1" 9)"
	leaker_run churn alloc_pages_2 300
	leaker_run churn vzalloc 50
	leaker_run leak kmalloc_const 40
	[ "$1" -ne 5 ] || leaker_run free kmalloc_const
	processes
	echo look >"$la/control"
}

# leaks_beside_load STORY STEPS: nothing of the one before counts.
leaks_beside_load()
{
	before=$(cat /sys/module/la_churn/parameters/rounds)
	echo clear >"$la/control"
	for i in $(seq "$2"); do
		step "$i" "$1"
	done
	ktap_expect "rounds of la_churn" gt "$(least 50)" $(($(cat /sys/module/la_churn/parameters/rounds) - before)) \
		"there was load"
	cat "$la/verdict" >"$ktap_tmp/verdict"
	query suspects rows=0 >"$ktap_tmp/suspects"
	limit=$(threshold)
	sed -n '2,/^Watching/p' "$ktap_tmp/verdict" | ktap_diag
}

# The functions that the verdict names, one a line, the worst first.
named()
{
	sed -n 's/^  [0-9]*\. \([^ +]*\)+.*/\1/p' "$ktap_tmp/verdict"
}

# is_first FUNCTION [REGEX]: the culprit leads, and behind it are at most those of its leak.
is_first()
{
	ktap_expect "the first of the verdict" is "$1" "$(named | head -n 1)" "it alone leaks"
	ktap_expect "innocents in the verdict" is "" "$(named | grep -vxE "$1${2:+|$2}")" \
		"they free what they take"
}

# suspect NUMBER: what the verdict says of it.
suspect()
{
	awk -v n="$1." '$1 ~ /^[0-9]+\.$/ { shown = $1 == n } /^[^ ]/ { shown = 0 } shown' \
		"$ktap_tmp/verdict"
}

packets_are_one_leak()
{
	leaks_beside_load packets "$packet_steps"
	is_first tspkt_get
	ktap_expect "verdict" like '^LEAK SUSPECTED: 1 leak' "$(cat "$ktap_tmp/verdict")" \
		"all parts of a packet are one"
	text=$(suspect 1)
	ktap_expect "the packets" like '^  1\. tspkt_get\+.*\[la_stories\], score' "$text" \
		"the driver is named"
	ktap_expect "the packets" like 'one leak: 1 x TSPacket \(la_stories\) \+ 1 x .* per event, [0-9]+ events' \
		"$text" "a packet and its skb are lost together; TSPacket it is, merged or not"
	ktap_expect "the packets" like "1 x skbuff_head_cache \\(la_stories\\)" "$text" "an skb has a head"
	ktap_expect "the packets" like "1 x kmalloc-(2k|cg-2k|rnd-[0-9]+-2k)|1 x skbuff_small_head" "$text" \
		"and its data"
	if [ -L /sys/kernel/slab/TSPacket ]; then
		ktap_expect "names" like "[ ,]TSPacket[,)]" "$text" "it is merged, and has other names"
	fi
	events=$(echo "$text" | sed -n 's/.* per event, \([0-9]*\) events.*/\1/p')
	lost=0
	for i in $(seq "$packet_steps"); do
		lost=$((lost + $(beat "$i" 3)))
	done
	ktap_expect "events" eq "$lost" "$events" "so many packets were forgotten"
	ktap_expect "rows of it" eq 1 "$(column caller "$(of tspkt_get)" <"$ktap_tmp/suspects" | wc -l)" \
		"its parts are no suspects of their own"
}

# What the kernel takes for an area: its description, and the list of its pages.
of_areas='.*vmap_area.*|__get_vm_area_node.*|__vmalloc_.*'

# is_named STORY FUNCTION [REGEX]
is_named()
{
	leaks_beside_load "$1" "$steps"
	is_first "$2" "${3:-}"
	query suspects rows=0 caller="$2+" | sed 1,3d | ktap_diag
	text=$(suspect 1)
	ktap_expect "$2" like "^  1\\. $2\\+.*\\[la_leaker\\], score" "$text" "its module is named"
	# An area comes with what describes it.
	[ "$1" = areas ] || ktap_expect "$2" unlike "one leak" "$text" "nobody leaks to the same beat"
	ktap_expect "$2" like "growing by [1-9][0-9]* bytes/s" "$text" "it grows"
}

cache_is_no_leak()
{
	ktap_expect "score of the cache" lt "$limit" "$(score cache_get)" "its shrinker can free it"
	query suspects rows=0 caller=cache_get+ >"$ktap_tmp/cache"
	ktap_expect "reason" like "^#   reclaimable: .*la_stories.* can free" "$(cat "$ktap_tmp/cache")" \
		"it says why"
}

# What fell once is freed by somebody, also if no shrinker says so.
who_shrinks_is_no_leak()
{
	ktap_expect "score of what was freed" lt "$limit" "$(score leak_kmalloc_const)" "all went once"
	ktap_expect "reason" like "^#   shrinks: they fell from [0-9]+ to [0-9]+ once" \
		"$(query suspects rows=0 caller=leak_kmalloc_const+)" "it says why"
}

# The last one: who can give something back does.
who_is_asked_in_vain_leaks()
{
	ktap_expect "score of what may be had back" lt "$limit" "$(score reclaimable_get)" \
		"nobody has asked yet"
	ktap_expect "reason" like "^#   reclaimable: the kernel can ask" \
		"$(query suspects rows=0 caller=reclaimable_get+)" "it says why"
	echo 2 >/proc/sys/vm/drop_caches
	step 19
	ktap_expect "score of what was asked back" ge "$limit" "$(score reclaimable_get)" \
		"none was given"
	ktap_expect "reason" like "^#   not given back: [1-9][0-9]* stayed" \
		"$(query suspects rows=0 caller=reclaimable_get+)" "it says why"
}

ktap_plan 6
load
insmod ./la_leaker.ko
insmod ./la_stories.ko
insmod ./la_churn.ko
ktap_case "a packet and its skb are one leak of the driver, which alone is named" packets_are_one_leak
ktap_case "pages that are never freed are what is named" is_named pages leak_alloc_page
ktap_case "areas that are never freed are what is named" is_named areas leak_vmalloc "$of_areas"
ktap_case "a cache with a shrinker is not accused" cache_is_no_leak
ktap_case "what fell is not accused when it rises again" who_shrinks_is_no_leak
ktap_case "what is not given back on demand is" who_is_asked_in_vain_leaks
ktap_end
