# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Cases for each path of the leaker. Sourced after _leakacct.sh.
# shellcheck disable=SC2154 # its variables and those of _ktap.sh

paths="kmalloc_const kmalloc_variable kmalloc_node kmalloc_node_const
	kmalloc_track_caller kmalloc_large kmalloc_large_node kmalloc_large_variable
	kmem_cache_alloc kmem_cache_alloc_lru kmem_cache_alloc_node kmem_cache_alloc_bulk
	krealloc_moving krealloc_in_place kfree kfree_of_cache kmem_cache_free
	kmem_cache_free_bulk kfree_bulk kfree_rcu kvfree_rcu"
# shellcheck disable=SC2034 # for the tests
nr_paths=21

# What leakacct shows of the leaker's functions, beside what the leaker did:
#	PATH WHAT EXPECTED GOT
compare_paths()
{
	query callers module=la_leaker rows=0 since_mark=0 >"$ktap_tmp/callers"
	while read -r path function objects _ requested allocs frees slot; do
		[ "$path" != "#" ] || continue
		bytes=$((objects * $(slot_of "$slot" la_leaker_72 la_leaker_136)))
		echo "$path $function $objects $bytes $requested $allocs $frees $slot"
	done <"$leaker/expect" >"$ktap_tmp/expect"
	awk '
		FNR == 1 { file++ }
		file == 1 && FNR == 2 {
			for (i = 2; i <= NF; i++)
				place[$i] = i - 1
		}
		/^#/ { next }
		file == 1 {
			name = $9
			sub(/^leak_/, "", name)
			sub(/\+.*/, "", name)
			for (what in place)
				got[name, what] += $place[what]
			got[name, "class"] = $place["class"]
			got[name, "caller"] = $9 " " $10
			next
		}
		{
			print $1, "objects", $3, got[$1, "objects"] + 0
			print $1, "bytes", $4, got[$1, "bytes"] + 0
			print $1, "requested", $5, got[$1, "requested"] + 0
			if ($3) {
				print $1, "allocs", $6, got[$1, "allocs"] + 0
				print $1, "class", ($8 > 8192 ? "large" : "slab"), got[$1, "class"]
			}
		}' "$ktap_tmp/callers" "$ktap_tmp/expect" >"$ktap_tmp/compared"
}

# path_agrees PATH: what was compared is equal.
path_agrees()
{
	grep -q "^$1 " "$leaker/expect" || { ktap_skip "this kernel has no $1"; return 4; }
	grep "^$1 " "$ktap_tmp/compared" >"$ktap_tmp/lines" || ktap_fail "expected path $1 to be known"
	while read -r path what want got; do
		ktap_expect "$what of leak_$path" is "$want" "$got" \
			"that is what the leaker did, of slots as large as the kernel says"
	done <"$ktap_tmp/lines"
}

# Leaks 1,000 objects by each path: a case a path.
leaks_are_exact()
{
	leaker_run leak all 1000
	compare_paths
	for path in $paths; do
		ktap_case "1000 leaks by $path are 1000 live objects$1" path_agrees "$path"
	done
}

# Frees them and then churns: a case a path. One object of each stays, so that a
# row that is missing is not taken for one of no objects.
frees_are_exact()
{
	leaker_run free all
	leaker_run leak all 1
	leaker_run churn all 1000
	compare_paths
	for path in $paths; do
		ktap_case "1000 freed again by $path leave no live object$1" path_agrees "$path"
	done
	leaker_run free all
}

nothing_left()
{
	query callers module=la_leaker rows=0 since_mark=0 >"$ktap_tmp/callers"
	ktap_expect "rows of the leaker" is "" "$(column caller <"$ktap_tmp/callers")" \
		"all that it ever allocated is freed"
}
