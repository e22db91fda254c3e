#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The audit of pages: blocks whose free no kprobe could see are found out by the marks of the
# page allocator, whatever their order and whoever shared them, and what lives stays. Of
# percpu areas nobody tells: they are uncertain as soon as frees of them were missed.
#
# One form, the same in make check and make check-all.
#
# Red when: an audit passes over pages; a block is removed that lives in part; a page is
# taken for a free one that only lacks a reference; what is freed is not found on the lists of
# a CPU, or only there; percpu areas are uncertain though no free of one was missed.
#
# Timeout: 150
. ./_ktap.sh
. ./_leakacct.sh

kinds=/sys/module/la_page_kinds/parameters
kprobes=/sys/kernel/debug/kprobes/enabled
planted=20000
kept=$(((planted + 15) / 16))

# unseen VERB: done while no probe of ours is there.
unseen()
{
	echo 0 >"$kprobes"
	echo "$1" >"$kinds/release"
	echo 1 >"$kprobes"
}

# Blocks that are younger than two seconds may be left to the next audit.
all_are_old()
{
	[ "$(query objects module="$1" class=page older_s=2 rows=0 | column address | wc -l)" -eq "$2" ]
}

read_callers()
{
	query callers module=la_page_kinds class=page rows=0 since_mark=0 >"$ktap_tmp/callers"
}

# By the counts of their callers: what is not freed, or not known to be.
held()
{
	column allocs <"$ktap_tmp/callers" >"$ktap_tmp/allocs"
	echo $(($(sum <"$ktap_tmp/allocs") - $(column frees <"$ktap_tmp/callers" | sum)))
}

# others_than N: kinds of which fewer objects live, or so many more that not each is one which
# somebody else was given meanwhile.
others_than()
{
	column caller "col(\"objects\") < $1 || col(\"objects\") > $1 + $objects / 4" \
		<"$ktap_tmp/callers"
}

# A page that somebody else was given unseen keeps its word, and is not shown if it is no page
# of the kernel's: few are.
held_about()
{
	[ $(($(held) - $1)) -le "$2" ]
}

# An audit leaves for the next one what is on its way between two lists.
kinds_are_audited()
{
	echo audit >"$la/control"
	read_callers
	held_about "$left" "$spare" && [ -z "$(others_than $((objects / 2)))" ]
}

unseen_frees_are_found()
{
	insmod ./la_page_kinds.ko || return 1
	objects=$(cat "$kinds/objects")
	nr_kinds=16
	left=$((nr_kinds * objects / 2))
	# Fewer than what one kind has too many when it is passed over.
	spare=$((objects / 2 - 1))
	ktap_poll 20 all_are_old la_page_kinds $((objects * nr_kinds)) ||
		ktap_fail "expected $((objects * nr_kinds)) blocks to be live"
	removed=$(stat audit_removed_page)
	unseen odd
	read_callers
	false_live=$(($(held) - left))
	ktap_expect "blocks whose free nobody saw" ge $((left / 2)) "$false_live" \
		"$left were freed, of which some may have been allocated again"
	ktap_poll 20 kinds_are_audited
	ktap_expect "blocks held" ge "$left" "$(held)" "these are alive"
	ktap_expect "blocks held" le $((left + spare)) "$(held)" "the others are free"
	ktap_expect "kinds" eq "$nr_kinds" "$(column caller <"$ktap_tmp/callers" | wc -l)"
	ktap_expect "kinds of which not half of the objects live" is "" \
		"$(others_than $((objects / 2)))" "the other half was freed"
	removed=$(($(stat audit_removed_page) - removed))
	ktap_diag "$false_live false ones of $left freed, $removed removed"
	# Where all takes minutes more of them went to others meanwhile, whose allocation heals
	# them; or whose free is theirs, if the allocation was not seen either.
	least_removed=$((false_live * 9 / 10))
	! debug_kernel || least_removed=$((false_live / 2))
	ktap_expect "audit_removed_page" ge "$least_removed" "$removed" \
		"but for what was allocated again"
	ktap_expect "audited_page" ge $((removed + left)) "$(stat audited_page)" "each was asked for"
	ktap_expect "the verdict" like "asked [0-9]+ times .* $(stat audit_removed_page) page" \
		"$(cat "$la/verdict")" "it says what was removed"
	ktap_expect "audit_removed of objects" eq "$(stat audit_removed)" \
		$(($(stat audit_removed_slab) + $(stat audit_removed_large) +
		$(stat audit_removed_vmalloc))) "pages are counted by themselves"
}

