// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: callers that are one leak.
 *
 * After each look the callers that grow are sorted by how suspect they are. The first leads a
 * group of all its twins (twins.c), then the first of the rest, and so on. What is not
 * tracked can't be compared, so with sampling there are no groups.
 *
 * Locking: looks renew them, one at a time. groups_lock is held for copies alone, so that
 * nobody waits for it who has no memory.
 */
#include "groups.h"

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "alias_sites.h"
#include "freers.h"
#include "history.h"
#include "looks.h"
#include "sampler.h"
#include "sites.h"
#include "snapshot.h"
#include "twins.h"

#define MAX_CANDIDATES	96
#define MAX_GROUPS	32
/* Parts may score less than the leader: their caller serves others, too. */
#define MIN_SCORE	20

struct candidate {
	u32 site;
	bool is_part;
	u64 bytes;
	u64 kept;
	struct la_suspicion s;
};

/* Of the look that is being taken. */
static struct candidate candidates[MAX_CANDIDATES];
static unsigned int nr_candidates;

static struct la_group groups[MAX_GROUPS];
static unsigned int nr_groups;
static struct la_suspect suspects[LA_GROUPS_TOP];
static unsigned int nr_suspects;
/* What their objects are, where it is not what the cache is called. */
static struct alias {
	u32 site;
	char name[LA_CACHE_NAME_LEN];
} aliases[LA_GROUPS_TOP * LA_GROUP_PARTS];
static unsigned int nr_aliases;
static DEFINE_SPINLOCK(groups_lock);

static int by_guilt(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->s.score != y->s.score)
		return x->s.score < y->s.score ? 1 : -1;
	if (x->kept != y->kept)
		return x->kept < y->kept ? 1 : -1;
	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

static void collect(const struct la_snapshot *snap)
{
	struct candidate c = { };
	u32 id;

	nr_candidates = 0;
	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		struct la_history *h = la_history_of(id);

		if (!h)
			continue;
		WRITE_ONCE(h->leader, 0);
		if (!h->growth.steady)
			continue;
		c.site = id;
		la_looks_judge(id, snap, &c.s);
		if (c.s.score < MIN_SCORE || c.s.e.reclaimable)
			continue;
		c.kept = la_score_kept_permille(&c.s.e);
		c.bytes = snap->sites[id].bytes;
		if (nr_candidates < MAX_CANDIDATES) {
			candidates[nr_candidates++] = c;
			continue;
		}
		/* Full: sort, and the last one makes room for who is worse. */
		sort(candidates, nr_candidates, sizeof(c), by_guilt, NULL);
		if (by_guilt(&c, &candidates[MAX_CANDIDATES - 1]) < 0)
			candidates[MAX_CANDIDATES - 1] = c;
	}
	sort(candidates, nr_candidates, sizeof(c), by_guilt, NULL);
}

static void add_part(struct la_group *g, u32 site, u32 per_event)
{
	unsigned int i;

	if (g->n == LA_GROUP_PARTS) {
		g->more++;
		return;
	}
	for (i = g->n; i && la_sites_table[g->parts[i - 1].site].size >
			    la_sites_table[site].size; i--)
		g->parts[i] = g->parts[i - 1];
	g->parts[i] = (struct la_part){ site, per_event };
	g->n++;
}

static void group_behind(unsigned int leader, struct la_group *g)
{
	const struct la_history *h = la_history_of(candidates[leader].site);
	struct la_ratio ratios[LA_GROUP_PARTS], r;
	unsigned int i, n = 0;
	u32 sites[LA_GROUP_PARTS];
	u32 per_event;

	*g = (struct la_group){ .leader = candidates[leader].site };
	for (i = leader + 1; i < nr_candidates; i++) {
		struct la_history *other = la_history_of(candidates[i].site);

		if (candidates[i].is_part)
			continue;
		r = la_twins_ratio(&h->trend, &other->trend);
		if (!r.theirs)
			continue;
		candidates[i].is_part = true;
		WRITE_ONCE(other->leader, g->leader);
		if (n == LA_GROUP_PARTS - 1) {
			g->more++;
			continue;
		}
		sites[n] = candidates[i].site;
		ratios[n++] = r;
	}
	if (!n)
		return;
	per_event = la_twins_per_event(ratios, n);
	add_part(g, g->leader, per_event);
	for (i = 0; i < n; i++)
		add_part(g, sites[i], per_event * ratios[i].theirs / ratios[i].mine);
}

/*
 * Of the worst whose objects somebody frees it is found out who, if that is not known. Who
 * frees pages nobody notes.
 */
static void want_freers(void)
{
	u32 heads[LA_FREERS_WANTED];
	unsigned int i, n = 0;

	for (i = 0; i < nr_candidates && n < LA_FREERS_WANTED; i++) {
		u32 site = candidates[i].site;

		if (la_sites_table[site].class != LA_CLASS_PAGE &&
		    la_history_of(site)->freed && !la_freers_is_known(site))
			heads[n++] = site;
	}
	la_freers_want(heads, n);
}

