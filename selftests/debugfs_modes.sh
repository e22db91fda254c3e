#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The files and their modes: readable by root alone, and read-only but for control
# and query.
#
# Red when: a file is made with 0444 or 0600; a file is added or missing.
. ./_ktap.sh
. ./_leakacct.sh

data="callers ghost hooks objects samples slabs stacks stats suspects unloaded verdict"

modes()
{
	for file in $data; do
		ktap_expect "mode and owner of $file" is "400 0 0" "$(stat_of "$file")" \
			"a debugfs file of 0400 stays readable under lockdown"
	done
	for file in control query; do
		ktap_expect "mode and owner of $file" is "600 0 0" "$(stat_of "$file")" "it is written too"
	done
}

stat_of()
{
	busybox stat -c '%a %u %g' "$la/$1"
}

no_others()
{
	ktap_expect "files" is \
		"callers control ghost hooks objects query samples slabs stacks stats suspects unloaded verdict" \
		"$(cd "$la" && echo *)" "those are documented; verdict sorts last of what is shown"
}

data_files_are_read_only()
{
	for file in $data; do
		chmod 600 "$la/$file"
		if echo x 2>/dev/null >"$la/$file"; then
			ktap_fail "expected that $file can't be written, got success"
		fi
		chmod 400 "$la/$file"
	done
}

gone_after_unload()
{
	rmmod leakacct
	[ ! -e "$la" ] || ktap_fail "expected that the directory is gone, got $(ls "$la")"
	load
	[ -e "$la/verdict" ] || ktap_fail "expected that the files are back after a reload"
}

# A reader that keeps a file open over the unload holds the module.
open_file_holds_module()
{
	exec 7<"$la/callers"
	read -r line <&7
	ktap_expect "first line" has "# leakacct callers" "$line"
	ktap_expect_error "rmmod while a file is open" rmmod leakacct
	exec 7<&-
	ktap_poll 5 rmmod leakacct || ktap_fail "expected that it unloads after the close"
}

ktap_plan 5
load
ktap_case "modes and owners" modes
ktap_case "no other files" no_others
ktap_case "data files can't be written, whatever their mode" data_files_are_read_only
ktap_case "the files go with the module" gone_after_unload
ktap_case "an open file holds the module" open_file_holds_module
ktap_end
