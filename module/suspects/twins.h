/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Twins: populations that grow together, one leak with its parts. In plain C.
 */
#ifndef LEAKACCT_TWINS_H
#define LEAKACCT_TWINS_H

#include "plain.h"
#include "trend.h"

/* The largest number that a ratio has. */
#define LA_TWINS_MOST	4
/* Windows in which something happened, and objects, that it takes to tell. */
#define LA_TWINS_MIN_WINDOWS	4
#define LA_TWINS_MIN_OBJECTS	10
/* One part in so many of what two strangers would differ by. */
#define LA_TWINS_PART	8

/**
 * struct la_ratio - how many of these come with how many of those
 * @mine: so many of the first
 * @theirs: with so many of the second; 0: they are no twins
 */
struct la_ratio {
	u8 mine;
	u8 theirs;
};

struct la_ratio la_twins_ratio(const struct la_trend *a, const struct la_trend *b);
u32 la_twins_per_event(const struct la_ratio *ratios, unsigned int n);

#endif /* LEAKACCT_TWINS_H */
