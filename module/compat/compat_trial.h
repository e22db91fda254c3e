/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: what only trials and the modules of the tests call. See compat.h.
 */
#ifndef LEAKACCT_COMPAT_TRIAL_H
#define LEAKACCT_COMPAT_TRIAL_H

#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/skbuff.h>	/* page_frag_cache.h, where there is one */
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/topology.h>

#include "compat_version.h"

/* What only trials and the modules of the tests use. */
#ifdef kvfree_rcu_mightsleep
#define la_compat_kvfree_rcu(object)	kvfree_rcu_mightsleep(object)
#else
#define la_compat_kvfree_rcu(object)	kvfree_rcu(object)
#endif

/* Pages in bulk since 5.13: into an array, which later lost its name; into a list until then. */
#ifdef alloc_pages_bulk
#define la_compat_alloc_pages_bulk(...)		alloc_pages_bulk(__VA_ARGS__)
#elif LA_SINCE(5, 13)
#define la_compat_alloc_pages_bulk(...)		alloc_pages_bulk_array(__VA_ARGS__)
#define la_compat_alloc_pages_bulk_list(...)	alloc_pages_bulk_list(__VA_ARGS__)
#endif

/* Page frames that lie side by side: what they are for was a type, later flags. */
#ifdef ACR_FLAGS_NONE
#define la_compat_alloc_contig_range(from, to)	\
	alloc_contig_range(from, to, ACR_FLAGS_NONE, GFP_KERNEL)
#define LA_COMPAT_HAS_CONTIG_PAGES		/* is exported */
#else
#define la_compat_alloc_contig_range(from, to)	\
	alloc_contig_range(from, to, MIGRATE_MOVABLE, GFP_KERNEL)
#endif

/* The same without a reference to them; and pages for any context. */
#ifdef alloc_contig_frozen_pages
#define la_compat_contig_frozen_pages(n, node)	\
	alloc_contig_frozen_pages(n, GFP_KERNEL, node, NULL)
#endif
#if LA_SINCE(7, 3)
#define la_compat_alloc_pages_nolock(order)	alloc_pages_nolock(0, NUMA_NO_NODE, order)
#endif

static inline void la_compat_page_frag_drain(struct page_frag_cache *cache)
{
#if LA_SINCE(6, 9)
	page_frag_cache_drain(cache);
#else
	if (cache->va)
		__page_frag_cache_drain(virt_to_head_page(cache->va), cache->pagecnt_bias);
	cache->va = NULL;
#endif
}

/* A vmalloc area that grows, which is not exported everywhere by itself. */
#if LA_SINCE(6, 12)
#define la_compat_vrealloc(area, size)		kvrealloc(area, size, GFP_KERNEL)
#endif

/* In a hard interrupt, but where nobody may allocate or free there. */
#ifdef CONFIG_PREEMPT_RT
#define LA_COMPAT_IRQ_WORK(fn)			IRQ_WORK_INIT(fn)
#else
#define LA_COMPAT_IRQ_WORK(fn)			IRQ_WORK_INIT_HARD(fn)
#endif

static inline struct task_struct *la_compat_kthread_on_cpu(int (*fn)(void *), void *data,
							   unsigned int cpu, const char *name)
{
	struct task_struct *thread = kthread_create_on_node(fn, data, cpu_to_node(cpu), "%s/%u",
							    name, cpu);

	/* kthread_create_on_cpu() is exported since 5.15 or so. */
	if (!IS_ERR(thread))
		kthread_bind(thread, cpu);
	return thread;
}

#if LA_SINCE(6, 10)
#define LA_COMPAT_NAME_OF_KMALLOC	"__kmalloc_noprof"
#define LA_COMPAT_NAME_OF_GET_PAGE	"get_free_pages_noprof"
#else
#define LA_COMPAT_NAME_OF_KMALLOC	"__kmalloc"
#define LA_COMPAT_NAME_OF_GET_PAGE	"__get_free_pages"
#endif

static inline void la_compat_hrtimer_setup(struct hrtimer *timer,
					   enum hrtimer_restart (*fn)(struct hrtimer *),
					   enum hrtimer_mode mode)
{
#if LA_SINCE(6, 13)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = fn;
#endif
}

static inline void la_compat_timer_delete_sync(struct timer_list *timer)
{
#if LA_SINCE(6, 2)
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

typedef unsigned long (*la_compat_shrinker_fn)(struct shrinker *s, struct shrink_control *sc);

static inline int la_compat_shrinker_register(struct shrinker *s, const char *name)
{
#ifdef SHRINKER_ALLOCATED
	shrinker_register(s);
	return 0;
#elif LA_SINCE(6, 0)
	return register_shrinker(s, "%s", name);
#else
	return register_shrinker(s);
#endif
}

static inline struct shrinker *la_compat_shrinker_add(la_compat_shrinker_fn count,
						      la_compat_shrinker_fn scan,
						      const char *name)
{
#ifdef SHRINKER_ALLOCATED
	struct shrinker *s = shrinker_alloc(0, "%s", name);
#else
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);
#endif

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	s->seeks = DEFAULT_SEEKS;
	if (!la_compat_shrinker_register(s, name))
		return s;
	kfree(s);
	return NULL;
}

static inline void la_compat_shrinker_remove(struct shrinker *s)
{
#ifdef SHRINKER_ALLOCATED
	shrinker_free(s);
#else
	unregister_shrinker(s);
	kfree(s);
#endif
}

/* Before, kfree_bulk(), and so kfree_rcu(), left the pages of large ones in Slab for good. */
#define LA_COMPAT_BULK_FREE_COUNTS_LARGE	LA_SINCE(5, 14)

#endif /* LEAKACCT_COMPAT_TRIAL_H */
