#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# On a kernel that leakacct does not know it loads, says what it could not hook, and guesses no
# prototype. leakacct_unknown.ko is leakacct as if it came from such a kernel: it knows
# free_percpu() by a name that there is not, the arguments of bulk frees in another order, and of
# krealloc() it finds no types.
#
# One form, the same in make check and make check-all.
#
# Red when: types are not asked (bulk frees are armed); where there are none it is guessed
# (krealloc() is); a row that is not armed is not told in the verdict; one path that can't be
# watched takes others with it, or the load.
. ./_ktap.sh
. ./_leakacct.sh

row()
{
	column "$1" "col(\"path\") == \"$2\"" <"$la/hooks"
}

says_what_it_could_not_hook()
{
	insmod ./leakacct_unknown.ko look_s=3600 || ktap_fail "expected that it loads"
	dmesg >"$ktap_tmp/log"
	ktap_expect "state of free_percpu" is absent "$(row state free_percpu)" "there is no such function"
	for path in kmem_cache_free_bulk kfree_bulk; do
		ktap_expect "state of $path" is failed "$(row state "$path")" "its arguments lie elsewhere"
	done
	ktap_expect "state of krealloc" is failed "$(row state krealloc)" "nobody tells of its arguments"
	ktap_expect "log" like "kmem_cache_free_bulk has other arguments here" "$(cat "$ktap_tmp/log")" \
		"it says why"
	ktap_expect "log" like "krealloc[a-z_]* has arguments that neither .* tells" \
		"$(cat "$ktap_tmp/log")" "it says why"
	ktap_expect "rows that do not work" is "free_percpu kfree_bulk kmem_cache_free_bulk krealloc" \
		"$(column path "col(\"state\") != \"armed\" || $untried" <"$la/hooks" | sort | paste -sd ' ')" \
		"the others do"
	rows=$(column path <"$la/hooks" | wc -l)
	ktap_expect "verdict" like "Trust: $((rows - 4)) of $rows paths are watched" "$(cat "$la/verdict")" \
		"nothing else says how far it can be trusted"
}

the_rest_works()
{
	insmod ./la_leaker.ko
	for path in kmalloc_const kmalloc_large alloc_page; do
		leaker_run leak "$path" 50
		expect_live "leak_$path" 50 "they are kept"
		leaker_run free "$path"
		expect_live "leak_$path" 0 "they are freed"
	done
}

# Looks that find nobody prove nothing then.
nobody_is_acquitted()
{
	for _ in 1 2 3 4 5 6; do
		echo look >"$la/control"
	done
	ktap_expect "verdict" like "^NO ANSWER: .* 4 of $rows paths are not watched" \
		"$(cat "$la/verdict")" "what was not seen can leak"
	rmmod la_leaker
	rmmod leakacct
}

grep -q ' __start_BTF$' /proc/kallsyms || ktap_skip_all "this kernel has no types to ask"
ktap_plan 3
ktap_case "it loads and says what it could not hook" says_what_it_could_not_hook
ktap_case "all else works" the_rest_works
ktap_case "it acquits nobody" nobody_is_acquitted
ktap_end
