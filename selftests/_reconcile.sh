# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What leakacct holds against what the kernel counts, for the tests that reconcile both.
# Sourced after _leakacct.sh.
# shellcheck disable=SC2154 # its variables and those of _ktap.sh

# Each reading of the ghost may be off by its bound (pages on their way to an LRU list, and
# counters read one after another). Beyond that: upper page tables, which have no counter and
# are not counted as pages either, of the few processes that a guest has more or less.
bound_tables_kb=64

# As often as less is left each time: what waits for RCU or for a worker comes late.
drain()
{
	least=
	same=0
	while [ "$same" -lt 3 ]; do
		shrink
		ktap_pass 1
		query callers rows=0 since_mark=0 >"$ktap_tmp/callers"
		now=$(column objects <"$ktap_tmp/callers" | sum)
		if [ -z "$least" ] || [ "$now" -lt $((least - least / 500)) ]; then
			least=$now
			same=0
		else
			same=$((same + 1))
		fi
	done
}

# held: what leakacct counts:
#	caller NAME objects bytes	NAME: cache or class/caller without blanks
#	cache NAME objects bytes
held()
{
	query callers rows=0 since_mark=0 >"$ktap_tmp/callers"
	awk '
		FNR == 2 {
			for (i = 2; i <= NF; i++)
				place[$i] = i - 1
		}
		/^#/ { next }
		{
			class = $place["class"]
			cache = class == "slab" ? $place["cache"] : class
			caller = $place["caller"]
			sub(/\+.*/, "", caller)
			sub(/>=/, "", $place["objects"])
			objects[cache] += $place["objects"]
			bytes[cache] += $place["bytes"]
			of[cache "/" caller] += $place["objects"]
			bytes_of[cache "/" caller] += $place["bytes"]
		}
		END {
			for (i in of)
				print "caller", i, of[i], bytes_of[i]
			for (i in objects)
				print "cache", i, objects[i], bytes[i]
		}' "$ktap_tmp/callers"
}

# save ROUND: that, and what the kernel counts:
#	kernel NAME objects bytes PER-SLAB	NAME: a cache, or a class
save()
{
	# Since a purge of areas, say, or RCU's last frees, a CPU may have some slabs again. To write
	# that takes some of kmalloc's: these come last.
	for file in /sys/kernel/slab/*/shrink /sys/kernel/slab/kmalloc-*/shrink; do
		echo 1 >"$file"
	done 2>/dev/null
	cat /proc/slabinfo >"$ktap_tmp/slabinfo"
	cat /proc/meminfo >"$ktap_tmp/meminfo"
	held >"$ktap_tmp/here"
	awk '
		FNR == 1 { file++ }
		/^#/ { next }
		file == 1 && NF > 10 { print "kernel", $1, $2, $2 * $4, $5 }
		# Large kmallocs are in Slab, beside the slabs.
		file == 1 && NF > 10 { slabs += $15 * $6 * 4096 }
		file == 2 && /^VmallocUsed:/ { print "kernel vmalloc 0", $2 * 1024 }
		file == 2 && /^Percpu:/ { print "kernel percpu 0", $2 * 1024 }
		file == 2 && /^Slab:/ { print "kernel large 0", $2 * 1024 - slabs }
		file == 3 && $1 == "ghost" { print "kernel page 0", $2 * 1024 }
		file == 4 { print }
		' "$ktap_tmp/slabinfo" "$ktap_tmp/meminfo" "$la/ghost" "$ktap_tmp/here" >"$ktap_tmp/round$1"
}

# What two readings of the ghost may differ by from what pages did, in bytes.
page_bound()
{
	echo $((2 * 1024 * $(column kB 'col("term") == "bound"' <"$la/ghost") + bound_tables_kb * 1024))
}
