#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `samples` tells two stories, beside other work. A file of /proc whose every read leaks its
# text: the verdict names the caller first, `objects` the process, and the text is in `samples`.
# Strings that a caller leaks today are tied to the same strings from before the load, and the
# verdict names who makes them first. What root says is secret is not shown, neither of the caller
# nor of the old objects like it; nor what a caller makes of which one was freed by
# kfree_sensitive(), while that of its twin is; nor what may be a key, as its cache is merged with theirs.
#
# Red when: objects without a record are not read, or not told from recorded ones; contents are
# compared unmasked; what a secret caller's objects are like is shown; kfree_sensitive() is not
# watched, or tells of nobody; of a merged cache only the first name is asked whether it has secrets.
. ./_ktap.sh
. ./_leakacct.sh

beside()
{
	while [ -d /proc/$$ ]; do
		tar -c /bin 2>/dev/null | gzip >/dev/null
		find /sys /proc/self >/dev/null 2>&1
	done
}

# What goes on beside ends at once; if the test dies, after a round.
beside_end()
{
	[ -z "$beside" ] || kill "$beside" 2>/dev/null
	beside=
}

parked=

samples_of()
{
	query samples module=la_story caller="$1+" >"$ktap_tmp/samples"
	grep "$1+" "$ktap_tmp/samples"
}

old_is_tied()
{
	# The reads are another story.
	echo clear >"$la/control"
	echo 1000 >/sys/kernel/debug/la_story/leak
	ktap_poll 20 samples_of leak_agent >/dev/null ||
		ktap_fail "expected samples of leak_agent within 20 s, as they have aged"
	query samples module=la_story caller=leak_ >"$ktap_tmp/samples"
	if has_quarantine; then
		ktap_expect "samples" like 'without a record may be free' "$(cat "$ktap_tmp/samples")" \
			"the allocator does not tell"
		ktap_skip "this kernel does not tell free objects from live ones"
		return 4
	fi
	# Where free ones are parked in sheaves, this is said of each.
	[ "$(uname -r | cut -d . -f 1)" -lt 7 ] || parked=" or parked free"
	for kind in leak_agent:sbin/....agt leak_point:t.point.; do
		ktap_expect "fingerprints" \
			like "^#     [0-9]+ with \"${kind#*:}[0-9a-f.]*\" at \\+0: [1-9][0-9]* from before recording$parked, [1-9][0-9]* since, .* by ${kind%%:*}\\+" \
			"$(cat "$ktap_tmp/samples")" "3000 from before the load, 1000 since"
	done
	# They are 3 in 4 of both kinds, and of all that was read.
	sed -n 's|^#     \([0-9]*\) with "sbin/[^:]*: \([0-9]*\) from.*|\1 \2|p' "$ktap_tmp/samples" |
		head -n 1 >"$ktap_tmp/numbers"
	read -r all old <"$ktap_tmp/numbers"
	ktap_expect "objects that were read" ge 50 "$all" "they are spread over all slabs"
	ktap_expect "old ones, in percent" ge 50 $((100 * old / all)) "3000 of 4000"
	ktap_expect "shared text" like '^#   1[0-9] of 1[0-9] share "sbin/....agt" at \+0$' \
		"$(cat "$ktap_tmp/samples")" "it comes first"
}

# They have a beat, so that they are told from what goes on beside.
strings_are_told()
{
	# A thousand at once would be a burst, beside which growth is none.
	echo clear >"$la/control"
	for n in 40 15 30 20 45 10 35 25 30 20 40; do
		echo "$n" >/sys/kernel/debug/la_story/leak
		echo look >"$la/control"
	done
	cat "$la/verdict" >"$ktap_tmp/verdict"
	sed -n '2,/^Watching/p' "$ktap_tmp/verdict" | ktap_diag
	ktap_expect "verdict" like '^  1\. leak_(agent|point)\+.*\[la_story\]' \
		"$(cat "$ktap_tmp/verdict")" "they alone leak since the \`clear'"
	ktap_expect "who leaks first, or with it" like 'leak_agent\+' \
		"$(sed -n '/^  1\./,/^  2\./p' "$ktap_tmp/verdict" | sed '/^  2\./d')" "one of each is made"
}

