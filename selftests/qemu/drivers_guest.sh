#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of drivers_test.sh: what `ghost` says before a balloon of 300 MB, with it,
# and after it. The host inflates and deflates when it reads a line "@ inflate" or
# "@ deflate"; how large the balloon is the kernel's own counters say. Then, if it is to be,
# the same of PLUG bytes that are plugged in and out; else of zram with 32 MB, and of a virtual
# machine.
#
# Prints "@ MOMENT TERM KB" lines, and on success "@ end".

la=/sys/kernel/debug/leakacct
page_kb=4
wanted=$((300 * 1024))

# Not all are modules of their own on each kernel.
load()
{
	for driver in "$@"; do
		[ ! -e "/drivers/$driver.ko" ] || insmod "/drivers/$driver.ko" ||
			echo "@ failed insmod $driver"
	done
}

load virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_balloon
insmod ./leakacct.ko look_s=3600 || echo "@ failed insmod leakacct"

inflated()
{
	awk -v kb=$page_kb '
		$1 == "balloon_inflate" { pages += $2 }
		$1 == "balloon_deflate" { pages -= $2 }
		END { print pages * kb }' /proc/vmstat
}

# until_is WHAT N: that function prints it, or a minute has gone.
until_is()
{
	for _ in $(seq 300); do
		[ "$("$1")" -ne "$2" ] || return 0
		sleep 0.2
	done
	echo "@ failed $1: $("$1") and not $2"
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
until_is inflated $wanted
show with
echo "@ deflate"
until_is inflated 0
show after

memory=/sys/devices/system/memory
block=$((0x$(cat "$memory/block_size_bytes")))

blocks()
{
	find "$memory" -maxdepth 1 -name 'memory[0-9]*' | wc -l
}

plug_in_and_out()
{
	before=$(blocks)
	# In the zone of what can move they can be pulled out again.
	echo offline >"$memory/auto_online_blocks"
	show unplugged
	echo mark >"$la/control"
	echo "@ plug"
	until_is blocks $((before + PLUG / block))
	for state in "$memory"/memory*/state; do
		[ "$(cat "$state")" = online ] || echo online_movable >"$state"
	done
	show plugged
	awk '$1 == "held_pages" && /\(memmap\)$/ { kb += $2 }
		/^# census_ghost: .* other terms / { terms = $3 }
		END {
			print "@ plugged held_memmap", kb + 0
			print "@ plugged has_term", terms + 0
		}' "$la/ghost"
	echo "@ unplug"
	until_is blocks "$before"
	show gone
}

zram()
{
	load zsmalloc lz4_compress lz4hc_compress zram
	echo mark >"$la/control"
	echo 64M >/sys/block/zram0/disksize
	dd if=/dev/urandom of=/dev/zram0 bs=64k count=512 conv=fsync 2>/dev/null
	echo 1 >/proc/sys/vm/drop_caches
	show zram
	awk '{ print "@ zram mm_stat", $3 / 1024 }' /sys/block/zram0/mm_stat
	awk '$1 == "held_pages" && /\(zsmalloc\)$/ { kb += $2 }
		END { print "@ zram held_zsmalloc", kb + 0 }' "$la/ghost"
	leakacct ghost --bytes | sed -n 's/^ *asked_zram *\([0-9]*\) kB .*zram0:.*/@ zram asked_zram \1/p'
	echo 1 >/sys/block/zram0/reset
	show reset
}

is_ready()
{
	grep -c ready /tmp/machine
}

# Of 2 GB, with a page table for each 2 MB.
machine()
{
	load irqbypass rng-core ccp kvm kvm-amd
	[ -e /dev/kvm ] || return
	echo mark >"$la/control"
	./_run_machine 2048 >/tmp/machine 2>&1 &
	until_is is_ready 1
	show machine
	awk '$1 == "held_pages" && /\(sec_page_tables\)$/ { kb += $2 }
		/^# ghost: .* taken since the load by .*sec_page_tables/ { accused++ }
		END {
			print "@ machine held_sec_page_tables", kb + 0
			print "@ machine accused", accused + 0
		}' "$la/ghost"
	kill $!
	wait $!
	show halted
}

if [ "${PLUG:-0}" -gt 0 ]; then
	plug_in_and_out
else
	[ ! -e /drivers/zram.ko ] || zram
	[ ! -e /drivers/kvm.ko ] || machine
fi
echo "@ end"
