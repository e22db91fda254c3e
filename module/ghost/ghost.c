// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ghost: the kernel's counters, read into a ledger.
 *
 * Zone and node counters are read with their per-CPU remainders added (the
 * totals alone lag by up to 125 pages per CPU and item), with no walk of pages.
 * All are read twice at least: by what moved in between they can be off. Functions and
 * data that are not exported are found by symbol; what a kernel does not have stays
 * unknown, and the file says so.
 */
#include "ghost.h"

#include <linux/hugetlb.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/static_call.h>
#include <linux/vmstat.h>

#include "balloon.h"
#include "compat.h"
#include "lru_batches.h"
#include "slabs.h"
#include "symbols.h"

/* Readings at most; the two that agree best are taken. */
#define READINGS	5
/* A new slab may be of order 3: pages that are no longer free and not yet a slab's. */
#define PER_OPERATION	8

static unsigned long unknown_count(void)
{
	return 0;
}

/* It returned a long once; no machine has as many tasks. */
static unsigned int unknown_running(void)
{
	return UINT_MAX;
}

DEFINE_STATIC_CALL(la_nr_running, unknown_running);
DEFINE_STATIC_CALL(la_vmalloc_nr_pages, unknown_count);
DEFINE_STATIC_CALL(la_pcpu_nr_pages, unknown_count);
DEFINE_STATIC_CALL(la_hugetlb_total_pages, unknown_count);

static bool has_vmalloc, has_percpu, has_hugetlb;
static const atomic_long_t *poisoned, *memmap;
static const unsigned long *cma_pages;
static const struct hstate *default_huge;
static void *const *huge_zero;
static unsigned long first_chunk_pages;

static DEFINE_MUTEX(mark_mutex);
static struct la_ledger marked;
static u64 marked_at;

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

static const struct hstate *find_default_huge(void)
{
#ifdef CONFIG_HUGETLB_PAGE
	const struct hstate *all = (const struct hstate *)la_symbols_address("hstates");
	unsigned long addr;

	if (all && find("default_hstate_idx", &addr))
		return &all[*(const unsigned int *)addr];
#endif
	return NULL;
}

static void find_data(void)
{
	poisoned = (const atomic_long_t *)la_symbols_address("num_poisoned_pages");
	memmap = (const atomic_long_t *)la_symbols_address("nr_memmap_pages");
	cma_pages = (const unsigned long *)la_symbols_address("totalcma_pages");
	huge_zero = (void *const *)(la_symbols_address("huge_zero_folio") ?:
				    la_symbols_address("huge_zero_page"));
	default_huge = find_default_huge();
	first_chunk_pages = first_chunk();
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
	if (find("nr_running", &addr))
		static_call_update(la_nr_running, (typeof(unknown_running) *)addr);
	find_data();
	la_lru_batches_init();
}

/*
 * One item of a zone, with what CPUs have not folded in yet. Not from the totals:
 * a CPU folds into its zones one after the other, and into the totals last.
 */
static s64 zone_item(struct zone *zone, int item)
{
	s64 sum = atomic_long_read(&zone->vm_stat[item]);
	int cpu;

	for_each_online_cpu(cpu)
		sum += la_compat_zone_diff(zone, cpu, item);
	return sum;
}

/* Over all zones that have memory; for_each_populated_zone() is not for modules. */
static s64 sum_zones(s64 (*of)(struct zone *zone, int item), int item)
{
	s64 sum = 0;
	int nid, z;

	for_each_online_node(nid) {
		for (z = 0; z < MAX_NR_ZONES; z++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			if (populated_zone(zone))
				sum += of(zone, item);
		}
	}
	return sum;
}

static s64 zone_sum(enum zone_stat_item item)
{
	return sum_zones(zone_item, item);
}

