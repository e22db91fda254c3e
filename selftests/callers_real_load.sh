#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Real load, each part by operation count: files and archives in tmpfs, processes, loopback
# TCP, and stress-ng's vm, fork, shm, sock, pipe, epoll and dentry. It is done and drained
# once, and once more: what callers and caches have grown by in the second round must be in
# the kernel's own counters as well, and no cache holds more than slabinfo says. Pages have no
# counter, but they are what no counter claims: the ghost, which the kernel's counters make.
# What is left is shown. Looks are taken all the time: as nobody leaks, nobody is accused, and
# who comes near is shown, with what speaks against it. This is the quick form; the long one does ten times as much in a round.
#
# Red when: one free in a few hundred is missed, of any cache; pages of a slab, an area or a
# user are counted as pages, too; a rise is a rise, however small beside what comes and goes.
#
# Timeout: 240
# Long: 2400
# Needs: stress-ng
. ./_ktap.sh
. ./_leakacct.sh
. ./_reconcile.sh

times=1
[ -z "${LEAKACCT_LONG:-}" ] || times=10
# What leakacct may say beyond the kernel's growth. What slabinfo is off by: of the slabs that a
# CPU has for itself it counts the free objects as live. Shrinking a cache takes them from it,
# so it is one slab of each CPU, or, where that is less, what the machine itself allocates
# between two readings.
bound=128		# objects
bound_bytes=262144	# of what is not in slabs
cpus=$(grep -c ^processor /proc/cpuinfo)

load_processes()
{
	for i in $(seq $((100 * times))); do
		/bin/busybox true
		[ $((i % 25)) -ne 0 ] || look
	done
}

# Hundreds of files of all sizes, as a kernel's headers are.
load_files()
{
	for _ in $(seq $((2 * times))); do
		mkdir "$ktap_tmp/tree" "$ktap_tmp/copy"
		awk -v dir="$ktap_tmp/tree" 'BEGIN {
			for (text = "0123456789abcde\n"; length(text) < 20000; )
				text = text text
			for (i = 0; i < 600; i++) {
				file = dir "/" i ".h"
				print substr(text, 1, i * 30) >file
				close(file)
			}
		}'
		tar cf "$ktap_tmp/tree.tar" -C "$ktap_tmp/tree" .
		tar xf "$ktap_tmp/tree.tar" -C "$ktap_tmp/copy"
		ktap_expect "files" eq 600 "$(find "$ktap_tmp/copy" -type f | wc -l)" "so many were made"
		rm -r "$ktap_tmp/tree" "$ktap_tmp/copy" "$ktap_tmp/tree.tar"
	done
}

load_tcp()
{
	for _ in $(seq $((15 * times))); do
		wget -q -O /dev/null http://127.0.0.1:8000/page || ktap_fail "expected the page"
	done
}

# stress NAME OPERATIONS [OPTION...]: by one worker on each CPU.
stress()
{
	name=$1
	ops=$(($2 * times))
	shift 2
	/stress-ng/ld.so --library-path /stress-ng/lib /stress-ng/stress-ng --quiet \
		--temp-path "$ktap_tmp" --timeout 600 "--$name" 2 "--$name-ops" "$ops" "$@" \
		>"$ktap_tmp/stress" 2>&1 || {
		ktap_diag <"$ktap_tmp/stress"
		ktap_fail "expected that stress-ng's $name succeeds"
	}
	look
}

# Twenty in a round: each part between two of them.
look()
{
	echo look >"$la/control"
	query suspects rows=0 >"$ktap_tmp/suspects"
	threshold=$(sed -n 's/^# score 0\.\.100, suspect from \([0-9]*\).*/\1/p' "$ktap_tmp/suspects")
	awk -v near=$((threshold - 15)) '/^[0-9]/ { shown = $1 >= near } shown' \
		"$ktap_tmp/suspects" >>"$ktap_tmp/near"
	column score <"$ktap_tmp/suspects" | sort -n | tail -n 1 >>"$ktap_tmp/scores"
}

# Of each caller the look at which it came nearest, with the reasons.
show_near()
{
	awk '
		/^[0-9]/ {
			score = $1
			caller = $8
			best = score > most[caller]
			if (best) {
				most[caller] = score
				text[caller] = ""
			}
		}
		best { text[caller] = text[caller] $0 "\n" }
		END {
			for (caller in text)
				printf "%s", text[caller]
		}' "$ktap_tmp/near"
}

nobody_is_accused()
{
	ktap_diag "who came near, and why not:"
	show_near | ktap_diag
	ktap_expect "looks" ge 10 "$(wc -l <"$ktap_tmp/scores")" "they were taken under load"
	ktap_expect "the highest score" lt "$threshold" "$(sort -n "$ktap_tmp/scores" | tail -n 1)" \
		"nobody leaks"
}

one_round()
{
	spent=
	for part in processes files tcp stress; do
		read -r begin _ </proc/uptime
		"load_$part"
		look
		read -r end _ </proc/uptime
		spent="$spent $part $((${end%.*} - ${begin%.*})) s"
	done
}

