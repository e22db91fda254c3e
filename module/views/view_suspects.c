// SPDX-License-Identifier: GPL-2.0-only
/*
 * `suspects`: who behaves like a leak, and why. A leak of several callers is one row, that of
 * the worst of them, with its parts below.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "groups.h"
#include "history.h"
#include "looks.h"
#include "pages.h"
#include "pools.h"
#include "sampler.h"
#include "sites.h"
#include "view_aliases.h"
#include "views.h"

struct suspect_entry {
	u32 site;
	u64 order;		/* larger comes first */
	struct la_suspicion s;
};

static u64 bytes_of(const struct la_reading *r, u32 site)
{
	return la_snapshot_bytes(site, &r->snap->sites[site]).value;
}

static u64 objects_of(const struct la_snapshot *snap, u32 site)
{
	return la_sampler_scale(snap->sites[site].objects, la_sites_table[site].size);
}

static bool passes(const struct la_reading *r, u32 site)
{
	return (!r->filter.sites || test_bit(site, r->filter.sites)) &&
	       bytes_of(r, site) >= r->query.min_bytes;
}

/* A part stands below its leader's row, if that one is shown, and is no less suspect by now. */
static bool is_folded(const struct la_reading *r, const struct la_suspicion *s)
{
	struct la_suspicion leader;

	if (!s->leader || !passes(r, s->leader))
		return false;
	la_looks_judge(s->leader, r->snap, &leader);
	return leader.score >= min_t(unsigned int, s->score, LA_SCORE_SUSPECT);
}

static u64 order_of(const struct la_reading *r, const struct suspect_entry *e)
{
	if (la_reading_sorts_by(r, "bytes"))
		return bytes_of(r, e->site);
	if (la_reading_sorts_by(r, "objects"))
		return r->snap->sites[e->site].objects;
	/* By score, then by the part that is kept, then by bytes. */
	return (u64)e->s.score << 56 | la_score_kept_permille(&e->s.e) << 44 |
	       min(bytes_of(r, e->site), (1ull << 44) - 1);
}

static int by_order(const void *a, const void *b)
{
	const struct suspect_entry *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? 1 : -1;
	return x->site < y->site ? -1 : 1;
}

