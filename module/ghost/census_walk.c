// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk of the census.
 *
 * Every struct page of every zone is read once (census_look.c). Between batches others get the
 * CPU, and a task that is to die ends the walk. Memory that goes offline is waited for
 * batch by batch: the memory notifier says which, and takes the batch's mutex to say so.
 */
#include "census_walk.h"

#include <linux/ktime.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "census_areas.h"
#include "census_counters.h"
#include "census_look.h"
#include "compat.h"
#include "sites.h"

#define BATCH		4096ul	/* frames between two breaths; no free block crosses it */
#define ONLINE_BLOCK	512ul	/* memory comes and goes in multiples of that */
/* A read may take as long, and is answered by the same census for so long. */
#define READ_MAX_NS	(200 * NSEC_PER_MSEC)
/* Memory that was free is cheap to walk, and may be in use by now. */
#define GIVE_UP_NS	(2 * READ_MAX_NS)
#define FRESH_NS	NSEC_PER_SEC

/* Of who takes one. */
static DEFINE_MUTEX(census_mutex);
/* Of @latest, and what the last walk says of the next one's cost. */
static DEFINE_MUTEX(latest_mutex);
static struct la_census *latest;
static u64 last_ns, last_walked;

static DEFINE_MUTEX(batch_mutex);
static unsigned long going_begin, going_end;
/* Frames that went or came, or were about to, each time counted anew. */
static u64 hotplugged;

/**
 * struct walk - a census under way
 * @map: what areas tell
 * @by_site: frames of the ghost, by site
 * @cursor: where it is
 * @zone: likewise
 * @walked: frames
 * @looks: at one frame, or a block that is free or a compound page, each
 * @has_poison: some frame is poisoned, or nobody knows
 * @deadline: of ktime_get(), when the walk is given up; 0: never
 */
struct walk {
	struct la_told_map map;
	u32 *by_site;
	struct la_census_cursor cursor;
	struct zone *zone;
	u64 walked;
	u64 looks;
	bool has_poison;
	u64 deadline;
};

static bool is_online(unsigned long pfn)
{
	return pfn_to_online_page(pfn) && (pfn < going_begin || pfn >= going_end);
}

static void walk_batch(struct walk *w, unsigned long pfn, unsigned long end)
{
	unsigned long checked = pfn;
	struct la_seen seen;

	while (pfn < end) {
		struct page *page;

		if (pfn >= checked) {
			checked = ALIGN_DOWN(pfn, ONLINE_BLOCK) + ONLINE_BLOCK;
			if (!is_online(pfn)) {
				la_census_gap(&w->cursor);
				pfn = checked;
				continue;
			}
		}
		page = pfn_to_page(pfn);
		if (page_zone(page) != w->zone) {
			la_census_gap(&w->cursor);
			pfn++;
			continue;
		}
		la_census_look(&w->map, page, w->has_poison, min(checked, end), &seen);
		seen.frames = min_t(unsigned long, seen.frames, end - pfn);
		if (la_census_frame(&w->cursor, &seen) == LA_CENSUS_GHOST && seen.site)
			w->by_site[seen.site] += seen.frames;
		w->walked += seen.frames;
		w->looks++;
		pfn += seen.frames;
	}
}

/**
 * la_census_visit() - look at pages of a batch, those that are online
 * @pfn: the first frame
 * @end: behind the last
 * @visit: gets a page, returns how many frames to go on by
 * @ctx: for @visit
 *
 * Context: process; memory can't go meanwhile.
 * Return: the frame to go on with, @end or a little more.
 */
unsigned long la_census_visit(unsigned long pfn, unsigned long end, la_census_visit_fn visit,
			      void *ctx)
{
	unsigned long checked = pfn;

	mutex_lock(&batch_mutex);
	while (pfn < end) {
		if (pfn >= checked) {
			checked = ALIGN_DOWN(pfn, ONLINE_BLOCK) + ONLINE_BLOCK;
			if (!is_online(pfn)) {
				pfn = checked;
				continue;
			}
		}
		pfn += visit(ctx, pfn_to_page(pfn));
	}
	mutex_unlock(&batch_mutex);
	return pfn;
}

