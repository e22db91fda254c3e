#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Names that lie: user space makes 5,000 each of UNIX sockets, POSIX timers, inotify marks,
# epoll items, keys and fanotify events. The allocator charges them to whatever cache they have
# been merged with, as the boot goes; `slabs` says what they are, and `callers` who made them.
#
# Red when: alias_names.h lacks unix_create1() or another of their functions; a
# name of the cache is taken for what is in it; a compiler's suffix is part of a function's
# name; the note in `callers` looks at the first name alone.
#
# Timeout: 120
. ./_ktap.sh
. ./_leakacct.sh

made=5000
! debug_kernel || made=1000

make_objects()
{
	echo 65536 >/proc/sys/fs/inotify/max_user_watches
	echo 65536 >/proc/sys/kernel/keys/root_maxkeys
	(cd "$ktap_tmp" && exec "$OLDPWD/_make_objects" "$made" \
		unix timers inotify epoll keys fanotify) >"$ktap_tmp/made" 2>&1 &
	maker=$!
	ktap_poll 300 grep -q ready "$ktap_tmp/made" ||
		ktap_fail "expected that they can be made: $(cat "$ktap_tmp/made")"
	# The shared snapshot can be a second old.
	sleep 1.1
}

# names_are_told NAMES FUNCTIONS: the row of the first name says that so many objects are one
# of the names, a regular expression as is FUNCTIONS. A cache with one name can't lie.
names_are_told()
{
	ktap_diag "$(sed 1,2d "$ktap_tmp/slabs")"
	aliases=$(column aliases <"$ktap_tmp/slabs")
	case $aliases in
	*,*)
		got=$(sed -E -n "s/^#   ($1): ([0-9]+) objects, by ($2)([ ,.].*)?\$/\\2/p" \
			"$ktap_tmp/slabs" | sum)
		;;
	*)	got=$(column tracked <"$ktap_tmp/slabs") ;;
	esac
	ktap_expect "objects that are said to be $1" ge "$made" "$got" "so many were made"
	ktap_expect "objects that are said to be $1" le $((made + 200)) "$got" "few others are there"
}

# is_told KIND ALIAS NAMES FUNCTIONS
is_told()
{
	if ! grep -q "^made $1$" "$ktap_tmp/made"; then
		ktap_skip "$(grep "^no $1:" "$ktap_tmp/made")"
		return 4
	fi
	query slabs cache="$2" >"$ktap_tmp/slabs"
	ktap_expect "rows with $2" eq 1 "$(column cache <"$ktap_tmp/slabs" | wc -l)" \
		"it is a name of one cache"
	names_are_told "$3" "$4"
	cache=$(column cache <"$ktap_tmp/slabs")
	query callers rows=0 cache="$cache" >"$ktap_tmp/callers"
	got=$(column objects "col(\"caller\") ~ /^($4)[.+]/" <"$ktap_tmp/callers" | sum)
	ktap_expect "objects of $4 in $cache" ge "$made" "$got" "\`callers\` has them there"
	case $cache in
	"$2" | UNIX)	return ;;
	esac
	ktap_expect "note in \`callers\`" like "^#   the cache is also named, and these are: ($3)\$" \
		"$(grep -E -A 1 " ($4)[.+]" "$ktap_tmp/callers" | grep '^#' | sort -u)" \
		"$cache is not their name"
}

ktap_plan 7
load
make_objects
# Streams have a cache of their own since 5.15.
stream=UNIX-STREAM
[ -e "/sys/kernel/slab/$stream" ] || stream=UNIX
ktap_case "UNIX sockets are told" is_told unix "$stream" 'UNIX|UNIX or UNIX-STREAM' unix_create1
ktap_case "POSIX timers are told" is_told timers posix_timers_cache posix_timers_cache \
	'do_timer_create|alloc_posix_timer'
ktap_case "inotify marks are told" is_told inotify inotify_inode_mark inotify_inode_mark \
	'inotify_update_watch|inotify_new_watch|__(do|x64)_sys_inotify_add_watch'
ktap_case "epoll items are told" is_told epoll eventpoll_epi eventpoll_epi \
	'do_epoll_ctl|do_epoll_ctl_file|ep_insert'
ktap_case "what waits for them is told" is_told epoll eventpoll_pwq eventpoll_pwq ep_ptable_queue_proc
ktap_case "keys are told" is_told keys key_jar key_jar key_alloc
ktap_case "fanotify events are told" is_told fanotify fanotify_path_event fanotify_path_event \
	'fanotify_handle_event|fanotify_alloc_event'
kill "$maker"
wait "$maker" 2>/dev/null || :
ktap_end
