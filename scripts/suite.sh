#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All checks and tests: `make check`.
#
# usage: suite.sh [VERSION]
#
# Each step's output goes into one result stream (see selftests/qemu/collect.awk)
# that is judged at the end; a step that cannot be run has no result and fails.
# The last line is `N passed, N failed`.

set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1
version=${1:-6.1}
work=$top/build/suite
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

# planned SET NAME...: a set of steps, each of which must have a result.
planned()
{
	printf '@@ set %s %s\n' "$1" "$1"
	shift
	printf '@@ plan %s\n' "$@"
}

host_planned()
{
	planned host splats_test collect_test static unit reader >>"$results"
}

# step NAME SECONDS COMMAND...: run it, at most so long. Its status is ours.
step()
{
	name=$1
	limit=$2
	shift 2
	progress "$name"
	echo "@@ begin $name" >>"$results"
	step_begin=$(date +%s%N)
	timeout -k 10 "$limit" "$@" </dev/null >"$work/output" 2>&1
	status=$?
	spent=$((($(date +%s%N) - step_begin) / 10000000))
	cat "$work/output" >>"$results"
	word=$status
	[ "$status" -ne 124 ] || word=timeout
	printf '\n@@ end %s status=%s centiseconds=%d\n' "$name" "$word" "$spent" >>"$results"
	if [ "$status" -ne 0 ]; then
		progress "$name: FAILED with status $word; its last lines:"
		grep -v '^ok ' "$work/output" | tail -n 15 | sed 's/^/         /'
	fi
	return "$status"
}

finish()
{
	progress "results"
	selftests/qemu/collect.sh "$results"
	exit $?
}
trap 'exit 130' INT TERM HUP

# Without these nothing else can be: the rest is shown without results.
give_up()
{
	host_planned
	finish
}

planned prepare packages kernel source guest >"$results"
step packages 900 scripts/deps.sh || give_up
step kernel 900 scripts/fetch-kernel.sh "$version" || give_up
step source 900 scripts/fetch-source.sh || give_up
tree=
if step guest 300 scripts/build-guest.sh "$version"; then
	tree=$(tail -n 1 "$work/output")
fi

host_planned
step splats_test 60 selftests/qemu/splats_test.sh
step collect_test 60 selftests/qemu/collect_test.sh
step static 300 scripts/check.sh "$version"
step unit 600 make --no-print-directory -s -C selftests/unit check
step reader 300 make --no-print-directory -s -C tools check

rm -f "$work/guests/results"
if [ -n "$tree" ]; then
	progress "tests in guests"
	selftests/qemu/run.sh --kernel "$version" --out "$work/guests" --tree "$tree" --raw \
		>"$work/output" || progress "run.sh ended with status $?"
fi
if [ -s "$work/guests/results" ]; then
	cat "$work/guests/results" >>"$results"
else
	echo "@@ set $version boot" >>"$results"
fi
finish
