#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# When memory is short the kernel log says who holds it, in a few lines: the largest callers, and
# suspects with reasons and the parts of their leaks. One suspect leaks alone, the other a packet
# and its skb, at a beat of its own.
#
# One form, the same in make check and make check-all.
#
# Red when: the callers are not the largest; suspects are missing; parts are, or are no suspect's
# but suspects themselves; each of a row of kills is reported; the report allocates.
#
# Timeout: 240
. ./_ktap.sh
. ./_leakacct.sh

# The harness takes what the kernel writes between these for what it is.
announce()
{
	echo "leakacct-selftest: an OOM is expected" >/dev/kmsg
}

over()
{
	echo "leakacct-selftest: the OOM is over" >/dev/kmsg
}

report()
{
	dmesg | sed -n 's/^.*leakacct: \(out of memory: .*\|  .*\)/\1/p'
}

reports()
{
	dmesg | grep -c 'leakacct: out of memory: '
}

kills()
{
	dmesg | grep -c 'Out of memory: Killed process'
}

# killed N: so many were killed in all.
killed()
{
	[ "$(kills)" -ge "$1" ]
}

# The kernel kills a process of ours, as if it were out of memory.
kill_one()
{
	before=$(kills)
	sleep 600 &
	echo 1000 >/proc/$!/oom_score_adj
	echo f >/proc/sysrq-trigger
	ktap_poll 20 killed $((before + 1)) || ktap_fail "expected that somebody is killed"
}

leaks()
{
	leaker_run leak kmalloc_large 1000
	leaker_run leak kmalloc_node 5000
	for look in 1 2 3 4 5 6 7 8 9 10; do
		leaker_run leak kmem_cache_alloc 200
		echo "packets $((10 + look * 5 % 11)) 1" >/sys/kernel/debug/la_stories/run
		echo look >"$la/control"
	done
	ktap_expect "looks" eq 10 "$look"
}

top_callers_are_named()
{
	announce
	kill_one
	over
	report >"$ktap_tmp/report"
	ktap_diag <"$ktap_tmp/report"
	ktap_expect "lines" ge 4 "$(wc -l <"$ktap_tmp/report")" "a head, callers, suspects"
	ktap_expect "lines" le 13 "$(wc -l <"$ktap_tmp/report")" "1 head, 5 callers, 3 suspects, parts"
	ktap_expect "the first caller" like '^  1\. leak_kmalloc_large\+.* \[la_leaker\]: [0-9]+ KiB, 1000 objects \(large\)' \
		"$(cat "$ktap_tmp/report")" "it holds most"
	kib=$(sed -n 's/^  [0-9]\. .*: \([0-9]*\) KiB.*/\1/p' "$ktap_tmp/report")
	ktap_expect "bytes in order" is "$(echo "$kib" | sort -rn)" "$kib" "the largest come first"
	ktap_expect "the first caller's KiB" eq 16000 "$(echo "$kib" | head -n 1)" "1000 * 16384 bytes"
	ktap_expect "suspects" like '^  suspected of a leak: leak_kmem_cache_alloc\+.*, score [0-9]+, growing by [0-9]+ bytes/s' \
		"$(cat "$ktap_tmp/report")" "it grew at eight looks"
}

# of_suspect FUNCTION: its line, and those of its parts.
of_suspect()
{
	awk -v f="suspected of a leak: $1+" '
		/^  [^ ]/ { shown = index($0, f) }
		shown' "$ktap_tmp/report"
}

