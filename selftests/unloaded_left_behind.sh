#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `unloaded`: what a module left behind when it went, of each class and by stack, at once and
# confirmed later, with one line of the log; not what it frees late, and nothing of a
# module that leaves nothing.
#
# One form, the same in make check and make check-all.
#
# Red when: sites are not numbered at GOING, or those of one class are left out; nothing is
# looked at again (la_leaving is reported, as its works run late); a line of the log is
# written without objects.
. ./_ktap.sh
. ./_leakacct.sh

# left FUNCTION: objects of it that `unloaded` shows now.
left()
{
	query unloaded rows=0 since_mark=0 >"$ktap_tmp/unloaded"
	column objects "$(of "$1")" <"$ktap_tmp/unloaded" | sum
}

# logged MODULE: what the log says that it left, since this test began.
logged()
{
	# Only those lines are kept: the whole log is long.
	dmesg | awk '/unloaded_left_behind: begin/ { lines = ""; next }
		     / left / { lines = lines $0 "\n" }
		     END { printf "%s", lines }' |
		sed -n "s/.*leakacct: $1 left \\([0-9]* objects\\), .*/\\1/p"
}

is_logged()
{
	[ -n "$(logged "$1")" ]
}

classes_are_left()
{
	insmod ./la_leaker.ko keep=1
	leaker_run leak kmalloc_const 40
	leaker_run leak kmem_cache_alloc 30
	leaker_run leak kmalloc_large 3
	leaker_run leak alloc_page 7
	leaker_run leak vmalloc 2
	leaker_run leak alloc_percpu 5
	ktap_expect "rows before the unload" is "" "$(query unloaded rows=0 | column caller)" \
		"nobody has gone"
	rmmod la_leaker
	query unloaded rows=0 >"$ktap_tmp/unloaded"
	for what in kmalloc_const:slab:40 kmem_cache_alloc:slab:30 kmalloc_large:large:3 \
		alloc_page:page:7 vmalloc:vmalloc:2 alloc_percpu:percpu:5; do
		path=${what%%:*}
		class=${what#*:}
		class=${class%:*}
		ktap_expect "class and objects of leak_$path" is "${what#*:}" \
			"$class:$(column objects "$(of "leak_$path") && col(\"class\") == \"$class\"" \
				<"$ktap_tmp/unloaded")" "they were left, and are told at once"
	done
	ktap_expect "callers" unlike '^leak_.*\]$' "$(column caller <"$ktap_tmp/unloaded")" \
		"its text is gone"
	ktap_expect "frames" like '^    run_write\+0x.* \[la_leaker\] \(unloaded\)$' \
		"$(cat "$ktap_tmp/unloaded")" "names were taken before the text went"
	ktap_expect "reasons" like '^#   not confirmed yet' "$(cat "$ktap_tmp/unloaded")" \
		"late frees still have time"
}

late_frees_and_others()
{
	insmod ./la_later.ko
	insmod ./la_leaving.ko
	rmmod la_leaving
	insmod ./la_init_leaker.ko objects=11
	rmmod la_init_leaker
	# Frees all that it had.
	insmod ./la_leaker.ko
	leaker_run leak kmalloc_variable 25
	rmmod la_leaker
	ktap_expect "objects of a module that leaves nothing" eq 0 "$(left leak_kmalloc_variable)"
}

is_confirmed()
{
	ktap_poll 20 is_logged la_init_leaker >/dev/null ||
		ktap_fail "expected a line of the log for la_init_leaker within 20 s"
	query unloaded rows=0 since_mark=0 >"$ktap_tmp/unloaded"
	left=$(column objects 'col("caller") ~ /la_leaker\]/' <"$ktap_tmp/unloaded" | sum)
	ktap_expect "objects of la_leaker" ge 87 "$left" "and maybe arrays of its vmalloc areas"
	ktap_expect "log of la_leaker" is "$left objects" "$(logged la_leaker)" \
		"one line, of its first life"
	ktap_expect "log of la_init_leaker" is "22 objects" "$(logged la_init_leaker)" "one line"
	ktap_expect "log of la_leaving" is "" "$(logged la_leaving)" "it left nothing in the end"
	ktap_expect "reasons" unlike 'not confirmed' "$(cat "$ktap_tmp/unloaded")" \
		"all had their time"
	ktap_expect "callers" unlike 'la_leaving|leak_kmalloc_variable' \
		"$(column caller <"$ktap_tmp/unloaded")" "they left nothing"
	for function in leak_from_init leak_from_text; do
		ktap_expect "objects of $function" is 11 \
			"$(column objects "$(of "$function")" <"$ktap_tmp/unloaded")" \
			"init text went before, but it is of that module"
	done
	ktap_expect "notes" like "^# la_leaker went .*: left $left objects, [0-9]+ bytes; $left objects are there\$" \
		"$(cat "$ktap_tmp/unloaded")" "one per module"
	ktap_expect "notes" unlike '^# la_leaving' "$(cat "$ktap_tmp/unloaded")" "it left nothing"
}

is_asked_for()
{
	ktap_expect "modules" is "la_init_leaker" \
		"$(query unloaded module=la_init_leaker rows=0 | column caller |
			sed 's/.*\[\(.*\)\].*/\1/' | sort -u)" "it was asked for"
	ktap_expect "rows with min_bytes" is "leak_alloc_page" \
		"$(query unloaded class=page min_bytes=20000 | column caller | sed 's/+.*//')" \
		"7 pages, and nothing else"
	rmmod la_later
	reload look_s=3600
	ktap_expect "rows after a reload" is "" "$(query unloaded rows=0 | column caller)" \
		"that was before"
}

# Leave leakacct while something is still to be confirmed.
unload_while_pending()
{
	insmod ./la_first.ko objects=9
	rmmod la_first
	reload look_s=3600
	insmod ./la_first.ko objects=9
	rmmod la_first
	ktap_expect "objects of leak_of_first" eq 9 "$(left leak_of_first)" "those of now"
}

echo "unloaded_left_behind: begin" >/dev/kmsg
ktap_plan 5
load
ktap_case "what is left is told at once, of each class, with its stack" classes_are_left
ktap_case "what is freed late is a candidate only; who frees all is none" late_frees_and_others
ktap_case "what stays is confirmed, with one line of the log" is_confirmed
ktap_case "it can be asked for by module, class and bytes" is_asked_for
ktap_case "leakacct can go while something is to be confirmed" unload_while_pending
ktap_end
