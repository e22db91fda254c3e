#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All checks and tests: `make check`.
#
# usage: suite.sh [--all | VERSION...]
#
# On the main kernel, 6.1, all guest tests are run, and on the others a selection that
# takes a minute each; on each VERSION that is named all of them; with --all all of
# them on all kernels, in the long form where they have one.
# The sources are checked against the first kernel.
#
# Each step's output goes into one result stream (see selftests/qemu/collect.awk)
# that is judged at the end; a step that cannot be run has no result and fails.
# The last line is `N passed, N failed`.

set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1
others="6.1-rt 6.12 5.10 7.x"
# What a kernel can differ in: paths, stacks, caches, the ledger, modules' text.
smoke="hooks_armed hooks_live_objects hooks_kfree_rcu ghost_ledger slabs_aliases
	stacks_frames stats_names symbols_module_unloaded"
full=6.1
part=
long=
case ${1:-} in
"")	part=$others ;;
--all)	full="6.1 $others"; long=--long ;;
*)	full=$* ;;
esac
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

# for_each PREFIX: that with each kernel.
for_each()
{
	for version in $full $part; do
		printf '%s ' "$1-$version"
	done
}

# shellcheck disable=SC2046 # a list of words
planned prepare packages source $(for_each kernel) $(for_each guest) >"$results"
step packages 900 scripts/deps.sh || give_up
step source 900 scripts/fetch-source.sh || give_up
for version in $full $part; do
	rm -f "$work/tree-$version"
	step "kernel-$version" 900 scripts/fetch-kernel.sh "$version" || continue
	# The source of kernels that only a part is run on is not fetched for that.
	some=
	case " $part " in *" $version "*) some=--part ;; esac
	# shellcheck disable=SC2086 # an option or none
	step "guest-$version" 900 scripts/build-guest.sh $some "$version" || continue
	tail -n 1 "$work/output" >"$work/tree-$version"
done

host_planned
step splats_test 60 selftests/qemu/splats_test.sh
step collect_test 60 selftests/qemu/collect_test.sh
step static 300 scripts/check.sh "${full%% *}"
step unit 600 make --no-print-directory -s -C selftests/unit check
step reader 300 make --no-print-directory -s -C tools check

# guests VERSION [OPTION...] [TEST...]
guests()
{
	version=$1
	shift
	rm -f "$work/guests-$version/results"
	if [ -e "$work/tree-$version" ]; then
		progress "tests in guests of $version"
		selftests/qemu/run.sh --kernel "$version" --out "$work/guests-$version" \
			--tree "$(cat "$work/tree-$version")" --raw "$@" \
			>"$work/output" || progress "run.sh ended with status $?"
	fi
	if [ -s "$work/guests-$version/results" ]; then
		cat "$work/guests-$version/results" >>"$results"
	else
		echo "@@ set $version boot" >>"$results"
	fi
}

for version in $full; do
	# shellcheck disable=SC2086 # an option or none
	guests "$version" $long
done
for version in $part; do
	# shellcheck disable=SC2086 # a list of tests
	guests "$version" --boot default ${LEAKACCT_TESTS:-$smoke}
done
finish
