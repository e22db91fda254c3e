#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Frees of objects without a record are told by cache, with the part that objects older
# than the load can explain.
#
# One form, the same in make check and make check-all.
#
# Red when: a free is booked to another cache; the objects at the load are not counted, or
# not those that live when recording begins again; what nobody saw allocated is explained;
# a function by which another one frees is heard of as well; what comes in bulk, as
# a range or as part of a block is not healed.
#
# Boots: nomerge
. ./_ktap.sh
. ./_leakacct.sh

cache=la_leaker_72
n=3000

# What the note below the cache's row says: frees, and of them older ones.
note()
{
	query slabs "cache=$cache" |
		sed -n "s/^#   $cache: \([0-9]*\) frees of .* most \([0-9]*\) of them.*/\1 \2/p"
}

unexplained()
{
	stat unknown_unexplained
}

older_than_the_load()
{
	insmod ./la_leaker.ko
	leaker_run leak kmem_cache_alloc "$n"
	load
	ktap_expect "note before any free" is "" "$(note)" "none was freed yet"
	leaker_run free kmem_cache_alloc
	ktap_expect "unknown frees of $cache, and older" is "$n $n" "$(note)" \
		"so many were allocated before the load"
	ktap_expect "unknown_unexplained" eq 0 "$(unexplained)" "age explains all"
	ktap_expect "verdict" like 'objects without a record: older than the load, or cleared' \
		"$(cat "$la/verdict")" "it says so"
}

# What was seen allocated is not unknown, and explains nothing.
seen_ones_do_not_count()
{
	leaker_run leak kmem_cache_alloc "$n"
	leaker_run free kmem_cache_alloc
	ktap_expect "unknown frees of $cache, and older" is "$n $n" "$(note)" "as before"
}

cleared_ones_are_explained()
{
	leaker_run leak kmem_cache_alloc "$n"
	echo clear >"$la/control"
	leaker_run free kmem_cache_alloc
	ktap_expect "unknown frees of $cache, and older" is "$((2 * n)) $((2 * n))" "$(note)" \
		"they lived when leakacct forgot them"
	ktap_expect "unknown_unexplained" eq 0 "$(unexplained)" "that explains all"
}

stopped_ones_are_explained()
{
	echo stop >"$la/control"
	leaker_run leak kmem_cache_alloc "$n"
	echo start >"$la/control"
	leaker_run free kmem_cache_alloc
	ktap_expect "unknown frees of $cache, and older" is "$((3 * n)) $((3 * n))" "$(note)" \
		"they lived when recording began again"
	ktap_expect "unknown_unexplained" eq 0 "$(unexplained)" "that explains all"
}

# Allocations that no probe can see: kprobes are off meanwhile.
unseen_ones_are_not()
{
	rmmod la_leaker
	reload hooks=kprobe
	insmod ./la_leaker.ko
	kprobes=/sys/kernel/debug/kprobes/enabled
	echo 0 >"$kprobes"
	leaker_run leak kmem_cache_alloc "$n"
	echo 1 >"$kprobes"
	leaker_run free kmem_cache_alloc
	ktap_expect "unknown frees of $cache, and older" is "$n 0" "$(note)" \
		"the cache is younger than the load"
	ktap_expect "unknown_unexplained" ge "$n" "$(unexplained)" "nothing explains those"
	said=$(sed -n "s/.*of those objects \([0-9]*\) are more than lived .* most in $cache.*/\1/p" "$la/verdict")
	ktap_expect "unexplained ones in the verdict" ge "$n" "${said:-0}" "it says so"
	ktap_expect "unexplained ones in the verdict" le "$(unexplained)" "${said:-0}" "no more were"
	ktap_expect "verdict" unlike 'no event is known to be lost' "$(cat "$la/verdict")" "some were"
}

# With kprobes on it, the free of a large block is heard of twice where one function has
# another do it.
freed_once()
{
	unknown=$(stat pages_unknown_frees)
	for turn in 1 2 3 4; do
		leaker_run leak pages 250
		expect_live leak_pages 250 "turn $turn"
		leaker_run free pages
		expect_live leak_pages 0 "turn $turn: they are freed"
	done
	grown=$(($(stat pages_unknown_frees) - unknown))
	ktap_expect "growth of pages_unknown_frees" lt 750 "$grown" "1000 blocks were freed that are known"
	ktap_expect "verdict" like "[0-9]+ frees were of pages without a block: .* not known" \
		"$(cat "$la/verdict")" "it says so"
}

# comes_again PATH N: pages whose free no probe could see are allocated again, as N objects.
comes_again()
{
	grep -q "^$1 " "$leaker/expect" || { ktap_skip "this kernel has no $1"; return 4; }
	is_realtime && { ktap_skip "nothing is freed in a kprobe's handler"; return 4; }
	healed=$(stat pages_healed)
	leaker_run again "$1" "$2"
	expect_live "leak_$1" "$2" "pages are whose they are now"
	ktap_expect "growth of pages_healed" ge $(($2 / 2)) $(($(stat pages_healed) - healed)) \
		"at least so many came again, says the leaker"
	leaker_run free "$1"
	expect_live "leak_$1" 0 "they are freed"
}

live_bytes()
{
	query callers caller="$1+" rows=0 since_mark=0 | column bytes "$(of "$1")" | sum
}

# Pages of a block are parts of it, whosesoever they were when each was freed unseen.
comes_again_as_parts()
{
	is_realtime && { ktap_skip "nothing is freed in a kprobe's handler"; return 4; }
	leaker_run again split_page_half 20
	half=$(awk '$1 == "split_page_half" { print $4 }' "$leaker/expect")
	ktap_expect "bytes of leak_split_page_half" eq "$half" "$(live_bytes leak_split_page_half)" \
		"the other halves are freed"
	leaker_run free split_page_half
	expect_live leak_split_page_half 0 "they are freed"
}

ktap_plan 10
ktap_case "objects older than the load explain their frees" older_than_the_load
ktap_case "objects that have a record do not count" seen_ones_do_not_count
ktap_case "objects forgotten by clear are explained" cleared_ones_are_explained
ktap_case "objects allocated while it was stopped are explained" stopped_ones_are_explained
ktap_case "objects that nobody saw allocated are not" unseen_ones_are_not
ktap_case "a block of pages is freed once, with kprobes too" freed_once
ktap_case "a page whose free was missed is found out in a list" comes_again bulk_list 160
ktap_case "a page whose free was missed is found out in an array" comes_again bulk_array 160
ktap_case "a page whose free was missed is found out in a range" comes_again alloc_contig_range 8
ktap_case "pages whose frees were missed are found out in a block" comes_again_as_parts
ktap_end
