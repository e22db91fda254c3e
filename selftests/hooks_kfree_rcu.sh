#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An object handed to kfree_rcu() is freed; that its memory comes back later is a
# figure of its own, and the real free is neither unknown nor counted twice.
#
# One form, the same in make check and make check-all.
#
# Red when: kvfree_call_rcu is not hooked (all stay live); the echo is not known
# (unknown_frees grows, rcu_waiting_objects stays), or not that of a large one on a kernel
# with sheaves; what kfree_rcu_nolock() defers counts twice; echoes that found no room to
# wait for are held against an unseen allocator.
. ./_ktap.sh
. ./_leakacct.sh

# By the leaker's slots.
bytes_per_object=96

# Churns, and shows what then waits: OBJECTS BYTES. Fails when that is next to
# nothing, as when the kernel took a batch back in between.
churn_and_look()
{
	leaker_run churn "$1" 5000
	cat "$la/stats" >"$ktap_tmp/stats"
	objects=$(column value 'col("name") == "rcu_waiting_objects"' <"$ktap_tmp/stats")
	bytes=$(column value 'col("name") == "rcu_waiting_bytes"' <"$ktap_tmp/stats")
	[ "$objects" -gt 500 ] && echo "$objects $bytes"
}

# churn_waits PATH
churn_waits()
{
	if [ "$(stat rcu_waiting_objects)" = unknown ] || debug_kernel; then
		leaker_run churn "$1" 1000
		ktap_diag "what waits for RCU is not shown, or gone before one could look"
		expect_live "leak_$1" 0 "they were handed to kfree_rcu"
		return
	fi
	ktap_poll 20 nearly_none || ktap_fail "expected that nothing waits yet"
	waiting=$(ktap_poll 20 churn_and_look "$1") || {
		ktap_fail "expected that some of 5000 objects wait for RCU, got $(stat rcu_waiting_objects)"
		return
	}
	ktap_expect "rcu_waiting_bytes" ge "$((${waiting% *} * bytes_per_object / 2))" "${waiting#* }" \
		"most of the objects have $bytes_per_object bytes or more"
	expect_live "leak_$1" 0 "they were handed to kfree_rcu"
}

nearly_none()
{
	[ "$(stat rcu_waiting_objects)" -lt 100 ]
}

# DEBUG_OBJECTS keeps an object for each rcu_head, and long after a storm it still frees
# thousands from before the load.
debug_objects_freed()
{
	stats=/sys/kernel/debug/debug_objects/stats
	if [ -e "$stats" ]; then
		sed -n 's/^objs_freed *: *//p' "$stats"
	else
		echo 0
	fi
}

echoes_are_known()
{
	[ "$(stat rcu_waiting_objects)" != unknown ] || {
		ktap_skip "this kernel does not show what waits for RCU"
		return 4
	}
	leaker_run leak kmalloc_const 1
	freed=$(debug_objects_freed)
	unknown=$(stat unknown_frees)
	leaker_run churn kfree_rcu 1000
	leaker_run churn kvfree_rcu 1000
	ktap_poll 20 nearly_none ||
		ktap_fail "expected that what waits for RCU is gone soon, got $(stat rcu_waiting_objects) objects"
	ktap_expect "rcu_waiting_objects" ge 0 "$(stat rcu_waiting_objects)" "it is a number of objects"
	ktap_expect "rcu_waiting_bytes" ge 0 "$(stat rcu_waiting_bytes)" "it is a number of bytes"
	# What others free that is older than the load is some dozens.
	grown=$(($(stat unknown_frees) - unknown))
	ktap_expect "growth of unknown_frees" lt $((500 + $(debug_objects_freed) - freed)) "$grown" \
		"the real frees of 2000 objects are echoes"
}

# large_are_done DONE N: N more are freed for real than when it was DONE.
large_are_done()
{
	[ "$(stat rcu_done)" -ge $(($1 + $2)) ]
}

# No sheaf takes them, so there is an echo on every kernel.
large_ones_are_known()
{
	grep -q '^kfree_rcu_large ' "$leaker/expect" || {
		ktap_skip "this kernel would leave them in Slab for good"
		return 4
	}
	done=$(stat rcu_done)
	leaker_run churn kfree_rcu_large 300
	expect_live leak_kfree_rcu_large 0 "they were handed to kfree_rcu"
	ktap_poll 20 large_are_done "$done" 300 ||
		ktap_fail "expected that rcu_done grows by 300, got $done and then $(stat rcu_done)"
}

# An interrupt hands them over, some time after kfree_rcu_nolock() was called for them.
deferred_ones_count_once()
{
	grep -q '^kfree_rcu_nolock_large ' "$leaker/expect" || {
		ktap_skip "this kernel defers none"
		return 4
	}
	handed=$(stat rcu_handed)
	unknown=$(stat unknown_frees)
	done=$(stat rcu_done)
	leaker_run churn kfree_rcu_nolock_large 2000
	expect_live leak_kfree_rcu_nolock_large 0 "they were handed to kfree_rcu_nolock"
	ktap_poll 20 large_are_done "$done" 2000 ||
		ktap_fail "expected that rcu_done grows by 2000, got $done and then $(stat rcu_done)"
	# Others hand over dozens a second meanwhile, and free what is older than the load.
	ktap_expect "growth of rcu_handed" lt 3000 $(($(stat rcu_handed) - handed)) \
		"each is handed over once"
	ktap_expect "growth of unknown_frees" lt 1000 $(($(stat unknown_frees) - unknown)) \
		"each was seen allocated"
}

# Others are handed over at the same time, so how many find no room differs.
unkept_accuse_nobody()
{
	[ "$(stat rcu_waiting_objects)" != unknown ] || {
		ktap_skip "this kernel does not show what waits for RCU"
		return 4
	}
	debug_kernel && { ktap_skip "what waits goes before there is too much of it"; return 4; }
	leaker_run leak kfree_rcu 100000
	unknown=$(stat unknown_frees)
	leaker_run hold kfree_rcu
	ktap_poll 40 nearly_none ||
		ktap_fail "expected that what waits for RCU is gone soon, got $(stat rcu_waiting_objects) objects"
	ktap_expect "rcu_unkept" ge 10000 "$(stat rcu_unkept)" "there is room for 65,536"
	ktap_expect "growth of unknown_frees" ge 10000 $(($(stat unknown_frees) - unknown)) \
		"their real frees have no record"
	ktap_expect "unknown_unexplained" eq 0 "$(stat unknown_unexplained)" "that explains them"
	ktap_expect "verdict" unlike "unseen" "$(cat "$la/verdict")" "each was seen allocated"
}

ktap_plan 6
load
insmod ./la_leaker.ko
ktap_case "those handed to kfree_rcu are not live but waiting" churn_waits kfree_rcu
ktap_case "those handed to kvfree_rcu without a head are not live but waiting" churn_waits kvfree_rcu
ktap_case "the real frees are known for what they are" echoes_are_known
ktap_case "so are those of large ones" large_ones_are_known
ktap_case "what kfree_rcu_nolock defers counts once" deferred_ones_count_once
ktap_case "those that found no room accuse nobody" unkept_accuse_nobody
ktap_end
