// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views: what all of them share. Opening a reading checks the query, picks the
 * snapshot (the shared one, unless single objects are asked for), lets the view
 * make its rows, and a seq_file then shows line 1, line 2, notes and rows.
 */
#include "views.h"

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "areas.h"
#include "caches.h"
#include "freers.h"
#include "pages.h"
#include "params.h"
#include "sampler.h"
#include "stacks.h"
#include "text.h"

static const struct la_view *const views[] = {
	&la_view_callers,
	&la_view_ghost,
	&la_view_hooks,
	&la_view_objects,
	&la_view_samples,
	&la_view_secrets,
	&la_view_slabs,
	&la_view_stacks,
	&la_view_stats,
	&la_view_suspects,
	&la_view_unloaded,
	&la_view_verdict,
	&la_view_wrappers,
};

static const char *const class_names[LA_NR_CLASSES] = {
	[LA_CLASS_SLAB]	   = "slab",
	[LA_CLASS_LARGE]   = "large",
	[LA_CLASS_PAGE]	   = "page",
	[LA_CLASS_VMALLOC] = "vmalloc",
	[LA_CLASS_PERCPU]  = "percpu",
};

static u32 mark_tick;

/**
 * la_views_mark() - since_mark=1 means: born from now on
 *
 * Births are known by the tick, so the mark is the begin of the next one, and
 * this returns when it has begun: what was there before is left out, what the
 * caller does next is in.
 *
 * Context: process; sleeps up to two ticks.
 */
void la_views_mark(void)
{
	u32 next = la_ticks() + 1;

	while (la_ticks() < next)
		usleep_range(1000, 2000);
	WRITE_ONCE(mark_tick, next);
}

/**
 * la_class_name() - as the files show it
 * @class: the class
 */
const char *la_class_name(enum la_class class)
{
	return class_names[class];
}

/**
 * la_views_find() - a view by name
 * @name: the name
 */
const struct la_view *la_views_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(views); i++)
		if (!strcmp(views[i]->name, name))
			return views[i];
	return NULL;
}

/**
 * la_views_next() - one view after the other
 * @i: 0 at first
 *
 * Return: NULL after the last.
 */
const struct la_view *la_views_next(unsigned int *i)
{
	return *i < ARRAY_SIZE(views) ? views[(*i)++] : NULL;
}

/**
 * la_views_has_word() - is a word in a list of them?
 * @words: the list
 * @between: what stands between two words
 * @word: the word
 */
bool la_views_has_word(const char *words, char between, const char *word)
{
	size_t len = strlen(word);
	const char *at = words;

	while (at && *at) {
		const char *end = strchrnul(at, between);

		if ((size_t)(end - at) == len && !memcmp(at, word, len))
			return true;
		at = *end ? end + 1 : NULL;
	}
	return false;
}

/**
 * la_views_check() - can this view answer this query?
 * @view: the view
 * @q: the query
 *
 * Return: 0 or -EINVAL.
 */
int la_views_check(const struct la_view *view, const struct la_query *q)
{
	unsigned int i;

	if (q->has & ~view->keys)
		return -EINVAL;
	if (la_query_has(q, LA_KEY_SORT) && !la_views_has_word(view->sorts, ' ', q->sort))
		return -EINVAL;
	if (!la_query_has(q, LA_KEY_CLASS))
		return 0;
	for (i = 0; i < LA_NR_CLASSES; i++)
		if (!strcmp(class_names[i], q->class))
			return 0;
	return -EINVAL;
}

/**
 * la_views_default_query() - what a plain file shows
 * @view: the view
 * @q: the result
 */
void la_views_default_query(const struct la_view *view, struct la_query *q)
{
	memset(q, 0, sizeof(*q));
	strscpy(q->view, view->name, sizeof(q->view));
}

/* What the column `cache` says of a site. */
static const char *cache_name(u32 site)
{
	return la_areas_label(site) ?: la_pages_label(site) ?:
	       la_caches_get(la_sites_table[site].cache)->name;
}

static bool site_passes(const struct la_query *q, u32 id)
{
	const struct la_site *site = &la_sites_table[id];

	if (la_query_has(q, LA_KEY_CLASS) && strcmp(class_names[site->class], q->class))
		return false;
	if (la_query_has(q, LA_KEY_CACHE) && strcmp(cache_name(id), q->cache))
		return false;
	if (!(q->has & (BIT(LA_KEY_CALLER) | BIT(LA_KEY_MODULE))))
		return true;
	la_sites_resolve(id);
	if (!site->name)
		return false;
	if (la_query_has(q, LA_KEY_MODULE) &&
	    (!site->module || strcmp(site->module, q->module)))
		return false;
	return !la_query_has(q, LA_KEY_CALLER) || strstr(site->name, q->caller);
}

