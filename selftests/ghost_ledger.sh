#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ghost`: the ledger adds up, its terms are the kernel's, and pages that no
# counter claims move the ghost by as much.
#
# One form, the same in make check and make check-all.
#
# Red when: per-CPU free pages are left out (the ghost of an idle machine is many
# MB); kernel stacks are counted twice (it is negative); a term is unsigned; the mark
# keeps no ledger, or no bytes of callers; a change is unsigned; clear leaves the mark.
. ./_ktap.sh
. ./_leakacct.sh

# kB of ghost in a guest where nothing hides memory; a debug kernel does.
most=8192
! debug_kernel || most=16384

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
	ktap_expect "ghost" lt "$most" "$(term ghost)" "nothing in this guest hides memory"
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

# sum_of REGEX: of the terms whose name matches.
sum_of()
{
	column kB "col(\"term\") ~ /$1/" <"$ktap_tmp/ghost" | grep -v '^-$' | sum
}

classic_adds_up()
{
	read_ghost
	terms=$(sum_of '^classic_(free|slab|vmalloc|page_tables|kernel_stacks|hw_corrupted|bounce|active|inactive|unevictable|hugepages)$')
	ktap_expect "classic_ghost" eq $(($(term total) - terms)) "$(term classic_ghost)" \
		"the formula is MemTotal less its terms"
	ktap_expect "classic_ghost" eq \
		$(($(term ghost) + $(term classic_forgets) - $(term classic_doubles))) \
		"$(term classic_ghost)" "that is all that is wrong with it"
	ktap_expect "what it forgets" ge "$(term free_percpu_lists)" "$(term classic_forgets)" \
		"it has no term for these"
	ktap_expect "what it doubles" eq "$(term kernel_stacks)" "$(term classic_doubles)" \
		"stacks are in vmalloc areas here"
}

bound_holds()
{
	read_ghost
	lowest=$(term ghost)
	highest=$lowest
	for _ in $(seq 20); do
		read_ghost
		ghost=$(term ghost)
		[ "$ghost" -ge "$lowest" ] || lowest=$ghost
		[ "$ghost" -le "$highest" ] || highest=$ghost
	done
	ktap_diag "ghosts of $lowest to $highest kB, bound $(term bound) kB"
	ktap_expect "bound in kB" eq "$(sum_of '^bound_')" "$(term bound)" "it is the sum of its parts"
	ktap_expect "bound in kB" le $(($(term total) / 1024)) "$(term bound)" "1 MB of each GB"
	ktap_expect "bound in kB" gt 0 "$(term bound)" "nobody knows it exactly"
	ktap_expect "distance of 21 idle readings in kB" le $((2 * $(term bound))) \
		$((highest - lowest)) "each is off by the bound at most"
	ktap_expect "LRU batches" like '^[0-9]+$' "$(term lru_batches)" "they can be read on this kernel"
	lists=$(($(term lru) + $(term isolated)))
	ktap_expect "page cache and mapped memory" ge $((lists - $(term bound))) \
		"$(term user_by_mapping)" "that is what is on the lists"
	# A page of a process that is gone may still be in a batch.
	ktap_expect "page cache and mapped memory" le \
		$((lists + $(term lru_batches) + $(term bound))) "$(term user_by_mapping)" \
		"the rest is in the batches"
}

# since_mark VERB PATH N: what has changed by it.
since_mark()
{
	echo mark >"$la/control"
	leaker_run "$@"
	read_ghost
	ktap_expect "the changes of the terms" eq \
		$((0$(term changed_total) - $(term changed_ghost))) \
		"$(column kB 'col("term") ~ /^changed_/ && col("term") !~ /_(total|ghost|bound|taken)$/' \
			<"$ktap_tmp/ghost" | sum)" "MemTotal went to terms, and to the ghost"
	column term 'col("term") ~ /^changed_/' <"$ktap_tmp/ghost" >"$ktap_tmp/changed"
}

# A process that runs has a few pages that nobody counts: the upper page tables.
change_is_shown()
{
	slack=$((256 + $(term bound) * 2))
	since_mark leak pages 1024
	ktap_expect "change of the ghost" ge $((65536 - slack)) "$(term changed_ghost)" "64 MB leaked"
	ktap_expect "change of the ghost" le $((65536 + slack)) "$(term changed_ghost)" "64 MB leaked"
	since_mark free pages 0
	ktap_expect "change of the ghost" le $((slack - 65536)) "$(term changed_ghost)" "they were freed"
	since_mark leak kmalloc_large 1000
	ktap_expect "change of slab" ge 12000 "$(term changed_slab)" "1,000 large kmallocs are slab"
	ktap_expect "change of large_kmalloc" ge 12000 "$(term large_kmalloc)" "and beyond the caches"
	ktap_expect "change of the ghost" le "$slack" "$(term changed_ghost)" "slab is counted"
	ktap_expect "change of the ghost" ge "-$slack" "$(term changed_ghost)" "slab is counted"
	leaker_run free all
	ktap_expect "terms that changed" unlike '^changed_(hugetlb|balloon|hw_corrupted)$' \
		"$(cat "$ktap_tmp/changed")" "nobody has used these"
}

