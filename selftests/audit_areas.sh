#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The audit of large kmallocs and of vmalloc areas: what was freed while no kprobe was on loses
# its record, and what lives between it stays. A look that may accuse a caller audits it first:
# who frees all that it takes is no suspect, though nobody sees that, and who keeps as much is.
#
# One form, the same in make check and make check-all.
#
# Red when: an audit passes over a class; a live area or large kmalloc is taken for one of its
# free neighbours; what is removed is not counted by its class; a look accuses without asking
# the allocator, or asks of slabs alone.
#
# Timeout: 240
. ./_ktap.sh
. ./_leakacct.sh

kprobes=/sys/kernel/debug/kprobes/enabled
planted=200
# What somebody else has by now as just such a one, given to him before the kprobes were back.
# While a kprobe is armed on each path that is some, and a path that is passed over has 100.
others=25
# Survivors are there from the third look on: four windows of growth, and more.
looks=11

# no_kprobes COMMAND...: done while no probe of ours is there.
no_kprobes()
{
	echo 0 >"$kprobes"
	"$@"
	echo 1 >"$kprobes"
}

# held CLASS PATH: by their records. What describes an area is of another class.
held()
{
	query callers caller="leak_$2+" class="$1" rows=0 since_mark=0 | column objects | sum
}

thin_all()
{
	for path in $paths; do
		leaker_run thin "$path"
	done
}

# unseen_frees_are_found CLASS PATH...
unseen_frees_are_found()
{
	class=$1
	shift
	paths=$*
	kept=$((planted / 2))
	for path in $paths; do
		leaker_run leak "$path" "$planted"
	done
	removed=$(stat "audit_removed_$class")
	audited=$(stat "audited_$class")
	no_kprobes thin_all
	false_live=0
	for path in $paths; do
		n=$(held "$class" "$path")
		# Of a few the memory is another's by now, who was seen.
		ktap_expect "objects of leak_$path, half of them freed" ge $((kept + kept / 2)) "$n" \
			"nobody saw that"
		false_live=$((false_live + n - kept))
	done
	echo audit >"$la/control" || ktap_fail "expected that an audit succeeds"
	for path in $paths; do
		n=$(held "$class" "$path")
		ktap_expect "objects of leak_$path" ge "$kept" "$n" "so many live"
		ktap_expect "objects of leak_$path" le $((kept + others)) "$n" "the others are free"
	done
	removed=$(($(stat "audit_removed_$class") - removed))
	ktap_diag "$false_live false ones of $(($# * kept)) freed, $removed removed"
	ktap_expect "growth of audit_removed_$class" ge $((false_live * 9 / 10)) "$removed" \
		"but for what was seen to be somebody's meanwhile"
	ktap_expect "growth of audit_removed_$class" le $((false_live + others)) "$removed" \
		"a quiet machine frees few of its own"
	ktap_expect "growth of audited_$class" ge $((removed + $# * kept)) \
		$(($(stat "audited_$class") - audited)) "each was asked for"
	ktap_expect "the verdict" like \
		"asked [0-9]+ times .* were free and are removed: .*$(stat "audit_removed_$class") $class" \
		"$(cat "$la/verdict")" "it says what was removed"
	audited_again
}

audited_again()
{
	removed=$(stat "audit_removed_$class")
	echo audit >"$la/control" || ktap_fail "expected that an audit succeeds"
	ktap_expect "growth of audit_removed_$class, the second time" le "$others" \
		$(($(stat "audit_removed_$class") - removed)) "what is left lives"
}

threshold()
{
	sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$la/suspects"
}

# score CLASS PATH: 0 when it has no row.
score()
{
	query suspects rows=0 caller="leak_$2+" class="$1" | column score "$(of "leak_$2")" |
		awk '{ if ($1 > s) s = $1 } END { print s + 0 }'
}

# Somebody takes the memory of the large ones, so that it does not come to the next of them, whose
# allocation would be seen. Addresses of areas do not come again so soon.
free_all()
{
	leaker_run free vmalloc
	leaker_run free kmalloc_large
	leaker_run leak alloc_pages_2 $((n * 2))
}

# step NUMBER: two who keep what they take, two who give it back unseen, and a look.
step()
{
	n=$((20 + $1 * 7 % 11))
	leaker_run leak vzalloc $((20 + $1 * 3 % 11))
	leaker_run leak kmalloc_large_variable $((20 + $1 * 5 % 11))
	leaker_run leak vmalloc "$n"
	leaker_run leak kmalloc_large "$n"
	no_kprobes free_all
	echo look >"$la/control"
}

# higher A B
higher()
{
	echo $(($1 > $2 ? $1 : $2))
}

unseen_frees_are_no_leak()
{
	leaker_run free all
	leaker_run free all_vmalloc
	echo clear >"$la/control"
	limit=$(threshold)
	ktap_expect "threshold" gt 0 "$limit" "suspects states it"
	removed_large=$(stat audit_removed_large)
	removed_vmalloc=$(stat audit_removed_vmalloc)
	large=0
	vmalloc=0
	total=0
	for i in $(seq "$looks"); do
		step "$i"
		total=$((total + n))
		large=$(higher "$large" "$(score large kmalloc_large)")
		vmalloc=$(higher "$vmalloc" "$(score vmalloc vmalloc)")
	done
	removed_large=$(($(stat audit_removed_large) - removed_large))
	removed_vmalloc=$(($(stat audit_removed_vmalloc) - removed_vmalloc))
	ktap_diag "of $total each, looks removed $removed_large large ones and $removed_vmalloc areas"
	ktap_expect "highest score of leak_kmalloc_large" lt "$limit" "$large" "it frees all"
	ktap_expect "highest score of leak_vmalloc" lt "$limit" "$vmalloc" "it frees all"
	# Five of these steps were over when they were about to be suspects, not the last of them.
	ktap_expect "growth of audit_removed_large" ge 60 "$removed_large" "the looks found that out"
	ktap_expect "growth of audit_removed_vmalloc" ge 60 "$removed_vmalloc" "the looks found that out"
}

kept_ones_are()
{
	ktap_expect "score of leak_kmalloc_large_variable" ge "$limit" \
		"$(score large kmalloc_large_variable)" "it frees none"
	ktap_expect "score of leak_vzalloc" ge "$limit" "$(score vmalloc vzalloc)" "it frees none"
}

ktap_plan 4
load hooks=kprobe
insmod ./la_leaker.ko
ktap_case "large kmallocs whose free nobody saw are removed" \
	unseen_frees_are_found large kmalloc_large kmalloc_large_node kmalloc_large_variable
ktap_case "areas whose free nobody saw are removed" \
	unseen_frees_are_found vmalloc vmalloc vzalloc vmalloc_node kvfree
ktap_case "who frees unseen is audited before it is a suspect" unseen_frees_are_no_leak
ktap_case "who keeps as much is a suspect" kept_ones_are
ktap_end
