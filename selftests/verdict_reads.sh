#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What comes and goes while the figures are read is no moment in time: `verdict` says how many
# records came and went meanwhile, no more than were stored and removed at all.
#
# One form, the same in make check and make check-all.
#
# Red when: nothing is told; what came since the load is told as what came during the read.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

ops=100000
! debug_kernel || ops=20000

# told: "CAME WENT" of the last read.
told()
{
	sed -n 's/^  While the live figures were read, \([0-9]*\) records came and \([0-9]*\) went.*/\1 \2/p' \
		"$la/verdict"
}

# Of all records, as counted when it is asked for.
came()
{
	echo $(($(stat inserts) + $(stat pages_alloc)))
}

went()
{
	echo $(($(stat removes) + $(stat heals) + $(stat audit_removed) + $(stat cleared) +
		$(stat pages_free)))
}

# A walk fell into the churn. After an audit there is another one at once.
walk_saw_changes()
{
	echo audit >"$la/control"
	told >"$ktap_tmp/told"
	read -r told_came told_went <"$ktap_tmp/told"
	[ "$told_came" -ge 20 ] && [ "$told_went" -ge 20 ]
}

# Until the walk was seen to fall into it, however long that is in coming.
churn_on()
{
	while [ ! -e "$ktap_tmp/enough" ]; do
		leaker_run churn kmalloc_const "$ops"
	done
}

told_under_churn()
{
	# So many came before the read that counts.
	leaker_run churn kmalloc_const $((2 * ops))
	came=$(came)
	went=$(went)
	churn_on &
	ktap_poll 60 walk_saw_changes ||
		ktap_fail "expected that records came and went, got '$(cat "$ktap_tmp/told")'"
	: >"$ktap_tmp/enough"
	wait
	came=$(($(came) - came))
	went=$(($(went) - went))
	read -r told_came told_went <"$ktap_tmp/told"
	ktap_diag "during the walk $told_came of $came came, $told_went of $went went"
	ktap_expect "records that came meanwhile" le "$came" "$told_came" "so many came at all"
	ktap_expect "records that went meanwhile" le "$went" "$told_went" "so many went at all"
}

# Of the same walk, if none was taken in between.
same_in_stats()
{
	said=$(told)
	cat "$la/stats" >"$ktap_tmp/stats"
	[ "$(awk '$1 == "walk_came" { came = $2 } $1 == "walk_went" { print came, $2 }' \
		"$ktap_tmp/stats")" = "$said" ]
}

stats_agree()
{
	ktap_poll 20 same_in_stats ||
		ktap_fail "expected walk_came and walk_went to be '$(told)', got '$(stat walk_came) $(stat walk_went)'"
}

ktap_plan 2
load
insmod ./la_leaker.ko
ktap_case "what came and went while it was read is told" told_under_churn
ktap_case "stats says the same" stats_agree
ktap_end
