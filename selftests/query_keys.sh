#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `query`: each key picks the right rows, and each open file has its own answer.
#
# Red when: a key is parsed and not applied; caller is matched whole; cache= knows only
# caches; the answer is shared between files, or goes on where the last one ended.
. ./_ktap.sh
. ./_leakacct.sh

# callers_of KEY=VALUE...: the leaker's functions in the answer, sorted.
callers_of()
{
	query callers rows=0 since_mark=0 "$@" | column caller | sed -n 's/^leak_\([a-z_]*\)+.*/\1/p' |
		sort -u | tr '\n' ' '
}

by_caller()
{
	ktap_expect "callers with caller=leak_kmalloc_const+" is "kmalloc_const " \
		"$(callers_of caller=leak_kmalloc_const+)" "a part of the name"
	ktap_expect "callers with caller=node" is "kmalloc_node kmalloc_node_const " \
		"$(callers_of caller=node module=la_leaker class=slab cache=kmalloc-128 &&
			callers_of caller=node module=la_leaker class=slab cache=kmalloc-192)" \
		"a part of the name, together with other keys"
	ktap_expect "callers with caller=nosuch" is "" "$(callers_of caller=nosuch)" "there is none"
}

by_module()
{
	ktap_expect "rows of other modules" is "" \
		"$(query callers rows=0 module=la_leaker | column caller 'col("caller") !~ /\[la_leaker\]$/')" \
		"la_leaker was asked for"
	ktap_expect "callers with module=la_leake" is "" "$(callers_of module=la_leake)" \
		"a module's name is matched whole"
	ktap_expect "objects with module=la_leaker" eq 140 \
		"$(query objects rows=0 module=la_leaker | column address | wc -l)" "so many were leaked"
}

by_cache_and_class()
{
	ktap_expect "callers with cache=kmalloc-96" is "kmalloc_const krealloc_in_place " \
		"$(callers_of cache=kmalloc-96)" "those have slots of 96 bytes"
	ktap_expect "callers with class=large" is "kmalloc_large " "$(callers_of class=large)" \
		"it is above 8 KiB"
	ktap_expect "callers with class=page" is "" "$(callers_of class=page)" "no such objects yet"
	ktap_expect "classes in objects" is large \
		"$(query objects rows=0 class=large | column class | sort -u)" "that class was asked for"
}

by_size_and_age()
{
	ktap_expect "callers with min_bytes=100000" is "kmalloc_large " \
		"$(callers_of min_bytes=100000)" "20 objects of 16384 bytes"
	ktap_expect "objects smaller than min_bytes" is "" \
		"$(query objects rows=0 min_bytes=8193 | column address 'col("bytes") < 8193')"
	ktap_expect "young objects" eq 0 \
		"$(query objects rows=0 older_s=1000 module=la_leaker | column address | wc -l)" \
		"none is a thousand seconds old"
	ktap_poll 10 old_enough || ktap_fail "expected that objects grow older than 2 s"
	ktap_expect "ages below 2 s" is "" \
		"$(query objects rows=0 older_s=2 | column age_s 'col("age_s") < 1.9' | head -n 3)" "older_s=2"
}

old_enough()
{
	[ "$(query objects rows=0 older_s=2 module=la_leaker | column address | wc -l)" -eq 140 ]
}

by_pid()
{
	sh -c "echo \$\$ >$ktap_tmp/pid; echo 'leak kfree 17' >$leaker/run"
	pid=$(cat "$ktap_tmp/pid")
	ktap_expect "objects of pid $pid" eq 17 \
		"$(query objects rows=0 pid="$pid" module=la_leaker | column address | wc -l)" \
		"that shell leaked 17"
	ktap_expect "pids" is "$pid" "$(query objects rows=0 pid="$pid" | column pid | sort -u)"
	ktap_expect "callers with pid=$pid" is "kfree " "$(callers_of pid="$pid")" \
		"a key of objects, summed by caller"
	ktap_expect "live objects by callers with pid=$pid" eq 17 \
		"$(query callers rows=0 pid="$pid" caller=leak_kfree+ | column objects | sum)"
	ktap_expect "other pids with pid=0" is "" \
		"$(query objects rows=0 pid=0 | column pid | grep -vx 0 | sort -u | head -n 3)" \
		"that is what interrupts allocated"
}

rows_and_sort()
{
	ktap_expect "rows with rows=2" eq 2 "$(query callers rows=2 | column bytes | wc -l)"
	ktap_expect "last line with rows=2" like '^# [0-9]+ more rows$' "$(query callers rows=2 | tail -n 1)"
	echo 2 >"$parameters/rows"
	all=$(query objects rows=0 | column address | wc -l)
	ktap_expect "rows with rows=0" gt 150 "$all" "all of them, whatever the parameter"
	ktap_expect "rows without rows=" eq 2 "$(query callers | column bytes | wc -l)" \
		"the parameter is the default"
	echo 40 >"$parameters/rows"
	for sort in bytes objects requested allocs frees; do
		query callers rows=0 sort="$sort" module=la_leaker | column "$sort" >"$ktap_tmp/sorted"
		ktap_expect "callers with sort=$sort" is "$(sort -rn "$ktap_tmp/sorted")" \
			"$(cat "$ktap_tmp/sorted")" "the largest come first"
	done
	query objects rows=0 sort=bytes | column bytes >"$ktap_tmp/sorted"
	ktap_expect "objects with sort=bytes" is "$(sort -rn "$ktap_tmp/sorted")" "$(cat "$ktap_tmp/sorted")"
}

