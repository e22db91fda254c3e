#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Sampling: what a caller holds is within bytes_error of the estimate, and what
# sampling cannot know is said.
#
# Each load has random numbers of its own, so this may fail by chance: once in 1,700
# runs (a simulation of 200,000), most of them in sums_hold.
#
# Red when: a weight is interval/size; the hook counts down by what was requested and
# not by the slot; bytes_error is half of what it should be; kfree_rcu() leaves its record; unknown_frees is a number.
#
# Timeout: 240
. ./_ktap.sh
. ./_leakacct.sh

# So often la_sizes does its 71,000 allocations.
times=4
! debug_kernel || times=1
# Of each size as many are tracked, however many there are.
interval=$((16384 * times))
long_interval=$((131072 * times))

# sized_rows: FUNCTION BYTES ERROR OBJECTS of each size that has a row.
sized_rows()
{
	query callers module=la_sizes rows=0 since_mark=0 >"$ktap_tmp/callers"
	for column in caller bytes bytes_error objects; do
		column "$column" <"$ktap_tmp/callers" | sed 's/+.*//' >"$ktap_tmp/$column"
	done
	paste "$ktap_tmp/caller" "$ktap_tmp/bytes" "$ktap_tmp/bytes_error" "$ktap_tmp/objects"
}

# sizes_left: FUNCTION BYTES OBJECTS of each size, as many bytes as the slots take.
sizes_left()
{
	while read -r function bytes objects; do
		echo "$function $(($(slot_of $((bytes / objects))) * objects)) $objects"
	done </sys/module/la_sizes/parameters/left
}

# measure INTERVAL: a line a size in estimates:
#	INTERVAL FUNCTION TRUE-BYTES ESTIMATE ERROR TRUE-OBJECTS OBJECTS
measure()
{
	load sample_interval="$1"
	insmod ./la_sizes.ko times="$times" || ktap_fail "expected that la_sizes loads"
	sized_rows >"$ktap_tmp/rows"
	sizes_left >"$ktap_tmp/left"
	# Of a size without a row nothing was tracked: an estimate of none, with no error.
	awk -v interval="$1" '
		FILENAME == ARGV[1] { row[$1] = $2 " " $3; objects[$1] = $4; next }
		{ print interval, $1, $2, ($1 in row) ? row[$1] : "0 0", $3, objects[$1] + 0 }
	' "$ktap_tmp/rows" "$ktap_tmp/left" >>"$ktap_tmp/estimates"
	echo 0 >/sys/module/la_sizes/parameters/left
	sized_rows >>"$ktap_tmp/after"
	rmmod la_sizes
	rmmod leakacct
}

measure_all()
{
	: >"$ktap_tmp/estimates"
	: >"$ktap_tmp/after"
	for _ in 1 2 3; do
		measure "$interval"
	done
	measure "$long_interval"
	awk '{ printf "%s %s: %.2f MB, estimated %.2f +- %.2f\n", $1, $2, $3 / 1e6, $4 / 1e6, $5 / 1e6 }' \
		"$ktap_tmp/estimates" | ktap_diag
	ktap_expect "estimates" eq 32 "$(wc -l <"$ktap_tmp/estimates")" "four loads, eight sizes"
}

# Of 32 intervals of 95 % that are independent 30.4 are expected to hold. Less than
# 26, which is 80 %, do with a probability of 7e-4 (binomial), and of 4e-5 in truth, as
# the longer side of each interval counts on both: 31 are expected. With errors half
# as large it is 22.7. Three times the error is 5.9 standard deviations.
intervals_hold()
{
	holding=$(awk '{ off = $3 - $4; if (off < 0) off = -off; n += off <= $5 } END { print n + 0 }' \
		"$ktap_tmp/estimates")
	ktap_diag "$holding of 32 intervals hold"
	ktap_expect "intervals that hold" ge 26 "$holding" "95 % of them should"
	ktap_expect "estimates that are three errors off" is "" \
		"$(awk '{ off = $3 - $4; if (off < 0) off = -off } off > 3 * $5' "$ktap_tmp/estimates")" \
		"that does not happen by chance"
}

# Errors of independent estimates add up by their squares; twice that is 3.9 standard
# deviations.
sums_hold()
{
	awk -v interval="$interval" '
		$1 == interval {
			true[$2] += $3; sum[$2] += $4; square[$2] += $5 * $5
			true["all"] += $3; sum["all"] += $4; square["all"] += $5 * $5
		}
		END {
			for (name in sum) {
				off = true[name] - sum[name]
				if (off * off > 4 * square[name])
					printf "odd: "
				printf "%s: %.2f MB, estimated %.2f\n", name, true[name] / 1e6,
					sum[name] / 1e6
			}
		}' "$ktap_tmp/estimates" >"$ktap_tmp/sums"
	ktap_diag <"$ktap_tmp/sums"
	ktap_expect "sums" eq 9 "$(wc -l <"$ktap_tmp/sums")" "one a size, and that of all"
	ktap_expect "sums that are off" is "" "$(grep '^odd' "$ktap_tmp/sums")" \
		"over three loads the errors even out"
	# An object of 256 KiB is tracked with a probability of 98 %, one of 64 bytes with 0.1 %.
	# With KASAN its slot has 128: twice as many are, and the error is 0.7 of that.
	least=15
	[ "$(slot_of 64)" = 64 ] || least=10
	ktap_expect "error of the smallest in percent" gt "$least" "$(percent sized_64)" \
		"some 80 of 80000 are tracked"
	ktap_expect "error of the largest in percent" lt 10 "$(percent sized_262144)" "nearly all are tracked"
}

