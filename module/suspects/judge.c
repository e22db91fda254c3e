// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judge: what the looks say of a caller, and what excuses it.
 *
 * Growth is that of the last look; what was freed since counts at once. Locking: none;
 * what a look is changing may be seen half done, and judged anew the next time.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "caches.h"
#include "history.h"
#include "looks.h"
#include "pages.h"
#include "pools.h"
#include "sampler.h"
#include "sites.h"
#include "snapshot.h"
#include "twins.h"

/* Two numbers of survivors are the same when they differ by one part in this. */
#define COMPANION_PART	50
/* Likewise what a module can free; some may be in use, or not be counted. */
#define SHRINKABLE_PART	8
/* With sampling of few tracked ones, which stand for all of them. */
#define SAMPLED_PART	3
/* And what stayed when all had been asked back may have grown by this. */
#define STAYED_PART	4

/*
 * The inodes of sockets are in such a cache, as all inodes are; but nobody can find one again
 * who has no socket, so none is kept when the last user is gone.
 */
static const char not_kept[] = "sock_alloc_inode+";

static bool has_name(u32 site, const char *prefix)
{
	const char *name;

	la_sites_resolve(site);
	/* Pairs with resolve_locked() in sites.c. */
	name = smp_load_acquire(&la_sites_table[site].name);
	return name && !strncmp(name, prefix, strlen(prefix));
}

/*
 * What stayed when the kernel had asked for all that it can have back is in use. Return: how
 * many, unless they have become many more since: of those nobody knows.
 */
static u64 stayed(u32 site, const struct la_snapshot *snap)
{
	const struct la_history *h = la_history_of(site);
	u64 n = h ? READ_ONCE(h->stayed) : 0;

	return snap->sites[site].survivors[0] <= n + n / STAYED_PART ? n : 0;
}

static bool is_reclaimable(u32 site, const struct la_snapshot *snap)
{
	return la_caches_get(la_sites_table[site].cache)->reclaimable &&
	       !stayed(site, snap) && !has_name(site, not_kept);
}

static bool rises_with(const struct la_snapshot *snap, u32 id, u32 site)
{
	const struct la_history *h = la_history_of(id), *own = la_history_of(site);
	u64 theirs = snap->sites[id].survivors[0], survivors = snap->sites[site].survivors[0];
	struct la_ratio r;

	if (!h || !own || !h->growth.steady ||
	    max(theirs, survivors) - min(theirs, survivors) > survivors / COMPANION_PART)
		return false;
	r = la_twins_ratio(&own->trend, &h->trend);
	return r.theirs && r.theirs == r.mine;
}

/*
 * Some objects are one part of a reclaimable one, in a cache of their own: the
 * kernel frees them with it. They are known by their number, which is the same
 * to a few percent and rises likewise, window by window.
 */
static u32 reclaimable_companion(u32 site, const struct la_snapshot *snap)
{
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++)
		if (id != site && is_reclaimable(id, snap) && rises_with(snap, id, site))
			return id;
	return 0;
}

/*
 * Objects that outlive their use by design and go by themselves: they rise for a
 * minute or two, and are no leak. What a kernel that checks itself keeps of each
 * object and area goes with it: if it grows, so does what it is about. All are
 * the kernel's own: a module may have a function of that name, and leak.
 */
#define WITH_THE_OBJECT	"kmemleak frees its notes of an object with the object"

static const struct {
	const char *caller;
	const char *why;
} late_ones[] = {
	{ "alloc_vmap_area+", "freed areas wait to be purged, up to 32 MiB times log2 of CPUs" },
	{ "inet_twsk_alloc+", "closed connections stay in TIME_WAIT for a minute" },
	{ "kasan_populate_vmalloc+", "KASAN keeps the shadow of freed areas till they are purged" },
	{ "create_object+", WITH_THE_OBJECT },
	{ "__create_object+", WITH_THE_OBJECT },
	{ "__alloc_object+", WITH_THE_OBJECT },
	{ "kmemleak_scan_area+", WITH_THE_OBJECT },
};

static const char *freed_late(u32 site)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(late_ones); i++)
		if (has_name(site, late_ones[i].caller) && !la_sites_table[site].module)
			return late_ones[i].why;
	return NULL;
}

