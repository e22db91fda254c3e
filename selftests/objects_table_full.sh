#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A table that is full: allocation counts stay exact, live counts say that they
# are lower bounds, and the verdict says how many inserts were refused.
#
# One form, the same in make check and make check-all.
#
# Red when: refused inserts are not counted; they are not counted as allocations;
# the lower bound is not marked; the table is not bounded.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

leaks=100000

fills()
{
	leaker_run leak kmalloc_const "$leaks"
	# The shared snapshot may be from before.
	ktap_poll 5 counted_all
	refused=$(stat refused)
	objects_live=$(stat objects_live)
	ktap_expect "objects_live" le 1100 "$objects_live" "max_objects=1000, and batches of CPUs"
	ktap_expect "refused" ge $((leaks - 1100)) "$refused" "the rest was refused"
}

counted_all()
{
	query callers caller=leak_kmalloc_const+ rows=0 >"$ktap_tmp/callers"
	[ "$(column allocs <"$ktap_tmp/callers" | sum)" -ge "$leaks" ]
}

counts_are_exact()
{
	ktap_expect "allocs" eq "$leaks" "$(column allocs <"$ktap_tmp/callers" | sum)" \
		"counts of callers need no room in the table"
}

bound_is_marked()
{
	objects=$(column objects <"$ktap_tmp/callers")
	ktap_expect "objects" like '^>=[0-9]+$' "$objects" "some of this caller's were refused"
	ktap_expect "objects" le 1100 "${objects#>=}" "no more fit"
	ktap_expect "notes" like '^# lower bounds: [0-9]+ inserts refused$' \
		"$(cat "$ktap_tmp/callers")" "the note says so"
}

# counter NAME: from the copy of stats.
counter()
{
	column value "col(\"name\") == \"$1\"" <"$ktap_tmp/stats"
}

# Events that came while the hooks were being armed are neither.
count_unaccounted()
{
	cat $la/stats >"$ktap_tmp/stats"
	echo $(($(counter events_alloc) - $(counter inserts) - $(counter refused) -
		$(counter pages_alloc)))
}

# Some come while the counters are read one after another.
few_are_unaccounted()
{
	[ "$(count_unaccounted)" -lt $((unaccounted + 20)) ]
}

trust_line_is_exact()
{
	before=$(stat refused)
	said=$(sed -n 's/^.* \([0-9]*\) inserts were refused.*/\1/p' "$la/verdict")
	after=$(stat refused)
	ktap_expect "inserts refused by the verdict" ge "$before" "${said:-none}" "stats said so before"
	ktap_expect "inserts refused by the verdict" le "$after" "${said:-none}" "stats said so after"
	ktap_poll 5 few_are_unaccounted ||
		ktap_fail "expected $unaccounted allocations that are neither stored nor refused, got $(count_unaccounted)"
}

# Who was refused may be who leaks.
nobody_is_acquitted()
{
	for _ in 1 2 3 4 5 6; do
		echo look >"$la/control"
	done
	ktap_expect "verdict" like "^(NO ANSWER: .* objects found no room|LEAK SUSPECTED)" \
		"$(cat "$la/verdict")" "what found no room was not seen"
}

# Every refusal is some caller's.
refusals_add_up()
{
	echo stop >"$la/control"
	ktap_poll 5 counted_all
	query callers rows=0 >"$ktap_tmp/callers"
	ktap_expect "callers that were refused" ge 1 \
		"$(column objects 'col("objects") ~ /^>=/' <"$ktap_tmp/callers" | wc -l)"
	ktap_expect "lower bound of the leaker" eq "$leaks" \
		"$(column allocs "$(of leak_kmalloc_const)" <"$ktap_tmp/callers" | sum)" \
		"stop changes no count"
	echo start >"$la/control"
}

frees_are_safe()
{
	leaker_run free kmalloc_const
	leaker_run churn all 100
	expect_live leak_kmalloc_const 0 "all are freed"
	ktap_expect "objects_live" ge 0 "$(stat objects_live)" "frees of what was refused are no records"
	for file in "$la"/*; do
		cat "$file" >/dev/null || ktap_fail "expected that $file can be read"
	done
}

# The table takes objects again once there is room.
recovers()
{
	leaker_run free all
	echo clear >"$la/control"
	leaker_run leak kmalloc_const 100
	expect_live leak_kmalloc_const 100 "there is room again"
}

ktap_plan 8
load max_objects=1000
unaccounted=$(count_unaccounted)
insmod ./la_leaker.ko
ktap_case "no more than max_objects are kept, the rest is counted" fills
ktap_case "allocations per caller are exact" counts_are_exact
ktap_case "live counts are marked as lower bounds" bound_is_marked
ktap_case "the verdict says exactly how many inserts were refused" trust_line_is_exact
ktap_case "nobody is acquitted" nobody_is_acquitted
ktap_case "the refusals are those of callers" refusals_add_up
ktap_case "frees of what was refused do no harm" frees_are_safe
ktap_case "there is room again after frees" recovers
ktap_end
