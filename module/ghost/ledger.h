/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ledger: the arithmetic of ghost memory, in plain C.
 */
#ifndef LEAKACCT_LEDGER_H
#define LEAKACCT_LEDGER_H

#include "plain.h"

/* Terms in the order in which they are shown. Each page is in one term only. */
enum la_term {
	LA_TERM_FREE,
	LA_TERM_PCP_FREE,
	LA_TERM_FREE_ISOLATED,
	LA_TERM_LRU,
	LA_TERM_LRU_BATCHES,
	LA_TERM_ISOLATED,
	LA_TERM_SLAB,
	LA_TERM_VMALLOC,
	LA_TERM_STACKS,
	LA_TERM_PAGETABLES,
	LA_TERM_SEC_PAGETABLES,
	LA_TERM_PERCPU,
	LA_TERM_HUGETLB,
	LA_TERM_HUGE_ZERO,
	LA_TERM_ZSMALLOC,
	LA_TERM_MISC,
	LA_TERM_BALLOON,
	LA_TERM_GPU_ACTIVE,
	LA_TERM_GPU_RECLAIM,
	LA_TERM_MEMMAP,
	LA_TERM_BOUNCE,
	LA_TERM_WRITEBACK_TEMP,
	LA_TERM_POISONED,
	LA_NR_TERMS
};

/* To be known, and part of no sum: what lies within a term, or outside MemTotal. */
enum la_info {
	LA_INFO_FIRST_CHUNK,
	LA_INFO_STACKS_IN_VMALLOC,
	LA_INFO_LARGE_KMALLOC,
	LA_INFO_CMA,
	LA_INFO_CMA_FREE,
	LA_INFO_UNACCEPTED,
	LA_INFO_IOMMU,
	LA_INFO_BALLOON_OUT,
	LA_INFO_MAPPED,
	LA_INFO_PINNED,
	LA_NR_INFOS
};

/* Of the formula that people copy. */
enum la_classic {
	LA_CLASSIC_FREE,
	LA_CLASSIC_SLAB,
	LA_CLASSIC_VMALLOC,
	LA_CLASSIC_PAGETABLES,
	LA_CLASSIC_STACKS,
	LA_CLASSIC_POISONED,
	LA_CLASSIC_BOUNCE,
	LA_CLASSIC_ACTIVE,
	LA_CLASSIC_INACTIVE,
	LA_CLASSIC_UNEVICTABLE,
	LA_CLASSIC_HUGEPAGES,
	LA_NR_CLASSICS
};

/**
 * struct la_ledger - counters of one moment, in pages
 * @total: MemTotal
 * @terms: what each term claims; of LA_TERM_PERCPU and LA_TERM_STACKS only what is
 *	left without LA_INFO_FIRST_CHUNK and LA_INFO_STACKS_IN_VMALLOC is counted
 * @infos: beside them
 * @active: by the classic formula's own names
 * @inactive: likewise
 * @unevictable: likewise
 * @hugepages: likewise: of the default size
 * @known: bit per term that could be read on this kernel
 * @infos_known: likewise
 * @batches: the bound's first part: pages that may wait for the LRU lists uncounted
 * @skew: the second: what moved while the counters were read
 * @in_flight: the third: what CPUs may have taken and not counted yet
 * @rounding: the last: counters in other units than pages
 */
struct la_ledger {
	s64 total;
	s64 terms[LA_NR_TERMS];
	s64 infos[LA_NR_INFOS];
	s64 active;
	s64 inactive;
	s64 unevictable;
	s64 hugepages;
	u32 known;
	u32 infos_known;
	s64 batches;
	s64 skew;
	s64 in_flight;
	s64 rounding;
};

static inline bool la_ledger_knows(const struct la_ledger *l, enum la_term t)
{
	return l->known & (1u << t);
}

static inline void la_ledger_set(struct la_ledger *l, enum la_term t, s64 pages)
{
	l->terms[t] = pages;
	l->known |= 1u << t;
}

static inline bool la_ledger_tells(const struct la_ledger *l, enum la_info i)
{
	return l->infos_known & (1u << i);
}

static inline void la_ledger_tell(struct la_ledger *l, enum la_info i, s64 pages)
{
	l->infos[i] = pages;
	l->infos_known |= 1u << i;
}

s64 la_ledger_plus(s64 a, s64 b);
s64 la_ledger_minus(s64 a, s64 b);
s64 la_ledger_kb(s64 pages, u32 page_kb);

const char *la_ledger_name(enum la_term t);
const char *la_ledger_info_name(enum la_info i);
const char *la_ledger_classic_name(enum la_classic c);

s64 la_ledger_counted(const struct la_ledger *l, enum la_term t);
s64 la_ledger_claimed(const struct la_ledger *l);
s64 la_ledger_ghost(const struct la_ledger *l);
s64 la_ledger_moved(const struct la_ledger *a, const struct la_ledger *b);
s64 la_ledger_bound(const struct la_ledger *l);
s64 la_ledger_classic(const struct la_ledger *l, enum la_classic c);
s64 la_ledger_classic_ghost(const struct la_ledger *l);
bool la_ledger_change(const struct la_ledger *since, const struct la_ledger *now,
		      enum la_term t, s64 *change);

#endif /* LEAKACCT_LEDGER_H */
