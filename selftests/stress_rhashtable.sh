#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing is live of the kernel's test_rhashtable when it is done: tables that grow and
# shrink, some in a work item, freed by RCU.
#
# One form, the same in make check and make check-all.
#
# Red when: a free is lost (the last case loses one); kvfree() is not seen.
. ./_ktap.sh
. ./_leakacct.sh
. ./_stress.sh

stress_module=test_rhashtable
stress_also=rht_deferred_worker

ktap_plan 3
load
ktap_case "objects of test_rhashtable are seen while it runs" seen_while_it_runs 100
ktap_case "none is live when it is done" nothing_is_live
ktap_case "one that it forgets to free is live" \
	forgotten_is_live slab 1 forget=1 runs=1 tcount=2 parm_entries=1000
ktap_end
