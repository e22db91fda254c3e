#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each byte is counted once, by every class. leakacct is there before the load. Then the leaker
# takes memory of all classes at once, by each path, while processes, files and allocations by
# all paths come and go; later it gives all back. What each class has grown by is what the
# kernel's own counter of it has grown by, no more and no less than a bound, both times:
#
#	slab	active objects of slabinfo, times their size, when caches are shrunk; each cache
#	large	Slab less the pages of all slabs
#	vmalloc	VmallocUsed
#	percpu	Percpu
#	page	the ghost: what no counter claims, and so not what the four above do
#
# One form, the same in make check and make check-all.
#
# Red when: large kmallocs, areas or chunks count as pages as well, or slabs as large ones; a
# class is left out; a slot counts as what was asked for of it; an area's last page is forgotten.
#
# Timeout: 200
. ./_ktap.sh
. ./_leakacct.sh
. ./_reconcile.sh

classes="slab large vmalloc percpu page"
cpus=$(grep -c ^processor /proc/cpuinfo)

# Bytes of a class that both may differ by, of memory that is somebody else's.
#
# slab: of the slabs that a CPU has for itself slabinfo counts the free objects as live. When
# caches were just shrunk few have such, of at most 32 kB on each CPU; sixteen caches.
# large: Slab and the slabs are read one after the other; sixteen slabs may come between.
# vmalloc: the stacks of who reads, and two that each CPU keeps for the next task.
# percpu: chunks have whole pages for all CPUs; four are kept free in advance, and as many are
# begun. When all is given back the kernel keeps some: kept_percpu.
# page: each reading of the ghost has its own bound; upper page tables have no counter.
bound()
{
	case $1 in
	slab)	 echo $((16 * 32768 * cpus)) ;;
	large)	 echo $((16 * 32768)) ;;
	vmalloc) echo $((16384 * (2 * cpus + 12))) ;;
	percpu)	 echo $((8 * 4096 * cpus + $2)) ;;
	page)	 page_bound ;;
	esac
}

# Bytes of percpu memory that the kernel may keep when all is given back: a chunk, with the pages
# that it has. Without a list of chunks to be emptied each in which anybody has an area, so all.
kept_percpu()
{
	if grep -q ' pcpu_to_depopulate_slot$' /proc/kallsyms; then
		unit=$(dmesg | sed -n 's/.*percpu: Embedded .* u\([0-9]*\).*/\1/p' | tail -n 1)
		echo $((cpus * unit))
	else
		echo $(($(planted percpu) * 11 / 10))
	fi
}

# At least so many bytes are planted of a class.
planted()
{
	case $1 in
	percpu)	echo 5000000 ;;
	*)	echo 30000000 ;;
	esac
}

plant()
{
	leaker_run leak all 1000
	insmod ./la_sizes.ko times=3 || ktap_fail "expected room for la_sizes"
	leaker_run leak all_vmalloc 300
	leaker_run leak all_percpu 40000
	leaker_run leak all_page 200
}

# give_back WHAT...
give_back()
{
	for what in "$@"; do
		leaker_run free "$what"
	done
	rmmod la_sizes
}

# What comes and goes.
load_all()
{
	for _ in $(seq 60); do
		/bin/busybox true
	done
	mkdir "$ktap_tmp/tree"
	awk -v dir="$ktap_tmp/tree" 'BEGIN {
		for (i = 0; i < 400; i++) {
			file = dir "/" i
			printf "%" i * 20 "s", i >file
			close(file)
		}
	}'
	tar cf "$ktap_tmp/tree.tar" -C "$ktap_tmp/tree" .
	rm -r "$ktap_tmp/tree" "$ktap_tmp/tree.tar"
	for path in kmalloc_variable kmalloc_large kmem_cache_alloc kmem_cache_alloc_bulk kfree_rcu \
		krealloc_moving kfree_bulk; do
		leaker_run churn "$path" 1000
	done
	for path in vmalloc vzalloc kvfree alloc_percpu alloc_pages_3 split_page_half page_frag; do
		leaker_run churn "$path" 100
	done
}

