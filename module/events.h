/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what becomes of an allocation or a free that a hook hears of.
 */
#ifndef LEAKACCT_EVENTS_H
#define LEAKACCT_EVENTS_H

#include <linux/types.h>

#include "compat.h"

struct pt_regs;

/**
 * struct la_allocation - what a hook knows of an allocation
 * @caller: who allocated
 * @what: identity of the objects, see struct la_site
 * @requested: bytes asked for, for each
 * @is_cache: @what is a struct kmem_cache
 * @regs: at the return into the caller; NULL: the caller is up the hook's own stack
 */
struct la_allocation {
	unsigned long caller;
	u64 what;
	size_t requested;
	bool is_cache;
	struct pt_regs *regs;
};

/* Called by hooks: any context, preemption off; they never sleep, allocate or wait. */
void la_events_alloc(const struct la_allocation *a, void *const *objects, unsigned int n);
void la_events_free(const void *object);
void la_events_hand_to_rcu(const void *object);
void la_events_resize(const void *object, size_t requested);

struct tracepoint;

/**
 * struct la_traced - a tracepoint and what we put on it
 * @tp: the tracepoint
 * @fn: gets all events
 * @sampling_fn: gets them with sample_interval, and leaves most alone
 */
struct la_traced {
	struct tracepoint *tp;
	void *fn;
	void *sampling_fn;
};

/* Without @fn: this kernel's event is not one that we know. */
extern const struct la_traced la_traced_kmalloc, la_traced_cache_alloc, la_traced_kfree,
	la_traced_cache_free;
#if LA_COMPAT_NODE_EVENTS
extern const struct la_traced la_traced_kmalloc_node, la_traced_cache_alloc_node;
#else
#define la_traced_kmalloc_node		la_traced_kmalloc
#define la_traced_cache_alloc_node	la_traced_cache_alloc
#endif

enum la_recording {
	LA_RECORDING_NOT_YET,	/* loading: as if we were not there */
	LA_RECORDING_ON,
	LA_RECORDING_STOPPED,	/* frees are watched, allocations counted as not recorded */
};

void la_events_record(enum la_recording how);
bool la_events_recording(void);
void la_events_waiting(s64 *objects, s64 *bytes);

/**
 * struct la_event_sums - what happened since the load
 * @allocs: allocations seen
 * @frees: frees seen, of NULL ones not
 * @inserts: records stored
 * @removes: records removed by a free
 */
struct la_event_sums {
	u64 allocs;
	u64 frees;
	u64 inserts;
	u64 removes;
};

void la_events_sum(struct la_event_sums *sums);

#endif /* LEAKACCT_EVENTS_H */
