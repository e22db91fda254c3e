/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * History: what is remembered of each caller from look to look.
 */
#ifndef LEAKACCT_HISTORY_H
#define LEAKACCT_HISTORY_H

#include <linux/types.h>

#include "falls.h"
#include "trend.h"

struct la_site_row;

/**
 * struct la_history - of a caller
 * @trend: the flows of its survivors
 * @flows: of the last look
 * @rest: what sharing out frees of older objects has left over, in 256ths
 * @growth: what the trend said at the last look
 * @objects: at the last look
 * @bytes: of these
 * @survivors: of these, by how much they have outlived
 * @frees: since the load, at the last look
 * @freed: of these, since the look before
 * @falls: how the survivors rose and fell
 * @stayed: so many survivors were still there when all caches had been asked to shrink
 * @shrinkable: objects that the caller's module said it can free, or page pools that they
 *	keep, if these were asked
 * @shrinkable_first: the same when it was asked first,
 * @objects_first: and how many objects there were then
 * @leader: the caller of whose leak this is a part; 0: none
 *
 * Looks write, one at a time. Others read without a lock, and may see a
 * look half done: numbers that are a look apart.
 */
struct la_history {
	struct la_trend trend;
	struct la_flow flows[LA_TREND_LEVELS];
	u32 rest[LA_TREND_LEVELS];
	struct la_growth growth;
	u64 objects;
	u64 bytes;
	u64 survivors[LA_TREND_LEVELS];
	u64 frees;
	u64 freed;
	struct la_falls falls;
	u64 stayed;
	u64 shrinkable;
	u64 shrinkable_first;
	u64 objects_first;
	u32 leader;
};

int la_history_init(void);
void la_history_exit(void);
void la_history_forget(void);
u64 la_history_memory(void);
struct la_history *la_history_of(u32 site);
int la_history_note(u32 site, const struct la_site_row *row, u32 looks, bool asked);
void la_history_judge(u32 site);
void la_history_time(u32 looks, u32 tick);
u64 la_history_span_ms(const struct la_growth *g);

#endif /* LEAKACCT_HISTORY_H */
