// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers of functions that are watched: they take the arguments apart, and leave to the
 * events what becomes of it.
 *
 * They run in any context with preemption off, and never allocate, sleep or wait.
 */
#include "handlers.h"

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#include "areas.h"
#include "compat.h"
#include "counters.h"
#include "events.h"
#include "layout.h"
#include "page_events.h"
#include "secrets.h"
#include "sites.h"
#include "symbols.h"
#include "traced.h"
#include "wrappers.h"

/* What a kretprobe keeps from entry to return. */
struct call {
	struct kmem_cache *cache;
	size_t size;
	unsigned int count;
	void **array;
	unsigned long end;
	void *list;
	unsigned long caller;
};

static __always_inline unsigned long arg(struct pt_regs *regs, u8 place)
{
	return place ? regs_get_kernel_argument(regs, place - 1) : 0;
}

static void call_entry(struct la_probe *p, struct pt_regs *regs, void *data)
{
	const struct la_args *args = p->user;
	struct call *call = data;

	call->cache = (void *)arg(regs, args->cache);
	call->size = arg(regs, args->size);
	call->count = arg(regs, args->count);
	call->array = (void *)arg(regs, args->array);
	call->end = arg(regs, args->end);
	call->list = (void *)arg(regs, args->list);
	call->caller = arg(regs, args->caller);
}

static void alloc_objects(void *const *objects, unsigned int n, const struct call *call,
			  struct pt_regs *regs, unsigned long caller)
{
	struct la_allocation a = {
		.caller = call->caller ?: caller,
		.requested = call->size,
		.regs = regs,
	};
	struct kmem_cache *s = call->cache ?: la_layout_object_cache(objects[0]);

	if (s) {
		a.what = (unsigned long)s;
		a.is_cache = true;
		if (!call->size)
			a.requested = la_compat_cache_object_size(s);
	} else {
		a.what = la_compat_large_size(objects[0]);
	}
	la_events_alloc(&a, NULL, objects, n);
}

static void alloc_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			 const void *data)
{
	void *object = (void *)regs_return_value(regs);
	const struct la_args *args = p->user;
	const struct call *call = data;

	/* Called by the allocator itself: who called that is watched as well. */
	if (la_wrappers_is_kmalloc(caller) ||
	    (args->small && call->size > KMALLOC_MAX_CACHE_SIZE) ||
	    (args->area && is_vmalloc_addr(object)))
		return;
	if (ZERO_OR_NULL_PTR(object))
		la_count(LA_ALLOC_FAILED);
	else
		alloc_objects(&object, 1, call, regs, caller);
}

static void alloc_bulk_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			      const void *data)
{
	const struct call *call = data;

	/* All of them, or none. */
	if (LA_COMPAT_BULK_RESULT(regs_return_value(regs)))
		alloc_objects(call->array, call->count, call, regs, caller);
	else
		la_count(LA_ALLOC_FAILED);
}

static void free_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	const struct la_args *args = p->user;
	const void *object = (void *)arg(regs, args->object);

	if (!ZERO_OR_NULL_PTR(object))
		la_events_free(object, caller);
}

static void free_bulk_entry(struct la_probe *p, struct pt_regs *regs,
			    unsigned long caller)
{
	const struct la_args *args = p->user;
	void **array = (void *)arg(regs, args->array);
	size_t i, n = arg(regs, args->count);

	for (i = 0; i < n; i++)
		if (!ZERO_OR_NULL_PTR(array[i]))
			la_events_free(array[i], caller);
}

/* Who hands over, from an interrupt, what kfree_rcu_nolock() could not at once. */
static unsigned long deferred, deferred_size;

static void free_rcu_entry(struct la_probe *p, struct pt_regs *regs,
			   unsigned long caller)
{
	const void *object = la_compat_rcu_object(regs);

	/* kvfree_rcu() takes vmalloc areas too: not objects of a slab. */
	if (!is_vmalloc_addr(object))
		la_events_hand_to_rcu(object, caller, caller - deferred < deferred_size);
}

/**
 * la_handlers_init() - find who hands over to RCU a second time
 */
void la_handlers_init(void)
{
	deferred = LA_COMPAT_HAS_RCU_NOLOCK ? la_symbols_address("deferred_percpu_work_fn") : 0;
	deferred_size = la_symbols_size(deferred);
}

/* The free itself follows, and is seen like others. */
static void free_secret_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	const struct la_args *args = p->user;
	const void *object = (void *)arg(regs, args->object);

	if (!ZERO_OR_NULL_PTR(object))
		la_secrets_freed(object);
}

static void resize_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	const struct la_args *args = p->user;
	const void *object = (void *)arg(regs, args->object);
	size_t size = arg(regs, args->size);

	if (!ZERO_OR_NULL_PTR(object) && size)
		la_events_resize(object, size);
}

static void cache_gone_entry(struct la_probe *p, struct pt_regs *regs,
			     unsigned long caller)
{
	const struct la_args *args = p->user;
	struct kmem_cache *s = (void *)arg(regs, args->cache);

	/* Of a merged cache only one name goes as long as there are others. */
	if (s && la_layout_cache_refcount(s) <= 1)
		la_sites_cache_going(s);
}

static void page_alloc_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			      const void *data)
{
	struct page *page = (void *)regs_return_value(regs);
	const struct call *call = data;

	if (la_page_events_in_bulk(caller))
		return;
	if (page)
		la_page_events_alloc(page, call->size, regs, caller);
	else
		la_count(LA_ALLOC_FAILED);
}