# change_by FUNCTION: kB that it has more than at the mark; callers are counted anew after 1 s.
change_by()
{
	sleep 1.1
	read_ghost
	column kB "col(\"term\") == \"change_by\" && col(\"note\") ~ /^$1\\+.*\\($2\\)\$/" <"$ktap_tmp/ghost"
}

# 8 MB of single pages, and 1,000 large kmallocs of four pages, one in two of them old.
change_is_named()
{
	leaker_run leak kmalloc_large 500
	echo mark >"$la/control"
	leaker_run leak alloc_page 2048
	leaker_run leak kmalloc_large 500
	large=$(change_by leak_kmalloc_large large)
	ktap_expect "change by leak_alloc_page" eq 8192 "$(change_by leak_alloc_page page)" \
		"it took 2,048 pages: $(grep ^change_ "$ktap_tmp/ghost")"
	ktap_expect "change by leak_kmalloc_large" ge 6000 "$large" "it took 500 more, of 12 kB at least"
	ktap_expect "rows of callers" le 10 "$(grep -c '^change_by ' "$ktap_tmp/ghost")" "the largest are shown"
	if command -v leakacct >/dev/null; then
		ktap_expect "the reader" like 'change_by +8\.0 MiB .* leak_alloc_page\+' "$(leakacct ghost)" \
			"it shows the row as well"
		ktap_expect "JSON" like '"change_by", *"kB": *8192, *"note": *"leak_alloc_page\+' \
			"$(leakacct ghost --json | tr -d '\n')" "numbers are numbers"
	fi
	leaker_run free alloc_page
	leaker_run free kmalloc_large
	ktap_expect "change by leak_kmalloc_large" eq "-$large" "$(change_by leak_kmalloc_large large)" \
		"as many were there at the mark, and are not any more"
	ktap_expect "change by leak_alloc_page" is "" "$(change_by leak_alloc_page page)" "it has as many as then"
}

change_of_holders_is_shown()
{
	mkfifo "$ktap_tmp/fifo"
	exec 8<>"$ktap_tmp/fifo"
	echo mark >"$la/control"
	head -c 61440 /dev/zero >&8
	sleep 1.1
	read_ghost
	ktap_expect "change of pipes in kB" eq 60 "$(term change_held_pipe)" "so much was written to one"
	exec 8>&-
	sleep 1.1
	read_ghost
	ktap_expect "change of pipes in kB" is "" "$(term change_held_pipe)" "it is closed"
}

clear_forgets_the_mark()
{
	echo mark >"$la/control"
	leaker_run leak alloc_page 2048
	ktap_expect "change by leak_alloc_page" eq 8192 "$(change_by leak_alloc_page page)" "it took 8 MB"
	echo clear >"$la/control"
	leaker_run free alloc_page
	ktap_expect "change by leak_alloc_page" is "" "$(change_by leak_alloc_page page)" "that is forgotten"
	ktap_expect "rows of the change" is "" "$(grep ^change "$ktap_tmp/ghost")" "the mark is forgotten, too"
}

# Nothing has been marked yet.
no_change_without_mark()
{
	read_ghost
	ktap_expect "rows of the change" is "" \
		"$(column term 'col("term") ~ /^changed_/' <"$ktap_tmp/ghost")" "no mark was set"
}

ktap_plan 13
load
insmod ./la_leaker.ko
ktap_case "without a mark no change is shown" no_change_without_mark
ktap_case "all figures are signed numbers" numbers_are_signed
ktap_case "the terms are those of meminfo" terms_are_meminfos
ktap_case "the ledger adds up and the ghost is small" adds_up
ktap_case "64 MB that nobody counts are 64 MB of ghost" growth_is_seen
ktap_case "memory that is counted is no ghost" claimed_growth_is_not
ktap_case "the verdict says so too" verdict_says_the_same
ktap_case "the classic formula adds up, and so does what is wrong with it" classic_adds_up
ktap_case "the bound is small, and idle readings agree within it" bound_holds
ktap_case "what has changed since the mark is shown" change_is_shown
ktap_case "callers that have more or less than at the mark are named" change_is_named
ktap_case "kinds of open files that hold more or less are, too" change_of_holders_is_shown
ktap_case "a mark is forgotten by clear" clear_forgets_the_mark
ktap_end
