#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory that becomes something else as a whole: huge pages, blocks that go offline and
# come back, also while a census is under way, and pages that are given up as broken. Each
# moves its own term by just so much, the ghost by nothing, and all frames stay MemTotal.
#
# Red when: the census reads memory that is offline, or counts it; a change of MemTotal is
# taken for ghost; what goes meanwhile is not in the bound of a census; huge pages are counted
# for one frame each, or for one too many; free pages that are isolated are ghost, which the
# kernel does not count as free.
. ./_ktap.sh
. ./_leakacct.sh

memory=/sys/devices/system/memory

take_census()
{
	echo census >"$la/control" || ktap_fail "expected that control takes a census"
	cat "$la/ghost" >"$ktap_tmp/ghost"
}

row()
{
	column kB "col(\"term\") == \"$1\"" <"$ktap_tmp/ghost"
}

# difference TERM: of the census from the counter, and the bound of that.
difference()
{
	column note "col(\"term\") == \"census_$1\"" <"$ktap_tmp/ghost" |
		sed -n 's/.*difference \(-\{0,1\}[0-9]*\) bound \([0-9]*\).*/\1 \2/p'
}

# agrees TERM: the census with the counter; sets $apart and $bound.
agrees()
{
	read -r apart bound <<-X
	$(difference "$1")
	X
	[ "${apart#-}" -le "$bound" ]
}

# all_add_up: whatever was done, and nothing of it is ghost.
all_add_up()
{
	ktap_expect "census_total" eq "$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)" \
		"$(row census_total)" "each managed frame is counted once"
	nothing_is_ghost
}

nothing_is_ghost()
{
	for term in free hugetlb hw_corrupted ghost; do
		agrees "$term" || ktap_fail "census_$term is $apart off its counter, with a bound of $bound"
	done
	# A process that came or went has upper page tables, and its pipes.
	slack=$((128 + $(row changed_bound)))
	ghost=$(row changed_ghost)
	ktap_expect "change of the ghost" le "$slack" "${ghost#-}" "none of that is ghost"
}

huge_pages_are_hugetlb()
{
	huge=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	[ -e "$huge" ] || ktap_skip "this kernel has no huge pages" || return
	echo mark >"$la/control"
	echo 8 >"$huge"
	ktap_expect "huge pages" eq 8 "$(cat "$huge")" "there is room"
	take_census
	ktap_expect "change of hugetlb" eq 16384 "$(row changed_hugetlb)" "8 of 2 MB"
	ktap_expect "census_hugetlb" eq "$(row hugetlb)" "$(row census_hugetlb)" "each frame of them"
	all_add_up
	echo 0 >"$huge"
	take_census
	ktap_expect "change of hugetlb" is "" "$(row changed_hugetlb)" "they were given back"
	ktap_expect "census_hugetlb" eq "$(row hugetlb)" "$(row census_hugetlb)" "they were given back"
	all_add_up
}

# Sets $block to one that went offline, the last first: there is least in it.
take_block()
{
	for block in $(find "$memory" -maxdepth 1 -name 'memory[0-9]*' | sort -r -V); do
		! echo offline >"$block/state" 2>/dev/null || return 0
	done
	block=
	ktap_skip "no block of memory can go offline here"
}

blocks_are_total()
{
	echo mark >"$la/control"
	take_census
	before=$(row census_total)
	take_block || return
	block_kb=$(($(printf '%d' "0x$(cat "$memory/block_size_bytes")") / 1024))
	take_census
	ktap_expect "change of total" eq $((0 - block_kb)) "$(row changed_total)" "a block went"
	ktap_expect "change of census_total" eq $((before - block_kb)) "$(row census_total)" "a block went"
	all_add_up
	echo online >"$block/state"
	take_census
	ktap_expect "change of total" is "" "$(row changed_total)" "it is there again"
	ktap_expect "census_total" eq "$before" "$(row census_total)" "it is there again"
	all_add_up
}

# It is there before and after; a line for each time.
come_and_go()
{
	while [ ! -e "$ktap_tmp/stop" ]; do
		echo offline >"$block/state" && echo gone >>"$ktap_tmp/gone"
		echo online >"$block/state"
	done 2>/dev/null
}

times_gone()
{
	wc -l <"$ktap_tmp/gone"
}

