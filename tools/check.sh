#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the reader's unit tests and prints one KTAP stream of all their results,
# each named after its program. A program that crashes, leaks, or prints other
# than its plan promises is a failure of its own.
# usage: check.sh BUILD UNIT TEST...

build=$1
unit=$2
shift 2
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
FIXTURES=$unit/fixtures
ASAN_OPTIONS=detect_leaks=1:exitcode=99
UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
export FIXTURES ASAN_OPTIONS UBSAN_OPTIONS

# NAME COMMAND...: its lines into $tmp/all, with a line on how it ended.
run() {
	name=$1
	shift
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	sed 's/^/# /' "$tmp/err" >>"$tmp/out"
	awk -v suite="$name" -v rc=$rc '
		/^KTAP version/ { next }
		/^1\.\./ { plan = substr($0, 4) + 0; next }
		/^(not )?ok / {
			bad += /^not /
			done++
			sub(/ok [0-9]+ /, "ok @ " suite "/")
		}
		{ print }
		END {
			fine = plan > 0 && done == plan && rc == (bad ? 1 : 0)
			if (!fine)
				printf "# %s: plan %d, %d results, exit status %d\n",
				       suite, plan, done, rc
			print (fine ? "ok @ " : "not ok @ ") suite "/ends_cleanly"
		}' "$tmp/out" >>"$tmp/all"
}

: >"$tmp/all"
for t in "$@"; do
	run "$t" "$build/$t"
done
run parse_cli sh "$unit/parse_cli.sh" "$build/leakacct" "$FIXTURES" leakacct.8

awk '
	{ line[NR] = $0; total += /^(not )?ok @ /; bad += /^not ok @ / }
	END {
		print "KTAP version 1\n1.." total
		for (i = 1; i <= NR; i++) {
			if (line[i] ~ /^(not )?ok @ /)
				sub(/@/, ++n, line[i])
			print line[i]
		}
		printf "# %d passed, %d failed\n", total - bad, bad
		exit bad > 0
	}' "$tmp/all"
