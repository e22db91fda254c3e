#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All files are read over and over while all paths allocate and free on every
# CPU, while modules come and go, and while the table is cleared and grows.
#
# Red when: a walk holds a lock that a hook takes; a row is made of a record that
# changed meanwhile (its line does not split); a site is read while it is made.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

# repeat SECONDS COMMAND...
repeat()
{
	end=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
		"$@" || return 1
	done
}

read_all()
{
	(cd "$la" && cat ./*) >"$ktap_tmp/all" || ktap_fail "expected that cat * reads all"
	query objects rows=0 since_mark=0 >"$ktap_tmp/objects" || ktap_fail "expected an answer"
	grep -v '^#' "$ktap_tmp/objects" | grep -Evx -e \
		'0x[0-9a-f]+ [0-9]+ [0-9]+\.[0-9] [0-9]+ [^ ]+ (slab|large|page|vmalloc|percpu) [^ ]+ [^ ]+( \[[^ ]+\])?( \([a-z]+\))?' \
		>"$ktap_tmp/broken"
	[ ! -s "$ktap_tmp/broken" ] || ktap_fail "expected whole rows, got $(head -n 3 "$ktap_tmp/broken")"
}

under_churn()
{
	repeat 6 read_all
}

with_modules()
{
	insmod ./la_first.ko objects=3
	rmmod la_first
	insmod ./la_second.ko objects=3
	rmmod la_second
	insmod ./la_init_leaker.ko objects=3
	rmmod la_init_leaker
	read_all
}

while_modules_come_and_go()
{
	repeat 6 with_modules
}

with_verbs()
{
	for verb in clear mark stop start; do
		echo "$verb" >"$la/control"
	done
	(cd "$la" && cat ./*) >"$ktap_tmp/all" || ktap_fail "expected that cat * reads all"
}

while_verbs_are_run()
{
	repeat 6 with_verbs
}

churn_leaves_nothing()
{
	echo 0 >/sys/module/la_churn/parameters/run
	ktap_expect "rounds" ge "$(least 100)" "$(cat /sys/module/la_churn/parameters/rounds)" "else it was no load"
	ktap_expect "live objects of la_churn" eq 0 \
		"$(query callers module=la_churn rows=0 since_mark=0 | column objects | sum)" \
		"it holds nothing while it stands still"
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
}

two_readers()
{
	(repeat 5 read_one callers) &
	one=$!
	(repeat 5 read_one objects) &
	two=$!
	repeat 5 read_one slabs
	wait "$one" || ktap_fail "expected that the first reader has no errors"
	wait "$two" || ktap_fail "expected that the second reader has no errors"
}

read_one()
{
	query "$1" rows=0 >/dev/null
}

ktap_plan 5
load
insmod ./la_churn.ko
ktap_case "all files are whole under load" under_churn
ktap_case "while modules come and go too" while_modules_come_and_go
ktap_case "while the verbs are run too" while_verbs_are_run
ktap_case "with several readers too" two_readers
ktap_case "the load leaves no false leak" churn_leaves_nothing
ktap_end
