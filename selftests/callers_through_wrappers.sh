#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who allocates through kasprintf(), devm_kmalloc(), mempool_alloc(), alloc_skb(), sk_alloc()
# or kvmalloc() is the caller, not those; with stacks, without, and with kprobes. Which
# functions are passed over so can be changed through `control`.
#
# One form, the same in make check and make check-all.
#
# Red when: a free of what came through a wrapper is lost; a wrapper is not in the list, or not looked for where an event names it;
# without stacks the words of a chain are not compared, so that two callers of one wrapper
# are taken for one, or each event is unwound; what was remembered outlives a change of
# the list, or an object's caller changes with it; a wrapper outlives its module; a bad
# name is taken.
#
# Timeout: 240
. ./_ktap.sh
. ./_leakacct.sh

leak=/sys/module/la_wrap/parameters/leak
ways="kasprintf kasprintf_too devm_kmalloc mempool skb sock kvmalloc"

# leak WAY N
leak()
{
	echo "$*" >"$leak" || ktap_fail "expected that la_wrap can leak $*"
}

# live_of WAY: of an skb the data alone, as heads may come from a cache of the CPU's.
live_of()
{
	query callers "caller=plant_$1+" rows=0 since_mark=0 |
		column objects "$(of "plant_$1") && ($(skb_data "$1"))" | sum
}

skb_data()
{
	[ "$1" = skb ] && echo 'col("requested") > 1000 * col("objects")' || echo 1
}

# is_all_of WAY COLUMN BYTES: of its 200 objects.
is_all_of()
{
	ktap_expect "$2 of plant_$1" eq $((200 * $3)) \
		"$(query callers "caller=plant_$1+" rows=0 since_mark=0 | column "$2" | sum)" \
		"that is what each takes"
}

no_row()
{
	[ -z "$(query callers module=la_wrap rows=0 since_mark=0 | column caller)" ]
}

control()
{
	echo "$1" >"$la/control" || ktap_fail "expected success of '$1'"
}

# Two rounds: in the second what is remembered is taken.
planted_is_caller()
{
	insmod ./la_wrap.ko
	for round in 1 2; do
		for way in $ways; do
			leak "$way" 100
		done
		for way in $ways; do
			ktap_expect "live objects of plant_$way" eq $((round * 100)) \
				"$(live_of "$way")" "so often it called the wrapper"
		done
	done
	ktap_expect "callers in la_wrap" is \
		"$(echo "$ways" | tr ' ' '\n' | sed 's/^/plant_/' | sort)" \
		"$(query callers module=la_wrap rows=0 since_mark=0 | column caller |
			sed 's/+.*//' | grep -v la_wrap_init | sort -u)" "nobody else allocates there"
	# 227 letters and a zero byte; what others want beside that is theirs.
	is_all_of kasprintf requested 228
	is_all_of kasprintf bytes "$(slot_of 256)"
	is_all_of kvmalloc requested 227
	is_all_of kvmalloc bytes "$(slot_of 256)"
	rmmod la_wrap
	ktap_poll 20 no_row || ktap_fail "expected that nothing is live of what it has freed"
}

# Others in the system have new callers meanwhile, the more the slower it is.
is_remembered()
{
	insmod ./la_wrap.ko
	for way in $ways; do
		leak "$way" 10
		unwinds=$(stat stack_unwinds)
		leak "$way" 500
		ktap_expect "stack_unwinds by 500 of $way" lt 450 \
			$(($(stat stack_unwinds) - unwinds)) "the way was seen before"
	done
	rmmod la_wrap
}

# refused LINE ERROR BECAUSE
refused()
{
	ktap_expect_error "control '$1'" sh -c "echo '$1' >$la/control"
	ktap_expect "error of '$1'" like "$2" "$ktap_output" "$3"
}

# The wrappers of la_wrap that `query` shows.
own_wrappers()
{
	query wrappers | grep -c '^added .* \[la_wrap\]$'
}