reads_are_told()
{
	for _ in 1 2 3 4 5 6 7 8 9; do
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			cat /proc/la_status >/dev/null
		done
		echo look >"$la/control"
	done
	ktap_expect "verdict" like '^  1\. status_read\+.*\[la_story\]' "$(cat "$la/verdict")" \
		"each read leaks, and nobody else does"
	ktap_expect "processes" is "cat" \
		"$(query objects caller=status_read+ rows=0 | column comm | sort -u)" "it reads"
	ktap_expect "bytes" is "$(slot_of 4096)" \
		"$(query objects caller=status_read+ rows=0 | column bytes | sort -u)"
	samples_of status_read >/dev/null ||
		ktap_fail "expected samples of status_read"
	ktap_expect "shared text" like '^#   1[0-9] of 1[0-9] share "la_status version 2 reads' \
		"$(cat "$ktap_tmp/samples")" "each has it"
	ktap_expect "the plain file" like '^#   .*la_status version 2 reads' "$(cat "$la/samples")" \
		"it is a suspect"
	ktap_expect "verdict" unlike 'version 2' "$(cat "$la/verdict")" "content is for who asks"
}

secrets_are_kept()
{
	echo 1000 >/sys/kernel/debug/la_story/key
	echo 60 >/sys/kernel/debug/la_story/coin
	ktap_poll 20 samples_of hide_treasure >/dev/null ||
		ktap_fail "expected samples of hide_treasure within 20 s"
	ktap_expect "samples" like 'treasure' "$(cat "$ktap_tmp/samples")" "nobody said it is secret"
	echo "secret hide_trea" >"$la/control"
	for what in "" module=la_story rows=0; do
		query samples "$what" >"$ktap_tmp/samples"
		ktap_expect "samples $what" unlike 'treasure island|7472656173757265' \
			"$(cat "$ktap_tmp/samples")" "it is secret, in old objects too"
	done
	ktap_expect "samples" like '^# [1-9][0-9]* callers left out' "$(cat "$ktap_tmp/samples")"
	query samples caller=leak_agent+ >"$ktap_tmp/samples"
	has_quarantine ||
		ktap_expect "fingerprints" like '^#     [0-9]+ that may hold secrets: not shown$' \
			"$(cat "$ktap_tmp/samples")" "they are there"
	ktap_expect "secrets" like '^added hide_trea$' "$(query secrets)" "it was added"
	ktap_expect "secrets" like '^caller crypt$' "$(query secrets)" "that is leakacct's own"
	ktap_expect_error "the same again" sh -c "echo 'secret hide_trea' >$la/control"
	ktap_expect_error "what is leakacct's own" sh -c "echo 'unsecret crypt' >$la/control"
	ktap_expect_error "no name" sh -c "echo 'secret a/b' >$la/control"
	echo "unsecret hide_trea" >"$la/control"
	ktap_expect "secrets" unlike '^added' "$(query secrets)" "it was taken back"
}

