/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trend: does a population keep growing, or does it wander? In plain C.
 */
#ifndef LEAKACCT_TREND_H
#define LEAKACCT_TREND_H

#include "plain.h"

/* Windows that are remembered of each length, */
#define LA_TREND_WINDOWS	16
/* lengths, and how many windows of one make one of the next. */
#define LA_TREND_LEVELS		3
#define LA_TREND_FACTOR		8

/* Looks that an object has outlived which counts in windows of a length. */
#define LA_TREND_AGES	{ 2, 8, 64 }
#define LA_TREND_MAX_AGE	64

/**
 * struct la_flow - what a window did to the number of survivors
 * @in: so many became survivors
 * @out: so many survivors were freed
 * @older: so many of the rest came for others that nobody has seen come: they are older than
 *	the load, and were freed
 */
struct la_flow {
	u32 in;
	u32 out;
	u32 older;
};

/**
 * struct la_trend - the flows of the last windows, of one look, of 8 and of 64
 * @windows: rings
 * @sums: of windows that are not over yet
 * @owed: of each length, so many older ones went of whom nothing has come yet
 * @looks: so many were added; who begins later begins with as many, that windows agree
 */
struct la_trend {
	struct la_flow windows[LA_TREND_LEVELS][LA_TREND_WINDOWS];
	struct la_flow sums[LA_TREND_LEVELS];
	u32 owed[LA_TREND_LEVELS];
	u32 looks;
};

/**
 * struct la_growth - what a trend says
 * @steady: over how many windows the growth is spread, in tenths; 0: it is none
 * @level: of these windows
 * @windows: of so many, from the first in which something happened
 * @looks: so many looks make a window
 * @in: became survivors in all these
 * @out: were freed
 * @older: came for others
 * @batch: so many come or go at once, as the scatter of windows says; at least 1
 */
struct la_growth {
	u32 steady;
	u32 level;
	u32 windows;
	u32 looks;
	u64 in;
	u64 out;
	u64 older;
	u64 batch;
};

void la_trend_add(struct la_trend *t, const struct la_flow *flows);
u64 la_trend_weight(const struct la_trend *t, unsigned int level);
u32 la_trend_windows(const struct la_trend *t, unsigned int level);
struct la_flow la_trend_flow(const struct la_trend *t, unsigned int level, u32 back);
void la_trend_judge(const struct la_trend *t, struct la_growth *g);

#endif /* LEAKACCT_TREND_H */