# percent FUNCTION: its error in the first load.
percent()
{
	awk -v name="$1" '$2 == name { printf "%d\n", $5 * 100 / $3; exit }' "$ktap_tmp/estimates"
}

# Objects and bytes are one estimate: each object takes its slot.
objects_agree()
{
	ktap_expect "estimates of objects that disagree" is "" "$(awk '
		{
			off = $7 * $3 / $6 - $4
			if (off < 0)
				off = -off
			if (off > $3 / $6)
				print
		}' "$ktap_tmp/estimates")" "bytes are objects times their slots, rounded"
}

nothing_is_left()
{
	ktap_expect "rows of la_sizes" is "" "$(cat "$ktap_tmp/after")" \
		"all that was tracked is freed, so nothing is estimated"
}

# Rows of leakacct's own test allocations, at load, are not left either.
freed_by_rcu()
{
	load sample_interval=1024
	insmod ./la_leaker.ko
	leaker_run leak kfree_rcu 20000
	leaker_run leak kvfree_rcu 20000
	# 96 and 128 bytes: some 1800 and 2350 are tracked.
	for path in kfree_rcu kvfree_rcu; do
		objects=$(live "leak_$path")
		ktap_expect "live objects of leak_$path" gt 16000 "$objects" "20000, by an estimate"
		ktap_expect "live objects of leak_$path" lt 24000 "$objects" "20000, by an estimate"
		leaker_run free "$path"
		expect_live "leak_$path" 0 "they were handed to kfree_rcu()"
		leaker_run churn "$path" 5000
		expect_live "leak_$path" 0 "they were handed to kfree_rcu()"
	done
	leaker_run leak all 1000
	leaker_run free all
	ktap_expect "rows of the leaker" is "" \
		"$(query callers module=la_leaker rows=0 since_mark=0 | column caller)" "all were freed"
}

# The second line and the notes of a file.
head_of()
{
	sed -n '2p; 3,4{ /^# estimates/p }' "$la/$1"
}

files_say_so()
{
	note="# estimates: 1 object in 1024 bytes tracked; bytes_error is half of the 95 % interval"
	for file in callers stacks; do
		ktap_expect "head of $file" is \
			"# bytes bytes_error objects requested allocs frees oldest_s class cache caller
$note" "$(head_of "$file")" "it shows estimates"
	done
	ktap_expect "head of suspects" is \
		"# score bytes bytes_error objects growth_bytes_per_s allocs frees oldest_s caller
$note" "$(sed -n '2p; /^# estimates/p' "$la/suspects")" "it shows estimates"
	ktap_expect "objects" is "# address bytes age_s pid comm class cache caller" "$(head_of objects)" \
		"objects are what they are"
	for file in callers stacks; do
		ktap_expect "rows of $file that do not match" is "" "$(grep -Ev '^[# ]' "$la/$file" |
			grep -Evx '([0-9]+ ){6}([0-9.]+|-) [a-z]+ [^ ]+ .+' | head -n 3)" "it has ten columns"
	done
}

stats_say_so()
{
	for name in unknown_frees heals rcu_waiting_objects rcu_waiting_bytes; do
		ktap_expect "$name" is unknown "$(stat "$name")" "of what is not tracked nothing is known"
	done
	ktap_expect "sample_interval" eq 1024 "$(stat sample_interval)" "it was given"
	for name in inserts removes objects_live stacks; do
		ktap_expect "$name" like '^[0-9]+$' "$(stat "$name")" "it is of what is tracked"
	done
	ktap_expect "verdict" like 'give or take .* \(estimated\)\.$' "$(cat "$la/verdict")" "sums have an error"
	ktap_expect "verdict" like 'Sampling: 1 object in 1024 bytes is tracked' "$(cat "$la/verdict")" \
		"it is a matter of trust"
}

# What waits for RCU is not known on every kernel: see stats_names.sh.
without_it_nothing_does()
{
	reload sample_interval=0
	for file in callers stacks suspects verdict stats; do
		ktap_expect "$file" unlike 'bytes_error|^# estimates|[Ss]ampling|estimated|unknown$' \
			"$(grep -v '^rcu_waiting_' "$la/$file")" "everything is tracked"
	done
	ktap_expect "sample_interval" eq 0 "$(stat sample_interval)" "it was given"
	leaker_run leak kmalloc_const 1000
	expect_live leak_kmalloc_const 1000 "everything is tracked"
	leaker_run free all
}

ktap_plan 9
ktap_case "four loads are measured" measure_all
ktap_case "intervals hold what is there" intervals_hold
ktap_case "sums over loads hold what is there" sums_hold
ktap_case "objects and bytes are one estimate" objects_agree
ktap_case "what is freed is no longer estimated" nothing_is_left
ktap_case "kfree_rcu() leaves no record" freed_by_rcu
ktap_case "the files say that they show estimates" files_say_so
ktap_case "stats and verdict say what is not known" stats_say_so
ktap_case "without sampling none of it is there" without_it_nothing_does
ktap_end