# What stands in that column in place of a cache is picked by that.
by_what_is_no_cache()
{
	leaker_run leak page_frag 20
	# More than there are stacks of tasks that have ended.
	sleepers=
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		sleep 60 >/dev/null 2>&1 &
		sleepers="$sleepers $!"
	done
	for word in kernel_stack module page_frag; do
		ktap_expect "column cache with cache=$word" is "$word" \
			"$(query callers rows=0 since_mark=0 cache="$word" | column cache | sort -u)" "there are some"
		ktap_expect "column cache of objects with cache=$word" is "$word" \
			"$(query objects rows=0 cache="$word" | column cache | sort -u)" "there are some"
	done
	ktap_expect "callers with cache=page_frag" is "page_frag " "$(callers_of cache=page_frag)" \
		"no other of the leaker's"
	# shellcheck disable=SC2086 # a list of words
	kill $sleepers
	leaker_run free page_frag
}

# The keys of callers, on rows per stack.
stacks_too()
{
	leaker_run churn kmalloc_node 30
	ktap_expect "objects of stacks with caller=leak_kmalloc_const+" is 20 \
		"$(query stacks rows=0 since_mark=0 caller=leak_kmalloc_const+ | column objects)" \
		"one stack, one row"
	# Of what is the leaker's alone: others come and go.
	for keys in caller=leak_kmalloc_large+ module=la_leaker "module=la_leaker cache=kmalloc-96" \
		"module=la_leaker class=large" "module=la_leaker min_bytes=3000" \
		"module=la_leaker older_s=1" "module=la_leaker pid=$pid"; do
		# shellcheck disable=SC2086 # one word a key
		callers=$(query callers rows=0 since_mark=0 $keys | column caller | sort -u)
		# shellcheck disable=SC2086 # one word a key
		stacks=$(query stacks rows=0 since_mark=0 $keys | column caller | sort -u)
		ktap_expect "callers in stacks with $keys" is "$callers" "$stacks" "keys pick the same rows"
	done
	# What was allocated and freed from a stack that has no live object is in no row.
	for column in bytes objects requested; do
		ktap_expect "$column of the leaker in stacks" eq \
			"$(query callers rows=0 since_mark=0 module=la_leaker | column "$column" | sum)" \
			"$(query stacks rows=0 since_mark=0 module=la_leaker | column "$column" | sum)" \
			"callers are the sum of their stacks"
	done
	for column in bytes objects requested allocs frees; do
		query stacks rows=0 sort="$column" module=la_leaker | column "$column" >"$ktap_tmp/sorted"
		ktap_expect "stacks with sort=$column" is "$(sort -rn "$ktap_tmp/sorted")" \
			"$(cat "$ktap_tmp/sorted")" "the largest come first"
	done
	ktap_expect "rows with rows=2" eq 2 "$(query stacks rows=2 | column bytes | wc -l)"
	ktap_expect "rows without rows=" eq 10 "$(query stacks | column bytes | wc -l)" "that is the default"
	ktap_expect "rows with rows=0" gt 40 "$(query stacks rows=0 | column bytes | wc -l)" "all of them"
}

all_views()
{
	for view in callers ghost hooks objects samples slabs stacks stats suspects unloaded verdict wrappers; do
		ktap_expect "first line of query $view" like "^# leakacct $view 1 age=" \
			"$(query "$view" | head -n 1)" "each view can be asked for"
	done
	help=$(cat "$la/query")
	ktap_expect "query without a query" like '^callers .*caller=.*rows=' "$help" "views and keys"
	ktap_expect "query without a query" like '^verdict' "$help" "all views"
}

descriptors_are_apart()
{
	exec 7<>"$la/query"
	exec 8<>"$la/query"
	echo "callers caller=leak_kmalloc_const+" >&7
	echo "callers caller=leak_kmalloc_large+" >&8
	seven=$(cat <&7)
	eight=$(cat <&8)
	ktap_expect "answer on the first" like 'leak_kmalloc_const\+' "$seven"
	ktap_expect "answer on the first" unlike 'leak_kmalloc_large\+' "$seven" "that is the other's"
	ktap_expect "answer on the second" like 'leak_kmalloc_large\+' "$eight"
	ktap_expect "answer on the second" unlike 'leak_kmalloc_const\+' "$eight" "that is the other's"

	echo "stats" >&7
	again=$(cat <&7)
	ktap_expect "second answer on the first" like '^# leakacct stats 1 ' "$again" \
		"a write starts the answer afresh"
	ktap_expect "second answer on the first" unlike 'leak_kmalloc' "$again" "nothing of the last"

	# A write in the middle of an answer.
	echo "objects rows=0" >&8
	head -c 100 <&8 >/dev/null
	echo "hooks" >&8
	ktap_expect "answer after half an answer" like '^# leakacct hooks 1 ' "$(cat <&8)" \
		"a write starts the answer afresh"
	exec 7<&-
	exec 8<&-
}

ktap_plan 10
load
insmod ./la_leaker.ko
for path in kmalloc_const kmalloc_node kmalloc_node_const krealloc_in_place kmalloc_large \
	kmem_cache_alloc kmem_cache_alloc_bulk; do
	leaker_run leak $path 20
done
ktap_case "caller= picks by a part of the name" by_caller
ktap_case "module= picks by the module" by_module
ktap_case "cache= and class= pick by those" by_cache_and_class
ktap_case "min_bytes= and older_s= pick by size and age" by_size_and_age
ktap_case "pid= picks by who allocated" by_pid
ktap_case "rows= and sort= order and cut" rows_and_sort
ktap_case "stacks take the keys of callers" stacks_too
ktap_case "each view can be asked for" all_views
ktap_case "each open file has its own answer" descriptors_are_apart
ktap_case "cache= picks what is no cache" by_what_is_no_cache
ktap_end
