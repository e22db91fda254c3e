/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout: where the private fields of slabs and caches lie, proven at load.
 */
#ifndef LEAKACCT_LAYOUT_H
#define LEAKACCT_LAYOUT_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>

/**
 * struct la_cache_layout - offsets in struct kmem_cache
 * @flags: slab_flags_t
 * @refcount: users of a merged cache
 * @name: its first creator's
 * @list: in slab_caches
 * @kobj: its directory in /sys/kernel/slab
 */
struct la_cache_layout {
	u16 flags;
	u16 refcount;
	u16 name;
	u16 list;
	u16 kobj;
};

extern struct la_cache_layout la_layout;
extern bool la_layout_known;
extern unsigned int la_layout_slab_cache;

static inline const void *la_layout_at(const struct kmem_cache *s, u16 offset)
{
	return (const char *)s + offset;
}

/* The cache of an object that lies in a slab. */
static __always_inline struct kmem_cache *la_layout_slab_cache_of(const void *object)
{
	return *(struct kmem_cache **)((char *)virt_to_head_page(object) + la_layout_slab_cache);
}

/* The cache of an object, NULL for a large kmalloc. */
static inline struct kmem_cache *la_layout_object_cache(const void *object)
{
	return PageSlab(virt_to_head_page(object)) ? la_layout_slab_cache_of(object) : NULL;
}

static inline slab_flags_t la_layout_cache_flags(const struct kmem_cache *s)
{
	return la_layout_known ? *(slab_flags_t *)la_layout_at(s, la_layout.flags) : 0;
}

static inline const char *la_layout_cache_name(const struct kmem_cache *s)
{
	return la_layout_known ? *(const char **)la_layout_at(s, la_layout.name) : "?";
}

/* Users of a merged cache; below 0 for the ones made before merging works. */
static inline int la_layout_cache_refcount(const struct kmem_cache *s)
{
	return la_layout_known ? READ_ONCE(*(int *)la_layout_at(s, la_layout.refcount)) : 1;
}

/* The directory of the cache in /sys/kernel/slab: ":0000072", or its name. */
static inline const char *la_layout_cache_sysfs_name(const struct kmem_cache *s)
{
	return la_layout_known ? kobject_name(la_layout_at(s, la_layout.kobj)) : NULL;
}

/* The cache whose place in slab_caches this is. */
static inline struct kmem_cache *la_layout_cache_in_list(struct list_head *at)
{
	return (void *)((char *)at - la_layout.list);
}

int la_layout_init(void);

#endif /* LEAKACCT_LAYOUT_H */
