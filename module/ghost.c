// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ghost: the kernel's counters, read into a ledger.
 *
 * Zone and node counters are read with their per-CPU remainders added (the
 * totals alone lag by up to 125 pages per CPU and item), all in one pass with
 * no walk of pages. Functions and data that are not exported are found by
 * symbol; what a kernel does not have stays unknown, and the file says so.
 */
#include "ghost.h"

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/static_call.h>
#include <linux/vmstat.h>

#include "compat.h"
#include "symbols.h"

/* A batch of 15 folios per CPU waits to be put on the LRU lists. */
#define LRU_BATCH	15
/* Counters of one moment are read a few microseconds apart. */
#define SKEW_PER_CPU	32

static unsigned long unknown_count(void)
{
	return 0;
}

DEFINE_STATIC_CALL(la_vmalloc_nr_pages, unknown_count);
DEFINE_STATIC_CALL(la_pcpu_nr_pages, unknown_count);
DEFINE_STATIC_CALL(la_hugetlb_total_pages, unknown_count);

static bool has_vmalloc, has_percpu, has_hugetlb;
static const atomic_long_t *poisoned;
static unsigned long first_chunk_pages;

static bool find(const char *name, unsigned long *addr)
{
	*addr = la_symbols_address(name);
	return *addr;
}

/*
 * What pcpu_setup_first_chunk() adds to pcpu_nr_populated, times the units: the
 * static areas, the modules' reserve, and the dynamic one, rounded up to pages. It
 * is memblock memory, which MemTotal leaves out.
 */
static unsigned long first_chunk(void)
{
	unsigned long start = la_symbols_address("__per_cpu_start");
	unsigned long end, units, size;

	if (!find("__per_cpu_end", &end) || !find("pcpu_nr_units", &units))
		return 0;
	size = end - start + PERCPU_MODULE_RESERVE + PERCPU_DYNAMIC_RESERVE;
	return PFN_UP(size) * *(const int *)units;
}

/**
 * la_ghost_init() - find what is not exported
 */
void la_ghost_init(void)
{
	unsigned long addr;

	has_vmalloc = find("vmalloc_nr_pages", &addr);
	if (has_vmalloc)
		static_call_update(la_vmalloc_nr_pages, (typeof(unknown_count) *)addr);
	has_percpu = find("pcpu_nr_pages", &addr);
	if (has_percpu)
		static_call_update(la_pcpu_nr_pages, (typeof(unknown_count) *)addr);
	has_hugetlb = find("hugetlb_total_pages", &addr);
	if (has_hugetlb)
		static_call_update(la_hugetlb_total_pages, (typeof(unknown_count) *)addr);
	if (find("num_poisoned_pages", &addr))
		poisoned = (const atomic_long_t *)addr;
	first_chunk_pages = first_chunk();
}

/* One item over all zones, with what CPUs have not folded in yet. */
static s64 zone_sum(enum zone_stat_item item)
{
	s64 sum = global_zone_page_state(item);
	int nid, z, cpu;

	for_each_online_node(nid) {
		for (z = 0; z < MAX_NR_ZONES; z++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			if (!populated_zone(zone))
				continue;
			for_each_online_cpu(cpu)
				sum += la_compat_zone_diff(zone, cpu, item);
		}
	}
	return sum;
}

static s64 node_sum(enum node_stat_item item)
{
	s64 sum = atomic_long_read(&vm_node_stat[item]);
	int nid, cpu;

	for_each_online_node(nid)
		for_each_online_cpu(cpu)
			sum += per_cpu_ptr(NODE_DATA(nid)->per_cpu_nodestats,
					   cpu)->vm_node_stat_diff[item];
	return sum;
}

/* Free pages on the lists of CPUs: in no line of meminfo. */
static s64 pcp_sum(void)
{
	s64 sum = 0;
	int nid, z, cpu;

	for_each_online_node(nid) {
		for (z = 0; z < MAX_NR_ZONES; z++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			if (!populated_zone(zone))
				continue;
			for_each_possible_cpu(cpu)
				sum += la_compat_pcp_count(zone, cpu);
		}
	}
	return sum;
}

static s64 lru_sum(void)
{
	return node_sum(NR_INACTIVE_ANON) + node_sum(NR_ACTIVE_ANON) +
	       node_sum(NR_INACTIVE_FILE) + node_sum(NR_ACTIVE_FILE) +
	       node_sum(NR_UNEVICTABLE);
}

static s64 pagetables_sum(void)
{
	/* The item is of the one enum or the other. */
	return LA_COMPAT_PAGETABLE_IN_ZONES ? zone_sum((enum zone_stat_item)NR_PAGETABLE) :
					      node_sum((enum node_stat_item)NR_PAGETABLE);
}

