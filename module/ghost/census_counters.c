// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the census: each class has one that has nothing to do with struct page.
 *
 * They come from the ledger, which knows what each kernel has; what a class is less, or
 * more, than a term of that is said here. A class without a counter is not known.
 */
#include "census_counters.h"

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "ghost.h"
#include "slabs.h"

/* What a CPU may have taken off one list and not put on another. */
#define SLACK_PER_CPU	16
/* Stacks that a CPU keeps for the next task. */
#define STACKS_PER_CPU	2

struct reading {
	struct la_ledger ledger;
	s64 of[LA_NR_CENSUS];
	bool known[LA_NR_CENSUS];
	s64 out;
};

static void set(struct reading *r, enum la_census_class class, s64 frames)
{
	r->of[class] = frames;
	r->known[class] = true;
}

static void set_term(struct reading *r, enum la_census_class class, enum la_term term)
{
	if (la_ledger_knows(&r->ledger, term))
		set(r, class, r->ledger.terms[term]);
}

static void read_lru(struct reading *r)
{
	set(r, LA_CENSUS_LRU_ANON, la_ghost_node_sum(NR_INACTIVE_ANON) +
				   la_ghost_node_sum(NR_ACTIVE_ANON));
	set(r, LA_CENSUS_LRU_FILE, la_ghost_node_sum(NR_INACTIVE_FILE) +
				   la_ghost_node_sum(NR_ACTIVE_FILE));
	set(r, LA_CENSUS_UNEVICTABLE, la_ghost_node_sum(NR_UNEVICTABLE));
	if (la_ledger_knows(&r->ledger, LA_TERM_LRU_BATCHES))
		set(r, LA_CENSUS_OFF_LRU, r->ledger.terms[LA_TERM_ISOLATED] +
					  r->ledger.terms[LA_TERM_LRU_BATCHES]);
}

/* Slab is slabs and large kmallocs; the caches count their slabs, too. */
static void read_slab(struct reading *r)
{
	s64 slabs;

	if (la_slabs_pages(&slabs))
		return;
	set(r, LA_CENSUS_SLAB, slabs);
	set(r, LA_CENSUS_LARGE, r->ledger.terms[LA_TERM_SLAB] - slabs);
}

static void read_areas(struct reading *r)
{
	set_term(r, LA_CENSUS_VMALLOC, LA_TERM_VMALLOC);
	if (IS_ENABLED(CONFIG_VMAP_STACK) && r->known[LA_CENSUS_VMALLOC]) {
		set_term(r, LA_CENSUS_STACKS, LA_TERM_STACKS);
		r->of[LA_CENSUS_VMALLOC] -= r->of[LA_CENSUS_STACKS];
	}
	if (la_ledger_knows(&r->ledger, LA_TERM_PERCPU))
		set(r, LA_CENSUS_PERCPU, la_ledger_counted(&r->ledger, LA_TERM_PERCPU));
}

/* Inflated pages, those among them that are not in MemTotal any more. */
static void read_balloon(struct reading *r)
{
	if (!la_ledger_knows(&r->ledger, LA_TERM_BALLOON))
		return;
	r->out = r->ledger.infos[LA_INFO_BALLOON_OUT];
	set(r, LA_CENSUS_OFFLINE, r->ledger.terms[LA_TERM_BALLOON] + r->out);
}

static s64 isolated(const struct reading *r)
{
	return la_ledger_counted(&r->ledger, LA_TERM_FREE_ISOLATED);
}

static void read_all(struct reading *r)
{
	memset(r, 0, sizeof(*r));
	la_ghost_read(&r->ledger);
	set(r, LA_CENSUS_FREE, r->ledger.terms[LA_TERM_FREE] + isolated(r));
	set_term(r, LA_CENSUS_FREE_PCP, LA_TERM_PCP_FREE);
	read_lru(r);
	read_slab(r);
	read_areas(r);
	read_balloon(r);
	set_term(r, LA_CENSUS_TABLES, LA_TERM_PAGETABLES);
	set_term(r, LA_CENSUS_HUGETLB, LA_TERM_HUGETLB);
	set_term(r, LA_CENSUS_MOVABLE, LA_TERM_ZSMALLOC);
	set_term(r, LA_CENSUS_POISONED, LA_TERM_POISONED);
}

