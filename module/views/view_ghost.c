// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ghost`: what matters in a few lines; the ledger of MemTotal, term by term; the classic
 * formula beside it; whose each page is, and who holds it; and what has changed since the mark.
 * A part begins with a line that says what it is.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "census_walk.h"
#include "changes.h"
#include "compat.h"
#include "ghost.h"
#include "holders.h"
#include "views.h"

struct ghost {
	struct la_ledger now;
	struct la_ledger since;
	bool is_marked;
	u64 mark_age_ms;
	struct la_holders *holders;
	const struct la_snapshot *snap;
};

static const char *const notes[LA_NR_TERMS] = {
	[LA_TERM_FREE]		 = "MemFree",
	[LA_TERM_PCP_FREE]	 = "free pages on per-CPU lists: in no line of meminfo",
	[LA_TERM_FREE_ISOLATED]	 = "free in blocks on their way out, no more in MemFree",
	[LA_TERM_LRU]		 = "page cache, anonymous and unevictable memory",
	[LA_TERM_LRU_BATCHES]	 = "the same, on its way to the LRU lists",
	[LA_TERM_ISOLATED]	 = "taken off the LRU lists for a moment",
	[LA_TERM_SLAB]		 = "Slab, large kmallocs within",
	[LA_TERM_VMALLOC]	 = "VmallocUsed, kernel stacks and module text within",
	[LA_TERM_STACKS]	 = IS_ENABLED(CONFIG_VMAP_STACK) ?
				   "KernelStack: within vmalloc, not added" : "KernelStack",
	[LA_TERM_PAGETABLES]	 = "PageTables",
	[LA_TERM_SEC_PAGETABLES] = "SecPageTables: of virtual machines and IOMMUs",
	[LA_TERM_PERCPU]	 = "Percpu, less the first chunk, which is not in MemTotal",
	[LA_TERM_HUGETLB]	 = "huge pages of all sizes",
	[LA_TERM_HUGE_ZERO]	 = "the huge page of zeros, once somebody has read one",
	[LA_TERM_ZSMALLOC]	 = "compressed: zram, zswap",
	[LA_TERM_MISC]		 = "KReclaimable beyond SReclaimable",
	[LA_TERM_BALLOON]	 = "inflated, and still in MemTotal",
	[LA_TERM_GPU_ACTIVE]	 = "GPUActive: of GPU objects",
	[LA_TERM_GPU_RECLAIM]	 = "GPUReclaim: in pools of GPU drivers",
	[LA_TERM_MEMMAP]	 = "struct pages and the like that were not there at boot",
	[LA_TERM_BOUNCE]	 = "Bounce",
	[LA_TERM_WRITEBACK_TEMP] = "WritebackTmp: copies that FUSE writes",
	[LA_TERM_POISONED]	 = "HardwareCorrupted",
};

static const char *const info_notes[LA_NR_INFOS] = {
	[LA_INFO_FIRST_CHUNK]	    = "within percpu above: not in MemTotal, taken off",
	[LA_INFO_STACKS_IN_VMALLOC] = "within kernel_stacks above: counted in vmalloc, taken off",
	[LA_INFO_LARGE_KMALLOC]	    = "within slab above: beyond the pages of all caches",
	[LA_INFO_CMA]		    = "areas for CMA: others use them meanwhile, in any term",
	[LA_INFO_CMA_FREE]	    = "within free above",
	[LA_INFO_UNACCEPTED]	    = "within free above: of an encrypted guest, not touched yet",
	[LA_INFO_IOMMU]		    = "within sec_page_tables above",
	[LA_INFO_BALLOON_OUT]	    = "inflated, and taken out of MemTotal: in no term",
	[LA_INFO_MAPPED]	    =
		"page cache and mapped memory: what the three terms of lru have more is unmapped",
	[LA_INFO_PINNED]	    = "pages of processes that are pinned, as often as they are",
};

static s64 kb(s64 pages)
{
	return la_ledger_kb(pages, PAGE_SIZE / 1024);
}

static void show_row(struct seq_file *m, const char *prefix, const char *name, s64 pages,
		     const char *note)
{
	seq_printf(m, "%s%s %lld %s\n", prefix, name, kb(pages), note);
}

