#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The reader's command line over copied trees: exit codes, sentences, JSON,
# pipes and full disks, and that man page and --help name the same things.
# usage: parse_cli.sh READER FIXTURES MANPAGE

reader=$1
fixtures=$2
man=$3
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
LC_ALL=C
export LC_ALL
n=0
failed=0

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=$((failed + 1))
		echo "not ok $n $2"
	fi
}

skip() { # NAME WHY
	n=$((n + 1))
	echo "ok $n $1 # SKIP $2"
}

# Runs the reader; its status, output and errors stay in $status, out, err.
run() {
	"$reader" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# NAME CODE SENTENCE ARGS...: the code, and on stderr one line that holds the
# sentence and no more; an empty SENTENCE stands for silence.
expect() {
	name=$1 code=$2 sentence=$3
	shift 3
	run "$@"
	bad=0
	[ "$status" -eq "$code" ] || bad=1
	if [ -n "$sentence" ]; then
		grep -qF -e "$sentence" "$tmp/err" || bad=1
		[ "$(wc -l <"$tmp/err")" -eq 1 ] || bad=1
	else
		[ ! -s "$tmp/err" ] || bad=1
	fi
	if [ $bad -ne 0 ]; then
		echo "# leakacct $*: expected $code and \"$sentence\", got $status and:"
		sed 's/^/# /' "$tmp/err"
	fi
	result $bad "$name"
}

# NAME PATTERN: what the last run printed holds a line like it.
shows() {
	grep -q -e "$2" "$tmp/out"
	status=$?
	[ $status -eq 0 ] || sed 's/^/# /' "$tmp/out"
	result $status "$1"
}

tree() { # NAME: a fresh copy of the busy tree to damage
	rm -rf "${tmp:?}/$1"
	cp -r "$fixtures/busy" "$tmp/$1"
}

views="callers stacks objects suspects slabs samples unloaded ghost hooks stats verdict control report"
trees="busy quiet full_table sampled stock_busy stock_quiet stock_full_table stock_sampled"
commands="$views help version"

# TREE VIEW: a tree may be from before a view was added.
has() {
	case $2 in
	stacks | unloaded)	[ -e "$fixtures/$1/$2" ] ;;
	esac
}

echo "KTAP version 1"
echo "1..153"

# Every command over every tree.
for t in $trees; do
	[ -d "$fixtures/$t" ] || {
		skip "cli_all_views_of_$t" "not recorded yet"
		continue
	}
	bad=0
	for v in $views; do
		has "$t" "$v" || continue
		run "$v" --root "$fixtures/$t"
		if [ "$status" -ne 0 ] || [ -s "$tmp/err" ] || [ ! -s "$tmp/out" ]; then
			echo "# $v over $t: status $status"
			bad=1
		fi
	done
	result $bad "cli_all_views_of_$t"
done

if command -v python3 >/dev/null 2>&1; then
	for t in $trees; do
		[ -d "$fixtures/$t" ] || {
			skip "cli_json_of_$t" "not recorded yet"
			continue
		}
		bad=0
		for v in $views; do
			has "$t" "$v" || continue
			run "$v" -j -r "$fixtures/$t"
			if [ "$status" -ne 0 ] || ! python3 -m json.tool "$tmp/out" "$tmp/json"; then
				echo "# $v over $t: no JSON"
				bad=1
			fi
		done
		result $bad "cli_json_of_$t"
	done
else
	for t in $trees; do
		skip "cli_json_of_$t" "no python3"
	done
fi

