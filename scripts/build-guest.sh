#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build all that runs in a guest of one stock kernel: the module, the test
# modules, some of the kernel's own (selftests/stress), the demo's driver, the bench's, a static
# reader and the tests, installed as a kselftest tree.
#
# usage: build-guest.sh [--demo | --part] VERSION
#
#   --demo  only what the demo shows
#   --part  only what tests need that run on every kernel; neither needs that kernel's source
#
# Prints the tree's directory; in its leakacct/ tests and scripts start.

set -eu
top=$(dirname "$(dirname "$(readlink -f "$0")")")
make="make --no-print-directory -s"

demo=
part=
case ${1:-} in
--demo)	demo=1; shift ;;
--part)	part=1; shift ;;
esac
version=${1:?usage: build-guest.sh [--demo | --part] VERSION}

build=$("$top/scripts/kbuild.sh" --kernel "$version" --print)
tree=$build/kselftest
[ -z "$demo" ] || tree=$build/demo-tree
mkdir -p "$build"
exec 8>"$tree.lock"
flock 8

# leakacct as if it came from another kernel, which nobody has measured: where a function has another
# name, another one has its arguments elsewhere, and of krealloc() there are no types: for
# hooks_unknown_kernel.sh.
# Built first, where the real one will be: so the rest of it is compiled once.
build_unknown()
{
	copy=$build/unknown-source
	mkdir -p "$copy"
	rsync -a --delete "$top/Kbuild" "$top/module" "$top/scripts" "$copy/"
	# For the kernels in there; of a link kbuild.sh copies nothing.
	[ -L "$copy/selftests" ] || ln -s "$top/selftests" "$copy/"
	sed -i -e 's/"free_percpu", { .object/"free_percpu_of_old", { .object/' \
		-e '/"kmem_cache_free_bulk", {/s/.count = 2, .array = 3/.array = 2, .count = 3/' \
		"$copy/module/hooks/hooks.c"
	sed -i -e 's/LA_COMPAT_IS_MEASURED/0/' \
		-e 's/if (strcmp(name_of(type_of(id)), symbol))/if (strstarts(symbol, "krealloc") || strcmp(name_of(type_of(id)), symbol))/' \
		"$copy/module/hooks/prototypes.c"
	"$copy/scripts/kbuild.sh" --kernel "$version" --out "$build" . >&2
	cp "$build/module/leakacct.ko" "$build/leakacct_unknown.ko"
}

if [ -n "$demo" ]; then
	"$top/scripts/kbuild.sh" --kernel "$version" . demo >&2
elif [ -n "$part" ]; then
	"$top/scripts/kbuild.sh" --kernel "$version" . selftests/leaker -- LEAKACCT_PART=1 >&2
else
	build_unknown
	"$top/scripts/kbuild.sh" --kernel "$version" . selftests/leaker demo bench >&2
	env=$("$top/scripts/fetch-source.sh" "$version")
	eval "$env"
	# Its warnings are not ours.
	"$top/scripts/kbuild.sh" --kernel "$version" selftests/stress -- \
		"LEAKACCT_SOURCE=${source:?}" W= KCFLAGS= >&2
fi

# The reader that a person builds in tools/ is linked dynamically: this one is
# built apart from it, once for all kernels.
reader=
if [ -e "$top/tools/Makefile" ]; then
	static=$top/build/tools-static
	(
		flock 7
		rsync -a --delete --include='*.[ch]' --include=Makefile --include='*.8' \
			--exclude='*' "$top/tools/" "$static/"
		$make -C "$static" STATIC=1 leakacct
	) 7>"$static.lock" >&2
	reader=$static/leakacct
fi

if [ -n "$demo" ]; then
	rm -rf "$tree"
	mkdir -p "$tree/leakacct"
	cp "$build/module/leakacct.ko" "$build"/demo/*.ko "$tree/leakacct/"
	[ -z "$reader" ] || cp "$reader" "$tree/leakacct/"
	for file in "$top"/demo/*.sh; do
		[ ! -e "$file" ] || cp "$file" "$tree/leakacct/"
	done
	echo "$tree"
	exit
fi

env=$("$top/scripts/fetch-source.sh")
eval "$env"
rm -rf "$tree"
mkdir -p "$tree/leakacct" "$tree/kselftest" "$build/programs"
set -- "KSFT=${ksft:?}" "LEAKACCT_BUILD=$build" "LEAKACCT_READER=$reader" "OUTPUT=$build/programs"
$make -C "$top/selftests" "$@" INSTALL_PATH="$tree/leakacct" install >&2
[ ! -e "$build/leakacct_unknown.ko" ] || cp "$build/leakacct_unknown.ko" "$tree/leakacct/"
# Each insmod copies the file: leakacct's is 0.7 MB, and 11 MB with what debuggers want.
strip --strip-debug "$tree"/leakacct/*.ko
$make -C "$top/selftests" "$@" COLLECTION=leakacct emit_tests >"$tree/kselftest-list.txt"
# What a test compiles in the guest.
mkdir "$tree/leakacct/tools"
cp "$top"/tools/*.[ch] "$tree/leakacct/tools/"
cp "$ksft/kselftest/runner.sh" "$ksft/kselftest/prefix.pl" "$tree/kselftest/"
cp "$ksft/run_kselftest.sh" "$tree/"
echo "$tree"
