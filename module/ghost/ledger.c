// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ledger: the arithmetic of ghost memory.
 *
 * ghost = MemTotal - what any counter of the kernel claims, each page once.
 * It is signed and never clamped: a negative ghost says that something is
 * counted twice, which is worth knowing. Sums saturate: counters can be garbage, and
 * then the figures are, too, but they keep their sign.
 *
 * bound = batches + skew + in_flight + rounding: see Documentation/ghost-memory.rst.
 *
 * The classic formula of blog posts is computed beside it, term by term, to compare.
 */
#include "ledger.h"

#define LA_S64_MAX	((s64)(~(u64)0 >> 1))
#define LA_S64_MIN	(-LA_S64_MAX - 1)

static const char *const names[LA_NR_TERMS] = {
	[LA_TERM_FREE]		 = "free",
	[LA_TERM_PCP_FREE]	 = "free_percpu_lists",
	[LA_TERM_FREE_ISOLATED]	 = "free_isolated",
	[LA_TERM_LRU]		 = "lru",
	[LA_TERM_LRU_BATCHES]	 = "lru_batches",
	[LA_TERM_ISOLATED]	 = "isolated",
	[LA_TERM_SLAB]		 = "slab",
	[LA_TERM_VMALLOC]	 = "vmalloc",
	[LA_TERM_STACKS]	 = "kernel_stacks",
	[LA_TERM_PAGETABLES]	 = "page_tables",
	[LA_TERM_SEC_PAGETABLES] = "sec_page_tables",
	[LA_TERM_PERCPU]	 = "percpu",
	[LA_TERM_HUGETLB]	 = "hugetlb",
	[LA_TERM_HUGE_ZERO]	 = "huge_zero_page",
	[LA_TERM_ZSMALLOC]	 = "zsmalloc",
	[LA_TERM_MISC]		 = "misc_reclaimable",
	[LA_TERM_BALLOON]	 = "balloon",
	[LA_TERM_GPU_ACTIVE]	 = "gpu_active",
	[LA_TERM_GPU_RECLAIM]	 = "gpu_reclaimable",
	[LA_TERM_MEMMAP]	 = "memmap",
	[LA_TERM_BOUNCE]	 = "bounce",
	[LA_TERM_WRITEBACK_TEMP] = "writeback_temp",
	[LA_TERM_POISONED]	 = "hw_corrupted",
};

static const char *const info_names[LA_NR_INFOS] = {
	[LA_INFO_FIRST_CHUNK]	    = "percpu_first_chunk",
	[LA_INFO_STACKS_IN_VMALLOC] = "stacks_in_vmalloc",
	[LA_INFO_LARGE_KMALLOC]	    = "large_kmalloc",
	[LA_INFO_CMA]		    = "cma",
	[LA_INFO_CMA_FREE]	    = "cma_free",
	[LA_INFO_UNACCEPTED]	    = "unaccepted",
	[LA_INFO_IOMMU]		    = "iommu",
	[LA_INFO_BALLOON_OUT]	    = "balloon_taken",
	[LA_INFO_MAPPED]	    = "user_by_mapping",
	[LA_INFO_PINNED]	    = "pinned",
};

static const char *const classic_names[LA_NR_CLASSICS] = {
	[LA_CLASSIC_FREE]	 = "classic_free",
	[LA_CLASSIC_SLAB]	 = "classic_slab",
	[LA_CLASSIC_VMALLOC]	 = "classic_vmalloc",
	[LA_CLASSIC_PAGETABLES]	 = "classic_page_tables",
	[LA_CLASSIC_STACKS]	 = "classic_kernel_stacks",
	[LA_CLASSIC_POISONED]	 = "classic_hw_corrupted",
	[LA_CLASSIC_BOUNCE]	 = "classic_bounce",
	[LA_CLASSIC_ACTIVE]	 = "classic_active",
	[LA_CLASSIC_INACTIVE]	 = "classic_inactive",
	[LA_CLASSIC_UNEVICTABLE] = "classic_unevictable",
	[LA_CLASSIC_HUGEPAGES]	 = "classic_hugepages",
};

/**
 * la_ledger_name() - the term as `ghost` shows it
 * @t: the term
 */
const char *la_ledger_name(enum la_term t)
{
	return names[t];
}

/**
 * la_ledger_info_name() - likewise, what is part of no sum
 * @i: which
 */
const char *la_ledger_info_name(enum la_info i)
{
	return info_names[i];
}

/**
 * la_ledger_classic_name() - likewise, a term of the classic formula
 * @c: which
 */
const char *la_ledger_classic_name(enum la_classic c)
{
	return classic_names[c];
}

/**
 * la_ledger_plus() - the sum, or the end of the range that is next to it
 * @a: one
 * @b: the other
 */
s64 la_ledger_plus(s64 a, s64 b)
{
	s64 sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return a < 0 ? LA_S64_MIN : LA_S64_MAX;
}

