#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The measurements, inside the guest. Run by run.sh, which says what to measure in
# /etc/bench: the variables parts= rows= workloads= sizes=.
#
# Prints "@ PART ROW ..." lines for tables.awk, and others for the reader.

parts="" rows="" workloads=""
sizes="10000 1000000 10000000"
# shellcheck source=/dev/null # run.sh writes it
. /etc/bench
la=/sys/kernel/debug/leakacct
bench=/sys/module/la_bench/parameters
tracing=/sys/kernel/tracing
operations="kmalloc kmalloc_var cache bulk kfree_rcu page split"
# What lives at least while a peer, which has no table to fill, is measured.
planted_beside=100000

die()
{
	echo "guest.sh: $*" >&2
	exit 1
}

# stat NAME: of leakacct.
stat()
{
	sed -n "s/^$1 //p" $la/stats
}

# --- the rows -----------------------------------------------------------------

# Looks are made by time, not by work: their cost is a part of its own.
load()
{
	insmod ./leakacct.ko look_s=3600 "$@" || die "cannot load leakacct $*"
	for argument in "$@"; do
		[ ! -e "/sys/module/leakacct/parameters/${argument%%=*}" ] || continue
		rmmod leakacct
		why="no ${argument%%=*}"
		return 1
	done
}

events()
{
	for event in kmalloc kfree kmem_cache_alloc kmem_cache_free; do
		echo "$1" >$tracing/events/kmem/$event/enable || die "no event $event"
	done
}

# It is attached when it sleeps until its first report, which nobody awaits.
memleak_begin()
{
	if [ ! -e /memleak/memleak ]; then
		why="not fetched"
		return 1
	fi
	/memleak/ld.so --library-path /memleak/lib /memleak/memleak 1000000 >/tmp/memleak.log 2>&1 &
	memleak=$!
	for _ in $(seq 120); do
		! grep -q nanosleep /proc/$memleak/wchan 2>/dev/null || return 0
		sleep 1
	done
	cat /tmp/memleak.log >&2
	die "memleak does not begin"
}

memleak_end()
{
	kill "$memleak"
	wait "$memleak"
}

# row_begin ROW: it measures from now on. Fails if that is not to be had here.
row_begin()
{
	case $1 in
	bare | bare-again | slub-debug)	;;
	caller)		load stack_depth=0 ;;
	stacks)		load ;;
	sampled)	load sample_interval=524288 ;;
	kprobe)		load hooks=kprobe ;;
	tracepoints)	echo 1 >$bench/probes ;;
	ftrace)		events 1 ;;
	ftrace-stacks)	echo 1 >$tracing/options/stacktrace && events 1 ;;
	memleak)	memleak_begin ;;
	*)		die "no row '$1'" ;;
	esac
}

row_end()
{
	echo 0 >$bench/plant
	case $1 in
	caller | stacks | sampled | kprobe)	rmmod leakacct || die "cannot unload leakacct" ;;
	tracepoints)	echo 0 >$bench/probes ;;
	ftrace*)	events 0; echo 0 >$tracing/options/stacktrace; echo >$tracing/trace ;;
	memleak)	memleak_end ;;
	esac
	echo 1 >$bench/settle
}

# --- parts --------------------------------------------------------------------

# Fills the table to 75 %, but for what the measurements hold. It may grow on the
# way, in the background; then the next size is filled.
fill()
{
	if [ ! -e $la ]; then
		echo $planted_beside >$bench/plant
		return
	fi
	capacity=
	until [ "$capacity" = "$(stat objects_capacity)" ]; do
		capacity=$(stat objects_capacity)
		more=$((capacity * 3 / 4 - 1024 - $(stat objects_live)))
		# Sampled objects are few, whatever lives.
		[ "$1" != sampled ] || more=$planted_beside
		[ "$more" -le 0 ] || echo "$more" >$bench/plant
		sleep 5
	done
}

