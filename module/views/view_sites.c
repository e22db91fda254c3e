// SPDX-License-Identifier: GPL-2.0-only
/*
 * `callers` and `stacks`: rows per caller, or per site with its stack.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "counters.h"
#include "sampler.h"
#include "sites.h"
#include "view_aliases.h"
#include "views.h"

struct site_entry {
	u32 site;
	u64 order;		/* larger comes first */
};

static const struct la_site_row *row_of(const struct la_reading *r, u32 site)
{
	return r->view->by_stack ? &r->snap->stacks[site] : &r->snap->sites[site];
}

static u64 bytes_of(const struct la_reading *r, u32 site)
{
	return la_snapshot_bytes(site, row_of(r, site)).value;
}

/**
 * la_show_estimate() - the column `bytes`, with sampling followed by `bytes_error`
 * @m: the file
 * @e: the bytes
 */
void la_show_estimate(struct seq_file *m, struct la_estimate e)
{
	seq_printf(m, "%llu ", e.value);
	if (la_sampler_interval())
		seq_printf(m, "%llu ", e.error);
}

/**
 * la_show_sampling() - with sampling, what such numbers are worth
 * @m: the file
 */
void la_show_sampling(struct seq_file *m)
{
	if (la_sampler_interval())
		seq_printf(m, "# estimates: 1 object in %llu bytes tracked; bytes_error is half of the 95 %% interval\n",
			   la_sampler_interval());
}

static int by_order(const void *a, const void *b)
{
	const struct site_entry *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? 1 : -1;
	return x->site < y->site ? -1 : 1;
}

/* A row for each site that passes and has something to show. */
static int collect_sites(struct la_reading *r,
			 bool (*wants)(struct la_reading *r, struct site_entry *e))
{
	struct la_snapshot *snap = r->snap;
	struct site_entry *entries;
	u32 id, n = 0;

	entries = kvcalloc(snap->nr_sites, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	r->rows = entries;
	for (id = 0; id < snap->nr_sites; id++) {
		if (r->filter.sites && !test_bit(id, r->filter.sites))
			continue;
		if (bytes_of(r, id) < r->query.min_bytes)
			continue;
		entries[n].site = id;
		if (wants(r, &entries[n]))
			n++;
	}
	sort(entries, n, sizeof(*entries), by_order, NULL);
	la_reading_limit(r, n);
	return 0;
}

static bool wants_caller(struct la_reading *r, struct site_entry *e)
{
	const struct la_site_row *row = row_of(r, e->site);

	if (!row->objects && (!row->refused || (r->query.has & LA_KEYS_OBJECT)))
		return false;
	if (la_reading_sorts_by(r, "bytes"))
		e->order = bytes_of(r, e->site);
	else if (la_reading_sorts_by(r, "objects"))
		e->order = row->objects;
	else if (la_reading_sorts_by(r, "requested"))
		e->order = row->requested;
	else if (la_reading_sorts_by(r, "allocs"))
		e->order = row->counts.allocs;
	else if (la_reading_sorts_by(r, "frees"))
		e->order = row->counts.frees;
	else
		e->order = row->objects ? r->snap->now - row->oldest : 0;
	return true;
}

static int prepare_callers(struct la_reading *r)
{
	return collect_sites(r, wants_caller);
}

static void callers_notes(struct seq_file *m, struct la_reading *r)
{
	u64 refused = la_counters_sum(LA_REFUSED);

	if (refused)
		seq_printf(m, "# lower bounds: %llu inserts refused\n", refused);
	la_show_sampling(m);
}

static void show_oldest(struct seq_file *m, const struct la_snapshot *snap,
			const struct la_site_row *row)
{
	if (row->objects)
		la_show_age(m, snap->now - row->oldest);
	else
		seq_putc(m, '-');
}

static void show_site(struct seq_file *m, struct la_reading *r, u32 site)
{
	const struct la_site_row *row = row_of(r, site);
	u32 size = la_sites_table[site].size;

	la_show_estimate(m, la_snapshot_bytes(site, row));
	seq_printf(m, "%s%llu %llu %llu %llu ", row->refused ? ">=" : "",
		   la_sampler_scale(row->objects, size), la_sampler_scale(row->requested, size),
		   la_sampler_scale(row->counts.allocs, size),
		   la_sampler_scale(row->counts.frees, size));
	show_oldest(m, r->snap, row);
	seq_printf(m, " %s ", la_class_name(la_sites_table[site].class));
	la_show_cache(m, site);
	seq_putc(m, ' ');
	la_show_caller(m, site);
	seq_putc(m, '\n');
}

static void callers_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct site_entry *e = (struct site_entry *)r->rows + i;

	show_site(m, r, e->site);
	la_aliases_note_site(m, e->site);
}

const struct la_view la_view_callers = {
	.name	 = "callers",
	.columns = "bytes objects requested allocs frees oldest_s class cache caller",
	.estimates = "bytes bytes_error objects requested allocs frees oldest_s class cache caller",
	.keys	 = LA_KEYS_SITE | LA_KEYS_OBJECT | LA_KEYS_LIST,
	.sorts	 = "bytes objects requested allocs frees oldest_s",
	.summed	 = true,
	.prepare = prepare_callers,
	.notes	 = callers_notes,
	.row	 = callers_row,
};

/**
 * la_show_stack_row() - a site's sums, and its frames below
 * @m: the file
 * @r: of a view with rows by stack
 * @site: the site
 */
void la_show_stack_row(struct seq_file *m, struct la_reading *r, u32 site)
{
	u32 id = la_sites_table[site].stack;

	show_site(m, r, site);
	if (id) {
		la_show_stack(m, id);
	} else {
		seq_puts(m, "    ");
		la_show_caller(m, site);
		seq_putc(m, '\n');
	}
}

static void stacks_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct site_entry *e = (struct site_entry *)r->rows + i;

	la_show_stack_row(m, r, e->site);
}

const struct la_view la_view_stacks = {
	.name	 = "stacks",
	.columns = "bytes objects requested allocs frees oldest_s class cache caller",
	.estimates = "bytes bytes_error objects requested allocs frees oldest_s class cache caller",
	.keys	 = LA_KEYS_SITE | LA_KEYS_OBJECT | LA_KEYS_LIST,
	.sorts	 = "bytes objects requested allocs frees oldest_s",
	.rows	 = 10,
	.summed	 = true,
	.by_stack = true,
	.prepare = prepare_callers,
	.notes	 = callers_notes,
	.row	 = stacks_row,
};
