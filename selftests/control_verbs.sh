#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `control`: what each verb does.
#
# Red when: stop also stops watching frees (1,000 false leaks); clear leaves counts
# or records; an unknown verb is taken.
. ./_ktap.sh
. ./_leakacct.sh

control()
{
	echo "$1" >"$la/control"
}

shows_verbs()
{
	text=$(cat "$la/control")
	ktap_expect "state" like '^state running$' "$text" "it records from the load on"
	ktap_expect "control" like '^wrappers [0-9]+ added 0$' "$text" "those that are known"
	for verb in start stop clear mark look audit census wrapper unwrapper; do
		ktap_expect "verbs" like "^verb $verb .+" "$text" "each has a line"
	done
}

stop_keeps_frees()
{
	leaker_run leak kmalloc_const 1000
	control stop
	ktap_expect "control" like '^state stopped$' "$(cat "$la/control")"
	ktap_expect "state in stats" is stopped "$(stat state)"
	ktap_expect "verdict" like '^NO ANSWER: leakacct is stopped' "$(cat "$la/verdict")" \
		"whoever leaks now is not seen"
	if (echo look >"$la/control") 2>/dev/null; then
		ktap_fail "expected EAGAIN from control, got a look while stopped"
	fi
	leaker_run leak kmalloc_variable 1000
	expect_live leak_kmalloc_const 1000 "stop forgets nothing"
	expect_live leak_kmalloc_variable 0 "they came while it was stopped"
	ktap_expect "not_recorded" ge 1000 "$(stat not_recorded)" "what was left out is counted"
	leaker_run free kmalloc_const
	expect_live leak_kmalloc_const 0 "frees stay watched, else these were false leaks"
	control start
	leaker_run free kmalloc_variable
	leaker_run leak kmalloc_variable 1000
	expect_live leak_kmalloc_variable 1000 "it records again"
	leaker_run free all
}

clear_forgets()
{
	leaker_run leak kmalloc_const 1000
	control clear
	expect_live leak_kmalloc_const 0 "clear forgets all"
	leaker_run leak kmalloc_const 10
	query callers caller=leak_kmalloc_const since_mark=0 >"$ktap_tmp/callers"
	ktap_expect "allocs" eq 10 "$(column allocs <"$ktap_tmp/callers" | sum)" \
		"counts begin at clear"
	expect_live leak_kmalloc_const 10 "it goes on recording"
	leaker_run free kmalloc_const
	expect_live leak_kmalloc_const 0 "those that it knows are freed"
	ktap_expect "looks" eq 0 "$(stat looks)" "the history is gone too"
}

# How much stands in since_mark=1.
since_mark()
{
	query callers caller="$1" rows=0 since_mark=1 | column objects | sum
}

mark_divides()
{
	leaker_run leak kmalloc_const 100
	control mark
	leaker_run leak kmalloc_const 23
	ktap_expect "objects since the mark" eq 23 "$(since_mark leak_kmalloc_const)" \
		"23 came after it, 100 before"
	expect_live leak_kmalloc_const 123 "without since_mark all are shown"
	control mark
	ktap_expect "objects since the second mark" eq 0 "$(since_mark leak_kmalloc_const)" \
		"none came after it"
	leaker_run free all
}

look_counts()
{
	before=$(stat looks)
	control look
	control look
	ktap_expect "looks" eq $((before + 2)) "$(stat looks)" "each verb takes one"
}

# is_refused TEXT
is_refused()
{
	# shellcheck disable=SC2059 # escapes are wanted
	if (printf "$1" >"$la/control") 2>/dev/null; then
		ktap_fail "expected EINVAL from control, got success of '$1'"
	fi
}

bad_verbs()
{
	leaker_run leak kmalloc_const 100
	cat "$la/control" >"$ktap_tmp/before"
	for verb in nonsense STOP 'stop now' 'stop\nstart' stops sto '-' '\n' ' ' 'clear=1' \
		'stop\0' "$(printf '%0300d' 0)"; do
		is_refused "$verb\n"
	done
	ktap_expect "control" is "$(cat "$ktap_tmp/before")" "$(cat "$la/control")" \
		"a verb that is refused changes nothing"
	expect_live leak_kmalloc_const 100 "a verb that is refused changes nothing"
	leaker_run free all
}

loads_stopped()
{
	reload stopped=1
	ktap_expect "control" like '^state stopped$' "$(cat "$la/control")" "stopped=1 was asked for"
	ktap_expect "selftests that failed" is "" \
		"$(column path "$untried" <"$la/hooks")" "the hooks are tried all the same"
	leaker_run leak kmalloc_const 100
	expect_live leak_kmalloc_const 0 "it does not record yet"
	control start
	leaker_run leak kmalloc_const 50
	expect_live leak_kmalloc_const 50 "it records from start on"
}

ktap_plan 7
load
insmod ./la_leaker.ko
ktap_case "control shows the state and all verbs" shows_verbs
ktap_case "stop records no more, but keeps watching frees" stop_keeps_frees
ktap_case "clear forgets records, counts and looks" clear_forgets
ktap_case "mark divides what came before from what came after" mark_divides
ktap_case "look takes a look" look_counts
ktap_case "a bad verb is refused and changes nothing" bad_verbs
ktap_case "stopped=1 loads without recording" loads_stopped
ktap_end
