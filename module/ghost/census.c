// SPDX-License-Identifier: GPL-2.0-only
/*
 * Census.
 *
 * Most owners mark their pages. Those of areas (vmalloc, percpu) do not: they are told by
 * the list of areas, and what came since by the site that allocated it. What nobody
 * marks, tells or refers to is one of three: free on the list of a CPU, which its
 * neighbours in that list confirm; the rest of such a block of more than one frame, which
 * follows it; or the tail of a block in use that is no compound page.
 *
 * A frame changes while it is looked at, so any signs may come together.
 */
#include "census.h"

static const char *const names[LA_NR_CENSUS] = {
	[LA_CENSUS_FREE]	= "free",
	[LA_CENSUS_FREE_PCP]	= "free_percpu_lists",
	[LA_CENSUS_LRU_ANON]	= "lru_anon",
	[LA_CENSUS_LRU_FILE]	= "lru_file",
	[LA_CENSUS_UNEVICTABLE]	= "unevictable",
	[LA_CENSUS_OFF_LRU]	= "off_lru",
	[LA_CENSUS_SLAB]	= "slab",
	[LA_CENSUS_LARGE]	= "large_kmalloc",
	[LA_CENSUS_VMALLOC]	= "vmalloc",
	[LA_CENSUS_STACKS]	= "kernel_stacks",
	[LA_CENSUS_PERCPU]	= "percpu",
	[LA_CENSUS_TABLES]	= "page_tables",
	[LA_CENSUS_HUGETLB]	= "hugetlb",
	[LA_CENSUS_MOVABLE]	= "movable",
	[LA_CENSUS_OFFLINE]	= "offline",
	[LA_CENSUS_POISONED]	= "hw_corrupted",
	[LA_CENSUS_RESERVED]	= "reserved",
	[LA_CENSUS_GHOST]	= "ghost",
};

/**
 * la_census_name() - the class as `ghost` shows it
 * @class: the class
 */
const char *la_census_name(enum la_census_class class)
{
	return names[class];
}

/* The first sign that is there decides. */
static const struct {
	enum la_sign sign;
	enum la_census_class class;
} marks[] = {
	{ LA_SIGN_POISONED, LA_CENSUS_POISONED },
	{ LA_SIGN_OFFLINE, LA_CENSUS_OFFLINE },
	{ LA_SIGN_BUDDY, LA_CENSUS_FREE },
	{ LA_SIGN_SLAB, LA_CENSUS_SLAB },
	{ LA_SIGN_LARGE, LA_CENSUS_LARGE },
	{ LA_SIGN_TABLE, LA_CENSUS_TABLES },
	{ LA_SIGN_HUGETLB, LA_CENSUS_HUGETLB },
};

static enum la_census_class of_mark(const struct la_seen *seen)
{
	unsigned int i;

	/* Set at boot; a driver's, if somebody is known to have allocated it. */
	if (la_seen_has(seen, LA_SIGN_RESERVED))
		return seen->site ? LA_CENSUS_RESERVED : LA_CENSUS_UNMANAGED;
	for (i = 0; i < ARRAY_SIZE(marks); i++)
		if (la_seen_has(seen, marks[i].sign))
			return marks[i].class;
	if (!la_seen_has(seen, LA_SIGN_LRU))
		return LA_CENSUS_GHOST;
	if (la_seen_has(seen, LA_SIGN_UNEVICTABLE))
		return LA_CENSUS_UNEVICTABLE;
	return la_seen_has(seen, LA_SIGN_SWAPBACKED) ? LA_CENSUS_LRU_ANON : LA_CENSUS_LRU_FILE;
}

/**
 * la_census_is_marked() - does what the frame shows of itself say whose it is?
 * @seen: its signs up to LA_SIGN_UNEVICTABLE, and the last ones
 *
 * Who looks need not look closer then.
 */
bool la_census_is_marked(const struct la_seen *seen)
{
	return of_mark(seen) != LA_CENSUS_GHOST && !la_seen_has(seen, LA_SIGN_RESERVED);
}

static enum la_census_class of_told(u8 told)
{
	switch (told) {
	case LA_TOLD_VMALLOC:
		return LA_CENSUS_VMALLOC;
	case LA_TOLD_STACK:
		return LA_CENSUS_STACKS;
	case LA_TOLD_PERCPU:
		return LA_CENSUS_PERCPU;
	case LA_TOLD_LARGE:
		return LA_CENSUS_LARGE;
	default:
		return LA_CENSUS_GHOST;
	}
}

/* Is it in use, though nothing but its neighbour says so? */
static bool is_used(const struct la_seen *seen)
{
	return la_seen_has(seen, LA_SIGN_REFERENCED) || la_seen_has(seen, LA_SIGN_COMPOUND);
}

static enum la_census_class classify(struct la_census_cursor *c, const struct la_seen *seen)
{
	enum la_census_class class = of_mark(seen);
	bool follows = c->listed;

	c->listed = false;
	if (class != LA_CENSUS_GHOST)
		return class;
	if (!is_used(seen) && (la_seen_has(seen, LA_SIGN_LISTED) ||
			       (follows && !seen->site && !seen->area))) {
		c->listed = true;
		return LA_CENSUS_FREE_PCP;
	}
	if (seen->area)
		return of_told(seen->area);
	if (la_seen_has(seen, LA_SIGN_MOVABLE))
		return LA_CENSUS_MOVABLE;
	if (la_seen_has(seen, LA_SIGN_MAPPING) && is_used(seen))
		return LA_CENSUS_OFF_LRU;
	return of_told(seen->owner);
}

