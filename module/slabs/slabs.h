/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slabs: the caches that there are, with all their names.
 */
#ifndef LEAKACCT_SLABS_H
#define LEAKACCT_SLABS_H

#include <linux/types.h>

#include "caches.h"

/**
 * struct la_slab - a real cache
 * @s: only to compare
 * @name: what slabinfo calls it
 * @id: its directory in /sys/kernel/slab
 * @refcount: users of a merged cache; below 0: never merged
 * @objects: in use, as slabinfo counts
 * @size: bytes of a slot
 * @object_size: bytes of an object
 * @slab_bytes: that its slabs take
 * @aliases: names, comma-separated, or NULL
 * @nr_aliases: how many
 */
struct la_slab {
	const struct kmem_cache *s;
	char name[LA_CACHE_NAME_LEN];
	char id[LA_CACHE_NAME_LEN];
	int refcount;
	u64 objects;
	u32 size;
	u32 object_size;
	u64 slab_bytes;
	char *aliases;
	unsigned int nr_aliases;
};

void la_slabs_init(void);
int la_slabs_pages(s64 *pages);
int la_slabs_list(struct la_slab **slabs, unsigned int *n, bool *no_sysfs);
void la_slabs_free(struct la_slab *slabs, unsigned int n);

#endif /* LEAKACCT_SLABS_H */
