#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Show leakacct at work: build it, boot a stock kernel under emulation and run
# demo/guest.sh there.
#
# usage: demo.sh [VERSION]
#
# Needs root only while packages have to be installed.

set -eu
top=$(dirname "$(dirname "$(readlink -f "$0")")")
version=${1:-6.1}
begin=$(date +%s)

step()
{
	printf '[%3d s] %s\n' $(($(date +%s) - begin)) "$*"
}

step "tools that are needed"
"$top/scripts/deps.sh" demo
step "a stock $version kernel and its headers"
"$top/scripts/fetch-kernel.sh" "$version" >/dev/null
step "building the module, the reader and a leaking driver"
tree=$("$top/scripts/build-guest.sh" --demo "$version")
step "booting the kernel in QEMU; what follows is the guest"
status=0
"$top/selftests/qemu/run.sh" --kernel "$version" --tree "$tree" \
	--out "$tree/../demo-guest" --timeout 300 --script "$top/demo/guest.sh" || status=$?
step "the guest has ended"
exit "$status"
