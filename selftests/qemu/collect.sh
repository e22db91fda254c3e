#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Judge a result stream (see collect.awk), print the summary, and as the last
# line `N passed, N failed`. Status 0 only if nothing failed and something passed.
#
# usage: collect.sh STREAM

set -u
here=$(dirname "$(readlink -f "$0")")
[ $# -eq 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }

totals=$(mktemp)
trap 'rm -f "$totals"' EXIT
# Bytes, whatever they are: a result stream may hold anything.
LC_ALL=C awk -v deny="$here/splats.deny" -v allow="$here/splats.allow" -v totals="$totals" \
	-f "$here/collect.awk" "$1"
read -r passed failed _ <"$totals" || { passed=0; failed=1; }
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
	echo "# nothing was tested"
	failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
