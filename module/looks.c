// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks.
 *
 * Every look_s seconds a work item walks the table and notes, per site, the
 * survivors: objects born before the look before the last, so each has been
 * seen alive at two looks and outlived the time between them. What was freed
 * soon never shows here; a leak is a number of survivors that rises from look
 * to look. A walk that takes long is followed by a longer pause, so that looks
 * cost one percent of a CPU at most.
 *
 * Locking: look_mutex guards the history; the times are read without it. top_lock is
 * held for a copy of the suspects alone, so that nobody waits for it.
 */
#include "looks.h"

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "audit.h"
#include "caches.h"
#include "leakacct.h"
#include "pages.h"
#include "params.h"
#include "sampler.h"
#include "sites.h"
#include "snapshot.h"

#define COST_PERCENT	1
#define MIN_GAP_MS	1000
/* Two numbers of survivors are the same when they differ by one part in this. */
#define COMPANION_PART	50

/* What is remembered of a site. */
struct history {
	u64 survivors;		/* at the last look */
	u64 objects;		/* likewise, all of them */
	u64 bytes;
	u64 base;		/* when the current rise began */
	u32 base_tick;
	u32 rises;
};

static struct history *histories;
static u32 last_tick;		/* of the last look, */
static u32 before_tick;		/* and of the one before */
static ktime_t last_time;
static u64 nr_looks;
static DEFINE_MUTEX(look_mutex);
static struct la_suspect suspects[LA_LOOKS_TOP];
static unsigned int nr_suspects;
static DEFINE_SPINLOCK(top_lock);

static void look_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(look, look_work);

static void note(struct history *h, u64 survivors)
{
	if (survivors > h->survivors) {
		if (!h->rises) {
			h->base = h->survivors;
			h->base_tick = last_tick;
		}
		h->rises++;
	} else {
		h->rises = 0;
	}
	h->survivors = survivors;
}

/* Is a site, at its head, about to become a suspect? */
static bool is_candidate(u32 head)
{
	const struct history *h = &histories[head];

	return h->rises + 1 >= LA_SCORE_MIN_RISES && h->survivors >= LA_SCORE_MIN_SURVIVORS / 2;
}

/*
 * Before a look that could convict: are the survivors of those sites alive? Who can't be
 * asked, for want of memory or because the table grows, stays.
 */
static void audit_candidates(void)
{
	u32 id, n = la_sites_count();
	struct la_filter filter = LA_FILTER_ALL;
	struct la_audit result;
	bool any = false;

	filter.born_before = last_tick;
	filter.sites = kvcalloc(BITS_TO_LONGS(la_sites_max()), sizeof(long), GFP_KERNEL);
	if (!filter.sites)
		return;
	for (id = LA_SITE_FIRST; id < n; id++) {
		if (!is_candidate(la_sites_table[id].head))
			continue;
		__set_bit(id, filter.sites);
		any = true;
	}
	if (any)
		la_audit_run(&filter, LA_AUDIT_SOME, &result);
	kvfree(filter.sites);
}

static bool worse(const struct la_suspect *a, const struct la_suspect *b)
{
	return a->score != b->score ? a->score > b->score : a->kept > b->kept;
}

static void keep_top(const struct la_snapshot *snap)
{
	struct la_suspect top[LA_LOOKS_TOP + 1];
	unsigned int i, n = 0;
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		struct la_suspicion s;
		struct la_suspect new;

		la_looks_judge(id, snap, &s);
		if (s.score < LA_SCORE_SUSPECT)
			continue;
		new = (struct la_suspect){ id, s.score, s.growth, la_score_kept_permille(&s.e) };
		for (i = n; i > 0 && worse(&new, &top[i - 1]); i--)
			top[i] = top[i - 1];
		top[i] = new;
		n = min(n + 1, (unsigned int)LA_LOOKS_TOP);
	}
	for (i = 0; i < n; i++)
		la_sites_resolve(top[i].site);
	spin_lock(&top_lock);
	memcpy(suspects, top, n * sizeof(*top));
	nr_suspects = n;
	spin_unlock(&top_lock);
}