# The other pages of a block that was split.
part_of_a_block_stays()
{
	unseen first
	query objects caller=kind_split+ older_s=0 rows=0 >"$ktap_tmp/objects"
	ktap_expect "the note" like "^# audited [0-9]+: 0 were free and are removed" \
		"$(cat "$ktap_tmp/objects")" "seven pages of each are alive"
	rmmod la_page_kinds
}

storm_of_frees()
{
	is_realtime && { ktap_skip "no interrupt frees here, and handlers are not preempted"; return 4; }
	insmod ./la_storm.ko pages=1 plant="$planted" slow_kprobe=1 || return 1
	query callers caller=storm_planted+ rows=0 since_mark=0 >"$ktap_tmp/callers"
	false_live=$(($(held) - kept))
	ktap_expect "blocks whose free was missed" gt 500 "$false_live" "kprobes lose frees there"
	ktap_poll 20 storm_is_audited
	ktap_diag "$false_live false ones of $((planted - kept)) freed, $(held) of $kept held after the audit"
	# As in hooks_interrupt_storm.sh, of 100 that were planted unseen some may be kept.
	ktap_expect "blocks held" ge $((kept - 7)) "$(held)" "these were not freed"
	ktap_expect "blocks held" le $((kept + 100)) "$(held)" "the others were freed"
	ktap_expect "live objects" ge $((kept - 7)) "$(shown)" "these were not freed"
	ktap_expect "live objects" le $((kept + 5)) "$(shown)" "the others were freed"
	rmmod la_storm
}

shown()
{
	column objects <"$ktap_tmp/callers" | sum
}

# Whoever has one of the pages by now is seen as a rule, which heals it.
storm_is_audited()
{
	echo audit >"$la/control"
	query callers caller=storm_planted+ rows=0 since_mark=0 >"$ktap_tmp/callers"
	held_about "$kept" 100 && [ "$(shown)" -le $((kept + 5)) ]
}

# What `callers` says below its first lines.
notes()
{
	grep '^# uncertain' "$la/callers"
}

percpu_is_certain()
{
	reload
	insmod ./la_leaker.ko
	leaker_run leak alloc_percpu 50
	echo audit >"$la/control"
	ktap_expect "audited_percpu" ge 50 "$(stat audited_percpu)" "they are asked for"
	ktap_expect "audit_uncertain_percpu" eq 0 "$(stat audit_uncertain_percpu)" \
		"no free of an area was missed"
	ktap_expect "callers" unlike "^# uncertain percpu" "$(notes)" "no free of an area was missed"
	ktap_expect "the verdict" unlike "percpu areas are uncertain" "$(cat "$la/verdict")"
	rmmod la_leaker
}

percpu_is_uncertain()
{
	is_realtime && { ktap_skip "no interrupt frees here, and handlers are not preempted"; return 4; }
	reload hooks=kprobe
	insmod ./la_leaker.ko
	leaker_run leak alloc_percpu 50
	insmod ./la_storm.ko percpu=1 plant=4000 ops=4000 slow_kprobe=1 || return 1
	ktap_expect "missed by free_percpu" gt 0 \
		"$(column missed 'col("path") == "free_percpu"' <"$la/hooks")" "kprobes lose frees there"
	echo audit >"$la/control"
	ktap_expect "audit_uncertain_percpu" ge 300 "$(stat audit_uncertain_percpu)" \
		"nobody tells which are free"
	ktap_expect "the verdict" like "percpu areas are uncertain" "$(cat "$la/verdict")"
	ktap_expect "callers" like "^# uncertain percpu" "$(notes)" "frees of areas were missed"
	ktap_expect "live objects of storm_planted" ge 250 "$(live storm_planted)" "none is removed"
	expect_live leak_alloc_percpu 50 "none is removed"
}

ktap_plan 5
load hooks=kprobe
ktap_case "blocks of all kinds whose free nobody saw are removed" unseen_frees_are_found
ktap_case "a block of which the first page is free stays" part_of_a_block_stays
ktap_case "what a storm of interrupts freed unseen is removed" storm_of_frees
ktap_case "percpu areas are certain while no free of them was missed" percpu_is_certain
ktap_case "percpu areas are uncertain once frees of them were missed" percpu_is_uncertain
ktap_end
