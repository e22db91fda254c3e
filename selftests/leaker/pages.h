/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each path by which pages come and go, like paths.h does for slab objects.
 *
 * An object stands for what was allocated at once, and is its address. What a path frees
 * again before it is kept, as with an extra reference, is no part of what it leaks.
 */
#ifndef LA_TEST_PAGES_H
#define LA_TEST_PAGES_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmalloc.h>

#include "paths.h"
#include "unseen.h"

#define LA_PAGES(order)	(PAGE_SIZE << (order))
#define EXACT_PAGES	5		/* of an order 3, whose tail goes at once */
#define CONTIG_PAGES	16
#define CONTIG_TRIES	20
#define CONTIG_BLOCK	10		/* 5.10 isolates all of the largest block */
#define FRAG_PARTS	4

/* Keeps the call that made @page from being a tail call. */
static __always_inline void *made_page(struct page *page)
{
	OPTIMIZER_HIDE_VAR(page);
	barrier();
	return page ? page_address(page) : NULL;
}

static noinline void *leak_alloc_page(void)
{
	return made_page(alloc_page(GFP_KERNEL));
}

#define DEFINE_ORDER(_order)							\
static noinline void *leak_alloc_pages_##_order(void)				\
{										\
	return made_page(alloc_pages(GFP_KERNEL, _order));			\
}

#define DEFINE_FREE_OF(_order)							\
static void free_order_##_order(void *object)					\
{										\
	__free_pages(virt_to_page(object), _order);				\
}

DEFINE_ORDER(1)
DEFINE_ORDER(2)
DEFINE_ORDER(3)
DEFINE_ORDER(4)
DEFINE_ORDER(5)
DEFINE_ORDER(6)
DEFINE_ORDER(7)
DEFINE_ORDER(8)
DEFINE_ORDER(9)
DEFINE_ORDER(10)
DEFINE_FREE_OF(1)
DEFINE_FREE_OF(2)
DEFINE_FREE_OF(3)
DEFINE_FREE_OF(4)
DEFINE_FREE_OF(5)
DEFINE_FREE_OF(6)
DEFINE_FREE_OF(7)
DEFINE_FREE_OF(8)
DEFINE_FREE_OF(9)
DEFINE_FREE_OF(10)

static noinline void *leak_alloc_pages_compound(void)
{
	return made_page(alloc_pages(GFP_KERNEL | __GFP_COMP, 2));
}

static noinline void *leak_alloc_pages_node(void)
{
	return made_page(alloc_pages_node(numa_mem_id(), GFP_KERNEL, 0));
}

static noinline void *leak_get_free_pages(void)
{
	return made((void *)__get_free_pages(GFP_KERNEL, 1));
}

static noinline void *leak_get_zeroed_page(void)
{
	return made((void *)get_zeroed_page(GFP_KERNEL));
}

static noinline void *leak_alloc_pages_exact(void)
{
	return made(alloc_pages_exact(EXACT_PAGES * PAGE_SIZE, GFP_KERNEL));
}

static noinline void *leak_split_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	if (page)
		split_page(page, 3);
	return made_page(page);
}

/* Every other page of the eight goes, so that what stays is in pieces. */
static noinline void *leak_split_page_half(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	unsigned int i;

	if (page) {
		split_page(page, 3);
		for (i = 1; i < 8; i += 2)
			__free_page(page + i);
	}
	return made_page(page);
}

/* Whoever looked at the first page has a reference: the others go by orders 1 and 0. */
static noinline void *leak_extra_reference(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	if (page) {
		get_page(page);
		__free_pages(page, 2);
	}
	return made_page(page);
}

#ifdef la_compat_alloc_pages_bulk
/* One call may give less than what was asked for. */
static noinline unsigned int leak_bulk_array(void **objects, unsigned int n)
{
	struct page *pages[LA_BATCH] = { };
	unsigned int i, got = 0, before;

	do {
		before = got;
		got = la_compat_alloc_pages_bulk(GFP_KERNEL, n, pages);
	} while (got < n && got > before);
	for (i = 0; i < got; i++)
		objects[i] = page_address(pages[i]);
	return got;
}
#endif

#ifdef la_compat_alloc_pages_bulk_list
static noinline unsigned int leak_bulk_list(void **objects, unsigned int n)
{
	struct page *page, *next;
	unsigned int got = 0;
	LIST_HEAD(list);

	while (got < n && la_compat_alloc_pages_bulk_list(GFP_KERNEL, n - got, &list)) {
		list_for_each_entry_safe(page, next, &list, lru) {
			list_del(&page->lru);
			objects[got++] = page_address(page);
		}
	}
	return got;
}
#endif

