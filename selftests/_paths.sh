# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Cases for each path of the leaker. Sourced after _leakacct.sh.
# shellcheck disable=SC2154 # its variables and those of _ktap.sh

# paths_of CLASS: what the cases are about: slab, with large kmallocs; page, vmalloc or
# percpu. A path that a kernel has not is skipped.
paths_of()
{
	all=all_$1
	# Blocks of pages and areas take their time: fewer, but for the long form.
	many=1000
	case $1 in page | vmalloc) many=${LEAKACCT_LONG:+1000} ;; esac
	: "${many:=300}"
	case $1 in
	slab)
		all=all
		paths="kmalloc_const kmalloc_variable kmalloc_node kmalloc_node_const
			kmalloc_track_caller kmemdup kvzalloc
			kmalloc_large kmalloc_large_node
			kmalloc_large_variable kvmalloc_small kvmalloc_large kvmalloc_mib
			kvrealloc kmem_cache_alloc kmem_cache_alloc_lru
			kmem_cache_alloc_node kmem_cache_alloc_from_sheaf
			kmem_cache_alloc_bulk kmem_cache_free_of_bulk
			kmalloc_nolock krealloc_moving
			krealloc_in_place kfree kfree_of_cache kmem_cache_free
			kmem_cache_free_bulk kfree_bulk kfree_rcu kfree_rcu_large
			kfree_rcu_nolock kfree_rcu_nolock_large kvfree_rcu"
		;;
	page)
		paths="alloc_page alloc_pages_1 alloc_pages_2 alloc_pages_3 alloc_pages_4
			alloc_pages_5 alloc_pages_6 alloc_pages_7 alloc_pages_8 alloc_pages_9
			alloc_pages_10 alloc_pages_compound alloc_pages_node get_free_pages get_zeroed_page
			alloc_pages_exact split_page split_page_half extra_reference
			bulk_array bulk_list alloc_contig_range alloc_contig_pages
			contig_frozen_pages alloc_pages_nolock release_pages vmap page_frag"
		;;
	vmalloc)
		paths="vmalloc vzalloc vmalloc_node vmalloc_gfp kvmalloc kvfree
			vfree_in_interrupt kvfree_rcu_of_area vrealloc"
		;;
	percpu)
		paths="alloc_percpu alloc_percpu_atomic"
		;;
	esac
	# shellcheck disable=SC2034,SC2086 # for the tests; a list of words
	nr_paths=$(set -- $paths && echo $#)
}
paths_of slab

# expected: what the leaker did, with the bytes that slots take here.
expected()
{
	while read -r path function objects bytes requested allocs frees slot class rest; do
		case $class in
		slab | large) bytes=$((objects * $(slot_of "$slot" la_leaker_72 la_leaker_136))) ;;
		esac
		[ "$path" = "#" ] ||
			echo "$path $function $objects $bytes $requested $allocs $frees $slot $class $rest"
	done <"$leaker/expect"
}

# What leakacct shows of the leaker's functions, beside what the leaker did:
#	PATH WHAT EXPECTED GOT
# What an area is made of belongs to the area, but for slab objects: those are the
# kernel's notes of it, which are objects of their own.
compare_paths()
{
	query callers module=la_leaker rows=0 since_mark=0 >"$ktap_tmp/callers"
	expected >"$ktap_tmp/expect"
	awk '
		FNR == 1 { file++ }
		file == 1 && FNR == 2 {
			for (i = 2; i <= NF; i++)
				place[$i] = i - 1
		}
		/^#/ { next }
		file == 1 {
			name = $9
			sub(/^leak_/, "", name)
			sub(/\+.*/, "", name)
			class = $place["class"]
			for (what in place)
				got[name, class, what] += $place[what]
			if (!index(classes[name], class " "))
				classes[name] = classes[name] class " "
			next
		}
		# One object, or the pieces of it that leakacct knows apart.
		function compare_objects(	n)
		{
			n = got[$1, $9, "objects"] + 0
			print $1, "objects", (n > $3 && n <= $3 * $11 ? n : $3), n
		}
		# Where huge pages that it tries first can not be had, kvmalloc() begins anew with
		# small ones, and a second array of them: one more of its two.
		function compare_allocs(	n)
		{
			n = got[$1, $9, "allocs"] + 0
			print $1, "allocs", ($1 == "kvmalloc" && n > $6 && n <= $6 * 3 / 2 ? n : $6), n
		}
		{
			compare_objects()
			print $1, "bytes", $4, got[$1, $9, "bytes"] + 0
			print $1, "requested", $5, got[$1, $9, "requested"] + 0
			if ($3) {
				compare_allocs()
				seen = classes[$1]
				if ($9 != "slab" && $9 != "large")
					sub(/slab /, "", seen)
				sub(/ $/, "", seen)
				print $1, "class", $9, seen
			}
		}' "$ktap_tmp/callers" "$ktap_tmp/expect" >"$ktap_tmp/compared"
}

