#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Stacks of objects that are allocated through a chain of calls that is known:
# each frame in its order, and each object on its stack, from a process, a softirq
# and a hard interrupt, and through a function that aligns its stack.
#
# Red when: la_unwind() drops or adds a frame; a chain is taken for another one of
# the same caller; what is above a frame pointer is compared at a fixed distance, or
# not remembered; sites forget the context; frames are named when they are read;
# stacks of unloaded modules stand in the way of new ones.
. ./_ktap.sh
. ./_leakacct.sh

leak=/sys/module/la_stack/parameters/leak
chain="la_stack_f6 la_stack_f5 la_stack_f4 la_stack_f3 la_stack_f2 la_stack_f1"
ways="task:101 softirq:102 hardirq:103 pad8:104 pad16:105 shift:106"
total=621
hardirqs=103
if is_realtime; then
	ways=$(echo "$ways" | sed 's/ hardirq:103//')
	total=518
	hardirqs=0
fi

# leak_all: by each way so many; first one object of each, so that stacks which
# begin alike are told apart before they are seen a second time.
leak_all()
{
	for way in $ways; do
		echo "${way%:*} 1" >"$leak"
	done
	for way in $ways; do
		echo "${way%:*} $((${way#*:} - 1))" >"$leak"
	done
}

# flat VIEW [KEY=VALUE...]: a line a stack: OBJECTS: FRAME, FRAME, ... without offsets.
flat()
{
	query "$@" module=la_stack rows=0 since_mark=0 |
		sed 's|+0x[0-9a-f]*/0x[0-9a-f]*||' | awk '
		/^#/ { next }
		/^    / {
			sub(/^    /, "")
			line = line (frames++ ? ", " : " ") $0
			next
		}
		{
			if (line)
				print line
			line = $2 ":"
			frames = 0
		}
		END { if (line) print line }'
}

# objects REGEX: in the stacks whose line in $ktap_tmp/flat matches.
objects()
{
	grep -E "$1" "$ktap_tmp/flat" | sum
}

# expected SUFFIX FUNCTION...: frames of la_stack as `flat` shows them.
expected()
{
	suffix=$1
	shift
	for function in "$@"; do
		printf '%s \\[la_stack\\]%s, ' "$function" "$suffix"
	done
}

# of_way WAY [SUFFIX]: a regex of all frames of that way.
of_way()
{
	task_end='param_attr_store, .*, do_syscall_64$'
	case $1 in
	task)	outer="la_stack_from_task leak_by_task set_leak"; end=$task_end ;;
	softirq) outer=la_stack_from_timer; end='call_timer_fn, .*, \(softirq\)$' ;;
	hardirq) outer=la_stack_from_hrtimer; end='__hrtimer_run_queues, .*, \(hardirq\)$' ;;
	*)	outer="la_stack_aligned la_stack_$1 leak_by_$1 set_leak"; end=$task_end ;;
	esac
	# shellcheck disable=SC2086 # a word a function
	printf '^[0-9]+: %s%s\n' "$(expected "${2:-}" $chain $outer)" "$end"
}

# way_is_exact WAY N [SUFFIX]
way_is_exact()
{
	regex=$(of_way "$1" "${3:-}")
	ktap_expect "objects on the stack of $1" eq "$2" "$(objects "$regex")" \
		"so many were leaked there" || grep -E "$(outer_of "$1")" "$ktap_tmp/flat" | ktap_diag
	ktap_expect "stacks of $1" eq "$(grep -Ec "$regex" "$ktap_tmp/flat")" \
		"$(grep -Ec "$(outer_of "$1") " "$ktap_tmp/flat")" "no stack of it looks otherwise"
	case $1 in
	softirq | hardirq)
		;;	# what they interrupt, or what runs them, is not ours
	*)
		ktap_expect "stacks of $1" eq 1 "$(grep -Ec "$regex" "$ktap_tmp/flat")" \
			"all came the same way"
		;;
	esac
}

