#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation path: 1,000 leaks are 1,000 live objects with the right bytes
# under the leaking function's name, and 1,000 that are freed are none.
#
# And kfree(NULL) frees nothing.
#
# One form, the same in make check and make check-all.
#
# Red when: kfree(NULL), whose key is that of an empty slot, removes what an empty slot
# held before; a row of the hook table is not armed; kmem_cache_alloc_bulk's return
# value is taken for a pointer; kvfree_call_rcu is not taken for the free; krealloc
# in place does not change what was requested.
#
# Boots: default nomerge
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

nulls=100000

null_frees_nothing()
{
	before=$(stat removes)
	leaker_run free null "$nulls"
	ktap_expect "records removed meanwhile" lt $((nulls / 10)) \
		$(($(stat removes) - before)) "the machine is quiet, and NULL has none"
}

ktap_plan $((nr_paths * 2 + 2))
load
insmod ./la_leaker.ko
leaks_are_exact ""
frees_are_exact ""
ktap_case "kfree(NULL) is no free" null_frees_nothing
ktap_case "a leaker that has freed everything has no rows" nothing_left
ktap_end
