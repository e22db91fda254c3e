#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The census of `ghost`: every page frame has one owner, as many as MemTotal; each class
# is what the kernel counts of it; what was planted is found to the page, and named.
#
# Red when: tails of blocks that are no compound pages are taken for free pages of a CPU,
# or these for ghost; pages of areas are not found; a frame is counted twice or not at all; only
# the first node is walked.
#
# Timeout: 150
# Boots: default numa
# Long: 300
# Long boots: medium large
. ./_ktap.sh
. ./_leakacct.sh

take_census()
{
	echo census >"$la/control" || ktap_fail "expected that control takes a census"
	cat "$la/ghost" >"$ktap_tmp/ghost"
}

row()
{
	column kB "col(\"term\") == \"$1\"" <"$ktap_tmp/ghost"
}

# note_figure WORD TERM: the figure behind that word in the note of a row.
note_figure()
{
	column note "col(\"term\") == \"$2\"" <"$ktap_tmp/ghost" |
		sed -n "s/.*\\<$1 \\(-\\{0,1\\}[0-9]*\\).*/\\1/p"
}

# Classes that have a counter on this kernel.
counted()
{
	column term 'col("term") ~ /^census_/ && col("note") ~ /^counter/' <"$ktap_tmp/ghost"
}

absolute()
{
	echo "${1#-}"
}

# Others work in the guest, too: the third try counts.
is_quiet()
{
	take_census
	for term in $(counted); do
		[ "$(absolute "$(note_figure difference "$term")")" -le "$(note_figure bound "$term")" ] ||
			return 1
	done
}

total_is_mem_total()
{
	take_census
	ktap_expect "census_total" eq "$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)" \
		"$(row census_total)" "each managed frame is counted once"
	ktap_expect "sum of the classes" eq "$(row census_total)" \
		"$(column kB 'col("note") ~ /^(no )?counter/ && col("term") != "census_total"' \
			<"$ktap_tmp/ghost" | sum)" "those are all"
	ktap_expect "sum of the zones" eq "$(row census_total)" \
		"$(sed -n 's/^# node .* counted \([0-9]*\).*/\1/p' "$ktap_tmp/ghost" | sum)" \
		"those are all"
	ktap_expect "nodes" eq "$(cut -d , -f 1 /proc/buddyinfo | sort -u | wc -l)" \
		"$(sed -n 's/^# node \([0-9]*\) .*/\1/p' "$ktap_tmp/ghost" | sort -u | wc -l)" \
		"each has zones"
	ktap_expect "managed of all zones" eq "$(row census_total)" \
		"$(sed -n 's/^# node .* managed \([0-9]*\) .*/\1/p' "$ktap_tmp/ghost" | sum)" \
		"the page allocator has those"
}

classes_are_counted()
{
	is_quiet || is_quiet || is_quiet
	ktap_expect "classes with a counter" ge 13 "$(counted | wc -l)" "most have one"
	for term in $(counted); do
		bound=$(note_figure bound "$term")
		difference=$(note_figure difference "$term")
		ktap_diag "$term: $(row "$term") kB, difference $difference, bound $bound"
		ktap_expect "difference of $term from its counter" le "$bound" \
			"$(absolute "$difference")" "the guest is quiet"
		ktap_expect "bound of $term" le 4096 "$bound" "a bound that holds anything says nothing"
	done
	for term in free free_percpu_lists slab vmalloc kernel_stacks percpu page_tables lru_anon; do
		ktap_expect "census_$term" gt 0 "$(row "census_$term")" "every machine has some"
	done
}

# Both say it of the same memory.
ledger_says_the_same()
{
	take_census
	memory_kb=$(row total)
	has_term=$(sed -n 's/^# census_ghost: \([0-9]*\) kB of it are other terms.*/\1/p' "$ktap_tmp/ghost")
	distance=$(($(row census_ghost) - ${has_term:-0} - $(row ghost)))
	bound=$(($(row bound) + $(note_figure bound census_ghost)))
	ktap_diag "ghost: census $(row census_ghost) kB, ledger $(row ghost) kB, bounds together $bound kB"
	ktap_expect "distance of the two ghosts in kB" le "$bound" "$(absolute "$distance")" \
		"they are off by their bounds at most"
	ktap_expect "bounds of both" le $((memory_kb / 1024)) "$bound" "1 MB for each GB"
}

