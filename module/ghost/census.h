/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Census: every page frame gets one owner, in plain C.
 */
#ifndef LEAKACCT_CENSUS_H
#define LEAKACCT_CENSUS_H

#include "plain.h"

/* Owners, in the order in which they are shown. */
enum la_census_class {
	LA_CENSUS_FREE,
	LA_CENSUS_FREE_PCP,
	LA_CENSUS_LRU_ANON,
	LA_CENSUS_LRU_FILE,
	LA_CENSUS_UNEVICTABLE,
	LA_CENSUS_OFF_LRU,
	LA_CENSUS_SLAB,
	LA_CENSUS_LARGE,
	LA_CENSUS_VMALLOC,
	LA_CENSUS_STACKS,
	LA_CENSUS_PERCPU,
	LA_CENSUS_TABLES,
	LA_CENSUS_HUGETLB,
	LA_CENSUS_MOVABLE,
	LA_CENSUS_OFFLINE,
	LA_CENSUS_POISONED,
	LA_CENSUS_RESERVED,
	LA_CENSUS_GHOST,
	LA_NR_CENSUS,
	/* The firmware's, or taken before there was a page allocator: not in MemTotal. */
	LA_CENSUS_UNMANAGED = LA_NR_CENSUS
};

/* What a frame shows: of a compound page what its head does, but for the last ones. */
enum la_sign {
	LA_SIGN_BUDDY,
	LA_SIGN_SLAB,
	LA_SIGN_LARGE,
	LA_SIGN_TABLE,
	LA_SIGN_HUGETLB,
	LA_SIGN_OFFLINE,
	LA_SIGN_MOVABLE,
	LA_SIGN_LRU,
	LA_SIGN_SWAPBACKED,
	LA_SIGN_UNEVICTABLE,
	LA_SIGN_MAPPING,	/* has a mapping, or an anon_vma */
	LA_SIGN_COMPOUND,
	LA_SIGN_REFERENCED,	/* somebody counts on it */
	LA_SIGN_MAPPED,		/* into a process */
	LA_SIGN_POISONED,
	LA_SIGN_RESERVED,
	LA_SIGN_LISTED,		/* its neighbours in a list know it */
};

/* What a frame is told to be by others, as far as they are watched. */
enum la_told {
	LA_TOLD_NOTHING,
	LA_TOLD_VMALLOC,
	LA_TOLD_STACK,
	LA_TOLD_PERCPU,
	LA_TOLD_LARGE,
};

/**
 * struct la_seen - a frame, or a free block, at one moment
 * @signs: a bit per enum la_sign
 * @frames: that it is
 * @area: enum la_told, by the list of areas
 * @owner: enum la_told, by the site that allocated it
 * @site: that allocated it; 0: not known
 */
struct la_seen {
	u32 signs;
	u32 frames;
	u8 area;
	u8 owner;
	u32 site;
};

static inline bool la_seen_has(const struct la_seen *seen, enum la_sign sign)
{
	return seen->signs >> sign & 1;
}

static inline void la_seen_set(struct la_seen *seen, enum la_sign sign, bool has)
{
	seen->signs |= (u32)has << sign;
}

#define LA_CENSUS_RUNS	11	/* lengths of runs, to the power of two */

/**
 * struct la_census_sums - of a zone, or of all; in frames
 * @of: by class
 * @unmanaged: that are no class's
 * @known: of the ghost, those whose caller is known
 * @compound: of the others, those in compound pages
 * @mapped: of the ghost, those mapped into a process
 * @runs: of the ghost whose caller is not known, by the length of the run that it lies in:
 *	1, 2 or 3, 4 to 7, ... frames
 */
struct la_census_sums {
	s64 of[LA_NR_CENSUS];
	s64 unmanaged;
	s64 known;
	s64 compound;
	s64 mapped;
	s64 runs[LA_CENSUS_RUNS];
};

/**
 * struct la_census_cursor - a walk through neighbouring frames
 * @sums: where they are counted
 * @listed: the frame before is free on a CPU's list, or in a block that is
 * @run: so many frames before this one are ghost, and not known
 */
struct la_census_cursor {
	struct la_census_sums *sums;
	bool listed;
	u64 run;
};

/**
 * struct la_census_counter - what the kernel says of a class, in frames
 * @known: does it?
 * @before: the walk
 * @after: it
 * @slack: by how much it may be off, or mean something else
 */
struct la_census_counter {
	bool known;
	s64 before;
	s64 after;
	s64 slack;
};

/* The memory of callers that have most. */
#define LA_CENSUS_TOP	8

struct la_census_caller {
	u32 site;
	u64 frames;
};

bool la_census_is_marked(const struct la_seen *seen);
const char *la_census_name(enum la_census_class class);
void la_census_begin(struct la_census_cursor *c, struct la_census_sums *sums);
void la_census_gap(struct la_census_cursor *c);
enum la_census_class la_census_frame(struct la_census_cursor *c, const struct la_seen *seen);
void la_census_add(struct la_census_sums *to, const struct la_census_sums *sums);
s64 la_census_total(const struct la_census_sums *sums);
s64 la_census_infer_large(struct la_census_sums *sums, const struct la_census_counter *large);
s64 la_census_difference(s64 frames, const struct la_census_counter *counter);
s64 la_census_bound(const struct la_census_counter *counter);
u64 la_census_scale(u64 ns, u64 frames, u64 to);
void la_census_rank(struct la_census_caller *top, unsigned int n, struct la_census_caller c);

#endif /* LEAKACCT_CENSUS_H */
