# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# KTAP for shell tests (POSIX sh, busybox is enough). A test sources this:
#
#	#!/bin/sh
#	# SPDX-License-Identifier: GPL-2.0-only
#	# Boots: default nomerge
#	. ./_ktap.sh
#
#	live_count()
#	{
#		leak 1000
#		ktap_expect "live objects" eq 1000 "$(live)" "all of them were kept"
#	}
#
#	ktap_cleanup() { rmmod la_leaker; }
#	ktap_plan 1
#	ktap_case "a leak is counted" live_count
#	ktap_end
#
# A test starts in its own directory. The line "# Boots: NAME..." is optional:
# it names the guests (selftests/qemu/boots) that the test runs in; without it
# that is `default`. "# Timeout: SECONDS" replaces the one of `settings`.
#
# ktap_plan N
#	N cases follow. To be called once, before the first case.
# ktap_case NAME COMMAND [ARGUMENT...]
#	Run the command (a function, mostly) in this shell. The case is ok when
#	it returns 0 and no ktap_expect in it failed, is skipped when it
#	returns 4, failed otherwise. NAME is a sentence without '#'. Returns 0
#	always: the next case runs whatever became of this one.
# ktap_expect WHAT RELATION WANT GOT [BECAUSE]
#	Check within a case. RELATION is one of
#		eq ne lt le gt ge	integers: GOT is RELATION WANT
#		is isnt			strings
#		has hasnt		GOT contains the string WANT
#		like unlike		a line of GOT matches the extended regex WANT
#	On failure it prints `# expected WHAT RELATION WANT, got GOT, because
#	BECAUSE`, fails the case (also from a subshell) and returns 1; the
#	command goes on unless it says `|| return 1`. BECAUSE says why WANT is
#	the right answer.
# ktap_expect_error WHAT COMMAND [ARGUMENT...]
#	The command must fail; its output stands in $ktap_output and is shown
#	when it does not.
# ktap_fail TEXT...
#	Fail the case with a diagnostic. Returns 1: `|| ktap_fail "no row"`.
# ktap_skip REASON...
#	Within a case: `ktap_skip "no such cache"; return 4`, or as the last
#	command of the function (it returns 4).
# ktap_skip_all REASON...
#	Instead of ktap_plan: skip the whole test and exit.
# ktap_diag [TEXT...]
#	Diagnostic lines, each with `# ` before it; from stdin without TEXT.
# ktap_poll SECONDS COMMAND [ARGUMENT...]
#	Try the command until it succeeds, at most so long: returns 0, or 1 when
#	the time is over. Output of failed tries is dropped. The only way to
#	wait for something: there are no fixed sleeps in tests. Where a kernel or a
#	machine is known to be slow (LEAKACCT_SLOW) it is so many times as long.
# ktap_pass SECONDS
#	Let so much time go by, where time itself is what is wanted.
# ktap_tmp
#	$ktap_tmp is a directory for the test, removed at its end.
# ktap_end
#	Totals, and exit: 0 all ok, 1 a case failed or the plan was not kept, 4
#	all cases skipped. A test that ends otherwise has failed.
# ktap_cleanup
#	If the test defines this function it runs at the end, whichever way the
#	test ends (also on a time-out's SIGTERM).

ktap_tmp=$(mktemp -d "${TMPDIR:-/tmp}/ktap.XXXXXX") || exit 1
ktap_output=
_ktap_planned=
_ktap_number=0
_ktap_failed=0
_ktap_skipped=0
_ktap_ended=

_ktap_exit()
{
	_ktap_status=$1
	trap - EXIT INT TERM HUP
	if [ -z "$_ktap_ended" ]; then
		echo "# ended early, with status $_ktap_status, after case $_ktap_number of ${_ktap_planned:-no plan}"
		[ "$_ktap_status" -ne 0 ] || _ktap_status=1
	fi
	if command -v ktap_cleanup >/dev/null; then
		ktap_cleanup
	fi
	rm -rf "$ktap_tmp"
	exit "$_ktap_status"
}
trap '_ktap_exit $?' EXIT
trap '_ktap_exit 143' INT TERM HUP

