#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All checks and tests: `make check`.
#
# usage: suite.sh [--all | --long | --debug [NAME...] | VERSION...]
#
# On the main kernel, 6.1, all guest tests are run, and on the others a selection that
# takes a minute each; on each VERSION that is named all of them; with --all all of
# them on all kernels, in the long form where that takes minutes, on the main one in any
# case, and 1,000 loads and unloads on its RT kernel; with --long all in the long form where
# they have one. The sources are checked against the first kernel.
#
# With --debug only the guest tests are run, on kernels of our own (NAME is one of
# selftests/qemu/kernels), which a first run builds. Any splat fails.
#
# When the first kernels are there, all else is jobs, which three lanes take one after the
# other, the long ones first: a guest rarely keeps two processors busy, as tests wait for RCU
# and for workers. So the guest of most tests is several. A job's steps go into a result stream of
# its own (see selftests/qemu/collect.awk). These are judged at the end as one, in the order
# of the jobs; a step that cannot be run has no result and fails.
# The last line is `N passed, N failed`.

set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1
others="6.1-rt 6.12 5.10 7.x"
# What a kernel can differ in: paths, stacks, caches, the ledger; and, where it differs
# most, on the oldest and the newest: RCU's frees, the kinds of pages, modules' text.
smoke="hooks_armed hooks_live_objects pages_counted_once ghost_ledger slabs_aliases
	stacks_frames"
smoke_of_ends="stats_names hooks_kfree_rcu ghost_census symbols_module_unloaded"
full=6.1
shares=4		# of the guest of most tests
part=
long=			# form, on the main kernel, and elsewhere
long_elsewhere=
deps=			# what deps.sh installs, of its words
sources=1		# are checked, and what builds in user space
prepare_limit=900
part_only=--part
[ -z "${LEAKACCT_TESTS:-}" ] || { shares=1; part_only=; }
case ${1:-} in
"")	part=$others ;;
--all)	full="6.1 $others"; long=--long; long_elsewhere=--long=600 ;;
--long)	full="6.1 $others"; long=--long; long_elsewhere=--long ;;
--debug)
	shift
	full=${*:-debug}
	deps=kernel
	sources=
	shares=6
	prepare_limit=5400
	;;
*)	full=$* ;;
esac
work=$top/build/suite
begin=$(date +%s)
mkdir -p "$work" || exit 1
exec 6>"$work/.lock"
flock -n 6 || {
	echo "waiting for another run in this tree to end"
	flock 6
}
rm -rf "$work"/job-* "$work"/tree-*

progress()
{
	printf '[%4d s] %s\n' $(($(date +%s) - begin)) "$*"
}

# --- jobs -------------------------------------------------------------------

# job NUMBER: from here on it is the one that is done.
job()
{
	stream=$work/job-$1.stream
	output=$work/job-$1.output
}

# later COMMAND [ARGUMENT...]: a job for one of the lanes.
jobs=0
later()
{
	jobs=$((jobs + 1))
	job "$jobs"
	echo "$*" >>"$work/job-list"
}

# A lane does each job that the other one has not begun.
lane()
{
	number=0
	while read -r command; do
		number=$((number + 1))
		mkdir "$work/job-$number.begun" 2>/dev/null || continue
		job "$number"
		$command </dev/null
		: >"$work/job-$number.done"
	done <"$work/job-list"
}

# end PID: it and all that it has started.
end()
{
	children=$(cat "/proc/$1/task/$1/children" 2>/dev/null)
	kill "$1" 2>/dev/null
	for child in $children; do
		end "$child"
	done
}

end_each()
{
	for pid in "$@"; do
		end "$pid"
	done
}

# What the shell puts into the background does not hear of Ctrl-C.
lanes()
{
	running=
	for _ in 1 2 3; do
		lane &
		running="$running $!"
	done
	trap 'end_each $running; exit 130' INT TERM HUP
	# shellcheck disable=SC2086 # a list of numbers
	wait $running
	trap 'exit 130' INT TERM HUP
}

finish()
{
	for number in $(seq 0 "$jobs"); do
		[ ! -e "$work/job-$number.stream" ] || cat "$work/job-$number.stream"
		# A set without a test fails.
		[ -e "$work/job-$number.done" ] || echo "@@ set job-$number host"
	done >"$work/results"
	progress "results"
	selftests/qemu/collect.sh "$work/results"
	exit $?
}

# --- steps ------------------------------------------------------------------

# planned SET KIND STEP...: the job has a set of steps, each of which must have a result.
planned()
{
	printf '@@ set %s %s\n' "$1" "$2"
	shift 2
	printf '@@ plan %s\n' "$@"
} >>"$stream"

