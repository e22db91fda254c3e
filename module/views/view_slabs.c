// SPDX-License-Identifier: GPL-2.0-only
/*
 * `slabs`: a row per real cache, with all its names; one for all kinds of kmalloc of a size,
 * with its parts, and one for large kmallocs.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "alias_makers.h"
#include "alias_match.h"
#include "caches.h"
#include "ghost.h"
#include "sampler.h"
#include "slabs.h"
#include "text.h"
#include "unknown.h"
#include "view_aliases.h"
#include "views.h"

/* Large kmallocs are in no cache; `callers` has the same word for their class. */
#define LARGE		"large"

struct slab_rows {
	struct la_slab *slabs;
	unsigned int n;
	bool no_sysfs;
	bool no_list;
	struct slab_entry *entries;
	unsigned int nr_entries;
};

struct slab_entry {
	char name[LA_CACHE_NAME_LEN];
	const struct la_slab *slab;	/* one of them; NULL: large kmallocs */
	bool is_family;
	u64 objects;		/* in use, as the allocator counts */
	u32 object_size;
	u64 slab_bytes;
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
	return strcmp(x->name, y->name);
}

/* Of a cache, or without one of what is large. */
static bool is_of(const struct la_site *site, const struct la_slab *slab)
{
	if (!slab)
		return site->class == LA_CLASS_LARGE;
	return site->cache != LA_CACHE_NONE && READ_ONCE(la_caches_get(site->cache)->s) == slab->s;
}

static void add_sites(struct slab_entry *e, const struct la_slab *slab,
		      const struct la_snapshot *snap)
{
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		const struct la_site *site = &la_sites_table[id];
		u64 objects = snap->sites[id].objects;

		if (!objects || !is_of(site, slab))
			continue;
		e->tracked += la_sampler_scale(objects, site->size);
		if (objects > e->top_objects) {
			e->top_objects = objects;
			e->top_site = id;
		}
	}
}

/*
 * The family of a cache, if it is shown as a part of that: who asks for one part by its name gets
 * that alone.
 */
static bool family_of(const struct la_reading *r, const struct la_slab *slab, char *family)
{
	return la_alias_family(slab->name, slab->object_size, family, LA_CACHE_NAME_LEN) &&
	       (!la_query_has(&r->query, LA_KEY_CACHE) || !strcmp(r->query.cache, family));
}

static bool is_named(const struct la_reading *r, const struct la_slab *slab)
{
	return !la_query_has(&r->query, LA_KEY_CACHE) ||
	       !strcmp(slab->name, r->query.cache) || !strcmp(slab->id, r->query.cache) ||
	       la_views_has_word(slab->aliases, ',', r->query.cache);
}

static struct slab_entry *entry_of(struct slab_rows *rows, const char *name, bool is_family)
{
	struct slab_entry *e;
	unsigned int i;

	for (i = 0; is_family && i < rows->nr_entries; i++)
		if (rows->entries[i].is_family && !strcmp(rows->entries[i].name, name))
			return &rows->entries[i];
	e = &rows->entries[rows->nr_entries++];
	strscpy(e->name, name, sizeof(e->name));
	e->is_family = is_family;
	return e;
}

static void add_slab(struct la_reading *r, const struct la_slab *slab)
{
	struct slab_rows *rows = r->rows;
	char family[LA_CACHE_NAME_LEN];
	bool is_family = family_of(r, slab, family);
	struct slab_entry *e;

	if (!is_family && !is_named(r, slab))
		return;
	e = entry_of(rows, is_family ? family : slab->name, is_family);
	e->slab = slab;
	e->objects += slab->objects;
	e->object_size = slab->object_size;
	e->slab_bytes += slab->slab_bytes;
	add_sites(e, slab, r->snap);
}

