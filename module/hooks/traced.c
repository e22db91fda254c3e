// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traced: the hot path.
 *
 * The handlers of the tracepoints, through which nearly all events come. Each is a
 * function that calls nothing, or it would have to save registers: what is common is
 * inlined, what is rare is a jump, the last thing that is done, into events.c.
 *
 * Per event only this CPU's counters and the site's are written, and the record.
 *
 * This file is built without stack protector (it holds no array) and function
 * tracing (the chains know this file's frames).
 */
#include "traced.h"

#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <trace/events/kmem.h>

#include "counters.h"
#include "events.h"
#include "layout.h"
#include "objects.h"
#include "probe.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "tasks.h"
#include "unwind.h"
#include "wrappers.h"

/* Its allocation is counted. */
static __always_inline void insert(const void *object, u32 site, u32 task, u32 requested)
{
	const u64 key = la_objects_key(object);
	struct la_spot at;
	u64 *slot;

	if (unlikely(la_countdown_down(la_room.left))) {
		la_events_insert(key, site, task, requested);
		return;
	}
	at = la_table_spot(&la_objects_table, key);
	switch (la_table_claim_home(at, key, &slot)) {
	case LA_FAST_DONE:
		la_table_fill(at, slot, false, key, site, task, la_ticks(), requested);
		return;
	case LA_FAST_FIRST:
		la_table_fill(at, at.home, true, key, site, task, la_ticks(), requested);
		return;
	case LA_FAST_PAIR:
		la_events_insert_pair(at, key, (u64)task << 32 | site, requested);
		return;
	case LA_FAST_NOT:
		la_events_insert_slow(key, site, task, requested);
	}
}

/* @chain is remembered, and nothing else is uncommon either. */
static __always_inline void allocated_by(const struct la_chain *chain, const void *object,
					 size_t requested)
{
	struct la_site_counts __percpu *counts = (void __percpu __force *)chain->counts;
	/* Once: a register less is needed from here on. */
	u32 site = READ_ONCE(chain->site);

	this_cpu_inc(counts->allocs);
	insert(object, site, la_tasks_last(), requested);
}

static __always_inline bool is_common(void)
{
	return likely(la_tasks_is_last()) && !la_recall_is_check_due();
}

/* Its chain is told by following frame pointers, from @link on: that takes registers. */
static noinline void allocated_beyond(const struct la_link *root, const void *object,
				      size_t requested, const struct la_link *link,
				      const void *place)
{
	const struct la_chain *chain = la_recall_chain(link, LA_CONTEXT_TASK, place);

	if (likely(chain) && is_common())
		allocated_by(chain, object, requested);
	else
		la_events_allocated(root->key.a, object, requested, la_link_what(root));
}

/* Without stacks: a wrapper was called, and by whom the words tell. */
static noinline void allocated_through(const struct la_link *root, const void *object,
				       size_t requested)
{
	allocated_beyond(root, object, requested, root, la_unwind_place());
}

/* Its chain is followed along frame pointers, from @w on. */
static noinline void allocated_up(const struct la_link *root, const void *object,
				  size_t requested, const struct la_chain *chain,
				  const struct la_word *w, const void *place)
{
	if (likely(la_chain_matches(chain, w, place, la_unwind_room(place, false))) &&
	    is_common())
		allocated_by(chain, object, requested);
	else
		la_events_allocated(root->key.a, object, requested, la_link_what(root));
}

static __always_inline size_t requested_of(size_t requested, u64 what, bool is_cache)
{
	return is_cache ? la_compat_cache_object_size((void *)(unsigned long)what) : requested;
}

/*
 * An object has been allocated, in a task as a rule, by who allocated here before. Of a
 * cache, that says what was requested. What can be asked of @root is, to save registers.
 */
static __always_inline void allocated(unsigned long caller, const void *object,
				      size_t requested, u64 what, bool is_cache)
{
	const struct la_link *root, *link;
	const struct la_chain *chain;
	const struct la_word *stop;
	enum la_plain plain;
	const void *place;

	if (unlikely(la_peek(la_events_how) != LA_RECORDING_ON) ||
	    unlikely(la_tasks_in_irq()) ||
	    unlikely(!la_recall_caller_plain(caller, what, &root))) {
		la_events_allocated(caller, object, requested_of(requested, what, is_cache), what);
		return;
	}
	link = root;
	place = la_unwind_frameless_place();
	plain = la_recall_chain_plain(&link, place, &chain, &stop);
	if (is_cache)
		requested = requested_of(requested, la_link_what(root), true);
	if (unlikely(plain == LA_PLAIN_WORDS))
		allocated_through(root, object, requested);
	else if (unlikely(plain == LA_PLAIN_LINK))
		allocated_beyond(root, object, requested, link, place);
	else if (unlikely(plain == LA_PLAIN_CHAIN))
		allocated_up(root, object, requested, chain, stop, place);
	else if (is_common())
		allocated_by(chain, object, requested);
	else
		la_events_allocated(READ_ONCE(root->key.a), object, requested,
				    la_link_what(root));
}

/* An object is about to be freed; NULL is none, and its key that of an empty slot. */
static la_compat_event void object_freed(const void *object, unsigned long caller)
{
	const u64 key = la_objects_key(object);
	struct la_spot at;
	u32 site;

	if (unlikely(!object))
		return;
	at = la_table_spot(&la_objects_table, key);
	switch (la_table_remove_home(at, key, &site)) {
	case LA_FAST_DONE:
	case LA_FAST_FIRST:
		la_sites_count_free(site);
		if (la_room_count_removed())
			la_events_freed_batch(site, caller);
		return;
	case LA_FAST_PAIR:
		la_events_remove_buddy(at, key, caller);
		return;
	case LA_FAST_NOT:
		la_events_remove_slow(object, caller);
	}
}

/* The kinds of kmalloc caches that one slot size can stand for. */
#define KMALLOC_KINDS (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)

static __always_inline u64 what_of(size_t size, gfp_t gfp)
{
	return size | (u64)(__force u32)(gfp & KMALLOC_KINDS) << 32;
}

static la_compat_event void kmalloced(unsigned long caller, const void *object,
				      size_t requested, size_t size, gfp_t gfp)
{
	if (unlikely(ZERO_OR_NULL_PTR(object)))
		la_count(LA_ALLOC_FAILED);
	else
		allocated(caller, object, requested, what_of(size, gfp), false);
}

static la_compat_event void cache_alloced(unsigned long caller, const void *object,
					  struct kmem_cache *s)
{
	if (unlikely(!object))
		la_count(LA_ALLOC_FAILED);
	else
		allocated(caller, object, 0, (unsigned long)s, true);
}

/* A large one may be traced twice: the inner one of the two events counts for nothing. */
static noinline void large_kmalloced(unsigned long caller, const void *object,
				     size_t requested, size_t size, gfp_t gfp)
{
	if (la_wrappers_is_kmalloc(caller))
		return;
	if (la_sampler_on && (!la_sampler_is_due(size) || !la_sampler_decide(size)))
		return;
	if (ZERO_OR_NULL_PTR(object))
		la_count(LA_ALLOC_FAILED);
	else
		la_events_allocated(caller, object, requested, what_of(size, gfp));
}

static __always_inline bool is_traced_twice(size_t size)
{
	return LA_COMPAT_LARGE_TRACED_TWICE && unlikely(size > KMALLOC_MAX_CACHE_SIZE);
}

/* As allocated(), for kmem_cache_alloc_bulk(); all kernels have (cache, gfp, count, array). */
static noinline void bulk_allocated(const struct la_direct_frame *frame)
{
	const struct kmem_cache *s = (void *)frame->args[0];
	const struct la_allocation a = {
		.caller = frame->caller,
		.what = (unsigned long)s,
		.requested = la_compat_cache_object_size(s),
		.is_cache = true,
	};
	void **objects = (void **)frame->args[3];
	const struct la_chain *chain = NULL;
	const struct la_link *link;
	size_t i, n = frame->args[2];

	if (!la_sampler_on && la_peek(la_events_how) == LA_RECORDING_ON && !la_tasks_in_irq()) {
		link = la_recall_caller(a.caller, a.what, LA_CONTEXT_TASK);
		if (likely(link))
			chain = la_recall_chain(link, LA_CONTEXT_TASK, la_unwind_place());
	}
	if (likely(chain) && is_common()) {
		this_cpu_add(((struct la_site_counts __percpu __force *)chain->counts)->allocs, n);
		for (i = 0; i < n; i++)
			insert(objects[i], chain->site, la_tasks_last(), a.requested);
	} else {
		la_events_alloc(&a, la_unwind_place(), objects, n);
	}
}

/**
 * la_traced_alloc_bulk() - kmem_cache_alloc_bulk() has returned
 * @hits: see la_probe_hit_of()
 * @frame: of its call
 *
 * Context: any, preemption off.
 */
void la_traced_alloc_bulk(void *hits, const struct la_direct_frame *frame)
{
	u64 bytes;

	la_probe_hit_of(hits);
	/* All of them, or none. */
	if (!LA_COMPAT_BULK_RESULT(frame->result)) {
		la_count(LA_ALLOC_FAILED);
		return;
	}
	if (la_sampler_on) {
		/* Up to the next point together, else one by one. */
		bytes = frame->args[2] * la_compat_cache_size((void *)frame->args[0]);
		if (!la_sampler_is_due(bytes))
			return;
		this_cpu_add(la_sampler_left, bytes);
	}
	bulk_allocated(frame);
}

/* From one on that may be tracked. */
static noinline void bulk_freed_tracked(void **objects, void **end, unsigned long caller)
{
	for (; objects < end; objects++)
		if (la_sampler_may_track(*objects))
			la_events_remove_slow(*objects, caller);
}

static noinline void bulk_freed(void **objects, void **end, unsigned long caller)
{
	for (; objects < end; objects++)
		object_freed(*objects, caller);
}

/**
 * la_traced_free_bulk() - kmem_cache_free_bulk() is about to free
 * @hits: see la_probe_hit_of()
 * @frame: of its call; all kernels have (cache, count, array)
 *
 * Context: any, preemption off.
 */
void la_traced_free_bulk(void *hits, const struct la_direct_frame *frame)
{
	void **objects = (void **)frame->args[2], **end = objects + frame->args[1];

	la_probe_hit_of(hits);
	if (!la_sampler_on) {
		bulk_freed(objects, end, frame->caller);
		return;
	}
	for (; objects < end; objects++) {
		if (unlikely(la_sampler_may_track(*objects))) {
			bulk_freed_tracked(objects, end, frame->caller);
			return;
		}
	}
}

/* With sampling: the sampler's next point is in this one. */
static noinline void kmalloc_due(unsigned long caller, const void *object, size_t requested,
				 size_t size, gfp_t gfp)
{
	if (!la_sampler_decide(size))
		return;
	if (ZERO_OR_NULL_PTR(object))
		la_count(LA_ALLOC_FAILED);
	else
		la_events_allocated(caller, object, requested, what_of(size, gfp));
}

static noinline void cache_alloc_due(unsigned long caller, const void *object,
				     struct kmem_cache *s)
{
	if (!la_sampler_decide(la_compat_cache_size(s)))
		return;
	if (!object)
		la_count(LA_ALLOC_FAILED);
	else
		la_events_allocated(caller, object, la_compat_cache_object_size(s),
				    (unsigned long)s);
}

static void on_kmalloc(void *hits, unsigned long caller, const void *object,
		       size_t requested, size_t size, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	if (is_traced_twice(size))
		large_kmalloced(caller, object, requested, size, gfp);
	else
		kmalloced(caller, object, requested, size, gfp);
	la_compat_event_end();
}

static void sample_kmalloc(void *hits, unsigned long caller, const void *object,
			   size_t requested, size_t size, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	if (is_traced_twice(size))
		large_kmalloced(caller, object, requested, size, gfp);
	else if (la_sampler_is_due(size))
		kmalloc_due(caller, object, requested, size, gfp);
	la_compat_event_end();
}

static void on_kmem_cache_alloc(void *hits, unsigned long caller, const void *object,
				struct kmem_cache *s, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	cache_alloced(caller, object, s);
	la_compat_event_end();
}

static void sample_kmem_cache_alloc(void *hits, unsigned long caller, const void *object,
				    struct kmem_cache *s, gfp_t gfp, int node)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	if (la_sampler_is_due(la_compat_cache_size(s)))
		cache_alloc_due(caller, object, s);
	la_compat_event_end();
}

