#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot a stock kernel under emulation and run something in it.
#
# usage: run.sh [OPTION...] [TEST...]         run tests, all by default (names or globs)
#        run.sh [OPTION...] --script FILE     run a shell script, its output and status are ours
#        run.sh [OPTION...] --shell           a shell in the guest (leave by `exit`)
#        run.sh --list                        the tests and their guests
#
#   --kernel VERSION  the stock kernel (default 6.1), or a debug kernel's name (kernels/)
#   --boot NAME       a row of `boots`; for tests: only this one
#   --add FILE[=PATH] a further file for the guest, at /NAME or PATH; repeatable
#   --out DIR         logs and results (default build/RELEASE/qemu)
#   --timeout S       end a script's guest after so many seconds (default 600)
#   --input FILE      what a script reads from /dev/ttyS1 (a fifo, or it ends at once)
#   --tree DIR        an installed kselftest tree (default: built now)
#   --long[=MOST]     the long form of tests that have one (in at most so many seconds):
#                     LEAKACCT_LONG is set for it, the line "# Long: SECONDS" is its
#                     time-out, and those of "# Long boots: NAME..." are further guests
#   --beside          other work goes on beside this: time-outs are doubled
#   --share K/N       of the tests of each guest every Nth, from the Kth on
#   --raw             print the result stream's path instead of collecting it
#
# Environment: LEAKACCT_ACCEL LEAKACCT_CPU LEAKACCT_MEM LEAKACCT_SMP
# LEAKACCT_ICOUNT LEAKACCT_APPEND replace (APPEND: add to) what the row says,
# LEAKACCT_EMULATOR what fetch-qemu.sh does;
# LEAKACCT_QEMU are further arguments of the emulator;
# LEAKACCT_TESTS="NAME..." picks tests like arguments do.
#
# In DIR stay, for each boot, the console's log BOOT.console, and the result
# stream of all in `results`. The emulator is TCG always, as /dev/kvm may exist and hang.

set -eu
here=$(dirname "$(readlink -f "$0")")
top=$(dirname "$(dirname "$here")")

usage()
{
	sed -n '/^# usage/,/^# stream/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

die()
{
	echo "run.sh: $*" >&2
	exit 1
}

version=6.1
only_boot=
mode=tests
script=
add=
out=
script_timeout=600
input=/dev/null
tree=
raw=
long=
beside=
share=
while [ $# -gt 0 ]; do
	case $1 in
	--kernel)	version=${2:?}; shift ;;
	--boot)		only_boot=${2:?}; shift ;;
	--script)	mode=script; script=${2:?}; shift ;;
	--shell)	mode=shell ;;
	--list)		mode=list ;;
	--add)		add="$add ${2:?}"; shift ;;
	--out)		out=${2:?}; shift ;;
	--timeout)	script_timeout=${2:?}; shift ;;
	--input)	input=${2:?}; shift ;;
	--tree)		tree=${2:?}; shift ;;
	--long)		long=86400 ;;
	--long=[1-9]*)	long=${1#*=} ;;
	--beside)	beside=1 ;;
	--share)	share=${2:?}; shift ;;
	--raw)		raw=1 ;;
	-*)		usage ;;
	*)		break ;;
	esac
	shift
done
wanted="${*:-${LEAKACCT_TESTS:-*}}"

env=$("$top/scripts/fetch-kernel.sh" "$version")
eval "$env"
[ "${image:-}" != vmlinuz ] || vmlinux=
# How many times longer all may take.
slow=$((${slow:-1} * (${beside:-0} + 1)))
: "${out:=$top/build/${release:?}/qemu}"
[ -n "$tree" ] || tree=$("$top/scripts/build-guest.sh" "$version")

# Two runs at once do not share a directory.
mkdir -p "$out"
exec 7>"$out/.lock"
if ! flock -n 7; then
	out=$out.$$
	mkdir "$out"
	echo "run.sh: another run is under way; logs of this one: $out" >&2
	exec 7>"$out/.lock"
	flock -n 7
