# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the guest tests of leakacct share. Sourced after _ktap.sh.

# shellcheck disable=SC2034 # for the tests
la=/sys/kernel/debug/leakacct
leaker=/sys/kernel/debug/la_leaker
parameters=/sys/module/leakacct/parameters

# A kernel that checks itself at every step: what things cost there says nothing.
debug_kernel()
{
	[ -e /proc/lockdep ] || [ -e /sys/kernel/debug/kmemleak ] ||
		grep -q ' kasan_report$' /proc/kallsyms
}

# least N: of the rounds of a load, so that it was any; a debug kernel does a fifth of that.
least()
{
	if debug_kernel; then
		echo $(($1 / 5))
	else
		echo "$1"
	fi
}

# Where freed objects wait in KASAN's quarantine the allocator tells of none.
has_quarantine()
{
	grep -q ' kasan_quarantine_put$' /proc/kallsyms
}

# events N: how many allocations so many are. kmemleak, on a debug kernel, allocates a
# record for each, which lives as long.
events()
{
	if [ -e /sys/kernel/debug/kmemleak ]; then
		echo $(($1 * 2))
	else
		echo "$1"
	fi
}

# slot_of SIZE [CACHE...]: bytes that an object takes of whose size ksize() says SIZE: of
# a cache that is named, or of kmalloc's. It says less where KASAN keeps notes behind it.
slot_of()
{
	slot_size=$1
	shift
	for cache in "$@" "kmalloc-$slot_size" "kmalloc-$((slot_size / 1024))k"; do
		{ read -r size <"/sys/kernel/slab/$cache/object_size"; } 2>/dev/null || continue
		[ "$size" = "$slot_size" ] || continue
		cat "/sys/kernel/slab/$cache/slab_size"
		return
	done
	# Large, of whole pages.
	echo "$slot_size"
}

# All that a test may have loaded, in an order in which it can be unloaded. A
# driver goes before leakacct: what it frees at its end is then still seen.
ktap_cleanup()
{
	for ko in ./*.ko; do
		module=${ko#./}
		module=${module%.ko}
		[ "$module" != leakacct ] && [ -d "/sys/module/$module" ] && rmmod "$module"
	done
	[ ! -d /sys/module/leakacct ] || rmmod leakacct
}

# is_realtime: PREEMPT_RT, where nobody allocates in a hard interrupt.
is_realtime()
{
	[ "$(cat /sys/kernel/realtime 2>/dev/null)" = 1 ] || uname -v | grep -q PREEMPT_RT
}

# load [PARAMETER=VALUE...]: no look for suspects of its own accord.
load()
{
	insmod ./leakacct.ko look_s=3600 "$@" || ktap_fail "expected that leakacct loads with '$*'"
}

# reload [PARAMETER=VALUE...]
reload()
{
	rmmod leakacct
	load "$@"
}

# Rows of hooks that did not pass their trial. Two are not tried: one would move others' pages,
# the other is the allocator's own.
# shellcheck disable=SC2034 # for the tests
untried='col("selftest") != "pass" && col("path") !~ /^(page_alloc_contig|kmalloc_flags)$/'

# leaker_run VERB PATH [N]: see leaker/la_leaker.c.
leaker_run()
{
	echo "$*" >$leaker/run || ktap_fail "expected that the leaker can '$*'"
}

# Since the boot.
centiseconds()
{
	tr -d . </proc/uptime | cut -d ' ' -f 1
}

is_past()
{
	[ "$(centiseconds)" -ge "$1" ]
}

# The age of pages is known by the second, of 1.024: what is as far from the looks before and
# after it is of the window in between.
a_second_goes_by()
{
	ktap_poll 10 is_past $(($(centiseconds) + 110)) || ktap_fail "expected that time goes by"
}

# query VIEW [KEY=VALUE...]: the answer. With since_mark=0 it is of a walk of its
# own and not of the shared snapshot, which can be a second old.
query()
{
	(
		exec 7<>"$la/query" || exit
		echo "$*" >&7 || exit
		cat <&7
	)
}

# column NAME [CONDITION]: from stdin, a file's text, that column of all rows for
# which the awk condition holds; in it col("NAME") is the value of a column. The
# last column holds the rest of the line. Indented lines, the frames of `stacks`,
# are no rows.
column()
{
	awk -v want="$1" '
		function col(name,	at, i, rest)
		{
			at = place[name]
			if (at != columns)
				return $at
			rest = $0
			for (i = 1; i < at; i++)
				sub(/^ *[^ ]+ +/, "", rest)
			return rest
		}
		/^#/ {
			if (FNR == 2) {
				columns = NF - 1
				for (i = 2; i <= NF; i++)
					place[$i] = i - 1
			}
			next
		}
		/^ / { next }
		'"${2:+$2}"' { print col(want) }'
}

# sum: of the numbers on stdin.
sum()
{
	awk '{ gsub(/^>=/, ""); total += $1 } END { printf "%.0f\n", total }'
}

# of FUNCTION: a condition for column: the rows whose caller is that function.
of()
{
	printf 'col("caller") ~ /^%s\\+/' "$1"
}

# live FUNCTION: its live objects, as of now.
live()
{
	query callers caller="$1+" rows=0 since_mark=0 | column objects "$(of "$1")" | sum
}

# stat NAME: a value of `stats`.
stat()
{
	column value "col(\"name\") == \"$1\"" <"$la/stats"
}

# shrink: what nobody uses any more goes from the caches, and slabs of the CPUs to their
# lists, so that slabinfo counts objects; what the CPUs have counted is folded.
shrink()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for file in /sys/kernel/slab/*/shrink; do
		echo 1 >"$file"
	done 2>/dev/null
	cat /proc/sys/vm/stat_refresh
}

# few_are_refused: of the inserts since the load, at most one in a hundred.
#
# On a busy machine a burst may fill the table before the worker has let it grow. What is
# left out then is counted, and the verdict says so. But if it were much, that nothing is
# live would say little of what was allocated.
few_are_refused()
{
	refused=$(stat refused)
	inserts=$(stat inserts)
	ktap_diag "$inserts inserts, $refused refused"
	ktap_expect "refused" le $((inserts / 100)) "$refused" "so little of it was left out"
}

# expect_live FUNCTION N BECAUSE
expect_live()
{
	ktap_expect "live objects of $1" eq "$2" "$(live "$1")" "$3"
}
