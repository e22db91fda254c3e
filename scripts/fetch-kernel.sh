#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch a stock Debian kernel and its headers, without installing them.
#
# usage: fetch-kernel.sh [--refresh] [--cached] VERSION
#
# Downloads the newest stock kernel of that version through apt, unpacks it in
# the cache directory and prints where its parts are, as lines a shell can
# source:
#	version=  release=  vmlinuz=  vmlinux=  config=  headers=  common=  image_deb=  make_args=
# Once fetched, later calls only print; --refresh asks the archive for a newer
# build, --cached fails rather than use the network.
#
# vmlinux is what vmlinuz holds packed: an emulator that boots it (PVH) need not
# emulate the unpacking, which is most of a boot. It is empty if that failed.
#
# A module is built against the unpacked headers by
#	make -C "$common" O="$headers" M=DIR $make_args modules
# (the common tree with O= the tree of the architecture: the Makefile of the
# latter has an absolute path in it and is not used).

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"

# The supported kernels:
#   version  suites (joined by +)          meta package       make arguments
kernels()
{
	cat <<-'TABLE'
	6.1      bookworm+bookworm-security    linux-image-amd64  -
	TABLE
}

usage()
{
	echo "usage: fetch-kernel.sh [--refresh] [--cached] VERSION" >&2
	echo "versions: $(kernels | awk '{ printf "%s ", $1 }')" >&2
	exit 2
}

refresh=
cached=
while [ $# -gt 0 ]; do
	case $1 in
	--refresh)	refresh=1 ;;
	--cached)	cached=1 ;;
	-*)		usage ;;
	*)		break ;;
	esac
	shift
done
[ $# -eq 1 ] || usage

version=$1
row=$(kernels | awk -v v="$version" '$1 == v')
[ -n "$row" ] || usage
read -r _ suites meta make_args <<X
$row
X
[ "$make_args" != - ] || make_args=

dir=$cache/kernels/$version
cache_lock

if [ -z "$refresh" ] && [ -e "$dir/env" ]; then
	cat "$dir/env"
	exit
fi
[ -z "$cached" ] || die "kernel $version is not in $cache; run fetch-kernel.sh $version"

say "looking for the newest stock $version kernel"
# shellcheck disable=SC2046 # one word a suite
apt_private_update "$suites" $(echo "$suites" | tr + ' ')

image=$(depends "$suites" "$meta" | grep '^linux-image-' | head -n 1)
[ -n "$image" ] || die "$meta names no kernel image"
release=${image#linux-image-}
headers=linux-headers-$release
parts=$(depends "$suites" "$headers" | grep -E '^linux-(headers|kbuild)-')
common=$(echo "$parts" | grep '^linux-headers-' | head -n 1)
[ -n "$common" ] || die "$headers names no common headers"

say "downloading $image and headers (once, about 85 MB)"
rm -rf "$dir.new"
# shellcheck disable=SC2086 # one word a package
download "$suites" "$dir.new/debs" "$image" "$headers" $parts

say "unpacking"
mkdir "$dir.new/root"
for deb in "$dir.new"/debs/linux-headers-*.deb "$dir.new"/debs/linux-kbuild-*.deb; do
	dpkg-deb -x "$deb" "$dir.new/root"
	rm "$deb"
done
dpkg-deb --fsys-tarfile "$dir.new"/debs/linux-image-*.deb |
	tar -C "$dir.new/root" -xf - --wildcards './boot/*'

# unpack_kernel VMLINUZ OUTPUT: the xz stream within a bzImage, if it holds an ELF.
unpack_kernel()
{
	offset=$(LC_ALL=C grep -aobP '\xfd7zXZ\x00' "$1" | head -n 1 | cut -d : -f 1)
	[ -n "$offset" ] || return 1
	tail -c +$((offset + 1)) "$1" | xz -dc --single-stream >"$2" 2>/dev/null || :
	[ "$(head -c 4 "$2" | tail -c 3)" = ELF ] && [ "$(wc -c <"$2")" -gt 16777216 ]
}

final()
{
	echo "$dir/${1#"$dir.new"/}"
}

vmlinux=$dir.new/root/boot/vmlinux-$release
if unpack_kernel "$dir.new/root/boot/vmlinuz-$release" "$vmlinux"; then
	vmlinux=$(final "$vmlinux")
else
	rm -f "$vmlinux"
	vmlinux=
fi

{
	echo "version='$version'"
	echo "release='$release'"
	echo "vmlinuz='$(final "$dir.new/root/boot/vmlinuz-$release")'"
	echo "vmlinux='$vmlinux'"
	echo "config='$(final "$dir.new/root/boot/config-$release")'"
	echo "headers='$(final "$dir.new/root/usr/src/$headers")'"
	echo "common='$(final "$dir.new/root/usr/src/$common")'"
	echo "image_deb='$(final "$(echo "$dir.new"/debs/linux-image-*.deb)")'"
	echo "make_args='$make_args'"
} >"$dir.new/env"

for part in "boot/vmlinuz-$release" "usr/src/$headers/Module.symvers" "usr/src/$common/Makefile"; do
	[ -e "$dir.new/root/$part" ] || die "the packages hold no $part"
done

rm -rf "$dir"
mv "$dir.new" "$dir"
cat "$dir/env"
