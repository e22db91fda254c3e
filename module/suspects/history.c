// SPDX-License-Identifier: GPL-2.0-only
/*
 * History: what is remembered of each caller from look to look.
 *
 * Sites are many, callers that hold something are few: a caller gets a history at the first
 * look that finds an object of it. Histories are never given back before the end, so whoever
 * has found one may read it.
 */
#include "history.h"

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "leakacct.h"
#include "sites.h"
#include "snapshot.h"

#define PER_CHUNK	64
/* Some of those that stay may be given back, one part in this. */
#define STAYING_PART	4

/* By site: 1 + which history; 0: none. */
static u32 *slots;
static struct la_history **chunks;
static u32 nr_histories;
/* When windows were over: of each length one more than there are windows. */
static u32 times[LA_TREND_LEVELS][LA_TREND_WINDOWS + 1];
static u32 nr_looks;

static u32 max_chunks(void)
{
	return DIV_ROUND_UP(la_sites_max(), PER_CHUNK);
}

static struct la_history *at(u32 i)
{
	return &chunks[i / PER_CHUNK][i % PER_CHUNK];
}

/**
 * la_history_of() - the history of a caller
 * @site: the caller's head
 *
 * Context: any.
 * Return: NULL: no look has found any object of it.
 */
struct la_history *la_history_of(u32 site)
{
	/* Pairs with make(). */
	u32 i = smp_load_acquire(&slots[site]);

	return i ? at(i - 1) : NULL;
}

static struct la_history *make(u32 site)
{
	u32 i = nr_histories;

	if (!chunks[i / PER_CHUNK]) {
		chunks[i / PER_CHUNK] = kvcalloc(PER_CHUNK, sizeof(struct la_history), GFP_KERNEL);
		if (!chunks[i / PER_CHUNK])
			return NULL;
	}
	WRITE_ONCE(nr_histories, i + 1);
	/* Whoever finds it finds it empty: la_history_of(). */
	smp_store_release(&slots[site], i + 1);
	return at(i);
}

/* All caches were asked to shrink, and most of these were not given back: or were, later. */
static void note_staying(struct la_history *h, u64 before, bool asked)
{
	if (asked)
		h->stayed = h->survivors[0] >= before - before / STAYING_PART ? h->survivors[0] : 0;
	else if (h->survivors[0] < h->stayed - h->stayed / STAYING_PART)
		h->stayed = 0;
}

static void note_flow(struct la_history *h, const struct la_site_row *row, unsigned int level)
{
	u64 before = h->survivors[level], now = row->survivors[level];
	u64 in = row->matured[level], out;

	out = before + in > now ? before + in - now : 0;
	/* Objects that were counted elsewhere before. */
	if (now > before + in)
		in = now - before;
	h->flows[level] = (struct la_flow){
		.in = min_t(u64, in, U32_MAX), .out = min_t(u64, out, U32_MAX),
	};
	WRITE_ONCE(h->survivors[level], now);
}

/**
 * la_history_note() - a look has counted a caller's objects
 * @site: the caller's head
 * @row: the numbers
 * @looks: that were taken before this one
 * @asked: since the look before, all caches were asked to shrink
 *
 * What it means says la_history_judge(), when all callers are noted.
 *
 * Context: process; one at a time.
 * Return: 0, or -ENOMEM: it stays unknown for this look.
 */
int la_history_note(u32 site, const struct la_site_row *row, u32 looks, bool asked)
{
	struct la_history *h = la_history_of(site);
	unsigned int level;
	u64 before;

	if (!h) {
		if (!row->objects)
			return 0;
		h = make(site);
		if (!h)
			return -ENOMEM;
		h->falls.rose_at = looks;
	}
	h->trend.looks = looks;
	before = h->survivors[0];
	for (level = 0; level < LA_TREND_LEVELS; level++)
		note_flow(h, row, level);
	WRITE_ONCE(h->objects, row->objects);
	WRITE_ONCE(h->bytes, row->bytes);
	h->freed = row->counts.frees - h->frees;
	h->frees = row->counts.frees;
	la_falls_note(&h->falls, h->survivors[0], looks + 1);
	note_staying(h, before, asked);
	return 0;
}

/**
 * la_history_judge() - what the last look means for a caller
 * @site: the caller's head
 *
 * Context: process; one at a time.
 */
void la_history_judge(u32 site)
{
	struct la_history *h = la_history_of(site);

	if (!h)
		return;
	la_trend_add(&h->trend, h->flows);
	la_trend_judge(&h->trend, &h->growth);
}

/**
 * la_history_time() - when a look was taken
 * @looks: that were taken, with this one
 * @tick: la_ticks
 */
void la_history_time(u32 looks, u32 tick)
{
	unsigned int level;

	nr_looks = looks;
	for (level = 0; level < LA_TREND_LEVELS; level++) {
		times[level][looks % ARRAY_SIZE(times[level])] = tick;
		if (looks % LA_TREND_FACTOR)
			return;
		looks /= LA_TREND_FACTOR;
	}
}

/**
 * la_history_span_ms() - how long a growth took
 * @g: which
 */
u64 la_history_span_ms(const struct la_growth *g)
{
	/* Who reads while history is forgotten finds zeroes. */
	u32 looks = READ_ONCE(g->looks), n = ARRAY_SIZE(times[0]), over;

	if (!looks)
		return 0;
	over = nr_looks / looks;
	if (g->windows > over)
		return 0;
	return la_ticks_to_ms(times[g->level][over % n] - times[g->level][(over - g->windows) % n]);
}

/**
 * la_history_forget() - begin anew
 */
void la_history_forget(void)
{
	u32 i;

	for (i = 0; i < nr_histories; i++)
		memset(at(i), 0, sizeof(struct la_history));
	nr_looks = 0;
	memset(times, 0, sizeof(times));
	for (i = 0; i < LA_TREND_LEVELS; i++)
		times[i][0] = la_ticks();
}

/**
 * la_history_memory() - bytes that it takes
 */
u64 la_history_memory(void)
{
	return la_sites_max() * sizeof(*slots) + max_chunks() * sizeof(*chunks) +
	       DIV_ROUND_UP(READ_ONCE(nr_histories), PER_CHUNK) * PER_CHUNK *
	       sizeof(struct la_history);
}

/**
 * la_history_init() - no caller has one yet
 */
int la_history_init(void)
{
	slots = vzalloc(la_sites_max() * sizeof(*slots));
	chunks = vzalloc(max_chunks() * sizeof(*chunks));
	if (!slots || !chunks) {
		vfree(chunks);
		vfree(slots);
		return -ENOMEM;
	}
	la_history_forget();
	return 0;
}

/**
 * la_history_exit() - free everything
 */
void la_history_exit(void)
{
	u32 i;

	for (i = 0; i < max_chunks(); i++)
		kvfree(chunks[i]);
	vfree(chunks);
	vfree(slots);
}
