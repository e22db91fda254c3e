// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: the hot path.
 *
 * The handlers of the tracepoints, through which nearly all events come, are one
 * function each with everything inlined that is common; what is rare is a call.
 * This file is built without stack protector (it holds no array) and function
 * tracing (the chains know this file's frames).
 *
 * Per event only this CPU's counters and the site's are written, and the record.
 * Sums of events are derived from those of the sites when they are read.
 */
#include "events.h"

#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <trace/events/kmem.h>

#include "compat.h"
#include "counters.h"
#include "layout.h"
#include "objects.h"
#include "probe.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "table_fast.h"
#include "tasks.h"

struct waiting {
	s64 objects;
	s64 bytes;
};

static DEFINE_PER_CPU(struct waiting, waiting);
static enum la_recording recording;

static noinline void refuse(u32 site)
{
	la_count(LA_REFUSED);
	atomic_long_inc(&la_sites_table[site].refused);
	if ((s64)la_objects_capacity() < (s64)la_objects_max())
		la_objects_kick();
}

/* Its free was missed: book it now, to the site that it was allocated at. */
static noinline void heal(const struct la_record *stale, const void *object)
{
	la_sampler_forget(object);
	la_count(LA_HEALS);
	la_sites_count_free(la_record_site(stale));
	la_objects_count_remove();
}

/* There are too many records, but the address may still hold a stale one. */
static noinline void refuse_full(u32 site, const void *object)
{
	struct la_record stale;

	if (la_table_remove(&la_objects_table, la_objects_key(object), &stale))
		heal(&stale, object);
	la_sampler_forget(object);
	refuse(site);
}

static noinline void insert_slow(const void *object, u32 site, u32 task, u32 requested)
{
	struct la_record stale;

	switch (la_table_insert(&la_objects_table, la_objects_key(object),
				la_record_make(site, task, la_ticks(), requested), &stale)) {
	case LA_INSERT_HEALED:
		heal(&stale, object);
		fallthrough;
	case LA_INSERT_NEW:
		return;
	case LA_INSERT_HEALED_REFUSED:
		heal(&stale, object);
		fallthrough;
	case LA_INSERT_REFUSED:
		la_objects_count_remove();
		la_sampler_forget(object);
		refuse(site);
	}
}

static noinline void not_recorded(unsigned int n)
{
	if (READ_ONCE(recording) == LA_RECORDING_STOPPED)
		la_count_many(LA_NOT_RECORDED, n);
}

/* The site of @n objects, which are counted there: exact whatever becomes of records. */
static __always_inline u32 count_at_site(const struct la_allocation *a, const void *object,
					 unsigned int n, enum la_context context)
{
	struct la_place place __uninitialized;
	const struct la_chain *chain;
	u32 site;

	if (likely(la_recall_chain(a->caller, a->what, context, &place, a->regs, &chain))) {
		struct la_site_counts __percpu *counts = (void __percpu __force *)chain->counts;

		this_cpu_add(counts->allocs, n);
		return chain->site;
	}
	place.regs = a->regs;
	site = la_recall_learn(a->caller, a->what, object, a->is_cache, context, &place);
	la_objects_check_room();
	this_cpu_add(la_sites_counts[site]->allocs, n);
	return site;
}

static __always_inline void insert(const void *object, u32 site, u32 task, u32 requested)
{
	if (unlikely(!la_objects_count_insert()))
		refuse_full(site, object);
	else if (unlikely(!la_table_insert_fast(&la_objects_table, la_objects_key(object), site,
						task, la_ticks(), requested)))
		insert_slow(object, site, task, requested);
}

static __always_inline void allocated_by(u32 task, enum la_context context,
					 const struct la_allocation *a, void *const *objects,
					 unsigned int n)
{
	u32 site = count_at_site(a, objects[0], n, context);
	unsigned int i;

	for (i = 0; i < n; i++)
		insert(objects[i], site, task, a->requested);
}

/* Apart, so that nothing in the way of tasks depends on the context. */
static noinline void allocated_in_irq(const struct la_allocation *a, void *const *objects,
				      unsigned int n)
{
	u32 kind = la_tasks_irq();

	allocated_by(kind, kind, a, objects, n);
}

/* @n objects have been allocated by one call. */
static __always_inline void allocated(const struct la_allocation *a, void *const *objects,
				      unsigned int n)
{
	if (unlikely(READ_ONCE(recording) != LA_RECORDING_ON)) {
		not_recorded(n);
	} else if (unlikely(la_tasks_in_irq())) {
		/* Copies, or the likely way had both in memory too. */
		const struct la_allocation copy = *a;
		void *const one = *objects;

		allocated_in_irq(&copy, n == 1 ? &one : objects, n);
	} else {
		allocated_by(la_tasks_current(), LA_CONTEXT_TASK, a, objects, n);
	}
}

/* Nothing in the live table: is it the echo of a kfree_rcu()? */
static noinline void free_without_record(const void *object)
{
	struct la_record rec;

	if (!la_table_remove(&la_objects_waiting_table, la_objects_key(object), &rec)) {
		/* With sampling, most have none, and that says nothing. */
		if (!la_sampler_on)
			la_count(LA_UNKNOWN_FREES);
		return;
	}
	la_count(LA_RCU_DONE);
	this_cpu_dec(waiting.objects);
	this_cpu_sub(waiting.bytes, la_sites_table[la_record_site(&rec)].size);
}

static bool remove_record(const void *object, struct la_record *rec)
{
	if (!la_table_remove(&la_objects_table, la_objects_key(object), rec))
		return false;
	la_sites_count_free(la_record_site(rec));
	la_objects_count_remove();
	la_sampler_forget(object);
	return true;
}

static __always_inline void freed_at(u32 site)
{
	la_sites_count_free(site);
	la_objects_count_remove();
}

static noinline void free_slow(const void *object)
{
	struct la_record rec;

	if (!ZERO_OR_NULL_PTR(object) && !remove_record(object, &rec))
		free_without_record(object);
}

/* An object is about to be freed; NULL is none, and its key that of an empty slot. */
static __always_inline void object_freed(const void *object)
{
	u32 site;

	if (unlikely(!object))
		return;
	if (likely(la_table_remove_fast(&la_objects_table, la_objects_key(object), &site)))
		freed_at(site);
	else
		free_slow(object);
}

/* The sampler has picked this one. */
static __always_inline void tracked(const void *object)
{
	if (READ_ONCE(recording) == LA_RECORDING_ON && !ZERO_OR_NULL_PTR(object))
		la_sampler_note(object);
}

/**
 * la_events_alloc() - objects have been allocated by one call
 * @a: what they are, and where
 * @objects: their addresses
 * @n: how many, at least one
 *
 * Context: any, preemption off.
 */
void la_events_alloc(const struct la_allocation *a, void *const *objects, unsigned int n)
{
	unsigned int i;
	u64 size;

	if (!la_sampler_on) {
		allocated(a, objects, n);
		return;
	}
	/* As site->size will be. */
	size = a->is_cache ? la_compat_cache_size((void *)(unsigned long)a->what) : (u32)a->what;
	for (i = 0; i < n; i++)
		if (la_sampler_takes(size)) {
			tracked(objects[i]);
			allocated(a, &objects[i], 1);
		}
}

/**
 * la_events_free() - an object is about to be freed
 * @object: its address
 *
 * Context: any, preemption off.
 */
void la_events_free(const void *object)
{
	if (!la_sampler_on)
		object_freed(object);
	else if (la_sampler_may_track(object))
		free_slow(object);
}

/**
 * la_events_hand_to_rcu() - kfree_rcu(): free, but its memory comes back later
 * @object: its address
 *
 * Objects older than the load are kept here too (on the overflow site, of no
 * size), or their real free would count as unknown a second time.
 *
 * Context: any, preemption off.
 */
void la_events_hand_to_rcu(const void *object)
{
	struct la_record rec, stale;

	la_count(LA_RCU_HANDED);
	if (la_sampler_on || LA_COMPAT_RCU_HAS_NO_ECHO) {
		/* What waits is not known; with sampling the echo is turned away like most. */
		remove_record(object, &rec);
		return;
	}
	if (!remove_record(object, &rec)) {
		la_count(LA_UNKNOWN_FREES);
		rec = la_record_make(LA_SITE_OVERFLOW, LA_TASK_UNKNOWN, la_ticks(), 0);
	}
	rec = la_record_make(la_record_site(&rec), LA_TASK_UNKNOWN, la_ticks(), 0);
	switch (la_table_insert(&la_objects_waiting_table, la_objects_key(object), rec, &stale)) {
	case LA_INSERT_NEW:
		this_cpu_inc(waiting.objects);
		this_cpu_add(waiting.bytes, la_sites_table[la_record_site(&rec)].size);
		break;
	case LA_INSERT_HEALED:
		break;
	default:
		la_count(LA_RCU_UNKEPT);
	}
}

/**
 * la_events_resize() - krealloc() that fits where the object is
 * @object: its address
 * @requested: bytes now asked for
 *
 * Context: any, preemption off.
 */
void la_events_resize(const void *object, size_t requested)
{
	u64 key = la_objects_key(object);
	struct la_record rec;

	if (!la_table_find(&la_objects_table, key, &rec) ||
	    requested > la_sites_table[la_record_site(&rec)].size)
		return;		/* not ours, or it moves: an allocation and a free follow */
	/* While the table grows it can't be done. */
	if (la_table_set_requested(&la_objects_table, key, requested))
		la_count(LA_RESIZED);
	else
		la_count(LA_RESIZE_LOST);
}

/* The kinds of kmalloc caches that one slot size can stand for. */
#define KMALLOC_KINDS (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)

static __always_inline void kmalloced(unsigned long caller, const void *object,
				      size_t requested, size_t size, gfp_t gfp)
{
	const struct la_allocation a = {
		.caller = caller,
		.what = size | (u64)(__force u32)(gfp & KMALLOC_KINDS) << 32,
		.requested = requested,
	};

	if (unlikely(ZERO_OR_NULL_PTR(object)))
		la_count(LA_ALLOC_FAILED);
	else
		allocated(&a, (void **)&object, 1);
}

static __always_inline void cache_alloced(unsigned long caller, const void *object,
					  struct kmem_cache *s)
{
	const struct la_allocation a = {
		.caller = caller,
		.what = (unsigned long)s,
		.requested = la_compat_cache_object_size(s),
		.is_cache = true,
	};

	if (unlikely(!object))
		la_count(LA_ALLOC_FAILED);
	else
		allocated(&a, (void **)&object, 1);
}

/* Apart, so that those who are not picked get by without a frame. */
static noinline void kmalloc_tracked(unsigned long caller, const void *object,
				     size_t requested, size_t size, gfp_t gfp)
{
	tracked(object);
	kmalloced(caller, object, requested, size, gfp);
}

static noinline void cache_alloc_tracked(unsigned long caller, const void *object,
					 struct kmem_cache *s)
{
	tracked(object);
	cache_alloced(caller, object, s);
}

/* Is this the inner one of two events of a large kmalloc()? It counts for nothing. */
static __always_inline bool is_inner(unsigned long caller, size_t size)
{
	return LA_COMPAT_LARGE_TRACED_TWICE && unlikely(size > KMALLOC_MAX_CACHE_SIZE) &&
	       la_unwind_in_allocator(caller);
}

static void on_kmalloc(void *data, unsigned long caller, const void *object,
		       size_t requested, size_t size, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit(data);
	if (!is_inner(caller, size))
		kmalloced(caller, object, requested, size, gfp);
	la_compat_event_end();
}

static void sample_kmalloc(void *data, unsigned long caller, const void *object,
			   size_t requested, size_t size, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit(data);
	if (!is_inner(caller, size) && la_sampler_takes(size))
		kmalloc_tracked(caller, object, requested, size, gfp);
	la_compat_event_end();
}

static void on_kmem_cache_alloc(void *data, unsigned long caller, const void *object,
				struct kmem_cache *s, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit(data);
	cache_alloced(caller, object, s);
	la_compat_event_end();
}

static void sample_kmem_cache_alloc(void *data, unsigned long caller, const void *object,
				    struct kmem_cache *s, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit(data);
	if (la_sampler_takes(la_compat_cache_size(s)))
		cache_alloc_tracked(caller, object, s);
	la_compat_event_end();
}

/* Events before 6.1: without a node, or with it in an event of its own. */
static void __maybe_unused on_kmalloc_old(void *data, unsigned long caller, const void *object,
					  size_t requested, size_t size, gfp_t gfp)
{
	la_probe_hit(data);
	kmalloced(caller, object, requested, size, gfp);
}

static void __maybe_unused sample_kmalloc_old(void *data, unsigned long caller,
					      const void *object, size_t requested, size_t size,
					      gfp_t gfp)
{
	la_probe_hit(data);
	if (la_sampler_takes(size))
		kmalloc_tracked(caller, object, requested, size, gfp);
}

static __always_inline struct kmem_cache *cache_of(const void *object)
{
	return likely(object) ? la_layout_slab_cache_of(object) : NULL;
}

static __always_inline void cache_alloced_old(unsigned long caller, const void *object)
{
	cache_alloced(caller, object, cache_of(object));
}

static void __maybe_unused on_cache_alloc_old(void *data, unsigned long caller,
					      const void *object, size_t requested, size_t size,
					      gfp_t gfp)
{
	la_probe_hit(data);
	cache_alloced_old(caller, object);
}

static void __maybe_unused sample_cache_alloc_old(void *data, unsigned long caller,
						  const void *object, size_t requested,
						  size_t size, gfp_t gfp)
{
	la_probe_hit(data);
	if (la_sampler_takes(size))
		cache_alloc_tracked(caller, object, cache_of(object));
}

static void __maybe_unused on_cache_alloc_node_old(void *data, unsigned long caller,
						   const void *object, size_t requested,
						   size_t size, gfp_t gfp, int node)
{
	la_probe_hit(data);
	cache_alloced_old(caller, object);
}

static void __maybe_unused sample_cache_alloc_node_old(void *data, unsigned long caller,
						       const void *object, size_t requested,
						       size_t size, gfp_t gfp, int node)
{
	la_probe_hit(data);
	if (la_sampler_takes(size))
		cache_alloc_tracked(caller, object, cache_of(object));
}

static void on_kfree(void *data, unsigned long caller, const void *object)
{
	la_compat_event_begin();
	la_probe_hit(data);
	object_freed(object);
	la_compat_event_end();
}

static void sample_kfree(void *data, unsigned long caller, const void *object)
{
	la_compat_event_begin();
	la_probe_hit(data);
	/* Of NULL as well, mostly. */
	if (unlikely(la_sampler_may_track(object)))
		free_slow(object);
	la_compat_event_end();
}

static void on_kmem_cache_free(void *data, unsigned long caller, const void *object,
			       const struct kmem_cache *s)
{
	la_compat_event_begin();
	la_probe_hit(data);
	object_freed(object);
	la_compat_event_end();
}

static void sample_kmem_cache_free(void *data, unsigned long caller, const void *object,
				   const struct kmem_cache *s)
{
	sample_kfree(data, caller, object);
}

/* A wrong prototype would be garbage at run time: the compiler says which is right. */
const struct la_traced la_traced_kmalloc = {
	&__tracepoint_kmalloc,
	la_compat_takes(kmalloc, on_kmalloc) ? (void *)on_kmalloc :
	la_compat_takes(kmalloc, on_kmalloc_old) ? (void *)on_kmalloc_old : NULL,
	la_compat_takes(kmalloc, sample_kmalloc) ? (void *)sample_kmalloc :
	la_compat_takes(kmalloc, sample_kmalloc_old) ? (void *)sample_kmalloc_old : NULL,
};

const struct la_traced la_traced_cache_alloc = {
	&__tracepoint_kmem_cache_alloc,
	la_compat_takes(kmem_cache_alloc, on_kmem_cache_alloc) ? (void *)on_kmem_cache_alloc :
	la_compat_takes(kmem_cache_alloc, on_cache_alloc_old) ? (void *)on_cache_alloc_old : NULL,
	la_compat_takes(kmem_cache_alloc, sample_kmem_cache_alloc) ?
		(void *)sample_kmem_cache_alloc :
	la_compat_takes(kmem_cache_alloc, sample_cache_alloc_old) ?
		(void *)sample_cache_alloc_old : NULL,
};

#if LA_COMPAT_NODE_EVENTS
const struct la_traced la_traced_kmalloc_node = {
	&__tracepoint_kmalloc_node,
	la_compat_takes(kmalloc_node, on_kmalloc) ? on_kmalloc : NULL,
	la_compat_takes(kmalloc_node, sample_kmalloc) ? sample_kmalloc : NULL,
};

const struct la_traced la_traced_cache_alloc_node = {
	&__tracepoint_kmem_cache_alloc_node,
	la_compat_takes(kmem_cache_alloc_node, on_cache_alloc_node_old) ?
		on_cache_alloc_node_old : NULL,
	la_compat_takes(kmem_cache_alloc_node, sample_cache_alloc_node_old) ?
		sample_cache_alloc_node_old : NULL,
};
#endif

const struct la_traced la_traced_kfree = {
	&__tracepoint_kfree,
	la_compat_takes(kfree, on_kfree) ? on_kfree : NULL,
	la_compat_takes(kfree, sample_kfree) ? sample_kfree : NULL,
};

/* On 5.10, where this has two arguments, it comes after the free, which is too late. */
const struct la_traced la_traced_cache_free = {
	&__tracepoint_kmem_cache_free,
	la_compat_takes(kmem_cache_free, on_kmem_cache_free) ? on_kmem_cache_free : NULL,
	la_compat_takes(kmem_cache_free, sample_kmem_cache_free) ? sample_kmem_cache_free : NULL,
};

/**
 * la_events_record() - record new allocations, or not
 * @how: stopped means that frees stay watched, else each free meanwhile became a
 *	false leak
 */
void la_events_record(enum la_recording how)
{
	WRITE_ONCE(recording, how);
}

/**
 * la_events_recording() - are new allocations recorded?
 */
bool la_events_recording(void)
{
	return READ_ONCE(recording) == LA_RECORDING_ON;
}

/**
 * la_events_waiting() - what waits for RCU
 * @objects: handed to kfree_rcu() and not freed yet
 * @bytes: that they take; of objects older than the load this is not known
 */
void la_events_waiting(s64 *objects, s64 *bytes)
{
	int cpu;

	*objects = 0;
	*bytes = 0;
	for_each_possible_cpu(cpu) {
		*objects += READ_ONCE(per_cpu(waiting.objects, cpu));
		*bytes += READ_ONCE(per_cpu(waiting.bytes, cpu));
	}
}

/**
 * la_events_sum() - what happened since the load
 * @sums: the result
 *
 * Every allocation is counted at a site, every free that removed a record too.
 */
void la_events_sum(struct la_event_sums *sums)
{
	struct la_site_counts total;

	la_sites_total(&total);
	sums->inserts = total.allocs - la_counters_sum(LA_REFUSED);
	sums->removes = total.frees - la_counters_sum(LA_HEALS);
	sums->allocs = total.allocs + la_counters_sum(LA_NOT_RECORDED);
	sums->frees = sums->removes + la_counters_sum(LA_UNKNOWN_FREES) +
		      la_counters_sum(LA_RCU_DONE);
}
