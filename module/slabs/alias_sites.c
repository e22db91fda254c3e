// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alias sites: which of a merged cache's names the objects of a site are.
 *
 * The names come from sysfs (slabs.c), who made them from alias_makers.c, and what a caller
 * tells of them from alias_match.c.
 */
#include "alias_sites.h"

#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "alias_makers.h"
#include "sites.h"

/**
 * la_names_leftovers() - how many of a cache's names nobody uses any more
 * @slab: the cache
 *
 * A cache has as many users as its refcount says; a name that is more is a leftover. Which one, is
 * known when all modules that made it are gone, and no more are than there are leftovers.
 */
unsigned int la_names_leftovers(const struct la_slab *slab)
{
	return slab->refcount > 0 && slab->nr_aliases > (unsigned int)slab->refcount ?
	       slab->nr_aliases - slab->refcount : 0;
}

/**
 * la_names_of() - the names of a cache, leftovers marked if it is known which they are
 * @slab: the cache, with aliases
 *
 * Return: for la_names_free(); NULL without memory.
 */
struct la_names *la_names_of(const struct la_slab *slab)
{
	struct la_names *names = kzalloc(sizeof(*names), GFP_KERNEL);
	unsigned int i, gone = 0;
	char *at, *name;

	if (!names)
		return NULL;
	names->words = kstrdup(slab->aliases, GFP_KERNEL);
	if (!names->words) {
		kfree(names);
		return NULL;
	}
	at = names->words;
	while (names->n < LA_ALIAS_MAX && (name = strsep(&at, ",")))
		names->names[names->n++].name = name;
	for (i = 0; i < names->n; i++)
		gone += la_makers_are_gone(names->names[i].name);
	if (gone && gone <= la_names_leftovers(slab)) {
		names->nr_leftovers = gone;
		for (i = 0; i < names->n; i++)
			names->names[i].leftover = la_makers_are_gone(names->names[i].name);
	}
	return names;
}

/**
 * la_names_free() - free what la_names_of() or la_names_of_site() made
 * @names: that, or NULL
 */
void la_names_free(struct la_names *names)
{
	if (names)
		kfree(names->words);
	kfree(names);
}

/**
 * la_names_judge() - which of a cache's names the objects of a site are
 * @names: the names
 * @id: the site
 * @caller: gets its name
 * @how: gets how it is known
 *
 * Context: process.
 * Return: as la_alias_judge().
 */
u64 la_names_judge(struct la_names *names, u32 id, const char **caller, enum la_alias_how *how)
{
	const struct la_site *site = &la_sites_table[id];
	unsigned int i;

	la_sites_resolve(id);
	/* Pairs with resolve_locked() in sites.c. */
	*caller = smp_load_acquire(&site->name);
	if (!*caller)
		*caller = "?";
	for (i = 0; i < names->n; i++)
		names->names[i].made = site->module &&
				       la_makers_made(names->names[i].name, site->module);
	return la_alias_judge(names->names, names->n, *caller, site->module, how);
}

/*
 * The caches with their names, for who asks for many sites and would read a hundred links for
 * each. Taken anew when older than this; what was made since is not told so long.
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
static u64 other_names(struct la_names *names, u32 id, const struct la_slab *slab,
		       enum la_alias_how *how)
{
	const char *caller;
	u64 mask = la_names_judge(names, id, &caller, how);
	unsigned int i;

	for (i = 0; i < names->n; i++)
		if (!strcmp(names->names[i].name, slab->name) && mask >> i & 1)
			return 0;
	return mask;
}

/**
 * la_names_of_site() - the names of a site's cache, and which its objects are
 * @id: the site
 * @mask: gets a bit for each name that they can be; 0: the cache's own is as good as any
 * @how: gets how it is known, if @mask is not 0
 *
 * Context: process.
 * Return: for la_names_free(); NULL when there are none to be told apart.
 */
struct la_names *la_names_of_site(u32 id, u64 *mask, enum la_alias_how *how)
{
	const struct la_slab *slab;
	struct la_names *names = NULL;

	*mask = 0;
	renew_shared();
	mutex_lock(&shared_mutex);
	slab = merged_cache(la_sites_table[id].cache);
	if (slab)
		names = la_names_of(slab);
	if (names)
		*mask = other_names(names, id, slab, how);
	mutex_unlock(&shared_mutex);
	return names;
}

/* Also those that are too many to be told apart. */
static bool has_name(const struct la_slab *slab, bool (*is)(const char *name))
{
	const char *at = slab->aliases;

	while (*at) {
		size_t n = strcspn(at, ",");
		char name[LA_CACHE_NAME_LEN];

		strscpy(name, at, min(n + 1, sizeof(name)));
		if (is(name))
			return true;
		at += n;
		at += *at == ',';
	}
	return false;
}

/**
 * la_names_any() - is one of a cache's names of a kind?
 * @cache: its id
 * @is: tells the kind
 *
 * Where /sys can't be read only the first of the names is known.
 *
 * Context: process; also while a file is being opened, as no link is followed.
 */
bool la_names_any(u16 cache, bool (*is)(const char *name))
{
	const struct la_slab *slab;
	bool any = is(la_caches_get(cache)->name);

	if (any)
		return true;
	renew_shared();
	mutex_lock(&shared_mutex);
	slab = merged_cache(cache);
	any = slab && has_name(slab, is);
	mutex_unlock(&shared_mutex);
	return any;
}

/* What is not told may be any of them. */
static bool may_be(struct la_names *names, u32 id, bool (*is)(const char *name))
{
	enum la_alias_how how;
	const char *caller;
	u64 mask = la_names_judge(names, id, &caller, &how);
	unsigned int i;

	for (i = 0; i < names->n; i++)
		if (mask >> i & 1 && is(names->names[i].name))
			return true;
	return !mask;
}

/**
 * la_names_may_be() - may the objects of a site be what a name of a kind stands for?
 * @id: the site
 * @is: tells the kind
 *
 * Context: as la_names_any().
 * Return: false also when one of the cache's names is of the kind, but the caller tells that its
 * objects are others.
 */
bool la_names_may_be(u32 id, bool (*is)(const char *name))
{
	u16 cache = la_sites_table[id].cache;
	const struct la_slab *slab;
	struct la_names *names;
	bool may = true;

	if (!la_names_any(cache, is))
		return false;
	mutex_lock(&shared_mutex);
	slab = merged_cache(cache);
	names = slab ? la_names_of(slab) : NULL;
	if (names)
		may = may_be(names, id, is);
	mutex_unlock(&shared_mutex);
	la_names_free(names);
	return may;
}

/**
 * la_names_say() - what the objects of a site are, if not what their cache is called
 * @id: the site
 * @buf: gets it: "A or B"
 * @size: of @buf
 *
 * Context: as la_names_of_site().
 * Return: false, and nothing said, when the cache's own name is as good as any.
 */
bool la_names_say(u32 id, char *buf, size_t size)
{
	enum la_alias_how how;
	struct la_names *names;
	size_t at = 0;
	unsigned int i;
	u64 mask;

	names = la_names_of_site(id, &mask, &how);
	for (i = 0; names && i < names->n; i++)
		if (mask >> i & 1)
			at += scnprintf(buf + at, size - at, "%s%s", at ? " or " : "",
					names->names[i].name);
	la_names_free(names);
	return at;
}

/**
 * la_names_drop_shared() - free what was kept; nobody asks any more
 */
void la_names_drop_shared(void)
{
	replace_shared(NULL, 0);
}
