#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The reader on a real kernel: views, filters, JSON, verbs, exit codes.
#
# Red when: the reader does not know a file of this module's; a filter is not
# passed on; an error exits with 0.
. ./_ktap.sh
. ./_leakacct.sh

command -v leakacct >/dev/null || ktap_skip_all "no reader in this guest"

without_module()
{
	ktap_expect_error "leakacct callers" leakacct callers
	ktap_expect "message" like 'not loaded|insmod|modprobe' "$ktap_output" "leakacct.ko is not loaded"
	leakacct --help >/dev/null || ktap_fail "expected that --help needs no module"
}

shows_views()
{
	for view in callers objects suspects slabs stacks ghost hooks stats samples unloaded verdict; do
		leakacct "$view" >"$ktap_tmp/out" 2>"$ktap_tmp/err" ||
			ktap_fail "expected success of leakacct $view, got $(cat "$ktap_tmp/err")"
		ktap_expect "lines of leakacct $view" ge 1 "$(wc -l <"$ktap_tmp/out")"
	done
	leakacct callers --module la_leaker >"$ktap_tmp/out"
	ktap_expect "callers" like '1000 .*leak_kmalloc_const\+' "$(cat "$ktap_tmp/out")" \
		"so many were leaked"
	leakacct objects --module la_leaker --rows 5 >"$ktap_tmp/out"
	ktap_expect "objects" eq 5 "$(grep -c leak_ "$ktap_tmp/out")" "five were asked for"
}

shows_json()
{
	leakacct callers --module la_leaker --json >"$ktap_tmp/out" ||
		ktap_fail "expected success of leakacct callers --json"
	ktap_expect "JSON" like '"objects": *1000[,} ]' "$(tr -d '\n' <"$ktap_tmp/out")" "numbers are numbers"
	ktap_expect "JSON" like '"caller": *"leak_kmalloc_const\+' "$(tr -d '\n' <"$ktap_tmp/out")"
	for view in objects suspects slabs ghost hooks stats; do
		leakacct "$view" --json >"$ktap_tmp/out" || ktap_fail "expected success of leakacct $view --json"
		ktap_expect "JSON of $view" like '^[[{]' "$(head -n 1 "$ktap_tmp/out")"
	done
}

# Bytes by the file, and by the folded lines, of the leaker alone: others go on
# allocating between two readings.
shows_stacks()
{
	leaker_run leak all 100
	# The reader shows the shared snapshot, which may be from before.
	ktap_poll 5 grep -q 'leak_kvfree_rcu+' "$la/callers"
	leakacct stacks --module la_leaker --rows 0 >"$ktap_tmp/out" ||
		ktap_fail "expected success of leakacct stacks"
	ktap_expect "stacks" like 'leak_kmalloc_const\+.* \[la_leaker\]' "$(cat "$ktap_tmp/out")" \
		"the innermost frame"
	ktap_expect "stacks" like '^ +.*(ksys|vfs)_write\+' "$(cat "$ktap_tmp/out")" "a frame farther out"

	query stacks rows=0 since_mark=0 module=la_leaker >"$ktap_tmp/stacks"
	leakacct stacks --folded --module la_leaker >"$ktap_tmp/folded" ||
		ktap_fail "expected success of leakacct stacks --folded"
	ktap_expect "folded lines that do not match" is "" \
		"$(grep -Evx '([^ ;]+;)*[^ ;]+ [0-9]+' "$ktap_tmp/folded" | head -n 3)" \
		"frames with ; between them, a blank, a number"
	ktap_expect "folded bytes" eq "$(column bytes <"$ktap_tmp/stacks" | sum)" \
		"$(awk '{ print $NF }' "$ktap_tmp/folded" | sum)" "all rows are in it"
	ktap_expect "folded line" like ';ksys_write;.*;leak_kmalloc_const_?\[la_leaker\] [0-9]+$' \
		"$(grep ';leak_kmalloc_const_\?\[' "$ktap_tmp/folded")" "the innermost comes last"
	ktap_expect "folded objects" eq "$(column objects <"$ktap_tmp/stacks" | sum)" \
		"$(leakacct stacks --folded=objects --module la_leaker | awk '{ print $NF }' | sum)" \
		"all rows are in it"

	leakacct stacks --module la_leaker --rows 0 --json >"$ktap_tmp/out" ||
		ktap_fail "expected success of leakacct stacks --json"
	ktap_expect "JSON" like '"frames": *\[ *"leak_[a-z_]+\+' "$(tr -d '\n' <"$ktap_tmp/out")" \
		"frames are a list, the caller first"
	ktap_expect "JSON bytes" eq "$(column bytes <"$ktap_tmp/stacks" | sum)" \
		"$(grep -o '"bytes": *[0-9]*' "$ktap_tmp/out" | sed 's/.*: *//' | sum)" "all rows are in it"
	leaker_run free all
}

