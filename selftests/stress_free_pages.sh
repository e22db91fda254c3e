#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing is lost of the blocks of pages that the kernel's test_free_pages frees while
# somebody else holds a reference to them: none is live when it is done, nor a ghost. It has
# no slab objects. What it forgets is live, and shows in the ghost. This is the quick form; the
# long one has all rounds.
#
# Red when: a free of a part of a block is lost, so that the block is never over; allocations are,
# or what is freed is not in its block; the ghost does not know pages on per-CPU lists, or not
# at all: it drifts, or does not move when blocks are forgotten.
#
# Timeout: 120
# Long: 2400
. ./_ktap.sh
. ./_leakacct.sh
. ./_stress.sh

stress_module=test_free_pages
# In kB; what else a guest does in the meantime moves the ghost by 1 or 2 MB.
slack=4096
rounds=64
[ -z "${LEAKACCT_LONG:-}" ] || rounds=1

ghost()
{
	column kB 'col("term") == "ghost"' <"$la/ghost"
}

# grows_by KB [PARAMETER=VALUE...]
grows_by()
{
	wanted=$1
	shift
	before=$(ghost)
	stress_run "$@"
	stress_succeeded
	grown=$(($(ghost) - before))
	ktap_diag "ghost: $before kB, then $grown kB more"
	ktap_expect "growth of the ghost in kB" ge $((wanted - slack)) "$grown" "$because"
	ktap_expect "growth of the ghost in kB" le $((wanted + slack)) "$grown" "$because"
}

# Who has such pages next heals what was lost of them, so that at the end hardly one is left.
all_are_counted()
{
	allocs=$(stat pages_alloc)
	frees=$(stat pages_free)
	grows_by 0 rounds="$rounds"
	allocs=$(($(stat pages_alloc) - allocs))
	frees=$(($(stat pages_free) - frees))
	ktap_diag "$allocs blocks were allocated, $frees freed"
	ktap_expect "blocks allocated" ge $((2000000 / rounds)) "$allocs" "so many it takes"
	ktap_expect "blocks freed" ge $((allocs - slack / 4)) "$frees" "$because"
}

ktap_plan 5
load
ktap_case "blocks of test_free_pages are seen while it runs" \
	seen_while_it_runs 100 rounds=4000 hold_us=5000
because="it frees all it has"
ktap_case "its blocks are counted, and no page is a ghost when it is done" all_are_counted
ktap_case "none is live when it is done" nothing_is_live
ktap_case "blocks that it forgets to free are live" \
	forgotten_is_live page 512 rounds=1000 forget=512
because="512 blocks of 32 kB were forgotten"
ktap_case "and are ghosts" grows_by 16384 rounds=1000 forget=512
ktap_end