/* Events before 6.1: without a node, or with it in an event of its own. */
static void __maybe_unused on_kmalloc_old(void *hits, unsigned long caller, const void *object,
					  size_t requested, size_t size, gfp_t gfp)
{
	la_probe_hit_of(hits);
	kmalloced(caller, object, requested, size, gfp);
}

static void __maybe_unused sample_kmalloc_old(void *hits, unsigned long caller,
					      const void *object, size_t requested, size_t size,
					      gfp_t gfp)
{
	la_probe_hit_of(hits);
	if (la_sampler_is_due(size))
		kmalloc_due(caller, object, requested, size, gfp);
}

static __always_inline struct kmem_cache *cache_of(const void *object)
{
	return likely(object) ? la_layout_slab_cache_of(object) : NULL;
}

static __always_inline void cache_alloced_old(unsigned long caller, const void *object)
{
	cache_alloced(caller, object, cache_of(object));
}

static void __maybe_unused on_cache_alloc_old(void *hits, unsigned long caller,
					      const void *object, size_t requested, size_t size,
					      gfp_t gfp)
{
	la_probe_hit_of(hits);
	cache_alloced_old(caller, object);
}

static void __maybe_unused sample_cache_alloc_old(void *hits, unsigned long caller,
						  const void *object, size_t requested,
						  size_t size, gfp_t gfp)
{
	la_probe_hit_of(hits);
	if (la_sampler_is_due(size))
		cache_alloc_due(caller, object, cache_of(object));
}

