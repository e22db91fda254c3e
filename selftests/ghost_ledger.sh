#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ghost`: the ledger adds up, its terms are the kernel's, and pages that no
# counter claims move the ghost by as much.
#
# Red when: per-CPU free pages are left out (the ghost of an idle machine is many
# MB); kernel stacks are counted twice (it is negative); a term is unsigned.
. ./_ktap.sh
. ./_leakacct.sh

term()
{
	column kB "col(\"term\") == \"$1\"" <"$ktap_tmp/ghost"
}

read_ghost()
{
	cat "$la/ghost" >"$ktap_tmp/ghost"
}

meminfo()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# near NAME WANTED GOT KB
near()
{
	ktap_expect "$1" ge $(($2 - $4)) "$3" "meminfo said $2 kB a moment before"
	ktap_expect "$1" le $(($2 + $4)) "$3" "meminfo said $2 kB a moment before"
}

numbers_are_signed()
{
	read_ghost
	ktap_expect "kB of all terms" unlike '^(-?[0-9]+|-)$' \
		"$(column kB <"$ktap_tmp/ghost" | grep -Ev '^(-?[0-9]+|-)$' || echo 0)x" \
		"a figure is a signed number, or unknown"
	ktap_expect "figures" ge 15 "$(column kB <"$ktap_tmp/ghost" | wc -l)" "the ledger has its terms"
	# A figure that went below zero unsigned would have 20 digits.
	ktap_expect "widest figure" le 9 "$(column kB <"$ktap_tmp/ghost" | wc -L)" "1 GB is 7 digits"
}

terms_are_meminfos()
{
	mem_total=$(meminfo MemTotal)
	slab=$(meminfo Slab)
	vmalloc=$(meminfo VmallocUsed)
	page_tables=$(meminfo PageTables)
	stacks=$(meminfo KernelStack)
	free=$(meminfo MemFree)
	read_ghost
	ktap_expect "total" eq "$mem_total" "$(term total)" "that is MemTotal"
	near slab "$slab" "$(term slab)" 1024
	near vmalloc "$vmalloc" "$(term vmalloc)" 1024
	near page_tables "$page_tables" "$(term page_tables)" 512
	near kernel_stacks "$stacks" "$(term kernel_stacks)" 512
	near free "$free" "$(term free)" 4096
}

adds_up()
{
	read_ghost
	ktap_expect "total" eq "$(term total)" $(($(term claimed) + $(term ghost))) \
		"the ghost is what is not claimed"
	# What is idle there is no driver's: some pages of the boot.
	ktap_expect "ghost" lt 8192 "$(term ghost)" "nothing in this guest hides memory"
	ktap_expect "ghost" gt -1024 "$(term ghost)" "nothing is counted twice"
	ktap_expect "distance to the classic formula" ge 0 \
		$(($(term classic_ghost) - $(term ghost))) \
		"that one forgets free pages on per-CPU lists"
}

# 64 MB in blocks of 64 kB.
growth_is_seen()
{
	read_ghost
	before=$(term ghost)
	leaker_run leak pages 1024
	read_ghost
	with=$(term ghost)
	leaker_run free pages
	read_ghost
	after=$(term ghost)
	ktap_expect "growth of the ghost in kB" ge $(((64 - 4) * 1024)) $((with - before)) \
		"64 MB were taken by alloc_pages"
	ktap_expect "growth of the ghost in kB" le $(((64 + 4) * 1024)) $((with - before)) \
		"64 MB were taken by alloc_pages"
	ktap_expect "growth that stays in kB" le 4096 $((after - before)) "they were freed again"
	ktap_expect "growth that stays in kB" ge -4096 $((after - before)) "they were freed again"
}

# Memory that counters do claim is no ghost: slab, page cache, anonymous, vmalloc.
claimed_growth_is_not()
{
	read_ghost
	before=$(term ghost)
	leaker_run leak kmalloc_large 1000
	dd if=/dev/zero of=/tmp/ghost-file bs=64k count=256 2>/dev/null
	read_ghost
	with=$(term ghost)
	leaker_run free all
	rm -f /tmp/ghost-file
	ktap_expect "growth of the ghost in kB" le 4096 $((with - before)) \
		"slab and page cache have counters"
	ktap_expect "growth of the ghost in kB" ge -4096 $((with - before)) \
		"slab and page cache have counters"
}

verdict_says_the_same()
{
	ktap_expect "verdict" like '[Gg]host memory: -?[0-9]+ kB of [0-9]+ kB' "$(cat "$la/verdict")" \
		"the verdict has the ghost"
}

ktap_plan 6
load
insmod ./la_leaker.ko
ktap_case "all figures are signed numbers" numbers_are_signed
ktap_case "the terms are those of meminfo" terms_are_meminfos
ktap_case "the ledger adds up and the ghost is small" adds_up
ktap_case "64 MB that nobody counts are 64 MB of ghost" growth_is_seen
ktap_case "memory that is counted is no ghost" claimed_growth_is_not
ktap_case "the verdict says so too" verdict_says_the_same
ktap_end
