/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks: the history of each site, from which suspects are told.
 */
#ifndef LEAKACCT_LOOKS_H
#define LEAKACCT_LOOKS_H

#include <linux/types.h>

#include "score.h"

struct la_snapshot;

/**
 * struct la_suspicion - what the looks say of a site
 * @e: the evidence
 * @score: of la_score()
 * @growth: bytes per second
 * @span_ms: time in which it grew
 * @leader: the caller of whose leak this is a part; 0: it is its own
 * @stayed: so many were still there when all caches had been asked to shrink; or 0
 * @late: these are freed late by design: by whom and when, or NULL
 * @shrinkable: so many the caller's module can free, or page pools keep, about as many as
 *	there are; or 0
 * @companion: a site of reclaimable objects that these come and go with, or 0
 */
struct la_suspicion {
	struct la_evidence e;
	unsigned int score;
	s64 growth;
	u64 span_ms;
	u64 shrinkable;
	u64 stayed;
	u32 leader;
	u32 companion;
	const char *late;
};

void la_looks_start(void);
void la_looks_stop(void);
int la_looks_take_now(void);
void la_looks_forget(void);
u64 la_looks_count(void);
void la_looks_cutoffs(u32 *cutoffs, u32 *since);
u64 la_looks_live(u32 site, u64 *bytes);
void la_looks_judge(u32 site, const struct la_snapshot *snap, struct la_suspicion *s);

#endif /* LEAKACCT_LOOKS_H */
