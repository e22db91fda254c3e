#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing is live of the kernel's test_meminit when it is done: kmalloc, bulks, and caches
# that come and go, with constructors and with SLAB_TYPESAFE_BY_RCU.
#
# One form, the same in make check and make check-all.
#
# Red when: frees in bulk are not hooked; the allocations of bulks are not (122,400 are
# not counted); a free is lost (the last case loses one).
. ./_ktap.sh
. ./_leakacct.sh
. ./_stress.sh

stress_module=test_meminit

# Ten sizes, each 1,024 bulks of 10, and for both of zeroed or not 10 bulks of 100.
bulks=$((10 * (1024 * 10 + 2 * 10 * 100)))

all_are_counted()
{
	allocs=$(stat events_alloc)
	unknown=$(stat unknown_frees)
	stress_run
	stress_succeeded
	ktap_expect "allocations" ge "$bulks" $(($(stat events_alloc) - allocs)) \
		"so many objects it takes in bulks"
	ktap_expect "unknown frees" lt $((bulks / 100)) $(($(stat unknown_frees) - unknown)) \
		"what it frees was seen when it was allocated"
}

ktap_plan 4
load
ktap_case "objects of test_meminit are seen while it runs" seen_while_it_runs 60
ktap_case "none is live when it is done" nothing_is_live
ktap_case "all its bulks are counted" all_are_counted
ktap_case "one that it forgets to free is live" forgotten_is_live slab 1 forget=1
ktap_end
