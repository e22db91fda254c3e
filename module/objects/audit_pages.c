// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audit of pages.
 *
 * A page that became something else's, a user's or a slab's, keeps its word: it is no object of
 * ours as long as it is that, see la_pages_is_kernels(), and its free takes the word. A page
 * that is free has a word only if that free was missed. The word is removed then, and booked as
 * a free at its site, whatever the pages had been: those of a slab too, as a site's
 * frees are counted with them.
 *
 * Who is removed is decided on the word that was read before the allocator was asked. A word
 * has no generation, but its birth: when it is older than the time at which it is
 * asked for again, nothing that is allocated from then on can look like it.
 */
#include "audit.h"

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "alive.h"
#include "counters.h"
#include "page_events.h"
#include "pages.h"
#include "sites.h"
#include "snapshot.h"

struct block {
	struct page *page;
	u64 word;
};

struct round {
	const struct la_filter *filter;
	struct la_audit *result;
	u64 most;
	u64 left;
	u32 nr_found;
	bool full;
	struct block found[LA_AUDIT_MAX_FOUND];
};

static enum la_alive ask(const struct block *b)
{
	return la_alive_ask_pages(b->page, la_frame_order(b->word));
}

static void ask_once(void *ctx, struct page *page, u64 word)
{
	const struct la_record rec = la_pages_record(word);
	const struct block b = { .page = page, .word = word };
	struct round *r = ctx;
	enum la_alive alive;

	if (!la_filter_passes(r->filter, &rec))
		return;
	alive = ask(&b);
	if (alive != LA_ALIVE_NO && !la_pages_is_kernels(page, word))
		return;
	if (r->nr_found == LA_AUDIT_MAX_FOUND || la_audit_sum(r->result->asked) >= r->most) {
		r->full = r->nr_found == LA_AUDIT_MAX_FOUND;
		r->left++;
		return;
	}
	r->result->asked[LA_CLASS_PAGE]++;
	if (alive == LA_ALIVE_NO)
		r->found[r->nr_found++] = b;
	else if (alive == LA_ALIVE_UNKNOWN)
		r->result->uncertain[LA_CLASS_PAGE]++;
}

/* Who was on a list by chance, or of a block that was on its way, is not there any more. */
static void ask_again(struct round *r)
{
	u32 i, n = 0, now;

	if (!r->nr_found)
		return;
	msleep(LA_AUDIT_AGAIN_MS);
	now = la_pages_born();
	for (i = 0; i < r->nr_found; i++) {
		if (la_frame_born(r->found[i].word) < now && ask(&r->found[i]) == LA_ALIVE_NO)
			r->found[n++] = r->found[i];
		cond_resched();
	}
	r->nr_found = n;
}

static void remove_found(struct round *r)
{
	u32 i;

	for (i = 0; i < r->nr_found; i++) {
		if (la_page_events_remove_if(r->found[i].page, r->found[i].word)) {
			la_count(LA_AUDIT_REMOVED_OF + LA_CLASS_PAGE);
			r->result->removed[LA_CLASS_PAGE]++;
		}
		cond_resched();
	}
}

static bool wants_pages(const struct la_filter *filter)
{
	u32 id, n = la_sites_count();

	if (!filter->sites)
		return true;
	for_each_set_bit(id, filter->sites, n)
		if (la_sites_table[id].class == LA_CLASS_PAGE)
			return true;
	return false;
}

/**
 * la_audit_pages() - la_audit_run() for blocks of pages
 * @filter: which
 * @most: how many at most, with those of other classes that @result has
 * @result: what came of it is added here
 *
 * Context: process, with audit_mutex; sleeps.
 * Return: 0, -ENOMEM or -EINTR: not all was done.
 */
int la_audit_pages(const struct la_filter *filter, u64 most, struct la_audit *result)
{
	struct round *r;
	u64 removed;
	int err = 0;

	if (!wants_pages(filter))
		return 0;
	r = kvmalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->filter = filter;
	r->most = most;
	r->result = result;
	do {
		removed = result->removed[LA_CLASS_PAGE];
		/* As in audit.c. */
		result->asked[LA_CLASS_PAGE] = removed;
		result->uncertain[LA_CLASS_PAGE] = 0;
		r->left = 0;
		r->nr_found = 0;
		r->full = false;
		la_pages_walk_words(ask_once, r);
		ask_again(r);
		remove_found(r);
		if (fatal_signal_pending(current))
			err = -EINTR;
	} while (!err && r->full && removed != result->removed[LA_CLASS_PAGE]);
	result->left += r->left;
	kvfree(r);
	return err;
}