/**
 * la_looks_live() - what a caller's objects were at the last look
 * @site: the caller's head
 * @bytes: gets what they took
 *
 * Context: any.
 * Return: how many, tracked.
 */
u64 la_looks_live(u32 site, u64 *bytes)
{
	*bytes = READ_ONCE(histories[site].bytes);
	return READ_ONCE(histories[site].objects);
}

/**
 * la_looks_top() - the suspects of the last look, the worst first
 * @top: gets up to LA_LOOKS_TOP
 *
 * Context: process; allocates nothing, and waits for nobody who does.
 * Return: how many.
 */
unsigned int la_looks_top(struct la_suspect *top)
{
	unsigned int n;

	spin_lock(&top_lock);
	n = nr_suspects;
	memcpy(top, suspects, n * sizeof(*top));
	spin_unlock(&top_lock);
	return n;
}

static int take_locked(void)
{
	static const struct la_filter all = LA_FILTER_ALL;
	struct la_snapshot *snap;
	u32 id;

	audit_candidates();
	snap = la_snapshot_take(&all, 0);
	if (!snap)
		return -ENOMEM;
	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		note(&histories[id], snap->sites[id].survivors);
		WRITE_ONCE(histories[id].objects, snap->sites[id].objects);
		WRITE_ONCE(histories[id].bytes, snap->sites[id].bytes);
	}
	WRITE_ONCE(before_tick, last_tick);
	WRITE_ONCE(last_tick, snap->now);
	WRITE_ONCE(nr_looks, nr_looks + 1);
	last_time = ktime_get();
	keep_top(snap);
	la_snapshot_put(snap);
	return 0;
}

static void look_work(struct work_struct *work)
{
	unsigned long started = jiffies, pause = la_param_look_s() * HZ;

	mutex_lock(&look_mutex);
	take_locked();
	mutex_unlock(&look_mutex);
	pause = max(pause, (jiffies - started) * (100 / COST_PERCENT));
	queue_delayed_work(system_unbound_wq, &look, pause);
}

/**
 * la_looks_take_now() - take a look, at least a second after the last
 *
 * Context: process; sleeps up to a second.
 * Return: 0, -EINTR or -ENOMEM.
 */
int la_looks_take_now(void)
{
	s64 gap;
	int err;

	mutex_lock(&look_mutex);
	gap = ktime_ms_delta(ktime_get(), last_time);
	if (nr_looks && gap < MIN_GAP_MS && msleep_interruptible(MIN_GAP_MS - gap))
		err = -EINTR;
	else
		err = take_locked();
	mutex_unlock(&look_mutex);
	return err;
}

/**
 * la_looks_forget() - start the history anew
 */
void la_looks_forget(void)
{
	mutex_lock(&look_mutex);
	memset(histories, 0, la_sites_max() * sizeof(*histories));
	before_tick = 0;
	last_tick = 0;
	WRITE_ONCE(nr_looks, 0);
	spin_lock(&top_lock);
	nr_suspects = 0;
	spin_unlock(&top_lock);
	mutex_unlock(&look_mutex);
}

/**
 * la_looks_count() - looks taken
 */
u64 la_looks_count(void)
{
	return READ_ONCE(nr_looks);
}

/**
 * la_looks_memory() - bytes that the history takes
 */
u64 la_looks_memory(void)
{
	return la_sites_max() * sizeof(*histories);
}

/**
 * la_looks_cutoff() - an object born before this survived two looks
 *
 * Return: la_ticks of the look before the last; 0 when there were not two.
 */
u32 la_looks_cutoff(void)
{
	return READ_ONCE(before_tick);
}

