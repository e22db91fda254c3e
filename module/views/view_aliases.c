// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of a merged cache: which are leftovers, who made them, and which of them the
 * live objects are, told by their callers.
 */
#include "view_aliases.h"

#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "alias_makers.h"
#include "alias_sites.h"
#include "sampler.h"
#include "sites.h"

static const char *const hows[LA_ALIAS_NR_HOW] = {
	[LA_ALIAS_KNOWN]  = "",
	[LA_ALIAS_MADE]	  = " (its module made the name)",
	[LA_ALIAS_ALIKE]  = " (by what it is called)",
	[LA_ALIAS_UNTOLD] = "",
};

#define MAX_GROUPS	16u
#define MAX_FUNCTIONS	8u
#define SHOWN_FUNCTIONS	3u

struct function {
	const char *name;	/* with its offset and module */
	u64 objects;
};

/* Objects that are one of the same names. The first group is of those that are untold. */
struct group {
	u64 mask;
	enum la_alias_how how;
	u64 objects;
	struct function functions[MAX_FUNCTIONS];
	unsigned int nr_functions;
	bool more;		/* functions that found no room */
};

struct evidence {
	struct la_names *names;
	struct group groups[MAX_GROUPS];
	unsigned int nr_groups;
};

/**
 * la_aliases_show() - the names of a cache, comma-separated, leftovers marked
 * @m: the file
 * @slab: the cache
 */
void la_aliases_show(struct seq_file *m, const struct la_slab *slab)
{
	struct la_names *names = NULL;
	unsigned int i;

	if (slab->aliases && la_names_leftovers(slab))
		names = la_names_of(slab);
	/* More names than are told apart: then none is marked. */
	if (!names || names->n < slab->nr_aliases)
		seq_puts(m, slab->aliases ?: "-");
	else
		for (i = 0; i < names->n; i++)
			seq_printf(m, "%s%s%s", i ? "," : "", names->names[i].name,
				   names->names[i].leftover ? "(leftover)" : "");
	la_names_free(names);
}

static size_t function_len(const char *name)
{
	return strcspn(name, "+");
}

static void add_function(struct group *g, const char *name, u64 objects)
{
	size_t len = function_len(name);
	unsigned int i;

	for (i = 0; i < g->nr_functions; i++)
		if (function_len(g->functions[i].name) == len &&
		    !memcmp(g->functions[i].name, name, len))
			break;
	if (i == MAX_FUNCTIONS) {
		g->more = true;
		return;
	}
	if (i == g->nr_functions) {
		g->functions[i].name = name;
		g->nr_functions++;
	}
	g->functions[i].objects += objects;
}

static struct group *group_of(struct evidence *e, u64 mask, enum la_alias_how how)
{
	unsigned int i;

	for (i = 0; i < e->nr_groups; i++)
		if (e->groups[i].mask == mask && e->groups[i].how == how)
			return &e->groups[i];
	if (i == MAX_GROUPS)
		return &e->groups[0];
	e->nr_groups++;
	e->groups[i].mask = mask;
	e->groups[i].how = how;
	return &e->groups[i];
}

static void add_site(struct evidence *e, u32 id, u64 objects)
{
	const struct la_site *site = &la_sites_table[id];
	enum la_alias_how how;
	struct group *g;
	const char *name;
	u64 mask = la_names_judge(e->names, id, &name, &how);

	g = group_of(e, mask, how);
	objects = la_sampler_scale(objects, site->size);
	g->objects += objects;
	add_function(g, name, objects);
}

static void add_sites(struct evidence *e, const struct la_slab *slab,
		      const struct la_snapshot *snap)
{
	u32 id;

	/* The first group is there in any case. */
	group_of(e, 0, LA_ALIAS_UNTOLD);
	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		const struct la_site *site = &la_sites_table[id];

		if (snap->sites[id].objects && site->cache != LA_CACHE_NONE &&
		    READ_ONCE(la_caches_get(site->cache)->s) == slab->s)
			add_site(e, id, snap->sites[id].objects);
	}
}

static int by_objects(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->how == LA_ALIAS_UNTOLD || y->how == LA_ALIAS_UNTOLD)
		return (x->how == LA_ALIAS_UNTOLD) - (y->how == LA_ALIAS_UNTOLD);
	return x->objects < y->objects ? 1 : -1;
}

static int by_most(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->objects < y->objects ? 1 : x->objects > y->objects ? -1 : 0;
}

