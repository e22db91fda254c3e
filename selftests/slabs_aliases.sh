#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `slabs`: every real cache once, with all its names, what we track in it, and the
# caller that holds most of that.
#
# Red when: only the first creator's name is listed; a merged cache has a row for
# each name; tracked counts objects of other caches.
#
# Boots: default nomerge
. ./_ktap.sh
. ./_leakacct.sh

merged()
{
	[ -L /sys/kernel/slab/la_leaker_72 ]
}

# The row of the cache that the leaker's 72-byte objects are really in.
find_row()
{
	query slabs rows=0 since_mark=0 2>/dev/null >"$ktap_tmp/slabs" ||
		query slabs rows=0 >"$ktap_tmp/slabs"
	column "$1" 'col("cache") == "la_leaker_72" || ("," col("aliases") ",") ~ /,la_leaker_72,/' \
		<"$ktap_tmp/slabs"
}

names_of_sysfs()
{
	id=$(readlink /sys/kernel/slab/la_leaker_72)
	for link in /sys/kernel/slab/*; do
		[ -L "$link" ] && [ "$(readlink "$link")" = "$id" ] && echo "${link##*/}"
	done | sort
}

aliases_are_listed()
{
	if ! merged; then
		ktap_skip "this kernel does not merge caches"
		return 4
	fi
	ktap_expect "names of the cache of la_leaker_72" is "$(names_of_sysfs)" \
		"$(find_row aliases | tr ',' '\n' | sort)" "sysfs has those links"
	ktap_expect "rows with it" eq 1 "$(find_row cache | wc -l)" "it is one real cache"
}

own_cache_without_merging()
{
	if merged; then
		ktap_skip "this kernel merges caches"
		return 4
	fi
	ktap_expect "row" is "la_leaker_72 72 -" \
		"$(find_row cache) $(find_row object_size) $(find_row aliases)" "nothing is merged"
}

top_caller()
{
	before=$(find_row tracked)
	leaker_run leak kmem_cache_alloc 3000
	leaker_run leak kmem_cache_alloc_node 100
	ktap_poll 5 tracked_is_renewed
	ktap_expect "tracked" ge $((before + 3100)) "$(find_row tracked)" "3100 more were leaked"
	ktap_expect "tracked" lt $((before + 3400)) "$(find_row tracked)" "few others use that cache"
	ktap_expect "top_caller" like '^leak_kmem_cache_alloc\+0x.*\[la_leaker\]$' \
		"$(find_row top_caller)" "it holds most of them"
	ktap_expect "objects" ge "$(find_row tracked)" "$(find_row objects)" \
		"what we track is in the cache"
	ktap_expect "slab_bytes" ge $((3100 * 72)) "$(find_row slab_bytes)" "they need room"
}

tracked_is_renewed()
{
	[ "$(find_row tracked)" -ge $((before + 3100)) ]
}

all_caches_once()
{
	query slabs rows=0 >"$ktap_tmp/slabs"
	sed 1,2d /proc/slabinfo | cut -d ' ' -f 1 | sort >"$ktap_tmp/slabinfo"
	column cache <"$ktap_tmp/slabs" | sort >"$ktap_tmp/ours"
	ktap_expect "caches that differ from slabinfo's" is "" \
		"$(diff "$ktap_tmp/slabinfo" "$ktap_tmp/ours" | grep '^[-+][^-+]')" \
		"slabinfo has each real cache"
}

# The name of a merged cache stays when its user goes: no one's.
leftovers_are_marked()
{
	if ! merged; then
		ktap_skip "this kernel does not merge caches"
		return 4
	fi
	leaker_run free all
	rmmod la_leaker
	if ! [ -L /sys/kernel/slab/la_leaker_72 ]; then
		ktap_skip "this kernel removes the link"
		return 4
	fi
	query slabs rows=0 >"$ktap_tmp/slabs"
	ktap_expect "notes" like 'names are leftovers|leftover' "$(grep '^# ' "$ktap_tmp/slabs")" \
		"la_leaker_72 was destroyed, its link stays"
}

by_cache()
{
	query slabs cache=kmalloc-64 >"$ktap_tmp/slabs"
	ktap_expect "caches" is kmalloc-64 "$(column cache <"$ktap_tmp/slabs")" "that one was asked for"
	query slabs cache=la_leaker_72 >"$ktap_tmp/slabs"
	ktap_expect "rows for a name that is an alias" eq 1 "$(column cache <"$ktap_tmp/slabs" | wc -l)" \
		"a merged cache goes by all its names"
	query slabs cache=la_leaker_7 >"$ktap_tmp/slabs"
	ktap_expect "rows for a part of a name" eq 0 "$(column cache <"$ktap_tmp/slabs" | wc -l)" \
		"a cache's name is matched whole"
}

ktap_plan 6
load
insmod ./la_leaker.ko
ktap_case "a merged cache has all its names" aliases_are_listed
ktap_case "without merging it has its own row" own_cache_without_merging
ktap_case "the top caller of a cache is named, and what we track in it" top_caller
ktap_case "every cache of slabinfo has one row" all_caches_once
ktap_case "a cache can be asked for by its name" by_cache
ktap_case "names without a user are marked as leftovers" leftovers_are_marked
ktap_end
