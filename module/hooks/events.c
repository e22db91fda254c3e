// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what becomes of allocations and frees, but for the common case of those that
 * a tracepoint reports, which traced.c deals with.
 *
 * Sums of events are derived from those of the sites when they are read.
 */
#include "events.h"

#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#include "compat.h"
#include "counters.h"
#include "freers.h"
#include "layout.h"
#include "objects.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "table_fast.h"
#include "tasks.h"
#include "unknown.h"
#include "unwind.h"
#include "waiting.h"

enum la_recording la_events_how;

static void refuse(u32 site)
{
	la_count(LA_REFUSED);
	atomic_long_inc(&la_sites_table[site].refused);
	if ((s64)la_objects_capacity() < (s64)la_room_max())
		la_objects_kick();
}

static const void *object_of(u64 key)
{
	return (void *)la_table_key_addr(key);
}

/* Its free was missed: book it now, to the site that it was allocated at. */
static void heal(const struct la_record *stale, u64 key)
{
	la_sampler_forget(object_of(key));
	la_count(LA_HEALS);
	la_sites_count_free(la_record_site(stale));
	la_room_count_remove();
}

/**
 * la_events_insert_slow() - store a record that is counted, wherever there is room
 * @key: la_objects_key() of its object
 * @site: for the record
 * @task: likewise
 * @requested: likewise
 *
 * Context: any, preemption off.
 */
void la_events_insert_slow(u64 key, u32 site, u32 task, u32 requested)
{
	struct la_record stale;

	switch (la_table_insert(&la_objects_table, key,
				la_record_make(site, task, la_ticks(), requested), &stale)) {
	case LA_INSERT_HEALED:
		heal(&stale, key);
		fallthrough;
	case LA_INSERT_NEW:
		return;
	case LA_INSERT_HEALED_REFUSED:
		heal(&stale, key);
		fallthrough;
	case LA_INSERT_REFUSED:
		la_room_count_remove();
		la_sampler_forget(object_of(key));
		refuse(site);
	}
}

/**
 * la_events_insert_pair() - the same, near where it belongs if there is room
 * @at: where it belongs
 * @key: la_objects_key() of its object
 * @who: for the record: its site, and its task in the upper half
 * @requested: for the record
 *
 * Context: any, preemption off.
 */
void la_events_insert_pair(struct la_spot at, u64 key, u64 who, u32 requested)
{
	u32 site = who, task = who >> 32;

	if (!la_table_insert_pair(at, key, site, task, la_ticks(), requested))
		la_events_insert_slow(key, site, task, requested);
}

/* There are too many records, but the address may still hold a stale one. */
static void refuse_full(u32 site, u64 key)
{
	struct la_record stale;

	if (la_table_remove(&la_objects_table, key, &stale))
		heal(&stale, key);
	la_sampler_forget(object_of(key));
	refuse(site);
}

static void insert(u64 key, u32 site, u32 task, u32 requested)
{
	if (!la_table_insert_fast(&la_objects_table, key, site, task, la_ticks(), requested))
		la_events_insert_slow(key, site, task, requested);
}

/**
 * la_events_insert() - store a record, if la_room_get() finds room
 * @key: la_objects_key() of its object
 * @site: for the record
 * @task: likewise
 * @requested: likewise
 *
 * Context: any, preemption off; after la_room.left was counted down below 0.
 */
void la_events_insert(u64 key, u32 site, u32 task, u32 requested)
{
	if (la_room_get())
		insert(key, site, task, requested);
	else
		refuse_full(site, key);
}

/**
 * la_events_site() - the site of objects that one call allocated
 * @o: what is known of them
 * @place: where the hook stands, see la_unwind()
 * @regs: likewise
 * @n: how many, which are counted there: exact whatever becomes of records
 *
 * Context: any, preemption off.
 */
u32 la_events_site(const struct la_origin *o, const void *place, struct pt_regs *regs,
		   unsigned int n)
{
	const struct la_link *link = la_recall_caller(o->caller, o->what, o->context);
	const struct la_chain *chain = link ? la_recall_chain(link, o->context, place) : NULL;
	u32 site;

	if (chain) {
		site = chain->site;
		if (la_recall_is_check_due())
			la_recall_check(o, place, regs, site);
	} else {
		site = la_recall_learn(o, place, regs);
		la_objects_check_room();
	}
	this_cpu_add(la_sites_counts[site]->allocs, n);
	return site;
}

