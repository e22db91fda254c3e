#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing is lost of the blocks of pages that the kernel's test_free_pages frees while
# somebody else holds a reference to them. It has no slab objects; its pages show in
# the ghost.
#
# Red when: the ghost does not know pages on per-CPU lists, or not at all: it drifts, or
# does not move when blocks are forgotten.
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

no_object_is_live()
{
	ktap_expect "live objects" is 0 "$(theirs objects | sum)" "it has none"
}

ktap_plan 3
load
echo mark >"$la/control"
because="it frees all it has"
ktap_case "no page of test_free_pages is a ghost when it is done" grows_by 0 rounds=$rounds
ktap_case "no slab object is live" no_object_is_live
because="512 blocks of 32 kB were forgotten"
ktap_case "blocks that it forgets to free are ghosts" grows_by 16384 rounds=1000 forget=512
ktap_end