static int walk_zone(struct walk *w, struct la_census_zone *z)
{
	unsigned long pfn = w->zone->zone_start_pfn, end = zone_end_pfn(w->zone);

	la_census_begin(&w->cursor, &z->sums);
	while (pfn < end) {
		unsigned long next = min(ALIGN_DOWN(pfn, BATCH) + BATCH, end);

		mutex_lock(&batch_mutex);
		walk_batch(w, pfn, next);
		mutex_unlock(&batch_mutex);
		pfn = next;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		if (w->deadline && ktime_get_ns() > w->deadline)
			return -ETIME;
	}
	la_census_gap(&w->cursor);
	return 0;
}

static struct zone *populated(int nid, unsigned int i)
{
	struct zone *zone = &NODE_DATA(nid)->node_zones[i];

	return populated_zone(zone) ? zone : NULL;
}

static int walk_zones(struct walk *w, struct la_census *c, unsigned int max)
{
	unsigned int i;
	int nid, err;

	for_each_online_node(nid) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct la_census_zone *z = &c->zones[c->nr_zones];

			w->zone = populated(nid, i);
			if (!w->zone || c->nr_zones == max)
				continue;
			c->nr_zones++;
			z->nid = nid;
			z->name = w->zone->name;
			err = walk_zone(w, z);
			if (err)
				return err;
			z->managed = zone_managed_pages(w->zone);
			la_census_add(&c->sums, &z->sums);
		}
	}
	return 0;
}

/* Sites of one caller and other stacks count as one. */
static void rank_callers(struct la_census *c, u32 *by_site)
{
	u32 id, n = la_sites_count();

	for (id = 1; id < n; id++) {
		u32 head = la_sites_table[id].head;

		if (head == id)
			continue;
		by_site[head] += by_site[id];
		by_site[id] = 0;
	}
	for (id = 1; id < n; id++)
		if (by_site[id])
			la_census_rank(c->top, LA_CENSUS_TOP,
				       (struct la_census_caller){ id, by_site[id] });
}

static void learn_cost(u64 ns, u64 frames)
{
	mutex_lock(&latest_mutex);
	last_ns = ns;
	last_walked = frames;
	mutex_unlock(&latest_mutex);
}

/*
 * Frames that came or went until now. A walk may have missed what does so meanwhile, or
 * counted it; at its begin what is about to go is not among them: it is in MemTotal still.
 */
static u64 hotplugged_before(bool is_begin)
{
	u64 frames;

	mutex_lock(&batch_mutex);
	frames = hotplugged - (is_begin ? going_end - going_begin : 0);
	mutex_unlock(&batch_mutex);
	return frames;
}

static int count_frames(struct walk *w, struct la_census *c, unsigned int max)
{
	u64 begin, before = hotplugged_before(true);
	int err;

	la_census_count_before(c->counters, &c->total);
	w->has_poison = IS_ENABLED(CONFIG_MEMORY_FAILURE) &&
			(!c->counters[LA_CENSUS_POISONED].known ||
			 c->counters[LA_CENSUS_POISONED].before);
	begin = ktime_get_ns();
	err = la_told_fill(&w->map) ?: walk_zones(w, c, max);
	c->taken_ns = ktime_get_ns();
	c->ns = c->taken_ns - begin;
	c->walked = w->walked;
	if (err == -ETIME)
		learn_cost(c->ns, w->looks);
	if (err)
		return err;
	learn_cost(c->ns, w->walked);
	c->has_term = la_census_count_after(c->counters, &c->total);
	c->total.slack = hotplugged_before(false) - before;
	c->areas_known = w->map.areas_known;
	c->inferred = la_census_infer_large(&c->sums, &c->counters[LA_CENSUS_LARGE]);
	la_census_count_ghost(c->counters, &c->total, &c->sums);
	rank_callers(c, w->by_site);
	return 0;
}

static unsigned int count_zones(void)
{
	unsigned int i, n = 0;
	int nid;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			n += !!populated(nid, i);
	return n;
}

/* With @census_mutex. Given up, it has learned what a look costs where no frame is free. */
static int take_locked(u64 at_most_ns)
{
	unsigned int max = count_zones();
	struct la_census *c = kvzalloc(struct_size(c, zones, max), GFP_KERNEL);
	struct walk w = { .deadline = at_most_ns ? ktime_get_ns() + at_most_ns : 0 };
	int err = -ENOMEM;

	w.by_site = vzalloc(la_sites_max() * sizeof(*w.by_site));
	if (c && w.by_site)
		err = la_told_open(&w.map);
	if (!err) {
		err = count_frames(&w, c, max);
		la_told_close(&w.map);
	}
	vfree(w.by_site);
	if (!err) {
		mutex_lock(&latest_mutex);
		swap(latest, c);
		mutex_unlock(&latest_mutex);
	}
	kvfree(c);
	return err;
}