static bool rises_with(const struct la_snapshot *snap, u32 id, u64 survivors)
{
	u64 theirs = snap->sites[id].survivors;

	return READ_ONCE(histories[id].rises) &&
	       max(theirs, survivors) - min(theirs, survivors) <= survivors / COMPANION_PART;
}

/*
 * Some objects are one part of a reclaimable one, in a cache of their own: the
 * kernel frees them with it. They are known by their number, which is the same
 * to a few percent and rises at the same looks.
 */
static u32 reclaimable_companion(u32 site, const struct la_snapshot *snap)
{
	u64 survivors = snap->sites[site].survivors;
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++)
		if (id != site && la_caches_get(la_sites_table[id].cache)->reclaimable &&
		    rises_with(snap, id, survivors))
			return id;
	return 0;
}

/*
 * Objects that outlive their use by design and go by themselves: they rise for a
 * minute or two, and are no leak.
 */
static const struct {
	const char *caller;
	const char *why;
} late_ones[] = {
	{ "alloc_vmap_area+", "freed areas wait to be purged, up to 32 MiB times log2 of CPUs" },
	{ "inet_twsk_alloc+", "closed connections stay in TIME_WAIT for a minute" },
};

static const char *freed_late(u32 site)
{
	const char *name;
	unsigned int i;

	la_sites_resolve(site);
	/* Pairs with resolve_locked() in sites.c. */
	name = smp_load_acquire(&la_sites_table[site].name);
	for (i = 0; name && i < ARRAY_SIZE(late_ones); i++)
		if (!strncmp(name, late_ones[i].caller, strlen(late_ones[i].caller)))
			return late_ones[i].why;
	if (la_pages_are_cached(site))
		return "cached by design, to be given out again in parts";
	return NULL;
}

/**
 * la_looks_judge() - how suspect a site is
 * @site: the site
 * @snap: the numbers as of now
 * @s: the result
 *
 * The rises are those of the last look; whatever is newer comes with the next.
 */
void la_looks_judge(u32 site, const struct la_snapshot *snap, struct la_suspicion *s)
{
	const struct la_site_row *row = &snap->sites[site];
	const struct la_site *info = &la_sites_table[site];
	const struct history *h = &histories[site];

	*s = (struct la_suspicion){
		.e.allocs = row->counts.allocs,
		.e.objects = row->objects,
		.e.survivors = min(row->survivors, READ_ONCE(h->survivors)),
		.e.rises = READ_ONCE(h->rises),
		.e.reclaimable = la_caches_get(info->cache)->reclaimable,
	};
	/* Our own memory is accounted in `stats`; we don't accuse ourselves. */
	if (info->own || la_site_is_overflow(site))
		return;
	s->score = la_score(&s->e);
	if (s->score >= LA_SCORE_SUSPECT) {
		s->late = freed_late(site);
		s->companion = s->late ? 0 : reclaimable_companion(site, snap);
		s->e.reclaimable = s->late || s->companion;
		s->score = la_score(&s->e);
	}
	if (s->e.rises) {
		s->span_ms = la_ticks_to_ms(READ_ONCE(last_tick) - h->base_tick);
		if (s->span_ms)
			s->growth = div64_s64(la_sampler_scale(h->survivors - h->base, info->size) *
					      la_snapshot_mean_bytes(row) * 1000, s->span_ms);
	}
}

/**
 * la_looks_init() - allocate the history
 */
int la_looks_init(void)
{
	histories = vzalloc(la_sites_max() * sizeof(*histories));
	return histories ? 0 : -ENOMEM;
}

/**
 * la_looks_start() - look from now on
 */
void la_looks_start(void)
{
	queue_delayed_work(system_unbound_wq, &look, la_param_look_s() * HZ);
}

/**
 * la_looks_stop() - look no more
 */
void la_looks_stop(void)
{
	cancel_delayed_work_sync(&look);
}

/**
 * la_looks_exit() - free the history
 */
void la_looks_exit(void)
{
	vfree(histories);
}