# What a worker frees is live until it came to that.
compare_paths_settled()
{
	ktap_poll 10 paths_agree || compare_paths
}

paths_agree()
{
	compare_paths
	for path in $paths; do
		grep "^$path " "$ktap_tmp/compared"
	done | awk '$3 != $4 { exit 1 }'
}

# may_lack PATH: what is not in the tested kernels. Another one may lack what it likes.
may_lack()
{
	newer="kmalloc_nolock kmem_cache_alloc_from_sheaf kfree_rcu_nolock kfree_rcu_nolock_large
		alloc_pages_nolock alloc_contig_pages contig_frozen_pages"
	case $(uname -r) in
	5.10.*)	newer="bulk_array bulk_list kmem_cache_alloc_lru kfree_rcu_large
			kvrealloc vrealloc $newer" ;;
	6.1.*)	newer="kvrealloc vrealloc $newer" ;;
	6.12.*)	;;
	7.3.*)	newer=bulk_list ;;
	*)	return 0 ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	printf '%s\n' $newer | grep -qx "$1"
}

# path_agrees PATH N: N objects live, or as many as it may have; what was compared is equal.
path_agrees()
{
	path=$1
	wanted=$2
	if ! grep "^$path " "$ktap_tmp/expect" >"$ktap_tmp/line"; then
		may_lack "$path" || ktap_fail "expected that the leaker has $path" || return
		ktap_skip "this kernel has no $path"
		return 4
	fi
	read -r _ _ objects _ _ _ _ _ _ most _ <"$ktap_tmp/line"
	[ "$most" -eq 0 ] || [ "$most" -gt "$wanted" ] || wanted=$most
	ktap_expect "objects of $path, as the leaker says" eq "$wanted" "$objects" "so many were asked of it"
	grep "^$path " "$ktap_tmp/compared" >"$ktap_tmp/lines" || ktap_fail "expected path $path to be known"
	while read -r path what want got; do
		ktap_expect "$what of leak_$path" is "$want" "$got" \
			"that is what the leaker did, of slots as large as the kernel says"
	done <"$ktap_tmp/lines"
}

# Leaks so many objects by each path, less by a few that are large or scarce: a case a path.
leaks_are_exact()
{
	leaker_run leak "$all" "$many"
	compare_paths_settled
	for path in $paths; do
		ktap_case "$many leaks by $path are $many live objects$1" path_agrees "$path" "$many"
	done
}

# Frees them and then churns: a case a path. One object of each stays, so that a
# row that is missing is not taken for one of no objects.
frees_are_exact()
{
	leaker_run free "$all"
	leaker_run leak "$all" 1
	leaker_run churn "$all" "$many"
	compare_paths_settled
	for path in $paths; do
		ktap_case "$many freed again by $path leave no live object$1" path_agrees "$path" 1
	done
	leaker_run free "$all"
}

no_rows()
{
	query callers module=la_leaker rows=0 since_mark=0 >"$ktap_tmp/callers"
	[ -z "$(column caller <"$ktap_tmp/callers")" ]
}

nothing_left()
{
	ktap_poll 10 no_rows
	ktap_expect "rows of the leaker" is "" "$(column caller <"$ktap_tmp/callers")" \
		"all that it ever allocated is freed"
}

# All of the above, with the hooks that there are; in the long form with kprobes as well. So
# many cases:
live_objects_cases()
{
	echo $(((nr_paths * 2 + 1) * (${LEAKACCT_LONG:+1} + 1)))
}

live_objects_are_exact()
{
	load
	insmod ./la_leaker.ko
	leaks_are_exact ""
	frees_are_exact ""
	ktap_case "a leaker that has freed everything has no rows" nothing_left
	[ -n "${LEAKACCT_LONG:-}" ] || return 0
	reload hooks=kprobe
	# It counts from its load on.
	rmmod la_leaker
	insmod ./la_leaker.ko
	leaks_are_exact ", with kprobes"
	frees_are_exact ", with kprobes"
	ktap_case "a leaker that has freed everything has no rows, with kprobes" nothing_left
}