static void show_function(struct seq_file *m, const char *name)
{
	const char *module = strchr(name, '[');

	seq_printf(m, "%.*s", (int)function_len(name), name);
	if (module)
		seq_printf(m, " %s", module);
}

static void show_names(struct seq_file *m, const struct la_names *names, u64 mask)
{
	const char *between = "";
	unsigned int i;

	for (i = 0; i < names->n; i++) {
		if (!(mask >> i & 1))
			continue;
		seq_printf(m, "%s%s", between, names->names[i].name);
		between = " or ";
	}
	if (!mask)
		seq_puts(m, "not told");
}

static void show_group(struct seq_file *m, const struct la_names *names, struct group *g)
{
	unsigned int i;

	sort(g->functions, g->nr_functions, sizeof(*g->functions), by_most, NULL);
	seq_puts(m, "#   ");
	show_names(m, names, g->mask);
	seq_printf(m, ": %llu objects, by ", g->objects);
	for (i = 0; i < g->nr_functions && i < SHOWN_FUNCTIONS; i++) {
		seq_puts(m, i ? ", " : "");
		show_function(m, g->functions[i].name);
	}
	if (g->more || g->nr_functions > SHOWN_FUNCTIONS)
		seq_puts(m, " and others");
	seq_printf(m, "%s\n", hows[g->how]);
}

static void show_makers(struct seq_file *m, const struct la_names *names)
{
	const struct la_maker *maker;
	unsigned int i, at, n = 0;

	for (i = 0; i < names->n; i++) {
		at = 0;
		while ((maker = la_makers_next(names->names[i].name, &at))) {
			seq_printf(m, "%s%s by [%s]%s", n ? ", " : "#   made since the load: ",
				   names->names[i].name, maker->module,
				   READ_ONCE(maker->gone) ? " (unloaded)" : "");
			n++;
		}
	}
	if (n)
		seq_putc(m, '\n');
}

/**
 * la_aliases_notes() - what is known of the names of a cache, a line each
 * @m: the file
 * @slab: the cache
 * @snap: with the callers of its objects
 * @word: its name, escaped
 */
void la_aliases_notes(struct seq_file *m, const struct la_slab *slab,
		      const struct la_snapshot *snap, const char *word)
{
	struct evidence *e;
	unsigned int i;

	if (slab->nr_aliases < 2)
		return;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return;
	e->names = la_names_of(slab);
	if (!e->names) {
		kfree(e);
		return;
	}
	add_sites(e, slab, snap);
	sort(e->groups, e->nr_groups, sizeof(*e->groups), by_objects, NULL);
	for (i = 0; i < e->nr_groups; i++)
		if (e->groups[i].objects)
			show_group(m, e->names, &e->groups[i]);
	show_makers(m, e->names);
	if (la_names_leftovers(slab))
		seq_printf(m, "#   %s: %u of its %u names are leftovers of destroyed caches%s\n",
			   word, la_names_leftovers(slab), slab->nr_aliases,
			   e->names->nr_leftovers < la_names_leftovers(slab) ?
			   ", which ones is not known" : "");
	la_names_free(e->names);
	kfree(e);
}

/* The same names as words after each other: false, and nothing shown, if there are none. */
static bool show_other_names(struct seq_file *m, u32 id, const char *before, bool say_how)
{
	enum la_alias_how how;
	u64 mask;
	struct la_names *names = la_names_of_site(id, &mask, &how);

	if (mask) {
		seq_puts(m, before);
		show_names(m, names, mask);
		seq_puts(m, say_how ? hows[how] : "");
	}
	la_names_free(names);
	return mask;
}

/**
 * la_aliases_note_site() - say it if the name of a site's cache is not that of its objects
 * @m: the file
 * @id: the site
 *
 * Context: process.
 */
void la_aliases_note_site(struct seq_file *m, u32 id)
{
	if (show_other_names(m, id, "#   the cache is also named, and these are: ", true))
		seq_putc(m, '\n');
}

/**
 * la_aliases_show_name() - what the objects of a site are: a name of their cache
 * @m: the file
 * @id: the site, with a cache
 *
 * Context: as la_aliases_note_site().
 * Return: false, and nothing shown, when the cache's own name is as good as any.
 */
bool la_aliases_show_name(struct seq_file *m, u32 id)
{
	return show_other_names(m, id, "", false);
}
