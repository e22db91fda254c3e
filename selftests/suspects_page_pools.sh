#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Pages of page pools and of fragment caches are named for what they are. What a pool keeps,
# to give it out again, is no leak however it grows, and the suspects say how much that is. Pages
# that a driver takes out of its pool and never gives back are one, although the pool holds on to
# them. A cache of fragments has one block, whatever goes through it; blocks that are held by
# fragments which nobody frees are a leak.
#
# Where a page does not say which pool it is of, as many are excused as one pool may keep.
#
# One form, the same in make check and make check-all.
#
# Red when: pools are not asked (what they keep is accused), or excuse whatever is theirs (the
# leak is not); what lies in the ring is not counted; the label is not found on the stack.
#
# Timeout: 240
. ./_ktap.sh
. ./_leakacct.sh

driver=/sys/kernel/debug/la_pool
steps=12

run()
{
	echo "$*" >"$driver/run" || ktap_fail "expected that la_pool can '$*'"
}

look()
{
	a_second_goes_by
	echo look >"$la/control"
	a_second_goes_by
}

threshold()
{
	sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$la/suspects"
}

# score FUNCTION: 0 when it has no row.
score()
{
	query suspects rows=0 caller="$1+" | column score "$(of "$1")" |
		awk '{ if ($1 > s) s = $1 } END { print s + 0 }'
}

# pages_of FUNCTION: how many it has.
pages_of()
{
	bytes=$(query callers caller="$1+" rows=0 since_mark=0 | column bytes "$(of "$1")" | sum)
	echo $((bytes / 4096))
}

# is_labelled FUNCTION LABEL: in the column cache, and for who holds the ghost.
is_labelled()
{
	query callers caller="$1+" rows=0 since_mark=0 >"$ktap_tmp/callers"
	ktap_expect "classes of $1" is page "$(column class "$(of "$1")" <"$ktap_tmp/callers" | sort -u)" \
		"it takes pages"
	ktap_expect "cache of $1" is "$2" "$(column cache "$(of "$1")" <"$ktap_tmp/callers" | sort -u)" \
		"that is what they are for"
	kb=$((4 * $(pages_of "$1")))
	# What is older than a second is taken anew.
	ktap_pass 3
	ktap_expect "ghost" like "^held_pages $kb $1\\+.* \\($2\\)$" "$(grep "$1" "$la/ghost")" \
		"it holds so much"
}

are_named()
{
	run pool 2000 0
	run pool 1000 1000
	# A pool gives back what finds no room, and takes 64 at a time.
	read -r all kept <"$driver/pages"
	ktap_expect "pages that are kept" eq 1000 "$kept" "so many were asked for"
	ktap_expect "pages of pool_take" eq "$all" "$(pages_of pool_take)" "the pool counts so many"
	is_labelled pool_take page_pool
	run frag 3000 30
	is_labelled frag_take page_frag
	run free
}

# Each time more of them are out at once.
what_a_pool_keeps_is_no_leak()
{
	rmmod la_pool
	insmod ./la_pool.ko
	echo clear >"$la/control"
	limit=$(threshold)
	for i in $(seq "$steps"); do
		run pool $((i * 64)) 0
		run frag 3000 0
		look
	done
	read -r all kept <"$driver/pages"
	ktap_expect "pages that the pool has" ge 700 "$all" "so many were out at once"
	query suspects rows=0 caller=pool_take+ >"$ktap_tmp/suspects"
	sed 1,3d "$ktap_tmp/suspects" | ktap_diag
	ktap_expect "score of pool_take" lt "$limit" "$(score pool_take)" "all lie in the pool"
	# More than what is capped for other reasons.
	ktap_expect "score of pool_take" ge 45 "$(score pool_take)" "else nothing had to excuse it"
	if pools_are_known; then
		ktap_expect "reason" like "^#   page_pool: $all of them lie in the pool" \
			"$(cat "$ktap_tmp/suspects")" "it says how many"
	else
		ktap_expect "reason" like "^#   page_pool: .* up to [0-9]+" \
			"$(cat "$ktap_tmp/suspects")" "it says how many may"
	fi
}

pools_are_known()
{
	! grep -q '^#   page_pool: .* not known here' "$ktap_tmp/suspects"
}

fragment_cache_is_no_leak()
{
	ktap_expect "score of frag_take" lt "$limit" "$(score frag_take)" "all are freed"
	ktap_expect "pages of frag_take" le 16 "$(pages_of frag_take)" "the cache has one block"
	ktap_expect "allocations of frag_take" ge $((steps * 20)) \
		"$(query callers caller=frag_take+ rows=0 since_mark=0 | column allocs | sum)" \
		"blocks came and went"
}

# Beside what comes back.
what_never_comes_back_is()
{
	for _ in $(seq $((steps + 3))); do
		run pool 300 200
		run frag 3000 100
		look
	done
	read -r all kept <"$driver/pages"
	query suspects rows=0 caller=pool_take+ >"$ktap_tmp/suspects"
	sed 1,3d "$ktap_tmp/suspects" | ktap_diag
	ktap_expect "score of pool_take" ge "$limit" "$(score pool_take)" "$kept of $all never come back"
	! pools_are_known ||
		ktap_expect "reason" like "^#   page_pool: [0-9]+ of .* the others were handed out" \
			"$(cat "$ktap_tmp/suspects")" "it says how many are there"
	ktap_expect "verdict" like 'pool_take\+' "$(cat "$la/verdict")" "the verdict names it"
}

fragments_that_nobody_frees_are()
{
	query suspects rows=0 caller=frag_take+ | sed 1,3d | ktap_diag
	ktap_expect "score of frag_take" ge "$limit" "$(score frag_take)" "ever more blocks stay"
	is_labelled frag_take page_frag
}

# When it is given back the pool has it, or has freed it.
what_came_back_late_is_not()
{
	run free
	for _ in 1 2 3; do
		look
	done
	ktap_expect "score of pool_take" lt "$limit" "$(score pool_take)" "all is back"
	ktap_expect "score of frag_take" lt "$limit" "$(score frag_take)" "all is back"
}

ktap_plan 6
load
insmod ./la_pool.ko
ktap_case "pages of pools and fragment caches have their names" are_named
ktap_case "what a page pool keeps is not accused" what_a_pool_keeps_is_no_leak
ktap_case "a cache of fragments is not accused" fragment_cache_is_no_leak
ktap_case "pages that never come back to their pool are" what_never_comes_back_is
ktap_case "blocks of fragments that nobody frees are" fragments_that_nobody_frees_are
ktap_case "when they come back nobody is accused any more" what_came_back_late_is_not
ktap_end
