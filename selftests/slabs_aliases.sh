#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `slabs`: every real cache once, with all its names, what we track in it, and the
# caller that holds most of that; which module made a name, and which of the names the objects
# are; all kinds of kmalloc of a size, and large ones.
#
# Red when: only the first creator's name is listed; a merged cache has a row for
# each name; tracked counts objects of other caches; of the functions that create caches the one is
# not watched that modules call; a family's row counts its last part alone; a name is
# no leftover although its module is gone; the links are looked up, which makes an inode of each.
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
	# Who opens a file is within a look-up, which follows forty links.
	echo 1000 >"$parameters/rows"
	ktap_expect "names in the file" is "$(query slabs rows=0 | column aliases | sort)" \
		"$(column aliases <"$la/slabs" | sort)" "a query has the same"
	echo 40 >"$parameters/rows"
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

# What the rows and the parts of kmalloc's rows are, by name.
names_of_rows()
{
	column cache <"$ktap_tmp/slabs"
	sed -n 's/^#   parts: //p' "$ktap_tmp/slabs" | tr ',' '\n' | awk '{ print $1 }'
}

# Kinds of kmalloc that have no slab are left out.
differ_from_slabinfo()
{
	sed 1,2d /proc/slabinfo >"$ktap_tmp/slabinfo"
	query slabs rows=0 >"$ktap_tmp/slabs"
	awk '{ print $1 }' "$ktap_tmp/slabinfo" | sort >"$ktap_tmp/all"
	awk '$15 > 0 || $1 !~ /^(dma-)?kmalloc-|^memdup_user-|^msg_msg-/ { print $1 }' \
		"$ktap_tmp/slabinfo" | sort >"$ktap_tmp/must"
	names_of_rows | sort -u >"$ktap_tmp/ours"
	grep -vxF -f "$ktap_tmp/ours" "$ktap_tmp/must"
	grep -vxF -f "$ktap_tmp/all" "$ktap_tmp/ours" | grep -vx large
	column cache <"$ktap_tmp/slabs" | sort | uniq -d
}

same_as_slabinfo()
{
	differ_from_slabinfo >"$ktap_tmp/different"
	[ ! -s "$ktap_tmp/different" ]
}

all_caches_once()
{
	ktap_poll 5 same_as_slabinfo
	ktap_expect "caches that differ from slabinfo's" is "" "$(cat "$ktap_tmp/different")" \
		"slabinfo has each real cache"
}

told_by_module()
{
	if ! merged; then
		ktap_skip "this kernel does not merge caches"
		return 4
	fi
	query slabs cache=la_leaker_72 >"$ktap_tmp/slabs"
	ktap_expect "notes" like '^#   la_leaker_72: 3[0-9]* objects, by leak_kmem_cache_alloc \[la_leaker\].* \(its module made the name\)' \
		"$(grep '^#   la_leaker_72:' "$ktap_tmp/slabs")" "it has leaked 3100 of them"
	ktap_expect "makers" like '(: |, )la_leaker_72 by \[la_leaker\](,|$)' \
		"$(grep '^#   made since the load: ' "$ktap_tmp/slabs")" "its init made that name"
}

# part COLUMN: the sum over the parts of the row that was read last.
part()
{
	sed -n 's/^#   parts: //p' "$ktap_tmp/slabs" | tr ',' '\n' | awk -v at="$1" '{ print $at }' | sum
}

kmalloc_is_one()
{
	query slabs cache=kmalloc-64 >"$ktap_tmp/slabs"
	ktap_expect "objects" eq "$(part 2)" "$(column objects <"$ktap_tmp/slabs")" "those of its parts"
	ktap_expect "slab_bytes" eq "$(part 5)" "$(column slab_bytes <"$ktap_tmp/slabs")" \
		"those of its parts"
	ktap_expect "parts" ge 2 "$(names_of_rows | sort -u | wc -l)" "there are several kinds"
	query slabs cache=kmalloc-rcl-64 >"$ktap_tmp/slabs"
	ktap_expect "row of a part" is "kmalloc-rcl-64 64" \
		"$(column cache <"$ktap_tmp/slabs") $(column object_size <"$ktap_tmp/slabs")" \
		"that one was asked for"
}