all_bytes()
{
	query callers rows=0 | column bytes | sum
}

# The same over everything, as the snapshot before or behind it has it, if that was not renewed.
folds_all()
{
	before=$(all_bytes)
	leakacct stacks --folded >"$ktap_tmp/folded"
	after=$(all_bytes)
	folded=$(awk '{ print $NF }' "$ktap_tmp/folded" | sum)
	[ "$folded" = "$before" ] || [ "$folded" = "$after" ]
}

folds_the_machine()
{
	ktap_poll 20 folds_all ||
		ktap_fail "expected that folded bytes are all, $before or $after, got $folded"
}

runs_verbs()
{
	leakacct control stop || ktap_fail "expected success of leakacct control stop"
	ktap_expect "state" is stopped "$(stat state)" "the verb was written"
	leakacct control start || ktap_fail "expected success of leakacct control start"
	ktap_expect "state" is running "$(stat state)" "the verb was written"
	leakacct control unwrapper kasprintf mark wrapper kasprintf ||
		ktap_fail "expected that verbs take names"
	ktap_expect "leakacct control" like '^wrappers: [0-9]+, 1 of them added$' \
		"$(leakacct control)" "kasprintf was removed and added again"
	for verbs in "wrapper" "wrapper nonsense_nonsense" "wrapper kasprintf" "mark wrapper" \
		"unwrapper __kmalloc" "wrapper kasprintf_strarray mark nonsense"; do
		# shellcheck disable=SC2086 # words
		ktap_expect_error "leakacct control $verbs" leakacct control $verbs
	done
}

bad_input()
{
	for arguments in nonsense 'control nonsense' 'callers --nonsense' 'callers --rows x' \
		'callers --class nonsense' 'hooks --pid 1' 'control'; do
		# shellcheck disable=SC2086 # words
		case $arguments in
		control)	continue ;;
		esac
		# shellcheck disable=SC2086 # words
		ktap_expect_error "leakacct $arguments" leakacct $arguments
		ktap_expect "message of leakacct $arguments" like '.+' "$ktap_output" "it says what is wrong"
	done
	ktap_expect "state" is running "$(stat state)" "nothing was changed"
}

only_root()
{
	# busybox su needs no password from root.
	if su -s /bin/sh nobody -c "leakacct callers" >"$ktap_tmp/out" 2>&1; then
		ktap_fail "expected that only root can read, got $(head -n 3 "$ktap_tmp/out")"
	else
		ktap_expect "message" like '[Rr]oot|[Pp]ermission|[Dd]enied' "$(cat "$ktap_tmp/out")" \
			"that is the reason"
	fi
}

ktap_plan 8
ktap_case "without the module it says so" without_module
load
insmod ./la_leaker.ko
leaker_run leak kmalloc_const 1000
ktap_poll 5 grep -q leak_kmalloc_const $la/callers
ktap_case "views and filters" shows_views
ktap_case "JSON" shows_json
ktap_case "stacks, folded and as JSON" shows_stacks
ktap_case "stacks of everything, folded" folds_the_machine
ktap_case "verbs" runs_verbs
ktap_case "bad input is refused with a message" bad_input
ktap_case "other users are told why" only_root
ktap_end
