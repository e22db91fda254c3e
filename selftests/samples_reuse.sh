#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `samples` while objects are freed, and others are allocated in their place, where what is
# free is poisoned, zeroed or unmapped: each sample holds what its own caller wrote, no
# sample is of what is free, and nothing faults.
#
# Red when: what faults or is poisoned is shown; objects without a record are read though the
# allocator does not say that they live. That a record is looked at again after the copy is
# in samples_content.sh: here a free hardly ever meets a copy.
#
# Boots: poison
. ./_ktap.sh
. ./_leakacct.sh

# These lie in the same slots of kmalloc-96.
paths="kmalloc_const krealloc_in_place kfree"

poison_is_on()
{
	ktap_expect "poison of kmalloc-96" is 1 "$(cat /sys/kernel/slab/kmalloc-96/poison)" \
		"the guest was booted for it"
}

plant()
{
	for path in $paths; do
		leaker_run leak "$path" 300
	done
	leaker_run leak kmem_cache_alloc 300
	leaker_run leak kmem_cache_alloc_bulk 300
	leaker_run leak vmalloc 8
}

# Who comes next has another one's slots.
swap()
{
	leaker_run free kmalloc_const
	leaker_run leak kfree 300
	leaker_run free vmalloc
	leaker_run free krealloc_in_place
	leaker_run leak kmalloc_const 300
	leaker_run free kmem_cache_alloc
	leaker_run leak kmem_cache_alloc_node 300
	leaker_run free kfree
	leaker_run free kmem_cache_alloc_bulk
	leaker_run leak krealloc_in_place 600
}

# wrong: samples whose text is not their caller's; those that say nothing are free.
wrong()
{
	awk '
		function end()
		{
			# The pages of an area are listed in an array beside it.
			if (row && !own && name != "vmalloc")
				print "no text of its own: " row
			row = ""
		}
		/^[^#]/ {
			end()
			if (match($0, /leak_[a-z_]*\+/)) {
				row = $0
				own = 0
				name = substr($0, RSTART + 5, RLENGTH - 6)
			}
		}
		/^#   text "/ && row {
			if (index($0, "planted " name "\"") || index($0, "planted " name "."))
				own = 1
			else
				print row ": " $0
		}
		END { end() }' "$1"
}

aged()
{
	query samples module=la_leaker >"$ktap_tmp/samples"
	grep -c '^0x' "$ktap_tmp/samples" | grep -qx '1[0-9]\|[6-9]'
}

each_holds_its_own()
{
	insmod ./la_churn.ko
	for round in 1 2; do
		plant
		ktap_poll 20 aged >/dev/null || ktap_fail "expected samples within 20 s"
		cat "$ktap_tmp/samples" >>"$ktap_tmp/all"
		swap &
		while [ -d "/proc/$!" ]; do
			query samples module=la_leaker rows=0 >"$ktap_tmp/samples" ||
				ktap_fail "expected that samples can be read"
			cat "$ktap_tmp/samples" >>"$ktap_tmp/all"
			ktap_expect "samples that are not their caller's, round $round" is "" \
				"$(wrong "$ktap_tmp/samples" | head -n 3)" "each was written by its caller"
		done
		wait $!
		leaker_run free all
		leaker_run free all_vmalloc
	done
	rmmod la_churn
	ktap_expect "samples" ge 8 "$(grep -c '^0x' "$ktap_tmp/all")" "some were seen"
}

no_poison_is_shown()
{
	# An object that lives begins with what its caller wrote; behind that it may be poison yet.
	ktap_expect "samples" unlike '^#   000  (6b){8} (6b){8} ' \
		"$(cat "$ktap_tmp/all")" "that is what a free object holds"
	plant
	ktap_poll 20 aged >/dev/null || ktap_fail "expected samples within 20 s"
	query samples cache=kmalloc-96 rows=0 >"$ktap_tmp/samples"
	ktap_expect "fingerprints" like '; [1-9][0-9]* without a record may be free' \
		"$(cat "$ktap_tmp/samples")" "the allocator does not tell where it poisons"
	ktap_expect "fingerprints" unlike ': [1-9][0-9]* from before recording' \
		"$(cat "$ktap_tmp/samples")" "so they are not read"
}

ktap_plan 3
load
insmod ./la_leaker.ko
ktap_case "free objects are poisoned here" poison_is_on
ktap_case "each sample holds what its caller wrote" each_holds_its_own
ktap_case "what is free is not shown" no_poison_is_shown
ktap_end
