#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own leak detector finds nothing of leakacct's: while it is loaded,
# nor when it was unloaded, in each of its modes. Only debug kernels have kmemleak
# (make check-debug).
#
# One form, the same in make check and make check-all.
#
# Red when: anything that leakacct allocates is not freed at the unload, or is held only
# by memory that kmemleak does not know.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

kmemleak=/sys/kernel/debug/kmemleak
# So many that the kernel's line about them cannot stand for others (splats.allow).
planted=2121

six_seconds_after()
{
	read -r up _ </proc/uptime
	[ $((${up%.*} - $1)) -ge 6 ]
}

# scan: what nobody can reach, as a number. Objects younger than 5 s are left out, and
# the first scan only notes what has changed since the last.
scan()
{
	read -r up _ </proc/uptime
	ktap_poll 30 six_seconds_after "${up%.*}"
	echo scan >"$kmemleak"
	echo scan >"$kmemleak"
	cat "$kmemleak" >"$ktap_tmp/report"
	grep -c '^unreferenced object' "$ktap_tmp/report"
}

nothing_found()
{
	found=$(scan)
	ktap_expect "unreferenced objects" eq 0 "$found" "$1" && return
	head -n 60 "$ktap_tmp/report" | ktap_diag
	echo clear >"$kmemleak"
	return 1
}

planted_leak_is_seen()
{
	insmod ./la_init_leaker.ko "objects=$planted" confess=0
	rmmod la_init_leaker
	found=$(scan)
	ktap_expect "unreferenced objects" eq $((planted * 2)) "$found" "so many were planted"
	echo clear >"$kmemleak"
}

# A load that makes sites, stacks, names, tasks, records, and a table that grows.
everything()
{
	insmod ./la_leaker.ko
	insmod ./la_first.ko objects=10
	leaker_run churn all 20
	leaker_run leak all 10
	leaker_run leak kmalloc_const 30000
	rmmod la_first
	insmod ./la_second.ko objects=10
	for _ in 1 2 3; do
		echo look >"$la/control"
	done
	cat "$la"/* >/dev/null
	query callers since_mark=0 >/dev/null
	echo mark >"$la/control"
	echo clear >"$la/control"
	leaker_run free all
	leaker_run leak all 10
	rmmod la_second
}

# with [PARAMETER...]: scans take long, and other probes or no stacks are no other way to
# hold something.
with()
{
	load "$@" || return 1
	everything
	case $* in
	"" | sample*)	nothing_found "all that leakacct holds can be reached" ;;
	esac
	rmmod la_leaker leakacct
	nothing_found "leakacct freed what it had"
}

refused_load()
{
	for bad in max_objects=-1 hooks=nonsense; do
		if insmod ./leakacct.ko "$bad" 2>/dev/null; then
			ktap_fail "expected that leakacct does not load with $bad"
		fi
	done
	nothing_found "a load that fails frees what it had"
}

[ -w "$kmemleak" ] || ktap_skip_all "this kernel has no kmemleak"
ktap_plan 7
ktap_case "nothing was lost by the tests before" nothing_found "each frees what it takes"
ktap_case "kmemleak sees what is planted for it" planted_leak_is_seen
ktap_case "nothing is lost as it loads by default" with
ktap_case "nothing is lost with kprobes" with hooks=kprobe
ktap_case "nothing is lost without stacks" with stack_depth=0
ktap_case "nothing is lost while sampling" with sample_interval=4096
ktap_case "nothing is lost by a load that is refused" refused_load
ktap_end
