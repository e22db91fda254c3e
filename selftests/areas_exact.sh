#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# vmalloc and percpu areas: of a thousand, by every way to have one, objects and bytes are
# exact, also where huge pages were taken; none is left when they are freed, half of them
# in what counts as an interrupt. The kernel's own counters move by as much.
#
# One form, the same in make check and make check-all.
#
# Red when: the arguments on the stack are not copied (the caller is another one); the
# last huge page counts as what was asked for of it; who gets text for BPF programs is taken for a
# module's loader; vfree() itself is watched, which not all
# frees pass; percpu pointers that lie four bytes apart share a key; areas are sampled.
#
# Timeout: 200
. ./_ktap.sh
. ./_leakacct.sh

areas=1000
module=/sys/module/la_areas/parameters
# The stacks of the processes that read it.
noise_kb=256
# Of BPF programs.
pack_kb=2048

meminfo()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# row CLASS COLUMN: the sum of the callers of the module.
row()
{
	query callers module=la_areas class="$1" rows=0 since_mark=0 | column "$2" | sum
}

# all_kb CLASS: of everybody.
all_kb()
{
	query callers class="$1" rows=0 since_mark=0 | column bytes | sum | awk '{ print $1 / 1024 }'
}

# as_the_module_says CLASS
as_the_module_says()
{
	# shellcheck disable=SC2046 # a list of words
	set -- "$1" $(grep "^$1 " "$module"/plant)
	ktap_expect "live objects of $1" eq "$3" "$(row "$1" objects)" "so many were planted"
	ktap_expect "bytes asked for" eq "$4" "$(row "$1" requested)" "so it asked"
	ktap_expect "bytes taken" eq "$5" "$(row "$1" bytes)" "so much is mapped"
}

callers_are()
{
	ktap_expect "callers" is "area_kvmalloc area_percpu area_vmalloc area_vmalloc_node area_vzalloc" \
		"$(query callers module=la_areas rows=0 since_mark=0 | column caller | sed 's/+.*//' |
			sort -u | tr '\n' ' ' | sed 's/ $//')" "each is called in one function"
}

counters_agree()
{
	ktap_expect "kB of VmallocUsed beyond ours" le "$noise_kb" \
		"$(awk "BEGIN { d = $vmalloc_used - $vmalloc_ours; print int(d < 0 ? -d : d) }")" \
		"VmallocUsed grew by $vmalloc_used kB, ours by $vmalloc_ours kB"
}

# Percpu grows by pages for all CPUs: an area may find room in one that is there, or leave
# room behind it.
percpu_agrees()
{
	ktap_expect "kB that Percpu grew by" ge \
		"$(awk "BEGIN { print int($percpu_ours) - 512 }")" "$percpu_used" \
		"at most what was free in pages that were there is missing"
	ktap_expect "kB that Percpu grew by" le \
		"$(awk "BEGIN { print 2 * int($percpu_ours) + 512 }")" "$percpu_used" \
		"it fits with gaps"
}

plant_measured()
{
	grows=$(stat grows)
	vmalloc_used=$(meminfo VmallocUsed)
	vmalloc_ours=$(all_kb vmalloc)
	echo $areas >"$module"/plant || ktap_fail "expected room for $areas areas"
	vmalloc_used=$(($(meminfo VmallocUsed) - vmalloc_used))
	vmalloc_ours=$(awk "BEGIN { print $(all_kb vmalloc) - $vmalloc_ours }")
	[ "$(stat grows)" -eq "$grows" ]
}

# When the table grows it frees segments that are older than the hooks: once more then.
plant()
{
	plant_measured && return
	echo 0 >"$module"/plant
	plant_measured || ktap_diag "the table has grown twice"
}

# plant, and the same of percpu.
plant_first()
{
	percpu_used=$(meminfo Percpu)
	percpu_ours=$(all_kb percpu)
	echo $areas >"$module"/plant || ktap_fail "expected room for $areas areas"
	percpu_used=$(($(meminfo Percpu) - percpu_used))
	percpu_ours=$(awk "BEGIN { print $(all_kb percpu) - $percpu_ours }")
	echo 0 >"$module"/plant
}

no_objects()
{
	[ "$(row vmalloc objects)" -eq 0 ] && [ "$(row percpu objects)" -eq 0 ]
}

# A worker frees what was freed in an interrupt.
none_is_left()
{
	echo 0 >"$module"/plant
	ktap_poll 10 no_objects || true
	for class in vmalloc percpu; do
		ktap_expect "live objects of $class" eq 0 "$(row "$class" objects)" "all are freed"
	done
}

# Where it moves, the caller is the kernel's helper.
resized_row()
{
	query callers class=vmalloc rows=0 since_mark=1 |
		column "$1" 'col("caller") ~ /^(area_resized|k?vrealloc)/' | sum
}

