/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows kernel versions.
 */
#ifndef LEAKACCT_COMPAT_H
#define LEAKACCT_COMPAT_H

#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/version.h>

#if KERNEL_VERSION(6, 1, 0) > LINUX_VERSION_CODE || \
	KERNEL_VERSION(6, 2, 0) <= LINUX_VERSION_CODE
#error "leakacct has been measured on Linux 6.1 only, and guesses no layout of another kernel"
#endif
#if !defined(CONFIG_SLUB) || !defined(CONFIG_KPROBES) || !defined(CONFIG_DEBUG_FS)
#error "leakacct needs CONFIG_SLUB, CONFIG_KPROBES and CONFIG_DEBUG_FS"
#endif

/*
 * The private struct slab, which overlays struct page: as much of mm/slab.h as
 * slub_def.h and we need, since 401fb12c68c2 ("mm: Split slab into its own type")
 * in 5.17. la_trials_begin() proves it with an object of a known cache.
 */
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

#include <linux/slub_def.h>

static inline unsigned int la_compat_cache_size(const struct kmem_cache *s)
{
	return s->size;
}

static inline unsigned int la_compat_cache_object_size(const struct kmem_cache *s)
{
	return s->object_size;
}

static inline slab_flags_t la_compat_cache_flags(const struct kmem_cache *s)
{
	return s->flags;
}

static inline const char *la_compat_cache_name(const struct kmem_cache *s)
{
	return s->name;
}

/* Users of a merged cache; below 0 for the ones made before merging works. */
static inline int la_compat_cache_refcount(const struct kmem_cache *s)
{
	return READ_ONCE(s->refcount);
}

/* The directory of the cache in /sys/kernel/slab: ":0000072", or its name. */
static inline const char *la_compat_cache_sysfs_name(const struct kmem_cache *s)
{
	return kobject_name(&s->kobj);
}

/* The cache of an object in a slab, NULL for a large kmalloc. */
static inline struct kmem_cache *la_compat_object_cache(const void *object)
{
	struct page *head = virt_to_head_page(object);

	if (!PageSlab(head))
		return NULL;
	return ((struct slab *)head)->slab_cache;
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

/* Where a module's core or init part lies. */
static inline void la_compat_module_area(const struct module *mod, bool init,
					 unsigned long *start, unsigned long *size)
{
	*start = (unsigned long)(init ? mod->init_layout.base : mod->core_layout.base);
	*size = init ? mod->init_layout.size : mod->core_layout.size;
}

/* At the first instruction of a function: the return address is on top of the stack. */
static __always_inline unsigned long la_compat_entry_caller(struct pt_regs *regs)
{
	return *(unsigned long *)kernel_stack_pointer(regs);
}

static __always_inline struct pt_regs *la_compat_ftrace_regs(struct ftrace_regs *fregs)
{
	return ftrace_get_regs(fregs);
}

/*
 * kvfree_call_rcu(head, func): @func is the offset of the head in the object,
 * or the object itself when there is no head.
 */
static __always_inline const void *la_compat_rcu_object(struct pt_regs *regs)
{
	unsigned long head = regs_get_kernel_argument(regs, 0);
	unsigned long func = regs_get_kernel_argument(regs, 1);

	return (void *)(head ? head - func : func);
}

#endif /* LEAKACCT_COMPAT_H */
