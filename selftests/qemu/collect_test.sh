#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The collector fails what must fail: planted results of tests that hang, die,
# lie or say nothing.
#
# To see it fail: drop a problem() from collect.awk.

cd "$(dirname "$(readlink -f "$0")")" || exit 1
. ../_ktap.sh

# judge KIND OUTPUT STATUS: the last line for one test with that output.
judge()
{
	{
		printf '@@ set s %s\n@@ plan t\n@@ begin t\n%b\n' "$1" "$2"
		printf '@@ log t\nlog\n@@ end t status=%s centiseconds=1\n' "$3"
		[ "$1" != boot ] || printf '@@ bootlog\nlog\n@@ finished\n@@ console\n@@ close s\n'
	} >"$ktap_tmp/stream"
	./collect.sh "$ktap_tmp/stream" >"$ktap_tmp/summary"
	status=$?
	last=$(tail -n 1 "$ktap_tmp/summary")
	case $last in
	*", 0 failed")	[ "$status" -eq 0 ] || last="$last with status $status" ;;
	*)		[ "$status" -ne 0 ] || last="$last with status 0" ;;
	esac
	echo "$last"
}

# Each boot that ends adds one case of its own, passed.
expect()
{
	ktap_expect "verdict" is "$1" "$(judge boot "$2" "$3")" "$4"
}

good()
{
	expect "3 passed, 0 failed" "KTAP version 1\n1..2\nok 1 a\n# note\nok 2 b" 0 "both passed"
}

failed_case()
{
	expect "2 passed, 1 failed" "1..2\nok 1 a\nnot ok 2 b" 1 "b failed"
	ktap_expect "summary" like '^#   failed: b' "$(cat "$ktap_tmp/summary")" "it names the case"
}

lies()
{
	expect "2 passed, 1 failed" "1..1\nok 1 a" 1 "the status says otherwise"
	expect "1 passed, 2 failed" "1..1\nnot ok 1 a" 0 "the status says otherwise"
	expect "2 passed, 1 failed" "1..1\nok 1 a\nBail out! no more" 0 "it gave up"
}

broken_plan()
{
	expect "2 passed, 1 failed" "1..2\nok 1 a" 0 "one case is missing"
	expect "3 passed, 1 failed" "1..1\nok 1 a\nok 2 b" 0 "one case is too many"
	expect "2 passed, 1 failed" "ok 1 a" 0 "there was no plan"
	expect "3 passed, 1 failed" "1..2\nok 1 a\nok 1 b" 0 "a number came twice"
}

nothing()
{
	expect "1 passed, 1 failed" "" 0 "it had no case"
	expect "1 passed, 1 failed" "some words" 0 "it had no case"
	expect "1 passed, 1 failed" "1..0" 0 "it had no case"
}

timeout()
{
	expect "2 passed, 1 failed" "1..2\nok 1 a" timeout "it timed out"
}

skips()
{
	expect "2 passed, 0 failed" "1..2\nok 1 a\nok 2 b # SKIP no reason" 0 "a skip is neither"
	expect "1 passed, 0 failed" "1..0 # SKIP not here" 4 "a skip is neither"
	expect "2 passed, 1 failed" "1..1\nok 1 a" 4 "status 4 is for tests skipped whole"
}

nested()
{
	expect "3 passed, 0 failed" "1..1\n  1..2\n  ok 1 x\n  ok 2 y\nok 1 a" 0 "two cases within one"
	expect "2 passed, 1 failed" "1..1\n  1..2\n  ok 1 x\n  not ok 2 y\nnot ok 1 a" 1 "one within failed"
	expect "2 passed, 2 failed" "1..1\n  1..2\n  ok 1 x\n  not ok 2 y\nok 1 a" 1 "its parent hides it"
	expect "4 passed, 0 failed" "1..2\n  ok 1 x\n  ok 2 y\nok 1 a\nok 2 b" 0 "b has none within"
}

whole()
{
	printf '@@ set s boot\n@@ plan t\n@@ plan u\n@@ begin t\n1..1\nok 1 a\n@@ end t status=0 centiseconds=1\n' \
		>"$ktap_tmp/stream"
	printf '@@ begin u\n1..1\n@@ console\npanic\n@@ close s\n' >>"$ktap_tmp/stream"
	ktap_expect "guest that died" is "1 passed, 2 failed" \
		"$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" "u did not end, nor did the guest"
	printf '@@ set s boot\n@@ plan t\n@@ bootlog\nlog\n@@ finished\n@@ close s\n' >"$ktap_tmp/stream"
	ktap_expect "missing test" is "1 passed, 1 failed" \
		"$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" "t has no result"
	printf '@@ set s boot\n' >"$ktap_tmp/stream"
	ktap_expect "no tests" is "0 passed, 1 failed" \
		"$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" "an empty plan proves nothing"
	: >"$ktap_tmp/stream"
	ktap_expect "empty stream" is "0 passed, 1 failed" \
		"$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" "nothing was tested"
}

left()
{
	expect "2 passed, 1 failed" "1..1\nok 1 a\n@@ left t la_leaker" 0 "a module was left"
}

host()
{
	ktap_expect "plain success" is "1 passed, 0 failed" "$(judge host "words" 0)" "its status counts"
	ktap_expect "plain failure" is "0 passed, 1 failed" "$(judge host "words" 2)" "its status counts"
	ktap_expect "cases" is "2 passed, 0 failed" "$(judge host "1..2\nok 1 a\nok 2 b" 0)" "its cases count"
}

documents()
{
	expect "4 passed, 0 failed" "KTAP version 1\n1..2\nok 1 a\nok 2 b\nKTAP version 1\n1..1\nok 1 c" 0 \
		"both plans were kept"
	expect "3 passed, 1 failed" "KTAP version 1\n1..2\nok 1 a\nKTAP version 1\n1..1\nok 1 c" 0 \
		"the first plan was not kept"
}

prepare()
{
	{
		printf '@@ set s prepare\n@@ plan t\n@@ begin t\n@@ end t status=0 centiseconds=1\n'
		printf '@@ set h host\n@@ plan t\n@@ begin t\n@@ end t status=0 centiseconds=1\n'
	} >"$ktap_tmp/stream"
	ktap_expect "success" is "1 passed, 0 failed" \
		"$(./collect.sh "$ktap_tmp/stream" | tail -n 1)" "a preparation is no test"
	ktap_expect "failure" is "0 passed, 1 failed" "$(judge prepare "words" 1)" "nothing works without"
}

ktap_plan 13
ktap_case "a good test passes" good
ktap_case "a failed case fails and is named" failed_case
ktap_case "a status that contradicts the cases fails" lies
ktap_case "a broken plan fails" broken_plan
ktap_case "a test without cases fails" nothing
ktap_case "a time-out fails" timeout
ktap_case "skips count as neither" skips
ktap_case "the innermost cases count" nested
ktap_case "a missing result, a dead guest and an empty run fail" whole
ktap_case "a module left loaded fails" left
ktap_case "a host step without KTAP counts by its status" host
ktap_case "several documents in one are each held to their plan" documents
ktap_case "a preparation counts when it fails" prepare
ktap_end
