#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What leakacct costs: boots a stock kernel that counts instructions, measures
# there and prints tables; `make bench`.
#
# usage: run.sh [VERSION] [PART...] [ROW...] [WORKLOAD...]
#
#   VERSION  the stock kernel (default 6.1)
#   PART     pairs      instructions per operation, leakacct's rows
#            peers      the same for other tools
#            workloads  instructions of whole workloads
#            sizes      with 10 thousand, 1 million, 10 million objects, and the
#                       reading of files (needs 5 GB of memory)
#            user       the table alone, on this machine's processor
#            profile    one operation of each kind, by functions; each instruction is
#                       in build/bench/RELEASE.data
#            default: all but profile; with only rows named: pairs, peers
#   ROW      only these: caller stacks sampled kprobe tracepoints ftrace
#            ftrace-stacks slub-debug memleak; bare is always measured
#   WORKLOAD only these: fork files stream find idle
#
# The tables are written to build/bench/RELEASE.txt as well, what was measured to
# build/bench/RELEASE.data. Fails when a measurement is missing.

set -eu
here=$(dirname "$(readlink -f "$0")")
top=$(dirname "$here")
cpu=${LEAKACCT_CPU:-max,la57=off}
icount=${LEAKACCT_ICOUNT:-shift=0,sleep=off}
# With 10 million objects, and what leakacct keeps of them.
sizes=${LEAKACCT_BENCH_SIZES:-10000 1000000 10000000}
sizes_mem=${LEAKACCT_MEM:-4G}
# Emulated, ten million objects take their time.
guest_timeout=3600

usage()
{
	sed -n '/^# usage/,/^# build/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

die()
{
	echo "run.sh: $*" >&2
	exit 1
}

version=6.1
case ${1:-} in
[0-9]*)	version=$1; shift ;;
esac
parts=
wanted=
workloads=
for word in "$@"; do
	case $word in
	pairs | peers | workloads | sizes | user | profile)
		parts="$parts $word" ;;
	bare | caller | stacks | sampled | kprobe | tracepoints | ftrace | ftrace-stacks | slub-debug | memleak)
		wanted="$wanted $word" ;;
	fork | files | stream | find | idle)
		workloads="$workloads $word" ;;
	*)	usage ;;
	esac
done
: "${workloads:=fork files stream find idle}"
[ -n "$parts" ] || [ -z "$wanted" ] || parts="pairs peers"
: "${parts:=pairs peers workloads sizes user}"

has()
{
	case " $parts " in
	*" $1 "*)	return 0 ;;
	esac
	return 1
}

# rows ROW...: those of them that are wanted.
rows()
{
	for row in "$@"; do
		case " $wanted " in
		"  " | *" $row "*)	printf '%s ' "$row" ;;
		esac
	done
}

# --- what runs in the guest -----------------------------------------------------

env=$("$top/scripts/fetch-kernel.sh" "$version")
eval "$env"
build=$("$top/scripts/kbuild.sh" --kernel "$version" --print)
work=$top/build/bench
tree=$work/tree
mkdir -p "$work"
exec 6>"$work/.lock"
flock -n 6 || die "another run in this tree is under way"

"$top/scripts/kbuild.sh" --kernel "$version" . bench >&2
rm -rf "$tree"
mkdir -p "$tree/leakacct"
cp "$build/module/leakacct.ko" "$build/bench/la_bench.ko" "$tree/leakacct/"
"${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -o "$tree/leakacct/workload" "$here/workload.c"

# guest PARTS ROWS [ENVIRONMENT...]: one boot; what it measures goes to the data.
guest()
{
	printf '%s="%s"\n' parts "$1" rows "$2" workloads "$workloads" sizes "$sizes" >"$work/conf"
	echo "run.sh: booting ${release:?} for $1: $2" >&2
	memleak=
	case " $2 " in
	*" memleak "*)	! memleak=$("$here/fetch-memleak.sh") || memleak="--add $memleak" ;;
	esac
	shift 2
	# shellcheck disable=SC2086 # two words or none
	env LEAKACCT_CPU="$cpu" LEAKACCT_ICOUNT="$icount" "$@" \
		"$top/selftests/qemu/run.sh" --kernel "$version" --boot icount --tree "$tree" \
		--out "$work/guest" --timeout "$guest_timeout" \
		--add "$work/conf=etc/bench" $memleak --script "$here/guest.sh" >"$work/output" ||
		die "the guest failed: $(grep -v '^@' "$work/output" | tail -n 5)"
	tr -d '\r' <"$work/output" | sed -n 's/^@ //p' >>"$data"
	[ "$(tail -n 1 "$data")" = end ] || die "the guest did not come to its end"
}

data=$work/$release.data
report=$work/$release.txt
{
	echo "kernel $release"
	echo "emulator $(qemu-system-x86_64 --version | head -n 1), -accel tcg, one CPU"
	echo "cpu -cpu $cpu -icount $icount"
	echo "parts $parts"
	echo "workloads $workloads"
} >"$data"

here_rows=
! has pairs || here_rows=$(rows caller stacks sampled kprobe)
! has peers || here_rows="$here_rows$(rows tracepoints ftrace ftrace-stacks memleak)"
own_boot=
! has peers || own_boot=$(rows slub-debug)
if has pairs || has peers; then
	guest pairs "bare ${here_rows}bare-again"
	[ -z "$own_boot" ] || guest pairs "$own_boot" LEAKACCT_APPEND="slub_debug=U ${LEAKACCT_APPEND:-}"
fi
! has workloads || guest workloads "bare $(rows caller stacks sampled)bare-again"
! has sizes || guest sizes "bare $(rows stacks)" LEAKACCT_MEM="$sizes_mem"
! has profile || guest profile "bare $(rows caller stacks sampled kprobe tracepoints ftrace)"
if has user; then
	# The tests of the plain C parts bring it.
	if make -s -C "$top/selftests/unit" OUT="$work/unit" bench >"$work/user" 2>&1; then
		sed 's/^/user /' "$work/user" >>"$data"
	else
		tail -n 5 "$work/user" >&2
	fi
fi

status=0
awk -f "$here/tables.awk" "$data" >"$report" || status=$?
cat "$report"
echo "run.sh: these tables are in $report" >&2
exit "$status"
