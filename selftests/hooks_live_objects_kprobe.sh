#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The same as hooks_live_objects.sh with kprobes on everything: they must see the
# same as tracepoints and ftrace do.
#
# Red when: a candidate's arguments are decoded from the wrong places; the caller
# of kmalloc_track_caller is not taken from its argument.
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

ktap_plan $((nr_paths * 2 + 1))
load hooks=kprobe
insmod ./la_leaker.ko
leaks_are_exact " with kprobes"
frees_are_exact " with kprobes"
ktap_case "a leaker that has freed everything has no rows, with kprobes" nothing_left
ktap_end
