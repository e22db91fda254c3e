# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Sourced, after apt-private.sh, by who fetches a program for guests: with the libraries
# that it runs with, those of its own release, which the guest has not.
# shellcheck disable=SC2154 # $cache

# first PATTERN: the one file of that name.
first()
{
	find "$dir.new/root" -name "$1" | sort | head -n 1
}

# Libraries that files in $1 need, until none is wanting.
libraries_of()
{
	missing=$1
	while [ -n "$missing" ]; do
		files=$missing
		missing=
		# shellcheck disable=SC2086 # a list of files
		for library in $(objdump -p $files | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
			[ ! -e "$dir.new/lib/$library" ] || continue
			found=$(first "$library")
			[ -n "$found" ] || die "no package holds $library"
			cp -L "$found" "$dir.new/lib/$library"
			missing="$missing $dir.new/lib/$library"
		done
	done
}

# fetch_program NAME PATTERN SUITE PACKAGE...: the program, whose file has that name in the
# first of these packages; the others are its libraries.
#
# Prints the directory: NAME, ld.so, lib/, and the file `version`. Fails when no archive
# that is within reach has the packages. A function fetch_more, if there is one, takes what else
# is needed out of $dir.new/root.
fetch_program()
{
	program=$1
	pattern=$2
	release=$3
	shift 3
	dir=$cache/$program
	cache_lock
	if [ -e "$dir/version" ]; then
		echo "$dir"
		return
	fi

	say "downloading $1 of $release"
	apt_private_update "$release" "$release"
	rm -rf "$dir" "$dir.new"
	mkdir -p "$dir.new/lib"
	download "$release" "$dir.new/debs" "$@"
	for deb in "$dir.new"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dir.new/root"
	done
	cp "$(find "$dir.new/root" -path "*/*bin/$pattern" | head -n 1)" "$dir.new/$program" ||
		die "the package holds no $program"
	libraries_of "$dir.new/$program"
	cp -L "$(first ld-linux-x86-64.so.2)" "$dir.new/ld.so"
	"$dir.new/ld.so" --library-path "$dir.new/lib" "$dir.new/$program" --version >&2 ||
		die "$program does not start"
	! command -v fetch_more >/dev/null || fetch_more
	dpkg-deb -f "$dir.new/debs/$1"_*.deb Version >"$dir.new/version"
	rm -rf "$dir.new/debs" "$dir.new/root"
	mv "$dir.new" "$dir"
	echo "$dir"
}
