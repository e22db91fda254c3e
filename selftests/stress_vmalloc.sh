#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing is live of the kernel's test_vmalloc when it is done: of 15,000 areas at once,
# of areas handed to kvfree_rcu(), of 35,000 percpu areas, and what the kernel keeps for
# each in slabs. This is the quick form, of 10 loops of each; the long one has 10,000, and a debug
# kernel 2.
#
# Red when: a kvfree_rcu() that vfree()s, or vfree() itself from there, is lost; a free is
# lost (the last case loses one area's).
#
# Timeout: 240
# Long: 3600
. ./_ktap.sh
. ./_leakacct.sh
. ./_stress.sh

stress_module=test_vmalloc
# EAGAIN, so that it need not be unloaded.
stress_status=11

# All but those of aligned areas, which a module that is built outside cannot ask for.
tests=911
if grep -q kvfree_rcu_2_arg_slab_test test_vmalloc.ko; then
	tests=$((tests + 1024 + 2048))
fi
loops=10
! debug_kernel || loops=2
seconds=200
if [ -n "${LEAKACCT_LONG:-}" ]; then
	loops=10000
	seconds=1700
fi

its_checks_hold()
{
	dmesg | grep 'Summary: .* passed: ' >"$ktap_tmp/summary"
	ktap_expect "summaries" ge 7 "$(wc -l <"$ktap_tmp/summary")" "it has that many tests"
	ktap_expect "tests that fail" is "" "$(grep -v ' failed: 0 ' "$ktap_tmp/summary")" \
		"memory suffices"
}

ktap_plan 5
load
ktap_case "objects of test_vmalloc are seen while it runs" seen_while_it_runs "$seconds" \
	nr_threads=2 test_loop_count=$loops run_test_mask=$tests
ktap_case "its own checks hold" its_checks_hold
ktap_case "none is live when it is done" nothing_is_live
# Each life forgets one area, for which the kernel has a vm_struct and an array of pages.
ktap_case "what the kernel has for an area that it forgets is live" \
	forgotten_is_live slab 4 forget=1 test_loop_count=1 run_test_mask=1
ktap_case "an area that it forgets is live" \
	forgotten_is_live vmalloc 2 forget=1 test_loop_count=1 run_test_mask=1
ktap_end
