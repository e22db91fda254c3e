// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sampler: the per-CPU side of sampling.c.
 *
 * A CPU counts bytes down to its next point. An interrupt between the crossing and
 * the new draw finds the count below zero already; what it allocates is decided by
 * the probability that its size has, so nothing is favoured there either. Nor is it by
 * a draw too many: the distance to the next point is always distributed alike.
 */
#include "sampler.h"

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

#include "params.h"

DEFINE_PER_CPU(s64, la_sampler_left);
static DEFINE_PER_CPU(u64, state);
/* Decisions under way on this CPU, one within the other. */
static DEFINE_PER_CPU(int, deciding);
static bool take_all;
bool la_sampler_on;
atomic_t *la_sampler_tracked;
u32 la_sampler_shift;

/* 256 KiB per GiB of RAM, up to 4 MiB. */
#define RAM_PER_COUNT		16384
#define MIN_COUNT_BITS		14
#define MAX_COUNT_BITS		20

/**
 * la_sampler_decide() - the bytes of this CPU are used up
 * @size: bytes that the allocation takes, and which have been taken off
 *
 * Context: any, preemption off.
 * Return: is it tracked?
 */
bool la_sampler_decide(u64 size)
{
	u64 *random = this_cpu_ptr(&state);
	bool is_outermost, is_tracked;

	if (READ_ONCE(take_all))
		return true;
	is_outermost = this_cpu_inc_return(deciding) == 1;
	/*
	 * Was there something left before? Who interrupted us meanwhile and used up more
	 * has drawn again, so that there is now.
	 */
	is_tracked = (is_outermost && this_cpu_read(la_sampler_left) + (s64)size > 0) ||
		     la_sampling_pick(random, size, la_sampler_interval());
	if (is_outermost)
		this_cpu_write(la_sampler_left, la_sampling_draw(random, la_sampler_interval()));
	this_cpu_dec(deciding);
	return is_tracked;
}

/**
 * la_sampler_init() - at first everything is tracked, so that hooks can be tried
 */
int la_sampler_init(void)
{
	u64 counts = ((u64)totalram_pages() << PAGE_SHIFT) / RAM_PER_COUNT;
	int cpu;

	if (la_sampler_interval()) {
		counts = 1ull << clamp_t(unsigned int, ilog2(counts | 1), MIN_COUNT_BITS,
					 MAX_COUNT_BITS);
		la_sampler_shift = 32 - ilog2(counts);
		la_sampler_tracked = vzalloc(counts * sizeof(*la_sampler_tracked));
		if (!la_sampler_tracked)
			return -ENOMEM;
		la_sampler_on = true;
	}
	take_all = true;
	for_each_possible_cpu(cpu) {
		per_cpu(state, cpu) = get_random_u64();
		per_cpu(la_sampler_left, cpu) = S64_MIN / 2;
	}
	return 0;
}

/**
 * la_sampler_exit() - free everything; no hook runs any more
 */
void la_sampler_exit(void)
{
	vfree(la_sampler_tracked);
	la_sampler_tracked = NULL;
	la_sampler_on = false;
}

/**
 * la_sampler_memory() - bytes that it takes
 */
u64 la_sampler_memory(void)
{
	return la_sampler_on ? sizeof(*la_sampler_tracked) << (32 - la_sampler_shift) : 0;
}

/**
 * la_sampler_begin() - from now on as the interval says
 *
 * What was tracked before says nothing, and is to be cleared then.
 */
void la_sampler_begin(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(la_sampler_left, cpu),
			   la_sampling_draw(&per_cpu(state, cpu), la_sampler_interval()));
	WRITE_ONCE(take_all, false);
}

/**
 * la_sampler_interval() - mean bytes between tracked allocations; 0: all are
 */
u64 la_sampler_interval(void)
{
	return la_param_sample_interval();
}

/**
 * la_sampler_add() - add what the tracked objects of a site stand for
 * @sum: to this
 * @n: how many are tracked
 * @size: bytes of each, before parts of it were given back; 0: all are tracked
 * @bytes: that those tracked take
 */
void la_sampler_add(struct la_estimate_sum *sum, u64 n, u64 size, u64 bytes)
{
	struct la_estimate_sum site = { .objects = n << LA_WEIGHT_SHIFT };

	if (size) {
		site.objects = 0;
		la_estimate_add(&site, n, size, la_sampler_interval());
	}
	site.bytes = la_sampler_scale(bytes, size);
	la_estimate_merge(sum, &site);
}

/**
 * la_sampler_scale() - what a sum over tracked objects says of all
 * @count: the sum
 * @size: bytes that each object takes; 0: all are tracked
 */
u64 la_sampler_scale(u64 count, u64 size)
{
	if (!size)
		return count;
	return mul_u64_u64_shr(count, la_sampling_weight(size, la_sampler_interval()),
			       LA_WEIGHT_SHIFT);
}
