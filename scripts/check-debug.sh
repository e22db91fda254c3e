#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All guest tests on debug kernels of our own: `make check-debug`.
#
# usage: check-debug.sh [NAME...]
#
# NAME is a kernel of selftests/qemu/kernels, by default lockdep and kasan, which have
# between them what debug has in one, and are quicker; a first run builds them. Any
# splat fails. The last line is `N passed, N failed`.

set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1
work=$top/build/debug
results=$work/results
begin=$(date +%s)
mkdir -p "$work" || exit 1
exec 6>"$work/.lock"
flock -n 6 || {
	echo "waiting for another run in this tree to end"
	flock 6
}

progress()
{
	printf '[%4d s] %s\n' $(($(date +%s) - begin)) "$*"
}

scripts/deps.sh kernel || exit 1
[ $# -gt 0 ] || set -- lockdep kasan
: >"$results"
for kernel in "$@"; do
	progress "the $kernel kernel"
	rm -f "$work/$kernel/results"
	if ! scripts/fetch-kernel.sh "$kernel" >/dev/null ||
	   ! selftests/qemu/run.sh --kernel "$kernel" --out "$work/$kernel" --raw >/dev/null; then
		progress "the $kernel kernel: no run came to its end"
	fi
	# A set without a test fails.
	[ -s "$work/$kernel/results" ] || echo "@@ set $kernel boot" >"$work/$kernel/results"
	cat "$work/$kernel/results" >>"$results"
done
progress "results"
selftests/qemu/collect.sh "$results"