static int set_filter(struct la_reading *r)
{
	const struct la_query *q = &r->query;
	u32 id, n = la_sites_count();

	r->now = la_ticks();
	r->filter = (struct la_filter)LA_FILTER_ALL;
	if (la_query_has(q, LA_KEY_PID))
		r->filter.pid = q->pid;
	if (la_query_has(q, LA_KEY_OLDER_S))
		r->filter.born_before = r->now - min_t(u64, r->now,
						       (q->older_s * HZ) >> LA_TICK_SHIFT);
	if (q->since_mark)
		r->filter.born_since = READ_ONCE(mark_tick);
	if (!(q->has & LA_KEYS_SITE))
		return 0;
	r->filter.sites = kvcalloc(BITS_TO_LONGS(la_sites_max()), sizeof(long), GFP_KERNEL);
	if (!r->filter.sites)
		return -ENOMEM;
	for (id = 0; id < n; id++)
		if (site_passes(q, id))
			__set_bit(id, r->filter.sites);
	return 0;
}

static int prepare(struct la_reading *r)
{
	int err = set_filter(r);

	if (err)
		return err;
	/* What can't be done now is said: see show_audit(). */
	if (la_query_has(&r->query, LA_KEY_OLDER_S))
		la_audit_run(&r->filter, LA_AUDIT_SOME, &r->audit);
	if (r->view->summed && (r->query.has & LA_KEYS_OBJECT))
		r->snap = la_snapshot_take(&r->filter, 0);
	else
		r->snap = la_snapshot_get();
	if (!r->snap)
		return -ENOMEM;
	return r->view->prepare(r);
}

/**
 * la_reading_open() - a view as of now
 * @view: the view
 * @q: a query that la_views_check() found good
 *
 * Context: process.
 * Return: a reading for la_reading_close(), or an ERR_PTR.
 */
struct la_reading *la_reading_open(const struct la_view *view, const struct la_query *q)
{
	struct la_reading *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int err;

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->view = view;
	r->query = *q;
	err = prepare(r);
	if (err) {
		la_reading_close(r);
		return ERR_PTR(err);
	}
	return r;
}

/**
 * la_reading_close() - done
 * @r: the reading, or NULL
 */
void la_reading_close(struct la_reading *r)
{
	if (!r)
		return;
	if (r->view->release)
		r->view->release(r);
	else
		kvfree(r->rows);
	kvfree(r->filter.sites);
	la_snapshot_put(r->snap);
	kfree(r);
}

/**
 * la_reading_limit() - a view has this many rows: show as many as was asked for
 * @r: the reading
 * @total: rows
 */
void la_reading_limit(struct la_reading *r, u64 total)
{
	u64 most = r->view->rows ?: la_param_rows();

	if (la_query_has(&r->query, LA_KEY_ROWS))
		most = r->query.rows;
	r->total = total;
	r->n = most ? min(total, most) : total;
}

/**
 * la_reading_all_rows() - a view has this many rows, and shows them all
 * @r: the reading
 * @total: rows
 */
void la_reading_all_rows(struct la_reading *r, u64 total)
{
	r->total = total;
	r->n = total;
}

/**
 * la_reading_sorts_by() - is this the column to sort by?
 * @r: the reading
 * @column: its name
 */
bool la_reading_sorts_by(const struct la_reading *r, const char *column)
{
	size_t len = strlen(column);

	if (la_query_has(&r->query, LA_KEY_SORT))
		return !strcmp(r->query.sort, column);
	return !strncmp(r->view->sorts, column, len) &&
	       (r->view->sorts[len] == ' ' || !r->view->sorts[len]);
}

/* Position 0 is the head, 1..n are rows, n + 1 is the tail. */
static void *seq_start(struct seq_file *m, loff_t *pos)
{
	struct la_reading *r = m->private;

	return *pos <= (loff_t)r->n + 1 ? pos : NULL;
}

static void *seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return seq_start(m, pos);
}

static void seq_stop(struct seq_file *m, void *v)
{
}

static void show_audit(struct seq_file *m, const struct la_reading *r)
{
	const struct la_audit *a = &r->audit;

	if (la_query_has(&r->query, LA_KEY_OLDER_S))
		seq_printf(m, "# audited %llu: %llu were free and are removed, %llu uncertain; not audited %llu\n",
			   la_audit_sum(a->asked), la_audit_sum(a->removed),
			   la_audit_sum(a->uncertain), a->left);
	if (!(r->view->keys & LA_KEYS_SITE))
		return;
	if (la_audit_is_uncertain(LA_CLASS_SLAB))
		seq_puts(m, "# uncertain: events were missed, and this kernel does not tell free objects from live ones\n");
	if (la_audit_is_uncertain(LA_CLASS_PERCPU))
		seq_puts(m, "# uncertain percpu: frees of areas were missed, and nobody tells free ones from live ones\n");
}