/* Tracked or not: modules know of all. */
static u64 all_objects(u32 site, u64 tracked)
{
	return la_sampler_scale(tracked, la_sites_table[site].size);
}

/* What the module has in that cache, by whichever of its functions. */
static u64 objects_of_module(u32 site, const struct la_snapshot *snap)
{
	const struct la_site *info = &la_sites_table[site];
	u64 objects = 0;
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++)
		if (la_sites_table[id].cache == info->cache &&
		    la_sites_table[id].class == info->class && la_sites_table[id].module &&
		    !strcmp(la_sites_table[id].module, info->module))
			objects += all_objects(id, snap->sites[id].objects);
	return objects;
}

static bool is_about(u64 shrinkable, u64 objects)
{
	u64 part = objects / (la_sampler_interval() ? SAMPLED_PART : SHRINKABLE_PART);

	return max(shrinkable, objects) - min(shrinkable, objects) <= part;
}

/*
 * Of what is older than the load the module knows, but there is no record. Then what it can free
 * grows as these do.
 */
static bool grow_alike(u64 n, const struct la_history *h, u64 objects, u64 first)
{
	u64 grown = objects - first;

	return objects > first && n > h->shrinkable_first &&
	       grown >= SHRINKABLE_PART && is_about(n - h->shrinkable_first, grown);
}

/* So many can be freed, or lie in page pools, if these are what is meant. */
static u64 shrinkable(u32 site, const struct la_snapshot *snap)
{
	const struct la_history *h = la_history_of(site);
	u64 n = READ_ONCE(h->shrinkable), objects = snap->sites[site].objects;

	if (la_pages_are_pooled(site) && !la_pools_are_known())
		return all_objects(site, objects) <= n ? n : 0;
	if (!n)
		return 0;
	/* Of pools it is told which of the tracked pages lie there. */
	if (la_pages_are_pooled(site))
		return is_about(n, objects) || grow_alike(n, h, objects, h->objects_first) ? n : 0;
	objects = all_objects(site, objects);
	if (is_about(n, objects) || grow_alike(n, h, objects, all_objects(site, h->objects_first)))
		return n;
	return la_sites_table[site].module && is_about(n, objects_of_module(site, snap)) ? n : 0;
}

static void tell_growth(struct la_suspicion *s, const struct la_site_row *row, u32 size)
{
	const struct la_growth *g = &s->e.growth;

	if (!g->steady)
		return;
	s->span_ms = la_history_span_ms(g);
	if (s->span_ms)
		s->growth = div64_s64(la_sampler_scale(g->in - g->out - g->older, size) *
				      la_snapshot_mean_bytes(row) * 1000, s->span_ms);
}

/**
 * la_looks_judge() - how suspect a site is
 * @site: the site
 * @snap: the numbers as of now
 * @s: the result
 */
void la_looks_judge(u32 site, const struct la_snapshot *snap, struct la_suspicion *s)
{
	const struct la_site_row *row = &snap->sites[site];
	const struct la_site *info = &la_sites_table[site];
	const struct la_history *h = la_history_of(site);

	*s = (struct la_suspicion){ .e.allocs = row->counts.allocs, .e.objects = row->objects };
	/* Our own memory is accounted in `stats`; we don't accuse ourselves. */
	if (!h || info->own || la_site_is_overflow(site))
		return;
	s->e.survivors = min(row->survivors[0], READ_ONCE(h->survivors[0]));
	s->e.growth = h->growth;
	s->e.reclaimable = is_reclaimable(site, snap);
	s->stayed = la_caches_get(info->cache)->reclaimable ? stayed(site, snap) : 0;
	s->e.fell = READ_ONCE(h->falls.from);
	s->leader = READ_ONCE(h->leader);
	if (s->leader >= snap->nr_sites)
		s->leader = 0;
	s->shrinkable = shrinkable(site, snap);
	if (s->shrinkable)
		s->e.reclaimable = true;
	s->score = la_score(&s->e);
	if (s->score >= LA_SCORE_SUSPECT) {
		s->late = freed_late(site);
		s->companion = s->late ? 0 : reclaimable_companion(site, snap);
		s->e.reclaimable = s->late || s->companion;
		s->score = la_score(&s->e);
	}
	tell_growth(s, row, info->size);
}
