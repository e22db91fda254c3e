#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch stress-ng, with the libraries that it runs with: those of its own release,
# which the guest has not.
#
# usage: fetch-stress-ng.sh
#
# Prints the directory: stress-ng, ld.so, lib/, and the file `version`.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"

suite=bookworm
# What it is linked with, and what that is linked with; the drivers that it could load for
# graphics are left out.
packages="stress-ng libapparmor1 libbsd0 libc6 libcrypt1 libdrm2 libegl1 libexpat1 libffi8 libgbm1
	libgles2 libglvnd0 libipsec-mb1 libjpeg62-turbo libjudydebian1 libkmod2 liblzma5 libmd0
	libsctp1 libssl3 libwayland-server0 libxxhash0 libzstd1 zlib1g"
dir=$cache/stress-ng
cache_lock

if [ -e "$dir/version" ]; then
	echo "$dir"
	exit
fi

# first PATTERN: the one file of that name.
first()
{
	find "$dir.new/root" -name "$1" | sort | head -n 1
}

# Libraries that files in $1 need, until none is wanting.
libraries_of()
{
	missing=$1
	while [ -n "$missing" ]; do
		files=$missing
		missing=
		# shellcheck disable=SC2086 # a list of files
		for library in $(objdump -p $files | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
			[ ! -e "$dir.new/lib/$library" ] || continue
			found=$(first "$library")
			[ -n "$found" ] || die "no package holds $library"
			cp -L "$found" "$dir.new/lib/$library"
			missing="$missing $dir.new/lib/$library"
		done
	done
}

say "downloading stress-ng of $suite"
apt_private_update "$suite" "$suite"
rm -rf "$dir" "$dir.new"
mkdir -p "$dir.new/lib"
# shellcheck disable=SC2086 # one word a package
download "$suite" "$dir.new/debs" $packages
for deb in "$dir.new"/debs/*.deb; do
	dpkg-deb -x "$deb" "$dir.new/root"
done
cp "$(find "$dir.new/root/usr/bin" -name stress-ng)" "$dir.new/stress-ng" ||
	die "the package holds no stress-ng"
libraries_of "$dir.new/stress-ng"
cp -L "$(first ld-linux-x86-64.so.2)" "$dir.new/ld.so"
"$dir.new/ld.so" --library-path "$dir.new/lib" "$dir.new/stress-ng" --version >&2 ||
	die "stress-ng does not start"
dpkg-deb -f "$dir.new"/debs/stress-ng_*.deb Version >"$dir.new/version"
rm -rf "$dir.new/debs" "$dir.new/root"
mv "$dir.new" "$dir"
echo "$dir"
