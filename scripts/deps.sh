#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the Debian packages that building, testing and the demo need; only
# those that are missing, and nothing at all when none is.
#
# usage: deps.sh [--check] [demo | kernel | truth]
#
#   --check  only say what is missing, with status 1 if anything is
#   demo     only what the demo needs
#   kernel   also what building a kernel needs
#   truth    also what reading its memory needs

set -eu

# What building and booting needs, and what only the checks, only kernels and only the
# comparison with a dump need.
build="build-essential gcc-12 libelf-dev bc kmod cpio rsync xz-utils qemu-system-x86 busybox-static
	libmnl-dev pkg-config"
checks="sparse shellcheck codespell cppcheck mandoc perl python3"
kernel="flex bison"
truth="python3-drgn"

check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
packages="$build $checks"
case ${1:-} in
demo)	packages=$build ;;
kernel)	packages="$packages $kernel" ;;
truth)	packages="$packages $kernel $truth" ;;
esac

missing=
for package in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ -n "$check" ]; then
	echo "missing:$missing"
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "deps.sh: these packages are missing:$missing" >&2
	echo "deps.sh: as root, run: apt-get install$missing" >&2
	exit 1
fi

echo "deps.sh: installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT

install()
{
	# shellcheck disable=SC2086 # one word a package
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=120 $missing >"$log" 2>&1
}

# Package lists may be absent, or so old that what they name is gone.
if ! install; then
	apt-get update -q >"$log" 2>&1 || {
		cat "$log" >&2
		echo "deps.sh: apt-get update failed" >&2
		exit 1
	}
	install || {
		cat "$log" >&2
		echo "deps.sh: cannot install$missing" >&2
		exit 1
	}
fi
