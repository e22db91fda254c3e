/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas for the census: which frames are vmalloc's, a kernel stack's or percpu's.
 */
#ifndef LEAKACCT_CENSUS_AREAS_H
#define LEAKACCT_CENSUS_AREAS_H

#include "census.h"
#include "pages.h"

/**
 * struct la_told_map - two bits a frame, while a census is taken
 * @sections: by number of the section; NULL where there is no memory
 * @words: of all
 * @areas_known: can areas be found on this kernel?
 */
struct la_told_map {
	unsigned long **sections;
	unsigned long *words;
	bool areas_known;
};

static inline enum la_told la_told_by_area(const struct la_told_map *map, unsigned long pfn)
{
	unsigned long at = pfn >> LA_SECTION_BITS, bit = 2 * la_pages_in_section(pfn);
	const unsigned long *words = at < la_pages_nr_sections ? map->sections[at] : NULL;

	return words ? words[BIT_WORD(bit)] >> (bit % BITS_PER_LONG) & 3 : LA_TOLD_NOTHING;
}

void la_told_init(void);
int la_told_open(struct la_told_map *map);
int la_told_fill(struct la_told_map *map);
void la_told_close(struct la_told_map *map);

#endif /* LEAKACCT_CENSUS_AREAS_H */