/**
 * la_census_take() - take a census now, whatever it costs
 *
 * Context: process; for as long as it takes, see la_census_get().
 * Return: 0, -EINTR, or -ENOMEM.
 */
int la_census_take(void)
{
	int err = mutex_lock_killable(&census_mutex);

	if (err)
		return -EINTR;
	err = take_locked(0);
	mutex_unlock(&census_mutex);
	return err;
}

/* What the memory of now would take; 0 when nothing was measured. With @latest_mutex. */
static u64 expected_ns(void)
{
	return la_census_scale(last_ns, last_walked, totalram_pages());
}

static bool is_worth_it(void)
{
	bool is_fresh;
	u64 expected;

	mutex_lock(&latest_mutex);
	expected = expected_ns();
	is_fresh = latest && ktime_get_ns() - latest->taken_ns <= FRESH_NS;
	mutex_unlock(&latest_mutex);
	return expected && expected <= READ_MAX_NS && !is_fresh;
}

/**
 * la_census_refresh() - take one, if it is cheap and the last one is not fresh
 *
 * Context: process.
 */
void la_census_refresh(void)
{
	/* Who finds another one at it sees the one before. */
	if (!mutex_trylock(&census_mutex))
		return;
	if (is_worth_it())
		take_locked(GIVE_UP_NS);
	mutex_unlock(&census_mutex);
}

/**
 * la_census_get() - the latest census
 * @expected: gets the nanoseconds that another one is expected to take
 *
 * Context: process; nobody else gets at it until la_census_put().
 * Return: NULL when there is none.
 */
const struct la_census *la_census_get(u64 *expected)
{
	mutex_lock(&latest_mutex);
	*expected = expected_ns();
	return latest;
}

/**
 * la_census_put() - done with it
 */
void la_census_put(void)
{
	mutex_unlock(&latest_mutex);
}

/* Memory that goes is not walked from now on, until it is gone or stays. */
static int memory_event(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct memory_notify *range = data;

	mutex_lock(&batch_mutex);
	hotplugged += range->nr_pages;
	if (action == MEM_GOING_OFFLINE) {
		going_begin = range->start_pfn;
		going_end = range->start_pfn + range->nr_pages;
	} else if (action == MEM_CANCEL_OFFLINE || action == MEM_OFFLINE) {
		going_begin = 0;
		going_end = 0;
	}
	mutex_unlock(&batch_mutex);
	return NOTIFY_OK;
}

static struct notifier_block memory_notifier = { .notifier_call = memory_event };

/* Walk the first batches of the largest zone to learn what a frame costs here. */
static void measure(void)
{
	struct zone *largest = NULL;
	struct la_census_sums sums = { };
	struct walk w = { };
	unsigned long pfn;
	unsigned int i;
	u64 begin;
	int nid;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = populated(nid, i);

			if (zone && (!largest || zone->present_pages > largest->present_pages))
				largest = zone;
		}
	w.by_site = vzalloc(la_sites_max() * sizeof(*w.by_site));
	if (!largest || !w.by_site || la_told_open(&w.map)) {
		vfree(w.by_site);
		return;
	}
	w.zone = largest;
	la_census_begin(&w.cursor, &sums);
	begin = ktime_get_ns();
	pfn = largest->zone_start_pfn;
	mutex_lock(&batch_mutex);
	walk_batch(&w, pfn, min(ALIGN_DOWN(pfn, BATCH) + BATCH, zone_end_pfn(largest)));
	mutex_unlock(&batch_mutex);
	learn_cost(ktime_get_ns() - begin, w.looks);
	la_told_close(&w.map);
	vfree(w.by_site);
}

/**
 * la_census_init() - find what is not exported, and learn what a census costs
 */
int la_census_init(void)
{
	int err = register_memory_notifier(&memory_notifier);

	if (err)
		return err;
	la_told_init();
	measure();
	return 0;
}

/**
 * la_census_exit() - forget the last one
 */
void la_census_exit(void)
{
	unregister_memory_notifier(&memory_notifier);
	kvfree(latest);
	latest = NULL;
}
