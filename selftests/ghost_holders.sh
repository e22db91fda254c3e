#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ghost` names who holds memory that no counter claims: sockets with unread data, rings and
# pipes, each with its process, and as much as the kernel itself says.
#
# Red when: only the first 256 files of a task are looked at; of a unix socket what it has to
# send is counted instead of what is unread; two ends of a pipe are counted each; perf rings
# are taken for memory that is older than leakacct.
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

mb=30

# read_ghost: what is older than a second is taken anew.
read_ghost()
{
	sleep 1.1
	cat "$la/ghost" >"$ktap_tmp/ghost"
}

# hold KIND KB: by a process; sets $held_kb, and $holder to "name/pid".
hold()
{
	# What the last one said is still there until this one runs.
	rm -f "$ktap_tmp/out"
	./_hold_memory "$1" "$2" >"$ktap_tmp/out" 2>"$ktap_tmp/err" &
	pid=$!
	if ! ktap_poll 30 grep -q ready "$ktap_tmp/out"; then
		wait "$pid"
		[ $? -ne 4 ] || ktap_skip "$(cat "$ktap_tmp/err")" || return
		ktap_fail "expected that $2 kB of $1 can be held: $(cat "$ktap_tmp/err")"
		return
	fi
	read -r _ _ held_kb <"$ktap_tmp/out"
	holder=_hold_memory/$pid
}

let_go()
{
	kill "$pid"
	wait "$pid" 2>/dev/null || :
}

# rows KIND: its rows of this holder.
rows()
{
	grep "^held_$1 [0-9]* $holder " "$ktap_tmp/ghost"
}

# expect_row KIND LIKE KB: one row of the holder's, and what stands there.
expect_row()
{
	ktap_expect "rows of $1" eq 1 "$(rows "$1" | wc -l)" "one file holds it: $(cat "$ktap_tmp/ghost")"
	ktap_expect "note" like "$2" "$(rows "$1")" "that is what was made"
	# Two per cent, for what is under way and what a ring has besides its data.
	got=$(rows "$1" | awk '{ print $2 }')
	ktap_expect "kB of $1" ge $(($3 - $3 / 50 - 4)) "$got" "the kernel says $3"
	ktap_expect "kB of $1" le $(($3 + $3 / 50 + 16)) "$got" "the kernel says $3"
}

# is_named KIND KB ROW LIKE: planted, it is named; gone, it is not.
is_named()
{
	hold "$1" "$2" || return
	read_ghost
	expect_row "$3" "$4" "$held_kb"
	let_go
	read_ghost
	ktap_expect "rows when it is gone" is "" "$(rows "$3")" "nobody holds it any more"
}

io_uring_is_named()
{
	grep -q ' io_issue_sqe$' /proc/kallsyms || ktap_skip "this kernel has no io_uring" || return
	is_named io_uring 1024 io_uring 'io_uring of '
}

figure()
{
	column kB "col(\"term\") == \"$1\"" <"$ktap_tmp/ghost"
}

# Its pages are no held_pages, for what the process has mapped of it looks like a file's.
perf_ring_is_named()
{
	read_ghost
	ghost=$(figure ghost)
	older=$(figure held_before_load)
	hold perf 4096 || return
	read_ghost
	expect_row perf_ring 'perf event' "$held_kb"
	ktap_expect "first lines" like "^# ghost: [0-9]+ kB of perf_ring held by .* by $holder$" \
		"$(head -n 12 "$ktap_tmp/ghost")" "it is 4 MB"
	ghost=$(($(figure ghost) - ghost))
	older=$(($(figure held_before_load) - older))
	let_go
	ktap_expect "growth of the ghost in kB" ge 3840 "$ghost" "nobody counts its pages"
	ktap_expect "growth of what is older than the load in kB" le 512 "${older#-}" "it is not older"
	read_ghost
	ktap_expect "rows when it is gone" is "" "$(rows perf_ring)" "nobody holds it any more"
}

# What is unread lies in pages, slabs or both.
queue_is_ghost_or_slab()
{
	read_ghost
	before=$(($(figure ghost) + $(figure slab)))
	hold "$1" $((mb * 1024)) || return
	read_ghost
	growth=$(($(figure ghost) + $(figure slab) - before))
	let_go
	ktap_expect "growth of ghost and slab in kB" ge $((mb * 1024 * 9 / 10)) "$growth" \
		"$mb MB are unread"
}

