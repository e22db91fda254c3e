#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The checker of kernel logs catches what it is for: each pattern of splats.deny
# catches its samples, planted in the log of a test that passes otherwise; each
# of splats.allow excuses its own; an empty log is no proof of anything.
#
# To see it fail: break a pattern of splats.deny.

cd "$(dirname "$(readlink -f "$0")")" || exit 1
. ../_ktap.sh

# stream LINE: the result stream of one good test with that line in its log.
stream()
{
	cat <<-X
	@@ set boot boot
	@@ plan good.sh
	@@ begin good.sh
	KTAP version 1
	1..1
	ok 1 a good case
	@@ log good.sh
	[    4.000000] leakacct-selftest: begin good.sh
	$1
	@@ end good.sh status=0 centiseconds=10
	@@ bootlog
	[    0.000000] Linux version 6.1
	@@ finished
	@@ console
	@@ close boot
	X
}

verdict()
{
	stream "$1" >"$ktap_tmp/stream"
	./collect.sh "$ktap_tmp/stream" | tail -n 1
}

# pairs FILE: "PATTERN<tab>SAMPLE" lines; a pattern without a sample has an empty one.
pairs()
{
	awk -v OFS='\t' '
		/^# sample: / { sample[++n] = substr($0, 11); next }
		/^#/ || $0 == "" { next }
		{
			for (i = 1; i <= n; i++)
				print $0, sample[i]
			if (!n)
				print $0, ""
			n = 0
		}' "$1"
}

clean_log()
{
	ktap_expect "verdict" is "2 passed, 0 failed" \
		"$(verdict "[    4.100000] leakacct: loading out-of-tree module taints kernel.")" \
		"that line is in every good run"
}

each_is_caught()
{
	pairs splats.deny >"$ktap_tmp/pairs"
	ktap_expect "patterns" ge 40 "$(wc -l <"$ktap_tmp/pairs")" "splats.deny was read"
	while IFS='	' read -r pattern sample; do
		printf '%s\n' "$sample" | grep -Eq -e "$pattern" ||
			ktap_fail "expected pattern '$pattern' to match its sample, got '$sample'"
		ktap_expect "verdict on '$sample'" is "2 passed, 1 failed" "$(verdict "$sample")" \
			"that is a splat in the test's log"
	done <"$ktap_tmp/pairs"
}

each_is_allowed()
{
	pairs splats.allow >"$ktap_tmp/pairs"
	while IFS='	' read -r pattern sample; do
		printf '%s\n' "$sample" | grep -Eq -e "$pattern" ||
			ktap_fail "expected pattern '$pattern' to match its sample, got '$sample'"
		ktap_expect "verdict on '$sample'" is "2 passed, 0 failed" "$(verdict "$sample")" \
			"splats.allow excuses it"
	done <"$ktap_tmp/pairs"
}

oom="dd invoked oom-killer: gfp_mask=0x140dca
[    5.0] CPU: 0 PID: 99 Comm: dd Tainted: G           OE      6.1.0-56-amd64 #1
[    5.0] Call Trace:
[    5.0] RIP: 0033:0x4d2f7b
[    5.0] Out of memory: Killed process 99 (dd) total-vm:616400kB"
expected="[    4.9] leakacct-selftest: an OOM is expected"
is_over="[    5.1] leakacct-selftest: the OOM is over"

# expect_verdict PASSED FAILED LINES BECAUSE
expect_verdict()
{
	ktap_expect "verdict" is "$1 passed, $2 failed" "$(verdict "$3")" "$4"
}

oom_is_expected()
{
	expect_verdict 2 0 "$expected
[    5.0] $oom
[    5.0] $oom
$is_over" "it was announced"
	expect_verdict 2 1 "[    5.0] $oom" "nobody has announced it"
	expect_verdict 2 1 "$expected
$is_over
[    5.2] $oom" "it was over"
	expect_verdict 2 1 "$expected
[    5.0] $oom
[    5.0] Call Trace:
$is_over" "that is behind it"
	expect_verdict 2 1 "$expected
[    5.0] Call Trace:
$is_over" "that is no OOM"
	expect_verdict 2 1 "$expected
[    5.0] dd invoked oom-killer: gfp_mask=0x140dca
[    5.0] BUG: unable to handle page fault for address: ffffa0c000000000
$is_over" "that is no part of one"
}

console_is_read()
{
	stream "" | sed 's/^@@ console$/&\n[    9.000000] BUG: unable to handle page fault/' >"$ktap_tmp/stream"
	ktap_expect "verdict" is "1 passed, 1 failed" "$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" \
		"the console shows a splat"
}

empty_log()
{
	stream "" | grep -v 'Linux version' >"$ktap_tmp/stream"
	ktap_expect "verdict" is "1 passed, 1 failed" "$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" \
		"no log was read"
}

ktap_plan 6
ktap_case "a clean log passes" clean_log
ktap_case "each planted splat is caught" each_is_caught
ktap_case "each allowed line passes" each_is_allowed
ktap_case "an OOM passes where a test has announced it" oom_is_expected
ktap_case "a splat on the console alone is caught" console_is_read
ktap_case "an empty log fails" empty_log
ktap_end
