#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The emulator for guests with several CPUs.
#
# usage: fetch-qemu.sh
#
# Prints the command. That is the machine's own from QEMU 8.1 on: an older one can run a stale
# translation of code that another CPU has just patched, as each load of a probe does, and the
# guest then takes a breakpoint that is no longer there, for good. For older ones it is that of
# the release's backports, kept in the cache; it runs with the libraries of the machine's own
# QEMU. Without it, it is the machine's own all the same, and a guest can hang.

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"

own=qemu-system-x86_64
enough=8.1
dir=$cache/qemu

# version COMMAND: as in `10.0.2`
version()
{
	"$1" --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'
}

new_enough()
{
	dpkg --compare-versions "$(version "$1")" ge "$enough"
}

# backports: what is needed of it, into $dir.new
backports()
{
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")-backports
	say "downloading QEMU of $suite"
	apt_private_update "$suite" "$suite"
	download "$suite" "$dir.new/debs" qemu-system-x86 qemu-system-data seabios
	for deb in "$dir.new"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dir.new" || die "cannot unpack $deb"
	done
	rm -rf "$dir.new/debs" "$dir.new/usr/share/doc"
	cat >"$dir.new/$own" <<-X
	#!/bin/sh
	exec "$dir/usr/bin/$own" -L "$dir/usr/share/qemu" -L "$dir/usr/share/seabios" "\$@"
	X
	chmod +x "$dir.new/$own"
	new_enough "$dir.new/usr/bin/$own" || die "QEMU of $suite is too old or does not start"
}

if new_enough "$own"; then
	echo "$own"
	exit
fi
cache_lock
# An archive that has it not is asked again the next day.
if [ ! -e "$dir/$own" ] && [ -z "$(find "$cache" -maxdepth 1 -name no-qemu -mtime -1)" ]; then
	rm -rf "$dir" "$dir.new"
	if (backports); then
		mv "$dir.new" "$dir"
	else
		rm -rf "$dir.new"
		: >"$cache/no-qemu"
	fi
fi
if [ -e "$dir/$own" ]; then
	echo "$dir/$own"
else
	say "guests run in QEMU $(version "$own"), in which they can hang"
	echo "$own"
fi