has_large_ones()
{
	query slabs cache=large >"$ktap_tmp/slabs"
	[ "$(column tracked <"$ktap_tmp/slabs")" -ge "$1" ]
}

large_ones_are_a_row()
{
	query slabs cache=large >"$ktap_tmp/slabs"
	before=$(column tracked <"$ktap_tmp/slabs")
	bytes=$(column slab_bytes <"$ktap_tmp/slabs")
	leaker_run leak kmalloc_large 100
	# The snapshot that all views share may be a second old.
	ktap_poll 10 has_large_ones $((before + 100)) ||
		ktap_fail "expected 100 more than $before, got $(column tracked <"$ktap_tmp/slabs")"
	ktap_expect "slab_bytes" ge $((bytes + 100 * 8192)) "$(column slab_bytes <"$ktap_tmp/slabs")" \
		"each takes pages"
	ktap_expect "top_caller" like '^leak_kmalloc_large\+0x' \
		"$(column top_caller <"$ktap_tmp/slabs")" "it holds most of them"
}

# Leftovers among the names of the cache that has la_leaker_72; reads the file.
leftovers()
{
	query slabs rows=0 >"$ktap_tmp/slabs"
	cache=$(column cache 'col("aliases") ~ /la_leaker_72/' <"$ktap_tmp/slabs")
	n=$(sed -n "s/^#   $cache: \([0-9]*\) of its [0-9]* names are leftovers.*/\1/p" "$ktap_tmp/slabs")
	echo "${n:-0}"
}

# The name of a merged cache stays when its user goes: no one's. Which one it is can be told
# where no other test has left one in that cache.
leftovers_are_marked()
{
	if ! merged; then
		ktap_skip "this kernel does not merge caches"
		return 4
	fi
	leaker_run free all
	before=$(leftovers)
	rmmod la_leaker
	if ! [ -L /sys/kernel/slab/la_leaker_72 ]; then
		ktap_skip "this kernel removes the link"
		return 4
	fi
	ktap_expect "leftovers" eq $((before + 1)) "$(leftovers)" "one more is gone"
	[ "$before" -eq 0 ] || return 0
	ktap_expect "names" like '(^|,)la_leaker_72\(leftover\)(,|$)' \
		"$(column aliases 'col("aliases") ~ /la_leaker_72/' <"$ktap_tmp/slabs")" \
		"it was destroyed, its link stays"
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

inodes()
{
	cut -f 1 /proc/sys/fs/inode-nr
}

# Else who reads it would see himself, as one who holds inodes and dentries.
reading_makes_no_inodes()
{
	if ! merged; then
		ktap_skip "this kernel has no links to read"
		return 4
	fi
	query slabs rows=0 >/dev/null
	echo 2 >/proc/sys/vm/drop_caches
	at_first=$(inodes)
	query slabs rows=0 >"$ktap_tmp/slabs"
	ktap_expect "inodes made by it" lt 40 $(($(inodes) - at_first)) \
		"a link of /sys/kernel/slab needs none, and there are $(find /sys/kernel/slab -maxdepth 1 -type l | wc -l)"
	ktap_expect "aliases that it told" ge 60 \
		"$(column aliases <"$ktap_tmp/slabs" | tr ',' '\n' | grep -vc '^-$')" "it had read them"
}

# What nobody merges nor could destroy, as objects of it were leaked, has its row, too.
if grep -q '^la_leaker_72 ' /proc/slabinfo && ! merged; then
	ktap_skip_all "a cache of an earlier test is left"
fi
ktap_plan 10
load
insmod ./la_leaker.ko
ktap_case "a merged cache has all its names" aliases_are_listed
ktap_case "without merging it has its own row" own_cache_without_merging
ktap_case "the top caller of a cache is named, and what we track in it" top_caller
ktap_case "what is in a merged cache is told by the module that made a name" told_by_module
ktap_case "all kinds of kmalloc of a size are one row, with its parts" kmalloc_is_one
ktap_case "large kmallocs are a row" large_ones_are_a_row
ktap_case "every cache of slabinfo has one row" all_caches_once
ktap_case "a cache can be asked for by its name" by_cache
ktap_case "reading makes no inodes of the names" reading_makes_no_inodes
ktap_case "names without a user are marked as leftovers" leftovers_are_marked
ktap_end
