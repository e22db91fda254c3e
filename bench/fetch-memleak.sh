#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch memleak of libbpf-tools, with the libraries that it runs with: those of its
# own release, which the guest need not have.
#
# usage: fetch-memleak.sh [--refresh]
#
# Prints the directory: memleak, ld.so, lib/, and the file `version`. Fails when no
# archive that is within reach has the package.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../scripts/apt-private.sh
. "$here/../scripts/apt-private.sh"

suite=trixie
packages="libbpf-tools libbpf1 libelf1t64 zlib1g libzstd1 libc6"
dir=$cache/memleak
cache_lock

if [ "${1:-}" != --refresh ] && [ -e "$dir/version" ]; then
	echo "$dir"
	exit
fi

say "downloading libbpf-tools of $suite"
apt_private_update "$suite" "$suite"
rm -rf "$dir" "$dir.new"
mkdir -p "$dir.new/lib"
# shellcheck disable=SC2086 # one word a package
download "$suite" "$dir.new/debs" $packages
for deb in "$dir.new"/debs/*.deb; do
	dpkg-deb -x "$deb" "$dir.new/root"
done

# first PATTERN: the one file of that name.
first()
{
	find "$dir.new/root" -name "$1" | sort | head -n 1
}

cp "$(first 'memleak*')" "$dir.new/memleak" || die "the package holds no memleak"
cp -L "$(first ld-linux-x86-64.so.2)" "$dir.new/ld.so"
for library in libbpf.so.1 libelf.so.1 libz.so.1 libzstd.so.1 libc.so.6; do
	cp -L "$(first "$library")" "$dir.new/lib/$library"
done
dpkg-deb -f "$dir.new"/debs/libbpf-tools_*.deb Version >"$dir.new/version"
rm -rf "$dir.new/debs" "$dir.new/root"
mv "$dir.new" "$dir"
echo "$dir"
