#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The audit: what kprobes missed in a storm of interrupts is found out by asking the
# allocator, and nothing else is removed. Where the allocator does not tell (7.x), live
# figures are shown as uncertain.
#
# One form, the same in make check and make check-all.
#
# Red when: an audit removes nothing, or not all that is free; a live object beside
# free ones is taken for one of them; what is missed is not counted.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

storm=/sys/module/la_storm/parameters
planted=20000
kept=$(((planted + 15) / 16))

# Free objects are parked in sheaves, of which nobody knows, or in a quarantine.
parks_free_ones()
{
	case $(uname -r) in
	7.*)	return 0 ;;
	esac
	has_quarantine
}

# expect_leaks: those that were planted beside what the storm allocates and frees.
expect_leaks()
{
	expect_live leak_kmalloc_variable 500 "they lie among the storm's, and are leaked"
	expect_live leak_krealloc_moving 500 "they lie among the storm's, and are leaked"
}

# Frees that were lost: what is live beyond what is kept, and what was healed.
misses_are_shown()
{
	false_live=$(($(live storm_planted) - kept))
	healed=$(stat heals)
	lost=$((false_live + healed))
	missed=$(stat hooks_missed)
	ktap_expect "false live objects" gt 500 "$false_live" "kprobes lose frees there"
	ktap_expect "hooks_missed" ge $((lost * 9 / 10)) "$missed" "what was lost is shown to 10 %"
	# Where each step is checked, interrupts come in many more probes of ours than the storm's.
	debug_kernel || ktap_expect "hooks_missed" le $((lost * 11 / 10)) "$missed" \
		"what was lost is shown to 10 %"
	expect_leaks
}

audited_away()
{
	parks_free_ones && { ktap_skip "the allocator does not tell"; return 4; }
	before=$(stat objects_live)
	echo audit >"$la/control"
	expect_live storm_planted "$kept" "the others were freed, and these were not"
	expect_leaks
	removed=$(stat audit_removed)
	ktap_expect "audit_removed, or healed before" ge $((false_live * 99 / 100)) \
		$((removed + $(stat heals) - healed)) "each was a false live object"
	ktap_expect "objects_live and audit_removed" ge $((before - 200)) \
		$(($(stat objects_live) + removed)) "what was removed is counted"
	ktap_expect "audited" ge "$removed" "$(stat audited)"
	ktap_expect "audit_uncertain" eq 0 "$(stat audit_uncertain)" "the allocators tell of each"
	ktap_expect "audit_removed_slab" eq "$removed" "$(stat audit_removed_slab)" \
		"what was freed are objects of slabs"
	ktap_expect "the verdict" like "asked [0-9]+ times .* were free and are removed: $removed slab" \
		"$(cat "$la/verdict")"
	ktap_expect "the verdict" unlike "uncertain" "$(cat "$la/verdict")"
	echo audit >"$la/control"
	expect_live storm_planted "$kept" "they are as alive as before"
	expect_leaks
}

shown_as_uncertain()
{
	parks_free_ones || { ktap_skip "the allocator tells"; return 4; }
	echo audit >"$la/control"
	ktap_expect "audit_uncertain" gt "$kept" "$(stat audit_uncertain)" "the allocator does not tell"
	ktap_expect "the verdict" like "Live figures are uncertain" "$(cat "$la/verdict")" \
		"frees were missed"
	ktap_expect "callers" like "^# uncertain: " "$(cat "$la/callers")" "frees were missed"
	ktap_expect "live objects" ge "$kept" "$(live storm_planted)" "those are not free"
	expect_leaks
	rmmod leakacct
	load
	ktap_expect "callers" unlike "uncertain" "$(cat "$la/callers")" "nothing was missed"
	ktap_expect "the verdict" unlike "uncertain" "$(cat "$la/verdict")" "nothing was missed"
}

# Leaks, and a storm that frees.
plant_storm()
{
	load hooks=kprobe
	insmod ./la_leaker.ko
	leaker_run leak kmalloc_variable 500
	leaker_run leak krealloc_moving 500
	insmod ./la_storm.ko plant="$planted" slow_kprobe=1
	ktap_expect "objects freed by interrupts" eq $((planted - kept)) "$(cat "$storm/irq_frees")"
}

unload_all()
{
	rmmod la_storm
	rmmod la_leaker
	rmmod leakacct
}

# What is listed by age has been audited.
listed_ones_are_alive()
{
	plant_storm
	query objects caller=storm_planted older_s=0 rows=0 >"$ktap_tmp/objects"
	n=$(column address <"$ktap_tmp/objects" | wc -l)
	note=$(grep '^# audited ' "$ktap_tmp/objects")
	if parks_free_ones; then
		ktap_expect "the note" like "[1-9][0-9]* uncertain; not audited 0" "$note"
		ktap_expect "the note" like '^# uncertain' "$(cat "$ktap_tmp/objects")"
	else
		ktap_expect "objects" eq "$kept" "$n" "only these are alive"
		ktap_expect "the note" like "[1-9][0-9]* were free and are removed, 0 uncertain; not audited 0" \
			"$note"
	fi
	unload_all
}

is_realtime && ktap_skip_all "no interrupt frees here, and handlers are not preempted"
ktap_plan 5
ktap_case "a storm of frees with hooks=kprobe" plant_storm
ktap_case "as many events as were lost are shown as missed" misses_are_shown
ktap_case "an audit removes what is free, and nothing else" audited_away
ktap_case "where it can't tell, live objects are uncertain" shown_as_uncertain
unload_all
ktap_case "what is listed by its age was audited" listed_ones_are_alive
ktap_end
