#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The checks of the sources, each a KTAP case with its findings as diagnostics.
#
# usage: check.sh [VERSION [CASE...]]
#
#   VERSION  the stock kernel to build against (default 6.1)
#   CASE     only the checks whose name begins so
#
# Nothing is to be found. What is ignored is ignored with its reason, in
# .checkpatch.conf, in .shellcheckrc, or at the place itself.

set -u
top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1
# shellcheck source=../selftests/_ktap.sh
. "$top/selftests/_ktap.sh"

version=${1:-6.1}
[ $# -eq 0 ] || shift
only="$*"

env=$("$top/scripts/fetch-kernel.sh" "$version") || exit 1
eval "$env"
env=$("$top/scripts/fetch-source.sh") || exit 1
eval "$env"
work=$top/build/check
mkdir -p "$work"
exec 6>"$work/.lock"
flock -n 6 || {
	ktap_diag "waiting for another check of this tree to end"
	flock 6
}

# All files of the tree that git would keep, those not yet added included;
# without git all that no build made.
list_files()
{
	if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard | while read -r file; do
			[ ! -f "$file" ] || echo "$file"
		done
	else
		find . \( -name build -o -path ./selftests/unit/out \) -prune -o \
			-type f ! -name '*.o' ! -name '*.ko' -print | sed 's|^\./||'
	fi | sort -u
}
list_files >"$work/files"

# files REGEX: those whose name matches.
files()
{
	grep -E "$1" "$work/files"
}

# A check fails when its command fails or prints anything.
quiet()
{
	"$@" >"$work/findings" 2>&1
	status=$?
	if [ "$status" -ne 0 ] || [ -s "$work/findings" ]; then
		head -n 60 "$work/findings" | ktap_diag
		ktap_fail "expected no finding and status 0 of '$1', got $(wc -l <"$work/findings") lines and status $status"
	fi
}

# nowhere REGEX FILE...: the words are in no file.
nowhere()
{
	regex=$1
	shift
	if grep -nEI -e "$regex" -- "$@" /dev/null >"$work/findings"; then
		head -n 20 "$work/findings" | ktap_diag
		return 1
	fi
}

build_all()
{
	"$top/scripts/kbuild.sh" --kernel "$version" . selftests/leaker demo bench -- \
		W=1 KCFLAGS=-Werror "$@"
}

# Warnings are errors there: an object that is there had none.
warnings()
{
	quiet build_all
}

# Nothing is compiled anew, only checked.
sparse_check()
{
	quiet build_all C=2 CF=-D__CHECK_ENDIAN__
}

# checkpatch wants to be told each file, and reads .checkpatch.conf from here.
checkpatch_files()
{
	xargs -r -n 12 -P 2 perl "${checkpatch:?}" --quiet --no-summary --terse --show-types "$@" -f
}

# Programs have none of the kernel's macros (ARRAY_SIZE, BIT, __printf), their
# texts for people and planted inputs have a line of source each (SPLIT_STRING),
# and test macros return from the test (MACRO_WITH_FLOW_CONTROL). plain.h is what
# gives the kernel's words to programs.
programs='^(tools|selftests/unit)/|^selftests/[^/]*$|^bench/workload|^truth/'
plain='^module/base/plain\.h$'

run_checkpatch()
{
	files '\.[ch]$' | grep -Ev "$programs|$plain" | checkpatch_files
	files '\.[ch]$' | grep -E "$programs" | checkpatch_files --ignore \
		ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,SPLIT_STRING,MACRO_WITH_FLOW_CONTROL
	files '\.[ch]$' | grep -E "$plain" | checkpatch_files --ignore PREFER_DEFINED_ATTRIBUTE_MACRO
}

kernel_doc()
{
	files '^(module|demo)/.*\.[ch]$' | xargs "${common:?}/scripts/kernel-doc" -none
}

shell_check()
{
	files '\.sh$|^\.ci/run$' | xargs shellcheck
}

spelling()
{
	# Relations of ktap_expect have no apostrophe; Nd is a word of man pages, filp
	# a cache.
	xargs codespell --quiet-level 3 --ignore-words-list isnt,hasnt,nd,filp <"$work/files"
}

cpp_check()
{
	files '^tools/.*\.c$' | xargs cppcheck --quiet --std=c11 --error-exitcode=1 \
		--enable=warning,style,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=unusedFunction -I tools
}

man_page()
{
	files '\.8$' | xargs -r mandoc -T lint -W warning
}

kernel_versions()
{
	# shellcheck disable=SC2046 # one word a file
	nowhere 'LINUX_VERSION_CODE|KERNEL_VERSION' \
		$(files '\.[chS]$|Kbuild$' | grep -v '^module/compat/') ||
		ktap_fail "expected versions of the kernel in module/compat alone"
}

# An address that was looked up is of a function that may have no ENDBR: on a machine
# with IBT only a direct call gets there, and no emulator shows it. So it is either
# data, said by a cast to a pointer to that, or goes into static_call_update().
called_by_address()
{
	awk -f "$top/scripts/called_by_address.awk" "$@"
}

resolved_calls()
{
	cat >"$work/found" <<-'X'
		find = (typeof(no_area) *)addr;
		area = ((struct vm_struct *(*)(const void *))addr)(p);
		fn = (void (*)(void))la_symbols_address("f");
		fn = (void *)la_symbols_address("f");
		fn = (la_symbol_fn)la_symbols_address("f");
		f = (void *)kp.addr;
		start = la_symbols_address("f");
		fn = (void *)start;
		purge = (la_purge_fn *)start;
		fn = (typeof(no_area) *)
			addr;
		fn = (void *)
			la_symbols_address("f");
		if (start)
			return ((la_purge_fn *)start)(p);
	X
	cat >"$work/not_found" <<-'X'
		static_call_update(la_find_area, (typeof(no_area) *)addr);
		static_call_update(la_find_area,
				   (typeof(no_area) *)addr);
		bus = (struct bus_type *)la_symbols_address("virtio_bus");
		types[i].fops = (const void *)la_symbols_address("socket_file_ops");
		la_read(base + offset, (void *)word);
		/* No (void *)kp.addr. */
		start = la_symbols_address("f");
		lock = (spinlock_t *)start;
		number = (unsigned long)start;
		if (known)
			start = 0;
	X
	ktap_expect "calls found among planted lines" is "1 2 3 4 5 6 8 9 10 12 14" \
		"$(called_by_address "$work/found" | cut -d: -f2 | paste -sd ' ')" \
		"a check that finds nothing proves nothing"
	ktap_expect "calls found where there is none" is "" "$(called_by_address "$work/not_found")"
	# shellcheck disable=SC2046 # one word a file
	called_by_address $(files '^module/.*\.[ch]$') >"$work/findings" || :
	if [ -s "$work/findings" ]; then
		head -n 20 "$work/findings" | ktap_diag
		ktap_fail "expected that what was looked up is called through static calls alone"
	fi
}

# What traced.c stands on: with a frame it would not recognize what events.c learns.
# Where handlers can be preempted it is functions that they call which have none.
frameless()
{
	quiet build_all
	ko=$("$top/scripts/kbuild.sh" --kernel "$version" --print)/module/leakacct.ko
	for function in kmalloced cache_alloced object_freed page_allocated page_freed; do
		objdump -d --no-show-raw-insn --disassemble="$function" "$ko"
	done >"$work/handlers"
	grep -q '^[0-9a-f]* <kmalloced>:' "$work/handlers" ||
		for function in on_kmalloc on_kmem_cache_alloc on_kfree on_kmem_cache_free \
			on_page_alloc on_page_free; do
			objdump -d --no-show-raw-insn --disassemble="$function" "$ko"
		done >"$work/handlers"
	grep -q 'incq' "$work/handlers" ||
		ktap_fail "expected handlers in $ko"
	nowhere '[[:blank:]](push|call|sub .*,%rsp)' "$work/handlers" ||
		ktap_fail "expected handlers without a frame"
}

leftovers()
{
	# The pattern is written so that it does not match itself.
	# shellcheck disable=SC2046 # one word a file
	nowhere '\<([T]ODO|[F]IXME|[X]XX|[H]ACK)\>|<{7} |>{7} ' $(cat "$work/files") ||
		ktap_fail "expected no note of work left undone"
}

places()
{
	# shellcheck disable=SC2046 # one word a file
	nowhere '[a-z0-9.-]+\.([d]ebian|[u]buntu)\.(org|com)|://[^ ]*/([d]ebian|[u]buntu)\>|(^|[^A-Za-z0-9_.$}])/([h]ome|[w]ork|[b]uilddir)/' \
		$(cat "$work/files") ||
		ktap_fail "expected no package host and no path of one machine"
}

licences()
{
	while read -r file; do
		case $file in
		*.rst | *.md | COPYING | *.gitignore | .checkpatch.conf | */settings | */config) continue ;;
		*.txt | */data/* | */fixtures/* | */corpus/*)	continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' ||
			ktap_fail "expected an SPDX line at the top of $file, got: $(head -n 1 "$file")"
	done <"$work/files"
}

blanks()
{
	# shellcheck disable=SC2046 # one word a file
	nowhere '[[:blank:]]+$' $(grep -Ev '\.(txt|md|rst)$|/(data|fixtures|corpus)/|splats\.deny$' "$work/files") ||
		ktap_fail "expected no blanks at the end of a line"
}

cases="
warnings:the modules build without a warning (W=1)
sparse_check:sparse finds nothing
run_checkpatch:checkpatch --strict finds nothing
kernel_doc:kernel-doc finds nothing
shell_check:shellcheck finds nothing
spelling:codespell finds nothing
cpp_check:cppcheck finds nothing in the reader
man_page:mandoc finds nothing in the man page
kernel_versions:kernel versions are named in module/compat alone
resolved_calls:looked up functions are called through static calls alone
frameless:the handlers of hot events have no frame
leftovers:nothing is left undone
places:no package host and no machine's path is named
licences:each file names its licence
blanks:no line ends in blanks
"

chosen()
{
	[ -n "$only" ] || return 0
	for prefix in $only; do
		case $1 in
		"$prefix"*)	return 0 ;;
		esac
	done
	return 1
}

echo "$cases" | while IFS=: read -r function name; do
	[ -z "$function" ] || ! chosen "$function" || echo "$function:$name"
done >"$work/cases"

ktap_plan "$(wc -l <"$work/cases")"
while IFS=: read -r function name <&4; do
	case $function in
	run_checkpatch | kernel_doc | shell_check | spelling | cpp_check | man_page)
		ktap_case "$name" quiet "$function"
		;;
	*)	ktap_case "$name" "$function"
		;;
	esac
done 4<"$work/cases"
ktap_end
