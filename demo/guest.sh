#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo, inside the guest: real programs run beside a driver that leaks now and
# then; leakacct says who it is.
#
# usage: guest.sh [SECONDS]     of load, 16 by default
#
# Starts in a directory with leakacct.ko, tspkt.ko and the reader. Its status is 0
# when leakacct named the driver and counted just as many objects as the driver
# itself says that it forgot.

seconds=${1:-16}
la=/sys/kernel/debug/leakacct
tspkt=/sys/module/tspkt/parameters
work=/tmp/demo
port=5004
PATH=$PATH:.
export NO_COLOR=1

uptime_s()
{
	cut -d . -f 1 /proc/uptime
}

begin=$(uptime_s)

say()
{
	printf '[%3d s] %s\n' $(($(uptime_s) - begin)) "$*"
}

title()
{
	printf '\n=== %s\n' "$*"
}

# Shows a command, then runs it.
show()
{
	printf '\n# %s\n' "$*"
	"$@"
}

# --- load ---------------------------------------------------------------------

files()
{
	mkdir -p "$work/tree"
	for i in $(seq 60); do
		mkdir -p "$work/tree/$((i % 7))"
		head -c $((i * 300)) /dev/urandom >"$work/tree/$((i % 7))/$i"
	done
	tar -cf "$work/tree.tar" -C "$work" tree
	rm -rf "$work/tree"
	tar -xf "$work/tree.tar" -C "$work"
	find "$work/tree" -type f -exec cat {} + | wc -c >/dev/null
	find "$work/tree" -name '*3' | sort >/dev/null
	rm -rf "$work/tree" "$work/tree.tar"
}

processes()
{
	for _ in $(seq 40); do
		/bin/busybox true
	done
	ps | awk '{ n++ } END { exit !n }'
}

# One connection for all the time, as a stream has.
traffic()
{
	nc -l -p "$port" >/dev/null &
	listener=$!
	until grep -q "$(printf ':%04X [^ ]* 0A ' "$port")" /proc/net/tcp* || [ -e $work/over ]; do
		sleep 0.1
	done
	until_over stream | nc 127.0.0.1 "$port"
	kill $listener 2>/dev/null
}

stream()
{
	head -c 40000 /dev/zero
	sleep 0.02
}

until_over()
{
	while [ ! -e $work/over ]; do
		"$@"
	done
}

# Is the driver a suspect, and does the verdict say so?
named()
{
	grep -q 'tspkt_rx+.*\[tspkt\]' $la/suspects && grep -q '^LEAK SUSPECTED' $la/verdict &&
		grep -q 'tspkt_rx+' $la/verdict
}

run_load()
{
	rm -f $work/over
	until_over files &
	until_over processes &
	traffic &
	ping -q -s 1400 -i 0.01 127.0.0.1 >/dev/null &
	pings=$!
	end=$(($(uptime_s) + seconds))
	# On a slow machine it can take some looks more.
	while [ "$(uptime_s)" -lt $end ] || { ! named && [ "$(uptime_s)" -lt $((end + 60)) ]; }; do
		sleep 2
		say "load runs: $(cat $tspkt/received) packets came," \
			"$(sed -n 's/^processes //p' /proc/stat) processes were started"
	done
	: >$work/over
	kill $pings
	wait
}

# --- the show -----------------------------------------------------------------

# field NAME: its first value in the JSON on stdin.
field()
{
	sed 's/[{,]/\n/g' | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*[^\" ]\).*/\1/p" | head -n 1
}

# What the driver itself knows, and what leakacct counts. Packets that the driver
# has queued are freed a moment after the last one came.
compare()
{
	leaked=$(cat "$tspkt/leaked")
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		counted=$(leakacct callers --caller tspkt_rx+ --cache "$cache" --json | field objects)
		[ "$counted" != "$leaked" ] || break
		sleep 0.3
	done
	title "The driver says that it forgot $leaked packets; leakacct counts ${counted:-none} live in tspkt_rx."
	[ "$counted" = "$leaked" ] && [ "$leaked" -gt 0 ]
}

mkdir -p $work
say "loading leakacct (a look for suspects every 2 s, lists of 10 rows)"
insmod ./leakacct.ko look_s=2 rows=10 || exit
say "loading the driver tspkt: it forgets one packet in 50, a TSPacket and its skb"
insmod ./tspkt.ko || exit
say "running load for $seconds s: files in tmpfs, many processes, traffic over loopback"
run_load
say "the load is over; the driver forwarded $(cat $tspkt/forwarded) of $(cat $tspkt/received) packets"

# SLUB has merged TSPacket with other caches of 72 bytes: this is the real one.
cache=$(leakacct slabs --cache TSPacket --json | field cache)

title "cat $la/*"
for file in "$la"/*; do
	printf '\n==> %s <==\n' "${file##*/}"
	cat "$file"
done

title "The same by the reader, in the order in which one asks"
show leakacct verdict
show leakacct suspects
show leakacct callers --rows 10
show leakacct objects --module tspkt --rows 5
show leakacct slabs --cache TSPacket

status=0
compare || status=1
named || status=1
rmmod tspkt
rmmod leakacct
rm -rf $work
if [ $status -eq 0 ]; then
	echo "=== The leak was found: tspkt_rx() in the module tspkt, $leaked objects of $cache."
else
	echo "=== FAILED: leakacct did not name tspkt_rx with the right count."
fi
exit $status
