#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A real balloon: QEMU's virtio device takes 300 MB of a guest and gives them back. As a rule
# they leave MemTotal with that; with deflate-on-oom they stay in it. Either way `ghost`
# shows them as a balloon's, and not as ghost.
#
# To see it fail: take what is inflated for part of MemTotal always (module/ghost/balloon.c).
#
# usage: balloon_test.sh [VERSION [TREE]]	(an installed kselftest tree, or it is built)

cd "$(dirname "$(readlink -f "$0")")" || exit 1
. ../_ktap.sh

version=${1:-6.1}
tree=${2:-}
scripts=../../scripts
memory=1024	# MB, as `boots` has it
size=300	# MB
# What the guest's own processes and caches may do to the ghost meanwhile.
noise=1024	# kB
noise_free=8192	# kB, as caches grow

# The drivers are modules of the stock kernel.
unpack()
{
	eval "$("$scripts/fetch-kernel.sh" "$version")"
	mkdir -p "$ktap_tmp/root" "$ktap_tmp/balloon"
	dpkg-deb --fsys-tarfile "${image_deb:?}" |
		tar -x -C "$ktap_tmp/root" --wildcards '*/drivers/virtio/virtio*'
	find "$ktap_tmp/root" -name '*.ko.xz' -exec xz -d {} +
	find "$ktap_tmp/root" -name '*.ko' -exec mv -t "$ktap_tmp/balloon" {} +
}

# drivers: options of run.sh for them
drivers()
{
	set --
	for name in virtio virtio_ring virtio_pci virtio_pci_modern_dev virtio_pci_legacy_dev \
		virtio_balloon; do
		[ ! -e "$ktap_tmp/balloon/$name.ko" ] ||
			set -- "$@" --add "$ktap_tmp/balloon/$name.ko=balloon/$name.ko"
	done
	echo "$@"
}

# balloon MB: how much the guest is to have left of its memory.
balloon()
{
	printf '{ "execute": "balloon", "arguments": { "value": %d } }\n' $(($1 * 1024 * 1024)) >&8
}

# What the guest says goes to a file; what it asks for is done. No filter may keep it back.
conduct()
{
	cr=$(printf '\r')
	while read -r mark rest; do
		[ "$mark" = @ ] || continue
		rest=${rest%"$cr"}
		echo "$rest" >>"$ktap_tmp/$1"
		case $rest in
		inflate)	balloon $((memory - size)) ;;
		deflate)	balloon "$memory" ;;
		esac
	done
}

# guest DEFLATE_ON_OOM: its lines are in $ktap_tmp/DEFLATE_ON_OOM then.
guest()
{
	mkfifo "$ktap_tmp/qmp.in" "$ktap_tmp/qmp.out"
	exec 8<>"$ktap_tmp/qmp.in" 9<>"$ktap_tmp/qmp.out"
	echo '{ "execute": "qmp_capabilities" }' >&8
	# shellcheck disable=SC2046 # a list of words
	LEAKACCT_QEMU="-device virtio-balloon-pci,deflate-on-oom=$1 -qmp pipe:$ktap_tmp/qmp" \
		./run.sh --kernel "$version" --out "$ktap_tmp/out" ${tree:+--tree "$tree"} $(drivers) \
		--timeout 300 --script balloon_guest.sh 2>"$ktap_tmp/error" | conduct "$1"
	exec 8>&- 9>&-
	rm "$ktap_tmp/qmp.in" "$ktap_tmp/qmp.out"
	ktap_expect "what failed in the guest" is "" "$(grep '^failed' "$ktap_tmp/$1")"
	ktap_expect "its last line" is end "$(tail -n 1 "$ktap_tmp/$1")" \
		"it came to its end: $(tail -n 5 "$ktap_tmp/error")"
}

# kb MOMENT TERM
kb()
{
	awk -v moment="$1" -v term="$2" \
		'$1 == moment && $2 == term { kb = $3 } END { print kb + 0 }' "$ktap_tmp/$deflate"
}

# free_kb MOMENT
free_kb()
{
	echo $(($(kb "$1" free) + $(kb "$1" free_percpu_lists)))
}

# term MOMENT TERM KB BECAUSE
term()
{
	ktap_expect "$2 $1 the balloon" eq "$3" "$(kb "$1" "$2")" "$4"
}

near()
{
	ktap_expect "$2 $1 the balloon" le $(($3 + noise)) "$(kb "$1" "$2")" "$4"
	ktap_expect "$2 $1 the balloon" ge $(($3 - noise)) "$(kb "$1" "$2")" "$4"
}

no_ghost()
{
	for name in ghost census_ghost; do
		near with "$name" "$(kb before "$name")" "what a balloon has is no ghost"
		near after "$name" "$(kb before "$name")" "it was given back"
	done
	ktap_expect "free after the balloon" ge $(($(free_kb before) - noise_free)) \
		"$(free_kb after)" "it was given back"
	ktap_expect "what was free before" gt $((size * 1024)) "$(free_kb before)" \
		"else this was no test"
}

taken_out()
{
	deflate=off
	guest off || return 1
	term with balloon_taken $((size * 1024)) "the device takes it out of MemTotal"
	term with balloon 0 "so none is left in it"
	term with total $(($(kb before total) - size * 1024)) "that is MemTotal"
	term with changed_total -$((size * 1024)) "since the mark"
	term with changed_balloon_taken $((size * 1024)) "since the mark"
	term with census_offline $((size * 1024)) "each page is marked"
	term after balloon_taken 0 "it was given back"
	term after total "$(kb before total)" "it was given back"
}

left_in()
{
	deflate=on
	guest on || return 1
	term with balloon $((size * 1024)) "MemTotal still has it"
	term with balloon_taken 0 "nothing was taken out"
	term with total "$(kb before total)" "MemTotal still has it"
	term with changed_balloon $((size * 1024)) "since the mark"
	term with census_offline $((size * 1024)) "each page is marked"
	term after balloon 0 "it was given back"
}

unpack
[ -e "$ktap_tmp/balloon/virtio_balloon.ko" ] ||
	ktap_skip_all "the package of this kernel's image has no virtio_balloon"
ktap_plan 4
ktap_case "300 MB of a balloon have left MemTotal, and are a balloon's" taken_out
ktap_case "and are no ghost" no_ghost
ktap_case "those of one with deflate-on-oom are in MemTotal, and are a balloon's" left_in
ktap_case "and are no ghost either" no_ghost
ktap_end