fi

# --- the tests, and what they ask for ---------------------------------------

# header FILE KEY: the value of the comment line "# KEY: value" at its top.
header()
{
	head -n 30 "$1" | tr -d '\000' | sed -n "s/^# $2: *//p" | head -n 1
}

# "BOOT TEST TIMEOUT [long]" lines of all tests that are wanted.
plan()
{
	limit=$(sed -n 's/^timeout=//p' "$tree/leakacct/settings" 2>/dev/null)
	set -f
	for pattern in $wanted; do
		while IFS=: read -r _ test; do
			# shellcheck disable=SC2254 # the pattern is meant as one
			case $test in
			$pattern | $pattern.sh) ;;
			*)	continue ;;
			esac
			file=$tree/leakacct/$test
			form=
			seconds=${long:+$(header "$file" Long)}
			if [ -n "$seconds" ] && [ "$seconds" -le "$long" ]; then
				form=long
			else
				seconds=$(header "$file" Timeout)
			fi
			boots=$(header "$file" Boots)
			for boot in ${boots:-default} ${form:+$(header "$file" "Long boots")}; do
				[ -z "$only_boot" ] || [ "$boot" = "$only_boot" ] || continue
				echo "$boot $test $((${seconds:-${limit:-45}} * slow))${form:+ $form}"
			done
		done <"$tree/kselftest-list.txt"
	done | awk -v share="${share:-1/1}" '
		BEGIN { split(share, of, "/") }
		!seen[$0]++ && nr[$1]++ % of[2] == of[1] - 1'
	set +f
}

# memory_nodes SIZE+SIZE...: in GB, of a node each, which has one CPU. Sets mem and numa, and
# adds to smp: CPUs of one socket would share a cache, and be of one node.
memory_nodes()
{
	numa=
	node=0
	total=0
	for size in $(echo "$1" | tr + ' '); do
		numa="$numa -object memory-backend-ram,id=node$node,size=$size"
		numa="$numa -numa node,nodeid=$node,cpus=$node,memdev=node$node"
		node=$((node + 1))
		total=$((total + ${size%G}))
	done
	mem=${total}G
	smp=$smp,sockets=$node
}

# boot_row NAME: sets mem, numa, smp, icount, append, emulator.
boot_row()
{
	row=$(awk -v n="$1" '$1 == n { $1 = ""; print }' "$here/boots")
	[ -n "$row" ] || die "boots has no row '$1'"
	read -r mem smp icount append <<-X
	$row
	X
	[ "$icount" != - ] || icount=
	thread=
	[ "$icount" != single ] || { icount=; thread=,thread=single; }
	[ "$append" != - ] || append=
	[ "$mem" != 1G ] || mem=${memory:-1G}
	mem=${LEAKACCT_MEM:-$mem}
	smp=${LEAKACCT_SMP:-$smp}
	icount=${LEAKACCT_ICOUNT:-$icount}
	# What an emulator counts as one instruction changed from release to release.
	emulator=qemu-system-x86_64
	[ -n "$icount" ] || emulator=${LEAKACCT_EMULATOR:-$("$top/scripts/fetch-qemu.sh")}
	numa=
	case $mem in
	*+*)	memory_nodes "$mem" ;;
	esac
	# What the kernel does not know and has a = becomes the environment of init.
	append="$append ${options:-} LEAKACCT_SLOW=$slow ${LEAKACCT_APPEND:-}"
}

# initramfs OUTPUT [FILE=PATH...]: while nobody builds the tree anew.
initramfs()
{
	initramfs_file=$1
	shift
	# shellcheck disable=SC2086 # a list of files
	flock -s "$tree.lock" "$here/mkinitramfs.sh" "$initramfs_file" "$tree" "$mode" $add "$@"
}

