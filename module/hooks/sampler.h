/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampler: with sample_interval, which allocations are tracked.
 */
#ifndef LEAKACCT_SAMPLER_H
#define LEAKACCT_SAMPLER_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "countdown.h"
#include "sampling.h"

/* Bytes to this CPU's next tracked allocation. */
DECLARE_PER_CPU(s64, la_sampler_left);

/* Is not everything tracked? */
extern bool la_sampler_on;

/* How many tracked objects have a hash; only with sampling. */
extern atomic_t *la_sampler_tracked;
extern u32 la_sampler_shift;

bool la_sampler_decide(u64 size);

/* The upper bits of a product of the lower half: 4 GiB apart have the same count. */
static __always_inline atomic_t *la_sampler_tracked_at(const void *object)
{
	return &la_sampler_tracked[(u32)(unsigned long)object * 0x9e3779b1u >> la_sampler_shift];
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
 * la_sampler_is_due() - are the bytes up to the next tracked allocation used up?
 * @size: bytes that this one takes, with those of its slot
 *
 * Context: any, preemption off.
 * Return: true when la_sampler_decide() is to be asked, at once.
 */
static __always_inline bool la_sampler_is_due(u64 size)
{
	return unlikely(la_countdown_take(la_sampler_left, size));
}

int la_sampler_init(void);
void la_sampler_exit(void);
u64 la_sampler_memory(void);
void la_sampler_begin(void);
u64 la_sampler_interval(void);
void la_sampler_add(struct la_estimate_sum *sum, u64 n, u64 size, u64 bytes);
u64 la_sampler_scale(u64 count, u64 size);

#endif /* LEAKACCT_SAMPLER_H */
