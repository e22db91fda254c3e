/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: pages, and the counters and lists of the page allocator. See compat.h.
 */
#ifndef LEAKACCT_COMPAT_PAGE_H
#define LEAKACCT_COMPAT_PAGE_H

#include <linux/hugetlb.h>
#include <linux/list.h>
#include <linux/local_lock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "compat_version.h"

#if LA_SINCE(7, 3)
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

/* Functions of the page allocator that hooks=kprobe watches. */
#define LA_COMPAT_UNREF_HAS_ORDER	LA_SINCE(5, 13)
#define LA_COMPAT_BULK_PAGES_HAVE_LIST	(!LA_SINCE(6, 13))
/* It had no function of its own. */
#define LA_COMPAT_HAS_BULK_PAGES	LA_SINCE(5, 13)
#define LA_COMPAT_HAS_CONTIG_RANGE	IS_ENABLED(CONFIG_CONTIG_ALLOC)

/* What free_unref_page_list(), since 6.8 free_unref_folios() is given. */
typedef void (*la_compat_page_fn)(struct page *page, unsigned int order);

static inline void la_compat_visit_freed(unsigned long list, la_compat_page_fn fn)
{
#if LA_SINCE(6, 8)
	struct folio_batch *batch = (void *)list;
	unsigned int i;

	for (i = 0; i < folio_batch_count(batch); i++)
		fn(&batch->folios[i]->page, folio_order(batch->folios[i]));
#else
	struct page *page;

	list_for_each_entry(page, (struct list_head *)list, lru)
		fn(page, 0);
#endif
}

/* Is a block of pages the kernel's, and not a slab's, a user's or another's of these? */
static inline bool la_compat_page_is_kernels(struct page *page)
{
	struct page *head = compound_head(page);
	unsigned long mapping;

	/* Free ones of a CPU's list, unless pages in use can be as few references. */
	if (!LA_SINCE(6, 14) && !page_count(head))
		return false;
	if (PageBuddy(page) || PageReserved(page) || PageSlab(head) || PageTable(page) ||
	    PageOffline(page) || PageHuge(head) || PageLRU(head))
		return false;
	/* On its way to the LRU list or back; a driver's that can be moved has bit 1 alone. */
	mapping = (unsigned long)READ_ONCE(head->mapping);
	return !mapping || (mapping & 3) == 2;
}

/* The page whose struct an address lies in; NULL where it is in none, or that can't be told. */
static inline struct page *la_compat_struct_page(unsigned long addr)
{
#ifdef vmemmap
	if (addr < (unsigned long)vmemmap)
		return NULL;
	return pfn_to_online_page((addr - (unsigned long)vmemmap) / sizeof(struct page));
#else
	return NULL;
#endif
}

/* The flags of a page, a type of their own since 6.18. */
static inline unsigned long la_compat_page_flags(const struct page *page)
{
#if LA_SINCE(6, 18)
	return READ_ONCE(page->flags.f);
#else
	return READ_ONCE(page->flags);
#endif
}

/*
 * A driver's, like zsmalloc's, that can be moved: a mark in the mapping until 6.16, then a
 * flag that means something else on pages of other types.
 */
static inline bool la_compat_page_is_movable(struct page *head)
{
#if LA_SINCE(6, 17)
	return PageZsmalloc(head) || page_has_movable_ops(head);
#else
	return ((unsigned long)READ_ONCE(head->mapping) & 3) == 2;
#endif
}

/* Free, but not accepted from the host of a virtual machine: in MemFree. */
static inline bool la_compat_page_is_unaccepted(const struct page *page)
{
#if LA_SINCE(6, 12)
	return PageUnaccepted(page);
#else
	return false;
#endif
}

/* A large kmalloc, where that has a mark. */
static inline bool la_compat_page_is_large(const struct page *head)
{
#if LA_SINCE(6, 15)
	return PageLargeKmalloc(head);
#else
	return false;
#endif
}

/*
 * Pages of a CPU that may change LRU lists in batches, which they do without the mark of
 * these since 33dfe9204f29 in 6.11.
 */
#define LA_COMPAT_UNMARKED_LRU	(LA_SINCE(6, 11) ? 6 * 31 : 0)

/* Free pages on the lists of a CPU. */
static inline int la_compat_pcp_count(struct zone *zone, int cpu)
{
#if LA_SINCE(5, 14)
	return READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
#else
	return READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->pcp.count);
#endif
}

/* What a CPU has not folded into a zone's counter yet. */
static inline long la_compat_zone_diff(struct zone *zone, int cpu, enum zone_stat_item item)
{
#if LA_SINCE(5, 14)
	return per_cpu_ptr(zone->per_cpu_zonestats, cpu)->vm_stat_diff[item];
#else
	return per_cpu_ptr(zone->pageset, cpu)->vm_stat_diff[item];
#endif
}

/* Page tables were a counter of zones before 5.11. */
#define LA_COMPAT_PAGETABLE_IN_ZONES	(!LA_SINCE(5, 11))
/* What was counted are the lower levels of processes; it is all levels, of the kernel too. */
#define LA_COMPAT_PAGETABLES_ARE_ALL	LA_SINCE(7, 0)

/* So many pages go between the lists of a CPU and the zone's at once. */
static inline int la_compat_pcp_batch(struct zone *zone)
{
#if LA_SINCE(5, 14)
	return READ_ONCE(zone->pageset_batch);
#else
	return READ_ONCE(per_cpu_ptr(zone->pageset, 0)->pcp.batch);
#endif
}

/*
 * Pages that wait to be put on an LRU list: as those of mm/swap.c and mm/mlock.c, which are
 * not public, begin. Proven at load.
 */
#if LA_SINCE(5, 17)
#define la_compat_batch		folio_batch
#define LA_COMPAT_BATCH_SIZE	ARRAY_SIZE(((struct folio_batch *)NULL)->folios)
#define la_compat_batch_at(b, i)	((unsigned long)READ_ONCE((b)->folios[i]))
#else
#define la_compat_batch		pagevec
#define LA_COMPAT_BATCH_SIZE	ARRAY_SIZE(((struct pagevec *)NULL)->pages)
#define la_compat_batch_at(b, i)	((unsigned long)READ_ONCE((b)->pages[i]))
#endif

struct la_compat_lru_batch {
	local_lock_t lock;
	struct la_compat_batch batch;
};

/* Pages of mlock() have had one of their own since 5.18. */
#define LA_COMPAT_MLOCK_BATCHES	LA_SINCE(5, 18)

#endif /* LEAKACCT_COMPAT_PAGE_H */