freed_as_secret()
{
	ktap_poll 20 samples_of mint_silver >/dev/null ||
		ktap_fail "expected samples of mint_silver within 20 s"
	samples_of mint_gold >/dev/null || ktap_fail "expected samples of mint_gold"
	ktap_expect "samples" like 'gold coin' "$(cat "$ktap_tmp/samples")" \
		"nobody has freed one yet, and its name says nothing"
	echo 1 >/sys/kernel/debug/la_story/spend
	samples_of mint_gold >/dev/null
	ktap_expect "samples of mint_gold" like \
		'^#   mint_gold\+.* \[la_story\]: freed by kfree_sensitive$' \
		"$(cat "$ktap_tmp/samples")" "one was"
	for what in caller=mint_gold+ module=la_story rows=0; do
		query samples "$what" >"$ktap_tmp/samples"
		ktap_expect "samples $what" unlike 'gold coin|676f6c6420636f696e' \
			"$(cat "$ktap_tmp/samples")" "such objects are secrets"
	done
	samples_of mint_silver >/dev/null ||
		ktap_fail "expected samples of mint_silver still, of which one was freed by kfree()"
	ktap_expect "samples" like 'silver coin' "$(cat "$ktap_tmp/samples")"
	ktap_expect "secrets" like '^freed mint_gold\+.* \[la_story\]$' "$(query secrets)"
	ktap_expect "secrets" unlike '^freed (mint_silver|la_trial)' "$(query secrets)" \
		"those are none"
}

# On a stock 6.1 key_jar is one of the names of maple_node.
merged_with_keys()
{
	vault=$(readlink /sys/kernel/slab/la_story_vault) || vault=none
	if [ "$vault" != "$(readlink /sys/kernel/slab/key_jar)" ]; then
		ktap_skip "this kernel does not merge that cache with the one of keys"
		return 4
	fi
	echo 60 >/sys/kernel/debug/la_story/vault
	ktap_poll 20 samples_of la_story_vault_fill >/dev/null ||
		ktap_fail "expected samples of la_story_vault_fill within 20 s: it tells that these are no keys"
	ktap_expect "samples" like 'banker of the vault' "$(cat "$ktap_tmp/samples")" \
		"its name has that of the cache"
	ktap_expect "fingerprints" unlike '^#   alike among' "$(cat "$ktap_tmp/samples")" \
		"there are keys among the old objects"
	ktap_expect "words" like '^#   \+.* in object 0x[0-9a-f]* of stash_away\+' \
		"$(cat "$ktap_tmp/samples")" "each points to one of the other caller"
	for what in "" caller=stash_away+ module=la_story rows=0; do
		query samples "$what" >"$ktap_tmp/samples"
		[ "$what" ] || cat "$la/samples" >"$ktap_tmp/samples"
		ktap_expect "samples $what" unlike 'pirate with|7069726174652077' \
			"$(cat "$ktap_tmp/samples")" "for all that is known it may be a key"
	done
	query samples caller=stash_away+ >"$ktap_tmp/samples"
	ktap_expect "samples of stash_away" like \
		'^#   stash_away\+.* \[la_story\]: in a cache of secrets$' "$(cat "$ktap_tmp/samples")"
}

asked_by_address()
{
	at=$(query objects caller=leak_point+ rows=1 | column address)
	query samples "address=$at" >"$ktap_tmp/samples"
	ktap_expect "address" is "$at" "$(column address <"$ktap_tmp/samples")" "one was asked for"
	ktap_expect "samples" like 't\.point\.' "$(cat "$ktap_tmp/samples")"
	query samples "address=$(printf '0x%x' $((at + 9)))" >"$ktap_tmp/samples"
	ktap_expect "address" is "$at" "$(column address <"$ktap_tmp/samples")" "it lies in that object"
	ktap_expect_error "an address that is none" sh -c "exec 7<>$la/query; echo 'samples address=x' >&7"
}

ktap_plan 7
insmod ./la_story.ko
echo 3000 >/sys/kernel/debug/la_story/leak
echo 500 >/sys/kernel/debug/la_story/key
load
beside &
beside=$!
ktap_case "a leak of each read is told with its text" reads_are_told
ktap_case "strings from before the load are tied to who makes them today" old_is_tied
ktap_case "who makes these strings leads the verdict" strings_are_told
ktap_case "secrets are not shown, nor what is like them" secrets_are_kept
ktap_case "what is freed by kfree_sensitive() is not shown" freed_as_secret
ktap_case "what may be a key is not shown, whatever its cache is called" merged_with_keys
beside_end
ktap_case "an object is asked for by an address in it" asked_by_address
ktap_end