static void show_terms(struct seq_file *m, const struct la_ledger *l)
{
	int i;

	show_row(m, "", "total", l->total, "MemTotal");
	for (i = 0; i < LA_NR_TERMS; i++) {
		if (la_ledger_knows(l, i))
			show_row(m, "", la_ledger_name(i), l->terms[i], notes[i]);
		else
			seq_printf(m, "%s - not to be had on this kernel\n", la_ledger_name(i));
	}
	for (i = 0; i < LA_NR_INFOS; i++) {
		if (la_ledger_tells(l, i))
			show_row(m, "", la_ledger_info_name(i), l->infos[i], info_notes[i]);
		else
			seq_printf(m, "%s - not to be had on this kernel\n",
				   la_ledger_info_name(i));
	}
}

/* For who reads no further. */
static void show_first(struct seq_file *m, const struct ghost *g)
{
	s64 ghost = la_ledger_ghost(&g->now);

	seq_printf(m, "# ghost: %lld kB of %lld kB are in no counter of the kernel, give or take %lld kB\n",
		   kb(ghost), kb(g->now.total), kb(la_ledger_bound(&g->now)));
	if (g->is_marked)
		seq_printf(m, "# ghost: %+lld kB since the mark %llu.%llu s ago, give or take %lld kB\n",
			   kb(la_ledger_minus(ghost, la_ledger_ghost(&g->since))),
			   g->mark_age_ms / 1000, g->mark_age_ms % 1000 / 100,
			   kb(la_ledger_plus(la_ledger_bound(&g->now),
					     la_ledger_bound(&g->since))));
	la_holders_show_first(m, g->holders, g->snap, &g->now);
}

static void show_ledger(struct seq_file *m, const struct ghost *g)
{
	const struct la_ledger *l = &g->now;

	seq_puts(m, "# the ledger: each page in one term\n");
	show_terms(m, l);
	show_row(m, "", "claimed", la_ledger_claimed(l), "the sum, each page once");
	show_row(m, "", "ghost", la_ledger_ghost(l),
		 "MemTotal less claimed: what no counter of the kernel claims");
	show_row(m, "", "bound", la_ledger_bound(l),
		 "the ghost can be off by this much: the sum of these four");
	show_row(m, "", "bound_batches", l->batches, "LRU batches that can't be read here");
	show_row(m, "", "bound_skew", l->skew, "what moved while the counters were read");
	show_row(m, "", "bound_in_flight", l->in_flight,
		 "what CPUs may have taken and not counted yet");
	show_row(m, "", "bound_rounding", l->rounding, "counters in kB");
}

/* What is wrong with a term, on this kernel and now. */
static void show_classic_note(struct seq_file *m, const struct la_ledger *l, enum la_classic c)
{
	s64 rest;

	switch (c) {
	case LA_CLASSIC_FREE:
		seq_printf(m, "MemFree: lacks %lld kB that are free on per-CPU lists",
			   kb(la_ledger_counted(l, LA_TERM_PCP_FREE)));
		break;
	case LA_CLASSIC_SLAB:
		seq_puts(m, "Slab: right");
		break;
	case LA_CLASSIC_VMALLOC:
		seq_puts(m, la_ledger_knows(l, LA_TERM_VMALLOC) ? "VmallocUsed: right" :
			 "VmallocUsed: not to be had");
		break;
	case LA_CLASSIC_PAGETABLES:
		seq_puts(m, LA_COMPAT_PAGETABLES_ARE_ALL ? "PageTables: right" :
			 "PageTables: their upper levels and the kernel's own are in no counter here");
		break;
	case LA_CLASSIC_STACKS:
		seq_puts(m, IS_ENABLED(CONFIG_VMAP_STACK) ?
			 "KernelStack: wrong here (VMAP_STACK): VmallocUsed has them already" :
			 "KernelStack: right");
		break;
	case LA_CLASSIC_POISONED:
		seq_puts(m, "HardwareCorrupted: right");
		break;
	case LA_CLASSIC_BOUNCE:
		seq_puts(m, la_ledger_knows(l, LA_TERM_BOUNCE) ? "Bounce: right" :
			 "Bounce: this kernel does not count it any more");
		break;
	case LA_CLASSIC_ACTIVE:
		seq_puts(m, "Active: right");
		break;
	case LA_CLASSIC_INACTIVE:
		rest = la_ledger_plus(la_ledger_counted(l, LA_TERM_LRU_BATCHES),
				      la_ledger_counted(l, LA_TERM_ISOLATED));
		seq_printf(m, "Inactive: with the others it lacks %lld kB off the lists for a moment",
			   kb(rest));
		break;
	case LA_CLASSIC_UNEVICTABLE:
		seq_puts(m, "Unevictable: right");
		break;
	case LA_CLASSIC_HUGEPAGES:
		rest = la_ledger_minus(la_ledger_counted(l, LA_TERM_HUGETLB), l->hugepages);
		if (rest)
			seq_printf(m, "HugePages_Total * Hugepagesize: lacks %lld kB of other sizes",
				   kb(rest));
		else
			seq_puts(m, "HugePages_Total * Hugepagesize: right, there are no other sizes");
		break;
	default:
		break;
	}
	seq_putc(m, '\n');
}

