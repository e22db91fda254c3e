/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampler: with sample_interval, which allocations are tracked.
 */
#ifndef LEAKACCT_SAMPLER_H
#define LEAKACCT_SAMPLER_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "sampling.h"

/* Bytes to this CPU's next tracked allocation. */
DECLARE_PER_CPU(s64, la_sampler_left);

/* Is not everything tracked? */
extern bool la_sampler_on;

bool la_sampler_decide(s64 left, u64 size);

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

void la_sampler_init(void);
void la_sampler_begin(void);
u64 la_sampler_interval(void);
struct la_estimate la_sampler_objects(u64 n, u64 size);
struct la_estimate la_sampler_bytes(u64 n, u64 size);
u64 la_sampler_scale(u64 count, u64 size);

#endif /* LEAKACCT_SAMPLER_H */