census_while_blocks_go()
{
	[ -n "$block" ] || ktap_skip "no block of memory can go offline here" || return
	: >"$ktap_tmp/gone"
	come_and_go &
	n=0
	while [ "$n" -lt 200 ] && { [ "$n" -lt 5 ] || [ "$(times_gone)" -lt 5 ]; }; do
		take_census
		agrees total || ktap_fail "census_total is $apart off MemTotal, with a bound of $bound"
		n=$((n + 1))
	done
	: >"$ktap_tmp/stop"
	wait
	[ "$(cat "$block/state")" = online ] || echo online >"$block/state"
	ktap_diag "$n censuses while a block went and came $(times_gone) times"
	ktap_expect "times that it went" ge 5 "$(times_gone)" "else this says nothing"
	take_census
	all_add_up
}

free_is_isolated()
{
	cat "$la/ghost" >"$ktap_tmp/ghost"
	[ "$(row free_isolated)" -ge $((block_kb / 2)) ]
}

# In the zone of what can move, which processes are served from first, there are pages that
# can't: as long as a process holds these, the block is on its way out.
block_is_stuck()
{
	echo offline >"$block/state"
	echo online_movable >"$block/state" || ktap_fail "expected that a block can be movable"
	./_hold_memory pinned 512 >"$ktap_tmp/out" &
	holder=$!
	ktap_poll 20 grep -q ready "$ktap_tmp/out" || ktap_fail "expected that pages can be pinned"
	echo mark >"$la/control"
	(echo offline >"$block/state") 2>/dev/null &
	offline=$!
	ktap_poll 20 free_is_isolated ||
		ktap_fail "expected free_isolated $((block_kb / 2)), got $(row free_isolated)"
	take_census
	ktap_diag "$(grep -E '^(changed_|bound |census_(free|ghost|total) )' "$ktap_tmp/ghost")"
	ktap_expect "state of the block" is going-offline "$(cat "$block/state")" "what is pinned stays"
	ktap_expect "change of total" is "" "$(row changed_total)" "MemTotal has it still"
	agrees total || ktap_fail "census_total is $apart off MemTotal, with a bound of $bound"
	nothing_is_ghost
}

stuck_block_is_no_ghost()
{
	[ -n "$block" ] || ktap_skip "no block of memory can go offline here" || return
	block_is_stuck
	kill "$offline"
	wait "$offline"
	kill "$holder"
	wait "$holder" 2>/dev/null
	ktap_expect "state of the block" is online "$(cat "$block/state")" "nobody waits any more"
	take_census
	ktap_expect "free_isolated" eq 0 "$(row free_isolated)" "it is online"
	all_add_up
	echo offline >"$block/state" || ktap_fail "expected that the block can go now"
	echo online >"$block/state" || ktap_fail "expected that the block can come back"
}

# give_up HOW MB: one page, from there down wherever there is one that can be; it stays so
# until the reboot. On 5.10 one that was given up already can be again, and nothing happens.
give_up()
{
	for mb in $(seq "$2" -16 64); do
		! printf '0x%x\n' $((mb << 20)) >"$memory/$1_offline_page" 2>/dev/null || return 0
	done
	return 1
}

broken_kb()
{
	awk '$1 == "HardwareCorrupted:" { print $2 }' /proc/meminfo
}

broken_pages_are_told()
{
	[ -e "$memory/hard_offline_page" ] || ktap_skip "this kernel can't give up pages" || return
	broken=$(broken_kb)
	echo mark >"$la/control"
	give_up soft 900 || ktap_fail "expected that a page can be given up before it breaks"
	take_census
	ktap_expect "change of hw_corrupted" eq 4 "$(row changed_hw_corrupted)" "a page was given up"
	ktap_expect "census_hw_corrupted" eq "$(row hw_corrupted)" \
		"$(row census_hw_corrupted)" "it has a mark"
	all_add_up
	give_up hard 892 || ktap_fail "expected that a page can break"
	take_census
	# One that the kernel could not take out of use is given up as well, and the next one tried.
	ktap_expect "change of hw_corrupted" ge 8 "$(row changed_hw_corrupted)" "another one broke"
	ktap_expect "change of hw_corrupted" eq $(($(broken_kb) - broken)) \
		"$(row changed_hw_corrupted)" "the kernel counts them"
	# 5.10 leaves it on the list of free ones, as which it counts then.
	ktap_expect "census_hw_corrupted" ge $(($(row hw_corrupted) - 4)) \
		"$(row census_hw_corrupted)" "it has a mark"
	all_add_up
}

block=
ktap_plan 5
load
ktap_case "huge pages are hugetlb, and no more when they are given back" huge_pages_are_hugetlb
ktap_case "a block of memory that goes offline is missing in the total alone" blocks_are_total
ktap_case "a census counts what is there while a block goes and comes" census_while_blocks_go
ktap_case "free pages of a block that can't go yet are no ghost" stuck_block_is_no_ghost
ktap_case "pages that were given up are told" broken_pages_are_told
ktap_end
