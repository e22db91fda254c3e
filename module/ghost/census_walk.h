/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk of the census: on demand, and kept until the next one.
 */
#ifndef LEAKACCT_CENSUS_WALK_H
#define LEAKACCT_CENSUS_WALK_H

#include <linux/types.h>

#include "census.h"

/**
 * struct la_census_zone - a zone that has memory
 * @nid: its node
 * @name: what the kernel calls it
 * @managed: frames that the page allocator has there
 * @sums: what was found
 */
struct la_census_zone {
	int nid;
	const char *name;
	s64 managed;
	struct la_census_sums sums;
};

/**
 * struct la_census - one census
 * @taken_ns: when it ended, of ktime_get()
 * @ns: that the walk took
 * @walked: frames that were looked at, those of no class and of holes among them
 * @total: MemTotal, and what a balloon took of it
 * @sums: of all zones, large kmallocs inferred
 * @inferred: so many large kmallocs are by the kernel's counter alone
 * @has_term: so much of the ghost is terms of the ledger, whose pages have no mark
 * @areas_known: vmalloc's areas were walked; else they are told by our own table alone
 * @counters: what the kernel counts of each class; of the ghost, what those leave
 * @top: who has most of the ghost
 * @nr_zones: in @zones
 * @zones: each zone
 */
struct la_census {
	u64 taken_ns;
	u64 ns;
	u64 walked;
	struct la_census_counter total;
	struct la_census_sums sums;
	s64 inferred;
	s64 has_term;
	bool areas_known;
	struct la_census_counter counters[LA_NR_CENSUS];
	struct la_census_caller top[LA_CENSUS_TOP];
	unsigned int nr_zones;
	struct la_census_zone zones[];
};

struct page;
typedef unsigned long (*la_census_visit_fn)(void *ctx, struct page *page);

unsigned long la_census_visit(unsigned long pfn, unsigned long end, la_census_visit_fn visit,
			      void *ctx);

int la_census_init(void);
void la_census_exit(void);
int la_census_take(void);
void la_census_refresh(void);
const struct la_census *la_census_get(u64 *expected_ns);
void la_census_put(void);

#endif /* LEAKACCT_CENSUS_WALK_H */
