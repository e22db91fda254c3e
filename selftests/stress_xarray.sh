#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing is live of the kernel's test_xarray when it is done: 300,000 nodes, freed by RCU.
#
# Red when: frees in RCU callbacks are lost; a node that is used again is counted twice;
# a free is lost (the long form's last case loses one).
#
# Timeout: 500
# Long: 1000
. ./_ktap.sh
. ./_leakacct.sh
. ./_stress.sh

stress_module=test_xarray

if [ -n "${LEAKACCT_LONG:-}" ]; then
	ktap_plan 3
else
	ktap_plan 2
fi
load
ktap_case "nodes of test_xarray are seen while it runs" seen_while_it_runs 400
ktap_case "none is live when it is done" nothing_is_live
[ -z "${LEAKACCT_LONG:-}" ] ||
	ktap_case "one that it forgets to free is live" forgotten_is_live slab 1 forget=1
ktap_end
