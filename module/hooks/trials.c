// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trials of the hooks at load.
 *
 * A symbol that exists may never be called (post_alloc_hook registers and never
 * fires: it is inlined everywhere), so each path is taken once with an object of
 * our own, and the table must have seen it: an allocation is there, booked on
 * this module and of the right cache, a freed object is gone.
 *
 * A freed address can be handed out again at once on another CPU; that record
 * differs from ours, and does not fail a trial.
 */
#include "trials.h"

#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "caches.h"
#include "compat.h"
#include "compat_sheaf.h"
#include "compat_trial.h"
#include "layout.h"
#include "objects.h"
#include "sites.h"

#define SMALL	40	/* in a slot of 64, so that it can grow in place */
#define GROWN	60
#define LARGE	(KMALLOC_MAX_CACHE_SIZE * 2)
#define BULK	4
#define AREA	(3 * 1024 + 4)

struct with_rcu {
	char content[SMALL];
	struct rcu_head rcu;
};

static struct kmem_cache *cache;

/* A size that the compiler can't see: it picks another entry to kmalloc. */
static size_t variable_size(void)
{
	size_t size = SMALL;

	OPTIMIZER_HIDE_VAR(size);
	return size;
}

static struct kmem_cache *new_cache(void)
{
	/* SLAB_NOLEAKTRACE: never merged with another. */
	return kmem_cache_create("leakacct_trial", SMALL, 0, SLAB_NOLEAKTRACE, NULL);
}

/**
 * la_trials_begin() - set up
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int la_trials_begin(void)
{
	cache = new_cache();
	return cache ? 0 : -ENOMEM;
}

/**
 * la_trials_end() - clean up
 */
void la_trials_end(void)
{
	kmem_cache_destroy(cache);
	cache = NULL;
}

/* Is it there, ours, and in the cache that it really is in? */
static bool seen(const void *object)
{
	const struct la_site *site;
	struct la_record rec;

	if (!object || !la_objects_find(object, &rec))
		return false;
	site = &la_sites_table[la_record_site(&rec)];
	return site->own &&
	       la_caches_get(site->cache)->s == la_layout_object_cache(object);
}

static bool seen_and_freed(void *object)
{
	bool ok = seen(object);

	kfree(object);
	return ok;
}

static bool same(const struct la_record *a, const struct la_record *b)
{
	return a->who == b->who && a->what == b->what;
}

static bool gone(const void *object, const struct la_record *before)
{
	struct la_record now;

	return !la_objects_find(object, &now) || !same(&now, before);
}

bool la_trial_kmalloc_const(void)
{
	return seen_and_freed(kmalloc(SMALL, GFP_KERNEL));
}

bool la_trial_kmalloc_variable(void)
{
	return seen_and_freed(kmalloc(variable_size(), GFP_KERNEL));
}

bool la_trial_kmalloc_node(void)
{
	return seen_and_freed(kmalloc_node(variable_size(), GFP_KERNEL, NUMA_NO_NODE));
}

bool la_trial_kmalloc_node_const(void)
{
	return seen_and_freed(kmalloc_node(SMALL, GFP_KERNEL, NUMA_NO_NODE));
}

bool la_trial_kmalloc_track_caller(void)
{
	return seen_and_freed(kmemdup("leakacct", sizeof("leakacct"), GFP_KERNEL));
}

bool la_trial_kmalloc_node_track_caller(void)
{
	void *object = kmalloc_node_track_caller(SMALL, GFP_KERNEL, NUMA_NO_NODE);
	bool ok;

	/* This trial's caller is the one that is told, and that is ours as well. */
	ok = seen_and_freed(object);
	barrier();
	return ok;
}

/* Of run-time size as well: some kernels trace that twice, or from inside. */
bool la_trial_kmalloc_large(void)
{
	size_t size = LARGE;
	bool ok = seen_and_freed(kmalloc(LARGE, GFP_KERNEL));

	OPTIMIZER_HIDE_VAR(size);
	return seen_and_freed(kmalloc(size, GFP_KERNEL)) && ok;
}

bool la_trial_kmalloc_large_node(void)
{
	return seen_and_freed(kmalloc_node(LARGE, GFP_KERNEL, NUMA_NO_NODE));
}

/* So small that it is no area. */
bool la_trial_kvmalloc(void)
{
	return seen_and_freed(kvmalloc(variable_size(), GFP_KERNEL));
}

static bool seen_and_cache_freed(void *object)
{
	bool ok = seen(object);

	if (object)
		kmem_cache_free(cache, object);
	return ok;
}

bool la_trial_cache_alloc(void)
{
	return seen_and_cache_freed(kmem_cache_alloc(cache, GFP_KERNEL));
}