static void __maybe_unused on_cache_alloc_node_old(void *hits, unsigned long caller,
						   const void *object, size_t requested,
						   size_t size, gfp_t gfp, int node)
{
	la_probe_hit_of(hits);
	cache_alloced_old(caller, object);
}

static void __maybe_unused sample_cache_alloc_node_old(void *hits, unsigned long caller,
						       const void *object, size_t requested,
						       size_t size, gfp_t gfp, int node)
{
	la_probe_hit_of(hits);
	if (la_sampler_is_due(size))
		cache_alloc_due(caller, object, cache_of(object));
}

static void on_kfree(void *hits, unsigned long caller, const void *object)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	object_freed(object, caller);
	la_compat_event_end();
}

static void sample_kfree(void *hits, unsigned long caller, const void *object)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	/* Of NULL as well, mostly. */
	if (unlikely(la_sampler_may_track(object)))
		la_events_remove_slow(object, caller);
	la_compat_event_end();
}

static void on_kmem_cache_free(void *hits, unsigned long caller, const void *object,
			       const struct kmem_cache *s)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	object_freed(object, caller);
	la_compat_event_end();
}

static void sample_kmem_cache_free(void *hits, unsigned long caller, const void *object,
				   const struct kmem_cache *s)
{
	sample_kfree(hits, caller, object);
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