static struct la_suspect suspect_of(const struct candidate *c, const struct la_group *g)
{
	return (struct la_suspect){
		.site = c->site, .score = c->s.score, .growth = c->s.growth, .kept = c->kept,
		.survivors = c->s.e.survivors, .windows = c->s.e.growth.windows,
		.looks = c->s.e.growth.looks, .group = *g,
	};
}

static void resolve_site(u32 site, struct alias *of, unsigned int *n)
{
	la_sites_resolve(site);
	of[*n].site = site;
	*n += la_names_say(site, of[*n].name, sizeof(of[*n].name));
}

/* For a log without time to resolve. A leader with others is a part. */
static void resolve(const struct la_suspect *s, struct alias *of, unsigned int *n)
{
	unsigned int i;

	if (!s->group.n)
		resolve_site(s->site, of, n);
	for (i = 0; i < s->group.n; i++)
		resolve_site(s->group.parts[i].site, of, n);
}

/**
 * la_groups_renew() - who belongs together, after a look
 * @snap: of that look
 *
 * Context: process; one at a time.
 */
void la_groups_renew(const struct la_snapshot *snap)
{
	static struct la_group new[MAX_GROUPS];
	static struct la_suspect top[LA_GROUPS_TOP];
	static struct alias of[ARRAY_SIZE(aliases)];
	unsigned int i, n = 0, nr_top = 0, nr_of = 0;
	struct la_group g;

	collect(snap);
	want_freers();
	for (i = 0; i < nr_candidates; i++) {
		if (candidates[i].is_part)
			continue;
		g = (struct la_group){ .leader = candidates[i].site };
		if (!la_sampler_interval() && n < MAX_GROUPS)
			group_behind(i, &g);
		if (g.n)
			new[n++] = g;
		if (candidates[i].s.score >= LA_SCORE_SUSPECT && nr_top < LA_GROUPS_TOP) {
			top[nr_top] = suspect_of(&candidates[i], &g);
			resolve(&top[nr_top++], of, &nr_of);
		}
	}
	spin_lock(&groups_lock);
	memcpy(groups, new, n * sizeof(*new));
	nr_groups = n;
	memcpy(suspects, top, nr_top * sizeof(*top));
	nr_suspects = nr_top;
	memcpy(aliases, of, nr_of * sizeof(*of));
	nr_aliases = nr_of;
	spin_unlock(&groups_lock);
}

/**
 * la_groups_forget() - there are no groups, and no suspects
 */
void la_groups_forget(void)
{
	spin_lock(&groups_lock);
	nr_groups = 0;
	nr_suspects = 0;
	nr_aliases = 0;
	spin_unlock(&groups_lock);
	la_freers_want(NULL, 0);
}

/* A look may have been taken since, with parts that a snapshot does not know. */
static bool is_within(const struct la_group *group, u32 nr_sites)
{
	unsigned int i;

	for (i = 0; i < group->n; i++)
		if (group->parts[i].site >= nr_sites)
			return false;
	return true;
}

/**
 * la_groups_get() - the parts of a leak
 * @leader: the caller that it is called by
 * @nr_sites: rows of the caller's snapshot
 * @group: gets them, if all have a row there
 */
void la_groups_get(u32 leader, u32 nr_sites, struct la_group *group)
{
	unsigned int i;

	*group = (struct la_group){ .leader = leader };
	spin_lock(&groups_lock);
	for (i = 0; i < nr_groups; i++)
		if (groups[i].leader == leader && is_within(&groups[i], nr_sites))
			*group = groups[i];
	spin_unlock(&groups_lock);
}

/**
 * la_groups_top() - the suspects of the last look, the worst first
 * @top: gets up to LA_GROUPS_TOP
 *
 * Context: process; allocates nothing, and waits for nobody who does.
 * Return: how many.
 */
unsigned int la_groups_top(struct la_suspect *top)
{
	unsigned int n;

	spin_lock(&groups_lock);
	n = nr_suspects;
	memcpy(top, suspects, n * sizeof(*top));
	spin_unlock(&groups_lock);
	return n;
}

/**
 * la_groups_alias() - what the objects of a suspect of the last look are
 * @site: the suspect, or a part of its leak
 * @buf: gets it
 * @size: of @buf
 *
 * Context: as la_groups_top().
 * Return: false when what their cache is called is as good as any.
 */
bool la_groups_alias(u32 site, char *buf, size_t size)
{
	unsigned int i;

	spin_lock(&groups_lock);
	for (i = 0; i < nr_aliases && aliases[i].site != site; i++)
		;
	if (i < nr_aliases)
		strscpy(buf, aliases[i].name, size);
	spin_unlock(&groups_lock);
	return i < nr_aliases;
}
