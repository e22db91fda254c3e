#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a reading of all files costs: with 200,000 live objects `cat *` may take
# 1e9 instructions. In this guest an instruction is a nanosecond of its clock
# (QEMU -icount shift=0), so the clock counts them; time that is slept counts too.
#
# Red when: a symbol is looked up, or a cache, for every object and not for every
# caller.
#
# Boots: icount
# Timeout: 300
. ./_ktap.sh
. ./_leakacct.sh

objects=200000
limit=1000000000

nanoseconds()
{
	sed -n 's/^now at \([0-9]*\) nsecs$/\1/p' /proc/timer_list
}

instruction_is_a_nanosecond()
{
	# A shell loop of some million instructions, measured twice: alike under
	# icount, by some percent; under a real clock never.
	begin=$(nanoseconds)
	i=0
	while [ "$i" -lt 2000 ]; do i=$((i + 1)); done
	middle=$(nanoseconds)
	i=0
	while [ "$i" -lt 2000 ]; do i=$((i + 1)); done
	end=$(nanoseconds)
	ktap_diag "two loops: $((middle - begin)) and $((end - middle)) ns"
	ktap_expect "difference of two loops in percent" le 20 \
		$((((middle - begin) - (end - middle)) * 100 / (end - middle))) "the clock counts instructions"
}

many_objects()
{
	# Over several callers and caches, as in life.
	for path in kmalloc_const kmalloc_variable kmalloc_node kmem_cache_alloc \
		kmem_cache_alloc_bulk kmalloc_track_caller kfree kfree_bulk; do
		leaker_run leak "$path" $((objects / 8))
	done
	ktap_expect "objects_live" ge "$objects" "$(stat objects_live)" "so many were leaked"
	ktap_expect "refused" eq 0 "$(stat refused)" "there is room"
	ktap_poll 20 idle || ktap_fail "expected that the table has grown"
	echo look >"$la/control"
}

# The table grows in the background.
idle()
{
	grows=$(stat grows)
	[ "$(stat objects_capacity)" -gt $((objects * 9 / 8)) ] && [ "$grows" = "$(stat grows)" ]
}

snapshot_is_old()
{
	sed -n '1s/.* age=\([0-9]*\)\..*/\1/p' "$la/hooks" | grep -q '^0$' && return 1
	return 0
}

cat_all()
{
	begin=$(nanoseconds)
	# shellcheck disable=SC2002 # it is what people type
	cat "$la"/* >/dev/null
	end=$(nanoseconds)
	echo $((end - begin))
}

cost_of_cat()
{
	for _ in 1 2 3; do
		# A second later the shared snapshot is renewed: the walk is in the cost.
		age=$(nanoseconds)
		ktap_poll 10 a_second_after "$age"
		cost=$(cat_all)
		ktap_diag "cat *: $cost instructions"
		ktap_expect "instructions of cat *" le "$limit" "$cost" "that is well under a second"
	done
	ktap_diag "first line: $(head -n 1 "$la/callers")"
}

a_second_after()
{
	[ "$(nanoseconds)" -gt $(($1 + 1100000000)) ]
}

! debug_kernel || ktap_skip_all "what reading costs on a debug kernel says nothing"
ktap_plan 3
load
insmod ./la_leaker.ko
ktap_case "an instruction is a nanosecond here" instruction_is_a_nanosecond
ktap_case "200,000 objects are tracked" many_objects
ktap_case "cat * costs at most 1e9 instructions" cost_of_cat
ktap_end