static int prepare_suspects(struct la_reading *r)
{
	struct suspect_entry *entries, e;
	u32 n = 0;

	entries = kvcalloc(r->snap->nr_sites, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	r->rows = entries;
	for (e.site = LA_SITE_FIRST; e.site < r->snap->nr_sites; e.site++) {
		if (!passes(r, e.site))
			continue;
		la_looks_judge(e.site, r->snap, &e.s);
		if (!e.s.score || is_folded(r, &e.s))
			continue;
		e.order = order_of(r, &e);
		entries[n++] = e;
	}
	sort(entries, n, sizeof(*entries), by_order, NULL);
	la_reading_limit(r, n);
	return 0;
}

static void suspects_notes(struct seq_file *m, struct la_reading *r)
{
	seq_printf(m, "# score 0..100, suspect from %d; looks taken %llu\n",
		   LA_SCORE_SUSPECT, la_looks_count());
	la_show_sampling(m);
	if (la_sampler_interval())
		seq_puts(m, "# callers that leak together are not told: what is not tracked can't be compared\n");
}

/* Looks that who counts in windows of a length has outlived: LA_TREND_AGES. */
static const char *const ages[LA_TREND_LEVELS] = { "two", "8", "64" };

static void show_growth(struct seq_file *m, const struct la_suspicion *s, u32 size)
{
	const struct la_growth *g = &s->e.growth;

	if (!g->steady)
		return;
	seq_printf(m, "#   steady %u.%u: growth spread over so many windows of %u look%s, of the last %u, %llu.%03llu s\n",
		   g->steady / 10, g->steady % 10, g->looks, g->looks == 1 ? "" : "s", g->windows,
		   s->span_ms / 1000, s->span_ms % 1000);
	seq_printf(m, "#   in these %llu more have outlived %s looks, and %llu that had were freed\n",
		   la_sampler_scale(g->in, size), ages[g->level], la_sampler_scale(g->out, size));
	if (g->older)
		seq_printf(m, "#   of the rest %llu came for others of the cache that went and are older than the load\n",
			   g->older);
}

/* What page pools keep is free, and what they have handed out is not. */
static void show_pools(struct seq_file *m, u32 site, const struct la_suspicion *s)
{
	const struct la_history *h = la_history_of(site);

	if (!la_pools_are_known())
		seq_printf(m, "#   page_pool: which of them lie in the pool is not known here; up to %llu are taken for such\n",
			   la_pools_kept(site));
	else if (s->shrinkable)
		seq_printf(m, "#   page_pool: %llu of them lie in the pool, to be given out again\n",
			   s->shrinkable);
	else if (h && s->score >= LA_SCORE_SUSPECT)
		seq_printf(m, "#   page_pool: %llu of them lie in the pool; the others were handed out and did not come back\n",
			   READ_ONCE(h->shrinkable));
}

static void show_excuse(struct seq_file *m, u32 site, const struct la_suspicion *s)
{
	const struct la_history *h = la_history_of(site);

	if (s->late) {
		seq_printf(m, "#   late by design: %s\n", s->late);
	} else if (s->companion) {
		seq_puts(m, "#   reclaimable: they come and go with those of ");
		la_show_caller(m, s->companion);
		seq_putc(m, '\n');
	} else if (la_pages_are_pooled(site)) {
		show_pools(m, site, s);
	} else if (s->shrinkable) {
		seq_printf(m, "#   reclaimable: a shrinker of %s can free %llu objects\n",
			   la_sites_table[site].module, s->shrinkable);
	} else if (s->e.reclaimable) {
		seq_puts(m, "#   reclaimable: the kernel can ask these objects back\n");
	}
	if (s->stayed)
		seq_printf(m, "#   not given back: %llu stayed when all caches were asked to shrink (drop_caches)\n",
			   s->stayed);
	if (s->e.fell && h)
		seq_printf(m, "#   shrinks: they fell from %llu to %llu once, at look %u; an excuse up to %llu, before look %u\n",
			   h->falls.from, h->falls.to, h->falls.at, 2 * h->falls.from,
			   h->falls.at + h->falls.looks);
}

static void show_reasons(struct seq_file *m, u32 site, const struct la_suspicion *s, u64 frees)
{
	u64 kept = la_score_kept_permille(&s->e);
	u32 size = la_sites_table[site].size;
	u64 survivors = la_sampler_scale(s->e.survivors, size);

	seq_printf(m, "#   kept %llu.%llu%%: of what could have been freed, %llu %s still there after two looks%s\n",
		   kept / 10, kept % 10, survivors,
		   survivors == 1 ? "is" : "are", frees ? "" : "; none was ever freed");
	show_growth(m, s, size);
	show_excuse(m, site, s);
}

/* What it is: of slabs the cache, by the name that these are, and whose code allocates it. */
static void show_kind(struct seq_file *m, const struct la_snapshot *snap, u32 site)
{
	const struct la_site *info = &la_sites_table[site];

	la_sites_resolve(site);
	if (info->cache == LA_CACHE_NONE)
		seq_printf(m, "%s of %llu bytes", la_class_name(info->class),
			   la_snapshot_mean_bytes(&snap->sites[site]));
	else if (!la_aliases_show_name(m, site))
		la_show_cache(m, site);
	if (info->module)
		seq_printf(m, " (%s)", info->module);
}

/**
 * la_show_event() - what is lost each time, and how often
 * @m: the file
 * @snap: the numbers
 * @g: a leak with parts
 */
void la_show_event(struct seq_file *m, const struct la_snapshot *snap, const struct la_group *g)
{
	u64 events = 0;
	unsigned int i;

	for (i = 0; i < g->n; i++) {
		seq_printf(m, "%s%u x ", i ? " + " : "", g->parts[i].per_event);
		show_kind(m, snap, g->parts[i].site);
		if (g->parts[i].site == g->leader)
			events = div_u64(objects_of(snap, g->leader), g->parts[i].per_event);
	}
	if (g->more)
		seq_printf(m, " + %u more", g->more);
	seq_printf(m, " per event, %llu events", events);
}

static void show_parts(struct seq_file *m, const struct la_reading *r, u32 leader)
{
	struct la_group g;
	unsigned int i;

	la_groups_get(leader, r->snap->nr_sites, &g);
	if (!g.n)
		return;
	seq_puts(m, "#   one leak: ");
	la_show_event(m, r->snap, &g);
	seq_putc(m, '\n');
	for (i = 0; i < g.n; i++) {
		u32 site = g.parts[i].site;

		seq_printf(m, "#     %u x %llu bytes, %llu objects ", g.parts[i].per_event,
			   bytes_of(r, site), objects_of(r->snap, site));
		la_show_cache(m, site);
		seq_putc(m, ' ');
		la_show_caller(m, site);
		seq_putc(m, '\n');
	}
}

static void suspects_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct suspect_entry *e = (struct suspect_entry *)r->rows + i;
	const struct la_site_row *row = &r->snap->sites[e->site];
	u32 size = la_sites_table[e->site].size;

	seq_printf(m, "%u ", e->s.score);
	la_show_estimate(m, la_snapshot_bytes(e->site, row));
	seq_printf(m, "%llu %lld %llu %llu ", la_sampler_scale(row->objects, size), e->s.growth,
		   la_sampler_scale(row->counts.allocs, size),
		   la_sampler_scale(row->counts.frees, size));
	if (row->objects)
		la_show_age(m, r->snap->now - row->oldest);
	else
		seq_putc(m, '-');
	seq_putc(m, ' ');
	la_show_caller(m, e->site);
	seq_putc(m, '\n');
	show_reasons(m, e->site, &e->s, row->counts.frees);
	la_show_freers(m, e->site, "#   ");
	show_parts(m, r, e->site);
}

const struct la_view la_view_suspects = {
	.name	 = "suspects",
	.columns = "score bytes objects growth_bytes_per_s allocs frees oldest_s caller",
	.estimates =
		"score bytes bytes_error objects growth_bytes_per_s allocs frees oldest_s caller",
	.keys	 = LA_KEYS_SITE | LA_KEYS_LIST,
	.sorts	 = "score bytes objects",
	.prepare = prepare_suspects,
	.notes	 = suspects_notes,
	.row	 = suspects_row,
};
