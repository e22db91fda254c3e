/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live objects: the table, its growth and limit, and what waits for RCU.
 */
#ifndef LEAKACCT_OBJECTS_H
#define LEAKACCT_OBJECTS_H

#include <linux/types.h>

#include "table.h"

/**
 * struct la_allocation - what a hook knows of an allocation
 * @object: what was returned, not NULL
 * @caller: who allocated
 * @what: identity of the objects, see struct la_site
 * @requested: bytes asked for
 * @is_cache: @what is a struct kmem_cache
 */
struct la_allocation {
	const void *object;
	unsigned long caller;
	u64 what;
	size_t requested;
	bool is_cache;
};

/* Called by hooks: any context, preemption off; they never sleep, allocate or spin. */
void la_objects_alloc(const struct la_allocation *a);
void la_objects_free(const void *object);
void la_objects_hand_to_rcu(const void *object);
void la_objects_resize(const void *object, size_t requested);

bool la_objects_find(const void *object, struct la_record *out);

enum la_recording {
	LA_RECORDING_NOT_YET,	/* loading: as if we were not there */
	LA_RECORDING_ON,
	LA_RECORDING_STOPPED,	/* frees are watched, allocations counted as not recorded */
};

/* Control */
void la_objects_record(enum la_recording how);
bool la_objects_recording(void);
u64 la_objects_clear(void);
void la_objects_maintain(void);

/* Readers: process context; see la_objects_walk(). */
void la_objects_walk(la_table_visit visit, void *ctx);
s64 la_objects_live(void);
u64 la_objects_capacity(void);
u64 la_objects_max(void);
u64 la_objects_grows(void);
u64 la_objects_memory(void);
void la_objects_waiting(s64 *objects, s64 *bytes);

int la_objects_init(unsigned long max);
void la_objects_stop_work(void);
void la_objects_exit(void);

#endif /* LEAKACCT_OBJECTS_H */
