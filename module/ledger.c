// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ledger: the arithmetic of ghost memory.
 *
 * ghost = MemTotal - what any counter of the kernel claims, each page once.
 * It is signed and never clamped: a negative ghost says that something is
 * counted twice, which is worth knowing.
 *
 * The classic formula of blog posts is computed beside it, to compare:
 * MemFree + Slab + VmallocUsed + PageTables + KernelStack + HardwareCorrupted +
 * Bounce + Active + Inactive + Unevictable + HugePages_Total * Hugepagesize.
 * It forgets the free pages on per-CPU lists, counts kernel stacks twice where
 * they lie in vmalloc areas, and knows neither percpu memory nor the rest below.
 */
#include "ledger.h"

static const char *const names[LA_NR_TERMS] = {
	[LA_TERM_FREE]		 = "free",
	[LA_TERM_PCP_FREE]	 = "free_percpu_lists",
	[LA_TERM_LRU]		 = "lru",
	[LA_TERM_ISOLATED]	 = "isolated",
	[LA_TERM_SLAB]		 = "slab",
	[LA_TERM_VMALLOC]	 = "vmalloc",
	[LA_TERM_STACKS]	 = "kernel_stacks",
	[LA_TERM_PAGETABLES]	 = "page_tables",
	[LA_TERM_SEC_PAGETABLES] = "sec_page_tables",
	[LA_TERM_PERCPU]	 = "percpu",
	[LA_TERM_HUGETLB]	 = "hugetlb",
	[LA_TERM_ZSMALLOC]	 = "zsmalloc",
	[LA_TERM_MISC]		 = "misc_reclaimable",
	[LA_TERM_POISONED]	 = "hw_corrupted",
};

/**
 * la_ledger_name() - the term as `ghost` shows it
 * @t: the term
 */
const char *la_ledger_name(enum la_term t)
{
	return names[t];
}

static s64 counted(const struct la_ledger *l, enum la_term t)
{
	if (!la_ledger_knows(l, t))
		return 0;
	if (t == LA_TERM_PERCPU)
		return l->terms[t] - l->percpu_first_chunk;
	if (t == LA_TERM_STACKS)
		return l->terms[t] - l->stacks_in_vmalloc;
	return l->terms[t];
}

/**
 * la_ledger_claimed() - pages that some counter claims, each once
 * @l: the counters
 */
s64 la_ledger_claimed(const struct la_ledger *l)
{
	s64 sum = 0;
	int t;

	for (t = 0; t < LA_NR_TERMS; t++)
		sum += counted(l, t);
	return sum;
}

/**
 * la_ledger_ghost() - pages that none claims; signed
 * @l: the counters
 */
s64 la_ledger_ghost(const struct la_ledger *l)
{
	return l->total - la_ledger_claimed(l);
}

/**
 * la_ledger_classic_ghost() - what the formula that people copy comes to; signed
 * @l: the counters
 */
s64 la_ledger_classic_ghost(const struct la_ledger *l)
{
	return l->total - l->terms[LA_TERM_FREE] - l->terms[LA_TERM_SLAB] -
	       l->terms[LA_TERM_VMALLOC] - l->terms[LA_TERM_PAGETABLES] -
	       l->terms[LA_TERM_STACKS] - l->terms[LA_TERM_POISONED] - l->bounce -
	       l->classic_lru - l->hugepages_default;
}
