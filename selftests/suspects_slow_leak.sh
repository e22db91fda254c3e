#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `suspects` and `verdict`: a slow leak is named, also one beside many frees; what
# comes and goes, or comes once and stays, is not accused. What the kernel's own functions are
# excused for by their names, a driver's of the same name are not.
#
# Red when: survivors are not told from young objects (the churn is accused); one
# rise is enough (the burst is accused); looks are not taken (nobody is); who is excused is told
# by the name alone (the namesake is not named).
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

# A suspect is what has at least that score.
threshold()
{
	sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$la/suspects"
}

# score FUNCTION: 0 when it has no row.
score()
{
	query suspects rows=0 | column score "$(of "$1")" | awk '{ if ($1 > s) s = $1 } END { print s + 0 }'
}

# One step of everybody's life, with a look at its end, at least a second long.
step()
{
	leaker_run leak kmalloc_const 30		# never frees
	leaker_run churn kmalloc_node 2000		# frees all but few
	# About 20, to a beat of its own: it is nobody's twin.
	leaker_run leak kmalloc_node $((15 + turnover % 11))
	echo "namesake $((5 + turnover % 23))" >/sys/kernel/debug/la_stories/run	# never frees
	leaker_run churn kmem_cache_alloc 3000		# frees all at once
	leaker_run free kfree_bulk			# frees all by the next step, more each time
	turnover=$((turnover + 100))
	leaker_run leak kfree_bulk "$turnover"
	echo look >"$la/control"
}

turnover=100
steps()
{
	for _ in $(seq "$1"); do
		step
	done
}

survivors_are_listed()
{
	ktap_expect "verdict" like '^TOO EARLY' "$(cat "$la/verdict")" "nothing can be said yet"
	leaker_run leak kmalloc_variable 5000		# a burst that stays
	steps 4
	ktap_expect "score of leak_kmalloc_const" gt 0 "$(score leak_kmalloc_const)" \
		"objects of the first two steps survived two looks"
	ktap_expect "score of the churn" eq 0 "$(score leak_kmem_cache_alloc)" "none of its survive"
}

leak_is_named()
{
	limit=$(threshold)
	ktap_expect "threshold" gt 0 "$limit" "suspects states it"
	steps 4
	ktap_expect "score of leak_kmalloc_const" ge "$limit" "$(score leak_kmalloc_const)" \
		"it never frees, and there are more at each look"
	query suspects rows=0 >"$ktap_tmp/suspects"
	ktap_expect "callers" like '^leak_kmalloc_const\+.*\[la_leaker\]$' \
		"$(column caller "col(\"score\") >= $limit" <"$ktap_tmp/suspects")"
	ktap_expect "frees" eq 0 "$(column frees "$(of leak_kmalloc_const)" <"$ktap_tmp/suspects")" \
		"it never frees"
	ktap_expect "growth" gt 0 \
		"$(column growth_bytes_per_s "$(of leak_kmalloc_const)" <"$ktap_tmp/suspects")" "it grows"
	ktap_expect "reasons" like '^#   .*[0-9]' \
		"$(grep -A 2 'leak_kmalloc_const+' "$ktap_tmp/suspects")" "they are given in numbers"
	ktap_expect "verdict" like 'leak_kmalloc_const\+' "$(cat "$la/verdict")" "the verdict names it"
	ktap_expect "verdict" like '^LEAK SUSPECTED' "$(cat "$la/verdict")" "there is one"
}

leak_beside_frees_is_named()
{
	steps 5
	ktap_expect "score of leak_kmalloc_node" ge "$limit" "$(score leak_kmalloc_node)" \
		"it keeps 1 in 100, more at each look"
}

namesake_is_named()
{
	query suspects rows=0 >"$ktap_tmp/suspects"
	ktap_expect "callers" like '^create_object\+.*\[la_stories\]$' \
		"$(column caller "col(\"score\") >= $limit" <"$ktap_tmp/suspects")" \
		"a driver's function is not kmemleak's"
}

others_are_not()
{
	ktap_expect "live objects of leak_kfree_bulk" gt 900 "$(live leak_kfree_bulk)" \
		"there were more at each look"
	for function in leak_kmalloc_variable leak_kmem_cache_alloc leak_kfree_bulk; do
		ktap_expect "score of $function" lt "$limit" "$(score "$function")" \
			"it does not keep getting more that stays"
	done
	ktap_expect "suspects that are not the drivers'" is "" \
		"$(query suspects rows=0 |
			column caller "col(\"score\") >= $limit && col(\"caller\") !~ /la_(leaker|stories)/")" \
		"an idle guest leaks nothing"
}

a_leak_that_ends_is_forgiven()
{
	leaker_run free kmalloc_const
	for _ in 1 2 3; do
		echo look >"$la/control"
	done
	ktap_expect "score of leak_kmalloc_const" eq 0 "$(score leak_kmalloc_const)" "all were freed"
	ktap_expect "verdict" unlike 'leak_kmalloc_const\+' "$(cat "$la/verdict")" "all were freed"
}

ktap_plan 6
load
insmod ./la_leaker.ko
insmod ./la_stories.ko
ktap_case "what survives two looks is listed, what was churned is not" survivors_are_listed
ktap_case "a slow leak is named with its reasons" leak_is_named
ktap_case "a leak of one in a hundred is named too" leak_beside_frees_is_named
ktap_case "a driver's function with the name of an excused one is named" namesake_is_named
ktap_case "churn, turnover and a burst that stays are not accused" others_are_not
ktap_case "what is freed is no suspect any more" a_leak_that_ends_is_forgiven
ktap_end
