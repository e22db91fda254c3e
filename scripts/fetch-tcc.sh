#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch a small C compiler, tcc, and what it compiles and links against, see fetch_program.
#
# usage: fetch-tcc.sh
#
# Prints the directory: tcc, ld.so, lib/, and the file `version`; own/, where tcc finds what
# belongs to it; include/, the C library's headers; and start/, what each program is linked with.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"
# shellcheck source=fetch-program.sh
. "$here/fetch-program.sh"

# shellcheck disable=SC2154 # $dir is fetch_program's
fetch_more()
{
	cp -R "$(dirname "$(first libtcc1.a)")" "$dir.new/own"
	cp -R "$dir.new/root/usr/include" "$dir.new/include"
	mkdir "$dir.new/start"
	for file in crt1.o crti.o crtn.o libc_nonshared.a; do
		cp "$(first "$file")" "$dir.new/start/"
	done
}

fetch_program tcc tcc bookworm tcc libc6 libc6-dev linux-libc-dev
