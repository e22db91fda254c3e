#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch stress-ng, see fetch_program.
#
# usage: fetch-stress-ng.sh
#
# Prints the directory: stress-ng, ld.so, lib/, and the file `version`.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"
# shellcheck source=fetch-program.sh
. "$here/fetch-program.sh"

# What it is linked with, and what that is linked with; the drivers that it could load for
# graphics are left out.
fetch_program stress-ng stress-ng bookworm \
	stress-ng libapparmor1 libbsd0 libc6 libcrypt1 libdrm2 libegl1 libexpat1 libffi8 libgbm1 \
	libgles2 libglvnd0 libipsec-mb1 libjpeg62-turbo libjudydebian1 libkmod2 liblzma5 libmd0 \
	libsctp1 libssl3 libwayland-server0 libxxhash0 libzstd1 zlib1g