# grown PATH N KB: the ghost, and what of it has the planting function's name, grew so.
grown()
{
	take_census
	ghost=$(row census_ghost)
	known=$(row census_ghost_known)
	named=$(named_kb "$1")
	leaker_run leak "$1" "$2"
	take_census
	grew=$(($(row census_ghost) - ghost))
	named=$(($(named_kb "$1") - named))
	known=$(($(row census_ghost_known) - known))
	ktap_diag "$2 of $1: the ghost grew by $grew kB, known $known kB, by caller $named kB"
	ktap_expect "growth under the planter's name in kB" eq "$3" "$named" \
		"every page of it was seen when it was allocated"
	# Others come and go meanwhile: known or not, they are no more than idle ones.
	ktap_expect "growth of the ghost in kB" ge $(($3 - slack_kb)) "$grew" "so much was planted"
	ktap_expect "growth of the ghost in kB" le $(($3 + slack_kb)) "$grew" "so much was planted"
	ktap_expect "named kB in 100 of growth" ge 99 $((named * 100 / grew)) \
		"the planting function has it all"
	leaker_run free "$1"
	take_census
	ktap_expect "kB under the planter's name" eq 0 "$(named_kb "$1")" "all was freed"
	ktap_expect "growth that stays in kB" le "$slack_kb" \
		"$(absolute $(($(row census_ghost) - ghost)))" "all was freed"
}

named_kb()
{
	column kB "col(\"term\") == \"census_ghost_by\" && col(\"note\") ~ /^leak_$1\\+/" \
		<"$ktap_tmp/ghost" | sum
}

# Processes of this test may live at one census and not at the other: each has five pages
# of upper page tables that no kernel before 7.x marks, and its pipes have pages, too. A debug
# kernel keeps the stacks of all who allocate and free, in pages that it never gives back.
slack_kb=128
! debug_kernel || slack_kb=512

ghost_grows_by_what_is_planted()
{
	# 64 MB each: single pages, five of eight, and four that are left of eight; the long form
	# has blocks of four, and eight that were split, as well.
	grown alloc_page 16384 65536
	grown alloc_pages_exact 3277 65540
	grown split_page_half 4096 65536
	[ -n "${LEAKACCT_LONG:-}" ] || return 0
	grown alloc_pages_2 4096 65536
	grown split_page 2048 65536
	grown alloc_pages_compound 4096 65536
}

# KASAN's own pages for so much of areas: one for eight and what is begun, which nobody counts.
shadow_kb()
{
	grep -q ' kasan_populate_vmalloc$' /proc/kallsyms || { echo 0; return; }
	echo $(($1 / 7 + slack_kb))
}

# Memory that has an owner is none of it.
others_are_no_ghost()
{
	take_census
	ghost=$(row census_ghost)
	vmalloc=$(row census_vmalloc)
	slabs=$(row census_slab)
	large=$(row census_large_kmalloc)
	leaker_run leak all_vmalloc 200
	leaker_run leak kmalloc_large 500
	leaker_run leak kmalloc_variable 20000
	head -c 33554432 /dev/zero >"$ktap_tmp/file"
	is_quiet || is_quiet || is_quiet
	ktap_diag "ghost $ghost kB, now $(row census_ghost); vmalloc $vmalloc, $(row census_vmalloc)"
	ktap_diag "slab $slabs, $(row census_slab); large $large, $(row census_large_kmalloc)"
	ktap_expect "growth of vmalloc in kB" ge 4096 $(($(row census_vmalloc) - vmalloc)) "it was planted"
	ktap_expect "growth of slab and large in kB" ge 4096 \
		$(($(row census_slab) + $(row census_large_kmalloc) - slabs - large)) "it was planted"
	shadow=$(shadow_kb $(($(row census_vmalloc) - vmalloc)))
	ktap_expect "growth of the ghost in kB" le $((slack_kb + shadow)) \
		"$(absolute $(($(row census_ghost) - ghost)))" "all of that has an owner"
	for term in $(counted); do
		ktap_expect "difference of $term from its counter" le "$(note_figure bound "$term")" \
			"$(absolute "$(note_figure difference "$term")")" "nobody works now"
	done
	rm "$ktap_tmp/file"
	leaker_run free all_vmalloc
	leaker_run free all
}

cost_is_stated()
{
	take_census
	ktap_expect "head of the census" like \
		'^# census: .* age [0-9.]+ s, took [0-9]+ us, [0-9]+ us per GB$' "$(cat "$ktap_tmp/ghost")" \
		"age and cost are stated"
	grep '^# census: ' "$ktap_tmp/ghost" | ktap_diag
	grep '^# node ' "$ktap_tmp/ghost" | ktap_diag
}

ktap_plan 6
load
insmod ./la_leaker.ko
ktap_case "all frames together are MemTotal" total_is_mem_total
ktap_case "each class is what the kernel counts of it" classes_are_counted
ktap_case "the ledger's ghost is the census's" ledger_says_the_same
ktap_case "planted pages are ghost, to the page and by name" ghost_grows_by_what_is_planted
ktap_case "what has an owner is no ghost" others_are_no_ghost
ktap_case "age and cost are stated" cost_is_stated
ktap_end
