#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What drivers of the stock kernel do with memory, and `ghost` says of it. A real balloon:
# QEMU's virtio device takes 300 MB of a guest and gives them back. As a rule they leave
# MemTotal with that; with deflate-on-oom they stay in it. Either way `ghost` shows them as a
# balloon's, and not as ghost. 512 MB that are plugged in are MemTotal's; their struct pages are
# a term or have a name. 32 MB that can't be compressed are zram's: a term, with the device's
# name and its allocator's. Page tables of a virtual machine are a term, and their taker's name
# stands with them.
#
# Red when: what is inflated is taken for part of MemTotal always (module/ghost/balloon.c);
# nobody says what pages of vmemmap_alloc_block() are for; the walk leaves out what was not
# there at the load; the term of zsmalloc is left out; pages that have a term are taken off the
# ghost as held; KVM is named as who holds the ghost.
#
# usage: drivers_test.sh [VERSION [TREE]]	(an installed kselftest tree, or it is built)

cd "$(dirname "$(readlink -f "$0")")" || exit 1
. ../_ktap.sh

version=${1:-6.1}
tree=${2:-}
scripts=../../scripts
memory=1024	# MB, as `boots` has it
size=300	# MB
plugged=512	# MB
page_struct=64	# bytes
# What the guest's own processes and caches may do to the ghost meanwhile.
noise=1024	# kB
noise_free=8192	# kB, as caches grow

# The drivers are modules of the stock kernel.
unpack()
{
	eval "$("$scripts/fetch-kernel.sh" "$version")"
	mkdir -p "$ktap_tmp/root" "$ktap_tmp/drivers"
	dpkg-deb --fsys-tarfile "${image_deb:?}" |
		tar -x -C "$ktap_tmp/root" --wildcards '*/drivers/virtio/virtio*' '*/mm/*' \
			'*/zram/*' '*/lib/lz4/*' '*/arch/x86/kvm/*' '*/virt/lib/*' '*/crypto/ccp/*' \
			'*/hw_random/*'
	find "$ktap_tmp/root" -name '*.ko.xz' -exec xz -d {} +
	find "$ktap_tmp/root" -name '*.ko' -exec mv -t "$ktap_tmp/drivers" {} +
}

# drivers: options of run.sh for them
drivers()
{
	set --
	for name in virtio virtio_ring virtio_pci virtio_pci_modern_dev virtio_pci_legacy_dev \
		virtio_balloon zsmalloc lz4_compress lz4hc_compress zram \
		irqbypass rng-core ccp kvm kvm-amd; do
		[ ! -e "$ktap_tmp/drivers/$name.ko" ] ||
			set -- "$@" --add "$ktap_tmp/drivers/$name.ko=drivers/$name.ko"
	done
	echo "$@"
}

# balloon MB: how much the guest is to have left of its memory.
balloon()
{
	qmp balloon "\"value\": $(($1 * 1024 * 1024))"
}

qmp()
{
	printf '{ "execute": "%s", "arguments": { %s } }\n' "$1" "$2" >&8
}

plug()
{
	qmp object-add "\"qom-type\": \"memory-backend-ram\", \"id\": \"more\", \"size\": $((
		plugged << 20))"
	qmp device_add '"driver": "pc-dimm", "id": "dimm", "memdev": "more"'
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
		plug)		plug ;;
		unplug)		qmp device_del '"id": "dimm"' ;;
		esac
	done
}

