/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sampling: which allocations are tracked, and what the tracked ones say of all,
 * in plain C.
 */
#ifndef LEAKACCT_SAMPLING_H
#define LEAKACCT_SAMPLING_H

#include "plain.h"

/* An interval is 0 (everything is tracked) or within these, in bytes. */
#define LA_INTERVAL_MIN		1024ull
#define LA_INTERVAL_MAX		(1024ull * 1024 * 1024 * 1024)

#define LA_WEIGHT_SHIFT		16
#define LA_WEIGHT_ONE		65536ull

u64 la_sampling_draw(u64 *state, u64 interval);
bool la_sampling_pick(u64 *state, u64 size, u64 interval);
u64 la_sampling_weight(u64 size, u64 interval);

/**
 * struct la_estimate - a number that was not counted
 * @value: the unbiased estimate
 * @error: @value plus and minus this is the 95 % interval
 */
struct la_estimate {
	u64 value;
	u64 error;
};

/**
 * struct la_estimate_sum - estimates of several sizes, added up; begins zeroed
 * @variance: of @bytes, in bytes squared
 * @objects: how many, LA_WEIGHT_SHIFT bits of fraction
 * @bytes: that they take
 * @unit: bytes that one tracked object stands for besides its own, at most
 */
struct la_estimate_sum {
	__uint128_t variance;
	u64 objects;
	u64 bytes;
	u64 unit;
};

struct la_estimate la_estimate_objects(u64 n, u64 size, u64 interval);
void la_estimate_add(struct la_estimate_sum *s, u64 n, u64 size, u64 interval);
void la_estimate_merge(struct la_estimate_sum *s, const struct la_estimate_sum *from);
u64 la_estimate_sum_objects(const struct la_estimate_sum *s);
struct la_estimate la_estimate_sum_bytes(const struct la_estimate_sum *s);

#endif /* LEAKACCT_SAMPLING_H */