outer_of()
{
	case $1 in
	task)	echo la_stack_from_task ;;
	softirq) echo la_stack_from_timer ;;
	hardirq) echo la_stack_from_hrtimer ;;
	*)	echo "la_stack_$1" ;;
	esac
}

processes_have_no_context()
{
	ktap_expect "objects in no interrupt" eq $((total - 102 - hardirqs)) \
		"$(grep -Ev '\((softirq|hardirq|nmi)\)$' "$ktap_tmp/flat" | sum)" \
		"all but what the two timers leaked"
}

callers_are_sums()
{
	query callers module=la_stack rows=0 since_mark=0 >"$ktap_tmp/callers"
	query stacks module=la_stack rows=0 since_mark=0 | grep -v '^    ' >"$ktap_tmp/stacks"
	ktap_expect "callers" is 1 "$(column caller <"$ktap_tmp/callers" | wc -l)" \
		"la_stack allocates in one place"
	ktap_expect "stacks" ge "$(echo "$ways" | wc -w)" "$(column caller <"$ktap_tmp/stacks" | wc -l)" \
		"there are six ways"
	ktap_expect "objects" eq "$total" "$(column objects <"$ktap_tmp/callers")" \
		"so many were leaked"
	for name in bytes objects requested allocs frees; do
		ktap_expect "$name of the caller" eq "$(column "$name" <"$ktap_tmp/stacks" | sum)" \
			"$(column "$name" <"$ktap_tmp/callers")" "it is the sum of its stacks'"
	done
}

# On 6.12 the allocator's own functions align their stacks. A stack on which another
# such function is further up, and none in between has saved its frame pointer, is
# unwound each time; that must be admitted. Arguments: unwinds.
never_is()
{
	grep -q ' __kmalloc_cache_noprof' /proc/kallsyms && [ "$1" -ge 1000 ] || return 1
	ktap_expect "stack_unremembered" ge 1000 $(($(stat stack_unremembered) - unremembered)) \
		"this kernel's allocator is in the way"
}

# Of 1,000 allocations most are remembered; the rest of the system may have new
# stacks meanwhile.
is_remembered()
{
	for way in $ways; do
		unwinds=$(stat stack_unwinds)
		checks=$(stat stack_checks)
		unremembered=$(stat stack_unremembered)
		echo "${way%:*} 1000" >"$leak"
		case $way in
		pad* | shift*)	! never_is "$(($(stat stack_unwinds) - unwinds))" || continue ;;
		esac
		ktap_expect "stack_unwinds by 1000 of ${way%:*}" lt 900 \
			$(($(stat stack_unwinds) - unwinds)) "the stack was seen before"
		ktap_expect "stack_checks by 1000 of ${way%:*}" ge 1000 \
			$(($(stat stack_checks) - checks)) "stack_check=1: each is unwound as well"
	done
	ktap_expect "stack_differences" eq 0 "$(stat stack_differences)" \
		"no stack was taken for another"
}

# The 32 stacks have the same functions at the same distances; each two of them
# differ in one return address at least.
one_word_differs()
{
	echo "places 3200" >"$leak"
	flat stacks | grep leak_by_places >"$ktap_tmp/flat"
	ktap_expect "stacks" eq 32 "$(wc -l <"$ktap_tmp/flat")" "five functions have two places each"
	ktap_expect "objects of each" is 100: "$(cut -d ' ' -f 1 "$ktap_tmp/flat" | sort -u)" \
		"they were leaked in turn"
	ktap_expect "stack_differences" eq 0 "$(stat stack_differences)" \
		"no stack was taken for another"
}