# pairs ROW TABLE
pairs()
{
	if [ -e $la ]; then
		table="$(stat objects_live) $(stat objects_capacity)"
	else
		table="$(cat $bench/plant) -"
	fi
	for operation in $operations; do
		echo "$operation" >$bench/run || die "cannot run $operation"
		echo "@ pairs $1 $2 $operation $(cat $bench/run) $table"
	done
}

# dropped PART ROW: events that leakacct has not accounted in full.
dropped()
{
	[ -e $la ] || return 0
	n=0
	for name in refused hooks_missed nmi_lost sites_refused tasks_refused stacks_refused; do
		value=$(stat $name)
		n=$((n + ${value:-0}))
	done
	echo "@ dropped $1 $2 $n"
}

# Before the first row SLUB has fewer slabs at hand.
part_pairs()
{
	[ "$1" != bare ] || pairs "$1" warm-up >/dev/null
	pairs "$1" empty
	fill "$1"
	pairs "$1" full
	dropped pairs "$1"
}

# The first run is told apart. Before the first row the kernel's own caches are
# not warm either, of names and inodes above all.
part_workloads()
{
	tries="cold warm"
	[ "$1" != bare ] || tries="cold warm-up warm"
	for workload in $workloads; do
		for try in $tries; do
			result=$(./workload "$workload") || die "$workload failed"
			[ "$try" = warm-up ] || echo "@ workloads $1 $try $result"
		done
	done
	dropped workloads "$1"
}

# sizes_pairs ROW LIVE
sizes_pairs()
{
	for operation in kmalloc kmalloc_var; do
		echo "$operation" >$bench/run || die "cannot run $operation"
		echo "@ sizes $1 $2 pair $operation $(cat $bench/run)"
	done
}

# Waits until the table has grown, a minute without growth.
grown()
{
	capacity=
	until [ "$capacity" = "$(stat objects_capacity)" ]; do
		capacity=$(stat objects_capacity)
		sleep 60
	done
}

# part_sizes ROW: each size has a load of its own, but for bare, which has one.
part_sizes()
{
	if [ ! -e $la ]; then
		sizes_pairs "$1" 0
		return
	fi
	row_end "$1"
	echo "8 64" >$bench/sizes
	for n in $sizes; do
		insmod ./leakacct.ko || die "cannot load leakacct"
		own=$(stat own_bytes)
		echo "$n" >$bench/plant || die "cannot take $n objects"
		grown
		for name in objects_live objects_capacity objects_max refused own_bytes memory_stacks; do
			echo "@ sizes $1 $n stat $name $(stat $name)"
		done
		echo "@ sizes $1 $n stat own_empty $own"
		# Looks for suspects go on here, the larger the table the more seldom; reads
		# are measured without them.
		echo "@ sizes $1 $n idle $(./workload idle 600)"
		echo 3600 >/sys/module/leakacct/parameters/look_s
		sleep 300
		sizes_pairs "$1" "$n"
		for file in "$la"/*; do
			case ${file##*/} in
			control | query)	continue ;;
			esac
			sleep 2
			echo "@ sizes $1 $n read ${file##*/} $(./workload read "$file")"
		done
		row_end "$1"
	done
	echo "64 64" >$bench/sizes
	load
}

# One operation in steps, after each has run often.
part_profile()
{
	for operation in $operations; do
		echo "$operation" >$bench/run || die "cannot run $operation"
	done
	fill "$1"
	for operation in $operations; do
		echo "$operation" >$bench/steps || die "cannot step through $operation"
		sed "s/^/@ profile $1 $operation /" /sys/kernel/debug/la_bench_steps
	done
}

insmod ./la_bench.ko || die "cannot load la_bench"
for part in $parts; do
	for row in $rows; do
		why=
		if row_begin "$row"; then
			"part_$part" "$row"
			row_end "$row"
		else
			echo "@ $part $row - $why"
		fi
	done
done
rmmod la_bench
echo "@ end"
