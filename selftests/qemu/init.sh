#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The first process of a guest.
#
# ttyS0 is the kernel's console, ttyS1 carries what the host reads: the result
# stream of the tests (see collect.awk), a script's output, or a shell.
# Whatever happens the guest ends: here by itself, on a panic by panic=-1, on a
# hang by the host's watchdog.

export PATH=/bin HOME=/root TMPDIR=/tmp LC_ALL=C
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/null >/dev/ttyS0 2>&1
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs tracing /sys/kernel/tracing
mount -t securityfs security /sys/kernel/security
mount -t tmpfs tmp /tmp
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ip link set lo up
hostname guest

# slower FILE: one of the kernel's own watchdogs, where it has that, waits so many times longer.
slower()
{
	[ ! -w "$1" ] || echo $(($(cat "$1") * ${LEAKACCT_SLOW:-1})) >"$1"
}

# Purging areas takes a worker minutes where each has a shadow, and the init of a test as long.
slower /sys/module/workqueue/parameters/watchdog_thresh
slower /proc/sys/kernel/hung_task_timeout_secs

mode=$(cat /etc/guest-mode)
tests=/selftests/leakacct

# The host takes the last such line on the console.
finish()
{
	exec 3>&-	# closing waits until all is sent
	printf '\nleakacct-guest: exit %d\n' "$1"
	sync
	reboot -f
}

log_mark()
{
	echo "leakacct-selftest: $*" >/dev/kmsg
}

# The kernel log since that mark.
log_since()
{
	dmesg | awk -v mark="leakacct-selftest: $*" '
		index($0, mark) { seen = 1 }
		seen { print }
		END { if (!seen) print "leakacct-selftest: mark lost" }'
}

uptime_cs()
{
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

# run_test NAME TIMEOUT [long]: a test is a session of its own, so that what it leaves
# running can be ended with it.
run_test()
{
	name=$1
	limit=$2
	unset LEAKACCT_LONG
	[ -z "$3" ] || export LEAKACCT_LONG=1
	rm -f /tmp/.timeout
	printf '@@ begin %s\n' "$name" >&3
	log_mark "begin $name"
	cd "$tests" || return
	begin=$(uptime_cs)

	setsid "./$name" </dev/null >&3 2>&1 &
	pid=$!
	setsid sh -c "sleep $limit; : >/tmp/.timeout; kill -TERM -$pid; sleep 10; kill -KILL -$pid" &
	dog=$!
	wait "$pid"
	status=$?
	kill -KILL "-$dog" "-$pid" 2>/dev/null
	wait "$dog" 2>/dev/null
	[ ! -e /tmp/.timeout ] || status=timeout

	spent=$(($(uptime_cs) - begin))
	cut -d ' ' -f 1 /proc/modules >/tmp/.modules
	while read -r module; do
		printf '\n@@ left %s %s' "$name" "$module" >&3
		rmmod "$module"
	done </tmp/.modules
	printf '\n@@ log %s\n' "$name" >&3
	log_since "begin $name" >&3
	printf '\n@@ end %s status=%s centiseconds=%d\n' "$name" "$status" "$spent" >&3
}

# What is left behind and out of reach. A scan colours what changed since the last
# one and reports it at the next, and nothing younger than 5 s; its own line in the
# kernel log is the splat. Scans at other times could see what is being handed over.
kmemleak=/sys/kernel/debug/kmemleak
[ ! -w $kmemleak ] || echo scan=off >$kmemleak
kmemleak_scan()
{
	[ -w $kmemleak ] || return 0
	sleep 6
	echo scan >$kmemleak
	echo scan >$kmemleak
	head -n 200 $kmemleak | while IFS= read -r line; do
		echo "kmemleak-report: $line" >/dev/kmsg
	done
}

case $mode in
tests)
	stty -F /dev/ttyS1 raw -echo 115200
	exec 3>/dev/ttyS1
	while read -r name limit form; do
		run_test "$name" "$limit" "$form" </dev/null
	done </etc/tests
	kmemleak_scan
	# After its first report it is blind.
	! grep -q 'debug_locks: *0' /proc/lockdep_stats 2>/dev/null ||
		echo "leakacct-guest: lockdep is off" >/dev/kmsg
	printf '@@ bootlog\n' >&3
	dmesg >&3
	printf '\n@@ finished\n' >&3
	finish 0
	;;
script)
	stty -F /dev/ttyS1 raw -echo 115200
	exec 3>/dev/ttyS1
	cd "$tests" || cd /
	setsid /bin/sh /etc/script </dev/null >&3 2>&1
	finish $?
	;;
shell)
	cd "$tests" || cd /
	PS1='guest:\w# ' setsid -c /bin/sh -i </dev/ttyS1 >/dev/ttyS1 2>&1
	finish $?
	;;
esac
finish 1
