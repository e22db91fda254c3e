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
#include "sampler.h"
#include "sites.h"
#include "snapshot.h"

/* Two numbers of survivors are the same when they differ by one part in this. */
#define COMPANION_PART	50
/* Likewise what a module can free; some may be in use, or not be counted. */
#define SHRINKABLE_PART	8

static bool rises_with(const struct la_snapshot *snap, u32 id, u64 survivors)
{
	const struct la_history *h = la_history_of(id);
	u64 theirs = snap->sites[id].survivors;

	return h && h->growth.steady &&
	       max(theirs, survivors) - min(theirs, survivors) <= survivors / COMPANION_PART;
}

/*
 * Some objects are one part of a reclaimable one, in a cache of their own: the
 * kernel frees them with it. They are known by their number, which is the same
 * to a few percent and rises likewise.
 */
static u32 reclaimable_companion(u32 site, const struct la_snapshot *snap)
{
	u64 survivors = snap->sites[site].survivors;
	u32 id;

	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++)
		if (id != site && la_caches_get(la_sites_table[id].cache)->reclaimable &&
		    rises_with(snap, id, survivors))
			return id;
	return 0;
}

/*
 * Objects that outlive their use by design and go by themselves: they rise for a
 * minute or two, and are no leak.
 */
static const struct {
	const char *caller;
	const char *why;
} late_ones[] = {
	{ "alloc_vmap_area+", "freed areas wait to be purged, up to 32 MiB times log2 of CPUs" },
	{ "inet_twsk_alloc+", "closed connections stay in TIME_WAIT for a minute" },
};

static const char *freed_late(u32 site)
{
	const char *name;
	unsigned int i;

	la_sites_resolve(site);
	/* Pairs with resolve_locked() in sites.c. */
	name = smp_load_acquire(&la_sites_table[site].name);
	for (i = 0; name && i < ARRAY_SIZE(late_ones); i++)
		if (!strncmp(name, late_ones[i].caller, strlen(late_ones[i].caller)))
			return late_ones[i].why;
	if (la_pages_are_pooled(site))
		return "a page pool keeps them, to give them out again";
	return NULL;
}

static void tell_growth(struct la_suspicion *s, const struct la_site_row *row, u32 size)
{
	const struct la_growth *g = &s->e.growth;

	if (!g->steady)
		return;
	s->span_ms = la_history_span_ms(g);
	if (s->span_ms)
		s->growth = div64_s64(la_sampler_scale(g->in - g->out, size) *
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
	s->e.survivors = min(row->survivors, READ_ONCE(h->survivors));
	s->e.growth = h->growth;
	s->e.reclaimable = la_caches_get(info->cache)->reclaimable;
	s->e.fell = READ_ONCE(h->fell_from);
	s->leader = READ_ONCE(h->leader);
	s->shrinkable = READ_ONCE(h->shrinkable);
	if (max(s->shrinkable, row->objects) - min(s->shrinkable, row->objects) >
	    row->objects / SHRINKABLE_PART)
		s->shrinkable = 0;
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