/**
 * la_ledger_minus() - the difference, or the end of the range that is next to it
 * @a: one
 * @b: what is taken away
 */
s64 la_ledger_minus(s64 a, s64 b)
{
	s64 rest;

	if (!__builtin_sub_overflow(a, b, &rest))
		return rest;
	return a < 0 ? LA_S64_MIN : LA_S64_MAX;
}

/**
 * la_ledger_kb() - pages as they are shown
 * @pages: signed
 * @page_kb: kB of a page
 */
s64 la_ledger_kb(s64 pages, u32 page_kb)
{
	s64 kb;

	if (!__builtin_mul_overflow(pages, (s64)page_kb, &kb))
		return kb;
	return pages < 0 ? LA_S64_MIN : LA_S64_MAX;
}

/**
 * la_ledger_counted() - what of a term is part of the sum
 * @l: the counters
 * @t: the term; one that is not known counts nothing
 */
s64 la_ledger_counted(const struct la_ledger *l, enum la_term t)
{
	if (!la_ledger_knows(l, t))
		return 0;
	if (t == LA_TERM_PERCPU)
		return la_ledger_minus(l->terms[t], l->infos[LA_INFO_FIRST_CHUNK]);
	if (t == LA_TERM_STACKS)
		return la_ledger_minus(l->terms[t], l->infos[LA_INFO_STACKS_IN_VMALLOC]);
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
		sum = la_ledger_plus(sum, la_ledger_counted(l, t));
	return sum;
}

/**
 * la_ledger_ghost() - pages that none claims; signed
 * @l: the counters
 */
s64 la_ledger_ghost(const struct la_ledger *l)
{
	return la_ledger_minus(l->total, la_ledger_claimed(l));
}

static s64 distance(s64 a, s64 b)
{
	return a < b ? la_ledger_minus(b, a) : la_ledger_minus(a, b);
}

/**
 * la_ledger_moved() - pages by which the terms of two readings differ, without signs
 * @a: one reading
 * @b: the other, soon after
 *
 * Each term of either was read at some moment of its own. For a moment between the two
 * readings a term that only rises or only falls lies between its two values, so a sum
 * of such a moment is off by at most this from the sum of either reading.
 */
s64 la_ledger_moved(const struct la_ledger *a, const struct la_ledger *b)
{
	s64 sum = distance(a->total, b->total);
	int t;

	for (t = 0; t < LA_NR_TERMS; t++)
		sum = la_ledger_plus(sum, distance(la_ledger_counted(a, t),
						   la_ledger_counted(b, t)));
	return sum;
}

/**
 * la_ledger_bound() - the ghost can be off by so many pages
 * @l: the counters
 */
s64 la_ledger_bound(const struct la_ledger *l)
{
	return la_ledger_plus(la_ledger_plus(l->batches, l->skew),
			      la_ledger_plus(l->in_flight, l->rounding));
}

/**
 * la_ledger_classic() - a term of the formula that people copy
 * @l: the counters
 * @c: the term
 */
s64 la_ledger_classic(const struct la_ledger *l, enum la_classic c)
{
	switch (c) {
	case LA_CLASSIC_FREE:
		return l->terms[LA_TERM_FREE];
	case LA_CLASSIC_SLAB:
		return l->terms[LA_TERM_SLAB];
	case LA_CLASSIC_VMALLOC:
		return l->terms[LA_TERM_VMALLOC];
	case LA_CLASSIC_PAGETABLES:
		return l->terms[LA_TERM_PAGETABLES];
	case LA_CLASSIC_STACKS:
		return l->terms[LA_TERM_STACKS];
	case LA_CLASSIC_POISONED:
		return l->terms[LA_TERM_POISONED];
	case LA_CLASSIC_BOUNCE:
		return l->terms[LA_TERM_BOUNCE];
	case LA_CLASSIC_ACTIVE:
		return l->active;
	case LA_CLASSIC_INACTIVE:
		return l->inactive;
	case LA_CLASSIC_UNEVICTABLE:
		return l->unevictable;
	case LA_CLASSIC_HUGEPAGES:
		return l->hugepages;
	default:
		return 0;
	}
}

/**
 * la_ledger_classic_ghost() - what the formula that people copy comes to; signed
 * @l: the counters
 */
s64 la_ledger_classic_ghost(const struct la_ledger *l)
{
	s64 ghost = l->total;
	int c;

	for (c = 0; c < LA_NR_CLASSICS; c++)
		ghost = la_ledger_minus(ghost, la_ledger_classic(l, c));
	return ghost;
}

/**
 * la_ledger_change() - how a term has changed
 * @since: an earlier ledger
 * @now: a later one
 * @t: the term
 * @change: gets the pages, as far as they count
 *
 * Return: whether it has.
 */
bool la_ledger_change(const struct la_ledger *since, const struct la_ledger *now,
		      enum la_term t, s64 *change)
{
	*change = la_ledger_minus(la_ledger_counted(now, t), la_ledger_counted(since, t));
	return *change;
}