/**
 * la_ghost_read() - read the counters of now
 * @l: the result
 *
 * Context: process.
 */
void la_ghost_read(struct la_ledger *l)
{
	memset(l, 0, sizeof(*l));
	la_ledger_set(l, LA_TERM_FREE, zone_sum(NR_FREE_PAGES));
	la_ledger_set(l, LA_TERM_PCP_FREE, pcp_sum());
	la_ledger_set(l, LA_TERM_LRU, lru_sum());
	la_ledger_set(l, LA_TERM_ISOLATED,
		      node_sum(NR_ISOLATED_ANON) + node_sum(NR_ISOLATED_FILE));
	la_ledger_set(l, LA_TERM_SLAB, node_sum(NR_SLAB_RECLAIMABLE_B) +
				       node_sum(NR_SLAB_UNRECLAIMABLE_B));
	la_ledger_set(l, LA_TERM_STACKS, node_sum(NR_KERNEL_STACK_KB) / (PAGE_SIZE / 1024));
	la_ledger_set(l, LA_TERM_PAGETABLES, pagetables_sum());
#ifdef LA_HAS_NR_SECONDARY_PAGETABLE
	la_ledger_set(l, LA_TERM_SEC_PAGETABLES, node_sum(NR_SECONDARY_PAGETABLE));
#endif
	la_ledger_set(l, LA_TERM_MISC, node_sum(NR_KERNEL_MISC_RECLAIMABLE));
#if IS_ENABLED(CONFIG_ZSMALLOC)
	la_ledger_set(l, LA_TERM_ZSMALLOC, zone_sum(NR_ZSPAGES));
#endif
#ifdef LA_HAS_NR_VMALLOC
	la_ledger_set(l, LA_TERM_VMALLOC, node_sum(NR_VMALLOC));
#else
	if (has_vmalloc)
		la_ledger_set(l, LA_TERM_VMALLOC, static_call(la_vmalloc_nr_pages)());
#endif
	if (has_percpu)
		la_ledger_set(l, LA_TERM_PERCPU, static_call(la_pcpu_nr_pages)());
	if (has_hugetlb)
		la_ledger_set(l, LA_TERM_HUGETLB, static_call(la_hugetlb_total_pages)());
	if (poisoned)
		la_ledger_set(l, LA_TERM_POISONED, atomic_long_read(poisoned));

	l->total = totalram_pages();
	l->percpu_first_chunk = first_chunk_pages;
	l->stacks_in_vmalloc = IS_ENABLED(CONFIG_VMAP_STACK) ? l->terms[LA_TERM_STACKS] : 0;
	l->bound = (LRU_BATCH + SKEW_PER_CPU) * num_online_cpus();
	l->classic_lru = l->terms[LA_TERM_LRU];
#ifdef LA_HAS_NR_BOUNCE
	l->bounce = zone_sum(NR_BOUNCE);
#endif
	l->hugepages_default = l->terms[LA_TERM_HUGETLB];
}

static const char *const notes[LA_NR_TERMS] = {
	[LA_TERM_FREE]		 = "MemFree",
	[LA_TERM_PCP_FREE]	 = "free pages on per-CPU lists: in no line of meminfo",
	[LA_TERM_LRU]		 = "page cache, anonymous and unevictable memory",
	[LA_TERM_ISOLATED]	 = "taken off the LRU lists for a moment",
	[LA_TERM_SLAB]		 = "Slab, large kmallocs within",
	[LA_TERM_VMALLOC]	 = "VmallocUsed, kernel stacks and module text within",
	[LA_TERM_STACKS]	 = IS_ENABLED(CONFIG_VMAP_STACK) ?
				   "KernelStack: within vmalloc, not added" : "KernelStack",
	[LA_TERM_PAGETABLES]	 = "PageTables",
	[LA_TERM_SEC_PAGETABLES] = "SecPageTables: of virtual machines",
	[LA_TERM_PERCPU]	 = "Percpu, less the first chunk, which is not in MemTotal",
	[LA_TERM_HUGETLB]	 = "huge pages of all sizes",
	[LA_TERM_ZSMALLOC]	 = "compressed swap",
	[LA_TERM_MISC]		 = "KReclaimable beyond SReclaimable",
	[LA_TERM_POISONED]	 = "HardwareCorrupted",
};

/**
 * la_ghost_note() - what a term is, for people
 * @t: the term
 */
const char *la_ghost_note(enum la_term t)
{
	return notes[t];
}
