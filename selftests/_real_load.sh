# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The real load, each part by a number of operations: processes, a build, the kernel's headers
# in tmpfs, loopback TCP, and stress-ng. Sourced after _leakacct.sh, by tests that have a line
# "# Needs: headers stress-ng tcc".
# shellcheck disable=SC2154 # its variables and those of _ktap.sh
#
# real_load_begin, real_load_end
#	what all of it needs: a server of files.
# load_processes N, load_build N, load_headers N ARCHIVE, load_tcp N, stress NAME N [OPTION...]
#	do it so many times. Each operation leaves a line in $ktap_tmp/done.
# operations
#	what was done since the beginning, for a diagnostic.
# real_load_spreads
#	expects that each part was done at all.

real_load_begin()
{
	mkdir "$ktap_tmp/www"
	head -c 200000 /bin/busybox >"$ktap_tmp/www/page"
	httpd -f -p 127.0.0.1:8000 -h "$ktap_tmp/www" &
	server=$!
	: >"$ktap_tmp/done"
}

real_load_end()
{
	kill "$server"
}

# did PART [N]
did()
{
	echo "$1 ${2:-1}" >>"$ktap_tmp/done"
}

operations()
{
	awk '
		{ n[$1] += $2 }
		END {
			for (part in n)
				printf "%d %s, ", n[part], part
			print ""
		}' "$ktap_tmp/done" | sed 's/, $//'
}

real_load_spreads()
{
	for part in processes compiled linked unpacked packed removed pages \
		vm fork shm sock pipe epoll dentry; do
		grep -q "^$part " "$ktap_tmp/done" ||
			ktap_fail "expected that the load did $part, got $(operations)"
	done
}

load_processes()
{
	for _ in $(seq "$1"); do
		/bin/busybox true
		did processes
	done
}

compile()
{
	/tcc/ld.so --library-path /tcc/lib /tcc/tcc -B/tcc/own -nostdinc -I/tcc/own/include \
		-I/tcc/include/x86_64-linux-gnu -I/tcc/include \
		-D_GNU_SOURCE -DLEAKACCT_VERSION='"built here"' "$@"
}

# The reader of this project, file by file; it must be one when it is done.
load_build()
{
	for _ in $(seq "$1"); do
		mkdir "$ktap_tmp/objects"
		for source in tools/*.c; do
			compile -c "$source" -o "$ktap_tmp/objects/$(basename "$source").o" ||
				ktap_fail "expected that $source compiles"
			did compiled
		done
		compile -nostdlib -L/tcc/lib -o "$ktap_tmp/reader" \
			/tcc/start/crt1.o /tcc/start/crti.o \
			"$ktap_tmp"/objects/*.o /tcc/lib/libc.so.6 /tcc/start/libc_nonshared.a \
			/tcc/own/libtcc1.a /tcc/start/crtn.o || ktap_fail "expected that they link"
		did linked
		ktap_expect "what was built" like '^leakacct built here,' \
			"$(/tcc/ld.so --library-path /tcc/lib "$ktap_tmp/reader" --version)" \
			"it is the reader"
		rm -r "$ktap_tmp/objects" "$ktap_tmp/reader"
	done
}

# Unpacked into tmpfs, packed there again, and all removed.
load_headers()
{
	for _ in $(seq "$1"); do
		mkdir "$ktap_tmp/tree"
		tar xvf "/headers/$2" -C "$ktap_tmp/tree" >"$ktap_tmp/names"
		did unpacked
		ktap_expect "files" eq "$(grep -vc '/$' "$ktap_tmp/names")" \
			"$(find "$ktap_tmp/tree" ! -type d | wc -l)" "so many were in the archive"
		ktap_expect "files" ge 2000 "$(grep -c '\.h$' "$ktap_tmp/names")" "a kernel has that many"
		tar cf "$ktap_tmp/tree.tar" -C "$ktap_tmp/tree" .
		did packed
		rm -r "$ktap_tmp/tree" "$ktap_tmp/tree.tar" "$ktap_tmp/names"
		did removed
	done
}

load_tcp()
{
	for _ in $(seq "$1"); do
		wget -q -O /dev/null http://127.0.0.1:8000/page || ktap_fail "expected the page"
		did pages
	done
}

# By one worker on each CPU.
stress()
{
	name=$1
	ops=$2
	shift 2
	/stress-ng/ld.so --library-path /stress-ng/lib /stress-ng/stress-ng --quiet \
		--temp-path "$ktap_tmp" --timeout 600 "--$name" 2 "--$name-ops" "$ops" "$@" \
		>"$ktap_tmp/stress" 2>&1 || {
		ktap_diag <"$ktap_tmp/stress"
		ktap_fail "expected that stress-ng's $name succeeds"
	}
	did "$name" "$ops"
}

# load_stress TIMES: each stressor that many times as often as the shortest that is worth it.
load_stress()
{
	stress vm $((10000 * $1)) --vm-bytes 24M
	stress fork $((100 * $1))
	stress shm $((16 * $1)) --shm-bytes 4M
	stress sock $((10 * $1))
	stress pipe $((5000 * $1))
	stress epoll $((50 * $1))
	stress dentry $((800 * $1))
}