# What people and programs see.
run callers -r "$fixtures/busy"
shows cli_callers_name_the_function '2304 .* TSPacket  *ts_rx+0x3f/0x130 \[tspacket\]$'
shows cli_bytes_are_scaled '^ *162\.0 KiB  '
shows cli_left_out_rows_are_said '^(417 more rows)$'
run callers -b -r "$fixtures/busy"
shows cli_bytes_option_shows_bytes '^ *165888  '
run callers -n 1 -j -r "$fixtures/busy"
shows cli_json_counts_rows_left_out '"complete":false,"more_rows":423,'
run stats -j -r "$fixtures/busy"
shows cli_json_numbers_are_numbers '{"name":"events_alloc","value":18446744073709551615,'
run objects -j -r "$fixtures/busy"
shows cli_json_names_are_strings '"pid":412,"comm":"123","class":"slab"'
shows cli_json_names_are_unescaped '"comm":"ts rx \\"1\\""'
run suspects -j -r "$fixtures/busy"
shows cli_json_has_reasons '"reasons":\["2304 allocated, 0 freed in 602 s",'
tree together
sed -i '/^92/a #   one leak: 1 x TSPacket (tspacket) + 2 x kmalloc-2k per event, 2304 events\
#     1 x 165888 bytes, 2304 objects TSPacket ts_rx+0x3f/0x130 [tspacket]\
#     2 x 9437184 bytes, 4608 objects - ts_rx+0x8a/0x130 [tspacket]' "$tmp/together/suspects"
run suspects -j -r "$tmp/together"
shows cli_json_has_twins '^{"per_event":2,"bytes":9437184,"objects":4608,"cache":null,'
shows cli_json_has_no_twins '"reasons":\["much is freed: 868453 of 901221"\],"events":null,"more":0,"twins":\[\]'
shows cli_json_has_events '\],"events":2304,"more":0,"twins":\[$'
sed -i 's/ per event,/ + 3 more per event,/' "$tmp/together/suspects"
run suspects -j -r "$tmp/together"
shows cli_json_counts_more_twins '\],"events":2304,"more":3,"twins":\[$'
sed -i 's/, 2304 events$/, many events/' "$tmp/together/suspects"
run suspects -j -r "$tmp/together"
shows cli_json_takes_no_word_for_events '\],"events":null,"more":0,"twins":\[$'
run control -j -r "$fixtures/busy"
shows cli_json_control_has_state '"state":"running","verbs":\[$'
tree wrapped
sed -i '2a wrappers 204 added 3' "$tmp/wrapped/control"
run control -j -r "$tmp/wrapped"
shows cli_json_control_counts_wrappers '"wrappers":204,"wrappers_added":3,"verbs":\[$'
run control -r "$tmp/wrapped"
shows cli_control_counts_wrappers '^wrappers: 204, 3 of them added$'
run hooks -j -r "$fixtures/busy"
shows cli_json_complete_is_true '"complete":true,"more_rows":0'
run report -r "$fixtures/busy"
tail -n 1 "$tmp/out" | grep -q '^  trust: '
result $? cli_report_ends_on_the_verdict
run report -n 1 -r "$fixtures/busy"
shows cli_report_shortens_lists '^(39925 more rows)$'
shows cli_report_keeps_the_ledger_whole '^Classic '

# What objects hold is in a report only when somebody asks.
content='47 1f ff 10'
run report -n 0 -r "$fixtures/busy"
! grep -q -e '^Samples' -e "$content" "$tmp/out"
result $? cli_report_has_no_content
run report -n 0 --samples -r "$fixtures/busy"
shows cli_report_has_content_when_asked "$content"
run report -j -n 0 -r "$fixtures/busy"
grep -q '"samples":null,' "$tmp/out" && ! grep -q "$content" "$tmp/out"
result $? cli_json_report_has_no_content
run report -j -n 0 --samples -r "$fixtures/busy"
shows cli_json_report_has_content_when_asked "$content"
expect cli_samples_option_elsewhere 2 "--samples does not go with verdict" verdict --samples
TERM=xterm "$reader" callers -r "$fixtures/busy" | grep -q "$(printf '\033')"
result $((! $?)) cli_no_colour_into_a_pipe

# What is in a merged cache, and what has no count.
run slabs -r "$fixtures/busy"
shows cli_slabs_have_all_names ' Acpi-Operand,eventpoll_pwq,TSPacket,old_thing(leftover) '
shows cli_slabs_say_what_they_hold '^    TSPacket: 2304 objects, by ts_rx \[tspacket\] (its module'
shows cli_large_kmallocs_have_no_count '^large  *-  *-  *1\.5 MiB  *10 '
run slabs -j -r "$fixtures/busy"
shows cli_json_slabs_say_what_they_hold '"reasons":\["TSPacket: 2304 objects, by ts_rx \[tsp'
shows cli_json_large_has_no_count '"cache":"large","objects":null,"object_size":null,"slab_bytes":1589248,'

