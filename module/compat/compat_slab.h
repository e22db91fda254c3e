/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: caches, slabs and kmalloc. See compat.h.
 */
#ifndef LEAKACCT_COMPAT_SLAB_H
#define LEAKACCT_COMPAT_SLAB_H

#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat_version.h"

/*
 * Caches and slabs. While struct kmem_cache was public its header wanted a whole
 * struct slab, of which only @objects matters to it; nothing here reads that.
 */
#ifdef LA_HAS_SLUB_DEF
#if LA_SINCE(5, 17)
struct slab {
	unsigned long flags;
	struct list_head list;
	struct kmem_cache *slab_cache;
	void *freelist;
	struct {
		unsigned int inuse:16;
		unsigned int objects:15;
		unsigned int frozen:1;
	};
};

static inline void *slab_address(const struct slab *slab)
{
	return page_address((const struct page *)slab);
}
#endif

#include <linux/slub_def.h>

#define LA_COMPAT_CACHE_SIZE_AT		offsetof(struct kmem_cache, size)
#define LA_COMPAT_CACHE_OBJECT_SIZE_AT	offsetof(struct kmem_cache, object_size)
#define LA_COMPAT_CACHE_OFFSET_AT	offsetof(struct kmem_cache, offset)
#define LA_COMPAT_CACHE_KOBJ_AT		offsetof(struct kmem_cache, kobj)
#define LA_COMPAT_CACHE_LAYOUT {					\
	.flags = offsetof(struct kmem_cache, flags),			\
	.refcount = offsetof(struct kmem_cache, refcount),		\
	.name = offsetof(struct kmem_cache, name),			\
	.list = offsetof(struct kmem_cache, list),			\
	.kobj = offsetof(struct kmem_cache, kobj),			\
}
#else
/* The same on 64 bits from 5.10 to 7.3. */
#define LA_COMPAT_CACHE_SIZE_AT		24
#define LA_COMPAT_CACHE_OBJECT_SIZE_AT	28
/* 6.8 to 6.17 */
#define LA_COMPAT_CACHE_OFFSET_AT	40
#define LA_COMPAT_CACHE_KOBJ_AT		120
#endif

/* Lists of free objects are all that a CPU keeps free, before sheaves (6.18). */
#define LA_COMPAT_HAS_FREELISTS	(IS_ENABLED(CONFIG_64BIT) && !IS_ENABLED(CONFIG_KASAN) && \
				 !IS_ENABLED(CONFIG_SLUB_TINY) && !LA_SINCE(6, 18))

/*
 * Where they lie, in struct kmem_cache (of the first cache line, and behind its kobject),
 * kmem_cache_cpu and slab or page; the same from 5.10 to 6.17, and proven at load.
 */
struct la_compat_free_layout {
	u16 cpus;		/* struct kmem_cache: its per-CPU parts */
	u16 offset;		/* of the word in a free object */
	u16 random;
	u16 cpu_list;		/* struct kmem_cache_cpu */
	u16 cpu_slab;
	u16 slab_list;		/* struct slab, or page */
};

#define LA_COMPAT_FREE_LAYOUT {							\
	.cpus = 0,								\
	.offset = LA_COMPAT_CACHE_OFFSET_AT,					\
	.random = LA_COMPAT_CACHE_KOBJ_AT + sizeof(struct kobject),		\
	.cpu_list = 0,								\
	.cpu_slab = 16,								\
	.slab_list = 32,							\
}

/*
 * Since 6.18 CPUs keep some free objects in sheaves, which are handed out as far as their
 * slab knows. The low half of what is there says how many are, the upper one how many
 * there are at all.
 */
#define LA_COMPAT_HAS_SHEAVES	(IS_ENABLED(CONFIG_64BIT) && !IS_ENABLED(CONFIG_KASAN) && \
				 LA_SINCE(6, 18))
#define LA_COMPAT_SLAB_COUNTS_AT	40

/* What is so as long as a large kmalloc lives; page types tell it since 6.15. */
static inline bool la_compat_may_be_large(struct page *page)
{
#if LA_SINCE(6, 15)
	return PageLargeKmalloc(page);
#else
	return page_count(page) > 0 && !PageSlab(page) && !PageBuddy(page) && !PageLRU(page);
#endif
}

static __always_inline unsigned int la_compat_cache_size(const struct kmem_cache *s)
{
	return *(const unsigned int *)((const char *)s + LA_COMPAT_CACHE_SIZE_AT);
}

static __always_inline unsigned int la_compat_cache_object_size(const struct kmem_cache *s)
{
	return *(const unsigned int *)((const char *)s + LA_COMPAT_CACHE_OBJECT_SIZE_AT);
}

/* Bytes of the pages that a large kmalloc took. */
static inline size_t la_compat_large_size(const void *object)
{
	return page_size(virt_to_head_page(object));
}