added_by_name()
{
	insmod ./la_wrap.ko
	leak own 100
	expect_live la_wrap_own 100 "nobody said that it is a wrapper"
	control "wrapper la_wrap_own"
	ktap_expect "wrappers" eq 1 "$(own_wrappers)" "it was added"
	ktap_expect "control" like '^wrappers [0-9]+ added 1$' "$(cat "$la/control")" \
		"it was added"
	leak own 50
	expect_live plant_own 50 "it called the wrapper"
	expect_live la_wrap_own 100 "these are older than the change"
	leak own 50
	expect_live plant_own 100 "it called the wrapper"
	ktap_expect "stack_differences" eq 0 "$(stat stack_differences)" \
		"what was remembered before is forgotten"
	refused "wrapper la_wrap_own" "File exists" "it is one already"

	control "unwrapper la_wrap_own"
	ktap_expect "wrappers" eq 0 "$(own_wrappers)" "it was removed"
	leak own 50
	expect_live la_wrap_own 150 "it is a caller again"
	expect_live plant_own 100 "these are older than the change"
	refused "unwrapper la_wrap_own" "No such file" "it is none"
	rmmod la_wrap
}

# As well as one that was added.
listed_by_name()
{
	insmod ./la_wrap.ko
	before=$(live kasprintf)
	control "unwrapper kasprintf"
	leak kasprintf 300
	ktap_expect "live objects of kasprintf" ge 300 $(($(live kasprintf) - before)) \
		"it is a caller now"
	control "wrapper kasprintf"
	leak kasprintf 20
	expect_live plant_kasprintf 20 "it is none again"
	rmmod la_wrap
}

bad_names()
{
	insmod ./la_wrap.ko
	insmod ./la_first.ko objects=0
	insmod ./la_second.ko objects=0
	query wrappers | tail -n +2 >"$ktap_tmp/before"
	ktap_expect "wrappers" gt 100 "$(wc -l <"$ktap_tmp/before")" "those that are known"
	for name in nonsense la_wrap_ow la_wrap_ownn LA_WRAP_OWN . .cold _noprof \
		"$(printf '%0200d' 0)"; do
		refused "wrapper $name" "No such file|Invalid argument" "there is no such function"
	done
	refused "wrapper nr_kept" "No such file" "it is data"
	refused "wrapper jiffies" "No such file" "it is data"
	refused "wrapper twin_exit" "not unique" "two modules have one"
	refused "unwrapper __kmalloc" "busy" "large allocations would be counted twice"
	for line in wrapper "wrapper " unwrapper "wrapper a b" "wrapper la_wrap_own plant_own" \
		"wrapperla_wrap_own" "stop la_wrap_own"; do
		refused "$line" "Invalid argument" "that is no verb"
	done
	query wrappers | tail -n +2 >"$ktap_tmp/after"
	ktap_expect "wrappers" is "$(cat "$ktap_tmp/before")" "$(cat "$ktap_tmp/after")" \
		"nothing was changed"
	leak own 10
	expect_live la_wrap_own 10 "nothing was changed"
	rmmod la_first la_second la_wrap
}

unload_drops()
{
	insmod ./la_wrap.ko
	before=$(grep '^wrappers ' "$la/control")
	control "wrapper la_wrap_own"
	leak own 30
	expect_live plant_own 30 "it called the wrapper"
	rmmod la_wrap
	ktap_expect "control" is "$before" "$(grep '^wrappers ' "$la/control")" \
		"its text is gone"
	insmod ./la_wrap.ko
	leak own 30
	expect_live la_wrap_own 30 "where it lies now nobody said anything about"
	rmmod la_wrap
}

# Then a function of the kernel's stands between the page allocator and us, which calls all
# who listen.
listened_to_by_others()
{
	event=/sys/kernel/tracing/events/kmem/mm_page_alloc/enable
	[ -w "$event" ] || { ktap_skip "no event that could be enabled"; return 4; }
	insmod ./la_leaker.ko
	leaker_run leak alloc_page 100
	echo 1 >"$event"
	leaker_run leak alloc_page 100
	echo 0 >"$event"
	leaker_run leak alloc_page 100
	expect_live leak_alloc_page 300 "so many were asked of it"
	rmmod la_leaker
}

all_cases()
{
	ktap_case "who calls a wrapper is the caller$1" planted_is_caller
	[ "$1" = ", with kprobes" ] ||
		ktap_case "ways through wrappers are remembered$1" is_remembered
	ktap_case "a wrapper is added and removed by name$1" added_by_name
}

ktap_plan 12
load stack_check=1
all_cases ""
ktap_case "a known one is removed and added by name" listed_by_name
ktap_case "bad names are refused and change nothing" bad_names
ktap_case "a wrapper goes with its module" unload_drops
ktap_case "the caller is the same when others listen to the event" listened_to_by_others
reload stack_depth=0
all_cases ", without stacks"
reload hooks=kprobe
all_cases ", with kprobes"
ktap_end