reasons_and_parts_are_told()
{
	why='; 100\.0% kept, [1-9][0-9]* outlived two looks, growth at [1-9][0-9]* windows of 1 looks?'
	ktap_expect "the cache's suspect" like "score [0-9]+, growing by [1-9][0-9]* bytes/s$why\$" \
		"$(of_suspect leak_kmem_cache_alloc)" "none was freed, and it is alone"
	ktap_expect "the packets" like "score [0-9]+, growing by [1-9][0-9]* bytes/s$why, one leak\$" \
		"$(of_suspect tspkt_get)" "a packet, its skb and that one's data are one leak"
	ktap_expect "its parts" eq 2 \
		"$(of_suspect tspkt_get | grep -Ec '^    with 1 x [^ ]+ by tspkt_get\+.* \[la_stories\]')" \
		"as many of each"
	ktap_expect "times that TSPacket is named" eq 1 \
		"$(of_suspect tspkt_get | grep -Ec '( x |\()TSPacket( |\))')" \
		"its cache is merged, and the name is that of its objects"
	ktap_expect "suspects of that name" eq 1 "$(grep -c 'leak: tspkt_get+' "$ktap_tmp/report")" \
		"a part is none of its own"
}

a_row_of_kills_is_one_report()
{
	reported=$(reports)
	announce
	kill_one
	kill_one
	kill_one
	over
	last=$(cut -d . -f 1 /proc/uptime)
	ktap_expect "further reports" le 1 $(($(reports) - reported)) "one in ten seconds"
}

# stacks [!]: are kept of all that is allocated from here on, or, with it, no longer.
stacks()
{
	for event in kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node mm_page_alloc; do
		trigger=$kmem/$event/trigger
		[ ! -e "$trigger" ] || echo "$1hist:keys=stacktrace:size=16384" >"$trigger" || return
	done 2>/dev/null
}

# later_than SECONDS: of the uptime.
later_than()
{
	[ "$(cut -d . -f 1 /proc/uptime)" -gt "$1" ]
}

# Those who really eat all memory: two of them, and there is not that much for both.
eat_all()
{
	each=$(awk '$1 == "MemAvailable:" { print int($2 * 2 / 3) }' /proc/meminfo)
	ktap_poll 20 later_than $((last + 12))
	before=$(kills)
	reported=$(reports)
	stacks "" || unseen=1
	announce
	for eater in 1 2; do
		sh -c 'echo 1000 >/proc/self/oom_score_adj
			exec dd if=/dev/zero of=/dev/null bs="$1" count=1' eater "${each}k" &
	done
	ktap_expect "eaters" eq 2 "$eater"
	ktap_poll 60 killed $((before + 1)) || ktap_fail "expected that somebody is killed"
	wait
	over
	[ "$unseen" ] || cat "$kmem"/*/hist >"$ktap_tmp/stacks"
	stacks "!"
	ktap_expect "further reports" ge 1 $(($(reports) - reported)) "memory was short"
	ktap_expect "callers" eq 1000 \
		"$(report | sed -n 's/.* 1\. leak_kmalloc_large.* \([0-9]*\) objects.*/\1/p' | tail -n 1)" \
		"it still holds most"
}

report_allocates_nothing()
{
	[ -z "$unseen" ] || { ktap_skip "this kernel keeps no stacks of events"; return 4; }
	ktap_expect "stacks of allocations" gt 20 "$(grep -c '^} hitcount:' "$ktap_tmp/stacks")" \
		"who ate all memory allocated"
	ktap_expect "stacks that were not kept" eq 0 \
		"$(awk '$1 == "Dropped:" { n += $2 } END { print n + 0 }' "$ktap_tmp/stacks")" \
		"there was room"
	ktap_expect "allocations below the report" eq 0 "$(grep -c ' on_oom+' "$ktap_tmp/stacks")" \
		"there is no memory to be had"
}

kmem=/sys/kernel/tracing/events/kmem
unseen=
ktap_plan 6
load
insmod ./la_leaker.ko
insmod ./la_stories.ko
ktap_case "two leaks and two large holders" leaks
ktap_case "out of memory, the log has the largest callers and suspects" top_callers_are_named
ktap_case "a suspect comes with its reasons, and the parts of a leak" reasons_and_parts_are_told
ktap_case "a row of kills is not a row of reports" a_row_of_kills_is_one_report
ktap_case "who eats all memory brings out the same" eat_all
ktap_case "the report allocates nothing" report_allocates_nothing
ktap_end