/* Not every configuration has it. */
#ifdef CONFIG_CONTIG_ALLOC
/* A page frame where a block is free. Not a row of leak_*: it keeps nothing. */
static noinline unsigned long free_block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, CONTIG_BLOCK);

	if (!page)
		return 0;
	la_free_blocks(&page, 1, CONTIG_BLOCK);
	return page_to_pfn(page);
}

/* Somebody else may take the block meanwhile. */
static noinline void *leak_alloc_contig_range(void)
{
	unsigned int i;

	for (i = 0; i < CONTIG_TRIES; i++) {
		unsigned long pfn = free_block();

		if (pfn && !la_compat_alloc_contig_range(pfn, pfn + CONTIG_PAGES))
			return made_page(pfn_to_page(pfn));
	}
	return NULL;
}
#endif

#ifdef LA_COMPAT_HAS_CONTIG_PAGES
static noinline void *leak_alloc_contig_pages(void)
{
	return made_page(alloc_contig_pages(CONTIG_PAGES, GFP_KERNEL, numa_mem_id(), NULL));
}
#endif

#ifdef la_compat_contig_frozen_pages
static noinline void *leak_contig_frozen_pages(void)
{
	return made_page(la_compat_contig_frozen_pages(CONTIG_PAGES, numa_mem_id()));
}
#endif

#ifdef la_compat_alloc_pages_nolock
/* It fails when somebody holds a lock that it needs. */
static noinline void *leak_alloc_pages_nolock(void)
{
	struct page *page = NULL;
	unsigned int i;

	for (i = 0; !page && i < NOLOCK_TRIES; i++)
		page = la_compat_alloc_pages_nolock(2);
	return made_page(page);
}
#endif

static noinline void *leak_release_pages(void)
{
	return made_page(alloc_page(GFP_KERNEL));
}

/* The area is noted at the end of the page that it maps. */
static __always_inline void **area_of(void *object)
{
	return object + PAGE_SIZE - sizeof(void *);
}

static noinline void *leak_vmap(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *area = page ? vmap(&page, 1, VM_MAP, PAGE_KERNEL) : NULL;

	if (page && !area) {
		__free_page(page);
		return NULL;
	}
	if (page)
		*area_of(page_address(page)) = area;
	return made_page(page);
}

/* A block that the cache has left to its parts. */
static noinline void *leak_page_frag(void)
{
	struct page_frag_cache cache = { };
	void *part = NULL;
	unsigned int i;

	for (i = 0; i < FRAG_PARTS; i++)
		part = page_frag_alloc(&cache, 1024, GFP_KERNEL);
	la_compat_page_frag_drain(&cache);
	return made_page(part ? virt_to_head_page(part) : NULL);
}

static void free_order_0(void *object)
{
	__free_page(virt_to_page(object));
}

static void free_by_put_page(void *object)
{
	put_page(virt_to_page(object));
}

static void free_address_of_0(void *object)
{
	free_page((unsigned long)object);
}

static void free_address_of_1(void *object)
{
	free_pages((unsigned long)object, 1);
}

static void free_exact(void *object)
{
	free_pages_exact(object, EXACT_PAGES * PAGE_SIZE);
}

/* The head goes last, but for one. */
static void free_one_by_one(void *object)
{
	struct page *page = virt_to_page(object);
	unsigned int i;

	for (i = 1; i < 7; i++)
		__free_page(page + i);
	__free_page(page);
	__free_page(page + 7);
}

static void free_other_half(void *object)
{
	struct page *page = virt_to_page(object);
	unsigned int i;

	for (i = 0; i < 8; i += 2)
		__free_page(page + i);
}

#ifdef CONFIG_CONTIG_ALLOC
static void free_contig(void *object)
{
	free_contig_range(page_to_pfn(virt_to_page(object)), CONTIG_PAGES);
}
#endif

#ifdef la_compat_contig_frozen_pages
static void free_contig_frozen(void *object)
{
	free_contig_frozen_range(page_to_pfn(virt_to_page(object)), CONTIG_PAGES);
}
#endif

static void free_by_release_pages(void **objects, unsigned int n)
{
	struct page *pages[LA_BATCH];
	unsigned int i;

	for (i = 0; i < n; i++)
		pages[i] = virt_to_page(objects[i]);
	release_pages(pages, n);
}

