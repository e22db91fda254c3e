/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity of slab caches: an id that outlives the cache, with its name.
 */
#ifndef LEAKACCT_CACHES_H
#define LEAKACCT_CACHES_H

#include <linux/types.h>

struct kmem_cache;

#define LA_CACHE_NAME_LEN	48
#define LA_MAX_CACHES		2048
#define LA_CACHE_NONE		0	/* not in a slab: a large kmalloc, or not known */

/**
 * struct la_cache - one life of one kmem_cache
 * @s: the cache, or NULL once it was destroyed
 * @size: bytes of a slot
 * @object_size: bytes of an object
 * @reclaimable: the allocator may ask for its objects back
 * @name: as it was when first seen (of a merged cache, its first creator's)
 *
 * Entries are added under the sites' lock and never removed.
 */
struct la_cache {
	struct kmem_cache *s;
	u32 size;
	u32 object_size;
	bool reclaimable;
	char name[LA_CACHE_NAME_LEN];
};

u16 la_caches_id(struct kmem_cache *s);
const struct la_cache *la_caches_get(u16 id);
unsigned int la_caches_count(void);
bool la_caches_refused(void);
bool la_caches_forget(struct kmem_cache *s);

#endif /* LEAKACCT_CACHES_H */
