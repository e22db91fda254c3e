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
#	suites=
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
#   version  suites (joined by +)          package                    make arguments
# A package that begins with ^ is a pattern: the highest version that fits is taken,
# as a build can be in the archive before a meta package names it. The arguments
# let this machine's compiler build what another one's configuration asks for.
kernels()
{
	cat <<-'TABLE'
	6.1      bookworm+bookworm-security    linux-image-amd64          -
	6.1-rt   bookworm+bookworm-security    linux-image-rt-amd64       -
	6.12     bookworm+bookworm-security    linux-image-6.12-amd64     -
	5.10     bullseye+bullseye-security    linux-image-amd64          CC=gcc-12
	7.x      trixie+trixie-backports       ^linux-binary(-unsigned)?-7[.][0-9.]+[+]deb[0-9]+-amd64$  CC=gcc-12 CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= CONFIG_PAHOLE_VERSION=0
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
if [ -e "$here/../selftests/qemu/kernels/$version.config" ]; then
	exec "$here/build-kernel.sh" ${cached:+--cached} "$version"
fi
row=$(kernels | awk -v v="$version" '$1 == v')
[ -n "$row" ] || usage
read -r _ suites meta make_args <<X
$row
X
[ "$make_args" != - ] || make_args=

dir=$cache/kernels/$version
cache_lock

show()
{
	cat "$dir/env"
	echo "suites='$suites'"
}

if [ -z "$refresh" ] && [ -e "$dir/env" ]; then
	show
	exit
fi
[ -z "$cached" ] || die "kernel $version is not in $cache; run fetch-kernel.sh $version"

say "looking for the newest stock $version kernel"
# shellcheck disable=SC2046 # one word a suite
apt_private_update "$suites" $(echo "$suites" | tr + ' ')

# newest PATTERN: of the packages whose name fits, the one of the highest version.
newest()
{
	apt_private "$suites" apt-cache pkgnames | grep -E -- "$1" | sort -V | tail -n 1
}

case $meta in
^*)
	# Packaging of 7.x: the image, its configuration and its modules are apart.
	image=$(newest "$meta")
	[ -n "$image" ] || die "no package fits $meta"
	release=$(echo "$image" | sed 's/^linux-binary-\(unsigned-\)\{0,1\}//')
	extra=linux-base-$release
	;;
*)
	image=$(depends "$suites" "$meta" | grep '^linux-image-' | head -n 1)
	[ -n "$image" ] || die "$meta names no kernel image"
	release=${image#linux-image-}
	extra=
	;;
esac
headers=linux-headers-$release
parts=$(depends "$suites" "$headers" | grep -E '^linux-(headers|kbuild)-')
common=$(echo "$parts" | grep '^linux-headers-' | head -n 1)
[ -n "$common" ] || die "$headers names no common headers"

say "downloading $image and headers (once, 30 to 125 MB)"
rm -rf "$dir.new"
# shellcheck disable=SC2086 # one word a package
download "$suites" "$dir.new/debs" "$image" $extra "$headers" $parts

say "unpacking"
mkdir -p "$dir.new/root/boot"
for deb in "$dir.new"/debs/linux-headers-*.deb "$dir.new"/debs/linux-kbuild-*.deb; do
	dpkg-deb -x "$deb" "$dir.new/root"
	rm "$deb"
done
image_deb=$(echo "$dir.new/debs/$image"_*.deb)
if [ -z "$extra" ]; then
	dpkg-deb --fsys-tarfile "$image_deb" | tar -C "$dir.new/root" -xf - --wildcards './boot/*'
else
	mkdir "$dir.new/image"
	dpkg-deb -x "$image_deb" "$dir.new/image"
	dpkg-deb -x "$(echo "$dir.new/debs/$extra"_*.deb)" "$dir.new/image"
	cp "$(find "$dir.new/image" -name 'vmlinuz*' | head -n 1)" "$dir.new/root/boot/vmlinuz-$release"
	cp "$(find "$dir.new/image" -name 'config*' | head -n 1)" "$dir.new/root/boot/config-$release"
	rm -rf "$dir.new/image"
fi

# Programs of kbuild that were built for a newer C library than this machine has
# are run through that library's loader, from where all of it was unpacked to.
runs_here()
{
	! "$1" --help 2>&1 </dev/null | grep -q 'GLIBC_[0-9.]*. not found'
}

wrap_programs()
{
	wrapped=
	find "$dir.new/root/usr/lib" -type f -perm -u+x >"$dir.new/programs"
	while read -r program; do
		case $(head -c 4 "$program" | tr -d '\0') in
		?ELF)	runs_here "$program" || wrapped="$wrapped $program" ;;
		esac
	done <"$dir.new/programs"
	rm "$dir.new/programs"
	[ -n "$wrapped" ] || return 0
	suite=${suites%%+*}
	say "downloading the C library of $suite, for programs that build modules"
	download "$suites" "$dir.new/debs" libc6 libelf1t64 zlib1g libzstd1
	for deb in libc6 libelf1t64 zlib1g libzstd1; do
		dpkg-deb -x "$(echo "$dir.new/debs/$deb"_*.deb)" "$dir.new/libraries"
		rm "$(echo "$dir.new/debs/$deb"_*.deb)"
	done
	libraries=$dir/libraries/usr/lib/x86_64-linux-gnu
	for program in $wrapped; do
		mv "$program" "$program.program"
		cat >"$program" <<-X
		#!/bin/sh
		exec '$libraries/ld-linux-x86-64.so.2' --library-path '$libraries' '$(final "$program.program")' "\$@"
		X
		chmod 755 "$program"
	done
}

# unpack_kernel VMLINUZ OUTPUT: the stream within a bzImage, if it holds an ELF.
unpack_kernel()
{
	unpack_stream "$1" "$2" '\xfd7zXZ\x00' xz -dc --single-stream ||
		unpack_stream "$1" "$2" '\x28\xb5\x2f\xfd' zstd -dc
}

unpack_stream()
{
	offset=$(LC_ALL=C grep -aobP "$3" "$1" | head -n 1 | cut -d : -f 1)
	[ -n "$offset" ] || return 1
	input=$1
	output=$2
	shift 3
	command -v "$1" >/dev/null || return 1
	# What follows the stream in the file is not its decoder's business.
	tail -c +$((offset + 1)) "$input" | "$@" >"$output" 2>/dev/null || :
	[ "$(head -c 4 "$output" | tail -c 3)" = ELF ] && [ "$(wc -c <"$output")" -gt 16777216 ]
}

final()
{
	echo "$dir/${1#"$dir.new"/}"
}

wrap_programs
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
	echo "image_deb='$(final "$image_deb")'"
	echo "make_args='$make_args'"
} >"$dir.new/env"

for part in "boot/vmlinuz-$release" "usr/src/$headers/Module.symvers" "usr/src/$common/Makefile"; do
	[ -e "$dir.new/root/$part" ] || die "the packages hold no $part"
done

rm -rf "$dir"
mv "$dir.new" "$dir"
show
