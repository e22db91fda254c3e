/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshot: one walk of the table, summed per site, shared by all readers.
 */
#ifndef LEAKACCT_SNAPSHOT_H
#define LEAKACCT_SNAPSHOT_H

#include <linux/kref.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "leakacct.h"
#include "sampling.h"
#include "sites.h"
#include "table.h"
#include "trend.h"

/**
 * struct la_object - a live object as a walk saw it
 * @key: of la_table_key()
 * @rec: its record
 */
struct la_object {
	u64 key;
	struct la_record rec;
};

/**
 * struct la_site_row - a site at the time of the walk
 * @objects: alive
 * @bytes: that those take
 * @requested: bytes that were asked for, of those
 * @survivors: of those, who have outlived as many looks as LA_TREND_AGES says
 * @matured: of those, who had not at the last look
 * @oldest: birth of the oldest of them, in la_ticks
 * @counts: allocations and frees since load or `clear`
 * @refused: allocations that were not stored: @objects is a lower bound
 */
struct la_site_row {
	u64 objects;
	u64 bytes;
	u64 requested;
	u64 survivors[LA_TREND_LEVELS];
	u64 matured[LA_TREND_LEVELS];
	u32 oldest;
	struct la_site_counts counts;
	u64 refused;
};

/**
 * struct la_snapshot - the result of one walk
 * @ref: of readers
 * @taken: jiffies at its end
 * @now: la_ticks at its begin
 * @cutoffs: @survivors were born before this
 * @matured_since: and @matured of them not before this
 * @nr_sites: rows
 * @stacks: by site id, each for itself
 * @sites: by site id, the sums of a caller at its head; others are empty
 * @objects: alive in all, as far as they are tracked
 * @came: records that were stored while the walk went on, which saw some of them
 * @went: likewise, removed
 * @classes: what is alive by class: with sampling, estimates
 * @nr_oldest: objects in @oldest
 * @oldest: the oldest ones, oldest first
 */
struct la_snapshot {
	struct kref ref;
	unsigned long taken;
	u32 now;
	u32 cutoffs[LA_TREND_LEVELS];
	u32 matured_since[LA_TREND_LEVELS];
	u32 nr_sites;
	struct la_site_row *stacks;
	struct la_site_row *sites;
	u64 objects;
	u64 came;
	u64 went;
	struct la_estimate_sum classes[LA_NR_CLASSES];
	u32 nr_oldest;
	struct la_object *oldest;
};

/**
 * struct la_filter - which objects a walk takes
 * @sites: bitmap of site ids, or NULL for all
 * @born_before: leave out objects born at or after this
 * @born_since: leave out objects born before this
 * @pid: only those that show it; LA_ANY_PID for all
 */
struct la_filter {
	unsigned long *sites;
	u32 born_before;
	u32 born_since;
	u32 pid;
};

#define LA_ANY_PID	U32_MAX
#define LA_FILTER_ALL	{ .born_before = U32_MAX, .pid = LA_ANY_PID }

bool la_filter_passes(const struct la_filter *f, const struct la_record *rec);

struct la_snapshot *la_snapshot_get(void);
struct la_snapshot *la_snapshot_take(const struct la_filter *filter, u32 nr_oldest);
void la_snapshot_put(struct la_snapshot *snap);
void la_snapshot_drop_shared(void);
/* Bytes that one of the objects takes. */
static inline u64 la_snapshot_mean_bytes(const struct la_site_row *row)
{
	return row->objects ? div64_u64(row->bytes, row->objects) : 0;
}

/**
 * struct la_caller_bytes - bytes of a caller
 * @site: one of its sites
 * @bytes: of it alone, or of all of them; signed, as it may be a change
 */
struct la_caller_bytes {
	u32 site;
	s64 bytes;
};

struct la_estimate la_snapshot_bytes(u32 site, const struct la_site_row *row);
u32 la_snapshot_sum_callers(struct la_caller_bytes *c, u32 n);
unsigned int la_snapshot_age_ms(const struct la_snapshot *snap);

struct la_object *la_snapshot_collect(const struct la_filter *filter, u64 *n);

#endif /* LEAKACCT_SNAPSHOT_H */