# Stacks, for people, programs and flame graphs.
run stacks -r "$fixtures/busy"
shows cli_stacks_have_rows '^  4\.5 MiB .* ts_rx+0x8a/0x130 \[tspacket\]$'
shows cli_stacks_have_frames '^    __netif_receive_skb_one_core+0x87/0xa0$'
shows cli_stacks_have_context '^    (softirq)$'
shows cli_stacks_left_out_are_said '^(417 more rows)$'
run stacks -n 1 -r "$fixtures/busy"
[ "$(grep -c '^    ' "$tmp/out")" -eq 5 ] && grep -q '^(423 more rows)$' "$tmp/out"
result $? cli_stacks_are_counted_by_row
run stacks -j -r "$fixtures/busy"
shows cli_json_stacks_are_arrays '"frames":\["ts_rx+0x8a/0x130 \[tspacket\]","__netif_'
shows cli_json_stacks_have_context '"cut":true,"context":"softirq"'
expect cli_folded_copies_say_what_they_lack 0 "holds only 7 rows" \
	stacks --folded -r "$fixtures/busy"
shows cli_folded_has_the_outermost_first \
	'^__x64_sys_pipe2;do_pipe2;create_pipe_files;alloc_pipe_info 134217728$'
shows cli_folded_has_context_first '^(softirq);__do_softirq;.*;ts_rx_\[tspacket\] 4718592$'
! grep -v '^[^ ;]*\(;[^ ;]\{1,\}\)* [1-9][0-9]*$' "$tmp/out" >"$tmp/bad"
result $? cli_folded_has_nothing_else
run stacks --folded=objects --cache-frame -r "$fixtures/busy"
shows cli_folded_counts_objects ';ts_rx_\[tspacket\];kmalloc-2k 2304$'
shows cli_folded_names_class_without_cache ';load_tables_\[gone\]_(unloaded);large 10$'
expect cli_folded_notes_go_to_stderr 0 "note: lower bounds: 99000" \
	stacks --folded -r "$fixtures/full_table"
shows cli_folded_takes_lower_bounds ';ts_rx_\[tspacket\] 4718592$'
expect cli_folded_quiet_is_empty 0 "" stacks --folded -r "$fixtures/quiet"
[ ! -s "$tmp/out" ]
result $? cli_folded_quiet_prints_nothing

# Sampling: estimates with their error, and what cannot be known.
run callers -r "$fixtures/sampled"
shows cli_estimates_have_errors '^ *4\.5 MiB ± *4\.1 MiB  '
shows cli_estimates_are_said '^note: estimates: 1 object in 524288 bytes tracked'
run suspects -r "$fixtures/sampled"
shows cli_suspects_have_errors '^ *88  *4\.5 MiB ± *4\.1 MiB  '
run stacks -j -r "$fixtures/sampled"
shows cli_json_errors_are_numbers '"bytes":4727814,"bytes_error":4247605,"objects":2309,'
run stats -r "$fixtures/sampled"
shows cli_stats_may_be_unknown '^unknown_frees  *unknown$'
expect cli_estimates_can_be_judged 1 "" suspects --exit-code -r "$fixtures/sampled"

# A terminal gets colour, unless NO_COLOR says no.
if command -v script >/dev/null 2>&1; then
	(unset NO_COLOR; TERM=xterm script -qec "$reader callers -r $fixtures/busy" /dev/null) \
		</dev/null | grep -q "$(printf '\033\[1m')"
	result $? cli_colour_on_a_terminal
	(unset NO_COLOR; TERM=xterm script -qec "$reader suspects -r $fixtures/busy" /dev/null) |
		grep -c "^$(printf '\033')\[31m" | grep -qx 2
	result $? cli_suspects_are_red
	NO_COLOR=1 TERM=xterm script -qec "$reader callers -r $fixtures/busy" /dev/null \
		</dev/null | grep -q "$(printf '\033')"
	result $((! $?)) cli_no_color_is_honoured
else
	skip cli_colour_on_a_terminal "no script(1)"
	skip cli_suspects_are_red "no script(1)"
	skip cli_no_color_is_honoured "no script(1)"
fi

# What the module itself wrote.
expect cli_recorded_leak_exit_1 1 "" verdict --exit-code -r "$fixtures/stock_busy"
expect cli_too_early_exit_6 6 "" verdict --exit-code -r "$fixtures/stock_quiet"
expect cli_too_early_without_option_exit_0 0 "" verdict -r "$fixtures/stock_quiet"
expect cli_too_early_suspects_exit_0 0 "" suspects --exit-code -r "$fixtures/stock_quiet"
rm -rf "$tmp/answers" && cp -r "$fixtures/stock_quiet" "$tmp/answers"
sed -i 's/^TOO EARLY.*/NO ANSWER: leakacct is stopped/' "$tmp/answers/verdict"
expect cli_no_answer_exit_6 6 "" verdict --threshold 60 -r "$tmp/answers"
expect cli_no_answer_exit_6_as_json 6 "" verdict --exit-code --json -r "$tmp/answers"
sed -i 's/^NO ANSWER.*/NO SUSPECT: nobody/' "$tmp/answers/verdict"
expect cli_no_suspect_exit_0 0 "" verdict --exit-code -r "$tmp/answers"
expect cli_suspects_below_the_threshold_exit_0 0 "" verdict --threshold 101 -r "$fixtures/stock_busy"