bool la_trial_cache_alloc_lru(void)
{
#if LA_COMPAT_HAS_ALLOC_LRU
	return seen_and_cache_freed(kmem_cache_alloc_lru(cache, NULL, GFP_KERNEL));
#else
	return false;
#endif
}

bool la_trial_cache_alloc_node(void)
{
	return seen_and_cache_freed(kmem_cache_alloc_node(cache, GFP_KERNEL, NUMA_NO_NODE));
}

bool la_trial_cache_alloc_from_sheaf(void)
{
#if LA_COMPAT_HAS_FROM_SHEAF
	void *object = NULL;

	if (la_compat_sheaf_find())
		return false;
	la_compat_from_sheaf(cache, &object, 1);
	return seen_and_cache_freed(object);
#else
	return false;
#endif
}

bool la_trial_cache_alloc_bulk(void)
{
	void *objects[BULK];
	bool ok;
	int i, n = kmem_cache_alloc_bulk(cache, GFP_KERNEL, BULK, objects) ? BULK : 0;

	ok = n == BULK;
	for (i = 0; i < n; i++)
		ok = seen(objects[i]) && ok;
	for (i = 0; i < n; i++)
		kmem_cache_free(cache, objects[i]);
	return ok;
}

bool la_trial_kfree(void)
{
	void *object = kmalloc(SMALL, GFP_KERNEL);
	struct la_record rec;
	bool ok = object && la_objects_find(object, &rec);

	kfree(object);
	return ok && gone(object, &rec);
}

bool la_trial_cache_free(void)
{
	void *object = kmem_cache_alloc(cache, GFP_KERNEL);
	struct la_record rec;
	bool ok = object && la_objects_find(object, &rec);

	if (object)
		kmem_cache_free(cache, object);
	return ok && gone(object, &rec);
}

/* Both bulk frees: of a cache's objects, and of kmalloc'ed ones when @s is NULL. */
static bool bulk_free(struct kmem_cache *s)
{
	void *objects[BULK], *freed[BULK];
	struct la_record recs[BULK];
	bool ok = true;
	int i, n;

	for (n = 0; n < BULK; n++) {
		objects[n] = s ? kmem_cache_alloc(s, GFP_KERNEL) : kmalloc(SMALL, GFP_KERNEL);
		if (!objects[n])
			break;
		freed[n] = objects[n];
		ok = la_objects_find(objects[n], &recs[n]) && ok;
	}
	if (!n)
		return false;
	/* The array comes back permuted. */
	if (s)
		kmem_cache_free_bulk(s, n, objects);
	else
		kfree_bulk(n, objects);
	for (i = 0; i < n; i++)
		ok = gone(freed[i], &recs[i]) && ok;
	return ok && n == BULK;
}

bool la_trial_cache_free_bulk(void)
{
	return bulk_free(cache);
}

bool la_trial_kfree_bulk(void)
{
	return bulk_free(NULL);
}

bool la_trial_krealloc(void)
{
	void *object = kmalloc(SMALL, GFP_KERNEL), *grown;
	struct la_record rec;
	bool ok;

	grown = krealloc(object, GROWN, GFP_KERNEL);
	if (!grown) {
		kfree(object);
		return false;
	}
	ok = la_objects_find(grown, &rec) && la_record_requested(&rec) == GROWN;
	kfree(grown);
	return ok;
}

bool la_trial_kfree_rcu(void)
{
	struct with_rcu *object = kmalloc(sizeof(*object), GFP_KERNEL);
	struct la_record rec;
	bool ok = object && la_objects_find(object, &rec);

	if (object)
		kfree_rcu(object, rcu);
	return ok && gone(object, &rec);
}

/* Is who allocated it told for one whose objects are secrets? */
static bool is_secret(const struct la_record *rec)
{
	return la_sites_table[la_sites_table[la_record_site(rec)].head].secret;
}

bool la_trial_kfree_sensitive(void)
{
	void *object = kmalloc(SMALL, GFP_KERNEL);
	struct la_record rec;
	bool ok = object && la_objects_find(object, &rec) && !is_secret(&rec);

	kfree_sensitive(object);
	return ok && is_secret(&rec) && gone(object, &rec);
}

bool la_trial_kvfree_sensitive(void)
{
	void *area = vmalloc(AREA);
	struct la_record rec;
	bool ok = area && la_objects_find(area, &rec) && !is_secret(&rec);

	kvfree_sensitive(area, AREA);
	return ok && is_secret(&rec) && gone(area, &rec);
}

