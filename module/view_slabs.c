// SPDX-License-Identifier: GPL-2.0-only
/*
 * `slabs`: a row per real cache, with all its names.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "caches.h"
#include "sampler.h"
#include "slabs.h"
#include "text.h"
#include "unknown.h"
#include "views.h"

struct slab_rows {
	struct la_slab *slabs;
	unsigned int n;
	bool no_sysfs;
	bool no_list;
	struct slab_entry *entries;
};

struct slab_entry {
	const struct la_slab *slab;
	u64 tracked;		/* objects of it in our table */
	u64 top_objects;	/* of them, the top caller's */
	u32 top_site;
	u64 order;
};

static int by_order(const void *a, const void *b)
{
	const struct slab_entry *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? 1 : -1;
	return strcmp(x->slab->name, y->slab->name);
}

static void add_sites(struct slab_entry *e, const struct la_snapshot *snap)
{
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		const struct la_site *site = &la_sites_table[id];
		u64 objects = snap->sites[id].objects;

		if (!objects || site->cache == LA_CACHE_NONE ||
		    READ_ONCE(la_caches_get(site->cache)->s) != e->slab->s)
			continue;
		e->tracked += la_sampler_scale(objects, site->size);
		if (objects > e->top_objects) {
			e->top_objects = objects;
			e->top_site = id;
		}
	}
}

static bool wanted(const struct la_reading *r, const struct la_slab *slab)
{
	if (slab->slab_bytes < r->query.min_bytes)
		return false;
	return !la_query_has(&r->query, LA_KEY_CACHE) ||
	       !strcmp(slab->name, r->query.cache) || !strcmp(slab->id, r->query.cache) ||
	       la_views_has_word(slab->aliases, ',', r->query.cache);
}

static void set_order(const struct la_reading *r, struct slab_entry *e)
{
	if (la_reading_sorts_by(r, "slab_bytes"))
		e->order = e->slab->slab_bytes;
	else if (la_reading_sorts_by(r, "objects"))
		e->order = e->slab->objects;
	else
		e->order = e->tracked;
}

static int prepare_slabs(struct la_reading *r)
{
	struct slab_rows *rows = kzalloc(sizeof(*rows), GFP_KERNEL);
	unsigned int i, n = 0;
	int err;

	r->rows = rows;
	if (!rows)
		return -ENOMEM;
	err = la_slabs_list(&rows->slabs, &rows->n, &rows->no_sysfs);
	if (err == -EOPNOTSUPP) {
		rows->no_list = true;
		return 0;
	}
	if (err)
		return err;
	rows->entries = kvcalloc(rows->n + 1, sizeof(*rows->entries), GFP_KERNEL);
	if (!rows->entries)
		return -ENOMEM;
	for (i = 0; i < rows->n; i++) {
		if (!wanted(r, &rows->slabs[i]))
			continue;
		rows->entries[n].slab = &rows->slabs[i];
		add_sites(&rows->entries[n], r->snap);
		set_order(r, &rows->entries[n]);
		n++;
	}
	sort(rows->entries, n, sizeof(*rows->entries), by_order, NULL);
	la_reading_limit(r, n);
	return 0;
}

static void slabs_release(struct la_reading *r)
{
	struct slab_rows *rows = r->rows;

	if (!rows)
		return;
	la_slabs_free(rows->slabs, rows->n);
	kvfree(rows->entries);
	kfree(rows);
}

static void slabs_notes(struct seq_file *m, struct la_reading *r)
{
	const struct slab_rows *rows = r->rows;

	if (rows->no_list)
		seq_puts(m, "# the list of caches of this kernel could not be found\n");
	else if (rows->no_sysfs)
		seq_puts(m, "# no aliases: /sys/kernel/slab could not be read\n");
}

/* As a rule all are of objects older than the load; who asks for a cache is told so. */
static void show_unknown(struct seq_file *m, const struct la_reading *r,
			 const struct kmem_cache *s, const char *word)
{
	struct la_unknown u;

	la_unknown_of(s, &u);
	if (u.frees > u.older || (u.frees && la_query_has(&r->query, LA_KEY_CACHE)))
		seq_printf(m, "#   %s: %llu frees of objects without a record, at most %llu of them older than the load\n",
			   word, u.frees, u.older);
}

static void slabs_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct slab_rows *rows = r->rows;
	const struct slab_entry *e = &rows->entries[i];
	const struct la_slab *slab = e->slab;
	char word[4 * LA_CACHE_NAME_LEN];

	la_text_escape(word, sizeof(word), slab->name);
	seq_printf(m, "%s %llu %u %llu %llu %s ", word, slab->objects, slab->object_size,
		   slab->slab_bytes, e->tracked, slab->aliases ?: "-");
	if (e->top_site)
		la_show_caller(m, e->top_site);
	else
		seq_putc(m, '-');
	seq_putc(m, '\n');
	show_unknown(m, r, slab->s, word);
	/* The refcount counts users; a link outlives the user that made it. */
	if (slab->refcount > 0 && slab->nr_aliases > (unsigned int)slab->refcount)
		seq_printf(m, "#   %s: %u of its %u names are leftovers of destroyed caches\n",
			   word, slab->nr_aliases - slab->refcount, slab->nr_aliases);
}

const struct la_view la_view_slabs = {
	.name	 = "slabs",
	.columns = "cache objects object_size slab_bytes tracked aliases top_caller",
	.keys	 = BIT(LA_KEY_CACHE) | LA_KEYS_LIST,
	.sorts	 = "slab_bytes objects tracked",
	.prepare = prepare_slabs,
	.notes	 = slabs_notes,
	.row	 = slabs_row,
	.release = slabs_release,
};
