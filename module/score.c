// SPDX-License-Identifier: GPL-2.0-only
/*
 * Score: how much a site behaves like a leak.
 *
 * 0 to 100, from two things that size says nothing of:
 *   kept, up to 40	the part of its objects, of those old enough to have been
 *			freed, that is still there. Never freed: 40.
 *   rising, up to 60	10 for each look in a row that found more survivors than
 *			the look before. Six looks in a row: 60.
 *
 * So a site that never frees is a suspect after three rises, one that leaks one
 * object in a thousand after six. A burst that is kept (a program that
 * started) rises once or twice, then stands still and falls back to 40 at most.
 */
#include "score.h"

#define KEPT_MAX	40
#define RISE_POINTS	10
#define RISES_MAX	6

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

/**
 * la_score() - the score of a site
 * @e: the evidence
 *
 * Return: 0..100; LA_SCORE_SUSPECT and more is a suspect.
 */
unsigned int la_score(const struct la_evidence *e)
{
	unsigned int rises = e->rises < RISES_MAX ? e->rises : RISES_MAX;
	unsigned int score;

	if (!e->survivors)
		return 0;
	score = div64_u64(la_score_kept_permille(e) * KEPT_MAX, 1000) + rises * RISE_POINTS;
	if ((e->rises < LA_SCORE_MIN_RISES || e->survivors < LA_SCORE_MIN_SURVIVORS) &&
	    score > LA_SCORE_UNPROVEN)
		score = LA_SCORE_UNPROVEN;
	if (e->reclaimable && score > LA_SCORE_RECLAIMABLE)
		score = LA_SCORE_RECLAIMABLE;
	return score;
}
