#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `samples`: what objects hold, as text, hex and resolved words, of each class; not what was
# freed, and nothing with sample_bytes=0.
#
# Red when: words are not resolved, or only those that point to objects of slabs; pages or areas are
# not read; an object that was freed is shown, be it before or while it is read; sample_bytes is not kept to.
. ./_ktap.sh
. ./_leakacct.sh

# Of each class other than slab; all of them begin at a page, but for the last.
others="kmalloc_large alloc_pages_2 vmalloc alloc_percpu"

# of_path PATH: the samples of that caller; fails when there are none (yet).
of_path()
{
	query samples module=la_leaker caller="leak_$1+" >"$ktap_tmp/of_path"
	grep "leak_$1+" "$ktap_tmp/of_path" >/dev/null && cat "$ktap_tmp/of_path"
}

planted_text()
{
	leaker_run leak kmem_cache_alloc 50
	for path in $others; do
		leaker_run leak "$path" 8
	done
	text=$(ktap_poll 10 of_path kmem_cache_alloc) ||
		ktap_fail "expected a sample of leak_kmem_cache_alloc within 10 s, as its objects have aged"
	ktap_expect "sample" like '^#   text ".*planted kmem_cache_alloc.*"' "$text" \
		"that text was planted"
	ktap_expect "sample" like '^#   .*\|.*planted kmem_c.*\|' "$text" "the dump shows it too"
	ktap_expect "sample" like '^#   .*706c616e746564' "$text" "that is \`planted' in hex"
}

resolved_words()
{
	ktap_expect "sample" like '^#   .*leak_kmem_cache_alloc\+0x0/.*\[la_leaker\]' "$text" \
		"the second word is that function's address"
	ktap_expect "sample" like '^#   .*in object 0x[0-9a-f]+ of leak_kmem_cache_alloc\+' "$text" \
		"the first word points to the object leaked before"
}

other_classes()
{
	for path in $others; do
		# The age of pages is known to a second only: they may come later.
		ktap_poll 10 of_path "$path" >/dev/null ||
			ktap_fail "expected a sample of leak_$path within 10 s"
		ktap_expect "sample of $path" like "^#   text \".*planted $path\"" \
			"$(cat "$ktap_tmp/of_path")" "that text was planted"
		ktap_expect "sample of $path" like "^#   \+8 .* leak_$path\+0x0/" \
			"$(cat "$ktap_tmp/of_path")" "that function is its second word"
		case $path in
		kmalloc_large)	what="\+0 in object 0x[0-9a-f]*000 of leak_$path\+.*, a large kmalloc" ;;
		alloc_pages_2)	what="\+0 in pages 0x[0-9a-f]*000 of leak_$path\+.*, order 2" ;;
		vmalloc)	what="\+0 in area 0x[0-9a-f]*000 of leak_$path\+" ;;
		*)		continue ;;	# its first word is no address
		esac
		ktap_expect "sample of $path" like "^#   \+0 .* $what" "$(cat "$ktap_tmp/of_path")" \
			"its first word points to the one before"
	done
	of_path vmalloc >/dev/null
	ktap_expect "sample of vmalloc" like "^#   \+0 .* struct page of 0x[0-9a-f]*000\$" \
		"$(cat "$ktap_tmp/of_path")" "the pages of an area are in an array"
}

rows_are_of_it()
{
	ktap_expect "callers" unlike '^[^l]' "$(printf '%s\n' "$text" | column caller)" \
		"that caller was asked for"
	ktap_expect "bytes" like "^$(slot_of 72 la_leaker_72)\$" \
		"$(printf '%s\n' "$text" | column bytes)" "72-byte objects"
	ktap_expect "age" ge 1 "$(printf '%s\n' "$text" | column age_s | sed 's/\..*//;q')" \
		"young objects say nothing"
}

freed_is_dropped()
{
	leaker_run free kmem_cache_alloc
	for path in $others; do
		leaker_run free "$path"
	done
	query samples module=la_leaker >"$ktap_tmp/samples"
	ktap_expect "samples" unlike '^0x.* leak_' "$(cat "$ktap_tmp/samples")" \
		"all its objects are freed"
}

# Objects come and go while they are sampled.
read_under_load()
{
	insmod ./la_churn.ko
	end=$(($(cut -d . -f 1 /proc/uptime) + 4))
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
		query samples rows=0 >"$ktap_tmp/samples" || ktap_fail "expected samples to be readable"
	done
	rmmod la_churn
	ktap_expect "first line" has "# leakacct samples 1 " "$(head -n 1 "$ktap_tmp/samples")"
}

firsts()
{
	query samples module=la_story caller=goes_first+ >"$ktap_tmp/samples"
	grep -q '^#   text "here first' "$ktap_tmp/samples"
}

# A probe frees each just before it is copied, and puts another one in its place.
reused_is_dropped()
{
	if is_realtime; then
		ktap_skip "what runs in a probe cannot free objects here"
		return 4
	fi
	insmod ./la_story.ko
	echo 64 >/sys/kernel/debug/la_story/swap
	ktap_poll 10 firsts || ktap_fail "expected samples of goes_first within 10 s"
	echo 0 >/sys/kernel/debug/la_story/swap
	query samples module=la_story caller=goes_first+ >"$ktap_tmp/samples"
	swapped=$(cat /sys/module/la_story/parameters/swapped)
	rmmod la_story
	if [ "$swapped" -eq 0 ] && has_quarantine; then
		ktap_skip "what is freed here waits before it is allocated again"
		return 4
	fi
	ktap_expect "objects with another one in their place" ge 4 "$swapped" "16 at least were read"
	ktap_expect "samples" unlike 'came after it|63616d652061667465' "$(cat "$ktap_tmp/samples")" \
		"that is another caller's"
	ktap_expect "samples" like '^# [1-9][0-9]* objects left out: freed while they were read$' \
		"$(cat "$ktap_tmp/samples")" "it is said"
}

longest_dump()
{
	sed -n 's/^#   \([0-9a-f]\{3\}\)  *[0-9a-f ]* *|.*/\1/p' | sort | tail -n 1
}

honours_sample_bytes()
{
	reload sample_bytes=0
	leaker_run leak kmem_cache_alloc 50
	ktap_expect "samples" like '^# none: ' "$(cat "$la/samples")" "sample_bytes=0"
	ktap_expect "rows" is "" "$(column address <"$la/samples")" "sample_bytes=0"
	reload sample_bytes=256
	leaker_run leak krealloc_moving 50
	text=$(ktap_poll 10 of_path krealloc_moving)
	ktap_expect "place of the last line of a dump" is 0e0 "$(printf '%s\n' "$text" | longest_dump)" \
		"a dump has 256 bytes"
	leaker_run free all
}

ktap_plan 8
load
insmod ./la_leaker.ko
ktap_case "planted text is shown" planted_text
ktap_case "words that are kernel text or point to objects are resolved" resolved_words
ktap_case "large kmallocs, pages and areas are read, and what points there is resolved" other_classes
ktap_case "rows tell whose object it is" rows_are_of_it
ktap_case "objects that were freed are not shown" freed_is_dropped
ktap_case "an object that another one replaces as it is read is not shown" reused_is_dropped
ktap_case "objects that come and go while they are read do no harm" read_under_load
ktap_case "sample_bytes is kept to" honours_sample_bytes
ktap_end