# guest DEFLATE_ON_OOM [BYTES]: so much is plugged in and out after the balloon. Its lines are
# in $ktap_tmp/DEFLATE_ON_OOM then.
guest()
{
	mkfifo "$ktap_tmp/qmp.in" "$ktap_tmp/qmp.out"
	exec 8<>"$ktap_tmp/qmp.in" 9<>"$ktap_tmp/qmp.out"
	echo '{ "execute": "qmp_capabilities" }' >&8
	# shellcheck disable=SC2046 # a list of words
	LEAKACCT_APPEND=PLUG=${2:-0} LEAKACCT_MEM=${memory}M,slots=2,maxmem=4G \
	LEAKACCT_QEMU="-device virtio-balloon-pci,deflate-on-oom=$1 -qmp pipe:$ktap_tmp/qmp" \
		./run.sh --kernel "$version" --out "$ktap_tmp/out" ${tree:+--tree "$tree"} $(drivers) \
		--timeout 300 --script drivers_guest.sh 2>"$ktap_tmp/error" | conduct "$1"
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

# figures MOMENT REGEX: for people
figures()
{
	ktap_diag "$(grep -E "^$1 ($2) " "$ktap_tmp/$deflate" | tr '\n' ' ')"
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
	guest off $((plugged * 1024 * 1024)) || return 1
	term with balloon_taken $((size * 1024)) "the device takes it out of MemTotal"
	term with balloon 0 "so none is left in it"
	term with total $(($(kb before total) - size * 1024)) "that is MemTotal"
	term with changed_total -$((size * 1024)) "since the mark"
	term with changed_balloon_taken $((size * 1024)) "since the mark"
	term with census_offline $((size * 1024)) "each page is marked"
	term after balloon_taken 0 "it was given back"
	term after total "$(kb before total)" "it was given back"
}

# struct pages, in kB
memmap_kb()
{
	echo $((plugged * page_struct / 4))
}

# Where there is no counter for struct pages they are ghost, and of their allocator.
plugged_in()
{
	deflate=off
	figures unplugged 'ghost|census_ghost|memmap'
	figures plugged 'ghost|census_ghost|changed_[a-z_]*|held_memmap'
	uncounted=$(memmap_kb)
	! grep -q '^plugged memmap [1-9]' "$ktap_tmp/off" || uncounted=0
	term plugged total $(($(kb unplugged total) + plugged * 1024)) "it was made online"
	term plugged changed_total $((plugged * 1024)) "since the mark"
	term plugged changed_balloon_taken 0 "no balloon had it"
	term plugged census_total "$(kb plugged total)" "each frame is walked"
	if [ "$uncounted" -eq 0 ]; then
		term plugged changed_memmap "$(memmap_kb)" "their struct pages are counted here"
		term plugged has_term "$(kb plugged memmap)" "the census says so"
	fi
	near plugged ghost $(($(kb unplugged ghost) + uncounted)) "it is free memory"
	near plugged census_ghost $(($(kb unplugged census_ghost) + $(memmap_kb))) \
		"struct pages have no mark"
	for name in ghost census_ghost; do
		near gone "$name" "$(kb unplugged "$name")" "it was pulled out again"
	done
	term gone total "$(kb unplugged total)" "it was pulled out again"
	term gone changed_total 0 "it was pulled out again"
	ktap_expect "pages for struct pages" like "^memmap $(memmap_kb)$" \
		"$(sed -n 's/^plugged \(memmap [1-9]\)/\1/p; s/^plugged held_memmap/memmap/p' "$ktap_tmp/off")" \
		"they have a name"
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

# Where zram is.
zram_has_a_term()
{
	deflate=on
	[ -e "$ktap_tmp/drivers/zram.ko" ] || ktap_skip "the package has no zram" || return
	figures zram 'mm_stat|changed_[a-z_]*|census_movable|held_zsmalloc|held_before_load|asked_zram'
	used=$(kb zram mm_stat)
	ktap_expect "what the device says that it takes" ge 32768 "$used" "it can't be compressed"
	term zram changed_zsmalloc "$used" "each page of it is counted"
	term zram census_movable "$used" "each has a mark"
	term zram asked_zram "$used" "the reader asks the device"
	ktap_expect "held_pages of zsmalloc" ge $((used * 9 / 10)) "$(kb zram held_zsmalloc)" \
		"who took them is known, but of those that were moved"
	near zram held_before_load "$(kb after held_before_load)" "they are no ghost that somebody holds"
	for name in ghost census_ghost; do
		near zram "$name" "$(kb after "$name")" "it has a term"
	done
	term reset zsmalloc 0 "it was given back"
}

# 1,023 tables of 4 kB map what it wrote to.
machine_has_a_term()
{
	deflate=on
	grep -q '^machine ' "$ktap_tmp/on" || ktap_skip "the package has no KVM" || return
	figures machine 'changed_[a-z_]*|held_sec_page_tables|held_before_load'
	tables=$(kb machine changed_sec_page_tables)
	ktap_expect "kB of its page tables" ge 4092 "$tables" "one for each 2 MB"
	ktap_expect "kB of its page tables" le $((4092 + noise)) "$tables" "and few others"
	ktap_expect "held_pages of KVM" ge 4092 "$(kb machine held_sec_page_tables)" "it took them"
	term machine accused 0 "they are no ghost"
	near machine held_before_load "$(kb reset held_before_load)" "they are no ghost that somebody holds"
	near machine ghost "$(kb reset ghost)" "they have a term"
	near machine census_ghost $(($(kb reset census_ghost) + tables)) "they have no mark"
	term halted changed_sec_page_tables 0 "it is gone"
}

unpack
[ -e "$ktap_tmp/drivers/virtio_balloon.ko" ] ||
	ktap_skip_all "the package of this kernel's image has no virtio_balloon"
ktap_plan 7
ktap_case "300 MB of a balloon have left MemTotal, and are a balloon's" taken_out
ktap_case "and are no ghost" no_ghost
ktap_case "512 MB that are plugged in are MemTotal's" plugged_in
ktap_case "those of one with deflate-on-oom are in MemTotal, and are a balloon's" left_in
ktap_case "and are no ghost either" no_ghost
ktap_case "what zram takes is a term, and named" zram_has_a_term
ktap_case "page tables of a virtual machine are a term, and named" machine_has_a_term
ktap_end
