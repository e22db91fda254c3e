// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory.
 *
 * When the kernel is about to kill somebody, it has no time for a walk of the table, and
 * no memory for a snapshot. What a caller's objects take also follows from its counts of
 * allocations and frees; those are summed into an array that was there before. Suspects
 * are those of the last look. Nothing here allocates, or waits for a lock that somebody
 * holds who allocates; some ten lines,
 * one more for each part of a leak, once in ten seconds. Names that nobody asked for
 * before are looked up by printk().
 *
 * The OOM killer of a memory cgroup does not tell us: that is its own memory.
 */
#include "oom.h"

#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "caches.h"
#include "groups.h"
#include "looks.h"
#include "sampler.h"
#include "sites.h"

#define TOP_CALLERS	5
#define BREATH		1024	/* sites between two breaths */
#define INTERVAL	(10 * HZ)

struct caller {
	u32 site;
	u64 objects;
	u64 bytes;
};

/* Live objects by site, at its head. Whoever has set BUSY has it. */
static s64 *live;
static unsigned long busy;

static DEFINE_RATELIMIT_STATE(limit, INTERVAL, 1);

static void sum_live(u32 n)
{
	struct la_site_counts counts;
	u32 id;

	memset(live, 0, n * sizeof(*live));
	for (id = 0; id < n; id++) {
		const struct la_site *site = &la_sites_table[id];

		la_sites_sum(id, &counts);
		live[site->head] += counts.allocs - counts.frees -
				    atomic_long_read(&site->refused);
		if (id % BREATH == 0)
			cond_resched();
	}
}

static void insert(struct caller *top, const struct caller *c)
{
	unsigned int i;

	for (i = TOP_CALLERS; i > 0 && top[i - 1].bytes < c->bytes; i--)
		if (i < TOP_CALLERS)
			top[i] = top[i - 1];
	if (i < TOP_CALLERS)
		top[i] = *c;
}

/*
 * Which pages became a user's, and how large areas are, only a walk tells: of those classes
 * it is as the last look found it.
 */
static void count(struct caller *c)
{
	const struct la_site *site = &la_sites_table[c->site];
	u64 objects, bytes;

	if (site->class >= LA_CLASS_PAGE) {
		objects = la_looks_live(c->site, &bytes);
	} else {
		/* Frees are summed after allocations, so it may seem to be below 0. */
		objects = max_t(s64, live[c->site], 0);
		bytes = objects * site->size;
	}
	c->objects = la_sampler_scale(objects, site->size);
	c->bytes = la_sampler_scale(bytes, site->size);
}

/* Return: bytes of all. */
static u64 find_top(struct caller *top, u32 n)
{
	u64 bytes = 0;
	u32 id;

	for (id = LA_SITE_FIRST; id < n; id++) {
		struct caller c = { .site = id };

		count(&c);
		bytes += c.bytes;
		insert(top, &c);
	}
	return bytes;
}

/* Of slabs the cache, else the class. */
static const char *kind_of(const struct la_site *site)
{
	static const char *const classes[LA_NR_CLASSES] = {
		[LA_CLASS_SLAB]	= "slab", [LA_CLASS_LARGE] = "large", [LA_CLASS_PAGE] = "page",
		[LA_CLASS_VMALLOC] = "vmalloc", [LA_CLASS_PERCPU] = "percpu",
	};

	return site->cache ? la_caches_get(site->cache)->name : classes[site->class];
}

static void log_caller(unsigned int rank, const struct caller *c)
{
	const struct la_site *site = &la_sites_table[c->site];
	/* Pairs with resolve_locked() in sites.c. */
	const char *name = smp_load_acquire(&site->name);

	if (name)
		pr_warn("  %u. %s: %llu KiB, %llu objects (%s)\n", rank, name,
			c->bytes >> 10, c->objects, kind_of(site));
	else
		pr_warn("  %u. %pS: %llu KiB, %llu objects (%s)\n", rank,
			(void *)site->caller, c->bytes >> 10, c->objects, kind_of(site));
}

static const char *name_of(u32 site)
{
	/* Likewise; the look has resolved it. */
	return smp_load_acquire(&la_sites_table[site].name) ?: "?";
}

/* By the name of a merged cache that they are, if the look has found that. */
static const char *what_of(u32 site, char *buf, size_t size)
{
	return la_groups_alias(site, buf, size) ? buf : kind_of(&la_sites_table[site]);
}

/* Seven lines at most: the other parts of the leak. */
static void log_group(const struct la_group *g)
{
	char what[LA_CACHE_NAME_LEN];
	unsigned int i;

	for (i = 0; i < g->n; i++)
		if (g->parts[i].site != g->leader)
			pr_warn("    with %u x %s by %s\n", g->parts[i].per_event,
				what_of(g->parts[i].site, what, sizeof(what)),
				name_of(g->parts[i].site));
}

static void log_suspects(void)
{
	struct la_suspect top[LA_GROUPS_TOP];
	unsigned int i, n = la_groups_top(top);
	char what[LA_CACHE_NAME_LEN];

	if (!n)
		pr_warn("  no caller was suspected of a leak, at %llu looks\n", la_looks_count());
	for (i = 0; i < n; i++) {
		const struct la_suspect *s = &top[i];

		pr_warn("  suspected of a leak: %s (%s), score %u, growing by %lld bytes/s; %llu.%llu%% kept, %llu outlived two looks, growth at %u windows of %u looks%s\n",
			name_of(s->site), what_of(s->site, what, sizeof(what)), s->score,
			s->growth, s->kept / 10, s->kept % 10, s->survivors,
			s->windows, s->looks, s->group.n ? ", one leak" : "");
		log_group(&s->group);
	}
}

static int on_oom(struct notifier_block *nb, unsigned long unused, void *freed)
{
	struct caller top[TOP_CALLERS] = { };
	u32 n = la_sites_count();
	unsigned int i;
	u64 bytes;

	if (!__ratelimit(&limit) || test_and_set_bit_lock(0, &busy))
		return NOTIFY_OK;
	sum_live(n);
	bytes = find_top(top, n);
	pr_warn("out of memory: %llu KiB of the kernel's own since the load, most by\n",
		bytes >> 10);
	for (i = 0; i < TOP_CALLERS && top[i].bytes; i++)
		log_caller(i + 1, &top[i]);
	log_suspects();
	clear_bit_unlock(0, &busy);
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = on_oom };

/**
 * la_oom_memory() - bytes that the sums take
 */
u64 la_oom_memory(void)
{
	return la_sites_max() * sizeof(*live);
}

/**
 * la_oom_init() - hear of it when memory is short
 */
int la_oom_init(void)
{
	int err;

	live = vzalloc(la_oom_memory());
	if (!live)
		return -ENOMEM;
	/* Of what was suppressed the kernel need not tell. */
	ratelimit_set_flags(&limit, RATELIMIT_MSG_ON_RELEASE);
	err = register_oom_notifier(&notifier);
	if (err)
		vfree(live);
	return err;
}

/**
 * la_oom_exit() - hear no more
 */
void la_oom_exit(void)
{
	unregister_oom_notifier(&notifier);
	vfree(live);
}
