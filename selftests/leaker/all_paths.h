/* SPDX-License-Identifier: GPL-2.0-only */
/* The paths of slab objects, pages and areas, by one number. */
#ifndef LA_TEST_ALL_PATHS_H
#define LA_TEST_ALL_PATHS_H

#include "areas.h"
#include "pages.h"
#include "paths.h"

#define LA_NR_ALL_PATHS	(LA_NR_PATHS + LA_NR_PAGE_PATHS + LA_NR_AREA_PATHS)

/* Those of slab objects come first. */
static const struct la_path *la_path_at(unsigned int i)
{
	if (i < LA_NR_PATHS)
		return &la_paths[i];
	i -= LA_NR_PATHS;
	return i < LA_NR_PAGE_PATHS ? &la_page_paths[i] : &la_area_paths[i - LA_NR_PAGE_PATHS];
}

#endif /* LA_TEST_ALL_PATHS_H */
