/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Falls: a population that fell is freed by somebody. In plain C.
 */
#ifndef LEAKACCT_FALLS_H
#define LEAKACCT_FALLS_H

#include "plain.h"

/* A fall excuses for so many looks at least, and at most. */
#define LA_FALLS_SHORTEST	64
#define LA_FALLS_LONGEST	1024

/**
 * struct la_falls - how a population rose and fell
 * @peak: the most survivors since the last fall
 * @rose_at: the look from which on they rise: that of the last fall, or the first
 * @from: the most that they fell from, as long as that excuses; or 0
 * @to: to which number the last time,
 * @at: and at which look
 * @looks: after so many looks it excuses no more
 */
struct la_falls {
	u64 peak;
	u64 from;
	u64 to;
	u32 rose_at;
	u32 at;
	u32 looks;
};

void la_falls_note(struct la_falls *f, u64 survivors, u32 look);

#endif /* LEAKACCT_FALLS_H */