#ifdef kmalloc_nolock
bool la_trial_kmalloc_nolock(void)
{
	return seen_and_freed(kmalloc_nolock(SMALL, 0, NUMA_NO_NODE));
}

bool la_trial_kfree_nolock(void)
{
	void *object = kmalloc_nolock(SMALL, 0, NUMA_NO_NODE);
	struct la_record rec;
	bool ok = object && la_objects_find(object, &rec);

	kfree_nolock(object);
	return ok && gone(object, &rec);
}
#else
bool la_trial_kmalloc_nolock(void)
{
	return false;
}

bool la_trial_kfree_nolock(void)
{
	return false;
}
#endif

bool la_trial_kfree_rcu_nolock(void)
{
#ifdef kfree_rcu_nolock
	struct {
		char content[SMALL];
		struct kvfree_rcu_head rcu;
	} *object = kmalloc(sizeof(*object), GFP_KERNEL);
	struct la_record rec;
	bool ok = object && la_objects_find(object, &rec);

	if (object)
		kfree_rcu_nolock(object, rcu);
	return ok && gone(object, &rec);
#else
	return false;
#endif
}

bool la_trial_cache_destroy(void)
{
	struct kmem_cache *s = new_cache();
	struct la_record rec;
	const struct la_site *site;
	void *object;
	bool ok;

	if (!s)
		return false;
	object = kmem_cache_alloc(s, GFP_KERNEL);
	ok = object && la_objects_find(object, &rec);
	if (object)
		kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	if (!ok)
		return false;
	site = &la_sites_table[la_record_site(&rec)];
	return site->life == LA_SITE_CACHE_GONE && !la_caches_get(site->cache)->s;
}

/* An area that is there, ours, and as large as it is. */
static bool area_seen(enum la_space space, const void *area, enum la_class class,
		      struct la_record *rec)
{
	const struct la_site *site;
	bool found;

	preempt_disable();
	found = area && la_table_find(&la_objects_table, la_objects_key_in(space, area), rec);
	preempt_enable();
	if (!found)
		return false;
	site = &la_sites_table[la_record_site(rec)];
	return site->own && site->class == class &&
	       la_record_requested(rec) == (LA_COMPAT_VMALLOC_BY_AREA &&
					    class == LA_CLASS_VMALLOC ? PAGE_ALIGN(AREA) : AREA);
}

static bool area_gone(enum la_space space, const void *area, const struct la_record *before)
{
	struct la_record now;
	bool found;

	preempt_disable();
	found = la_table_find(&la_objects_table, la_objects_key_in(space, area), &now);
	preempt_enable();
	return !found || !same(&now, before);
}

bool la_trial_vmalloc(void)
{
	void *area = vmalloc(AREA);
	struct la_record rec;
	bool ok = area_seen(LA_SPACE_VIRTUAL, area, LA_CLASS_VMALLOC, &rec);

	vfree(area);
	return ok;
}

bool la_trial_vfree(void)
{
	void *area = vmalloc(AREA);
	struct la_record rec;
	bool ok = area_seen(LA_SPACE_VIRTUAL, area, LA_CLASS_VMALLOC, &rec);

	vfree(area);
	return ok && area_gone(LA_SPACE_VIRTUAL, area, &rec);
}

bool la_trial_vrealloc(void)
{
#ifdef vrealloc
	void *area = vmalloc(AREA - 1), *same_area = kvrealloc(area, AREA, GFP_KERNEL), *moved;
	struct la_record rec;
	bool ok = same_area == area &&
		  area_seen(LA_SPACE_VIRTUAL, area, LA_CLASS_VMALLOC, &rec);

	area = same_area ?: area;
	moved = area ? kvrealloc(area, 3 * PAGE_SIZE, GFP_KERNEL) : NULL;
	ok = ok && moved && area_gone(LA_SPACE_VIRTUAL, area, &rec);
	vfree(moved ?: area);
	return ok;
#else
	return false;
#endif
}

bool la_trial_alloc_percpu(void)
{
	void __percpu *area = __alloc_percpu(AREA, sizeof(u32));
	struct la_record rec;
	bool ok = area_seen(LA_SPACE_PERCPU, (void __force *)area, LA_CLASS_PERCPU, &rec);

	free_percpu(area);
	return ok;
}

bool la_trial_free_percpu(void)
{
	void __percpu *area = __alloc_percpu(AREA, sizeof(u32));
	struct la_record rec;
	bool ok = area_seen(LA_SPACE_PERCPU, (void __force *)area, LA_CLASS_PERCPU, &rec);

	free_percpu(area);
	return ok && area_gone(LA_SPACE_PERCPU, (void __force *)area, &rec);
}