# Exit codes of judgement.
expect cli_suspects_exit_1 1 "" suspects --exit-code -r "$fixtures/busy"
expect cli_suspects_without_option_exit_0 0 "" suspects -r "$fixtures/busy"
expect cli_verdict_exit_1 1 "" verdict --exit-code -r "$fixtures/busy"
expect cli_verdict_without_option_exit_0 0 "" verdict -r "$fixtures/busy"
expect cli_quiet_exit_0 0 "" verdict --exit-code -r "$fixtures/quiet"
expect cli_threshold_is_reached 1 "" suspects --threshold 49 -r "$fixtures/full_table"
expect cli_threshold_is_missed 0 "" suspects --threshold 93 -r "$fixtures/busy"
tree strict
sed -i 's/suspect from 60/suspect from 93/' "$tmp/strict/suspects"
expect cli_threshold_of_the_module 0 "" suspects --exit-code -r "$tmp/strict"

sed -i '/suspect from/d; s/^92/60/; s/^88/1/' "$tmp/strict/suspects"
expect cli_default_threshold_is_reached 1 "" suspects --exit-code -r "$tmp/strict"
sed -i 's/^60/59/' "$tmp/strict/suspects"
expect cli_default_threshold_is_missed 0 "" suspects --exit-code -r "$tmp/strict"

# Usage.
expect cli_no_command 2 "what shall it show"
expect cli_unknown_command 2 "no command \"leaks\"" leaks
expect cli_unknown_option 2 "--nonsense" callers --nonsense
expect cli_option_elsewhere 2 "--pid does not go with stats" stats --pid 1
expect cli_object_filter_on_sites 2 "--pid does not go with suspects" suspects --pid 1
expect cli_bad_sort 2 "expected one of: bytes" callers --sort colour
expect cli_filter_on_a_copy 2 "leave out module=x" callers --module x -r "$fixtures/busy"
expect cli_address_for_samples 2 "leave out address=0x1234" samples 0x1234 -r "$fixtures/busy"
expect cli_caller_for_samples 2 "leave out caller=ts_rx" samples ts_rx -r "$fixtures/busy"
expect cli_bad_address 2 "expected an address, as" samples 0x12zz -r "$fixtures/busy"
expect cli_two_objects 2 "expected one address or caller" samples ts_rx b -r "$fixtures/busy"
expect cli_object_beside_caller 2 "no --caller beside it" samples a --caller b -r "$fixtures/busy"
expect cli_verb_on_a_copy 2 "leave out --root" control mark -r "$fixtures/busy"
expect cli_more_rows_than_copied 0 "holds only 7 rows" callers -n 0 -r "$fixtures/busy"
expect cli_help_of_unknown 2 "no command \"leaks\"" help leaks
expect cli_help_of_command 0 "" suspects --help
shows cli_help_names_its_options '--exit-code'
expect cli_version 0 "" -V
shows cli_version_names_the_format 'debugfs format 1$'

# What cannot be read.
expect cli_no_tree 3 "No such file" callers -r "$tmp/nowhere"
expect cli_not_a_directory 3 "Not a directory" callers -r "$fixtures/busy/callers"
tree holes
rm "$tmp/holes/callers"
expect cli_no_file 3 "cannot read $tmp/holes/callers" callers -r "$tmp/holes"
rm "$tmp/holes/stacks"
expect cli_module_without_stacks 3 "of a module that has no such file" stacks -r "$tmp/holes"
expect cli_report_goes_on 3 "cannot read $tmp/holes/callers" report -r "$tmp/holes"
shows cli_report_still_has_the_verdict '^LEAK: '
mkfifo "$tmp/holes/callers"
expect cli_fifo_does_not_hang 3 "cannot read" callers -r "$tmp/holes"

# Other formats and damage.
tree later
sed -i '1s/ 1 age/ 2 age/' "$tmp/later/callers"
expect cli_format_version_2 5 "has format version 2, this reader knows version 1" \
	callers -r "$tmp/later"