/* @n objects have been allocated by one call, and are tracked. */
static noinline void allocated(const struct la_allocation *a, const void *place,
			       void *const *objects, unsigned int n)
{
	bool in_irq = la_tasks_in_irq();
	u32 task = in_irq ? la_tasks_irq() : la_tasks_current(), site;
	const struct la_origin origin = {
		.caller = a->caller,
		.what = a->what,
		.object = objects[0],
		.is_cache = a->is_cache,
		.context = in_irq ? task : LA_CONTEXT_TASK,
	};
	unsigned int i;

	if (READ_ONCE(la_events_how) != LA_RECORDING_ON) {
		if (READ_ONCE(la_events_how) == LA_RECORDING_STOPPED)
			la_count_many(LA_NOT_RECORDED, n);
		return;
	}
	site = la_events_site(&origin, place, a->regs, n);
	for (i = 0; i < n; i++) {
		u64 key = la_objects_key_in(la_what_space(a->what), objects[i]);

		la_sampler_note(object_of(key));
		if (la_room_count_insert())
			insert(key, site, task, a->requested);
		else
			refuse_full(site, key);
	}
}

/**
 * la_events_allocated() - an allocation that is less common than those of traced.c
 * @caller: see struct la_allocation
 * @object: its address
 * @requested: see struct la_allocation
 * @what: likewise
 *
 * With sampling, it has been picked.
 *
 * Context: any, preemption off; jumped to, so that it stands where the handler stood.
 */
void la_events_allocated(unsigned long caller, const void *object, size_t requested, u64 what)
{
	const struct la_allocation a = {
		.caller = caller,
		.what = what,
		.requested = requested,
		/* An address, which sizes are not. */
		.is_cache = (s64)what < 0,
	};
	void *const objects[] = { (void *)object };

	allocated(&a, la_unwind_place(), objects, 1);
}

/**
 * la_events_alloc() - objects have been allocated by one call
 * @a: what they are, and where
 * @place: where the hook stands, see la_unwind(); with @a->regs not needed
 * @objects: their addresses
 * @n: how many, at least one
 *
 * Context: any, preemption off.
 */
void la_events_alloc(const struct la_allocation *a, const void *place, void *const *objects,
		     unsigned int n)
{
	/* Of registers, which lie where they like, the unwinder wants the distance. */
	unsigned long sp = a->regs ? kernel_stack_pointer(a->regs) - (unsigned long)&sp : 0;
	unsigned int i;
	u64 size;

	if (a->regs)
		place = &sp;
	/* Areas are all tracked. */
	if (!la_sampler_on || la_what_class(a->what) >= LA_CLASS_VMALLOC) {
		allocated(a, place, objects, n);
		return;
	}
	/* As site->size will be. */
	size = a->is_cache ? la_compat_cache_size((void *)(unsigned long)a->what) : (u32)a->what;
	for (i = 0; i < n; i++)
		if (la_sampler_is_due(size) && la_sampler_decide(size))
			allocated(a, place, &objects[i], 1);
}

/**
 * la_events_freed_batch() - a record was removed, and la_room_count_removed()
 * @site: of the record
 * @caller: who calls the allocator to free the object
 *
 * Context: any, preemption off.
 */
void la_events_freed_batch(u32 site, unsigned long caller)
{
	if (la_room_give_back() || la_freers_is_wanted(site))
		la_freers_note(site, caller);
}

/* Who frees is looked at now and then, or at @each free: where they are few. */
static __always_inline void freed_at(u32 site, unsigned long caller, bool each)
{
	la_sites_count_free(site);
	if (la_room_count_removed())
		la_events_freed_batch(site, caller);
	else if (each)
		la_freers_note(site, caller);
}

static bool remove_record(u64 key, struct la_record *rec, unsigned long caller)
{
	bool is_area = (key & LA_KEY_SPACE) != LA_SPACE_VIRTUAL ||
		       is_vmalloc_addr(object_of(key));

	if (!la_table_remove(&la_objects_table, key, rec))
		return false;
	freed_at(la_record_site(rec), caller, la_sampler_on || is_area);
	la_sampler_forget(object_of(key));
	return true;
}

/**
 * la_events_remove_slow() - an object is about to be freed; its record is anywhere
 * @object: its address, or NULL
 * @caller: who calls the allocator
 *
 * Context: any, preemption off.
 */
void la_events_remove_slow(const void *object, unsigned long caller)
{
	struct la_record rec;

	if (ZERO_OR_NULL_PTR(object) || remove_record(la_objects_key(object), &rec, caller) ||
	    la_waiting_end(object))
		return;
	/* With sampling, most have none, and that says nothing. */
	if (!la_sampler_on)
		la_unknown_count(object);
}

/**
 * la_events_remove_buddy() - an object is about to be freed; its home bucket has spilled
 * @at: where its record belongs
 * @key: la_objects_key() of it
 * @caller: who calls the allocator
 *
 * Context: any, preemption off.
 */
