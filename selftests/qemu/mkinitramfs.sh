#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make the initramfs of a guest: busybox, init.sh and an installed kselftest tree.
#
# usage: mkinitramfs.sh OUTPUT KSELFTEST-TREE MODE [FILE[=PATH]...]
#
#   MODE       what init.sh does: tests, script or shell
#   FILE=PATH  a further file and its place in the guest (default: /NAME)
#
# Needs no root: the kernel's own built-in initramfs holds /dev/console.

set -eu
here=$(dirname "$(readlink -f "$0")")
[ $# -ge 3 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
output=$1
tree=$2
mode=$3
shift 3

busybox=$(command -v busybox) || { echo "mkinitramfs.sh: no busybox" >&2; exit 1; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/etc" "$root/root"
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$here/init.sh" "$root/init"
chmod 755 "$root/init"
echo "$mode" >"$root/etc/guest-mode"
echo "root:x:0:0:root:/root:/bin/sh" >"$root/etc/passwd"
echo "nobody:x:65534:65534:nobody:/:/bin/sh" >>"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
echo "127.0.0.1 localhost" >"$root/etc/hosts"

cp -R "$tree" "$root/selftests"
# Debug information is most of a module, and no kernel reads it.
find "$root/selftests" -name '*.ko' -exec strip --strip-debug {} +
[ ! -e "$root/selftests/leakacct/leakacct" ] ||
	ln -s /selftests/leakacct/leakacct "$root/bin/leakacct"

for file in "$@"; do
	case $file in
	*=*)	path=${file#*=}; file=${file%%=*} ;;
	*)	path=${file##*/} ;;
	esac
	mkdir -p "$root/$(dirname "$path")"
	cp -R "$file" "$root/$path"
done

# Not compressed: reading it in costs the emulator less than unpacking.
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$output"