# grown ROUND: "CLASS LEAKACCT KERNEL" since round 0, in bytes; and "CLASS/CACHE ..." in objects
# of each cache, with the objects of a slab behind.
grown()
{
	awk '
		function class_of(name) { return name ~ /^(large|page|vmalloc|percpu)$/ ? name : "slab" }
		FNR == 1 { sign = file++ ? 1 : -1 }
		$1 == "caller" { next }
		{ class = class_of($2) }
		{ bytes[$1, class] += sign * $4 }
		class == "slab" {
			caches[$2]
			objects[$1, $2] += sign * $3
		}
		class == "slab" && $1 == "kernel" { per_slab[$2] = $5 }
		END {
			split("slab large vmalloc percpu page", classes)
			for (i in classes)
				printf "%s %.0f %.0f\n", classes[i], bytes["cache", classes[i]],
					bytes["kernel", classes[i]]
			for (name in caches)
				print "slab/" name, objects["cache", name] + 0,
					objects["kernel", name] + 0, per_slab[name] + 0
		}' "$ktap_tmp/round0" "$ktap_tmp/round$1" >"$ktap_tmp/grown$1"
}

# One round before, so that leakacct's own table is as large as it gets. Percpu areas stay from
# it, in chunks that are full: what comes needs new pages.
rounds()
{
	plant
	load_all
	give_back all all_vmalloc all_page
	drain
	save 0
	heals=$(stat heals)
	plant
	load_all
	drain
	save 1
	give_back all all_vmalloc all_page all_percpu
	load_all
	drain
	save 2
	grown 1
	grown 2
	few_are_refused
	ktap_expect "heals" eq "$heals" "$(stat heals)" "no free was missed"
	ktap_diag "frees of what is older than the load, or not known: $(stat unknown_frees)"
	for class in $classes; do
		read -r _ ours _ <<-X
		$(grep "^$class " "$ktap_tmp/grown1")
		X
		ktap_expect "bytes of class $class" ge "$(planted "$class")" "$ours" \
			"so much was planted at least"
	done
}

# agrees CLASS ROUND [MORE]: the class has grown as the kernel says, but for the bound.
agrees()
{
	read -r _ ours theirs <<-X
	$(grep "^$1 " "$ktap_tmp/grown$2")
	X
	limit=$(bound "$1" "${3:-0}")
	ktap_diag "$1: $ours bytes, the kernel counts $theirs: off by $((ours - theirs)) of $limit"
	ktap_expect "bytes of class $1 beyond the kernel's" le "$limit" $((ours - theirs)) \
		"each is counted once"
	ktap_expect "bytes of class $1 beyond the kernel's" ge "-$limit" $((ours - theirs)) \
		"none is left out"
}

# slab_file CACHE FILE: a number, 0 where there is none.
slab_file()
{
	number=0
	{ read -r number <"/sys/kernel/slab/${1#slab/}/$2"; } 2>/dev/null
	echo "$number"
}

# What each CPU may have of a cache that is free and counts as live: its slab, and those that are
# partly free, or three sheaves. Or what the machine itself allocates between two readings.
# Before 5.16 a slab that is partly free counts by what was free of it when it came there: it can
# be all free by now.
limit_of()
{
	limit=$((2 * ($2 + $(slab_file "$1" cpu_partial)) + 3 * $(slab_file "$1" sheaf_capacity)))
	case $(uname -r) in
	5.*)	limit=$(($2 * (1 + $(slab_file "$1" cpu_partial)))) ;;
	esac
	limit=$((limit * cpus))
	[ "$limit" -ge 128 ] || limit=128
}

caches_agree()
{
	grep '^slab/' "$ktap_tmp/grown$1" >"$ktap_tmp/caches"
	ktap_expect "caches" ge 20 "$(wc -l <"$ktap_tmp/caches")" "a kernel has that many"
	while read -r name ours theirs per_slab; do
		limit_of "$name" "$per_slab"
		off=$((ours - theirs))
		[ "${off#-}" -le 64 ] || ktap_diag "$name: $ours objects, in slabinfo $theirs"
		ktap_expect "objects of $name beyond slabinfo's" le "$limit" "${off#-}" \
			"it has grown by $ours, in slabinfo by $theirs"
	done <"$ktap_tmp/caches"
}

! has_quarantine || ktap_skip_all "KASAN keeps what is freed, and slabinfo counts it"
ktap_plan 13
load
insmod ./la_leaker.ko
ktap_case "memory of all classes is taken beside load, and given back" rounds
for class in $classes; do
	ktap_case "planted, $class has grown as the kernel counts" agrees "$class" 1
done
ktap_case "planted, each cache has grown as slabinfo counts" caches_agree 1
for class in $classes; do
	ktap_case "given back, $class has shrunk as the kernel counts" agrees "$class" 2 "$(kept_percpu)"
done
ktap_case "given back, each cache has shrunk as slabinfo counts" caches_agree 2
ktap_end
