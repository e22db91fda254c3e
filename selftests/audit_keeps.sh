#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# With hooks that miss nothing an audit has nothing to remove: not in caches of any kind,
# not where nobody has written to an object yet, not of blocks of pages that were split, are shared
# or have no reference for a moment, not while all paths allocate and free.
#
# One form, the same in make check and make check-all.
#
# Red when: an object counts as free by the word in it alone; a page does that nobody has a
# reference to; who is removed is not who was asked for; an object on its way counts as free;
# looks convict without asking.
#
# Boots: default uninitialized
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

audit()
{
	echo audit >"$la/control" || ktap_fail "expected that an audit succeeds"
}

all_kinds()
{
	insmod ./la_kinds.ko || return 1
	left=$(cat /sys/module/la_kinds/parameters/left)
	audit
	query callers module=la_kinds rows=0 since_mark=0 >"$ktap_tmp/callers"
	ktap_expect "kinds" eq 10 "$(column caller <"$ktap_tmp/callers" | wc -l)"
	ktap_expect "kinds of which not $left objects live" is "" \
		"$(column caller "col(\"objects\") != $left" <"$ktap_tmp/callers")" \
		"they live, whatever they hold"
	ktap_expect "audited" ge $((left * 10)) "$(stat audited)" "each was asked for"
	ktap_expect "audit_removed" eq 0 "$(stat audit_removed)" "no free was missed"
	rmmod la_kinds
	ktap_expect "rows after the unload" is "" \
		"$(query callers module=la_kinds since_mark=0 | column caller)" "it has freed all"
}

blocks_are_listed()
{
	[ "$(query objects module=la_page_kinds class=page older_s=2 rows=0 | column address |
		wc -l)" -eq "$1" ]
}

# Every second one was freed, so that live and free ones lie side by side. Those that can be removed
# at all are two seconds old.
all_kinds_of_pages()
{
	insmod ./la_page_kinds.ko || return 1
	kinds=/sys/module/la_page_kinds/parameters
	left=$(($(cat "$kinds/objects") / 2))
	echo odd >"$kinds/release"
	ktap_poll 20 blocks_are_listed $((16 * left)) || ktap_fail "expected that all live"
	echo freeze >"$kinds/release"
	audited=$(stat audited_page)
	audit
	audit
	echo thaw >"$kinds/release"
	ktap_expect "growth of audited_page" ge $((2 * 15 * left)) \
		$(($(stat audited_page) - audited)) "each was asked for"
	query callers module=la_page_kinds class=page rows=0 since_mark=0 >"$ktap_tmp/callers"
	ktap_diag "$(grep page "$la/stats" | tr '\n' ' ')"
	ktap_expect "kinds" eq 16 "$(column caller <"$ktap_tmp/callers" | wc -l)"
	ktap_expect "kinds of which not $left objects live" is "" \
		"$(column caller "col(\"objects\") != $left" <"$ktap_tmp/callers")" \
		"they live, whatever marks they have"
	ktap_expect "audit_removed_page" eq 0 "$(stat audit_removed_page)" "no free was missed"
	rmmod la_page_kinds
	ktap_expect "rows after the unload" is "" \
		"$(query callers module=la_page_kinds since_mark=0 | column caller)" "it has freed all"
}

under_churn()
{
	insmod ./la_churn.ko areas=1 || return 1
	audited=$(stat audited)
	for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		audit
		query objects older_s=0 rows=1 >/dev/null
	done
	ktap_expect "turn" eq 20 "$turn"
	echo 0 >/sys/module/la_churn/parameters/run
	ktap_expect "audited" gt "$audited" "$(stat audited)" "there was something to audit"
	ktap_expect "audit_removed" eq 0 "$(stat audit_removed)" "no free was missed"
	ktap_expect "audit_removed_page" eq 0 "$(stat audit_removed_page)" "no free was missed"
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
	ktap_poll 20 nothing_left || ktap_expect "rows of la_churn" is "" "$left" \
		"it holds nothing when it stands still"
	rmmod la_churn
}

nothing_left()
{
	left=$(query callers module=la_churn rows=0 since_mark=0 | grep -v '^#')
	[ -z "$left" ]
}

# look N: with a leak before each.
look()
{
	for _ in $(seq "$1"); do
		leaker_run leak kmalloc_const 30
		echo look >"$la/control"
	done
}

looks_audit_suspects()
{
	rmmod leakacct
	load
	insmod ./la_leaker.ko
	look 4
	ktap_expect "audited" eq 0 "$(stat audited)" "nobody has risen often enough"
	look 4
	ktap_expect "audited" ge 60 "$(stat audited)" "a look that may convict asks before"
	ktap_expect "audited" lt 5000 "$(stat audited)" "it asks for candidates alone"
	ktap_expect "audit_removed" eq 0 "$(stat audit_removed)" "the leak is real"
	expect_live leak_kmalloc_const 240 "the leak is real"
	ktap_expect "suspects" like 'leak_kmalloc_const\+' "$(query suspects rows=0)" "it is named"
	rmmod la_leaker
}

ktap_plan 4
load
ktap_case "objects of all kinds that nobody has written to stay" all_kinds
ktap_case "blocks of pages of all kinds stay" all_kinds_of_pages
ktap_case "what comes and goes during an audit is not removed" under_churn
ktap_case "who is about to be a suspect is audited first" looks_audit_suspects
ktap_end
