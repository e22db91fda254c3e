#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Under lockdown the data files stay readable, and content is not shown.
#
# Red when: a data file can be written (mode 0600): debugfs closes it then; samples
# does not ask whether kernel memory may be shown.
#
# Boots: lockdown
. ./_ktap.sh
. ./_leakacct.sh

lockdown=/sys/kernel/security/lockdown

data_is_readable()
{
	for file in callers ghost hooks objects slabs stats suspects unloaded verdict samples; do
		ktap_expect "first line of $file" has "# leakacct $file 1 " "$(head -n 1 "$la"/"$file")" \
			"debugfs keeps read-only files open under lockdown"
	done
	ktap_expect "callers" like 'leak_kmem_cache_alloc\+' "$(cat "$la/callers")" "it was leaked before"
}

writing_is_closed()
{
	for file in control query; do
		ktap_expect_error "reading $file" cat "$la"/"$file"
		ktap_expect "error" has "not permitted" "$ktap_output" "debugfs closes what can be written"
	done
}

content_is_hidden()
{
	ktap_expect "samples" like '^# none: ' "$(cat "$la/samples")" "confidentiality was asked for"
	ktap_expect "samples" unlike 'planted' "$(cat "$la/samples")" "confidentiality was asked for"
}

reader_says_so()
{
	if ! command -v leakacct >/dev/null; then
		ktap_skip "no reader in this guest"
		return 4
	fi
	leakacct callers >"$ktap_tmp/out" 2>&1 ||
		ktap_fail "expected that the reader reads callers, got $(cat "$ktap_tmp/out")"
	ktap_expect_error "leakacct control look" leakacct control look
	ktap_expect "message" like '[Ll]ockdown|locked down' "$ktap_output" "that is the reason"
}

unloads()
{
	rmmod la_leaker
	rmmod leakacct
	[ ! -d /sys/module/leakacct ] || ktap_fail "expected that it can be unloaded"
}

if ! grep -q confidentiality $lockdown 2>/dev/null; then
	ktap_skip_all "no lockdown in this kernel"
fi
ktap_plan 5
load
insmod ./la_leaker.ko
leaker_run leak kmem_cache_alloc 2000
echo confidentiality >$lockdown
ktap_case "data files are readable" data_is_readable
ktap_case "control and query are closed" writing_is_closed
ktap_case "samples show no content" content_is_hidden
ktap_case "the reader says what is wrong" reader_says_so
ktap_case "it can be unloaded" unloads
ktap_end
