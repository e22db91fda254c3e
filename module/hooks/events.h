/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what becomes of an allocation or a free that a hook hears of.
 */
#ifndef LEAKACCT_EVENTS_H
#define LEAKACCT_EVENTS_H

#include <linux/types.h>

#include "leakacct.h"
#include "table_fast.h"

struct pt_regs;

/**
 * struct la_allocation - what a hook knows of an allocation
 * @caller: who allocated
 * @what: identity of the objects, see struct la_site
 * @requested: bytes asked for, for each
 * @is_cache: @what is a struct kmem_cache
 * @regs: at the return into the caller; NULL: the caller is up the stack from the place
 */
struct la_allocation {
	unsigned long caller;
	u64 what;
	size_t requested;
	bool is_cache;
	struct pt_regs *regs;
};

/* Called by hooks: any context, preemption off; they never sleep, allocate or wait. */
void la_events_alloc(const struct la_allocation *a, const void *place, void *const *objects,
		     unsigned int n);
void la_events_free(const void *object, unsigned long caller);
void la_events_hand_to_rcu(const void *object, unsigned long caller, bool deferred);
void la_events_free_area(enum la_space space, const void *area, bool known,
			 unsigned long caller);
void la_events_set_requested(u64 key, u32 requested);
void la_events_resize(const void *object, size_t requested);

struct la_origin;

u32 la_events_site(const struct la_origin *o, const void *place, struct pt_regs *regs,
		   unsigned int n);

/* What traced.c leaves to us, as the last thing that it does. */
void la_events_allocated(unsigned long caller, const void *object, size_t requested, u64 what);
void la_events_insert(u64 key, u32 site, u32 task, u32 requested);
void la_events_insert_pair(struct la_spot at, u64 key, u64 who, u32 requested);
void la_events_insert_slow(u64 key, u32 site, u32 task, u32 requested);
void la_events_remove_buddy(struct la_spot at, u64 key, unsigned long caller);
void la_events_freed_batch(u32 site, unsigned long caller);
void la_events_remove_slow(const void *object, unsigned long caller);

enum la_recording {
	LA_RECORDING_NOT_YET,	/* loading: as if we were not there */
	LA_RECORDING_ON,
	LA_RECORDING_STOPPED,	/* frees are watched, allocations counted as not recorded */
};

extern enum la_recording la_events_how;

void la_events_record(enum la_recording how);
bool la_events_recording(void);

/**
 * struct la_event_sums - what happened since the load
 * @allocs: allocations seen, of objects and of page blocks
 * @frees: frees seen, of NULL ones not
 * @inserts: records stored
 * @removes: records removed by a free
 * @page_allocs: of @allocs, page blocks
 * @page_frees: of @frees, page blocks that were known
 */
struct la_event_sums {
	u64 allocs;
	u64 frees;
	u64 inserts;
	u64 removes;
	u64 page_allocs;
	u64 page_frees;
};

void la_events_sum(struct la_event_sums *sums);

#endif /* LEAKACCT_EVENTS_H */
