#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `query`: each bad view, key and value is refused on the write, and the answer
# of the last good query is still there.
#
# Red when: a key that a view does not have is ignored; a number may have a tail; a
# key may stand twice; a refused line spoils what was there.
. ./_ktap.sh
. ./_leakacct.sh

# refused LINE: as printf takes it.
refused()
{
	# shellcheck disable=SC2059 # escapes are wanted
	if (printf "$1" >&7) 2>/dev/null; then
		ktap_fail "expected EINVAL from query, got success of '$(printf '%.80s' "$1")'"
	fi
}

error_is_einval()
{
	ktap_expect_error "query nonsense" sh -c "echo nonsense >&7"
	ktap_expect "error" has "Invalid argument" "$ktap_output" "that is EINVAL"
}

bad_views()
{
	for line in nonsense control query CALLERS caller callersx 'callers,objects' '' ' ' '\n' '\n\n' \
		'\0' 'callers\0' '=' 'rows=1' 'callers\nobjects' '../stats' "$(printf '%0130d' 0)"; do
		refused "$line\n"
	done
}

bad_keys()
{
	for line in 'callers nonsense=1' 'callers rows' 'callers rows=1 rows=2' 'callers Rows=1' \
		'callers =1' 'callers rows =1' 'hooks rows=1' 'stats caller=x' 'ghost sort=kB' \
		'verdict rows=0' 'samples pid=1' 'slabs caller=x' 'suspects pid=1' 'callers rows=1 x' \
		'objects sort=requested' 'callers sort=nonsense' 'callers sort=bytes,objects'; do
		refused "$line\n"
	done
}

bad_values()
{
	for line in 'callers rows=' 'callers rows=x' 'callers rows=-1' 'callers rows=1x' 'callers rows=0x10' \
		'callers rows=1.5' 'callers rows=99999999999999999999' 'callers rows=18446744073709551616' \
		'callers min_bytes=4k' 'callers older_s=-1' 'callers older_s=1s' 'callers pid=-2' \
		'callers pid=99999999999' 'callers since_mark=2' 'callers since_mark=yes' \
		'callers class=slabs' 'callers class=' 'callers class=SLAB' 'callers caller=' \
		'callers module=' 'callers cache=' "callers caller=$(printf '%0200d' 0)" \
		'callers caller=a\0b' 'callers rows=1\0'; do
		refused "$line\n"
	done
}

too_long()
{
	# shellcheck disable=SC2183 # one argument is enough for padding
	refused "callers $(printf '%2000s' '')rows=1\n"
	refused "callers $(printf '%5000s' '')rows=1\n"
}

nothing_changed()
{
	ktap_expect "answer" has "# leakacct stats 1 " "$(head -n 1 <&7)" \
		"the query that was good is still answered"
	ktap_expect "state" is running "$(stat state)" "nothing changed"
	ktap_expect "rows" eq 40 "$(cat "$parameters/rows")" "nothing changed"
}

good_ones()
{
	for line in 'callers' '  callers  ' 'callers\trows=1' 'callers rows=0 sort=bytes' 'callers rows=1'; do
		# shellcheck disable=SC2059 # escapes are wanted
		printf "$line" >&7 || ktap_fail "expected that '$line' is good"
		# shellcheck disable=SC2059
		printf "$line\n" >&7 || ktap_fail "expected that '$line' with a newline is good"
	done
}

# A read-only open can't ask; a write-only one can't read.
half_open()
{
	exec 8<"$la/query"
	if echo callers 2>/dev/null >&8; then
		ktap_fail "expected that a file open for reading can't be written"
	fi
	exec 8<&-
	echo callers >"$la/query" || ktap_fail "expected that a query can be written alone"
}

ktap_plan 8
load
exec 7<>$la/query
echo stats >&7
ktap_case "the error is EINVAL" error_is_einval
ktap_case "bad views are refused" bad_views
ktap_case "bad keys are refused" bad_keys
ktap_case "bad values are refused" bad_values
ktap_case "a line that is too long is refused" too_long
ktap_case "what was refused has changed nothing" nothing_changed
ktap_case "good queries are taken, with and without a newline" good_ones
ktap_case "files that are open for one direction do no harm" half_open
exec 7<&-
ktap_end
