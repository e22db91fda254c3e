#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `hooks`: every path is watched by the probe it should be, and passed its trial.
#
# One form, the same in make check and make check-all.
#
# Red when: a row's symbol is misspelt (absent), also of a path that only later kernels
# have; a row is armed on a function that
# is never called (fail); hooks=kprobe leaves a tracepoint in place.
. ./_ktap.sh
. ./_leakacct.sh

wanted="kmalloc_const kmalloc_variable kmalloc_node kmalloc_node_const
	kmalloc_track_caller kmalloc_large kmalloc_large_node kmem_cache_alloc
	kmem_cache_alloc_lru kmem_cache_alloc_node kmem_cache_alloc_bulk kfree
	kmem_cache_free kmem_cache_free_bulk kfree_bulk krealloc kfree_rcu kfree_sensitive
	kvfree_sensitive page_alloc page_alloc_bulk page_free page_free_high page_free_batch
	vmalloc vfree alloc_percpu free_percpu"

# Frees that would be lost are false leaks: those are by what loses nothing.
lossless="kmalloc_const kmalloc_variable kmalloc_node kmalloc_node_const
	kmalloc_track_caller kmalloc_large kmalloc_large_node kmem_cache_alloc
	kmem_cache_alloc_lru kmem_cache_alloc_node kfree kmem_cache_free
	kmem_cache_free_bulk kfree_bulk krealloc kfree_rcu page_alloc page_free
	page_free_high page_free_batch vmalloc vfree alloc_percpu free_percpu"

row()
{
	column "$1" "col(\"path\") == \"$2\"" <"$la/hooks"
}

all_pass()
{
	for path in $wanted; do
		ktap_expect "state of $path" is armed "$(row state "$path")" \
			"the stock kernel has its symbol"
		ktap_expect "selftest of $path" is pass "$(row selftest "$path")" \
			"it was tried at load with an object of our own"
		ktap_expect "hits of $path" gt 0 "$(row hits "$path")" "the trial alone is one"
	done
	ktap_expect "rows in another state" is "" \
		"$(column path "col(\"state\") != \"armed\" || $untried" <"$la/hooks")" \
		"all paths exist on this kernel"
	rows=$(column path <"$la/hooks" | wc -l)
	ktap_expect "verdict" like "(all|$rows of) $rows paths are watched" "$(cat "$la/verdict")" \
		"each row is one, and there is no other"
}

# Paths that came later than 5.10.
[ "$(grep -c ' kmem_cache_alloc_lru' /proc/kallsyms)" -ne 0 ] ||
	for list in wanted lossless; do
		eval "$list=\$(echo \$$list | sed 's/ kmem_cache_alloc_lru / /; s/ page_alloc_bulk / /')"
	done

lossless_rows()
{
	for path in $lossless; do
		ktap_expect "probe of $path" like '^(tracepoint|ftrace)$' "$(row probe "$path")" \
			"a kprobe is skipped within another's handler"
	done
}

kprobe_rows()
{
	ktap_expect "other probes" is "" \
		"$(column path 'col("probe") !~ /^k(ret)?probe$/' <"$la/hooks")" \
		"hooks=kprobe was asked for"
}

ktap_plan 4
load
ktap_case "all paths are armed and pass their trial" all_pass
ktap_case "paths that can be watched without loss are" lossless_rows
reload hooks=kprobe
ktap_case "all paths are armed and pass their trial with kprobes" all_pass
ktap_case "hooks=kprobe puts kprobes on everything" kprobe_rows
ktap_end
