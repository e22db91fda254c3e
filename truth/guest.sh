#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of check-truth.sh: load leakacct, run the load, and wait at three
# points, where the host takes a dump and then sends a line, and at the end for a line.
#
# Prints "@ KEY ..." lines for the host. What to do stands in /etc/truth: rounds= and
# arguments=, of leakacct.

rounds=1 arguments=""
# shellcheck source=/dev/null # check-truth.sh writes it
. /etc/truth
la=/sys/kernel/debug/leakacct
inotify=/proc/sys/fs/inotify

die()
{
	echo "@ failed $*"
	exit 1
}

seconds()
{
	cut -d ' ' -f 1 /proc/uptime
}

# dump NAME: this script does nothing until the host has taken it.
dump()
{
	echo "@ dump $1"
	read -r _ </dev/ttyS1
}

# tell NAME: what leakacct says of itself.
tell()
{
	grep -vE '^#' $la/stats | sed "s/^/@ stat $1 /"
	sed -n "/^Trust/,\$s/^/@ trust $1 /p" $la/verdict
}

# With nobody else on the line more of it is sent before the guest goes down.
exec 3>&-

echo 100000 >$inotify/max_user_instances
echo 32000 >/proc/sys/kernel/msgmni
echo 100000 >/proc/sys/fs/mqueue/queues_max
echo "1000 32000 100 32000" >/proc/sys/kernel/sem
echo 100000 >/proc/sys/kernel/keys/root_maxkeys
echo 10000000 >/proc/sys/kernel/keys/root_maxbytes
# What the boot left to RCU comes free.
sleep 5

# shellcheck disable=SC2086 # a list of words
insmod ./leakacct.ko look_s=3600 $arguments || die "leakacct does not load"
sleep 1
dump begin

begin=$(seconds)
mkfifo /tmp/end
./load "$rounds" </tmp/end >/tmp/load.out 2>&1 &
load=$!
exec 4>/tmp/end
until grep -q operations /tmp/load.out; do
	kill -0 $load 2>/dev/null || die "the load: $(tail -n 1 /tmp/load.out)"
	sleep 1
done
echo "@ load $(cat /tmp/load.out) from $begin to $(seconds)"
sleep 5
tell end
dump end

# Once more while it works: events are under way, and objects wait for RCU.
./load busy >/dev/null 2>&1 &
busy="$!"
./load busy >/dev/null 2>&1 &
busy="$busy $!"
sleep 3
tell busy
dump busy

# shellcheck disable=SC2086 # a list of words
kill $busy $load
wait
dmesg | sed 's/^/@ log /'
# What is still on its way can be lost when the guest goes down.
echo "@ end"
read -r _ </dev/ttyS1
