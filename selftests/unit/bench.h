/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time for benchmarks: of the thread alone, in batches, and of all batches the one
 * in the middle, so that other load on the machine does not show.
 */
#ifndef UNIT_BENCH_H
#define UNIT_BENCH_H

#include <stdlib.h>
#include <time.h>

#include "plain.h"

enum { BENCH_BATCH = 512, BENCH_MAX_BATCHES = 1 << 16 };

static unsigned int bench_milliseconds = 300;

/* What is measured: nanoseconds of one operation, batch by batch. */
struct bench_samples {
	u64 n;
	float ns[BENCH_MAX_BATCHES];
};

static inline u64 bench_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline u64 bench_now(void)
{
	return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

static inline void bench_add(struct bench_samples *s, u64 took)
{
	s->ns[s->n++] = (float)took / BENCH_BATCH;
}

/* Is there time for another batch, after those since @begin, by the wall's clock? */
static inline bool bench_goes_on(const struct bench_samples *s, u64 begin)
{
	return s->n < BENCH_MAX_BATCHES &&
	       bench_clock(CLOCK_MONOTONIC) - begin < bench_milliseconds * 1000000ull;
}

static inline int bench_by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static inline float bench_median(struct bench_samples *s)
{
	qsort(s->ns, s->n, sizeof(s->ns[0]), bench_by_value);
	return s->ns[s->n / 2];
}

static inline u64 bench_dice(u64 *seed, u64 sides)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) * sides >> 31;
}

#endif /* UNIT_BENCH_H */
