#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build a small debug kernel from Debian's kernel source package, in the cache.
#
# usage: build-kernel.sh [--cached] NAME
#
# NAME is that of a fragment in selftests/qemu/kernels, which goes on top of
# guest.config there. Prints the same lines as fetch-kernel.sh, which calls this:
# all that takes a stock kernel's version takes NAME. Four lines are added, of what the
# fragments' comments say: how many times as long as on the stock kernel a test may
# take (slow), what a guest of 1G has instead (memory), kernel options (options), and which
# image boots if not vmlinux (image).
#
# A kernel is built once for a version of the source, a config, a compiler and a
# recipe: the name of its directory is made of them. Others of that NAME are removed.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"
fragments=$here/../selftests/qemu/kernels
cc=gcc-12
# To be raised with each change of what is built or kept below.
recipe=1

cached=
if [ "${1:-}" = --cached ]; then
	cached=--cached
	shift
fi
name=${1:?usage: build-kernel.sh [--cached] NAME}
if [ "$name" = guest ] || [ ! -e "$fragments/$name.config" ]; then
	die "no kernel $name in selftests/qemu/kernels"
fi

mkdir -p "$cache/kernels"
exec 8>"$cache/.lock-build-$name"
flock 8

wanted()
{
	sed -n '/^CONFIG_/p' "$fragments/guest.config" "$fragments/$name.config"
}

# said KEY: KEY='VALUE', of the lines "# KEY: VALUE".
said()
{
	values=$(cat "$fragments/guest.config" "$fragments/$name.config" |
		sed -n "s/^# $1: *//p" | tr '\n' ' ')
	echo "$1='${values% }'"
}

# What was kept of it, for a shell.
show()
{
	cat "$dir/env"
	said slow
	said memory
	said options
	said image
}

env=$("$here/fetch-source.sh" $cached --deb)
eval "$env"
version=$(basename "${source_deb:?}" _all.deb)
version=${version#*_}
key=$({
	echo "$version"
	wanted
	$cc --version
	echo "$recipe"
} | sha256sum | cut -c 1-12)
dir=$cache/kernels/$name-$key
if [ -e "$dir/env" ]; then
	show
	exit
fi
[ -z "$cached" ] || die "kernel $name is not in $cache; run build-kernel.sh $name"

rm -rf "$cache/kernels/$name-"*
source=$dir/source
build=$dir/build
mkdir -p "$source" "$build"
say "unpacking the source of $version"
dpkg-deb --fsys-tarfile "$source_deb" |
	tar -xOf - --wildcards './usr/src/linux-source-*.tar.xz' |
	xz -dc -T 2 | tar -C "$source" --strip-components=1 -xf -

kmake()
{
	nice -n 10 make --no-print-directory -s -C "$source" O="$build" CC="$cc" HOSTCC="$cc" \
		KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=leakacct KBUILD_BUILD_HOST=leakacct \
		"$@" >>"$dir/log" 2>&1 || {
		tail -n 30 "$dir/log" >&2
		die "make $* failed; all of it: $dir/log"
	}
}

# Kconfig drops without a word what has a dependency that is off.
check_config()
{
	wanted | grep -v '=n$' | grep -Fxv -f "$build/.config" >"$dir/dropped" || :
	[ ! -s "$dir/dropped" ] || die "this kernel cannot have $(tr '\n' ' ' <"$dir/dropped")"
}

say "building the $name kernel (once, 5 to 10 minutes on two cores)"
kmake tinyconfig
wanted >>"$build/.config"
kmake olddefconfig
check_config
kmake -j"$(nproc)" vmlinux bzImage modules

# What a module is built against stays: 2.5 GB become a tenth of that.
release=$(cat "$build/include/config/kernel.release")
mv "$build/vmlinux" "$build/arch/x86/boot/bzImage" "$dir/"
ln -s "$dir/vmlinux" "$build/vmlinux"
find "$build" -path "$build/scripts" -prune -o -path "$build/tools/objtool/objtool" -prune -o \
	-type f \( -name '*.o' -o -name '*.a' -o -name '*.cmd' -o -name 'vmlinux.*' -o \
	-name '.tmp_*' \) -exec rm {} +
for part in "$source"/*; do
	case ${part##*/} in
	include | scripts | arch | tools | Makefile | Kbuild | COPYING) ;;
	*)	rm -rf "$part" ;;
	esac
done
find "$source/arch" -mindepth 1 -maxdepth 1 ! -name x86 -exec rm -rf {} +
find "$source/tools" -mindepth 1 -maxdepth 1 ! -name objtool ! -name build ! -name scripts \
	! -name include ! -name lib ! -name arch -exec rm -rf {} +

{
	echo "version='$name'"
	echo "release='$release'"
	echo "vmlinuz='$dir/bzImage'"
	echo "vmlinux='$dir/vmlinux'"
	echo "config='$build/.config'"
	echo "headers='$build'"
	echo "common='$source'"
	echo "image_deb=''"
	echo "make_args='CC=$cc'"
} >"$dir/env.new"
mv "$dir/env.new" "$dir/env"
show
