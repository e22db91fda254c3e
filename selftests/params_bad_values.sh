#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Module parameters: a bad value is refused with EINVAL and one line that says
# why, and nothing is left behind.
#
# Red when: a bound is not checked; a value that is refused at run time is taken.
#
# Timeout: 120
# Long: 300
. ./_ktap.sh
. ./_leakacct.sh

log_since_mark()
{
	# The whole log is long, and what is refused says little.
	dmesg | tail -n 40 |
		awk '/leakacct-test: / { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }'
}

# refused PARAMETER=VALUE
refused()
{
	echo "leakacct-test: $1" >/dev/kmsg
	ktap_expect_error "insmod $1" insmod ./leakacct.ko "$1" || {
		rmmod leakacct
		return 1
	}
	ktap_expect "what insmod says of $1" has "nvalid" "$ktap_output" "it is EINVAL"
	ktap_expect "kernel log of $1" like '^\[ *[0-9.]+\] leakacct: .*'"${1%%=*}" "$(log_since_mark)" \
		"it names the parameter"
	[ ! -e "$la" ] || ktap_fail "expected that nothing is left in debugfs after $1"
	[ ! -d /sys/module/leakacct ] || ktap_fail "expected that no module is left after $1"
}

# Each insmod takes a second or more: those behind the bounds, and of each parameter one that
# is no value of its kind. The long form has all.
bad_values()
{
	set -- max_objects=99999999999999999999 max_objects= sample_bytes=257 sample_bytes=64k \
		rows=0 rows=many hooks=none hooks=auto,kprobe look_s=0 look_s=3601 look_s=1.5 \
		stopped=2 stack_depth=33 stack_depth=x stack_check=2147483649 stack_check=often \
		sample_interval=1 sample_interval=1023 sample_interval=1099511627777 sample_interval=64k
	[ -z "${LEAKACCT_LONG:-}" ] ||
		set -- "$@" max_objects=-1 max_objects=x sample_bytes=-1 rows=-5 hooks= hooks=KPROBE \
			stopped=maybe stack_depth=-1 stack_depth= stack_check=-1 sample_interval=-1 \
			sample_interval= sample_interval=18446744073709551616
	for value; do
		refused "$value"
	done
}

# Kprobes go quickest. Which hooks there are is nothing to the other parameters.
good_values()
{
	for values in "max_objects=0 sample_bytes=0 rows=1 hooks=auto look_s=1 stopped=0" \
		"max_objects=1 sample_bytes=256 rows=100000 hooks=kprobe look_s=3600 stopped=Y" \
		"max_objects=5000000 hooks=kprobe" \
		"stack_depth=0 stack_check=0 sample_interval=0 hooks=kprobe" \
		"stack_depth=32 stack_check=1 sample_interval=1024 hooks=kprobe" \
		"stack_check=2147483648 sample_interval=1099511627776 hooks=kprobe"; do
		# shellcheck disable=SC2086 # one word a parameter
		insmod ./leakacct.ko $values || ktap_fail "expected that $values is good"
		for value in $values; do
			case $value in
			stack_* | sample_interval=*)
				ktap_expect "${value%%=*}" is "${value#*=}" \
					"$(cat "$parameters/${value%%=*}")" "it was given"
				;;
			esac
		done
		rmmod leakacct
	done
}

# kept PARAMETER VALUE: a write that is refused.
kept()
{
	before=$(cat "$parameters/$1")
	if echo "$2" 2>/dev/null >"$parameters/$1"; then
		ktap_fail "expected EINVAL from $1=$2, got success"
	fi
	ktap_expect "$1" is "$before" "$(cat "$parameters/$1")" "what is refused changes nothing"
}

run_time_values()
{
	load rows=7 hooks=kprobe
	kept rows 0
	kept rows -1
	kept rows 5x
	kept look_s 0
	kept look_s 3601
	kept max_objects 10
	kept sample_bytes 0
	kept hooks kprobe
	kept stopped 1
	kept stack_depth 8
	kept stack_check -1
	kept stack_check 2147483649
	kept sample_interval 0
	kept sample_interval 4096
	echo 3 >"$parameters/rows"
	ktap_expect "rows of callers" eq 3 "$(column bytes <"$la/callers" | wc -l)" "rows=3 was written"
	echo 11 >"$parameters/look_s"
	ktap_expect "look_s" is 11 "$(cat "$parameters/look_s")" "it was written"
	for n in 0 7 1000; do
		echo "$n" >"$parameters/stack_check"
		ktap_expect "stack_check" is "$n" "$(cat "$parameters/stack_check")" "it was written"
	done
	ktap_expect "parameters" is \
		"hooks look_s max_objects rows sample_bytes sample_interval stack_check stack_depth stopped" \
		"$(cd "$parameters" && echo *)" "those are documented"
}

ktap_plan 3
ktap_case "a bad value is refused with a reason, and nothing is left" bad_values
ktap_case "values at the bounds are good" good_values
ktap_case "rows, look_s and stack_check can be written at run time, within bounds" run_time_values
ktap_end
