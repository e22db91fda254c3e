// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identity of slab caches.
 *
 * A kmem_cache can be destroyed while records still point to it, and the next
 * one may be created at its address, so sites hold an id. Locking: additions and
 * removals happen under the sites' lock; entries are never reused, readers
 * need no lock.
 */
#include "caches.h"

#include <linux/compiler.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "layout.h"

/* Entry 0 is "no cache". */
static struct la_cache caches[LA_MAX_CACHES] = { { .name = "-" } };
static unsigned int nr_caches = 1;
static bool refused;

/**
 * la_caches_id() - the id of a live cache
 * @s: the cache
 *
 * Context: any, under the sites' lock.
 * Return: LA_CACHE_NONE when there are more caches than LA_MAX_CACHES.
 */
u16 la_caches_id(struct kmem_cache *s)
{
	struct la_cache *c;
	unsigned int i;

	for (i = 1; i < nr_caches; i++)
		if (caches[i].s == s)
			return i;
	if (nr_caches == LA_MAX_CACHES) {
		WRITE_ONCE(refused, true);
		return LA_CACHE_NONE;
	}

	c = &caches[nr_caches];
	c->s = s;
	c->size = la_compat_cache_size(s);
	c->object_size = la_compat_cache_object_size(s);
	c->reclaimable = la_layout_cache_flags(s) & SLAB_RECLAIM_ACCOUNT;
	strscpy(c->name, la_layout_cache_name(s), sizeof(c->name));
	/* Pairs with la_caches_count(). */
	smp_store_release(&nr_caches, nr_caches + 1);
	return nr_caches - 1;
}

/**
 * la_caches_get() - what is known of a cache
 * @id: of la_caches_id()
 */
const struct la_cache *la_caches_get(u16 id)
{
	return &caches[id];
}

/**
 * la_caches_count() - ids are below this
 */
unsigned int la_caches_count(void)
{
	/* Pairs with la_caches_id(): entries below are whole. */
	return smp_load_acquire(&nr_caches);
}

/**
 * la_caches_refused() - was there a cache that found no room? It has sites, but no id.
 *
 * Context: any.
 */
bool la_caches_refused(void)
{
	return READ_ONCE(refused);
}

/**
 * la_caches_forget() - a cache is being destroyed
 * @s: the cache
 *
 * Context: any, under the sites' lock.
 * Return: whether it was known.
 */
bool la_caches_forget(struct kmem_cache *s)
{
	unsigned int i;

	for (i = 1; i < nr_caches; i++) {
		if (caches[i].s == s) {
			WRITE_ONCE(caches[i].s, NULL);
			return true;
		}
	}
	return false;
}
