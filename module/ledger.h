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
	LA_TERM_LRU,
	LA_TERM_ISOLATED,
	LA_TERM_SLAB,
	LA_TERM_VMALLOC,
	LA_TERM_STACKS,
	LA_TERM_PAGETABLES,
	LA_TERM_SEC_PAGETABLES,
	LA_TERM_PERCPU,
	LA_TERM_HUGETLB,
	LA_TERM_ZSMALLOC,
	LA_TERM_MISC,
	LA_TERM_POISONED,
	LA_NR_TERMS
};

/**
 * struct la_ledger - counters of one moment, in pages
 * @total: MemTotal
 * @terms: what each term claims
 * @known: bit per term that could be read on this kernel
 * @percpu_first_chunk: in Percpu, but never in MemTotal
 * @stacks_in_vmalloc: kernel stacks that lie in VmallocUsed already
 * @bound: by how much the sum can be off
 *
 * The classic formula's own inputs:
 * @classic_lru: Active + Inactive + Unevictable
 * @bounce: Bounce
 * @hugepages_default: HugePages_Total of the default size
 */
struct la_ledger {
	s64 total;
	s64 terms[LA_NR_TERMS];
	u32 known;
	s64 percpu_first_chunk;
	s64 stacks_in_vmalloc;
	s64 bound;
	s64 classic_lru;
	s64 bounce;
	s64 hugepages_default;
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

const char *la_ledger_name(enum la_term t);
s64 la_ledger_claimed(const struct la_ledger *l);
s64 la_ledger_ghost(const struct la_ledger *l);
s64 la_ledger_classic_ghost(const struct la_ledger *l);

#endif /* LEAKACCT_LEDGER_H */
