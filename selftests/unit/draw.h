/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histories by chance, the same in each run, and what they score.
 */
#ifndef DRAW_H
#define DRAW_H

#include <float.h>
#include <math.h>

#include "score.h"
#include "trend.h"

static u64 seed;

static double uniform(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 11) / (double)(1ull << 53);
}

static u32 poisson(double mean)
{
	double left = exp(-mean), p = 1;
	u32 n = 0;

	if (mean > 50) {
		double normal = sqrt(-2 * log(uniform() + DBL_MIN)) * cos(2 * M_PI * uniform());
		double x = mean + sqrt(mean) * normal;

		return x > 0 ? x + 0.5 : 0;
	}
	while ((p *= uniform()) > left)
		n++;
	return n;
}

static struct la_growth judged(const struct la_trend *t)
{
	struct la_growth g;

	la_trend_judge(t, &g);
	return g;
}

/* What it scores when all are kept, or nearly none. */
static unsigned int score(const struct la_trend *t, u64 survivors, bool freed)
{
	struct la_evidence e = { .survivors = survivors, .objects = survivors,
				 .growth = judged(t) };

	e.allocs = freed ? 1000000 * survivors : survivors;
	return la_score(&e);
}

#endif /* DRAW_H */
