#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# leakacct is loaded and unloaded 20 times while all paths allocate and free on every CPU,
# a third of the time, as who unloads waits for all tasks ten times: no splat, and no memory
# is lost. This is the quick form; the long one does it 1,000 times on 6.1 and its RT kernel,
# which takes about an hour each, and 100 times elsewhere.
#
# Red when: a segment, a site or a name is not freed at the unload; a probe is not
# unregistered, or its handler runs on after that.
#
# Boots: onethread
# Timeout: 600
# Long: 12600
. ./_ktap.sh
. ./_leakacct.sh

churn=/sys/module/la_churn/parameters
cycles=20
slow=8	# seconds that two cycles take where only a few can be done, but for the long form
if [ -n "${LEAKACCT_LONG:-}" ]; then
	cycles=100
	slow=3600
	case $(uname -r) in 6.1.*) cycles=1000 ;; esac
fi
settled_cycle=10
# Readings differ by up to 200 kB without any leakacct; where that looks like a loss there
# are as many cycles again, in which a loss is twice as much.
limit_per_cycle=4	# kB

meminfo()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# What leakacct could lose, in kB, with the load at rest and nothing pending: the
# objects of the kmalloc caches, large kmallocs (what Slab has beside all slabs),
# per-CPU memory, and vmalloc areas but for task stacks and those freed lazily. Slabs
# as such would tell of the load: one object that lives on keeps a slab.
totals()
{
	shrink
	areas=$(awk '!/kernel_clone|unpurged|vm_map_ram/ { sum += $2 } END { print int(sum / 1024) }' \
		/proc/vmallocinfo)
	awk -v slab="$(meminfo Slab)" -v rest="$((areas + $(meminfo Percpu)))" \
		'/^kmalloc-/ { objects += $2 * $4 }
		 NR > 2 { pages += $15 * $6 }
		 END { print int(objects / 1024) + slab - 4 * pages + rest }' /proc/slabinfo
}

# The least of several readings, until it falls no further: what waits for RCU and
# for lazily freed areas is gone then.
settled()
{
	echo 0 >"$churn/run"
	least=$(totals)
	same=0
	while [ "$same" -lt 4 ]; do
		ktap_pass 1
		now=$(totals)
		if [ "$now" -lt "$least" ]; then
			least=$now
			same=0
		else
			same=$((same + 1))
		fi
	done
	echo 1 >"$churn/run"
	echo "$least"
}

# one_cycle [PARAMETER...]: every other time straight out again, while all is new.
one_cycle()
{
	insmod ./leakacct.ko "$@" || return 1
	[ $((cycle % 2)) -eq 0 ] || head -n 1 "$la/verdict" >/dev/null || return 1
	rmmod leakacct
}

# How long one takes is the kernel's: on 5.10 each ftrace_ops that goes waits for a
# second. Where one takes long there are fewer.
measure()
{
	read -r begin _ </proc/uptime
	cycle=1
	one_cycle && one_cycle || return 1
	read -r end _ </proc/uptime
	[ $((${end%.*} - ${begin%.*})) -lt "$slow" ] || cycles=$((settled_cycle + 10))
}

many_times()
{
	measure || ktap_fail "expected that a cycle works" || return 1
	read -r begin _ </proc/uptime
	for cycle in $(seq "$cycles"); do
		one_cycle || ktap_fail "expected that cycle $cycle works" || return 1
		[ "$cycle" -ne "$settled_cycle" ] || at_first=$(settled)
	done
	read -r end _ </proc/uptime
	ktap_diag "$cycles cycles took $((${end%.*} - ${begin%.*})) s"
	at_last=$(settled)
	ktap_expect "rounds of the load" ge "$(least $((10 * cycles)))" "$(cat "$churn/rounds")" "else it was no load"
}

once_more()
{
	ktap_diag "allocated: $at_first kB after $settled_cycle cycles, $at_last kB after $total"
	for cycle in $(seq "$cycles"); do
		one_cycle || ktap_fail "expected that cycle $cycle works" || return 1
	done
	at_last=$(settled)
	total=$((total + cycles))
}

no_memory_is_lost()
{
	total=$cycles
	# Where they take long there are too few of them.
	[ "$cycles" -ge 50 ] || limit_per_cycle=16
	[ $((at_last - at_first)) -lt $(((total - settled_cycle) * limit_per_cycle)) ] ||
		once_more || return 1
	ktap_diag "allocated: $at_first kB after $settled_cycle cycles, $at_last kB after $total"
	ktap_expect "growth of what is allocated in kB" lt \
		$(((total - settled_cycle) * limit_per_cycle)) $((at_last - at_first)) \
		"cycles $settled_cycle to $total may lose below $limit_per_cycle kB each"
}

nothing_is_left()
{
	ktap_expect "kprobes" unlike 'leakacct' "$(cat /sys/kernel/debug/kprobes/list)" \
		"all were unregistered"
	ktap_expect "ftrace" unlike 'leakacct' \
		"$(cat /sys/kernel/tracing/enabled_functions)" "all were unregistered"
	[ ! -e "$la" ] || ktap_fail "expected that the debugfs directory is gone"
}

with_kprobes()
{
	for cycle in 1 2 3; do
		one_cycle hooks=kprobe || ktap_fail "expected that cycle $cycle works" || return 1
	done
	nothing_is_left
}

ktap_plan 4
insmod ./la_churn.ko areas=1 rest=2
ktap_case "$cycles cycles under load, or fewer" many_times
ktap_case "no memory is lost by a cycle" no_memory_is_lost
ktap_case "no probe or file is left" nothing_is_left
ktap_case "cycles with kprobes leave nothing either" with_kprobes
ktap_end
