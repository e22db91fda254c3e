/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Score: how much a site behaves like a leak, in plain C.
 */
#ifndef LEAKACCT_SCORE_H
#define LEAKACCT_SCORE_H

#include "plain.h"
#include "trend.h"

/* At and above this, `verdict` calls a site a suspect. */
#define LA_SCORE_SUSPECT	60
/* The most that a site scores whose objects the kernel can ask back. */
#define LA_SCORE_RECLAIMABLE	50
/* The most that one scores whose growth is too short, or too small. */
#define LA_SCORE_UNPROVEN	40
/* Windows, */
#define LA_SCORE_MIN_STEADY	4
/* and the square of the growth, in units of the variance that chance has. */
#define LA_SCORE_MIN_CHI	16

/**
 * struct la_evidence - what a few looks at a site have shown
 * @allocs: allocations since load
 * @objects: of those, alive
 * @survivors: of those, born before the look before the last
 * @growth: of survivors
 * @reclaimable: in a cache whose objects the kernel can ask back, or coming and
 *	going with such objects, or free in a pool
 * @fell: it fell to less than half not long ago, and is not above twice of what it was
 *	then: falls.c
 */
struct la_evidence {
	u64 allocs;
	u64 objects;
	u64 survivors;
	struct la_growth growth;
	bool reclaimable;
	bool fell;
};

unsigned int la_score(const struct la_evidence *e);
u64 la_score_kept_permille(const struct la_evidence *e);

#endif /* LEAKACCT_SCORE_H */
