// SPDX-License-Identifier: GPL-2.0-only
/*
 * The census as a part of `ghost`: whose each page frame is.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/time64.h>

#include "census_walk.h"
#include "views.h"

#define PER_LINE	6	/* classes of a zone */
#define FRAMES_PER_GB	(1ul << (30 - PAGE_SHIFT))

/* What is said of a class beside its counter. */
static const char *const notes[LA_NR_CENSUS] = {
	[LA_CENSUS_FREE]	= "MemFree",
	[LA_CENSUS_FREE_PCP]	= "free on the lists of CPUs",
	[LA_CENSUS_LRU_ANON]	= "Active(anon) and Inactive(anon)",
	[LA_CENSUS_LRU_FILE]	= "Active(file) and Inactive(file)",
	[LA_CENSUS_UNEVICTABLE]	= "Unevictable",
	[LA_CENSUS_OFF_LRU]	= "a user's or a file's, isolated or in a batch for an LRU list",
	[LA_CENSUS_SLAB]	= "by the caches' own counts of slabs",
	[LA_CENSUS_LARGE]	= "Slab less those slabs",
	[LA_CENSUS_VMALLOC]	= "VmallocUsed less KernelStack",
	[LA_CENSUS_STACKS]	= "KernelStack; a CPU keeps two more for the next tasks",
	[LA_CENSUS_PERCPU]	= "Percpu less the first chunk",
	[LA_CENSUS_TABLES]	= "PageTables",
	[LA_CENSUS_HUGETLB]	= "Hugetlb",
	[LA_CENSUS_MOVABLE]	= "nr_zspages; other drivers that can be moved have no counter",
	[LA_CENSUS_OFFLINE]	= "held by a balloon, or on the way out of the machine",
	[LA_CENSUS_POISONED]	= "HardwareCorrupted",
	[LA_CENSUS_RESERVED]	= "marked as reserved by who allocated it",
	[LA_CENSUS_GHOST]	= "nobody's; the counters above leave so much",
};

static s64 kb(s64 pages)
{
	return pages * (s64)(PAGE_SIZE / 1024);
}

static void show_class(struct seq_file *m, const struct la_census *c, unsigned int class)
{
	const struct la_census_counter *counter = &c->counters[class];
	s64 frames = c->sums.of[class];

	seq_printf(m, "census_%s %lld ", la_census_name(class), kb(frames));
	if (counter->known)
		seq_printf(m, "counter %lld difference %lld bound %lld: %s\n",
			   kb(counter->after), kb(la_census_difference(frames, counter)),
			   kb(la_census_bound(counter)), notes[class]);
	else
		seq_printf(m, "no counter: %s\n", notes[class]);
	if (class == LA_CENSUS_LARGE && c->inferred)
		seq_printf(m, "# census_large_kmalloc: %lld kB of it from before the load, as the counter says, of pages that look alike\n",
			   kb(c->inferred));
}

static void show_total(struct seq_file *m, const struct la_census *c)
{
	s64 frames = la_census_total(&c->sums);

	seq_printf(m, "census_total %lld counter %lld difference %lld bound %lld: MemTotal",
		   kb(frames), kb(c->total.after), kb(la_census_difference(frames, &c->total)),
		   kb(la_census_bound(&c->total)));
	seq_puts(m, c->counters[LA_CENSUS_OFFLINE].known ?
		 ", and what a balloon took of it\n" : "; a balloon may have taken of it\n");
}

static void show_ghost(struct seq_file *m, const struct la_census *c)
{
	s64 ghost = c->sums.of[LA_CENSUS_GHOST];
	unsigned int i;

	seq_printf(m, "census_ghost_known %lld of census_ghost: allocated since the load, by callers below\n",
		   kb(c->sums.known));
	seq_printf(m, "census_ghost_unknown %lld of census_ghost: from before the load, or missed\n",
		   kb(ghost - c->sums.known));
	if (c->has_term)
		seq_printf(m, "# census_ghost: %lld kB of it are other terms of the ledger, whose pages have no mark\n",
			   kb(c->has_term));
	seq_printf(m, "census_ghost_mapped %lld of census_ghost: mapped into processes\n",
		   kb(c->sums.mapped));
	for (i = 0; i < LA_CENSUS_TOP && c->top[i].frames; i++) {
		seq_printf(m, "census_ghost_by %lld ", kb(c->top[i].frames));
		la_show_caller(m, c->top[i].site);
		seq_putc(m, '\n');
	}
	seq_puts(m, "# census_ghost_unknown by the length of the runs that it lies in, kB:");
	for (i = 0; i < LA_CENSUS_RUNS; i++)
		if (c->sums.runs[i])
			seq_printf(m, " %s%lu=%lld", i + 1 == LA_CENSUS_RUNS ? ">=" : "",
				   (PAGE_SIZE / 1024) << i, kb(c->sums.runs[i]));
	seq_printf(m, "; in compound pages %lld\n", kb(c->sums.compound));
}

static void show_zone(struct seq_file *m, const struct la_census_zone *z)
{
	unsigned int i, n = 0;

	seq_printf(m, "# node %d zone %s kB: managed %lld counted %lld", z->nid, z->name,
		   kb(z->managed), kb(la_census_total(&z->sums)));
	for (i = 0; i < LA_NR_CENSUS; i++) {
		if (!z->sums.of[i])
			continue;
		if (!(n++ % PER_LINE))
			seq_puts(m, "\n#  ");
		seq_printf(m, " %s %lld", la_census_name(i), kb(z->sums.of[i]));
	}
	seq_putc(m, '\n');
}

static void show_head(struct seq_file *m, const struct la_census *c)
{
	u64 age = div_u64(ktime_get_ns() - c->taken_ns, NSEC_PER_MSEC);
	u64 per_gb = la_census_scale(c->ns, c->walked, FRAMES_PER_GB);

	seq_printf(m, "# census: each page frame by its owner; age %llu.%03llu s, took %llu us, %llu us per GB\n",
		   div_u64(age, 1000), age - 1000 * div_u64(age, 1000),
		   div_u64(c->ns, NSEC_PER_USEC), div_u64(per_gb, NSEC_PER_USEC));
	if (!c->areas_known)
		seq_puts(m, "# census: areas can't be walked on this kernel: those from before the load are in census_ghost\n");
}

/**
 * la_census_show() - the last census, or how to get one
 * @m: the file
 */
void la_census_show(struct seq_file *m)
{
	u64 expected;
	const struct la_census *c = la_census_get(&expected);
	unsigned int i;

	if (c) {
		show_head(m, c);
		for (i = 0; i < LA_NR_CENSUS; i++)
			show_class(m, c, i);
		show_total(m, c);
		show_ghost(m, c);
		for (i = 0; i < c->nr_zones; i++)
			show_zone(m, &c->zones[i]);
	} else {
		seq_printf(m, "# census: none was taken; one takes about %llu ms: write `census` to control\n",
			   div_u64(expected, NSEC_PER_MSEC));
	}
	la_census_put();
}