# Pages that were taken since the load have their caller, and a word what they are for.
pages_are_labelled()
{
	hold "$1" "$2" || return
	read_ghost
	got=$(sed -n "s/^held_pages \([0-9]*\) .*($3)\$/\1/p" "$ktap_tmp/ghost" | sum)
	let_go
	ktap_expect "first lines" like "^# ghost: [0-9]+ kB taken since the load by .* \\($3\\)$" \
		"$(head -n 12 "$ktap_tmp/ghost")" "it is the most that anybody took"
	ktap_expect "kB of $3" ge "$2" "$got" "so much was taken: $(grep held_pages "$ktap_tmp/ghost")"
	ktap_expect "kB of $3" le $(($2 * 11 / 10 + 64)) "$got" "so much was taken"
}

# 100 sockets of 60 kB: six are named, the others summed, and the process is.
many_small_ones_are_summed()
{
	hold sockets 5860 || return
	read_ghost
	let_go
	ktap_expect "rows" eq 6 "$(rows socket | wc -l)" "the largest six of 100 are shown"
	sum=$(awk '$1 ~ /^held_socket/ { kb += $2 } END { print kb }' "$ktap_tmp/ghost")
	ktap_expect "kB of all" ge $((held_kb - 200)) "$sum" "the kernel says $held_kb"
	ktap_expect "kB of all" le $((held_kb + 1000)) "$sum" "the kernel says $held_kb"
	ktap_expect "comment" like "^#   $holder has 100 of socket, [0-9]+ kB" "$(cat "$ktap_tmp/ghost")" \
		"one process has most"
}

# A process has 1,024 files, two for each pipe.
is_counted_once()
{
	hold pipes 32768 || return
	read_ghost
	expect_row pipe ' 512 pipes with something in it' "$held_kb"
	let_go
}

takes_little_time()
{
	read_ghost
	us=$(sed -n 's/^# held by open files: .* in \([0-9]*\) us$/\1/p' "$ktap_tmp/ghost")
	ktap_expect "microseconds" le 150000 "$us" "it gives up after 100 ms"
	ktap_expect "threads left out" is "" "$(grep 'left out' "$ktap_tmp/ghost")" "there are few"
}

ktap_plan 16
load
ktap_case "$mb MB unread on a UDP socket are named" \
	is_named udp $((mb * 1024)) socket 'UDP inet 127\.0\.0\.1:[0-9]+ inode [0-9]+: [0-9]+ kB unread'
ktap_case "$mb MB unread on a unix socket are named" \
	is_named unix $((mb * 1024)) socket 'UNIX[^ ]* unix - inode [0-9]+: [0-9]+ kB unread'
ktap_case "$mb MB unread on a packet socket are named" \
	is_named packet $((mb * 1024)) socket 'PACKET packet .* inode [0-9]+: [0-9]+ kB unread'
ktap_case "a packet ring is named" is_named ring 8192 packet_ring 'PACKET packet '
ktap_case "full pipes are named" is_named pipes 4096 pipe ' 64 pipes with something in it'
ktap_case "an io_uring ring is named" io_uring_is_named
ktap_case "a BPF ring buffer is named" is_named ringbuf 8192 bpf_map 'BPF ringbuf .* held '
ktap_case "a perf ring is named, and not older than leakacct" perf_ring_is_named
ktap_case "what is unread on a UDP socket is ghost or slab" queue_is_ghost_or_slab udp
ktap_case "what is unread on a unix socket is ghost or slab" queue_is_ghost_or_slab unix
ktap_case "pages of a packet ring have their name" pages_are_labelled ring 8192 packet_ring
ktap_case "pages of pipes have their name" pages_are_labelled pipes 4096 pipe
ktap_case "pages of a BPF ring buffer have their name" pages_are_labelled ringbuf 8192 bpf_ring
ktap_case "all files of a process are looked at, and each pipe once" is_counted_once
ktap_case "many small ones are summed" many_small_ones_are_summed
ktap_case "to look takes little time" takes_little_time
ktap_end