# grown KIND: what has grown in the second round by more than the bound:
# NAME GROWTH KERNEL LIMIT.
grown()
{
	awk -v kind="$1" -v bound="$bound" -v bound_bytes="$bound_bytes" -v cpus="$cpus" \
		-v bound_pages="$(page_bound)" '
		function in_bytes(name) { return name ~ /^(large|page|vmalloc|percpu)(\/|$)/ }
		function limit_of(cache) {
			if (cache == "page")
				return bound_pages
			if (in_bytes(cache))
				return bound_bytes
			return per_slab[cache] * cpus > bound ? per_slab[cache] * cpus : bound
		}
		FNR == 1 { round++ }
		{ change = (round == 2 ? 1 : -1) * (in_bytes($2) ? $4 : $3) }
		$1 == "kernel" { kernel[$2] += change; per_slab[$2] = $5 }
		$1 == kind { grown[$2] += change }
		END {
			for (name in grown) {
				cache = name
				sub(/\/.*/, "", cache)
				if (grown[name] > limit_of(cache))
					print name, grown[name], kernel[cache] + 0, limit_of(cache)
			}
		}' "$ktap_tmp/round1" "$ktap_tmp/round2"
}

kernel_confirms()
{
	grown "$1" >"$ktap_tmp/grown"
	while read -r name growth kernel limit; do
		ktap_diag "$name has grown by $growth, in the kernel's own counters by $kernel"
		ktap_expect "growth of $name beyond the kernel's" le "$limit" $((growth - kernel)) \
			"what grows is there"
	done <"$ktap_tmp/grown"
}

# What lives for leakacct lives for slabinfo: "cache NAME HELD IN-SLABINFO".
no_more_than_slabinfo()
{
	awk '$1 == "kernel" { kernel[$2] = $3; next }
		$1 == "cache" && $2 in kernel { print $2, $3, kernel[$2] }' \
		"$ktap_tmp/round2" >"$ktap_tmp/held"
	ktap_expect "caches that are held of" ge 20 "$(wc -l <"$ktap_tmp/held")" "a kernel has that many"
	while read -r name held active; do
		ktap_expect "objects held of $name" le $((active + bound / 4)) "$held" \
			"slabinfo has $active, some of which may have come and gone meanwhile"
	done <"$ktap_tmp/held"
}

# taken ROUND: bytes of class page, and of the ghost.
taken()
{
	awk '$1 == "cache" && $2 == "page" { pages = $4 }
		$1 == "kernel" && $2 == "page" { ghost = $4 }
		END { printf "%.0f %.0f\n", pages, ghost }' "$ktap_tmp/round$1"
}

# Each page once: from the load on pages are as many as no counter claims beyond what was so
# before. leakacct has been there longer than the load; what it took itself is among both.
pages_are_the_ghost()
{
	read -r pages ghost <<-X
	$(taken 0)
	X
	for round in 1 2; do
		read -r more more_ghost <<-X
		$(taken "$round")
		X
		off=$((more - pages - (more_ghost - ghost)))
		ktap_diag "round $round: pages grew by $(((more - pages) / 1024)) kB since the beginning, the ghost by $(((more_ghost - ghost) / 1024)) kB, the bound is $(($(page_bound) / 1024)) kB"
		ktap_expect "growth of pages beyond the ghost's" le "$(page_bound)" "$off" \
			"a page has one owner"
		ktap_expect "growth of pages beyond the ghost's" ge "-$(page_bound)" "$off" \
			"what has no owner is a page"
	done
}

# The largest of what is left, and why it is right.
show_left()
{
	ktap_diag "left after two rounds, most bytes first; it lives, as the kernel has as much:"
	awk '
		FNR == 1 { file++ }
		file == 1 && $1 == "kernel" { kernel[$2] = $3 ? $3 : $4 " bytes" }
		file == 1 && $1 == "cache" { held[$2] = $3 }
		file == 2 && $1 == "caller" {
			split($2, part, "/")
			printf "%d bytes, %d of %s by %s: of these %d are held, the kernel has %s\n",
				$4, $3, part[1], part[2], held[part[1]], kernel[part[1]]
		}' "$ktap_tmp/round2" "$ktap_tmp/round2" | sort -rn | head -n 15 | ktap_diag
}

two_rounds()
{
	[ -x /stress-ng/stress-ng ] || ktap_fail "expected /stress-ng, which run.sh puts there" || return 1
	drain
	save 0
	for round in 1 2; do
		one_round
		drain
		save "$round"
		ktap_diag "round $round:$spent; $least objects left"
	done
	ktap_expect "allocations" ge 100000 "$(column allocs <"$ktap_tmp/callers" | sum)" "else it was no load"
	few_are_refused
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
	show_left
}

ktap_plan 6
mkdir "$ktap_tmp/www"
head -c 200000 /bin/busybox >"$ktap_tmp/www/page"
httpd -f -p 127.0.0.1:8000 -h "$ktap_tmp/www" &
server=$!
load
ktap_case "real load, twice" two_rounds
ktap_case "no caller grows that the kernel does not confirm" kernel_confirms caller
ktap_case "no cache grows that the kernel does not confirm" kernel_confirms cache
ktap_case "no cache holds more than slabinfo says" no_more_than_slabinfo
ktap_case "pages are what no counter claims" pages_are_the_ghost
ktap_case "nobody is accused where nobody leaks" nobody_is_accused
kill "$server"
ktap_end
