// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fingerprints.
 *
 * The allocator keeps no list of its full slabs, but each page of one says whose it is. So
 * pages are walked, from a place chosen by chance and for a bounded time, and of
 * each slab of the caches in question a few objects are read, evenly spaced.
 *
 * An object with a record is alive, if the record is the same one before and after the
 * copy. One without a record was there before recording began; it is read only if the
 * allocator says that it is allocated, before and after, and still has no record: what
 * was freed and allocated again meanwhile has one. Where free objects are parked in sheaves
 * it does not say so; there those of full slabs are read, most of which live. What they
 * hold is shown only if objects are like them that certainly do.
 */
#include "fingerprints.h"

#include <linux/mm.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "alive.h"
#include "caches.h"
#include "census_walk.h"
#include "layout.h"
#include "objects.h"
#include "params.h"
#include "sites.h"

#define BATCH		2048ul	/* frames between two breaths */
#define PER_SLAB	16u
/* Of a cache, slots that are looked at, at most. */
#define MOST_SLOTS	4096u

struct round {
	struct la_fingers *f;
	struct la_fingerprints *of;
	unsigned int n;
	u64 end_ns;
};

static bool is_same(const struct la_record *a, const struct la_record *b)
{
	return a->who == b->who && (u32)a->what == (u32)b->what;
}

static void read_recorded(struct round *r, struct la_fingerprints *to, const void *object,
			  u32 len, const struct la_record *rec)
{
	u32 head = la_sites_table[la_record_site(rec)].head;
	u8 bytes[LA_CLUSTER_BYTES];
	struct la_record now;
	struct la_found found = {
		.bytes = bytes,
		.len = len,
		.site = head,
		.born = la_record_born(rec),
	};

	if (found.born >= r->f->born_before || la_sites_table[head].own)
		return;
	if (copy_from_kernel_nofault(bytes, object, len))
		return;
	if (!la_objects_find(object, &now) || !is_same(&now, rec))
		return;
	found.secret = r->f->is_secret(r->f->ctx, head);
	la_clusters_add(&to->clusters, &found);
}

/* @maybe: its slab is full, and nothing more is known of it. */
static void read_unrecorded(struct la_fingerprints *to, const void *object, u32 len, bool maybe)
{
	const struct la_site site = {
		.class = LA_CLASS_SLAB, .size = la_caches_get(to->cache)->size,
	};
	u8 bytes[LA_CLUSTER_BYTES];
	enum la_alive alive = la_alive_ask(&site, object);
	struct la_found found = { .bytes = bytes, .len = len };
	struct la_record now;

	found.maybe = maybe && alive == LA_ALIVE_UNKNOWN;
	if (alive == LA_ALIVE_UNKNOWN && !maybe)
		to->unknown++;
	if (!(alive == LA_ALIVE_YES || found.maybe) ||
	    copy_from_kernel_nofault(bytes, object, len))
		return;
	if (la_objects_find(object, &now) || la_alive_ask(&site, object) != alive)
		return;
	la_clusters_add(&to->clusters, &found);
}

static void read_slab(struct round *r, struct la_fingerprints *to, const char *start, size_t bytes)
{
	const struct la_cache *cache = la_caches_get(to->cache);
	u32 slots = bytes / cache->size, want = min(slots, PER_SLAB), i, step, at;
	u32 len = min3(cache->object_size, LA_CLUSTER_BYTES, la_param_sample_bytes());
	bool is_full = la_alive_slab_is_full(start, slots);

	if (!want)
		return;
	step = slots / want;
	at = get_random_u32() % step;
	for (i = 0; i < want && to->slots < MOST_SLOTS; i++, at += step, to->slots++) {
		const void *object = start + (size_t)at * cache->size;
		struct la_record rec;

		if (la_objects_find(object, &rec))
			read_recorded(r, to, object, len, &rec);
		else
			read_unrecorded(to, object, len, is_full);
	}
}

/* The cache may have gone, and another one have come in its place: its size tells. */
static struct la_fingerprints *wanted(struct round *r, const struct kmem_cache *s)
{
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		const struct la_cache *cache = la_caches_get(r->of[i].cache);

		if (READ_ONCE(cache->s) == s && cache->size && r->of[i].slots < MOST_SLOTS)
			return &r->of[i];
	}
	return NULL;
}

static unsigned long visit(void *ctx, struct page *page)
{
	struct la_fingerprints *to;
	struct round *r = ctx;
	size_t bytes;

	if (PageBuddy(page)) {
		unsigned long order = READ_ONCE(page->private);

		/* It may be free no more. */
		if (order > 10 || !IS_ALIGNED(page_to_pfn(page), 1ul << order))
			order = 0;
		return 1ul << order;
	}
	if (compound_head(page) != page || !PageSlab(page))
		return 1;
	to = wanted(r, READ_ONCE(*(struct kmem_cache **)((char *)page + la_layout_slab_cache)));
	bytes = min_t(size_t, page_size(page), PAGE_SIZE << 10);
	if (to)
		read_slab(r, to, page_address(page), bytes);
	return bytes >> PAGE_SHIFT;
}

static bool is_done(struct round *r)
{
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (r->of[i].slots < MOST_SLOTS)
			return false;
	return true;
}

/* False: no more of it. */
static bool walk(struct round *r, unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		pfn = la_census_visit(pfn, min(ALIGN_DOWN(pfn, BATCH) + BATCH, end), visit, r);
		cond_resched();
		if (ktime_get_ns() > r->end_ns || fatal_signal_pending(current)) {
			r->f->cut = true;
			return false;
		}
		if (is_done(r))
			return false;
	}
	return true;
}

/**
 * la_fingerprints_take() - read objects of some caches
 * @f: how
 * @of: which caches, the rest zeroed; gets what was found, the largest clusters first
 * @n: how many
 *
 * Context: process; for @f->most_ns or a little longer.
 */
void la_fingerprints_take(struct la_fingers *f, struct la_fingerprints *of, unsigned int n)
{
	struct round r = { .f = f, .of = of, .n = n, .end_ns = ktime_get_ns() + f->most_ns };
	unsigned int i;
	int nid;

	f->cut = false;
	for_each_online_node(nid) {
		unsigned long begin = node_start_pfn(nid), end = node_end_pfn(nid), at;

		if (end <= begin)
			continue;
		at = begin + ALIGN_DOWN(get_random_long() % (end - begin), BATCH);
		if (!walk(&r, at, end) || !walk(&r, begin, at))
			break;
	}
	for (i = 0; i < n; i++)
		la_clusters_sort(&of[i].clusters);
}