/* At most so many entries of an array are looked at: vmalloc() asks for 100. */
#define MAX_LOOKED_AT	512

/* Nothing tells later what was in the array before; @count says if it was empty. */
static void page_alloc_bulk_call(struct la_probe *p, struct pt_regs *regs, void *data)
{
	struct call *call = data;
	unsigned int i, n;

	call_entry(p, regs, data);
	n = call->count;
	call->count = call->array && n <= MAX_LOOKED_AT;
	for (i = 0; call->count && i < n; i++)
		call->count = !call->array[i];
}

static void page_alloc_bulk_return(struct la_probe *p, struct pt_regs *regs,
				   unsigned long caller, const void *data)
{
	unsigned long n = regs_return_value(regs);
	const struct call *call = data;

	la_page_events_alloc_bulk(n, call->list, (struct page **)call->array, call->count, regs,
				  caller);
}

/* From pfn to pfn; the first is where a size is elsewhere. */
static void page_alloc_range_return(struct la_probe *p, struct pt_regs *regs,
				    unsigned long caller, const void *data)
{
	const struct call *call = data;

	if ((int)regs_return_value(regs))
		la_count(LA_ALLOC_FAILED);
	else
		la_page_events_alloc_range(call->size, call->end, regs, caller);
}

static void page_free_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	const struct la_args *args = p->user;
	struct page *page = (void *)arg(regs, args->page);

	if (args->inside)
		la_page_events_freed_inside(page, arg(regs, args->order));
	else
		la_page_events_freed_outside(page, arg(regs, args->order));
}

static void page_free_list_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	const struct la_args *args = p->user;

	la_compat_visit_freed(arg(regs, args->list), la_page_events_freed);
}

const struct la_handlers la_handlers[LA_NR_EVENTS] = {
	[LA_EVENT_ALLOC] = {
		LA_PROBE_KRETPROBE, LA_PROBE_KRETPROBE, .call = call_entry, .ret = alloc_return,
	},
	[LA_EVENT_ALLOC_BULK] = {
		LA_PROBE_DIRECT_RETURN, LA_PROBE_KRETPROBE, .call = call_entry,
		.ret = alloc_bulk_return, .direct = la_traced_alloc_bulk,
	},
	[LA_EVENT_FREE] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = free_entry },
	[LA_EVENT_FREE_BULK] = {
		LA_PROBE_DIRECT_ENTRY, LA_PROBE_KPROBE, .entry = free_bulk_entry,
		.direct = la_traced_free_bulk,
	},
	[LA_EVENT_FREE_RCU] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = free_rcu_entry },
	[LA_EVENT_FREE_SECRET] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = free_secret_entry },
	[LA_EVENT_RESIZE] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = resize_entry },
	[LA_EVENT_CACHE_GONE] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = cache_gone_entry },
	[LA_EVENT_PAGE_ALLOC] = {
		LA_PROBE_KRETPROBE, LA_PROBE_KRETPROBE, .call = call_entry,
		.ret = page_alloc_return,
	},
	[LA_EVENT_PAGE_ALLOC_BULK] = {
		LA_PROBE_DIRECT_RETURN, LA_PROBE_KRETPROBE, .call = page_alloc_bulk_call,
		.ret = page_alloc_bulk_return, .direct = la_page_events_bulk,
	},
	[LA_EVENT_PAGE_ALLOC_RANGE] = {
		LA_PROBE_DIRECT_RETURN, LA_PROBE_KRETPROBE, .call = call_entry,
		.ret = page_alloc_range_return, .direct = la_page_events_range,
	},
	[LA_EVENT_PAGE_FREE] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = page_free_entry },
	[LA_EVENT_PAGE_FREE_LIST] = {
		LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = page_free_list_entry,
	},
	[LA_EVENT_VMALLOC] = {
		LA_PROBE_DIRECT_RETURN_OF_NINE, LA_PROBE_KRETPROBE,
		.call = la_areas_vmalloc_call, .ret = la_areas_vmalloc_return,
		.direct = la_areas_vmalloc_direct,
	},
	[LA_EVENT_VMALLOC_AREA] = {
		LA_PROBE_DIRECT_RETURN, LA_PROBE_KRETPROBE, .call = la_areas_area_call,
		.ret = la_areas_area_return, .direct = la_areas_area_direct,
	},
	[LA_EVENT_VFREE] = { LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = la_areas_vfree_entry },
	/* It names its return address as the caller: not seen through a direct call. */
	[LA_EVENT_VREALLOC] = {
		LA_PROBE_KRETPROBE, LA_PROBE_KRETPROBE, .call = la_areas_vrealloc_call,
		.ret = la_areas_vrealloc_return,
	},
	[LA_EVENT_PERCPU] = {
		LA_PROBE_DIRECT_RETURN, LA_PROBE_KRETPROBE, .call = la_areas_percpu_call,
		.ret = la_areas_percpu_return, .direct = la_areas_percpu_direct,
	},
	[LA_EVENT_PERCPU_FREE] = {
		LA_PROBE_FTRACE, LA_PROBE_KPROBE, .entry = la_areas_percpu_free_entry,
	},
};

const size_t la_handlers_data_size = sizeof(struct call) > sizeof(struct la_area_call) ?
				     sizeof(struct call) : sizeof(struct la_area_call);