static void show_head(struct seq_file *m, struct la_reading *r)
{
	unsigned int age = la_snapshot_age_ms(r->snap);

	seq_printf(m, "# leakacct %s %d age=%u.%03us\n", r->view->name, LA_FORMAT_VERSION,
		   age / 1000, age % 1000);
	if (la_sampler_interval() && r->view->estimates)
		seq_printf(m, "# %s\n", r->view->estimates);
	else if (r->view->columns)
		seq_printf(m, "# %s\n", r->view->columns);
	show_audit(m, r);
	if (r->view->notes)
		r->view->notes(m, r);
}

static int seq_show(struct seq_file *m, void *v)
{
	struct la_reading *r = m->private;
	u64 pos = *(loff_t *)v;

	if (!pos)
		show_head(m, r);
	else if (pos <= r->n)
		r->view->row(m, r, pos - 1);
	else if (r->total > r->n)
		seq_printf(m, "# %llu more rows\n", r->total - r->n);
	return 0;
}

const struct seq_operations la_reading_seq_ops = {
	.start	= seq_start,
	.next	= seq_next,
	.stop	= seq_stop,
	.show	= seq_show,
};

/**
 * la_show_caller() - the caller of a site, as it was called when it was there
 * @m: the file
 * @site: the site
 */
void la_show_caller(struct seq_file *m, u32 site)
{
	const struct la_site *s = &la_sites_table[site];
	const char *name;

	la_sites_resolve(site);
	/* Pairs with resolve_locked() in sites.c. */
	name = smp_load_acquire(&s->name);
	if (name)
		seq_puts(m, name);
	else
		seq_printf(m, "0x%lx", s->caller);
	if (s->life == LA_SITE_UNLOADED)
		seq_puts(m, " (unloaded)");
	else if (s->life == LA_SITE_INIT_GONE)
		seq_puts(m, " (init)");
}

/**
 * la_show_stack() - one frame a line, indented, the caller first
 * @m: the file
 * @stack: of la_stacks_intern(), not LA_STACK_NONE
 */
void la_show_stack(struct seq_file *m, u32 stack)
{
	const struct la_stack *s = la_stacks_get(stack);
	const char *context = la_stacks_context_name(s->context);
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		seq_puts(m, "    ");
		la_stacks_show_frame(m, READ_ONCE(s->frames[i]));
		seq_putc(m, '\n');
	}
	if (s->cut)
		seq_puts(m, "    ...\n");
	if (context)
		seq_printf(m, "    %s\n", context);
}

/**
 * la_show_freers() - who frees the objects of a caller that are freed, a line each
 * @m: the file
 * @site: the caller
 * @indent: what the lines begin with
 *
 * Nothing when no such free was looked at.
 */
void la_show_freers(struct seq_file *m, u32 site, const char *indent)
{
	struct la_freer top[LA_FREERS_TOP];
	unsigned int i, f, n;
	u64 all;

	n = la_freers_top(la_sites_table[site].head, top, &all);
	for (i = 0; i < n; i++) {
		const struct la_stack *s = la_stacks_get(top[i].stack);

		seq_printf(m, "%sfreed by ", indent);
		for (f = 0; f < s->nr; f++) {
			seq_puts(m, f ? " < " : "");
			la_stacks_show_frame(m, READ_ONCE(s->frames[f]));
		}
		seq_printf(m, ": %u of %llu frees that were looked at\n", top[i].count, all);
	}
}

/**
 * la_show_cache() - the cache of a site, or what its areas are for, as one word
 * @m: the file
 * @site: the site
 */
void la_show_cache(struct seq_file *m, u32 site)
{
	const char *name = cache_name(site);
	char word[4 * LA_CACHE_NAME_LEN];

	if (la_sites_table[site].cache == LA_CACHE_NONE) {
		seq_puts(m, name);
		return;
	}
	la_text_escape(word, sizeof(word), name);
	seq_puts(m, word);
}

/**
 * la_show_age() - seconds with one decimal
 * @m: the file
 * @ticks: the age in la_ticks
 */
void la_show_age(struct seq_file *m, u32 ticks)
{
	u64 ms = la_ticks_to_ms(ticks);

	seq_printf(m, "%llu.%llu", ms / 1000, ms % 1000 / 100);
}