# qemu BOOT INITRD: the guest; its second serial line is our stdin and stdout.
qemu()
{
	boot_row "$1"
	# TCG translates in one thread a CPU, but not when it counts instructions.
	accel=${LEAKACCT_ACCEL:-tcg}
	# shellcheck disable=SC2086 # a list of words
	exec "$emulator" -accel "$accel$thread" -cpu "${LEAKACCT_CPU:-max,la57=off}" \
		-m "$mem" $numa -smp "$smp" ${icount:+-icount "$icount"} \
		-nodefaults -no-user-config -no-reboot -display none -monitor none \
		-serial "file:$out/$1.console" ${LEAKACCT_QEMU:-} \
		-chardev stdio,id=results,signal=off -serial chardev:results \
		-kernel "${vmlinux:-${vmlinuz:?}}" -initrd "$2" \
		-append "console=ttyS0 loglevel=5 nokaslr log_buf_len=4M noirqdebug no_timer_check printk.devkmsg=on panic=-1 oops=panic panic_on_warn=1 $append"
}

now()
{
	date +%s
}

# --- one script, or a shell --------------------------------------------------

# The status that the guest's init reported; a guest that died reported none.
guest_status()
{
	tr -d '\r' <"$out/$1.console" | sed -n 's/^leakacct-guest: exit //p' | tail -n 1
}

run_script()
{
	boot=${only_boot:-default}
	initrd=$out/$mode.cpio
	boot_row "$boot"
	initramfs "$initrd" ${script:+"$script=etc/script"}
	rm -f "$out/$boot.console"
	if [ "$mode" = shell ]; then
		qemu "$boot" "$initrd"
	fi
	(qemu "$boot" "$initrd" <"$input") &
	pid=$!
	(
		exec 7>&-
		sleep "$script_timeout" &
		trap 'kill $!; exit' TERM
		wait $!
		echo "run.sh: ended after $script_timeout s" >&2
		kill "$pid"
	) &
	dog=$!
	trap 'kill "$pid" "$dog" 2>/dev/null; exit 130' INT TERM HUP
	wait "$pid" || :
	kill "$dog" 2>/dev/null || :
	status=$(guest_status "$boot")
	if [ -z "$status" ]; then
		tail -n 40 "$out/$boot.console" >&2
		die "the guest died; its console's log is $out/$boot.console"
	fi
	exit "$status"
}

# --- tests -------------------------------------------------------------------