# step NAME SECONDS COMMAND...: run it, at most so long. Its status is ours.
step()
{
	name=$1
	limit=$2
	shift 2
	progress "$name"
	echo "@@ begin $name" >>"$stream"
	step_begin=$(date +%s%N)
	timeout -k 10 "$limit" "$@" </dev/null >"$output" 2>&1
	status=$?
	spent=$((($(date +%s%N) - step_begin) / 10000000))
	cat "$output" >>"$stream"
	word=$status
	[ "$status" -ne 124 ] || word=timeout
	printf '\n@@ end %s status=%s centiseconds=%d\n' "$name" "$word" "$spent" >>"$stream"
	if [ "$status" -ne 0 ]; then
		progress "$name: FAILED with status $word; its last lines:"
		grep -v '^ok ' "$output" | tail -n 15 | sed 's/^/         /'
	fi
	return "$status"
}

# prepare VERSION [OPTION]: the kernel, and what runs in its guests.
prepare()
{
	step "kernel-$1" "$prepare_limit" scripts/fetch-kernel.sh "$1" || return
	# shellcheck disable=SC2086 # an option or none
	step "guest-$1" 900 scripts/build-guest.sh ${2:-} "$1" || return
	tail -n 1 "$output" >"$work/tree-$1"
}

# guests VERSION BOOT [OPTION...] [TEST...]
guests()
{
	version=$1
	boot=$2
	dir=$work/guests-$1-$2
	shift 2
	# Shares of one guest do not share a directory.
	[ "${1:-}" != --share ] || dir=$dir-${2%/*}
	rm -f "$dir/results"
	progress "tests in guests: $version/$boot"
	if [ -e "$work/tree-$version" ] &&
	   selftests/qemu/run.sh --kernel "$version" --boot "$boot" --beside --out "$dir" \
		--tree "$(cat "$work/tree-$version")" --raw "$@" >"$output"; then
		cat "$dir/results" >>"$stream"
	else
		progress "tests in guests: $version/$boot: FAILED to run"
		echo "@@ set $version/$boot boot" >>"$stream"
	fi
}

# form VERSION BOOT: of its tests, as an option or none. The loads and unloads have a boot of
# their own.
form()
{
	case $1/$2 in
	6.1/* | 6.1-rt/onethread)	echo "$long" ;;
	*)				echo "$long_elsewhere" ;;
	esac
}

# boots VERSION: the guests that the tests ask for, in their order in `boots`.
boots()
{
	all=
	# shellcheck disable=SC2046 # an option or none
	[ ! -e "$work/tree-$1" ] ||
		all=$(selftests/qemu/run.sh --kernel "$1" --tree "$(cat "$work/tree-$1")" \
			$(form "$1" any) --list |
			awk 'FNR == NR { asked[$1] = 1; next } $1 in asked { print $1 }' - \
				selftests/qemu/boots)
	echo "${all:-default}"
}

host()
{
	step splats_test 60 selftests/qemu/splats_test.sh
	step collect_test 60 selftests/qemu/collect_test.sh
	step static 1200 scripts/check.sh "${full%% *}"
	step unit 900 make --no-print-directory -s -C selftests/unit check
	step reader 600 make --no-print-directory -s -C tools check
	step drivers 600 selftests/qemu/drivers_test.sh "${full%% *}" "$(cat "$work/tree-${full%% *}")"
}

# The source of kernels that only a part is run on is not fetched for that, nor is what other
# tests need built: unless tests are asked for by name.
part()
{
	prepare "$1" ${part_only:+"$part_only"}
	tests=$smoke
	case $1 in 5.10 | 7.x) tests="$smoke $smoke_of_ends" ;; esac
	# shellcheck disable=SC2086 # a list of tests
	guests "$1" default ${LEAKACCT_TESTS:-$tests}
}

# --- all of it --------------------------------------------------------------

trap 'exit 130' INT TERM HUP
job 0
# shellcheck disable=SC2046 # a list of words
planned prepare prepare packages source emulator \
	$(for version in $full; do echo "kernel-$version guest-$version"; done)
if ! step packages 900 scripts/deps.sh $deps || ! step source 900 scripts/fetch-source.sh ||
   ! step emulator 300 scripts/fetch-qemu.sh; then
	finish
fi
for version in $full; do
	prepare "$version"
done
: >"$work/job-0.done"

for version in $full; do
	boots "$version" | grep -qx default || continue
	for share in $(seq "$shares"); do
		later guests "$version" default --share "$share/$shares" "$(form "$version" default)"
	done
done
if [ "$sources" ]; then
	later host
	planned host host splats_test collect_test static unit reader drivers
fi
for version in $part; do
	later part "$version"
	planned "prepare-$version" prepare "kernel-$version" "guest-$version"
done
for version in $full; do
	for boot in $(boots "$version"); do
		[ "$boot" = default ] || later guests "$version" "$boot" "$(form "$version" "$boot")"
	done
done
lanes
finish
