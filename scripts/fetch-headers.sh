#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Archives of a kernel's headers, out of the package that fetch-kernel.sh has unpacked.
#
# usage: fetch-headers.sh VERSION
#
# Prints the directory: some.tar, 26 MB of include/linux and include/uapi; all.tar.gz, all of
# include/; and the file `version`.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"

env=$("$here/fetch-kernel.sh" "${1:?usage: fetch-headers.sh VERSION}")
eval "$env"
dir=$cache/headers/${release:?}
cache_lock
if [ ! -e "$dir/version" ]; then
	say "packing the headers of $release"
	rm -rf "$dir" "$dir.new"
	mkdir -p "$dir.new"
	tar -C "${common:?}" --owner=0 --group=0 -cf "$dir.new/some.tar" include/linux include/uapi
	tar -C "$common" --owner=0 --group=0 -czf "$dir.new/all.tar.gz" include
	echo "$release" >"$dir.new/version"
	mv "$dir.new" "$dir"
fi
echo "$dir"
