#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# leakacct is loaded into a machine that has been up for long: there are populations that stay
# as large as they are, of objects that live for a hundred looks. All that comes has a record,
# all that goes has none, so each seems to grow. None of them is accused; who leaks beside them is.
#
# Red when: what goes and is older than the load is not shared out; it counts in windows of one length
# alone; it explains more than there is, so that the leak is not found.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

# PATH OBJECTS: one in a hundred is replaced between two looks.
populations="kmalloc_node:3000 kmem_cache_alloc:3000 kmalloc_large:300 vmalloc:300 alloc_percpu:600"
quiet_looks=14
leaking_looks=14

# live_on LOOK: somewhat more at one time, somewhat less at another.
live_on()
{
	for population in $populations; do
		many=${population#*:}
		leaker_run replace "${population%:*}" $((many * (80 + $1 * 17 % 41) / 10000 + 1))
	done
	echo look >"$la/control"
}

# worst: score and caller of the most suspect of the leaker's.
worst()
{
	query suspects rows=0 | awk '/^[0-9]/ && /\[la_leaker\]/ { print $1, $NF == "" ? "" : $(NF - 1); exit }'
}

nobody_is_accused()
{
	most=0
	for look in $(seq "$quiet_looks"); do
		live_on "$look"
		score=$(worst)
		score=${score%% *}
		[ "${score:-0}" -le "$most" ] || most=$score
	done
	query suspects rows=0 module=la_leaker | grep -v '^# score' | ktap_diag
	ktap_expect "the highest score at any of $quiet_looks looks" lt 60 "$most" \
		"as many went as came"
	ktap_expect "survivors are seen" gt 0 "$most" "else nothing was looked at"
}

it_is_said_why()
{
	for path in kmalloc_node kmem_cache_alloc kmalloc_large vmalloc alloc_percpu; do
		ktap_expect "what explains leak_$path" gt 0 \
			"$(stat_of_older "$path")" "others went that are older than the load"
	done
}

# stat_of_older PATH: of its growth so many came for others.
stat_of_older()
{
	older=$(query suspects rows=0 "caller=leak_$1+" |
		sed -n 's/^#   of the rest \([0-9]*\) came for others .*/\1/p' | head -n 1)
	[ -z "$older" ] || { echo "$older"; return; }
	# It grew so little that nothing is to be explained.
	query suspects rows=0 "caller=leak_$1+" | grep -q '^#   steady' || echo 1
}

who_leaks_is()
{
	for look in $(seq "$leaking_looks"); do
		leaker_run leak kmem_cache_alloc 30
		live_on "$look"
		score=$(worst)
		[ "${score%% *}" -lt 60 ] || break
	done
	ktap_diag "after $look looks: $(worst)"
	ktap_expect "the suspects" like '^leak_kmem_cache_alloc\+' \
		"$(query suspects rows=0 | awk '/^[0-9]/ && $1 >= 60 { print $(NF - 1) }')" \
		"it keeps 30 more at each look"
	ktap_expect "suspects" eq 1 "$(query suspects rows=0 | awk '/^[0-9]/ && $1 >= 60' | wc -l)" \
		"the others do not"
}

ktap_plan 3
insmod ./la_leaker.ko
for population in $populations; do
	leaker_run leak "${population%:*}" "${population#*:}"
done
load
ktap_case "who is as large as ever is not accused" nobody_is_accused
ktap_case "it is said that others went" it_is_said_why
ktap_case "who leaks in the same cache is accused" who_leaks_is
ktap_end
