#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `stats`: all counters are there, are numbers, and fit together.
#
# Red when: a counter is renamed; removes are counted twice; own memory is not.
. ./_ktap.sh
. ./_leakacct.sh

names="objects_live objects_max objects_capacity inserts removes refused heals unknown_frees
	unknown_older unknown_unexplained
	rcu_waiting_objects rcu_waiting_bytes sites sites_max sites_refused tasks tasks_max
	tasks_refused grows own_bytes events_alloc events_free hooks_missed looks
	alloc_failed cleared audited audit_removed audit_uncertain
	audited_slab audited_large audited_page audited_vmalloc audited_percpu
	audit_removed_slab audit_removed_large audit_removed_page audit_removed_vmalloc
	audit_removed_percpu audit_uncertain_slab audit_uncertain_large audit_uncertain_page
	audit_uncertain_vmalloc audit_uncertain_percpu walk_came walk_went resized resize_lost rcu_handed rcu_done rcu_unkept not_recorded
	nmi_lost stacks stacks_max stacks_refused stack_hits stack_unwinds stack_unremembered
	frees_looked_at frees_watched freers_refused secrets_refused
	stack_checks stack_differences chains chains_refused memory_stacks sample_interval
	pages_alloc pages_free pages_unknown_frees pages_broken pages_healed pages_refused
	memory_pages"

all_there()
{
	cat "$la/stats" >"$ktap_tmp/stats"
	number='^-?[0-9]+$'
	for name in $names; do
		pattern=$number
		# Of sheaves nobody sees when they come back.
		case $(uname -r) in
		7.*)	[ "${name#rcu_waiting}" = "$name" ] || pattern='^unknown$' ;;
		esac
		ktap_expect "$name" like "$pattern" \
			"$(column value "col(\"name\") == \"$name\"" <"$ktap_tmp/stats")" \
			"it is documented"
	done
	# shellcheck disable=SC2086 # one word a name
	printf '%s\n' state $names >"$ktap_tmp/names"
	ktap_expect "names beside those" is "" \
		"$(column name <"$ktap_tmp/stats" | grep -Fvxf "$ktap_tmp/names")" "all are documented"
	ktap_expect "names that stand twice" is "" "$(column name <"$ktap_tmp/stats" | sort | uniq -d)"
	ktap_expect "state" is running "$(column value 'col("name") == "state"' <"$ktap_tmp/stats")"
}

# difference of NAME since before: until now, or as it was then, in a FILE
grown()
{
	echo $(($(sed -n "s/^$1 //p" "${2:-$la/stats}") - $(sed -n "s/^$1 //p" "$ktap_tmp/before")))
}

fit_together()
{
	cat "$la/stats" >"$ktap_tmp/before"
	leaker_run leak kmalloc_const 2000
	leaker_run churn kmalloc_node 3000
	cat "$la/stats" >"$ktap_tmp/stats"
	# Others allocate as well, a little.
	for name in inserts events_alloc; do
		n=$(grown "$name" "$ktap_tmp/stats")
		ktap_expect "growth of $name" ge 5000 "$n" "so many were allocated"
		ktap_expect "growth of $name" lt "$(events 7000)" "$n" "so many were allocated"
	done
	for name in removes events_free; do
		n=$(grown "$name" "$ktap_tmp/stats")
		ktap_expect "growth of $name" ge 3000 "$n" "so many were freed"
		ktap_expect "growth of $name" lt "$(events 5000)" "$n" "so many were freed"
	done
	live=$(sed -n 's/^objects_live //p' "$ktap_tmp/stats")
	kept=$(($(sed -n 's/^inserts //p' "$ktap_tmp/stats") - $(sed -n 's/^removes //p' "$ktap_tmp/stats") -
		$(sed -n 's/^heals //p' "$ktap_tmp/stats") - $(sed -n 's/^cleared //p' "$ktap_tmp/stats") -
		$(sed -n 's/^audit_removed //p' "$ktap_tmp/stats")))
	ktap_expect "objects_live less what is left of inserts" lt 50 $((live - kept))
	ktap_expect "objects_live less what is left of inserts" gt -50 $((live - kept))
	ktap_expect "refused" eq 0 "$(stat refused)" "there is room"
	leaker_run free all
}

has_room_for()
{
	[ "$(stat objects_capacity)" -ge $(($1 * 4 / 3)) ]
}

# By and by: what is refused when a burst meets a busy machine is another test's.
table_grows()
{
	capacity=$(stat objects_capacity)
	step=$((capacity / 8))
	for i in $(seq 12); do
		ktap_poll 20 has_room_for $((step * i)) ||
			ktap_fail "expected room for $((step * i)) objects"
		leaker_run leak kmalloc_const "$step"
	done
	expect_live leak_kmalloc_const $((capacity * 3 / 2)) "the table grows in the background"
	ktap_expect "grows" ge 1 "$(stat grows)" "it was too small"
	ktap_expect "objects_capacity" gt "$((capacity * 3 / 2))" "$(stat objects_capacity)" "it grew"
	ktap_expect "refused" eq 0 "$(stat refused)" "it grew in time"
	leaker_run free kmalloc_const
	expect_live leak_kmalloc_const 0 "all were freed, whichever table they were in"
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
}

stacks_fit_together()
{
	leaker_run churn kmalloc_const 3000
	cat "$la/stats" >"$ktap_tmp/before"
	leaker_run churn kmalloc_const 3000
	ktap_expect "growth of stack_hits" ge 2900 "$(grown stack_hits)" "all have one of the stacks before"
	ktap_expect "growth of stack_unwinds" lt 1000 "$(grown stack_unwinds)" "what is remembered is not unwound"
	for name in stacks chains memory_stacks; do
		ktap_expect "$name" gt 0 "$(stat "$name")" "there are some"
	done
	ktap_expect "stacks" le "$(stat stacks_max)" "$(stat stacks)" "so many fit"
	ktap_expect "memory_stacks" lt "$(stat own_bytes)" "$(stat memory_stacks)" "it is a part of it"
	ktap_expect "stack_differences" eq 0 "$(stat stack_differences)" "what is remembered is what is there"
	ktap_expect "sample_interval" eq 0 "$(stat sample_interval)" "everything is tracked"
}

own_memory()
{
	own=$(stat own_bytes)
	ktap_expect "own_bytes" ge $(($(stat objects_capacity) * 24)) "$own" "24 bytes a slot at least"
	ktap_expect "own_bytes" lt $((256 << 20)) "$own" "it is no machine's memory"
}

ktap_plan 5
load
insmod ./la_leaker.ko
ktap_case "all counters are there" all_there
ktap_case "the counters fit together" fit_together
ktap_case "a table that is too small grows and loses nothing" table_grows
ktap_case "the counters of stacks fit together" stacks_fit_together
ktap_case "leakacct's own memory is stated" own_memory
ktap_end
