#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the module and the test modules for one kernel, in a directory of that
# kernel alone.
#
# usage: kbuild.sh [--kernel VERSION | --kdir DIR] [--out DIR] [--print] [PART...] [-- ARGUMENT...]
#
#   --kernel VERSION  a stock kernel that fetch-kernel.sh knows; it is fetched
#   --kdir DIR        a kernel's build directory (default: the running kernel's)
#   --out DIR         where to build (default: build/RELEASE)
#   --print           print that directory and build nothing
#   PART              . (the module, the default), selftests/leaker, demo, ...:
#                     a directory with a Kbuild file; one without is passed over
#   ARGUMENT          for make: C=2, ...
#
# For 6.1, which the sources are checked against, all of the kernel's warnings are on, and are
# errors: what is built has none. Headers of later kernels may bring some of their own.
#
# kbuild writes its objects beside the sources, so the sources are copied into
# the build directory first: builds for several kernels never mix and the tree stays
# clean. What differs is copied, whichever is newer, and is new to make.

set -eu
top=$(dirname "$(dirname "$(readlink -f "$0")")")

usage()
{
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
}

kernel=
kdir=
out=
print=
parts=
while [ $# -gt 0 ]; do
	case $1 in
	--kernel)	kernel=${2:?}; shift ;;
	--kdir)		kdir=${2:?}; shift ;;
	--out)		out=${2:?}; shift ;;
	--print)	print=1 ;;
	--)		shift; break ;;
	-*)		usage ;;
	*)		parts="$parts $1" ;;
	esac
	shift
done

common=
make_args=
strict=
if [ -n "$kernel" ]; then
	env=$("$top/scripts/fetch-kernel.sh" "$kernel")
	eval "$env"
	kdir=${headers:?}
	[ "$kernel" != 6.1 ] || strict="W=1 KCFLAGS=-Werror"
else
	kdir=${kdir:-/lib/modules/$(uname -r)/build}
fi
if [ ! -e "$kdir/include/generated/utsrelease.h" ]; then
	echo "kbuild.sh: no kernel headers in $kdir." >&2
	echo "Install linux-headers-$(uname -r), name a build directory by KDIR=," >&2
	echo "or build for a stock kernel that is fetched: make KERNEL=6.1" >&2
	exit 1
fi
release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")
: "${out:=$top/build/$release}"
if [ -n "$print" ]; then
	echo "$out"
	exit
fi

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
sources=
for part in Kbuild module selftests demo bench; do
	[ ! -e "$top/$part" ] || sources="$sources $top/$part"
done

# What the last filter excludes is neither copied nor, on the other side, deleted.
# shellcheck disable=SC2086 # a list of paths
rsync -rl --checksum --delete --prune-empty-dirs --exclude=/selftests/unit/ --include='*/' \
	--include='*.[chS]' --include=Kbuild --exclude='*.mod.c' --exclude='*' \
	$sources "$out/"

# A make above that already shares out jobs is left to do so.
jobs=
case ${MAKEFLAGS:-} in
*j*)	;;
*)	jobs=-j$(nproc) ;;
esac

# LEAKACCT_TESTS picks guest tests for run.sh; to Kbuild it would mean something else.
for part in ${parts:-.}; do
	[ -e "$out/$part/Kbuild" ] || continue
	dir=$out
	[ "$part" = . ] || dir=$out/$part
	if [ -n "$common" ]; then
		# There is no vmlinux to make BTF from, which kbuild would remark.
		# shellcheck disable=SC2086 # a list of words
		env -u LEAKACCT_TESTS make --no-print-directory -s $jobs -C "$common" O="$kdir" M="$dir" \
			CONFIG_DEBUG_INFO_BTF_MODULES= $make_args $strict "$@" modules
	else
		# shellcheck disable=SC2086 # a word or none
		env -u LEAKACCT_TESTS make --no-print-directory -s $jobs -C "$kdir" M="$dir" $strict "$@" modules
	fi
done
