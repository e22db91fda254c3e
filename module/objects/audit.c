// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audit.
 *
 * A free that was missed leaves a record of an object that is free: a false leak. So
 * before objects are listed as old, and before a caller becomes a suspect, the
 * allocator is asked whether they still live: see alive.c. What it says is free
 * now, and again a little later, loses its record, booked as a free at its site. In doubt
 * a record stays: a missed leak is worse than an object that is shown too long.
 *
 * Who is removed is decided on the record that was read before the allocator was asked: if it
 * is another one by now the object came again meanwhile (see la_table_remove_if()). What
 * the allocator does not tell is counted as uncertain.
 *
 * Locking: audit_mutex -> grow_mutex. One audit at a time.
 */
#include "audit.h"

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>

#include "alive.h"
#include "counters.h"
#include "hooks.h"
#include "objects.h"
#include "sampler.h"
#include "sites.h"
#include "snapshot.h"

/* Free ones that one walk of the table may find; for more there is another walk. */
#define MAX_FOUND	8192u
#define AGAIN_AFTER_MS	20

struct round {
	const struct la_filter *filter;
	struct la_audit *result;
	u64 most;
	u32 nr_found;
	bool full;
	struct la_object found[MAX_FOUND];
};

static DEFINE_MUTEX(audit_mutex);

static enum la_alive ask(const struct la_object *o)
{
	return la_alive_ask(&la_sites_table[la_record_site(&o->rec)],
			    (void *)la_table_key_addr(o->key));
}

static void ask_once(void *ctx, u64 key, const struct la_record *rec)
{
	const struct la_object o = { .key = key, .rec = *rec };
	struct round *r = ctx;

	if (!la_filter_passes(r->filter, rec))
		return;
	if (r->result->asked >= r->most) {
		r->result->left++;
		return;
	}
	if (r->nr_found == MAX_FOUND) {
		r->full = true;
		r->result->left++;
		return;
	}
	r->result->asked++;
	switch (ask(&o)) {
	case LA_ALIVE_NO:
		r->found[r->nr_found++] = o;
		break;
	case LA_ALIVE_UNKNOWN:
		r->result->uncertain++;
		break;
	case LA_ALIVE_YES:
		break;
	}
}

/* A second time, as what looked like an address can have been data. */
static void ask_again(struct round *r)
{
	u32 i, n = 0;

	if (!r->nr_found)
		return;
	msleep(AGAIN_AFTER_MS);
	for (i = 0; i < r->nr_found; i++) {
		if (ask(&r->found[i]) == LA_ALIVE_NO)
			r->found[n++] = r->found[i];
		cond_resched();
	}
	r->nr_found = n;
}

static void book(const struct la_object *o)
{
	la_count(LA_AUDIT_REMOVED);
	la_sites_count_free(la_record_site(&o->rec));
	la_room_count_remove();
	la_sampler_forget((void *)la_table_key_addr(o->key));
}

static int remove_found(struct round *r)
{
	u32 i;
	int err;

	if (!r->nr_found)
		return 0;
	err = la_objects_audit_begin();
	if (err)
		return err;
	for (i = 0; i < r->nr_found; i++) {
		const struct la_object *o = &r->found[i];

		preempt_disable_notrace();
		if (la_table_remove_if(&la_objects_table, o->key, &o->rec)) {
			book(o);
			r->result->removed++;
		}
		preempt_enable_notrace();
		cond_resched();
	}
	la_objects_audit_end();
	return 0;
}

static int run_locked(struct round *r)
{
	struct la_audit *result = r->result;
	int err;

	do {
		u64 removed = result->removed;

		/* What it said of the rest is said again. */
		result->asked = result->removed;
		result->uncertain = 0;
		result->left = 0;
		r->nr_found = 0;
		r->full = false;
		la_objects_walk(ask_once, r);
		ask_again(r);
		err = remove_found(r);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		/* Whoever finds nothing to remove has seen what there is. */
		if (removed == result->removed)
			break;
	} while (!err && r->full);
	la_count_many(LA_AUDITED, result->asked);
	la_count_many(LA_AUDIT_UNCERTAIN, result->uncertain);
	return err;
}

/**
 * la_audit_run() - ask the allocator for objects, and remove records of free ones
 * @filter: which objects
 * @most: how many at most
 * @result: what came of it
 *
 * Context: process; sleeps.
 * Return: 0; -ENOMEM, -EBUSY (the table grows) or -EINTR: not all was done.
 */
int la_audit_run(const struct la_filter *filter, u64 most, struct la_audit *result)
{
	struct round *r = kvmalloc(sizeof(*r), GFP_KERNEL);
	int err;

	memset(result, 0, sizeof(*result));
	if (!r)
		return -ENOMEM;
	r->filter = filter;
	r->most = most;
	r->result = result;
	mutex_lock(&audit_mutex);
	err = run_locked(r);
	mutex_unlock(&audit_mutex);
	kvfree(r);
	return err;
}

/**
 * la_audit_all() - audit every record
 *
 * Context: process; sleeps.
 */
int la_audit_all(void)
{
	static const struct la_filter all = LA_FILTER_ALL;
	struct la_audit result;
	int err = la_audit_run(&all, LA_AUDIT_ALL, &result);

	la_snapshot_drop_shared();
	return err;
}

/**
 * la_audit_is_uncertain() - can there be objects that are free, and nobody can tell?
 */
bool la_audit_is_uncertain(void)
{
	unsigned int rows, working;
	u64 missed;

	if (la_alive_tells())
		return false;
	la_hooks_health(&rows, &working, &missed);
	return missed;
}