tree damaged
printf 'hello\n' >"$tmp/damaged/callers"
expect cli_garbage 5 "no leakacct file" callers -r "$tmp/damaged"
: >"$tmp/damaged/callers"
expect cli_empty_file 5 "empty" callers -r "$tmp/damaged"
head -c 65536 /dev/zero >"$tmp/damaged/callers"
expect cli_nul_bytes 5 "NUL" callers -r "$tmp/damaged"
cp "$fixtures/busy/stats" "$tmp/damaged/callers"
expect cli_other_view 5 "says that it is \"stats\"" callers -r "$tmp/damaged"
printf '# leakacct \033[2Jx 1 age=1s\n# a\n' >"$tmp/damaged/callers"
expect cli_no_escapes_to_the_terminal 5 "\\033[2Jx" callers -r "$tmp/damaged"
head -c 500 "$fixtures/busy/callers" >"$tmp/damaged/callers"
expect cli_cut_off 5 "ends in the middle of a line" callers -r "$tmp/damaged"
shows cli_cut_off_shows_the_rest 'alloc_pipe_info'
{ cat "$fixtures/busy/callers"; echo "1 2 3"; } >"$tmp/damaged/callers"
expect cli_short_row 5 "the first is line 11" callers -r "$tmp/damaged"
head -c 500 "$fixtures/busy/stacks" >"$tmp/damaged/stacks"
expect cli_cut_off_stack 5 "ends in the middle of a stack" stacks --folded -r "$tmp/damaged"
[ "$(wc -l <"$tmp/out")" -eq 1 ]
result $? cli_cut_off_stack_is_left_out
sed '/^589824/d' "$fixtures/busy/stacks" >"$tmp/damaged/stacks"
expect cli_stack_in_pieces 5 "1 stacks in pieces (the first is at line 16)" stacks -r "$tmp/damaged"

# The ledger for people: a bar that is as wide as the memory, and shares of it.
mkdir "$tmp/ledger"
cat >"$tmp/ledger/ghost" <<'EOF'
# leakacct ghost 1 age=0.000s
# term kB note
# ghost: 65536 kB of 1048576 kB are in no counter
# the ledger
total 1048576 MemTotal
free 524288 MemFree
free_percpu_lists 0 free pages on per-CPU lists
lru 262144 page cache
slab 131072 Slab
vmalloc - not to be had on this kernel
ghost 65536 what no counter claims
held_pages 32768 f+0x1/0x2 (pipe)
# held by open files: 3 files of 2 threads looked at in 7 us
held_before_load -4 older than leakacct
EOF
expect cli_ghost_takes_a_ledger 0 "" ghost -r "$tmp/ledger"
shows cli_ghost_has_a_bar '^\[u\{18\}s\{9\}k\{4,5\}?\{4,5\}\.\{36\}\]$'
[ "$(sed -n '/^Ghost$/{n;p}' "$tmp/out")" = "  65536 kB of 1048576 kB are in no counter" ] &&
	[ "$(grep -c 'are in no counter' "$tmp/out")" -eq 1 ]
result $? cli_ghost_begins_with_what_matters
shows cli_ghost_has_shares '^  slab  *128.0 MiB  *12.5 %  Slab$'
shows cli_ghost_says_what_is_unknown '^  vmalloc  *-  *-  not to be had'
shows cli_ghost_is_signed '^  held_before_load  *-4.0 KiB  *-0.0 %  '
shows cli_ghost_has_holders_of_their_own '^Who holds it$'
expect cli_ghost_json 0 "" ghost --json -r "$tmp/ledger"
shows cli_ghost_json_has_figures '"term":"ghost","kB":65536,'
sed -i '$d' "$tmp/ledger/ghost"
printf 'held_pipe 4 a pipe whose li' >>"$tmp/ledger/ghost"
expect cli_ghost_damaged 5 "ends in the middle of a line" ghost -r "$tmp/ledger"

# Writing.
"$reader" callers -r "$fixtures/busy" >/dev/full 2>"$tmp/err"
status=$?
[ $status -eq 3 ] && grep -q 'cannot write the output: No space left' "$tmp/err"
result $? cli_full_disk_is_said
{
	sed -n 1,2p "$fixtures/busy/callers"
	awk 'BEGIN { for (i = 0; i < 50000; i++) print i, "1 1 1 1 1 slab c f+0x1/0x2" }'
} >"$tmp/damaged/callers"
{ "$reader" callers -r "$tmp/damaged" 2>"$tmp/err"; echo $? >"$tmp/rc"; } | head -n 1 >/dev/null
[ "$(cat "$tmp/rc")" -eq 0 ] && [ ! -s "$tmp/err" ]
result $? cli_closed_pipe_is_quiet
"$reader" callers -r "$tmp/damaged" >/dev/full 2>"$tmp/err"
status=$?
[ $status -eq 3 ] && grep -q 'No space left' "$tmp/err"
result $? cli_full_disk_is_said_of_long_lists

