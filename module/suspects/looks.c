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
 * Locking: look_mutex guards the history; the times are read without it.
 */
#include "looks.h"

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "audit.h"
#include "events.h"
#include "groups.h"
#include "history.h"
#include "leakacct.h"
#include "older.h"
#include "pages.h"
#include "params.h"
#include "pools.h"
#include "shrinkers.h"
#include "sites.h"
#include "snapshot.h"

#define COST_PERCENT	1
#define MIN_GAP_MS	1000

/* When looks were taken, by their number, which begins at 1. */
static u32 ticks[LA_TREND_MAX_AGE + 2];
static ktime_t last_time;
static u64 nr_looks;
static DEFINE_MUTEX(look_mutex);

static void look_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(look, look_work);

/* Of a look that was not taken: 0, before which nothing is born. */
static u32 tick_of(s64 look)
{
	return look > 0 ? READ_ONCE(ticks[look % ARRAY_SIZE(ticks)]) : 0;
}

/* Is a site, at its head, about to become a suspect? */
static bool is_candidate(u32 head)
{
	const struct la_history *h = la_history_of(head);

	return h && h->growth.steady + 10 >= 10 * LA_SCORE_MIN_STEADY &&
	       h->survivors[0] >= LA_SCORE_MIN_CHI / 2;
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

	filter.born_before = tick_of(nr_looks);
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
	const struct la_history *h = la_history_of(site);

	*bytes = h ? READ_ONCE(h->bytes) : 0;
	return h ? READ_ONCE(h->objects) : 0;
}

/* Or page pools. Readers see the last answer until there is another. */
static void ask_shrinkers_of(u32 id, struct la_history *h)
{
	u64 n = 0;

	la_sites_resolve(id);
	if (la_pages_are_pooled(id))
		n = la_pools_kept(id);
	else if (la_sites_table[id].module && la_sites_table[id].life == LA_SITE_ALIVE &&
		 la_shrinkers_count(la_sites_table[id].module, &n) == -EBUSY)
		return;
	if (!h->shrinkable) {
		h->shrinkable_first = n;
		h->objects_first = h->objects;
	}
	WRITE_ONCE(h->shrinkable, n);
}

/* What modules do for an answer is theirs, so they are asked only when it matters. */
static void ask_shrinkers(u32 nr_sites)
{
	u32 id;

	for (id = LA_SITE_FIRST; id < nr_sites; id++) {
		struct la_history *h = la_history_of(id);

		if (!h)
			continue;
		if (is_candidate(id))
			ask_shrinkers_of(id, h);
		else
			WRITE_ONCE(h->shrinkable, 0);
	}
}

static int take_locked(void)
{
	static const struct la_filter all = LA_FILTER_ALL;
	struct la_snapshot *snap;
	bool asked;
	u32 id;

	audit_candidates();
	asked = la_shrinkers_were_asked();
	snap = la_snapshot_take(&all, 0);
	if (!snap)
		return -ENOMEM;
	/* Who finds no memory for its history begins at the next look. */
	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++)
		la_history_note(id, &snap->sites[id], nr_looks, asked);
	la_older_share(snap->nr_sites);
	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++)
		la_history_judge(id);
	la_history_time(nr_looks + 1, snap->now);
	WRITE_ONCE(ticks[(nr_looks + 1) % ARRAY_SIZE(ticks)], snap->now);
	WRITE_ONCE(nr_looks, nr_looks + 1);
	last_time = ktime_get();
	ask_shrinkers(snap->nr_sites);
	la_groups_renew(snap);
	la_snapshot_put(snap);
	return 0;
}

/* What this task has run for so far, in ns; of the current time slice a tick may be missing. */
static u64 own_runtime(void)
{
	return READ_ONCE(current->se.sum_exec_runtime);
}

/* On a busy machine a look takes long by waiting, which is no cost. */
static void look_work(struct work_struct *work)
{
	unsigned long cost, pause = la_param_look_s() * HZ;
	u64 begun = own_runtime();

	mutex_lock(&look_mutex);
	/* Who leaks looks innocent while nothing is recorded. */
	if (la_events_recording())
		take_locked();
	mutex_unlock(&look_mutex);
	cost = nsecs_to_jiffies(own_runtime() - begun);
	pause = max(pause, cost * (100 / COST_PERCENT));
	queue_delayed_work(system_unbound_wq, &look, pause);
}

/**
 * la_looks_take_now() - take a look, at least a second after the last
 *
 * Context: process; sleeps up to a second.
 * Return: 0, -EINTR or -ENOMEM; -EAGAIN while nothing is recorded.
 */
int la_looks_take_now(void)
{
	s64 gap;
	int err;

	if (!la_events_recording())
		return -EAGAIN;
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
	la_history_forget();
	la_older_forget();
	WRITE_ONCE(nr_looks, 0);
	la_groups_forget();
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
 * la_looks_cutoffs() - when objects were born that would be survivors at a look now
 * @cutoffs: gets for each length of windows la_ticks, before which they were; 0: there were
 *	not as many looks
 * @since: gets the same as it was at the last look
 */
void la_looks_cutoffs(u32 *cutoffs, u32 *since)
{
	static const u32 ages[] = LA_TREND_AGES;
	s64 next = READ_ONCE(nr_looks) + 1;
	unsigned int i;

	for (i = 0; i < LA_TREND_LEVELS; i++) {
		cutoffs[i] = tick_of(next - ages[i]);
		since[i] = tick_of(next - 1 - ages[i]);
	}
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
