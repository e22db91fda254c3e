#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Callers keep their names when their text goes: of a module that was unloaded,
# also when another one is loaded at its address; of init text; of a module whose
# init failed.
#
# Red when: names are resolved when they are read; a site outlives its module (the
# second module's objects are booked on the first); init text is named only at GOING.
. ./_ktap.sh
. ./_leakacct.sh

# shown FUNCTION MODULE: what it is shown as, without the offsets.
shown()
{
	query callers module="$2" rows=0 since_mark=0 | column caller "$(of "$1")" |
		sed 's|+0x[0-9a-f]*/0x[0-9a-f]*||'
}

address()
{
	awk -v name="$1" '$3 == name { print $1 }' /proc/kallsyms
}

unloaded_is_named()
{
	insmod ./la_first.ko objects=100
	first_at=$(address leak_of_first)
	ktap_expect "caller" is "leak_of_first [la_first]" "$(shown leak_of_first la_first)" \
		"it is loaded"
	rmmod la_first
	ktap_expect "caller" is "leak_of_first [la_first] (unloaded)" \
		"$(shown leak_of_first la_first)" "its text is gone, its objects are not"
	expect_live leak_of_first 100 "nobody freed them"
}

other_module_at_the_address()
{
	insmod ./la_second.ko objects=23
	second_at=$(address leak_of_second)
	ktap_expect "caller" is "leak_of_first [la_first] (unloaded)" \
		"$(shown leak_of_first la_first)" "what la_first left is still la_first's"
	ktap_expect "caller" is "leak_of_second [la_second]" \
		"$(shown leak_of_second la_second)" "it is another module's"
	expect_live leak_of_first 100 "the second module's are not its"
	expect_live leak_of_second 23 "the first module's are not its"
	if [ "$first_at" != "$second_at" ]; then
		ktap_skip "la_second was loaded at $second_at, la_first at $first_at"
		return 4
	fi
}

same_module_again()
{
	rmmod la_second
	insmod ./la_first.ko objects=11
	ktap_expect "live objects of leak_of_first now" eq 11 \
		"$(query callers module=la_first rows=0 since_mark=0 |
			column objects 'col("caller") !~ /unloaded/' | sum)" "its second life has its own row"
	ktap_expect "live objects of leak_of_first before" eq 100 \
		"$(query callers module=la_first rows=0 since_mark=0 |
			column objects 'col("caller") ~ /unloaded/' | sum)" "its first life has its own row"
	rmmod la_first
}

init_text_is_named()
{
	insmod ./la_init_leaker.ko objects=77
	ktap_expect "caller" is "leak_from_init [la_init_leaker] (init)" \
		"$(shown leak_from_init la_init_leaker)" "init text is freed when a module is up"
	ktap_expect "caller" is "leak_from_text [la_init_leaker]" \
		"$(shown leak_from_text la_init_leaker)" "that text is still there"
	expect_live leak_from_init 77 "that many were leaked"
	expect_live leak_from_text 77 "that many were leaked"
	rmmod la_init_leaker
	ktap_expect "caller" is "leak_from_text [la_init_leaker] (unloaded)" \
		"$(shown leak_from_text la_init_leaker)" "its module is gone"
	ktap_expect "caller" like '^leak_from_init \[la_init_leaker\] \((init|unloaded)\)$' \
		"$(shown leak_from_init la_init_leaker)" "its module is gone"
}

# This comes first: there is no other life of the module yet.
failing_init_is_named()
{
	ktap_expect_error "an init that fails" insmod ./la_init_leaker.ko objects=55 fail=1
	for function in leak_from_init leak_from_text; do
		ktap_expect "caller" like "^$function \\[la_init_leaker\\] \\((init|unloaded)\\)\$" \
			"$(shown "$function" la_init_leaker)" "the module never came up, its objects stay"
		# busybox tries a module that fails a second time: two lives, two rows.
		ktap_expect "live objects of each $function" is 55 \
			"$(query callers caller="$function"+ rows=0 since_mark=0 | column objects | sort -u)" \
			"that many were leaked at each try"
	done
	# What follows counts its own.
	echo clear >"$la/control"
}

objects_and_samples_too()
{
	sleep_until=$(ktap_poll 10 aged)
	ktap_expect "callers in objects" has "leak_of_first+" \
		"$(query objects module=la_first rows=5 | column caller)" "objects has the same names"
	ktap_expect "callers in samples" like 'leak_of_first\+.*\(unloaded\)' "$sleep_until" \
		"samples has the same names"
}

aged()
{
	query samples module=la_first | grep leak_of_first
}

left_behind()
{
	insmod ./la_leaker.ko keep=1
	leaker_run leak kmalloc_const 40
	leaker_run leak kmalloc_large 3
	rmmod la_leaker
	ktap_expect "caller" is "leak_kmalloc_const [la_leaker] (unloaded)" \
		"$(shown leak_kmalloc_const la_leaker)" "its module is gone, its objects are not"
	expect_live leak_kmalloc_const 40 "the module was told to leave them"
	expect_live leak_kmalloc_large 3 "the module was told to leave them"
	insmod ./la_leaker.ko
	leaker_run leak kmalloc_const 2
	rmmod la_leaker
	expect_live leak_kmalloc_const 40 "the second life freed what it had"
}

ktap_plan 7
load
ktap_case "a module whose init fails is named" failing_init_is_named
ktap_case "a caller in init text is named" init_text_is_named
ktap_case "a module that was unloaded is named" unloaded_is_named
ktap_case "another module at its address is not taken for it" other_module_at_the_address
ktap_case "the same module loaded again has rows of its own" same_module_again
ktap_case "what a leaking module leaves behind is still counted" left_behind
ktap_case "objects and samples name it too" objects_and_samples_too
ktap_end
