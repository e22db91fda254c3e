#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What pages cost, in instructions above the same without leakacct: in this guest one is a
# nanosecond of the clock (bench/clock.c). A page that is allocated and freed may cost 400
# with its stack, and takes no place in the table. A block of order 10 that is split and freed
# page by page, in any order, falls into pieces in the hook: a page of it may cost 400 on
# average, and 4,000 where it takes longest, which is to look for what is left of the block
# behind all that is gone already.
#
# One form, the same in make check and make check-all.
#
# Red when: pages are records of the table; what is left of a block is looked for frame by frame.
#
# Boots: icount
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

bench=/sys/module/la_bench/parameters
blocks="block_up block_down block_halves block_out"
most=400	# instructions of a pair, or of a page of a block
most_once=4000	# of one page of a block: three for each frame of it, and what one costs anyway

# measure FILE: "OPERATION EACH WORST" in instructions.
measure()
{
	for operation in page $blocks; do
		echo "$operation" >"$bench/run" || return
		read -r operations instructions _ worst <"$bench/run"
		echo "$operation $((instructions / operations)) $worst"
	done >"$1"
}

# above OPERATION COLUMN: what leakacct adds.
above()
{
	awk -v operation="$1" -v column="$2" '
		$1 == operation { sum += FNR == NR ? -$column : $column }
		END { print sum }' "$ktap_tmp/bare" "$ktap_tmp/hooked"
}

both_measured()
{
	insmod ./la_bench.ko || return
	measure "$ktap_tmp/warm" && measure "$ktap_tmp/bare" || return
	load look_s=3600
	measure "$ktap_tmp/warm" || return
	inserts=$(stat inserts)
	measure "$ktap_tmp/hooked" || return
	inserts=$(($(stat inserts) - inserts))
	ktap_diag "operation, instructions of each, of the worst; without leakacct:"
	ktap_diag <"$ktap_tmp/bare"
	ktap_diag "with it:"
	ktap_diag <"$ktap_tmp/hooked"
	ktap_expect "instructions of a bare page pair" ge 100 "$(awk '$1 == "page" { print $2 }' \
		"$ktap_tmp/bare")" "it was measured"
}

a_pair_is_cheap()
{
	ktap_expect "instructions of a page pair" le "$most" "$(above page 2)" "it is one store and one exchange"
	ktap_expect "instructions of a page pair" ge 20 "$(above page 2)" "it is hooked"
	ktap_expect "inserts meanwhile" lt 8000 "$inserts" "16,384 pages are in none of them"
}

parts_are_bounded()
{
	for operation in $blocks; do
		ktap_expect "instructions of a page of a block, $operation" le "$most" \
			"$(above "$operation" 2)" "it breaks at most one piece of each order"
		ktap_expect "instructions of the worst page, $operation" le "$most_once" \
			"$(above "$operation" 3)" "1,024 frames are looked at, at most"
	done
}

! debug_kernel || ktap_skip_all "what pages cost on a debug kernel says nothing"
ktap_plan 3
ktap_case "pages are measured without and with leakacct" both_measured
ktap_case "a page pair costs so much, and no insert" a_pair_is_cheap
ktap_case "a block that is freed in parts costs so much" parts_are_bounded
rmmod la_bench
ktap_end
