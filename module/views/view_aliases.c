// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of a merged cache: which are leftovers, who made them, and which of them the
 * live objects are, told by their callers.
 */
#include "view_aliases.h"

#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "alias_makers.h"
#include "alias_match.h"
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
	char *words;		/* what the names point into */
	struct la_alias names[LA_ALIAS_MAX];
	unsigned int n;
	unsigned int nr_leftovers;
	struct group groups[MAX_GROUPS];
	unsigned int nr_groups;
};

/*
 * A cache has as many users as its refcount says; a name that is more is a leftover. Which one, is
 * known when all modules that made it are gone, and no more are than there are leftovers.
 */
static unsigned int leftovers_of(const struct la_slab *slab)
{
	return slab->refcount > 0 && slab->nr_aliases > (unsigned int)slab->refcount ?
	       slab->nr_aliases - slab->refcount : 0;
}

static struct evidence *names_of(const struct la_slab *slab)
{
	struct evidence *e = kzalloc(sizeof(*e), GFP_KERNEL);
	unsigned int i, gone = 0;
	char *at, *name;

	if (!e)
		return NULL;
	e->words = kstrdup(slab->aliases, GFP_KERNEL);
	if (!e->words) {
		kfree(e);
		return NULL;
	}
	at = e->words;
	while (e->n < LA_ALIAS_MAX && (name = strsep(&at, ",")))
		e->names[e->n++].name = name;
	for (i = 0; i < e->n; i++)
		gone += la_makers_are_gone(e->names[i].name);
	if (gone && gone <= leftovers_of(slab)) {
		e->nr_leftovers = gone;
		for (i = 0; i < e->n; i++)
			e->names[i].leftover = la_makers_are_gone(e->names[i].name);
	}
	return e;
}

static void evidence_free(struct evidence *e)
{
	if (e)
		kfree(e->words);
	kfree(e);
}

/**
 * la_aliases_show() - the names of a cache, comma-separated, leftovers marked
 * @m: the file
 * @slab: the cache
 */