static s64 node_sum(enum node_stat_item item)
{
	s64 sum = 0;
	int nid, cpu;

	for_each_online_node(nid) {
		sum += atomic_long_read(&NODE_DATA(nid)->vm_stat[item]);
		for_each_online_cpu(cpu)
			sum += per_cpu_ptr(NODE_DATA(nid)->per_cpu_nodestats,
					   cpu)->vm_node_stat_diff[item];
	}
	return sum;
}

/* Free pages on the lists of CPUs: in no line of meminfo. */
static s64 pcp_free(struct zone *zone, int unused)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += la_compat_pcp_count(zone, cpu);
	return sum;
}

/* The largest batch of pages that a CPU moves between its lists and a zone's. */
static s64 pcp_batch(void)
{
	s64 most = 0;
	int nid, z;

	for_each_online_node(nid) {
		for (z = 0; z < MAX_NR_ZONES; z++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			if (populated_zone(zone))
				most = max_t(s64, most, la_compat_pcp_batch(zone));
		}
	}
	return most;
}

/*
 * Free pages of blocks that are isolated, because they are to go offline or to somebody who
 * takes a large range, stay on the zone's lists, in which all are counted, but are in
 * NR_FREE_PAGES no more. Both change under the lock.
 */
static s64 isolated_free(struct zone *zone, int unused)
{
	s64 pages = 0;
#ifdef CONFIG_MEMORY_ISOLATION
	unsigned long flags;
	unsigned int order;

	if (!READ_ONCE(zone->nr_isolate_pageblock))
		return 0;
	spin_lock_irqsave(&zone->lock, flags);
	for (order = 0; order < ARRAY_SIZE(zone->free_area); order++)
		pages += (s64)zone->free_area[order].nr_free << order;
	pages -= zone_item(zone, NR_FREE_PAGES);
#if defined(LA_HAS_NR_UNACCEPTED) && defined(CONFIG_UNACCEPTED_MEMORY)
	pages += zone_item(zone, NR_UNACCEPTED);
#endif
	spin_unlock_irqrestore(&zone->lock, flags);
#endif
	return pages;
}

static s64 pagetables_sum(void)
{
	/* The item is of the one enum or the other. */
	return LA_COMPAT_PAGETABLE_IN_ZONES ? zone_sum((enum zone_stat_item)NR_PAGETABLE) :
					      node_sum((enum node_stat_item)NR_PAGETABLE);
}

static void read_free(struct la_ledger *l)
{
	la_ledger_set(l, LA_TERM_FREE, zone_sum(NR_FREE_PAGES));
	la_ledger_set(l, LA_TERM_PCP_FREE, sum_zones(pcp_free, 0));
	la_ledger_set(l, LA_TERM_FREE_ISOLATED, sum_zones(isolated_free, 0));
#ifdef CONFIG_CMA
	la_ledger_tell(l, LA_INFO_CMA_FREE, zone_sum(NR_FREE_CMA_PAGES));
#endif
	if (cma_pages)
		la_ledger_tell(l, LA_INFO_CMA, *cma_pages);
#if defined(LA_HAS_NR_UNACCEPTED) && defined(CONFIG_UNACCEPTED_MEMORY)
	la_ledger_tell(l, LA_INFO_UNACCEPTED, zone_sum(NR_UNACCEPTED));
#endif
}

