#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What leakacct holds against what lives, by a dump of the guest: `make check-truth`.
#
# usage: check-truth.sh [RUN...]
#
#   RUN  tracks  with slub_debug=U: each object says when and by whom it was allocated
#        plain   without, as the allocator is in use
#
# Boots the kernel `truth` of selftests/qemu/kernels (a first run builds it), loads
# leakacct, runs truth/load.c and takes three dumps: before it, after it, and while it
# goes on. truth/compare.py reads them; the figures of each cache are in
# build/truth/RUN/table.end and table.busy. The last line is `N passed, N failed`.
#
# Environment: LEAKACCT_TRUTH_ROUNDS of the load, LEAKACCT_TRUTH_ARGUMENTS of leakacct;
# with LEAKACCT_TRUTH_KEEP=1 the dumps stay.

set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1
work=$top/build/truth
results=$work/results
begin=$(date +%s)
mkdir -p "$work" || exit 1
exec 6>"$work/.lock"
flock -n 6 || {
	echo "waiting for another run in this tree to end"
	flock 6
}
sockets=$(mktemp -d) || exit 1
trap 'rm -rf "$sockets"' EXIT
trap 'exit 130' INT TERM HUP

progress()
{
	printf '[%4d s] %s\n' $(($(date +%s) - begin)) "$*"
}

# kernel_options RUN
kernel_options()
{
	case $1 in
	tracks)	echo slub_debug=U ;;
	plain)	;;
	*)	return 1 ;;
	esac
}

# conduct RUN: does what the guest asks for; its lines go to the run's files. No filter
# in between may keep lines back: the guest waits.
conduct()
{
	while IFS=" $(printf '\r')" read -r at key rest; do
		[ "$at" = @ ] || continue
		case $key in
		dump)
			progress "$1: dump $rest" >&2
			truth/qmp.py "$sockets/qmp" "$work/$1/$rest.elf" >&2
			echo >&5
			;;
		load | failed)	progress "$1: $key $rest" >&2; echo "$key $rest" >>"$work/$1/said" ;;
		stat | trust)	echo "${rest#* }" >>"$work/$1/$key.${rest%% *}" ;;
		log)	echo "$rest" >>"$work/$1/log" ;;
		end)	echo end >>"$work/$1/said"; echo >&5 ;;
		esac
	done
}

# guest RUN: from its boot to its end. Fails when it did not come there.
guest()
{
	rm -rf "${work:?}/$1"
	mkdir -p "$work/$1"
	printf 'rounds=%s arguments="%s"\n' "${LEAKACCT_TRUTH_ROUNDS:-4}" \
		"${LEAKACCT_TRUTH_ARGUMENTS:-}" >"$work/$1/conf"
	rm -f "$sockets/input"
	mkfifo "$sockets/input"
	exec 5<>"$sockets/input"
	LEAKACCT_QEMU="-qmp unix:$sockets/qmp,server=on,wait=off -device vmcoreinfo" \
	LEAKACCT_APPEND="$(kernel_options "$1") ${LEAKACCT_APPEND:-}" \
		selftests/qemu/run.sh --kernel truth --tree "$work/tree" --out "$work/$1/guest" \
		--add "$work/$1/conf=etc/truth" --input "$sockets/input" --timeout 1800 \
		--script truth/guest.sh | conduct "$1"
	exec 5>&-
	grep -qx end "$work/$1/said"
}

# compare RUN DUMP: with the one from before the load. Its cases go to the results.
compare()
{
	progress "$1: what lives at the $2 dump"
	truth/compare.py "$work/$1/begin.elf" "$work/$1/$2.elf" "$work/$1/stat.$2" \
		"$work/$1/table.$2" "${vmlinux:?}" "$module" >"$work/$1/ktap.$2" 2>"$work/$1/notes.$2"
	compared=$?
	[ "$compared" -eq 0 ] || status=$compared
	cat "$work/$1/ktap.$2" "$work/$1/notes.$2" >>"$results"
	head -n 12 "$work/$1/table.$2"
	tail -n 1 "$work/$1/table.$2"
	cat "$work/$1/notes.$2" "$work/$1/trust.$2"
}

# run RUN: its result is one test of the stream.
run()
{
	echo "@@ begin $1" >>"$results"
	run_begin=$(date +%s)
	status=0
	if guest "$1"; then
		compare "$1" end
		compare "$1" busy
	else
		status=1
		echo "the guest did not come to its end" >>"$results"
	fi
	[ -n "${LEAKACCT_TRUTH_KEEP:-}" ] || rm -f "$work/$1"/*.elf
	{
		printf '\n@@ log %s\n' "$1"
		cat "$work/$1/log" "$work/$1/guest/default.console" 2>/dev/null
		printf '\n@@ end %s status=%s centiseconds=%d\n' "$1" "$status" \
			$((($(date +%s) - run_begin) * 100))
	} >>"$results"
}

[ $# -gt 0 ] || set -- tracks plain
for name in "$@"; do
	kernel_options "$name" >/dev/null || {
		sed -n '/^# usage/,/^#$/s/^# \{0,1\}//p' "$0" >&2
		exit 2
	}
done
printf '@@ set truth host\n' >"$results"
printf '@@ plan %s\n' "$@" >>"$results"

scripts/deps.sh truth || exit 1
# Debian's, which has the package; another one may come first in PATH.
/usr/bin/python3 -c 'import drgn' || exit 1
progress "the truth kernel"
env=$(scripts/fetch-kernel.sh truth) || exit 1
eval "$env"
scripts/kbuild.sh --kernel truth >&2 || exit 1
module=$(scripts/kbuild.sh --kernel truth --print)/module/leakacct.ko
rm -rf "$work/tree"
mkdir -p "$work/tree/leakacct"
cp "$module" "$work/tree/leakacct/"
"${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -o "$work/tree/leakacct/load" truth/load.c || exit 1
for name in "$@"; do
	run "$name"
done
progress "results"
selftests/qemu/collect.sh "$results"