# This machine, where the module is not loaded: a code of its own, one sentence.
if [ -e /sys/module/leakacct ]; then
	skip cli_without_module "leakacct is loaded here"
else
	run callers
	[ "$status" -eq 3 ] || [ "$status" -eq 4 ]
	status=$?
	[ "$(wc -l <"$tmp/err")" -eq 1 ] || status=1
	result $status cli_without_module
fi

# Man page and --help: the same commands, the same options.
run --help
[ "$(wc -l <"$tmp/out")" -le 24 ]
result $? cli_help_fits_a_terminal
sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p' "$tmp/out" | sort >"$tmp/help_commands"
printf '%s\n' "$commands" | tr ' ' '\n' | sort | cmp -s - "$tmp/help_commands"
result $? cli_help_names_all_commands
sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$man" | sort >"$tmp/man_commands"
diff "$tmp/help_commands" "$tmp/man_commands" | sed 's/^/# /'
cmp -s "$tmp/help_commands" "$tmp/man_commands"
result $? man_names_the_commands_of_help
grep -o -e '--[a-z-]*' "$tmp/out" | sort -u >"$tmp/help_options"
sed -n 's/^\.It.* Fl \(-[a-z-]*\).*/-\1/p' "$man" | sort >"$tmp/man_options"
diff "$tmp/help_options" "$tmp/man_options" | sed 's/^/# /'
cmp -s "$tmp/help_options" "$tmp/man_options"
result $? man_names_the_options_of_help
grep -o -e '\[-[a-zA-Z]|' "$tmp/out" | tr -d '[|-' | sort >"$tmp/help_letters"
sed -n 's/^\.It Fl \([a-zA-Z]\) .*/\1/p' "$man" | sort >"$tmp/man_letters"
cmp -s "$tmp/help_letters" "$tmp/man_letters"
result $? man_names_the_letters_of_help
# What control takes, in the man page and in the description of the files.
top=$fixtures/../../..
sed -n 's/^\t{ "\([a-z]*\)", .*/\1/p' "$top/module/views/control.c" | sort >"$tmp/verbs"
sed -n '/^\.It Cm control/,/^\.It Cm report/s/^\.Cm \([a-z]*\).*/\1/p' "$man" | sort >"$tmp/man_verbs"
diff "$tmp/verbs" "$tmp/man_verbs" | sed 's/^/# /'
[ "$(wc -l <"$tmp/verbs")" -ge 11 ] && cmp -s "$tmp/verbs" "$tmp/man_verbs"
result $? man_names_the_verbs_of_control
# shellcheck disable=SC2016 # these are quotes of the text
sed -n '/^``control``/,/^``query``/p' "$top/Documentation/debugfs-abi.rst" | grep -o '``[a-z]*[ `]' |
	tr -d '` ' | sort >"$tmp/abi_verbs"
comm -23 "$tmp/verbs" "$tmp/abi_verbs" | sed 's/^/# not in debugfs-abi.rst: /' >"$tmp/missing"
cat "$tmp/missing"
[ ! -s "$tmp/missing" ]
result $? abi_names_the_verbs_of_control
sed -n 's/^\t\[LA_KEY_.*= [A-Z]*(\([a-z_]*\)[,)].*/\1/p' "$top/module/views/query.c" |
	grep -vx address | sed 's/older_s/older/; s/_/-/' | sort >"$tmp/keys"
[ "$(wc -l <"$tmp/keys")" -ge 10 ] && comm -23 "$tmp/keys" - >"$tmp/missing" <<EOF
$(sed 's/^--*//' "$tmp/man_options" | sort)
EOF
status=$?
sed 's/^/# not in the man page: /' "$tmp/missing"
[ $status -eq 0 ] && [ ! -s "$tmp/missing" ]
result $? man_names_the_keys_of_query
if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning "$man" >"$tmp/out" 2>&1
	status=$?
	sed 's/^/# /' "$tmp/out"
	result $status man_is_lint_clean
else
	skip man_is_lint_clean "no mandoc"
fi

[ $failed -eq 0 ]