static void read_user(struct la_ledger *l)
{
	s64 waiting;

	l->active = node_sum(NR_ACTIVE_ANON) + node_sum(NR_ACTIVE_FILE);
	l->inactive = node_sum(NR_INACTIVE_ANON) + node_sum(NR_INACTIVE_FILE);
	l->unevictable = node_sum(NR_UNEVICTABLE);
	la_ledger_set(l, LA_TERM_LRU, l->active + l->inactive + l->unevictable);
	if (la_lru_batches_read(&waiting))
		la_ledger_set(l, LA_TERM_LRU_BATCHES, waiting);
	la_ledger_set(l, LA_TERM_ISOLATED,
		      node_sum(NR_ISOLATED_ANON) + node_sum(NR_ISOLATED_FILE));
	la_ledger_tell(l, LA_INFO_MAPPED, node_sum(NR_FILE_PAGES) + node_sum(NR_ANON_MAPPED));
	la_ledger_tell(l, LA_INFO_PINNED,
		       node_sum(NR_FOLL_PIN_ACQUIRED) - node_sum(NR_FOLL_PIN_RELEASED));
	if (has_hugetlb)
		la_ledger_set(l, LA_TERM_HUGETLB, static_call(la_hugetlb_total_pages)());
#ifdef CONFIG_HUGETLB_PAGE
	if (default_huge)
		l->hugepages = (s64)READ_ONCE(default_huge->nr_huge_pages) <<
			       huge_page_order((struct hstate *)default_huge);
#endif
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	if (huge_zero)
		la_ledger_set(l, LA_TERM_HUGE_ZERO, READ_ONCE(*huge_zero) ? HPAGE_PMD_NR : 0);
#else
	la_ledger_set(l, LA_TERM_HUGE_ZERO, 0);
#endif
}

static void read_kernel(struct la_ledger *l)
{
	s64 stacks = node_sum(NR_KERNEL_STACK_KB) / (s64)(PAGE_SIZE / 1024);

	la_ledger_set(l, LA_TERM_SLAB, node_sum(NR_SLAB_RECLAIMABLE_B) +
				       node_sum(NR_SLAB_UNRECLAIMABLE_B));
#ifdef LA_HAS_NR_VMALLOC
	la_ledger_set(l, LA_TERM_VMALLOC, node_sum(NR_VMALLOC));
#else
	if (has_vmalloc)
		la_ledger_set(l, LA_TERM_VMALLOC, static_call(la_vmalloc_nr_pages)());
#endif
	la_ledger_set(l, LA_TERM_STACKS, stacks);
	la_ledger_tell(l, LA_INFO_STACKS_IN_VMALLOC, IS_ENABLED(CONFIG_VMAP_STACK) ? stacks : 0);
	la_ledger_set(l, LA_TERM_PAGETABLES, pagetables_sum());
#ifdef LA_HAS_NR_SECONDARY_PAGETABLE
	la_ledger_set(l, LA_TERM_SEC_PAGETABLES, node_sum(NR_SECONDARY_PAGETABLE));
#endif
#if defined(LA_HAS_NR_IOMMU_PAGES) && defined(CONFIG_IOMMU_SUPPORT)
	la_ledger_tell(l, LA_INFO_IOMMU, node_sum(NR_IOMMU_PAGES));
#endif
	if (has_percpu)
		la_ledger_set(l, LA_TERM_PERCPU, static_call(la_pcpu_nr_pages)());
	if (first_chunk_pages)
		la_ledger_tell(l, LA_INFO_FIRST_CHUNK, first_chunk_pages);
}

static void read_balloon(struct la_ledger *l)
{
	s64 inflated, within, taken;

#ifdef LA_HAS_NR_BALLOON_PAGES
	inflated = node_sum(NR_BALLOON_PAGES);
#else
	if (!la_balloon_events(&inflated))
		return;
#endif
	if (!la_balloon_read(inflated, &within, &taken))
		return;
	la_ledger_set(l, LA_TERM_BALLOON, within);
	la_ledger_tell(l, LA_INFO_BALLOON_OUT, taken);
}

