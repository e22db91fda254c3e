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
 * the allocator does not tell is counted as uncertain. Blocks of pages: see audit_pages.c.
 *
 * Nobody tells of percpu areas: the maps of free ones are private to the percpu allocator, with
 * the lock that guards them. So these are uncertain as soon as a free of one may have been missed.
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

struct round {
	const struct la_filter *filter;
	struct la_audit *result;
	u64 most;
	u64 nr_asked;
	u32 nr_found;
	bool full;
	bool uncertain[LA_NR_CLASSES];
	struct la_object found[LA_AUDIT_MAX_FOUND];
};

static DEFINE_MUTEX(audit_mutex);

static enum la_class class_of(const struct la_record *rec)
{
	return la_sites_table[la_record_site(rec)].class;
}

static enum la_alive ask(const struct la_object *o)
{
	return la_alive_ask(&la_sites_table[la_record_site(&o->rec)],
			    (void *)la_table_key_addr(o->key));
}

static void ask_once(void *ctx, u64 key, const struct la_record *rec)
{
	const struct la_object o = { .key = key, .rec = *rec };
	enum la_class class = class_of(rec);
	struct round *r = ctx;

	if (!la_filter_passes(r->filter, rec))
		return;
	if (r->nr_asked >= r->most) {
		r->result->left++;
		return;
	}
	if (r->nr_found == LA_AUDIT_MAX_FOUND) {
		r->full = true;
		r->result->left++;
		return;
	}
	r->nr_asked++;
	r->result->asked[class]++;
	switch (ask(&o)) {
	case LA_ALIVE_NO:
		r->found[r->nr_found++] = o;
		break;
	case LA_ALIVE_UNKNOWN:
		r->result->uncertain[class] += r->uncertain[class];
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
	msleep(LA_AUDIT_AGAIN_MS);
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
	la_count(LA_AUDIT_REMOVED_OF + class_of(&o->rec));
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
			r->result->removed[class_of(&o->rec)]++;
		}
		preempt_enable_notrace();
		cond_resched();
	}
	la_objects_audit_end();
	return 0;
}

static int audit_objects(struct round *r)
{
	struct la_audit *result = r->result;
	int class, err;

	/* Of percpu areas nobody tells: they live, unless a free of one may have been missed. */
	for (class = 0; class < LA_NR_CLASSES; class++)
		r->uncertain[class] = class != LA_CLASS_PERCPU || la_audit_is_uncertain(class);
	do {
		u64 removed = la_audit_sum(result->removed);

		/* What it said of the rest is said again. */
		memcpy(result->asked, result->removed, sizeof(result->asked));
		memset(result->uncertain, 0, sizeof(result->uncertain));
		r->nr_asked = removed;
		result->left = 0;
		r->nr_found = 0;
		r->full = false;
		la_objects_walk(ask_once, r);
		ask_again(r);
		err = remove_found(r);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		/* Whoever finds nothing to remove has seen what there is. */
		if (removed == la_audit_sum(result->removed))
			break;
	} while (!err && r->full);
	return err;
}

static void count(const struct la_audit *result)
{
	int class;

	for (class = 0; class < LA_NR_CLASSES; class++) {
		la_count_many(LA_AUDITED_OF + class, result->asked[class]);
		la_count_many(LA_AUDIT_UNCERTAIN_OF + class, result->uncertain[class]);
		/* Their records are counted by themselves throughout. */
		if (class == LA_CLASS_PAGE)
			continue;
		la_count_many(LA_AUDITED, result->asked[class]);
		la_count_many(LA_AUDIT_UNCERTAIN, result->uncertain[class]);
	}
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
	int err, of_pages;

	memset(result, 0, sizeof(*result));
	if (!r)
		return -ENOMEM;
	r->filter = filter;
	r->most = most;
	r->result = result;
	mutex_lock(&audit_mutex);
	err = audit_objects(r);
	of_pages = err == -EINTR ? 0 : la_audit_pages(filter, most, result);
	count(result);
	mutex_unlock(&audit_mutex);
	kvfree(r);
	return err ?: of_pages;
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
 * @class: of which class
 */
bool la_audit_is_uncertain(enum la_class class)
{
	unsigned int rows, working;
	u64 missed;

	switch (class) {
	case LA_CLASS_SLAB:
		if (la_alive_tells())
			return false;
		la_hooks_health(&rows, &working, &missed);
		return missed || working < rows;
	case LA_CLASS_PERCPU:
		return la_hooks_may_miss_percpu_frees();
	default:
		return false;
	}
}
