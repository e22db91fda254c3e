/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampler: with sample_interval, which allocations are tracked.
 */
#ifndef LEAKACCT_SAMPLER_H
#define LEAKACCT_SAMPLER_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "sampling.h"

/* Bytes to this CPU's next tracked allocation. */
DECLARE_PER_CPU(s64, la_sampler_left);

/* Is not everything tracked? */
extern bool la_sampler_on;

/* How many tracked objects have a hash; only with sampling. */
extern atomic_t *la_sampler_tracked;
extern u32 la_sampler_mask;

bool la_sampler_decide(s64 left, u64 size);

static __always_inline atomic_t *la_sampler_tracked_at(const void *object)
{
	u64 hash = (unsigned long)object * 0xd6e8feb86659fd93ull >> 32;

	return &la_sampler_tracked[hash & la_sampler_mask];
}

/**
 * la_sampler_may_track() - is an object tracked, maybe?
 * @object: its address, or NULL
 *
 * One cache line; says false of nearly all that are not tracked.
 *
 * Context: any; la_sampler_on.
 */
static __always_inline bool la_sampler_may_track(const void *object)
{
	return atomic_read(la_sampler_tracked_at(object));
}

/**
 * la_sampler_note() - an object is tracked from now on
 * @object: its address
 *
 * Context: any.
 */
static inline void la_sampler_note(const void *object)
{
	if (la_sampler_on)
		atomic_inc(la_sampler_tracked_at(object));
}

/**
 * la_sampler_forget() - its record was removed, or refused
 * @object: its address
 *
 * Context: any.
 */
static inline void la_sampler_forget(const void *object)
{
	if (la_sampler_on)
		atomic_dec(la_sampler_tracked_at(object));
}

/**
 * la_sampler_takes() - is this allocation tracked?
 * @size: bytes that it takes, with those of its slot
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_sampler_takes(u64 size)
{
	s64 left = this_cpu_sub_return(la_sampler_left, (s64)size);

	return unlikely(left <= 0) && la_sampler_decide(left, size);
}

int la_sampler_init(void);
void la_sampler_exit(void);
u64 la_sampler_memory(void);
void la_sampler_begin(void);
u64 la_sampler_interval(void);
struct la_estimate la_sampler_objects(u64 n, u64 size);
struct la_estimate la_sampler_bytes(u64 n, u64 size);
u64 la_sampler_scale(u64 count, u64 size);

#endif /* LEAKACCT_SAMPLER_H */