static void free_vmapped(void *object)
{
	vunmap(*area_of(object));
	__free_page(virt_to_page(object));
}

static void free_parts(void *object)
{
	unsigned int i;

	for (i = 0; i < FRAG_PARTS; i++)
		page_frag_free(object);
}

#define LA_PAGE_PATH(_name, _bytes, _free)					\
	{ .name = #_name, .class = "page", .requested = (_bytes),		\
	  .alloc = leak_##_name, .free = (_free) }

#define LA_ORDER_PATH(_order, _most)						\
	{ .name = "alloc_pages_" #_order, .class = "page",			\
	  .requested = LA_PAGES(_order), .most = (_most),			\
	  .alloc = leak_alloc_pages_##_order, .free = free_order_##_order }

static const struct la_path la_page_paths[] = {
	LA_PAGE_PATH(alloc_page, PAGE_SIZE, free_order_0),
	LA_ORDER_PATH(1, 0),
	LA_ORDER_PATH(2, 0),
	LA_ORDER_PATH(3, 0),
	LA_ORDER_PATH(4, 128),
	LA_ORDER_PATH(5, 64),
	LA_ORDER_PATH(6, 32),
	LA_ORDER_PATH(7, 16),
	LA_ORDER_PATH(8, 8),
	LA_ORDER_PATH(9, 8),
	LA_ORDER_PATH(10, 8),
	LA_PAGE_PATH(alloc_pages_compound, LA_PAGES(2), free_by_put_page),
	LA_PAGE_PATH(alloc_pages_node, PAGE_SIZE, free_order_0),
	LA_PAGE_PATH(get_free_pages, LA_PAGES(1), free_address_of_1),
	LA_PAGE_PATH(get_zeroed_page, PAGE_SIZE, free_address_of_0),
	LA_PAGE_PATH(alloc_pages_exact, EXACT_PAGES * PAGE_SIZE, free_exact),
	{ .name = "split_page", .class = "page", .requested = LA_PAGES(3), .pieces = 8,
	  .alloc = leak_split_page, .free = free_one_by_one },
	{ .name = "split_page_half", .class = "page", .requested = LA_PAGES(2), .pieces = 4,
	  .alloc = leak_split_page_half, .free = free_other_half },
	LA_PAGE_PATH(extra_reference, PAGE_SIZE, free_by_put_page),
#ifdef la_compat_alloc_pages_bulk
	{ .name = "bulk_array", .class = "page", .requested = PAGE_SIZE,
	  .alloc_bulk = leak_bulk_array, .free = free_order_0 },
#endif
#ifdef la_compat_alloc_pages_bulk_list
	{ .name = "bulk_list", .class = "page", .requested = PAGE_SIZE,
	  .alloc_bulk = leak_bulk_list, .free = free_order_0 },
#endif
#ifdef CONFIG_CONTIG_ALLOC
	{ .name = "alloc_contig_range", .class = "page", .most = 16,
	  .requested = CONTIG_PAGES * PAGE_SIZE,
	  .alloc = leak_alloc_contig_range, .free = free_contig },
#endif
#ifdef LA_COMPAT_HAS_CONTIG_PAGES
	{ .name = "alloc_contig_pages", .class = "page", .most = 16,
	  .requested = CONTIG_PAGES * PAGE_SIZE,
	  .alloc = leak_alloc_contig_pages, .free = free_contig },
#endif
#ifdef la_compat_contig_frozen_pages
	{ .name = "contig_frozen_pages", .class = "page", .most = 16,
	  .requested = CONTIG_PAGES * PAGE_SIZE,
	  .alloc = leak_contig_frozen_pages, .free = free_contig_frozen },
#endif
#ifdef la_compat_alloc_pages_nolock
	LA_PAGE_PATH(alloc_pages_nolock, LA_PAGES(2), free_by_put_page),
#endif
	{ .name = "release_pages", .class = "page", .requested = PAGE_SIZE,
	  .alloc = leak_release_pages, .free_bulk = free_by_release_pages },
	LA_PAGE_PATH(vmap, PAGE_SIZE, free_vmapped),
	LA_PAGE_PATH(page_frag, PAGE_FRAG_CACHE_MAX_SIZE, free_parts),
};

#define LA_NR_PAGE_PATHS ARRAY_SIZE(la_page_paths)

#endif /* LA_TEST_PAGES_H */
