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
 * @growth: bytes per second, over the looks of the current rise
 * @late: these are freed late by design: by whom and when, or NULL
 * @companion: a site of reclaimable objects that these come and go with, or 0
 * @span_ms: time from the first look of that rise to the last look
 */
struct la_suspicion {
	struct la_evidence e;
	unsigned int score;
	s64 growth;
	u64 span_ms;
	u32 companion;
	const char *late;
};

/* So many suspects are kept, for those who can't judge themselves. */
#define LA_LOOKS_TOP	3

/**
 * struct la_suspect - a suspect of the last look
 * @site: who
 * @score: of la_score()
 * @growth: bytes per second
 * @kept: of la_score_kept_permille()
 */
struct la_suspect {
	u32 site;
	unsigned int score;
	s64 growth;
	u64 kept;
};

int la_looks_init(void);
void la_looks_start(void);
void la_looks_stop(void);
void la_looks_exit(void);
int la_looks_take_now(void);
void la_looks_forget(void);
u64 la_looks_count(void);
u64 la_looks_memory(void);
u32 la_looks_cutoff(void);
u64 la_looks_live(u32 site, u64 *bytes);
unsigned int la_looks_top(struct la_suspect *top);
void la_looks_judge(u32 site, const struct la_snapshot *snap, struct la_suspicion *s);

#endif /* LEAKACCT_LOOKS_H */