/* What get_slabinfo() fills in: mm/slab.h, the same since 2012. */
struct la_compat_slabinfo {
	unsigned long active_objs;
	unsigned long num_objs;
	unsigned long active_slabs;
	unsigned long num_slabs;
	unsigned long shared_avail;
	unsigned int limit;
	unsigned int batchcount;
	unsigned int shared;
	unsigned int objects_per_slab;
	unsigned int cache_order;
};

/* Start of the slab that an object lies in. */
static inline void *la_compat_slab_start(const void *object)
{
	return page_address(virt_to_head_page(object));
}

/*
 * Bulk allocation is all or nothing; it returned a number, later a bool: then of the register
 * one byte alone says something, and a conversion to bool would ask all of it.
 */
#define LA_COMPAT_BULK_RESULT(value)	\
	((value) & GENMASK(8 * sizeof(kmem_cache_alloc_bulk(NULL, 0, 0, NULL)) - 1, 0))

#define LA_COMPAT_HAS_ALLOC_LRU		LA_SINCE(5, 18)
/* kmalloc_nolock() and kfree_nolock(), and later kfree_rcu_nolock() */
#define LA_COMPAT_HAS_NOLOCK		LA_SINCE(6, 18)
#define LA_COMPAT_HAS_RCU_NOLOCK	LA_SINCE(7, 3)

/*
 * A large kmalloc() of run-time size is traced twice, first within the allocator,
 * since 7bd230a26648 in 6.10.
 */
#define LA_COMPAT_LARGE_TRACED_TWICE	LA_SINCE(6, 10)
/* Before 6.1 __kmalloc() jumps to kmalloc_order_trace() for one, which is watched. */
#define LA_COMPAT_LARGE_BY_ORDER	(!LA_SINCE(6, 1))
/*
 * Since then its functions go by frame pointers too, which are on the stack only if a
 * handler saves it.
 */
#define LA_COMPAT_ALLOCATORS_USE_BP	LA_SINCE(6, 10)
/* There, kvmalloc() does likewise since it moved into slub.c, in 6.15. */
#define LA_COMPAT_KVMALLOC_IN_SLUB	LA_SINCE(6, 15)
/* Objects from a sheaf that was filled before. */
#define LA_COMPAT_HAS_FROM_SHEAF	LA_SINCE(6, 18)
/* By which the allocator allocates what it needs for itself. */
#define LA_COMPAT_HAS_KMALLOC_FLAGS	LA_SINCE(7, 3)
/*
 * kfree_rcu() may put an object where it is allocated from again without being
 * freed for anybody to see (sheaves, 6.18).
 */
#define LA_COMPAT_RCU_HAS_NO_ECHO	LA_SINCE(6, 18)

/* Where it has none: no sheaf takes what is no slab's, or lies on another node than its CPU. */
static inline bool la_compat_rcu_has_echo(const void *object, const struct kmem_cache *s)
{
	return !s || page_to_nid(virt_to_page(object)) != numa_mem_id();
}

/*
 * kvfree_call_rcu(head, offset): the head's in the object, or the object itself
 * when there is no head; since 04a522b7da3d in 6.3 (head, object).
 */
struct kvfree_rcu_head;

#define LA_COMPAT_RCU_TAKES_OFFSET	\
	__builtin_types_compatible_p(typeof(kvfree_call_rcu), void (struct rcu_head *, \
								    rcu_callback_t))
#define LA_COMPAT_RCU_TAKES_OBJECT	\
	(__builtin_types_compatible_p(typeof(kvfree_call_rcu),		\
				      void (struct rcu_head *, void *)) || \
	 __builtin_types_compatible_p(typeof(kvfree_call_rcu), \
				      void (struct kvfree_rcu_head *, void *)))
#define LA_COMPAT_RCU_IS_KNOWN	(LA_COMPAT_RCU_TAKES_OFFSET || LA_COMPAT_RCU_TAKES_OBJECT)

static __always_inline const void *la_compat_rcu_object(struct pt_regs *regs)
{
	unsigned long head = regs_get_kernel_argument(regs, 0);
	unsigned long arg = regs_get_kernel_argument(regs, 1);

	if (LA_COMPAT_RCU_TAKES_OFFSET && head)
		return (void *)(head - arg);
	return (void *)arg;
}

/* What a directory of sysfs is called; it may be renamed meanwhile. */
static inline void la_compat_kernfs_name(const struct kernfs_node *node, char *buf, size_t size)
{
#if LA_SINCE(6, 15)
	rcu_read_lock();
	strscpy(buf, rcu_dereference(node->name), size);
	rcu_read_unlock();
#else
	strscpy(buf, node->name, size);
#endif
}

#endif /* LEAKACCT_COMPAT_SLAB_H */
