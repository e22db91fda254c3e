#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# 400 tasks are asleep within kmem_cache_alloc(). By default each of these calls is followed.
# A kretprobe follows 256 at a time: what it can't is missed, of whoever it is, and shown as such.
#
# One form, the same in make check and make check-all.
#
# Red when: calls for which a kretprobe has no instance left are not counted as missed; a call
# is followed by what another one overwrites.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

tasks=400

missed()
{
	column missed 'col("path") == "kmem_cache_alloc"' <"$la/hooks"
}

probe()
{
	column probe 'col("path") == "kmem_cache_alloc"' <"$la/hooks"
}

fall_asleep_and_wake()
{
	before=$(missed)
	insmod ./la_sleepers.ko "tasks=$tasks" || ktap_fail "expected $tasks tasks asleep"
	ktap_expect "live objects of sleeper_alloc" eq 0 "$(live sleeper_alloc)" \
		"none has its object yet"
	echo 1 >/sys/module/la_sleepers/parameters/wake ||
		ktap_fail "expected that all have their object"
	missed=$(($(missed) - before))
	live=$(live sleeper_alloc)
	ktap_diag "of $tasks calls $live are live objects, $missed are missed, of others as well"
}

all_are_followed()
{
	fall_asleep_and_wake
	ktap_expect "live objects of sleeper_alloc" eq "$tasks" "$live" "each was followed"
	ktap_expect "missed by kmem_cache_alloc" eq 0 "$missed" "it is by default $(probe)"
}

those_beyond_are_missed()
{
	ktap_expect "probe of kmem_cache_alloc" is kretprobe "$(probe)" "hooks=kprobe"
	fall_asleep_and_wake
	# Others may have calls under way.
	ktap_expect "live objects of sleeper_alloc" le 256 "$live" "it can follow so many"
	ktap_expect "live objects of sleeper_alloc" ge 200 "$live" "it can follow 256"
	ktap_expect "missed by kmem_cache_alloc" ge $((tasks - live)) "$missed" \
		"each that is not live was missed"
	before=$(stat hooks_missed)
	said=$(sed -n 's/.* \([0-9]*\) events missed by probes.*/\1/p' "$la/verdict")
	ktap_expect "events missed by the verdict" ge "$before" "${said:-none}" "stats said so before"
	ktap_expect "events missed by the verdict" le "$(stat hooks_missed)" "${said:-none}" \
		"stats said so after"
}

# unknown_frees: of the cache, and what is said of their age.
unknown_frees()
{
	query slabs cache=la_sleepers |
		sed -n "s/^#   la_sleepers: \([0-9]* frees of objects without a record.*\)/\1/p"
}

none_is_left()
{
	expected=
	[ "$live" -eq "$tasks" ] ||
		expected="$((tasks - live)) frees of objects without a record, at most 0 of them older than the load"
	echo 1 >/sys/module/la_sleepers/parameters/put_back
	expect_live sleeper_alloc 0 "all were freed"
	ktap_expect "unknown frees" is "$expected" "$(unknown_frees)" \
		"those whose allocation was missed, and they are no older ones"
	rmmod la_sleepers
}

ktap_plan 4
load
ktap_case "$tasks calls under way at a time are all followed" all_are_followed
ktap_case "and none is left when they are freed" none_is_left
rmmod leakacct
load hooks=kprobe
ktap_case "a kretprobe misses those beyond 256, and says so" those_beyond_are_missed
ktap_case "no object is left of those that it followed" none_is_left
ktap_end
