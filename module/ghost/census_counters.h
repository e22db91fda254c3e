/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel itself counts of each class of the census.
 */
#ifndef LEAKACCT_CENSUS_COUNTERS_H
#define LEAKACCT_CENSUS_COUNTERS_H

#include "census.h"

void la_census_count_before(struct la_census_counter *counters, struct la_census_counter *total);
s64 la_census_count_after(struct la_census_counter *counters, struct la_census_counter *total);
void la_census_count_ghost(struct la_census_counter *counters,
			   const struct la_census_counter *total,
			   const struct la_census_sums *sums);

#endif /* LEAKACCT_CENSUS_COUNTERS_H */