static void show_classic(struct seq_file *m, const struct ghost *g)
{
	const struct la_ledger *l = &g->now;
	s64 doubled = l->infos[LA_INFO_STACKS_IN_VMALLOC];
	s64 ghost = la_ledger_classic_ghost(l);
	s64 forgotten = la_ledger_plus(la_ledger_minus(ghost, la_ledger_ghost(l)), doubled);
	int c;

	seq_puts(m, "# the formula that people copy: wrong by what it forgets, less what it doubles\n");
	for (c = 0; c < LA_NR_CLASSICS; c++) {
		seq_printf(m, "%s %lld ", la_ledger_classic_name(c), kb(la_ledger_classic(l, c)));
		show_classic_note(m, l, c);
	}
	seq_printf(m, "classic_forgets %lld no term for %lld of free_percpu_lists, %lld of percpu\n",
		   kb(forgotten), kb(la_ledger_counted(l, LA_TERM_PCP_FREE)),
		   kb(la_ledger_counted(l, LA_TERM_PERCPU)));
	show_row(m, "", "classic_doubles", doubled, "kernel stacks");
	show_row(m, "", "classic_ghost", ghost, "MemTotal less these");
}

static void show_change(struct seq_file *m, const struct ghost *g)
{
	const struct la_ledger *now = &g->now, *since = &g->since;
	s64 taken, change;
	int t;

	if (!g->is_marked) {
		seq_puts(m, "# change: write mark to control, and from then on it is shown here\n");
		return;
	}
	seq_printf(m, "# change since the mark %llu.%llu s ago, of the terms that have changed\n",
		   g->mark_age_ms / 1000, g->mark_age_ms % 1000 / 100);
	change = la_ledger_minus(now->total, since->total);
	taken = la_ledger_minus(now->infos[LA_INFO_BALLOON_OUT],
				since->infos[LA_INFO_BALLOON_OUT]);
	if (taken)
		show_row(m, "changed_", la_ledger_info_name(LA_INFO_BALLOON_OUT), taken,
			 "a balloon took so much of MemTotal");
	if (change || taken)
		seq_printf(m, "changed_total %lld MemTotal: %lld of it by a balloon, the rest is hotplug\n",
			   kb(change), -kb(taken));
	for (t = 0; t < LA_NR_TERMS; t++)
		if (la_ledger_change(since, now, t, &change))
			show_row(m, "changed_", la_ledger_name(t), change, notes[t]);
	show_row(m, "changed_", "ghost",
		 la_ledger_minus(la_ledger_ghost(now), la_ledger_ghost(since)),
		 "the change of MemTotal less those of the terms");
	show_row(m, "changed_", "bound",
		 la_ledger_plus(la_ledger_bound(now), la_ledger_bound(since)),
		 "of both readings");
	la_changes_show(m, g->snap, g->holders);
}

static void show_census(struct seq_file *m, const struct ghost *g)
{
	la_census_show(m);
}

static void show_holders(struct seq_file *m, const struct ghost *g)
{
	la_holders_show(m, g->holders, g->snap, &g->now);
}

static void (*const parts[])(struct seq_file *m, const struct ghost *g) = {
	show_first,
	show_ledger,
	show_classic,
	show_census,
	show_holders,
	show_change,
};

static int prepare_ghost(struct la_reading *r)
{
	struct ghost *g = kvzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return -ENOMEM;
	r->rows = g;
	g->is_marked = la_ghost_marked(&g->since, &g->mark_age_ms);
	la_ghost_read(&g->now);
	la_ghost_read_within(&g->now);
	la_census_refresh();
	g->holders = la_holders_get();
	g->snap = r->snap;
	la_reading_all_rows(r, ARRAY_SIZE(parts));
	return 0;
}

static void ghost_release(struct la_reading *r)
{
	struct ghost *g = r->rows;

	if (g)
		la_holders_put(g->holders);
	kvfree(g);
}

static void ghost_part(struct seq_file *m, struct la_reading *r, u64 i)
{
	parts[i](m, r->rows);
}

const struct la_view la_view_ghost = {
	.name	 = "ghost",
	.columns = "term kB note",
	.sorts	 = "",
	.prepare = prepare_ghost,
	.row	 = ghost_part,
	.release = ghost_release,
};
