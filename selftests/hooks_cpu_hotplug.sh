#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A CPU goes off and comes back while everything allocates: what was planted is counted
# exactly, also what that CPU allocated and another frees, and what it allocates that came
# up after leakacct. This is the quick form; the long one goes through it more often.
#
# Red when: counts are summed over the CPUs that are on (the rows of a CPU that is off are
# missing); what a CPU has not used of its room, or its countdown, is lost with it; a new
# CPU has no arrays.
#
# Timeout: 120
# Long: 600
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

cpu=/sys/devices/system/cpu/cpu1/online
churn=/sys/module/la_churn/parameters
times=5
[ -z "${LEAKACCT_LONG:-}" ] || times=100

# switch 0|1: CPU 1. For a moment the kernel may refuse.
switch()
{
	ktap_poll 20 is_switched "$1" || ktap_fail "expected that CPU 1 goes to $1"
}

is_switched()
{
	echo "$1" >"$cpu" && [ "$(cat "$cpu")" = "$1" ]
}

# on CPU COMMAND...
on()
{
	mask=$((1 << $1))
	shift
	taskset "$mask" "$@"
}

# leak_on CPU PATH N
leak_on()
{
	on "$1" sh -c "echo leak $2 $3 >$leaker/run" || ktap_fail "expected that CPU $1 can leak"
}

# planted FUNCTION N BECAUSE: so many are live, as of now, and as many were allocated if it is
# any. The load has functions of these names as well.
planted()
{
	query callers module=la_leaker caller="$1+" rows=0 since_mark=0 >"$ktap_tmp/callers"
	for what in objects allocs; do
		ktap_expect "$what of $1" eq "$2" \
			"$(column "$what" "$(of "$1")" <"$ktap_tmp/callers" | sum)" "$3"
	done
}

have_gone_on()
{
	[ "$(cat "$churn/rounds")" -gt "$1" ]
}

# The load goes on in the state that it is in: three more rounds of some thread's.
more_rounds()
{
	ktap_poll 20 have_gone_on $(($(cat "$churn/rounds") + 3)) ||
		ktap_fail "expected that the load goes on"
}

# Some of what is planted before is freed after, and the other way round.
off_and_on()
{
	for i in $(seq "$times"); do
		leak_on 1 kmalloc_const 100
		leak_on 0 kmem_cache_alloc 100
		leak_on 1 alloc_page 40
		leak_on 1 alloc_percpu 10
		more_rounds
		switch 0
		leaker_run free kmem_cache_alloc
		leaker_run leak kmalloc_variable 50
		planted leak_kmalloc_const $((i * 100)) "the CPU that allocated them is off"
		planted leak_kmalloc_variable $((i * 50)) "CPU 0 allocated them"
		planted leak_alloc_page $((i * 40)) "the CPU that allocated them is off"
		planted leak_alloc_percpu $((i * 10)) "the CPU that allocated them is off"
		more_rounds
		switch 1
		leak_on 1 kmem_cache_alloc_bulk 30
		more_rounds
	done
	ktap_expect "rounds of the load" ge $((times * 6)) "$(cat "$churn/rounds")" "else it was no load"
}

exact_afterwards()
{
	compare_paths
	for path in kmalloc_const kmalloc_variable kmem_cache_alloc_bulk; do
		path_agrees "$path" $((times * $(share "$path")))
	done
	planted leak_kmem_cache_alloc 0 "they were freed while CPU 1 was off"
	switch 0
	for path in alloc_page alloc_percpu all; do
		leaker_run free "$path"
	done
	nothing_left
	switch 1
}

share()
{
	case $1 in
	kmalloc_const)		echo 100 ;;
	kmalloc_variable)	echo 50 ;;
	*)			echo 30 ;;
	esac
}

no_row_of_the_load()
{
	[ -z "$(query callers module=la_churn rows=0 since_mark=0 | column caller)" ]
}

# What is stopped holds nothing.
load_left_nothing()
{
	echo 0 >"$churn/run"
	ktap_poll 20 no_row_of_the_load ||
		query callers module=la_churn rows=0 since_mark=0 | ktap_diag
	no_row_of_the_load || ktap_fail "expected no row of la_churn"
	for name in refused heals hooks_missed; do
		ktap_expect "$name" eq 0 "$(stat "$name")" "no event was lost"
	done
}

# The load stays at rest: what the boot `onethread` is for must not happen here.
loaded_without_it()
{
	rmmod leakacct
	switch 0
	load
	leak_on 0 kmalloc_const 100
	switch 1
	leak_on 1 kmalloc_const 100
	leak_on 1 kmem_cache_alloc_bulk 100
	planted leak_kmalloc_const 200 "100 on each CPU"
	planted leak_kmem_cache_alloc_bulk 100 "CPU 1 came up later"
	leaker_run free all
	nothing_left
}

[ -w "$cpu" ] || ktap_skip_all "CPU 1 can't be switched off"
ktap_plan 4
load
insmod ./la_leaker.ko
insmod ./la_churn.ko areas=1
ktap_case "counts hold while a CPU goes off and on" off_and_on
ktap_case "what was planted is exact afterwards" exact_afterwards
ktap_case "the load has left nothing, and no event was lost" load_left_nothing
ktap_case "a CPU that comes after the load of leakacct is counted" loaded_without_it
ktap_end
