/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A look of the census at one struct page.
 */
#ifndef LEAKACCT_CENSUS_LOOK_H
#define LEAKACCT_CENSUS_LOOK_H

#include "census.h"

struct la_told_map;
struct page;

void la_census_look(const struct la_told_map *map, struct page *page, bool has_poison,
		    unsigned long end, struct la_seen *seen);

#endif /* LEAKACCT_CENSUS_LOOK_H */