# resized REQUESTED
resized()
{
	echo "$1" >"$module"/resize || ktap_fail "expected that it is resized to $1"
	ktap_expect "objects after $1" eq 1 "$(resized_row objects)" "it is one area"
	ktap_expect "bytes after $1" eq "$(cat "$module"/resize)" "$(resized_row bytes)" "so much is mapped"
}

resizing_is_exact()
{
	grep -q ' vrealloc_' /proc/kallsyms || { ktap_skip "this kernel has no vrealloc()"; return 4; }
	echo mark >"$la/control"
	resized 39000
	ktap_expect "bytes asked for" eq 39000 "$(resized_row requested)" "the same pages"
	resized 5000
	resized 100
	resized 100000
	ktap_expect "bytes asked for" eq 100000 "$(resized_row requested)" "a larger area"
	echo 0 >"$module"/resize
	ktap_expect "live objects" eq 0 "$(resized_row objects)" "it is freed"
}

labelled()
{
	query objects class=vmalloc rows=0 since_mark=0 | column cache "col(\"cache\") == \"$1\"" | wc -l
}

# The kernel keeps two stacks a CPU for the next tasks.
labels_are_right()
{
	before=$(labelled kernel_stack)
	i=0
	while [ "$i" -lt 30 ]; do
		sleep 60 &
		sleepers="$sleepers $!"
		i=$((i + 1))
	done
	# Stacks of those that came before may still be freed meanwhile.
	ktap_expect "kernel stacks" ge $((before + 10)) "$(labelled kernel_stack)" "30 tasks came"
	# shellcheck disable=SC2086 # a list of words
	kill $sleepers
	ktap_expect "areas of modules" ge 1 "$(labelled module)" "la_areas was loaded since"
}

kb_of_programs()
{
	echo $(($(query callers cache=bpf rows=0 since_mark=0 | column bytes | sum) / 1024))
}

is_ready_or_gone()
{
	grep -q ready "$ktap_tmp/out" || ! kill -0 "$holder"
}

programs_are_few()
{
	[ "$(kb_of_programs)" -le $((before + pack_kb)) ]
}

# Since 5.18 programs share packs of 2 MB, of which one may have been there, and one is kept.
# The processor's code is in them, and a header for each program.
programs_are_labelled()
{
	before=$(kb_of_programs)
	./_hold_memory programs 3072 >"$ktap_tmp/out" 2>&1 &
	holder=$!
	# Emulated, 7.x was seen to take longer, where others take seconds.
	ktap_poll 60 is_ready_or_gone || {
		kill "$holder"
		wait "$holder" 2>/dev/null || :
		ktap_skip "BPF programs of 3 MB take more than a minute to load"
		return 4
	}
	grep -q ready "$ktap_tmp/out" || {
		wait "$holder"
		[ $? -ne 4 ] || ktap_skip "no BPF programs here, or none is compiled" || return
		ktap_fail "expected that 3 MB of programs can be loaded: $(cat "$ktap_tmp/out")"
		return
	}
	read -r _ _ held <"$ktap_tmp/out"
	grown=$(($(kb_of_programs) - before))
	ktap_diag "BPF programs of $held kB took $grown kB of areas"
	ktap_expect "kB of areas of BPF programs" ge $((held - pack_kb)) "$grown" "so much was loaded"
	ktap_expect "kB of areas of BPF programs" le $((held * 3 / 2 + pack_kb)) "$grown" \
		"so much was loaded"
	kill "$holder"
	wait "$holder" 2>/dev/null || :
	ktap_poll 30 programs_are_few || :
	ktap_expect "kB of areas of BPF programs that are gone" le $((before + pack_kb)) \
		"$(kb_of_programs)" "at most a pack is kept"
}

# all_of WHAT
all_of()
{
	plant
	ktap_case "vmalloc areas are exact$1" as_the_module_says vmalloc
	ktap_case "percpu areas are exact$1" as_the_module_says percpu
	ktap_case "callers are who called$1" callers_are
	ktap_case "VmallocUsed moves by as much$1" counters_agree
	ktap_case "none is left when they are freed$1" none_is_left
	ktap_case "an area that is resized is exact$1" resizing_is_exact
}

# with PARAMETER: all of it once more.
with()
{
	rmmod la_areas
	reload "$1"
	insmod ./la_areas.ko
	all_of " with $1"
}

ktap_plan 27
load
insmod ./la_areas.ko
# The kernel keeps the chunks that it makes.
plant_first
ktap_case "Percpu moves by as much, but for whole pages" percpu_agrees
all_of ""
ktap_case "kernel stacks and modules are said to be such" labels_are_right
ktap_case "areas of BPF programs are said to be such" programs_are_labelled
with hooks=kprobe
with sample_interval=1048576
with stack_depth=0
ktap_end
