#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What an skb is made of: its head, and data in a slab, in a large kmalloc or in a part of a block
# of pages, as its size and who asks for it go. And kvmalloc() of 1 MB, which is a large kmalloc
# as long as there is such a block, and an area when free memory is in pieces. All bytes are there
# once, under the name of who called the wrapper, and none when it is freed; with kprobes as well.
#
# One form, the same in make check and make check-all.
#
# Red when: a wrapper of packets is not in the list; blocks of fragments are counted for each
# fragment, or the data once more; kvmalloc() is counted for what it tried first.
#
# Timeout: 180
. ./_ktap.sh
. ./_leakacct.sh

leak=/sys/module/la_wrap/parameters/leak
packets=/sys/module/la_wrap/parameters/packets
n=300
cpus=$(grep -c ^processor /proc/cpuinfo)
mb=1048576
# From 7.0 or so a CPU has some heads at hand, which are those of who had them allocated in bulk.
spare=$((64 * cpus))
case $(uname -r) in [56].*) spare=0 ;; esac
alive='col("objects") != 0'

leak()
{
	echo "$*" >"$leak" || ktap_fail "expected that la_wrap can leak $*"
}

# rows_of WAY COLUMN [CONDITION]: the sum over its rows.
rows_of()
{
	column "$2" "$(of "plant_$1") && (${3:-1})" <"$ktap_tmp/callers" | sum
}

read_callers()
{
	query callers caller=plant_ rows=0 since_mark=0 >"$ktap_tmp/callers"
}

# packets_of WAY: sets $heads, what a head and one's data take, and the bytes of $blocks.
packets_of()
{
	leak "$1" "$n"
	read_callers
	read -r _ kept head data blocks <<-X
	$(grep "^$1 " "$packets")
	X
	ktap_expect "skbs that are kept" eq "$n" "$kept" "so many were asked for"
	head=$(slot_of "$head" skbuff_head_cache)
}

# is_in_slabs WAY CLASS: of head and data, each once.
is_in_slabs()
{
	packets_of "$1"
	data=$(slot_of "$data" skbuff_small_head)
	heads=$(($(rows_of "$1" objects) - n))
	ktap_diag "$1: $heads heads of $head bytes, $n data of $data"
	ktap_expect "heads of plant_$1" ge $((n - spare)) "$heads" "each has one"
	ktap_expect "heads of plant_$1" le $((n + spare)) "$heads" "each has one"
	ktap_expect "bytes of plant_$1" eq $((n * data + heads * head)) "$(rows_of "$1" bytes)" \
		"so much they take"
	ktap_expect "bytes of class $2" eq $((n * data + heads * ($3))) \
		"$(rows_of "$1" bytes "col(\"class\") == \"$2\"")" "that is where they lie"
}

# The first block may be there, half used by others; and others may go on with the last one.
is_in_blocks()
{
	packets_of skb_frag
	[ "$blocks" -gt 0 ] || { ktap_skip "data of that size are no fragments here"; return 4; }
	pages=$(rows_of skb_frag bytes 'col("class") == "page"')
	ktap_diag "skb_frag: $n heads of $head bytes, data in blocks of $blocks bytes, $pages are ours"
	ktap_expect "bytes of pages beyond those of the blocks" ge $((-cpus * 32768)) $((pages - blocks)) \
		"a block is counted once"
	ktap_expect "bytes of pages beyond those of the blocks" le $((cpus * 32768)) $((pages - blocks)) \
		"a block is counted once"
	ktap_expect "cache of the blocks" is page_frag \
		"$(column cache "$(of plant_skb_frag) && col(\"class\") == \"page\"" <"$ktap_tmp/callers")" \
		"that is what they are for"
	ktap_expect "bytes of other classes" eq $((n * head)) \
		"$(rows_of skb_frag bytes 'col("class") != "page"')" "these are the heads"
}

# is_one_mb WAY CLASS
is_one_mb()
{
	leak "$1" 4
	read_callers
	# An area has notes in slabs.
	ktap_expect "classes of plant_$1" is "$2" \
		"$(column class "$(of "plant_$1") && $alive && col(\"class\") != \"slab\"" \
			<"$ktap_tmp/callers" | sort -u)" "that is what it got"
	ktap_expect "objects of plant_$1" eq 4 "$(rows_of "$1" objects "col(\"class\") == \"$2\"")" \
		"so many were asked for"
	for what in bytes requested; do
		ktap_expect "$what of plant_$1" eq $((4 * mb)) \
			"$(rows_of "$1" "$what" "col(\"class\") == \"$2\"")" "1 MB each"
	done
}

# left: callers of what is live, but for the block of fragments that each CPU goes on with.
left()
{
	read_callers
	column caller "$alive && (col(\"class\") != \"page\" || col(\"objects\") > $cpus)" \
		<"$ktap_tmp/callers"
}

none_is_left()
{
	[ -z "$(left)" ]
}

# The table keeps their names.
nothing_is_left()
{
	rmmod la_wrap
	ktap_poll 10 none_is_left || :
	ktap_expect "callers of what is live" is "" "$(left)" "all that they ever allocated is freed"
}

all_cases()
{
	insmod ./la_wrap.ko
	ktap_case "a small skb is a head and data in slabs$1" is_in_slabs skb_small slab head
	ktap_case "a large skb is a head in a slab and a large kmalloc$1" is_in_slabs skb_large large 0
	ktap_case "an skb from the network is a head and a part of a block$1" is_in_blocks
	ktap_case "1 MB of kvmalloc() is a large kmalloc$1" is_one_mb large large
	ktap_case "1 MB of kvmalloc() is an area when memory is in pieces$1" is_one_mb area vmalloc
	ktap_case "when they are freed none is live$1" nothing_is_left
}

ktap_plan 12
load
all_cases ""
reload hooks=kprobe
all_cases ", with kprobes"
ktap_end