ktap_diag()
{
	if [ $# -gt 0 ]; then
		printf '%s\n' "$*"
	else
		cat
	fi | sed 's/^/# /'
}

ktap_plan()
{
	_ktap_planned=$1
	echo "KTAP version 1"
	echo "1..$1"
}

ktap_skip_all()
{
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	_ktap_ended=1
	exit 4
}

ktap_fail()
{
	ktap_diag "$*"
	: >"$ktap_tmp/.failed"
	return 1
}

ktap_skip()
{
	printf '%s\n' "$*" >"$ktap_tmp/.skip"
	return 4
}

ktap_case()
{
	_ktap_name=$1
	shift
	_ktap_number=$((_ktap_number + 1))
	rm -f "$ktap_tmp/.failed" "$ktap_tmp/.skip"
	_ktap_result=0
	"$@" || _ktap_result=$?
	if [ -e "$ktap_tmp/.failed" ]; then
		[ "$_ktap_result" -ne 0 ] && [ "$_ktap_result" -ne 4 ] || _ktap_result=1
	fi
	case $_ktap_result in
	0)
		echo "ok $_ktap_number $_ktap_name"
		;;
	4)
		_ktap_skipped=$((_ktap_skipped + 1))
		echo "ok $_ktap_number $_ktap_name # SKIP $(cat "$ktap_tmp/.skip" 2>/dev/null || echo "no reason given")"
		;;
	*)
		_ktap_failed=$((_ktap_failed + 1))
		[ -e "$ktap_tmp/.failed" ] || ktap_diag "expected success of '$*', got status $_ktap_result"
		echo "not ok $_ktap_number $_ktap_name"
		;;
	esac
	return 0
}

_ktap_holds()
{
	case $1 in
	eq)	[ "$3" -eq "$2" ] 2>/dev/null ;;
	ne)	[ "$3" -ne "$2" ] 2>/dev/null ;;
	lt)	[ "$3" -lt "$2" ] 2>/dev/null ;;
	le)	[ "$3" -le "$2" ] 2>/dev/null ;;
	gt)	[ "$3" -gt "$2" ] 2>/dev/null ;;
	ge)	[ "$3" -ge "$2" ] 2>/dev/null ;;
	is)	[ "$3" = "$2" ] ;;
	isnt)	[ "$3" != "$2" ] ;;
	has)	case $3 in *"$2"*) return 0 ;; esac; return 1 ;;
	hasnt)	case $3 in *"$2"*) return 1 ;; esac; return 0 ;;
	like)	printf '%s\n' "$3" | grep -Eq -e "$2" ;;
	unlike)	! printf '%s\n' "$3" | grep -Eq -e "$2" ;;
	*)
		ktap_diag "ktap_expect knows no relation '$1'"
		return 1
		;;
	esac
}

ktap_expect()
{
	if _ktap_holds "$2" "$3" "$4"; then
		return 0
	fi
	ktap_fail "expected $1 $2 '$3', got '$4'${5:+, because $5}"
}

ktap_expect_error()
{
	_ktap_what=$1
	shift
	if ktap_output=$("$@" 2>&1); then
		ktap_fail "expected an error of $_ktap_what, got success: $ktap_output"
		return 1
	fi
	return 0
}

# Hundredths of a second since boot; the guest's wall clock may jump.
_ktap_now()
{
	read -r _ktap_up _ </proc/uptime
	_ktap_fraction=${_ktap_up#*.}
	_ktap_up=${_ktap_up%.*}${_ktap_fraction}
}

ktap_poll()
{
	_ktap_now
	_ktap_deadline=$((_ktap_up + $1 * 100 * ${LEAKACCT_SLOW:-1}))
	shift
	_ktap_poll_until "$@"
}

ktap_pass()
{
	_ktap_now
	_ktap_deadline=$((_ktap_up + $1 * 100))
	_ktap_poll_until false
	return 0
}

_ktap_poll_until()
{
	_ktap_pause=0.05
	while :; do
		if "$@" >"$ktap_tmp/.poll" 2>&1; then
			cat "$ktap_tmp/.poll"
			return 0
		fi
		_ktap_now
		[ "$_ktap_up" -lt "$_ktap_deadline" ] || return 1
		sleep "$_ktap_pause" 2>/dev/null || sleep 1
		# What takes longer is asked less often: what it waits for may want the CPU.
		case $_ktap_pause in
		0.05)	_ktap_pause=0.1 ;;
		0.1)	_ktap_pause=0.2 ;;
		*)	_ktap_pause=0.4 ;;
		esac
	done
}

ktap_end()
{
	_ktap_ended=1
	_ktap_passed=$((_ktap_number - _ktap_failed - _ktap_skipped))
	if [ "$_ktap_number" != "$_ktap_planned" ]; then
		ktap_diag "expected ${_ktap_planned:-a plan of} cases, got $_ktap_number, because that was the plan"
	fi
	ktap_diag "Totals: pass:$_ktap_passed fail:$_ktap_failed xfail:0 xpass:0 skip:$_ktap_skipped error:0"
	if [ "$_ktap_failed" -gt 0 ] || [ "$_ktap_number" != "$_ktap_planned" ]; then
		exit 1
	elif [ "$_ktap_passed" -eq 0 ]; then
		exit 4
	fi
	exit 0
}
