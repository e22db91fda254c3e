#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ghost` is read 1,000 times while both CPUs allocate and free on all paths of slab
# objects, processes come and go, and files are written and removed. What counters claim
# moves all the time, what they do not claim hardly does: each reading is a ghost and a
# bound, and there is a ghost with which all 1,000 agree. No term falls below -bound.
#
# Red when: the bound has no room for what moves while the counters are read; a term is
# read from totals alone, which lag; per-CPU free pages are left out.
#
# Timeout: 300
. ./_ktap.sh
. ./_leakacct.sh

reads=1000

# One process, as a process itself is load: "NAME VALUE" lines.
read_it()
{
	awk -v file="$la/ghost" -v reads="$reads" '
		BEGIN {
			for (i = 0; i < reads; i++) {
				rows = 0
				while ((getline line <file) > 0) {
					split(line, word, " ")
					if (word[1] == "#" || word[2] == "-")
						continue
					kb[word[1]] = word[2]
					if (!("claimed" in kb))
						rows = rows < 0 + word[2] ? rows : 0 + word[2]
				}
				close(file)
				ghost = kb["ghost"]
				bound = kb["bound"]
				if (rows < lowest) lowest = rows
				if (rows < -bound || ghost < -bound) below++
				if (!i || ghost < min) min = ghost
				if (!i || ghost > max) max = ghost
				if (!i || ghost + bound < top) top = ghost + bound
				if (!i || ghost - bound > bottom) bottom = ghost - bound
				if (bound > most) most = bound
				bounds += bound
				if (kb["bound_skew"] > 0) moving++
				n += ghost + kb["claimed"] == kb["total"]
				delete kb
			}
			print "reads", n
			print "moving", moving + 0
			print "below", below + 0
			print "lowest", lowest + 0
			print "min", min
			print "max", max
			print "top", top
			print "bottom", bottom
			print "bound", most
			print "mean", int(bounds / reads)
		}' >"$ktap_tmp/result"
}

got()
{
	awk -v name="$1" '$1 == name { print $2 }' "$ktap_tmp/result"
}

processes()
{
	awk '$1 == "processes" { print $2 }' /proc/stat
}

start_load()
{
	insmod ./la_churn.ko
	(while :; do /bin/busybox true; done) &
	forks=$!
	(while :; do
		/bin/busybox dd if=/dev/zero of="$ktap_tmp/file" bs=16k count=64
		rm "$ktap_tmp/file"
	done) 2>/dev/null &
	files=$!
}

stop_load()
{
	kill "$forks" "$files"
	wait "$forks" "$files" 2>/dev/null
	echo 0 >/sys/module/la_churn/parameters/run
}

under_load()
{
	before=$(processes)
	start_load
	read_it
	stop_load
	ktap_diag "$(tr '\n' ' ' <"$ktap_tmp/result")"
	ktap_expect "readings that add up" eq "$reads" "$(got reads)" "the ghost is what is not claimed"
	ktap_expect "rounds of the load" ge "$(least 100)" "$(cat /sys/module/la_churn/parameters/rounds)" \
		"else it was none"
	ktap_expect "processes of the load" ge 200 $(($(processes) - before)) "else it was none"
}

no_term_below()
{
	ktap_expect "readings with a term below -bound" eq 0 "$(got below)" \
		"the lowest was $(got lowest) kB: no page is claimed twice"
}

all_agree()
{
	ktap_expect "the highest ghost - bound" le "$(got top)" "$(got bottom)" \
		"that is the lowest ghost + bound: the ghosts were $(got min) to $(got max) kB"
}

# The bound is no excuse: it says something under load as well.
bound_is_small()
{
	ktap_expect "mean bound" le $(($(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo) / 256)) \
		"$(got mean)" "4 MB of each GB, under load"
}

ktap_plan 4
load
ktap_case "the ghost can be read 1,000 times under load" under_load
ktap_case "no term falls below -bound" no_term_below
ktap_case "all readings agree within their bounds" all_agree
ktap_case "the bound stays small" bound_is_small
ktap_end
