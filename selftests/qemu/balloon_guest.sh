#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of balloon_test.sh: what `ghost` says before a balloon of 300 MB, with it,
# and after it. The host inflates and deflates when it reads a line "@ inflate" or
# "@ deflate"; how large the balloon is the kernel's own counters say.
#
# Prints "@ MOMENT TERM KB" lines, and on success "@ end".

la=/sys/kernel/debug/leakacct
page_kb=4
wanted=$((300 * 1024))

for driver in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_balloon; do
	# Not all are modules of their own on each kernel.
	[ ! -e "/balloon/$driver.ko" ] || insmod "/balloon/$driver.ko" || echo "@ failed insmod $driver"
done
insmod ./leakacct.ko look_s=3600 || echo "@ failed insmod leakacct"

inflated()
{
	awk -v kb=$page_kb '
		$1 == "balloon_inflate" { pages += $2 }
		$1 == "balloon_deflate" { pages -= $2 }
		END { print pages * kb }' /proc/vmstat
}

# until KB: it is that large, or a minute has gone.
until_it_has()
{
	for _ in $(seq 300); do
		[ "$(inflated)" -ne "$1" ] || return 0
		sleep 0.2
	done
	echo "@ failed the balloon has $(inflated) kB and not $1"
}

# show MOMENT
show()
{
	echo census >"$la/control"
	awk -v moment="$1" '/^[a-z]/ { print "@", moment, $1, $2 }' "$la/ghost"
}

show before
echo mark >"$la/control"
echo "@ inflate"
until_it_has $wanted
show with
echo "@ deflate"
until_it_has 0
show after
echo "@ end"
