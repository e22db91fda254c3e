#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The same as hooks_live_objects.sh with kprobes on everything: they must see the
# same as tracepoints and ftrace do.
#
# And what the kernel frees after it has forked and read was seen when it was allocated.
#
# One form, the same in make check and make check-all.
#
# Red when: a candidate's arguments are decoded from the wrong places; the caller
# of kmalloc_track_caller is not taken from its argument; on 7.x, kvmalloc() or objects
# from a sheaf that was filled before (nodes of maple trees) have no row.
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

forks=300
reads=1000

# few_are_unknown UNKNOWN: since there were that many.
few_are_unknown()
{
	ktap_expect "growth of unknown_frees" lt $((reads / 2)) $(($(stat unknown_frees) - $1)) \
		"few older objects are freed by that, and new ones were seen"
	ktap_expect "unknown_unexplained" eq 0 "$(stat unknown_unexplained)" "age explains those"
}

# Each copies the some ten nodes of a tree of 100 areas.
forks_are_seen()
{
	unknown=$(stat unknown_frees)
	./_map_areas 100 "$forks" || ktap_fail "expected that areas can be mapped"
	few_are_unknown "$unknown"
}

# Into a buffer of kvmalloc()'s.
reads_are_seen()
{
	unknown=$(stat unknown_frees)
	i=0
	while [ $((i += 1)) -le "$reads" ]; do
		read -r _ </proc/self/maps
	done
	few_are_unknown "$unknown"
}

ktap_plan $((nr_paths * 2 + 3))
load hooks=kprobe
insmod ./la_leaker.ko
leaks_are_exact " with kprobes"
frees_are_exact " with kprobes"
ktap_case "a leaker that has freed everything has no rows, with kprobes" nothing_left
ktap_case "$forks forks leave no free that age does not explain, with kprobes" forks_are_seen
ktap_case "$reads reads of a file do neither" reads_are_seen
ktap_end