void la_events_remove_buddy(struct la_spot at, u64 key, unsigned long caller)
{
	s64 site = la_table_remove_buddy(at, key);

	if (site >= 0)
		freed_at(site, caller, la_sampler_on);
	else
		la_events_remove_slow(object_of(key), caller);
}

/**
 * la_events_free() - an object is about to be freed
 * @object: its address
 * @caller: who calls the allocator
 *
 * Context: any, preemption off.
 */
void la_events_free(const void *object, unsigned long caller)
{
	u32 site;

	if (la_sampler_on ? !la_sampler_may_track(object) : !object)
		return;
	if (!la_sampler_on &&
	    la_table_remove_fast(&la_objects_table, la_objects_key(object), &site))
		freed_at(site, caller, la_sampler_on);
	else
		la_events_remove_slow(object, caller);
}

/**
 * la_events_free_area() - what is no object of a slab is about to be freed
 * @space: of @area
 * @area: its address there, or NULL
 * @known: if it has no record, it is older than the load
 * @caller: who frees it
 *
 * Context: any, preemption off.
 */
void la_events_free_area(enum la_space space, const void *area, bool known,
			 unsigned long caller)
{
	struct la_record rec;

	if (!area)
		return;
	if (remove_record(la_objects_key_in(space, area), &rec, caller) || la_sampler_on)
		return;
	if (known)
		la_unknown_count_area();
	else
		la_unknown_count_virtual();
}

/**
 * la_events_hand_to_rcu() - kfree_rcu(): free, but its memory comes back later
 * @object: its address
 * @caller: who calls it
 * @deferred: kfree_rcu_nolock() was called for it before, which most likely was heard
 *
 * Objects older than the load are kept here too (on the overflow site, of no
 * size), or their real free would count as unknown a second time.
 *
 * Context: any, preemption off.
 */
void la_events_hand_to_rcu(const void *object, unsigned long caller, bool deferred)
{
	struct la_record rec;
	bool known;

	/* kvfree_rcu_mightsleep() takes what kmalloc(0) returned, which is no object. */
	if (ZERO_OR_NULL_PTR(object))
		return;
	known = remove_record(la_objects_key(object), &rec, caller);
	if (deferred && !known)
		return;
	la_count(LA_RCU_HANDED);
	/* Which wait is not known then, and the echo is turned away like most frees. */
	if (la_sampler_on)
		return;
	if (!known)
		la_unknown_count(object);
	if (!LA_COMPAT_RCU_HAS_NO_ECHO ||
	    la_compat_rcu_has_echo(object, la_layout_object_cache(object)))
		la_waiting_begin(object, known ? la_record_site(&rec) : LA_SITE_OVERFLOW);
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
	la_events_set_requested(key, requested);
}

/**
 * la_events_set_requested() - what was asked for is another size now
 * @key: of the object
 * @requested: for its record
 *
 * Context: any, preemption off.
 */
void la_events_set_requested(u64 key, u32 requested)
{
	/* While the table grows it can't be done. */
	if (la_table_set_requested(&la_objects_table, key, requested))
		la_count(LA_RESIZED);
	else
		la_count(LA_RESIZE_LOST);
}

/**
 * la_events_record() - record new allocations, or not
 * @how: stopped means that frees stay watched, else each free meanwhile became a
 *	false leak
 */
void la_events_record(enum la_recording how)
{
	WRITE_ONCE(la_events_how, how);
}

/**
 * la_events_recording() - are new allocations recorded?
 */
bool la_events_recording(void)
{
	return READ_ONCE(la_events_how) == LA_RECORDING_ON;
}

/**
 * la_events_sum() - what happened since the load
 * @sums: the result
 *
 * Every allocation is counted at a site, every free that removed a record too.
 */
void la_events_sum(struct la_event_sums *sums)
{
	struct la_site_counts total, pages;

	la_sites_total(&total, &pages);
	sums->inserts = total.allocs - la_counters_sum(LA_REFUSED);
	sums->removes = total.frees - la_counters_sum(LA_HEALS) -
			la_counters_sum(LA_AUDIT_REMOVED);
	sums->page_allocs = pages.allocs;
	sums->page_frees = pages.frees;
	sums->allocs = total.allocs + pages.allocs + la_counters_sum(LA_NOT_RECORDED);
	sums->frees = sums->removes + la_counters_sum(LA_UNKNOWN_FREES) +
		      la_counters_sum(LA_RCU_DONE) + pages.frees +
		      la_counters_sum(LA_PAGES_UNKNOWN);
}
