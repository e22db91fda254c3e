# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the tests of the kernel's own stress modules (stress/) share: nothing of theirs is
# live when they are done, while they run it is seen, and what they forget is live.
# Sourced after _leakacct.sh. A test sets
#	stress_module	its module
#	stress_also	optional: a function that allocates for it in another task
#	stress_status	optional: what insmod returns when all is well, if its init fails by
#			design. busybox then tries once more: it has two lives in a run
# shellcheck disable=SC2154 # its variables and those of _ktap.sh

# What the allocators have for themselves is born in the call in which they lack it, and
# stays: ranges of free addresses, chunks of percpu areas, the sheaves of 7.x's SLUB, and five
# pages a CPU in which RCU notes what to free. On a debug kernel also stacks, shadow memory
# and kmemleak's records of all these.
stress_keepers='^alloc_vmap_area[+.]|^kvfree_call_rcu[+.]|< pcpu_create_chunk[+.]|'
stress_keepers=$stress_keepers'^(__pcs_[a-z_]+|[a-z_]+_sheaf)[+.]|'
stress_keepers=$stress_keepers'^(__stack_depot_save|kasan_populate_[a-z_]+)[+.]|'
stress_keepers=$stress_keepers'^(__create_object|kmemleak_scan_area)[+.]'

# These modules hold a CPU for seconds on a real machine, and for longer than the kernel likes
# where it is emulated beside other work: it has more patience with them.
for parameter in /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout \
	/proc/sys/kernel/watchdog_thresh; do
	[ ! -w "$parameter" ] || echo 60 >"$parameter"
done

# one_line: each row of `stacks` with its frames behind it.
one_line()
{
	awk '
		/^ / { sub(/^ +/, ""); row = row " < " $0; next }
		row { print row }
		{ row = $0 }
		END { if (row) print row }'
}

# theirs COLUMN [CONDITION]: of the live objects since the last mark that have the module
# on their stacks.
theirs()
{
	query stacks rows=0 since_mark=1 | one_line | column "$1" \
		"col(\"caller\") ~ /\\[$stress_module\\]${stress_also:+|< $stress_also\\+}/ &&
			col(\"caller\") !~ /$stress_keepers/${2:+ && $2}"
}

# stress_run [PARAMETER=VALUE...]: from its load to its unload.
stress_run()
{
	insmod "./$stress_module.ko" "$@" 2>"$ktap_tmp/error"
	status=$?
	[ ! -d "/sys/module/$stress_module" ] || rmmod "$stress_module"
	echo $status >"$ktap_tmp/status"
}

# What is live now, or at last that it is done.
seen_or_done()
{
	objects=$(theirs objects | sum)
	[ "$objects" -gt 0 ] || [ -e "$ktap_tmp/status" ] || return 1
	echo "$objects"
}

is_done()
{
	[ -e "$ktap_tmp/status" ]
}

# seen_while_it_runs SECONDS [PARAMETER=VALUE...]: it runs, at most so long.
seen_while_it_runs()
{
	limit=$1
	shift
	rm -f "$ktap_tmp/status"
	echo mark >"$la/control"
	stress_run "$@" &
	seen=$(ktap_poll "$limit" seen_or_done)
	ktap_expect "live objects while it runs" gt 0 "${seen:-0}" "it has some at any time"
	ktap_poll "$limit" is_done || ktap_fail "expected that it ends within $limit s"
	wait
	stress_succeeded
}

stress_succeeded()
{
	ktap_expect "status of insmod" eq "${stress_status:-0}" "$(cat "$ktap_tmp/status")" \
		"the module's own checks hold: $(cat "$ktap_tmp/error")"
}

# are_live N CONDITION
are_live()
{
	[ "$(theirs objects "$2" | sum)" -eq "$1" ]
}

# What waits for RCU, for a worker or in a lazy list is live until its time has come.
nothing_is_live()
{
	ktap_poll 30 are_live 0 1 || theirs caller | ktap_diag
	ktap_expect "live objects when it is done" eq 0 "$(theirs objects | sum)" "it frees all it has"
	few_are_refused
}

# forgotten_is_live CLASS N [PARAMETER=VALUE...]: as it runs with these, it leaves so many
# of that class behind.
forgotten_is_live()
{
	condition="col(\"class\") == \"$1\""
	wanted=$2
	shift 2
	echo mark >"$la/control"
	stress_run "$@"
	stress_succeeded
	ktap_poll 30 are_live "$wanted" "$condition" || theirs caller | ktap_diag
	ktap_expect "live objects" eq "$wanted" "$(theirs objects "$condition" | sum)" \
		"so many it was told to forget"
}
