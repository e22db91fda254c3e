#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `objects`: a row per live object, with its address, age and who allocated it.
#
# Red when: pid and comm are taken when the file is read; ages are of the snapshot.
. ./_ktap.sh
. ./_leakacct.sh

who_allocated()
{
	sh -c "echo \$\$ >$ktap_tmp/pid; printf planter >/proc/self/comm; echo 'leak kmalloc_const 30' >$leaker/run"
	query objects rows=0 caller=leak_kmalloc_const+ since_mark=0 >"$ktap_tmp/objects"
	ktap_expect "pids" is "$(cat "$ktap_tmp/pid")" "$(column pid <"$ktap_tmp/objects" | sort -u)" \
		"that process allocated them, and is dead now"
	ktap_expect "comms" is planter "$(column comm <"$ktap_tmp/objects" | sort -u)" "its name"
	ktap_expect "bytes" is "$(slot_of 96)" "$(column bytes <"$ktap_tmp/objects" | sort -u)" \
		"it lies in a slot of 96"
	ktap_expect "caches" is kmalloc-96 "$(column cache <"$ktap_tmp/objects" | sort -u)"
}

addresses()
{
	ktap_expect "addresses" eq 30 "$(column address <"$ktap_tmp/objects" | sort -u | wc -l)" \
		"each object has its own"
	ktap_expect "addresses that are none" is "" \
		"$(column address <"$ktap_tmp/objects" | grep -Ev '^0xffff[0-9a-f]{12}$')" \
		"they are not hashed: the file is root's"
}

# Its age in tenths of a second; 0.9 s are not 09, which the shell takes for octal.
age_of_one()
{
	query objects caller=leak_kmalloc_const+ rows=1 | column age_s | sed 's/\.//; s/^0*\(.\)/\1/'
}

ages_grow()
{
	before=$(centiseconds)
	age=$(age_of_one)
	after=$(centiseconds)
	ktap_poll 10 older_by_two || ktap_fail "expected that objects age"
	least=$((($(centiseconds) - after) / 10))
	grown=$(($(age_of_one) - age))
	most=$((($(centiseconds) - before) / 10))
	ktap_expect "growth of the age in 0.1 s" ge $((least - 12)) "$grown" "so much time passed"
	ktap_expect "growth of the age in 0.1 s" le $((most + 12)) "$grown" "no more time passed"
}

older_by_two()
{
	[ "$(age_of_one)" -ge $((age + 20)) ]
}

kernel_threads_and_interrupts()
{
	insmod ./la_storm.ko ops=2000
	query objects rows=0 caller=storm_task since_mark=0 >"$ktap_tmp/objects"
	ktap_expect "comms of storm_task" like '^la_storm/[0-9]+$' \
		"$(column comm <"$ktap_tmp/objects" | sort -u)" "a kernel thread allocated them"
	query objects rows=0 caller=storm_irq since_mark=0 >"$ktap_tmp/objects"
	ktap_expect "objects of storm_irq" ge 100 "$(column pid <"$ktap_tmp/objects" | wc -l)" \
		"an interrupt's are shown as well"
	rmmod la_storm
}

ktap_plan 4
load
insmod ./la_leaker.ko
ktap_case "rows say who allocated, also when that process is dead" who_allocated
ktap_case "addresses are plain and unique" addresses
ktap_case "objects age" ages_grow
ktap_case "kernel threads and interrupts are told" kernel_threads_and_interrupts
ktap_end
