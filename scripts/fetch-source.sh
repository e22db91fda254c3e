#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch the few files of the kernel's source that the checks use: checkpatch
# with its word lists, and the kselftest makefiles and runner.
#
# usage: fetch-source.sh [--cached] [--deb]
#
# They are in no binary package, only in linux-source-6.1 (139 MB). It is
# downloaded through apt and read once; what is kept is small. Prints, as lines
# a shell can source:
#	checkpatch=PATH  ksft=DIRECTORY
# With --deb it keeps the package and prints where, and nothing else:
#	source_deb=PATH

set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt-private.sh
. "$here/apt-private.sh"

package=linux-source-6.1
dir=$cache/source/$package

cached=
deb=
for option in "$@"; do
	case $option in
	--cached)	cached=1 ;;
	--deb)		deb=1 ;;
	*)		die "unknown option $option" ;;
	esac
done

show()
{
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
elif [ -e "$dir/complete" ]; then
	show
	exit
fi
[ -z "$cached" ] || die "the kernel source is not in $cache; run fetch-source.sh"

say "looking for $package"
suites=bookworm+bookworm-security
apt_private_update "$suites" bookworm bookworm-security
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
say "downloading $package (once, 139 MB)"
download "$suites" "$dir.new" "$package"

# The whole source would be 1.3 GB: the stream is filtered on its way. tar reads
# on to the end, as files of one name may come again.
say "reading it (once, half a minute)"
dpkg-deb --fsys-tarfile "$dir.new"/linux-source-*.deb |
	tar -xOf - --wildcards './usr/src/linux-source-*.tar.xz' |
	xz -dc -T 2 |
	tar -C "$dir.new/tree" --strip-components=1 -xf - --wildcards --no-wildcards-match-slash \
		'linux-source-*/scripts/checkpatch.pl' \
		'linux-source-*/scripts/spelling.txt' \
		'linux-source-*/scripts/const_structs.checkpatch' \
		'linux-source-*/scripts/kernel-doc' \
		'linux-source-*/scripts/subarch.include' \
		'linux-source-*/tools/testing/selftests/lib.mk' \
		'linux-source-*/tools/testing/selftests/run_kselftest.sh' \
		'linux-source-*/tools/testing/selftests/kselftest_deps.sh' \
		'linux-source-*/tools/testing/selftests/gen_kselftest_tar.sh' \
		'linux-source-*/tools/testing/selftests/kselftest_install.sh' \
		'linux-source-*/tools/testing/selftests/kselftest.h' \
		'linux-source-*/tools/testing/selftests/kselftest_harness.h' \
		'linux-source-*/tools/testing/selftests/kselftest_module.h' \
		'linux-source-*/tools/testing/selftests/kselftest/*' \
		'linux-source-*/tools/testing/selftests/Makefile'

for file in scripts/checkpatch.pl scripts/spelling.txt tools/testing/selftests/lib.mk \
	    tools/testing/selftests/kselftest/runner.sh; do
	[ -s "$dir.new/tree/$file" ] || die "$package holds no $file"
done
rm -rf "$dir"
mv "$dir.new/tree" "$dir"
rm -rf "$dir.new"
: >"$dir/complete"
show