# Shows each test as it ends and tells the watchdog when the next must.
progress()
{
	boot=$1
	while read -r line; do
		case $line in
		"@@ begin "*)
			test=${line#@@ begin }
			limit=$(awk -v t="$test" '$1 == t { print $2 }' "$out/$boot.tests")
			echo $(($(now) + ${limit:-45} + 60 * slow)) >"$out/$boot.deadline"
			;;
		"@@ end "*)
			rest=${line#@@ end }
			echo $(($(now) + 60 * slow)) >"$out/$boot.deadline"
			cs=${rest##*=}
			status=${rest#* status=}
			printf '#   %s/%s: status %s after %d.%d s\n' "$version/$boot" \
				"${rest%% *}" "${status%% *}" $((cs / 100)) $((cs % 100 / 10)) >&2
			;;
		esac
	done
}

# needs BOOT: what its tests have a line "# Needs: NAME..." for, which fetch-NAME.sh VERSION
# fetches and they find in /NAME. Where there is none they fail.
needs()
{
	while read -r test _; do
		header "$tree/leakacct/$test" Needs
	done <"$out/$1.tests" | tr ' ' '\n' | sort -u
}

# boot_once BOOT: one guest for the tests in $out/BOOT.tests; their results go to
# $out/BOOT.stream.
boot_once()
{
	boot=$1
	stream=$out/$boot.stream
	echo "#   booting $version/$boot for $(wc -l <"$out/$boot.tests") tests" >&2

	# What is run differs between boots: a second archive after the common one.
	rm -rf "$out/list"
	mkdir -p "$out/list/etc"
	cp "$out/$boot.tests" "$out/list/etc/tests"
	for need in $(needs "$boot"); do
		dir=$("$top/scripts/fetch-$need.sh" "$version") || continue
		cp -R "$dir" "$out/list/$need"
	done
	(cd "$out/list" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/list.cpio"
	cat "$out/tests.cpio" "$out/list.cpio" >"$out/boot.cpio"

	rm -f "$stream" "$out/$boot.console" "$out/$boot.fifo"
	: >"$stream"
	echo $(($(now) + 120 * slow)) >"$out/$boot.deadline"
	mkfifo "$out/$boot.fifo"
	(qemu "$boot" "$out/boot.cpio" </dev/null >"$out/$boot.fifo") &
	pid=$!
	(
		exec 7>&-
		while kill -0 "$pid" 2>/dev/null; do
			sleep 2
			# It may just be written anew.
			deadline=$(cat "$out/$boot.deadline")
			if [ "$(now)" -gt "${deadline:-$(now)}" ]; then
				echo "#   $version/$boot: no sign of life, ending the guest" >&2
				kill -KILL "$pid"
			fi
		done
	) &
	dog=$!
	# No filter in between may keep lines back: the watchdog waits for them.
	tee "$stream" <"$out/$boot.fifo" | grep --line-buffered -a '^@@ ' | progress "$boot" &
	reader=$!
	trap 'kill "$pid" "$dog" 2>/dev/null; exit 130' INT TERM HUP
	wait "$pid" || :
	wait "$reader" || :
	kill "$dog" 2>/dev/null || :
	trap - INT TERM HUP
	rm -f "$out/$boot.fifo" "$out/$boot.deadline" "$out/boot.cpio" "$out/list.cpio"
	rm -rf "$out/list"
}

# run_boot BOOT: all its tests. When the guest dies in one, that one has failed
# and the rest gets a new guest, a few times.
run_boot()
{
	boot=$1
	awk -v b="$boot" '$1 == b { print $2, $3, $4 }' "$out/plan" >"$out/$boot.tests"
	for try in "" "(2nd)" "(3rd)" "(4th)"; do
		set=$version/$boot${share:+-${share%/*}}$try
		boot_once "$boot"
		sed -n 's/^@@ begin //p' "$out/$boot.stream" | tr -d '\r' >"$out/$boot.begun"
		awk 'FILENAME == ARGV[1] { begun[$1] = 1; next } !($1 in begun)' \
			"$out/$boot.begun" "$out/$boot.tests" >"$out/$boot.rest"
		# The last guest answers for all that still have no result.
		if [ ! -s "$out/$boot.begun" ] || [ "$try" = "(4th)" ]; then
			: >"$out/$boot.rest"
		fi
		{
			echo "@@ set $set boot"
			awk 'FILENAME == ARGV[1] { rest[$1] = 1; next } !($1 in rest) { print "@@ plan " $1 }' \
				"$out/$boot.rest" "$out/$boot.tests"
			cat "$out/$boot.stream"
			printf '\n@@ console\n'
			cat "$out/$boot.console"
			printf '\n@@ close %s\n' "$set"
		} >>"$out/results"
		mv "$out/$boot.rest" "$out/$boot.tests"
		[ -s "$out/$boot.tests" ] || break
		cp "$out/$boot.console" "$out/$boot.console$try.died"
	done
	rm -f "$out/$boot.tests" "$out/$boot.begun" "$out/$boot.rest"
}

run_tests()
{
	plan >"$out/plan"
	boots=$(cut -d ' ' -f 1 "$out/plan" | sort -u)
	for boot in $boots; do
		boot_row "$boot"
	done
	initramfs "$out/tests.cpio"
	rm -f "$out"/*.stream "$out"/*.died "$out/results"
	for boot in $boots; do
		run_boot "$boot"
	done
	[ -s "$out/plan" ] || echo "@@ set $version boot" >"$out/results"
	rm -f "$out/tests.cpio"
	if [ -n "$raw" ]; then
		echo "$out/results"
	else
		"$here/collect.sh" "$out/results"
	fi
}

case $mode in
list)	plan ;;
tests)	run_tests ;;
*)	run_script ;;
esac
