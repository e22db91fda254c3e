// SPDX-License-Identifier: GPL-2.0-only
/*
 * Score: how much a site behaves like a leak.
 *
 * 0 to 100, from two things that size says nothing of:
 *   kept, up to 40	the part of its objects, of those old enough to have been
 *			freed, that is still there. Never freed: 40.
 *   steady, up to 60	7.5 for each window over which the growth of survivors is
 *			spread: see trend.c. Eight windows: 60.
 *
 * So a site that never frees is a suspect after four even rises, one that leaks one
 * object in ten thousand after eight. Two more tests must hold, or it stays unproven: four
 * windows, and a growth that is not the chance of objects coming and going, whose
 * variance is what came and went, times the batch. The square of the growth is 16 times that
 * at least; if none is freed and they come one by one, that is 16 objects.
 *
 * What fell to less than half is freed by somebody: that it rises says nothing for a while,
 * nor until it is twice of what it was then (falls.c).
 */
#include "score.h"

#define KEPT_MAX	40
#define STEADY_MAX	60
#define STEADY_FULL	80

/**
 * la_score_kept_permille() - of 1,000 objects that could have been freed, how many were not
 * @e: the evidence
 */
u64 la_score_kept_permille(const struct la_evidence *e)
{
	u64 young = e->objects - (e->survivors < e->objects ? e->survivors : e->objects);
	u64 old = e->allocs > young ? e->allocs - young : 0;

	if (!e->survivors || !old)
		return 0;
	if (e->survivors >= old)
		return 1000;
	return div64_u64(e->survivors * 1000, old);
}

/* Is it more than what objects that come and go do by chance? */
static bool is_significant(const struct la_growth *g)
{
	u64 net = g->in > g->out + g->older ? g->in - g->out - g->older : 0;

	if (net < LA_SCORE_MIN_CHI)
		return false;
	return net >= div64_u64(LA_SCORE_MIN_CHI * (g->in + g->out + g->older), net) * g->batch;
}

/**
 * la_score() - the score of a site
 * @e: the evidence
 *
 * Return: 0..100; LA_SCORE_SUSPECT and more is a suspect.
 */
unsigned int la_score(const struct la_evidence *e)
{
	u32 steady = e->growth.steady;
	unsigned int score;

	if (!e->survivors)
		return 0;
	score = div64_u64(la_score_kept_permille(e) * KEPT_MAX, 1000);
	/* In tenths. */
	steady = steady < STEADY_FULL ? steady : STEADY_FULL;
	score += steady * STEADY_MAX / STEADY_FULL;
	if ((steady < 10 * LA_SCORE_MIN_STEADY || !is_significant(&e->growth)) &&
	    score > LA_SCORE_UNPROVEN)
		score = LA_SCORE_UNPROVEN;
	if ((e->reclaimable || e->fell) && score > LA_SCORE_RECLAIMABLE)
		score = LA_SCORE_RECLAIMABLE;
	return score;
}