void la_aliases_show(struct seq_file *m, const struct la_slab *slab)
{
	struct evidence *e = slab->aliases && leftovers_of(slab) ? names_of(slab) : NULL;
	unsigned int i;

	/* More names than are told apart: then none is marked. */
	if (!e || e->n < slab->nr_aliases)
		seq_puts(m, slab->aliases ?: "-");
	else
		for (i = 0; i < e->n; i++)
			seq_printf(m, "%s%s%s", i ? "," : "", e->names[i].name,
				   e->names[i].leftover ? "(leftover)" : "");
	evidence_free(e);
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

static u64 judge(struct evidence *e, u32 id, const char **name, enum la_alias_how *how)
{
	const struct la_site *site = &la_sites_table[id];
	unsigned int i;

	la_sites_resolve(id);
	/* Pairs with resolve_locked() in sites.c. */
	*name = smp_load_acquire(&site->name);
	if (!*name)
		*name = "?";
	for (i = 0; i < e->n; i++)
		e->names[i].made = site->module && la_makers_made(e->names[i].name, site->module);
	return la_alias_judge(e->names, e->n, *name, site->module, how);
}

static void add_site(struct evidence *e, u32 id, u64 objects)
{
	const struct la_site *site = &la_sites_table[id];
	enum la_alias_how how;
	struct group *g;
	const char *name;
	u64 mask = judge(e, id, &name, &how);

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

static void show_names(struct seq_file *m, const struct evidence *e, u64 mask)
{
	const char *between = "";
	unsigned int i;

	for (i = 0; i < e->n; i++) {
		if (!(mask >> i & 1))
			continue;
		seq_printf(m, "%s%s", between, e->names[i].name);
		between = " or ";
	}
	if (!mask)
		seq_puts(m, "not told");
}

static void show_group(struct seq_file *m, const struct evidence *e, struct group *g)
{
	unsigned int i;

	sort(g->functions, g->nr_functions, sizeof(*g->functions), by_most, NULL);
	seq_puts(m, "#   ");
	show_names(m, e, g->mask);
	seq_printf(m, ": %llu objects, by ", g->objects);
	for (i = 0; i < g->nr_functions && i < SHOWN_FUNCTIONS; i++) {
		seq_puts(m, i ? ", " : "");
		show_function(m, g->functions[i].name);
	}
	if (g->more || g->nr_functions > SHOWN_FUNCTIONS)
		seq_puts(m, " and others");
	seq_printf(m, "%s\n", hows[g->how]);
}

static void show_makers(struct seq_file *m, const struct evidence *e)
{
	const struct la_maker *maker;
	unsigned int i, at, n = 0;

	for (i = 0; i < e->n; i++) {
		at = 0;
		while ((maker = la_makers_next(e->names[i].name, &at))) {
			seq_printf(m, "%s%s by [%s]%s", n ? ", " : "#   made since the load: ",
				   e->names[i].name, maker->module,
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
	e = names_of(slab);
	if (!e)
		return;
	add_sites(e, slab, snap);
	sort(e->groups, e->nr_groups, sizeof(*e->groups), by_objects, NULL);
	for (i = 0; i < e->nr_groups; i++)
		if (e->groups[i].objects)
			show_group(m, e, &e->groups[i]);
	show_makers(m, e);
	if (leftovers_of(slab))
		seq_printf(m, "#   %s: %u of its %u names are leftovers of destroyed caches%s\n",
			   word, leftovers_of(slab), slab->nr_aliases,
			   e->nr_leftovers < leftovers_of(slab) ? ", which ones is not known" : "");
	evidence_free(e);
}

/*
 * The caches with their names, for `callers`, which has rows of many and would read a hundred
 * links for each. Taken anew when older than this; what was made since has no note so long.
 */
#define RENEW_AFTER	(2 * HZ)

static struct la_slab *shared;
static unsigned int nr_shared;
static unsigned long taken;
static DEFINE_MUTEX(shared_mutex);

/* With @slabs NULL: forget them. */
static void replace_shared(struct la_slab *slabs, unsigned int n)
{
	mutex_lock(&shared_mutex);
	swap(shared, slabs);
	swap(nr_shared, n);
	taken = jiffies;
	mutex_unlock(&shared_mutex);
	la_slabs_free(slabs, n);
}

static void renew_shared(void)
{
	struct la_slab *slabs;
	bool is_new, no_sysfs;
	unsigned int n;

	mutex_lock(&shared_mutex);
	is_new = shared && time_before(jiffies, taken + RENEW_AFTER);
	mutex_unlock(&shared_mutex);
	if (!is_new && !la_slabs_list(&slabs, &n, &no_sysfs))
		replace_shared(slabs, n);
}

static bool is_cache(const struct la_slab *slab, u16 id)
{
	const struct la_cache *c = la_caches_get(id);

	/* Another may have been made at its address. */
	return READ_ONCE(c->s) == slab->s && !strcmp(c->name, slab->name);
}

/* The caller holds shared_mutex. NULL: it has one name, or is not known. */
static const struct la_slab *merged_cache(u16 id)
{
	unsigned int i;

	for (i = 0; id != LA_CACHE_NONE && i < nr_shared; i++)
		if (shared[i].nr_aliases > 1 && is_cache(&shared[i], id))
			return &shared[i];
	return NULL;
}

/* Which of the names a site's objects are, unless that may be the cache's own. */
static u64 other_names(struct evidence *e, u32 id, const struct la_slab *slab,
		       enum la_alias_how *how)
{
	const char *name;
	u64 mask = judge(e, id, &name, how);
	unsigned int i;

	for (i = 0; i < e->n; i++)
		if (!strcmp(e->names[i].name, slab->name) && mask >> i & 1)
			return 0;
	return mask;
}

/* The same names as words after each other: false, and nothing shown, if there are none. */
static bool show_other_names(struct seq_file *m, u32 id, const char *before, bool say_how)
{
	const struct la_slab *slab;
	struct evidence *e = NULL;
	enum la_alias_how how;
	u64 mask = 0;

	renew_shared();
	mutex_lock(&shared_mutex);
	slab = merged_cache(la_sites_table[id].cache);
	if (slab)
		e = names_of(slab);
	if (e)
		mask = other_names(e, id, slab, &how);
	mutex_unlock(&shared_mutex);
	if (mask) {
		seq_puts(m, before);
		show_names(m, e, mask);
		seq_puts(m, say_how ? hows[how] : "");
	}
	evidence_free(e);
	return mask;
}

/**
 * la_aliases_note_site() - say it if the name of a site's cache is not that of its objects
 * @m: the file
 * @id: the site
 *
 * Context: process, not while a file is being opened.
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

/**
 * la_aliases_drop_shared() - free what was kept; nobody reads any more
 */
void la_aliases_drop_shared(void)
{
	replace_shared(NULL, 0);
}
