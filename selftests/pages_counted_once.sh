#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each page is counted once: what leakacct says of class page is what the kernel's free
# memory is short of, and pages that become a slab's, a vmalloc area's, a user's or a page table
# are not in it.
#
# One form, the same in make check and make check-all.
#
# Red when: pages of slabs or areas are counted as pages, too, or those of processes, or page
# tables; those of a bulk are not; an order is taken for another one.
#
# Timeout: 180
. ./_ktap.sh
. ./_leakacct.sh

# What lies about as page tables, slabs and lists of CPUs meanwhile.
bound_kb=4096

free_kb()
{
	column kB 'col("term") == "free" || col("term") == "free_percpu_lists"' <"$la/ghost" | sum
}

# live_kb CLASS: all that is live of it, but for the shadow memory of areas, where there is
# KASAN: that is pages.
live_kb()
{
	echo $(($(query callers class="$1" rows=0 since_mark=0 |
		column bytes 'col("caller") !~ /^kasan_populate/' | sum) / 1024))
}

# taken WHAT N: plant, and see what it took of free memory, of pages, of areas and slabs.
taken()
{
	free=$(free_kb)
	pages=$(live_kb page)
	leaker_run leak "$1" "$2"
	free=$((free - $(free_kb)))
	pages=$(($(live_kb page) - pages))
	echo "$2 of $1: free memory is short of $free kB, pages grew by $pages kB" | ktap_diag
}

pages_are_pages()
{
	taken all_page 500
	ktap_expect "kB that pages grew" ge 40000 "$pages" "so much was planted at least"
	ktap_expect "kB that pages grew" ge $((free - bound_kb)) "$pages" "so much is not free any more"
	ktap_expect "kB that pages grew" le $((free + bound_kb)) "$pages" "so much is not free any more"
}

areas_are_no_pages()
{
	taken all_vmalloc 500
	ktap_expect "kB that free memory is short of" ge 8192 "$free" "so much was planted at least"
	ktap_expect "kB that pages grew" le "$bound_kb" "$pages" "they belong to the areas"
}

slabs_are_no_pages()
{
	taken all 3000
	ktap_expect "kB that free memory is short of" ge 8192 "$free" "so much was planted at least"
	ktap_expect "kB that pages grew" le "$bound_kb" "$pages" "they belong to the slabs"
}

# In tmpfs.
pages_of_files_are_no_pages()
{
	pages=$(live_kb page)
	free=$(free_kb)
	head -c 67108864 /dev/zero >"$ktap_tmp/file"
	free=$((free - $(free_kb)))
	pages=$(($(live_kb page) - pages))
	rm "$ktap_tmp/file"
	ktap_expect "kB that free memory is short of" ge 60000 "$free" "the file lies in memory"
	ktap_expect "kB that pages grew" le "$bound_kb" "$pages" "they belong to the file"
}

# held_is_no_page KIND: 64 MB of it are had by a process.
held_is_no_page()
{
	rm -f "$ktap_tmp/out"
	free=$(free_kb)
	pages=$(live_kb page)
	./_hold_memory "$1" 65536 >"$ktap_tmp/out" 2>&1 &
	holder=$!
	ktap_poll 30 grep -q ready "$ktap_tmp/out" ||
		ktap_fail "expected that $1 can be held: $(cat "$ktap_tmp/out")"
	free=$((free - $(free_kb)))
	pages=$(($(live_kb page) - pages))
	kill "$holder"
	wait "$holder" 2>/dev/null
	ktap_diag "$1: free memory is short of $free kB, pages grew by $pages kB"
	ktap_expect "kB that free memory is short of" ge 60000 "$free" "the process has them"
	ktap_expect "kB that pages grew" le "$bound_kb" "$pages" "they belong to the process"
}

nothing_is_left()
{
	leaker_run free all_page
	leaker_run free all_vmalloc
	leaker_run free all
	ktap_poll 20 no_pages
	ktap_expect "pages of the leaker" eq 0 \
		"$(query callers module=la_leaker class=page rows=0 since_mark=0 | column objects | sum)" \
		"all are freed"
}

no_pages()
{
	[ "$(query callers module=la_leaker class=page rows=0 since_mark=0 | column objects | sum)" -eq 0 ]
}

ktap_plan 7
load
insmod ./la_leaker.ko
ktap_case "planted pages are as many as free memory is short of" pages_are_pages
ktap_case "pages of vmalloc areas are not counted as pages" areas_are_no_pages
ktap_case "pages of slabs and large kmallocs are not counted as pages" slabs_are_no_pages
ktap_case "pages of files are not counted as pages" pages_of_files_are_no_pages
ktap_case "pages of processes are not counted as pages" held_is_no_page anonymous
ktap_case "page tables are not counted as pages" held_is_no_page tables
ktap_case "freed pages are gone" nothing_is_left
ktap_end