static unsigned int log2_of(u64 n)
{
	unsigned int log = 0;

	while (n >>= 1)
		log++;
	return log < LA_CENSUS_RUNS ? log : LA_CENSUS_RUNS - 1;
}

static void end_run(struct la_census_cursor *c)
{
	if (c->run)
		c->sums->runs[log2_of(c->run)] += c->run;
	c->run = 0;
}

/**
 * la_census_begin() - a walk begins
 * @c: the cursor
 * @sums: where it counts; the caller has zeroed them
 */
void la_census_begin(struct la_census_cursor *c, struct la_census_sums *sums)
{
	*c = (struct la_census_cursor){ .sums = sums };
}

/**
 * la_census_gap() - the next frame is no neighbour of the last one, or there is none
 * @c: the cursor
 */
void la_census_gap(struct la_census_cursor *c)
{
	end_run(c);
	c->listed = false;
}

static void count_ghost(struct la_census_cursor *c, const struct la_seen *seen)
{
	if (la_seen_has(seen, LA_SIGN_MAPPED))
		c->sums->mapped += seen->frames;
	if (seen->site) {
		end_run(c);
		c->sums->known += seen->frames;
		return;
	}
	c->run += seen->frames;
	if (la_seen_has(seen, LA_SIGN_COMPOUND))
		c->sums->compound += seen->frames;
}

/**
 * la_census_frame() - whose is the next frame?
 * @c: the cursor; counts it
 * @seen: what it shows
 *
 * Return: its class, or LA_CENSUS_UNMANAGED.
 */
enum la_census_class la_census_frame(struct la_census_cursor *c, const struct la_seen *seen)
{
	enum la_census_class class = classify(c, seen);

	if (class == LA_CENSUS_GHOST)
		count_ghost(c, seen);
	else
		end_run(c);
	if (class == LA_CENSUS_UNMANAGED)
		c->sums->unmanaged += seen->frames;
	else
		c->sums->of[class] += seen->frames;
	return class;
}

/**
 * la_census_add() - add up
 * @to: the sum
 * @sums: more
 */
void la_census_add(struct la_census_sums *to, const struct la_census_sums *sums)
{
	unsigned int i;

	for (i = 0; i < LA_NR_CENSUS; i++)
		to->of[i] += sums->of[i];
	for (i = 0; i < LA_CENSUS_RUNS; i++)
		to->runs[i] += sums->runs[i];
	to->unmanaged += sums->unmanaged;
	to->known += sums->known;
	to->compound += sums->compound;
	to->mapped += sums->mapped;
}

/**
 * la_census_total() - all that have an owner, the ghost among them
 * @sums: of all zones
 */
s64 la_census_total(const struct la_census_sums *sums)
{
	s64 total = 0;
	unsigned int i;

	for (i = 0; i < LA_NR_CENSUS; i++)
		total += sums->of[i];
	return total;
}

/**
 * la_census_infer_large() - large kmallocs that nothing marks, and nobody saw
 * @sums: corrected by them
 * @large: what the kernel counts of them
 *
 * Those from before the load look like any compound page that is a driver's. The kernel's
 * counter says how many of these are theirs; not which.
 *
 * Return: how many.
 */
s64 la_census_infer_large(struct la_census_sums *sums, const struct la_census_counter *large)
{
	s64 missing = large->after - sums->of[LA_CENSUS_LARGE];

	if (!large->known || missing <= 0)
		return 0;
	if (missing > sums->compound)
		missing = sums->compound;
	sums->compound -= missing;
	sums->of[LA_CENSUS_GHOST] -= missing;
	sums->of[LA_CENSUS_LARGE] += missing;
	return missing;
}

/**
 * la_census_difference() - by how much more the walk found than the kernel counts
 * @frames: found
 * @counter: before and after, of which the mean counts
 */
s64 la_census_difference(s64 frames, const struct la_census_counter *counter)
{
	return frames - counter->before - div64_s64(counter->after - counter->before, 2);
}

/**
 * la_census_bound() - how much of a difference says nothing
 * @counter: what it changed by during the walk counts, and its slack
 */
s64 la_census_bound(const struct la_census_counter *counter)
{
	s64 change = counter->after - counter->before;

	return (change < 0 ? -change : change) + counter->slack;
}

/**
 * la_census_scale() - what is to be expected of more frames
 * @ns: what some took
 * @frames: how many; 0: not known
 * @to: how many there will be
 */
u64 la_census_scale(u64 ns, u64 frames, u64 to)
{
	u64 each;

	if (!frames)
		return 0;
	/* In 1/1024 ns: a walk of a day, and 2^50 bytes, leave room. */
	each = div64_u64(ns << 10, frames);
	return each && to > ~0ull / each ? ~0ull >> 10 : each * to >> 10;
}

/**
 * la_census_rank() - keep the callers that have most, largest first
 * @top: array of those
 * @n: its length
 * @c: one more
 */
void la_census_rank(struct la_census_caller *top, unsigned int n, struct la_census_caller c)
{
	unsigned int i;

	for (i = n; i > 0 && top[i - 1].frames < c.frames; i--)
		if (i < n)
			top[i] = top[i - 1];
	if (i < n)
		top[i] = c;
}