static void add_large(struct la_reading *r)
{
	struct slab_entry *e;
	struct la_ledger ledger;

	if (la_query_has(&r->query, LA_KEY_CACHE) && strcmp(r->query.cache, LARGE))
		return;
	e = entry_of(r->rows, LARGE, false);
	la_ghost_read(&ledger);
	la_ghost_read_within(&ledger);
	e->slab_bytes = (u64)max_t(s64, ledger.infos[LA_INFO_LARGE_KMALLOC], 0) << PAGE_SHIFT;
	add_sites(e, NULL, r->snap);
}

static void set_order(const struct la_reading *r, struct slab_entry *e)
{
	if (la_reading_sorts_by(r, "slab_bytes"))
		e->order = e->slab_bytes;
	else if (la_reading_sorts_by(r, "objects"))
		e->order = e->objects;
	else
		e->order = e->tracked;
}

static void finish_rows(struct la_reading *r)
{
	struct slab_rows *rows = r->rows;
	unsigned int i, n = 0;

	for (i = 0; i < rows->nr_entries; i++) {
		if (rows->entries[i].slab_bytes < r->query.min_bytes)
			continue;
		rows->entries[n] = rows->entries[i];
		set_order(r, &rows->entries[n++]);
	}
	rows->nr_entries = n;
	sort(rows->entries, n, sizeof(*rows->entries), by_order, NULL);
	la_reading_limit(r, n);
}

static int prepare_slabs(struct la_reading *r)
{
	struct slab_rows *rows = kzalloc(sizeof(*rows), GFP_KERNEL);
	unsigned int i;
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
	for (i = 0; i < rows->n; i++)
		add_slab(r, &rows->slabs[i]);
	add_large(r);
	finish_rows(r);
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
	if (!la_makers_watch())
		seq_puts(m, "# which module makes a name could not be watched\n");
	else if (la_makers_lost())
		seq_printf(m, "# %u new names were not kept: no room\n", la_makers_lost());
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

/* The caches that a family's row is the sum of, as far as they have slabs. */
static void show_parts(struct seq_file *m, struct la_reading *r, const struct slab_entry *e)
{
	const struct slab_rows *rows = r->rows;
	char family[LA_CACHE_NAME_LEN];
	unsigned int i, n = 0;

	for (i = 0; i < rows->n; i++) {
		const struct la_slab *slab = &rows->slabs[i];

		if (!slab->slab_bytes || !family_of(r, slab, family) || strcmp(family, e->name))
			continue;
		/* The row says it all when there is no other. */
		if (slab->slab_bytes == e->slab_bytes && !strcmp(slab->name, e->name))
			break;
		seq_printf(m, "%s%s %llu objects in %llu bytes", n ? ", " : "#   parts: ",
			   slab->name, slab->objects, slab->slab_bytes);
		n++;
	}
	if (n)
		seq_putc(m, '\n');
	for (i = 0; i < rows->n; i++)
		if (family_of(r, &rows->slabs[i], family) && !strcmp(family, e->name))
			show_unknown(m, r, rows->slabs[i].s, rows->slabs[i].name);
}

static void slabs_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct slab_rows *rows = r->rows;
	const struct slab_entry *e = &rows->entries[i];
	char word[4 * LA_CACHE_NAME_LEN];

	la_text_escape(word, sizeof(word), e->name);
	if (e->slab)
		seq_printf(m, "%s %llu %u ", word, e->objects, e->object_size);
	else	/* only their pages are counted, and each is as large as was asked for */
		seq_printf(m, "%s - - ", word);
	seq_printf(m, "%llu %llu ", e->slab_bytes, e->tracked);
	if (e->slab && !e->is_family)
		la_aliases_show(m, e->slab);
	else
		seq_putc(m, '-');
	seq_putc(m, ' ');
	if (e->top_site)
		la_show_caller(m, e->top_site);
	else
		seq_putc(m, '-');
	seq_putc(m, '\n');
	if (e->is_family) {
		show_parts(m, r, e);
	} else if (e->slab) {
		show_unknown(m, r, e->slab->s, word);
		la_aliases_notes(m, e->slab, r->snap, word);
	}
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
