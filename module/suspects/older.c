// SPDX-License-Identifier: GPL-2.0-only
/*
 * Older: objects from before the load go, others come in their place.
 *
 * Whoever is as large as ever, but of objects that live for minutes, seems to grow after the
 * load: those that come have a record, those that go have none. How many went is known by cache
 * (unknown.c), not by caller. So each look shares them out among the callers of the cache that
 * grow, in proportion to what they grew by in the windows of each length. A leak beside
 * them is explained away in part, as long as old objects go; they do not last. Large objects and
 * areas of a class are as those of one cache. With sampling most objects have no record,
 * and nothing is told. Nor is it of pages: which of those that go were the kernel's cannot be
 * seen.
 */
#include "older.h"

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "caches.h"
#include "history.h"
#include "sites.h"
#include "unknown.h"

/* Caches by their id, then classes; */
#define POOL_OF_CLASS(c)	(LA_MAX_CACHES + (c))
#define POOLS			POOL_OF_CLASS(LA_NR_CLASSES)
/* and no pool. */
#define NONE			LA_CACHE_NONE

/* What was freed, ever and since the last look, and by how much its callers have grown. */
static struct pool {
	u64 seen;
	u64 freed;
	u64 weights[LA_TREND_LEVELS];
} *pools;
/* What was freed before does not concern the first look after `clear`. */
static bool anew;

static u32 pool_of(u32 site)
{
	const struct la_site *s = &la_sites_table[site];

	return s->class == LA_CLASS_SLAB ? s->cache : POOL_OF_CLASS(s->class);
}

static u64 freed_ever(u32 pool)
{
	const struct kmem_cache *s;
	struct la_unknown u = { };

	if (pool >= LA_MAX_CACHES) {
		la_unknown_of_class(pool - LA_MAX_CACHES, &u);
	} else {
		s = READ_ONCE(la_caches_get(pool)->s);
		if (s)
			la_unknown_of(s, &u);
	}
	return u.older;
}

static void read_pools(void)
{
	u32 i, caches = la_caches_count();

	for (i = NONE + 1; i < POOLS; i++) {
		struct pool *p = &pools[i];
		u64 seen;

		if (i >= caches && i < LA_MAX_CACHES)
			continue;
		seen = freed_ever(i);
		p->freed = !anew && seen > p->seen ? seen - p->seen : 0;
		p->seen = max(seen, p->seen);
		memset(p->weights, 0, sizeof(p->weights));
	}
	anew = false;
}

/* In proportion; what rounding leaves over counts the next time. */
static u32 share(const struct pool *p, unsigned int level, u64 weight, u32 *rest)
{
	u64 part = mul_u64_u64_div_u64(min_t(u64, p->freed, U32_MAX) << 8, weight,
				       p->weights[level]) + *rest;

	*rest = part & 0xff;
	return min_t(u64, part >> 8, U32_MAX);
}

/**
 * la_older_share() - share out what was freed that is older than the load
 * @nr_sites: callers, all noted for this look and not judged yet
 *
 * Context: process; one at a time.
 */
void la_older_share(u32 nr_sites)
{
	unsigned int level;
	u32 id;

	read_pools();
	for (id = LA_SITE_FIRST; id < nr_sites; id++) {
		struct la_history *h = la_history_of(id);
		u32 pool = pool_of(id);

		for (level = 0; h && pool != NONE && level < LA_TREND_LEVELS; level++)
			pools[pool].weights[level] += la_trend_weight(&h->trend, level);
	}
	for (id = LA_SITE_FIRST; id < nr_sites; id++) {
		struct la_history *h = la_history_of(id);
		const struct pool *p = &pools[pool_of(id)];

		for (level = 0; h && level < LA_TREND_LEVELS; level++) {
			u64 weight = la_trend_weight(&h->trend, level);

			if (p->freed && weight && p->weights[level])
				h->flows[level].older = share(p, level, weight, &h->rest[level]);
		}
	}
}

/**
 * la_older_forget() - begin anew
 */
void la_older_forget(void)
{
	anew = true;
}

/**
 * la_older_memory() - bytes that it takes
 */
u64 la_older_memory(void)
{
	return POOLS * sizeof(*pools);
}

/**
 * la_older_init() - nothing has been freed yet
 */
int la_older_init(void)
{
	pools = vzalloc(la_older_memory());
	return pools ? 0 : -ENOMEM;
}

/**
 * la_older_exit() - no look will be taken any more
 */
void la_older_exit(void)
{
	vfree(pools);
}
