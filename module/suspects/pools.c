// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: what page pools keep.
 *
 * A driver of the network takes pages from its pool and gives them back to that, into a cache
 * and a ring, where they lie to be given out again. The page allocator sees none of this, and of
 * a pool all pages live as long. But what lies there is free; what was handed out and never
 * comes back is leaked. So when a caller that gets pages for pools begins to look suspect, its
 * pages are asked for their pools, and the pools for what they keep. Each page there counts for
 * the caller that has allocated it.
 *
 * Locking: none. A pool is not freed as long as a page is its own, so it was there if one page
 * was that before and afterwards. What it keeps may change meanwhile by a few.
 */
#include "pools.h"

#include <linux/mm.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "compat_pool.h"
#include "objects.h"
#include "pages.h"
#include "sites.h"

/* Those of one caller; a device has one for each of its queues. */
#define MAX_POOLS	256u
/* No ring has more. */
#define MAX_RING	65536
#define BATCH		64u
/*
 * Where pages do not say which pool they are of: what one keeps that was not told how much.
 * PP_ALLOC_CACHE_SIZE, and the ring of page_pool_init().
 */
#define UNKNOWN_KEPT	(PP_ALLOC_CACHE_SIZE + 1024)

struct pool {
	const struct page_pool *pool;
	struct page *page;	/* one of its own */
};

struct search {
	u32 head;
	u32 n;
	struct pool pools[MAX_POOLS];
};

static bool is_of(u32 head, struct page *page)
{
	struct la_record rec;

	return la_pages_find_block(page, &rec) == page &&
	       la_sites_table[la_record_site(&rec)].head == head;
}

static void note_pool(void *ctx, u64 key, const struct la_record *rec)
{
	struct page *page = virt_to_page((void *)la_objects_address(key));
	struct search *s = ctx;
	const struct page_pool *pool;
	u32 i;

	if (la_sites_table[la_record_site(rec)].head != s->head)
		return;
	pool = la_compat_page_pool(page);
	for (i = s->n; i && s->pools[i - 1].pool != pool; i--)
		;
	if (pool && !i && s->n < MAX_POOLS)
		s->pools[s->n++] = (struct pool){ .pool = pool, .page = page };
}

/* How many of @n pointers to pages are to the caller's. */
static u64 count_among(u32 head, const void *pointers, u32 n)
{
	unsigned long batch[BATCH];
	struct page *page;
	u32 i, part;
	u64 kept = 0;

	for (; n; n -= part, pointers += part * sizeof(*batch)) {
		part = min(n, BATCH);
		if (copy_from_kernel_nofault(batch, pointers, part * sizeof(*batch)))
			break;
		for (i = 0; i < part; i++) {
			page = la_compat_struct_page(batch[i]);
			kept += page && is_of(head, page);
		}
		cond_resched();
	}
	return kept;
}

/* From the next that is given out up to the last that came back. */
static u64 count_ring(u32 head, const struct ptr_ring *r)
{
	int size, producer, next, n, part;
	void **queue, *first;

	if (get_kernel_nofault(size, &r->size) || get_kernel_nofault(queue, &r->queue) ||
	    get_kernel_nofault(producer, &r->producer) ||
	    get_kernel_nofault(next, &r->consumer_head))
		return 0;
	if (size <= 0 || size > MAX_RING || producer < 0 || producer >= size || next < 0 ||
	    next >= size || get_kernel_nofault(first, &queue[next]))
		return 0;
	n = producer - next;
	if (n < 0 || (!n && first))
		n += size;
	part = min(n, size - next);
	return count_among(head, queue + next, part) + count_among(head, queue, n - part);
}

static u64 count_pool(u32 head, const struct page_pool *pool)
{
	u32 count;
	u64 kept;

	if (get_kernel_nofault(count, &pool->alloc.count) || count > PP_ALLOC_CACHE_SIZE)
		return 0;
	kept = count_among(head, pool->alloc.cache, count);
	return kept + count_ring(head, &pool->ring);
}

/**
 * la_pools_are_known() - does a page say which pool it is of?
 */
bool la_pools_are_known(void)
{
	return LA_COMPAT_PAGES_HAVE_POOL;
}

/**
 * la_pools_kept() - how many of a caller's pages lie in pools, to be given out again
 * @head: the caller's head
 *
 * Context: process.
 * Return: the number; where pages don't say which pool they are of, what one may keep. 0 when
 *	memory is short.
 */
u64 la_pools_kept(u32 head)
{
	struct search *s;
	u64 kept = 0, n;
	u32 i;

	if (!la_pools_are_known())
		return UNKNOWN_KEPT;
	s = kvzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return 0;
	s->head = head;
	la_pages_walk(note_pool, s);
	for (i = 0; i < s->n; i++) {
		const struct pool *p = &s->pools[i];

		n = count_pool(head, p->pool);
		if (la_compat_page_pool(p->page) == p->pool && is_of(head, p->page))
			kept += n;
	}
	kvfree(s);
	return kept;
}
