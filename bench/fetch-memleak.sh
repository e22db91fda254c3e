#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch memleak of libbpf-tools, see fetch_program.
#
# usage: fetch-memleak.sh
#
# Prints the directory: memleak, ld.so, lib/, and the file `version`. Fails when no
# archive that is within reach has the package.

set -eu
scripts=$(dirname "$(readlink -f "$0")")/../scripts
# shellcheck source=../scripts/apt-private.sh
. "$scripts/apt-private.sh"
# shellcheck source=../scripts/fetch-program.sh
. "$scripts/fetch-program.sh"

fetch_program memleak 'memleak*' trixie libbpf-tools libelf1t64 zlib1g libzstd1 libc6