static void read_drivers(struct la_ledger *l)
{
	la_ledger_set(l, LA_TERM_MISC, node_sum(NR_KERNEL_MISC_RECLAIMABLE));
#if IS_ENABLED(CONFIG_ZSMALLOC)
	la_ledger_set(l, LA_TERM_ZSMALLOC, zone_sum(NR_ZSPAGES));
#endif
#ifdef LA_HAS_NR_GPU_ACTIVE
	la_ledger_set(l, LA_TERM_GPU_ACTIVE, node_sum(NR_GPU_ACTIVE));
	la_ledger_set(l, LA_TERM_GPU_RECLAIM, node_sum(NR_GPU_RECLAIM));
#endif
	if (memmap)
		la_ledger_set(l, LA_TERM_MEMMAP, atomic_long_read(memmap));
#ifdef LA_HAS_NR_BOUNCE
	la_ledger_set(l, LA_TERM_BOUNCE, zone_sum(NR_BOUNCE));
#endif
#ifdef LA_HAS_NR_WRITEBACK_TEMP
	la_ledger_set(l, LA_TERM_WRITEBACK_TEMP, node_sum(NR_WRITEBACK_TEMP));
#endif
	if (poisoned)
		la_ledger_set(l, LA_TERM_POISONED, atomic_long_read(poisoned));
}

static void read_once(struct la_ledger *l)
{
	memset(l, 0, sizeof(*l));
	l->total = totalram_pages();
	read_free(l);
	read_user(l);
	read_kernel(l);
	read_balloon(l);
	read_drivers(l);
}

/*
 * Pages that are no longer under one counter and not yet under the next. Any CPU may have
 * begun a new slab; one that runs a task now, other than this one, may be moving a batch.
 */
static s64 in_flight(void)
{
	s64 cpus = num_online_cpus();
	s64 others = max_t(s64, static_call(la_nr_running)(), 1) - 1;

	return cpus * PER_OPERATION + min(others, cpus) * pcp_batch();
}

/**
 * la_ghost_read() - read the counters of now
 * @l: the result
 *
 * Context: process.
 */
void la_ghost_read(struct la_ledger *l)
{
	struct la_ledger now, before;
	s64 moved, least = S64_MAX;
	unsigned int i;

	read_once(&before);
	for (i = 1; i < READINGS && least; i++) {
		read_once(&now);
		moved = la_ledger_moved(&before, &now);
		if (moved < least || i == 1) {
			least = moved;
			*l = now;
		}
		before = now;
	}
	l->skew = least;
	l->batches = la_lru_batches_unread();
	l->in_flight = in_flight();
	l->rounding = !IS_ENABLED(CONFIG_VMAP_STACK);
}

/**
 * la_ghost_read_within() - read what lies within terms, and takes a lock to know
 * @l: of la_ghost_read()
 *
 * Context: process, may sleep.
 */
void la_ghost_read_within(struct la_ledger *l)
{
	s64 slabs;

	if (!la_slabs_pages(&slabs))
		la_ledger_tell(l, LA_INFO_LARGE_KMALLOC, l->terms[LA_TERM_SLAB] - slabs);
}

/**
 * la_ghost_mark() - keep the ledger of now
 *
 * Context: process, may sleep.
 */
void la_ghost_mark(void)
{
	mutex_lock(&mark_mutex);
	la_ghost_read(&marked);
	marked_at = ktime_get_boottime_ns();
	mutex_unlock(&mark_mutex);
}

/**
 * la_ghost_forget() - there is no such ledger any more
 *
 * Context: process, may sleep.
 */
void la_ghost_forget(void)
{
	mutex_lock(&mark_mutex);
	marked_at = 0;
	mutex_unlock(&mark_mutex);
}

/**
 * la_ghost_marked() - the ledger that was kept
 * @since: the result
 * @age_ms: gets its age
 *
 * Context: process, may sleep.
 * Return: false if there is none.
 */
bool la_ghost_marked(struct la_ledger *since, u64 *age_ms)
{
	bool is_marked;

	mutex_lock(&mark_mutex);
	is_marked = marked_at;
	*since = marked;
	*age_ms = div_u64(ktime_get_boottime_ns() - marked_at, NSEC_PER_MSEC);
	mutex_unlock(&mark_mutex);
	return is_marked;
}

/**
 * la_ghost_node_sum() - one counter of nodes, with what CPUs have not folded in yet
 * @item: which
 */
s64 la_ghost_node_sum(enum node_stat_item item)
{
	return node_sum(item);
}