unloaded_keeps_names()
{
	rmmod la_stack
	insmod ./la_stack.ko keep=1
	leak_all
	rmmod la_stack
	flat stacks >"$ktap_tmp/flat"
	for way in $ways; do
		way_is_exact "${way%:*}" "${way#*:}" ' \(unloaded\)'
	done
	ktap_expect "frames" unlike '\[la_stack\](,|$)' "$(cat "$ktap_tmp/flat")" \
		"the module is gone from every stack"
}

# Each time its text is at the same address, so frames are the same numbers.
many_lives()
{
	for _ in $(seq 20); do
		insmod ./la_first.ko objects=1
		rmmod la_first
	done
	ktap_expect "stacks of leak_of_first with a second frame" eq 20 \
		"$(query stacks module=la_first rows=0 since_mark=0 | grep -c '^    twin_init+')" \
		"each life has its own"
	ktap_expect "stacks_refused" eq 0 "$(stat stacks_refused)" "there was room"
}

four_frames()
{
	reload stack_depth=4
	insmod ./la_stack.ko
	leak_all
	flat stacks >"$ktap_tmp/flat"
	four=$(expected '' la_stack_f6 la_stack_f5 la_stack_f4 la_stack_f3)
	ktap_expect "stacks" eq $((hardirqs ? 3 : 2)) "$(wc -l <"$ktap_tmp/flat")" \
		"four frames are the same of all ways, contexts are not"
	ktap_expect "objects of processes" eq $((total - 102 - hardirqs)) \
		"$(objects "^[0-9]+: $four\\.\\.\\.\$")" "four frames, and the rest was cut"
	ktap_expect "objects of the softirq" eq 102 \
		"$(objects "^[0-9]+: $four\\.\\.\\., \\(softirq\\)\$")" "likewise"
	ktap_expect "objects of the hardirq" eq "$hardirqs" \
		"$(objects "^[0-9]+: $four\\.\\.\\., \\(hardirq\\)\$")" "likewise"
	rmmod la_stack
}

caller_alone()
{
	reload stack_depth=0
	insmod ./la_stack.ko
	leak_all
	flat stacks >"$ktap_tmp/flat"
	ktap_expect "objects with the caller as their only frame" eq "$total" \
		"$(objects '^[0-9]+: la_stack_f6 \[la_stack\]$')" "stacks are not taken"
	ktap_expect "all objects" eq "$total" "$(objects .)" "so many were leaked"
	ktap_expect "stack_unwinds" lt 300 "$(stat stack_unwinds)" \
		"only where a wrapper is called, and there once a way"
	rmmod la_stack
}

too_deep()
{
	reload stack_depth=32
	rmmod leakacct
	echo "leakacct-test: too deep" >/dev/kmsg
	ktap_expect_error "insmod with stack_depth=33" insmod ./leakacct.ko stack_depth=33
	ktap_expect "kernel log" like 'leakacct: stack_depth=33: a number from 0 to 32 is needed' \
		"$(dmesg | sed '1,/leakacct-test: too deep/d')" "it says what is good"
}

ktap_plan $((9 + $(echo "$ways" | wc -w)))
# Some kernels have one more frame below write(), and 17 in all.
load stack_check=1 stack_depth=24
insmod ./la_stack.ko
leak_all
flat stacks >"$ktap_tmp/flat"
for way in $ways; do
	ktap_case "frames and objects by ${way%:*} are exact" way_is_exact "${way%:*}" "${way#*:}"
done
ktap_case "only interrupts have a context" processes_have_no_context
ktap_case "a caller's row is the sum of its stacks" callers_are_sums
ktap_case "stacks are remembered, aligned ones too" is_remembered
ktap_case "stacks that differ in one return address are told apart" one_word_differs
ktap_case "frames of an unloaded module keep their names" unloaded_keeps_names
ktap_case "20 lives of a module have 20 stacks" many_lives
ktap_case "stack_depth=4 shows four frames and that there are more" four_frames
ktap_case "stack_depth=0 shows the caller" caller_alone
ktap_case "stack_depth=33 is refused with a reason" too_deep
ktap_end
