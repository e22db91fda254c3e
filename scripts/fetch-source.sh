#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch the few files of a kernel's source that the checks use: of 6.1 checkpatch with
# its word lists, and the kselftest makefiles and runner; of any stock kernel the
# modules that selftests/stress builds.
#
# usage: fetch-source.sh [--cached] [--deb] [VERSION]
#
# VERSION is a kernel that fetch-kernel.sh knows, 6.1 without it. The files are in no
# binary package, only in linux-source-* (120 to 170 MB), the newest of that series. It
# is downloaded through apt and read once; what is kept is small. Prints, as lines a
# shell can source (checkpatch and ksft with 6.1 alone):
#	source=DIRECTORY  checkpatch=PATH  ksft=DIRECTORY
# With --deb it keeps the package of 6.1 and prints where, and nothing else:
#	source_deb=PATH

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"

cached=
deb=
version=6.1
while [ $# -gt 0 ]; do
	case $1 in
	--cached)	cached=--cached ;;
	--deb)		deb=1 ;;
	-*)		die "unknown option $1" ;;
	*)		version=$1 ;;
	esac
	shift
done

series=6.1
suites=bookworm+bookworm-security
if [ "$version" != 6.1 ]; then
	# shellcheck disable=SC2086 # an option or none
	env=$("$here/fetch-kernel.sh" $cached "$version")
	eval "$env"
	series=$(echo "${release:?}" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
fi
package=linux-source-$series
dir=$cache/source/$package

files='
	samples/kmemleak/kmemleak-test.c
	lib/test_free_pages.c
	lib/test_meminit.c
	lib/test_rhashtable.c
	lib/test_vmalloc.c
	lib/test_xarray.c'
[ "$series" != 6.1 ] || files="$files
	scripts/checkpatch.pl
	scripts/spelling.txt
	scripts/const_structs.checkpatch
	scripts/kernel-doc
	scripts/subarch.include
	tools/testing/selftests/lib.mk
	tools/testing/selftests/run_kselftest.sh
	tools/testing/selftests/kselftest_deps.sh
	tools/testing/selftests/gen_kselftest_tar.sh
	tools/testing/selftests/kselftest_install.sh
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	tools/testing/selftests/kselftest_module.h
	tools/testing/selftests/kselftest/*
	tools/testing/selftests/Makefile"

show()
{
	echo "source='$dir'"
	[ "$series" = 6.1 ] || return 0
	echo "checkpatch='$dir/scripts/checkpatch.pl'"
	echo "ksft='$dir/tools/testing/selftests'"
}

# The package, if it is there.
show_deb()
{
	for file in "$cache/source/deb/$package"_*.deb; do
		[ -e "$file" ] || return 1
		echo "source_deb='$file'"
		return 0
	done
}

cache_lock
if [ -n "$deb" ]; then
	! show_deb || exit 0
elif [ "$(cat "$dir/complete" 2>/dev/null)" = "$files" ]; then
	show
	exit
fi
[ -z "$cached" ] || die "the source of $series is not in $cache; run fetch-source.sh $version"

say "looking for $package"
# shellcheck disable=SC2046 # one word a suite
apt_private_update "$suites" $(echo "$suites" | tr + ' ')
if [ -n "$deb" ]; then
	say "downloading $package (once, 139 MB)"
	rm -rf "$cache/source/deb.new"
	download "$suites" "$cache/source/deb.new" "$package"
	mv "$cache/source/deb.new" "$cache/source/deb"
	show_deb
	exit
fi
rm -rf "$dir.new"
mkdir -p "$dir.new/tree"
if eval "$(show_deb)" && [ -n "${source_deb:-}" ]; then
	ln -s "$source_deb" "$dir.new/"
else
	say "downloading $package (once, 120 to 170 MB)"
	download "$suites" "$dir.new" "$package"
fi

# The whole source would be 1.3 GB: the stream is filtered on its way. tar reads
# on to the end, as files of one name may come again.
say "reading it (once, half a minute)"
set -f
# shellcheck disable=SC2046,SC2086 # one word a file
set -- $(printf 'linux-source-*/%s\n' $files)
set +f
dpkg-deb --fsys-tarfile "$dir.new"/linux-source-*.deb |
	tar -xOf - --wildcards './usr/src/linux-source-*.tar.xz' |
	xz -dc -T 2 |
	tar -C "$dir.new/tree" --strip-components=1 -xf - --wildcards --no-wildcards-match-slash "$@"

set -f
for file in $files; do
	set +f
	for found in "$dir.new"/tree/$file; do
		[ -s "$found" ] || die "$package holds no $file"
	done
done
rm -rf "$dir"
mv "$dir.new/tree" "$dir"
rm -rf "$dir.new"
echo "$files" >"$dir/complete"
show