/* Pages that are counted as on an LRU list, and have lost the mark for a while. */
static s64 unmarked(void)
{
	return LA_COMPAT_UNMARKED_LRU * num_online_cpus();
}

static s64 slack_of(const struct reading *r, enum la_census_class class)
{
	s64 slack = SLACK_PER_CPU * num_online_cpus();

	switch (class) {
	case LA_CENSUS_FREE:
		/* Blocks that go offline are not walked. */
		return slack + isolated(r);
	case LA_CENSUS_OFF_LRU:
	case LA_CENSUS_LRU_ANON:
	case LA_CENSUS_LRU_FILE:
		return slack + unmarked();
	case LA_CENSUS_STACKS:
	case LA_CENSUS_VMALLOC:
		return slack + STACKS_PER_CPU * num_online_cpus() * (THREAD_SIZE / PAGE_SIZE);
	default:
		return slack;
	}
}

/**
 * la_census_count_before() - read the counters before a walk
 * @counters: of all classes
 * @total: gets MemTotal, with what a balloon took of it
 *
 * Context: process.
 */
void la_census_count_before(struct la_census_counter *counters, struct la_census_counter *total)
{
	struct reading *r = kmalloc(sizeof(*r), GFP_KERNEL);
	unsigned int i;

	memset(counters, 0, LA_NR_CENSUS * sizeof(*counters));
	*total = (struct la_census_counter){ };
	if (!r)
		return;
	read_all(r);
	total->known = true;
	total->before = r->ledger.total + r->out;
	for (i = 0; i < LA_NR_CENSUS; i++)
		counters[i] = (struct la_census_counter){
			.known = r->known[i], .before = r->of[i], .slack = slack_of(r, i),
		};
	kfree(r);
}

/* Terms whose pages look like anybody's: to the walk they are ghost. */
static s64 unmarked_terms(const struct reading *r)
{
	static const enum la_term terms[] = {
		LA_TERM_SEC_PAGETABLES, LA_TERM_HUGE_ZERO, LA_TERM_MISC, LA_TERM_GPU_ACTIVE,
		LA_TERM_GPU_RECLAIM, LA_TERM_MEMMAP, LA_TERM_BOUNCE, LA_TERM_WRITEBACK_TEMP,
	};
	unsigned int i;
	s64 sum = 0;

	for (i = 0; i < ARRAY_SIZE(terms); i++)
		sum += la_ledger_counted(&r->ledger, terms[i]);
	return sum;
}

/**
 * la_census_count_after() - read them again
 * @counters: of la_census_count_before()
 * @total: likewise
 *
 * Context: process.
 * Return: what terms count of which no page has a mark.
 */
s64 la_census_count_after(struct la_census_counter *counters, struct la_census_counter *total)
{
	struct reading *r = kmalloc(sizeof(*r), GFP_KERNEL);
	s64 has_term;
	unsigned int i;

	if (r)
		read_all(r);
	total->known &= !!r;
	total->after = r ? r->ledger.total + r->out : 0;
	for (i = 0; i < LA_NR_CENSUS; i++) {
		counters[i].known &= r && r->known[i];
		counters[i].after = counters[i].known ? r->of[i] : 0;
		if (counters[i].known)
			counters[i].slack = max(counters[i].slack, slack_of(r, i));
	}
	has_term = r ? unmarked_terms(r) : 0;
	kfree(r);
	return has_term;
}

/**
 * la_census_count_ghost() - what the counters leave of MemTotal
 * @counters: of la_census_count_after(); gets that of the ghost
 * @total: MemTotal
 * @sums: what was found: stands for the classes that have no counter
 */
void la_census_count_ghost(struct la_census_counter *counters,
			   const struct la_census_counter *total,
			   const struct la_census_sums *sums)
{
	struct la_census_counter *ghost = &counters[LA_CENSUS_GHOST];
	unsigned int i;

	*ghost = *total;
	ghost->slack += SLACK_PER_CPU * num_online_cpus();
	for (i = 0; i < LA_CENSUS_GHOST; i++) {
		ghost->before -= counters[i].known ? counters[i].before : sums->of[i];
		ghost->after -= counters[i].known ? counters[i].after : sums->of[i];
	}
}
