#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each path by which a vmalloc area comes and goes: what is leaked is live, with the right
# number, bytes and caller, and what is freed is not. In the long form with hooks=kprobe, too.
#
# Red when: an area's pages count as pages as well; a vfree() from an interrupt or by
# kvfree_rcu() is not seen; the size is that of the pages; the caller is kvmalloc_node().
#
# Timeout: 200
# Long: 400
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

paths_of vmalloc
ktap_plan "$(live_objects_cases)"
live_objects_are_exact
ktap_end
