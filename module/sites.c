// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sites: callers with their caches.
 *
 * Ids are given in order; an open-addressed index of ids finds them. Looking up
 * takes no lock; adding takes sites_lock, a raw one with interrupts off (try
 * only, in an NMI), for a few hundred instructions once per site. Per-CPU counts
 * come in chunks (alloc_percpu refuses more than 32 KiB), the next one
 * allocated by the worker before the last is used up.
 *
 * Locking: resolve_mutex (names) -> sites_lock (index, ids, caches).
 */
#include "sites.h"

#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "caches.h"
#include "compat.h"
#include "counters.h"

#define SITES_PER_CHUNK	1024u		/* 16 KiB per CPU */
#define MAX_CHUNKS	(LA_MAX_SITES / SITES_PER_CHUNK)
#define ROOM_WANTED	512u
#define INDEX_SIZE	((u32)BIT(LA_SITE_INDEX_BITS))
/* Index entry of a site that is out of it; site 0 matches no caller. */
#define INDEX_EMPTY	0u

struct la_site *la_sites_table;
u32 *la_sites_index;

static struct la_site_counts __percpu *chunks[MAX_CHUNKS];
static unsigned int nr_chunks;
static u32 nr_sites;
static struct la_site_counts *bases;	/* what `clear` subtracts, per site */
static DEFINE_RAW_SPINLOCK(sites_lock);
static DEFINE_MUTEX(resolve_mutex);

static bool own_text(unsigned long addr)
{
	return within_module(addr, THIS_MODULE);
}

static void describe(struct la_site *site, const void *object, bool is_cache)
{
	struct kmem_cache *s;

	s = is_cache ? (void *)(unsigned long)site->what : la_compat_object_cache(object);
	if (!s) {
		site->class = LA_CLASS_LARGE;
		site->cache = LA_CACHE_NONE;
		site->size = la_compat_large_size(object);
		return;
	}
	site->class = LA_CLASS_SLAB;
	site->cache = la_caches_id(s);
	site->size = la_compat_cache_size(s);
}

static u32 index_find(unsigned long caller, u64 what, u32 *slot)
{
	u32 h = la_sites_hash(caller, what), i, id;

	*slot = INDEX_SIZE;
	for (i = 0; i < LA_SITE_PROBES; i++) {
		u32 at = (h + i) & (INDEX_SIZE - 1);

		id = READ_ONCE(la_sites_index[at]);
		if (id == INDEX_EMPTY) {
			if (*slot == INDEX_SIZE)
				*slot = at;
			continue;	/* a site may have left the index before the next */
		}
		if (la_sites_table[id].caller == caller && la_sites_table[id].what == what)
			return id;
	}
	return INDEX_EMPTY;
}

static u32 add_locked(unsigned long caller, u64 what, const void *object, bool is_cache)
{
	struct la_site *site;
	u32 slot, id = index_find(caller, what, &slot);

	if (id != INDEX_EMPTY)
		return id;
	if (slot == INDEX_SIZE || nr_sites >= nr_chunks * SITES_PER_CHUNK) {
		la_count(LA_SITES_REFUSED);
		return LA_SITE_OVERFLOW;
	}

	id = nr_sites;
	site = &la_sites_table[id];
	site->caller = caller;
	site->what = what;
	site->own = own_text(caller);
	site->counts = chunks[id / SITES_PER_CHUNK] + id % SITES_PER_CHUNK;
	describe(site, object, is_cache);
	/* Pairs with la_sites_count(). */
	smp_store_release(&nr_sites, id + 1);
	/* The site is whole before a hook can find it. */
	smp_store_release(&la_sites_index[slot], id);
	return id;
}

/**
 * la_sites_add() - find a site past its first index slot, or make it
 * @caller: who allocated
 * @what: identity of the objects
 * @object: the object
 * @is_cache: @what is a struct kmem_cache
 *
 * Context: any, preemption off.
 * Return: its id; LA_SITE_OVERFLOW, counted, when there is no room.
 */
u32 la_sites_add(unsigned long caller, u64 what, const void *object, bool is_cache)
{
	unsigned long flags;
	u32 slot, id = index_find(caller, what, &slot);

	if (id != INDEX_EMPTY)
		return id;

	if (in_nmi()) {
		if (!raw_spin_trylock_irqsave(&sites_lock, flags)) {
			la_count(LA_NMI_LOST);
			return LA_SITE_OVERFLOW;
		}
	} else {
		raw_spin_lock_irqsave(&sites_lock, flags);
	}
	id = add_locked(caller, what, object, is_cache);
	raw_spin_unlock_irqrestore(&sites_lock, flags);
	return id;
}

static int add_chunk(void)
{
	struct la_site_counts __percpu *chunk;
	unsigned long flags;

	if (nr_chunks == MAX_CHUNKS)
		return -ENOSPC;
	chunk = __alloc_percpu(SITES_PER_CHUNK * sizeof(*chunk), sizeof(u64));
	if (!chunk)
		return -ENOMEM;
	raw_spin_lock_irqsave(&sites_lock, flags);
	chunks[nr_chunks] = chunk;
	nr_chunks++;
	raw_spin_unlock_irqrestore(&sites_lock, flags);
	return 0;
}

/**
 * la_sites_need_room() - should the worker call la_sites_make_room()?
 *
 * Context: any.
 */
bool la_sites_need_room(void)
{
	unsigned int have = READ_ONCE(nr_chunks);

	return have < MAX_CHUNKS &&
	       READ_ONCE(nr_sites) + ROOM_WANTED > have * SITES_PER_CHUNK;
}

/**
 * la_sites_make_room() - allocate counts for more sites
 *
 * Context: process, one at a time.
 */
void la_sites_make_room(void)
{
	while (la_sites_need_room())
		if (add_chunk())
			break;
}

/**
 * la_sites_count() - ids are below this; 0 is the overflow site
 */
u32 la_sites_count(void)
{
	/* Pairs with add_locked(): sites below are whole. */
	return smp_load_acquire(&nr_sites);
}

/**
 * la_sites_memory() - bytes that sites take
 */
u64 la_sites_memory(void)
{
	return LA_MAX_SITES * (sizeof(struct la_site) + sizeof(*bases)) +
	       INDEX_SIZE * sizeof(u32) +
	       (u64)nr_chunks * SITES_PER_CHUNK * sizeof(struct la_site_counts) *
	       num_possible_cpus();
}

static void sum_raw(u32 id, struct la_site_counts *sum)
{
	int cpu;

	sum->allocs = 0;
	sum->frees = 0;
	for_each_possible_cpu(cpu) {
		const struct la_site_counts *c = per_cpu_ptr(la_sites_table[id].counts, cpu);

		/* Frees first: then an object freed meanwhile can't make them exceed. */
		sum->frees += READ_ONCE(c->frees);
		sum->allocs += READ_ONCE(c->allocs);
	}
}

/**
 * la_sites_sum() - allocations and frees of a site since load or `clear`
 * @id: the site
 * @sum: the result
 */
void la_sites_sum(u32 id, struct la_site_counts *sum)
{
	sum_raw(id, sum);
	sum->allocs -= bases[id].allocs;
	sum->frees -= bases[id].frees;
}

/**
 * la_sites_rebase() - let every site start from zero
 *
 * Context: process; concurrent events fall on either side.
 */
void la_sites_rebase(void)
{
	u32 id, n = la_sites_count();

	for (id = 0; id < n; id++) {
		sum_raw(id, &bases[id]);
		atomic_long_set(&la_sites_table[id].refused, 0);
	}
}

/* "func+0x1/0x20 [mod]" -> "mod", or NULL. */
static const char *module_in(const char *name)
{
	const char *open = strrchr(name, '[');
	const char *close = open ? strchr(open, ']') : NULL;

	/* "[mod build-id]" never comes from %pS, so the bracket ends the name. */
	return close ? kstrndup(open + 1, close - open - 1, GFP_KERNEL) : NULL;
}

static void resolve_locked(struct la_site *site)
{
	char *name;

	if (site->name || !site->caller)
		return;
	name = kasprintf(GFP_KERNEL, "%pS", (void *)site->caller);
	if (!name)
		return;
	site->module = module_in(name);
	/* Pairs with readers that load @name before @module. */
	smp_store_release(&site->name, name);
}

/**
 * la_sites_resolve() - make sure that a site has its name
 * @id: the site
 *
 * Names must be taken while the text is loaded: readers call this for the sites
 * they show, the module notifier for all of a module that goes.
 *
 * Context: process.
 */
void la_sites_resolve(u32 id)
{
	/* Pairs with resolve_locked(). */
	if (smp_load_acquire(&la_sites_table[id].name))
		return;
	mutex_lock(&resolve_mutex);
	resolve_locked(&la_sites_table[id]);
	mutex_unlock(&resolve_mutex);
}

static void retire(u32 id, enum la_site_life life)
{
	unsigned long flags;
	u32 i, h;

	raw_spin_lock_irqsave(&sites_lock, flags);
	h = la_sites_hash(la_sites_table[id].caller, la_sites_table[id].what);
	for (i = 0; i < LA_SITE_PROBES; i++) {
		u32 *slot = &la_sites_index[(h + i) & (INDEX_SIZE - 1)];

		if (*slot == id)
			WRITE_ONCE(*slot, INDEX_EMPTY);
	}
	la_sites_table[id].life = life;
	raw_spin_unlock_irqrestore(&sites_lock, flags);
}

/**
 * la_sites_module_going() - text is about to be freed: keep the names
 * @mod: the module
 * @init_only: only its init text goes
 *
 * Context: the module notifier; no code of that text runs any more.
 */
void la_sites_module_going(struct module *mod, bool init_only)
{
	u32 id, n = la_sites_count();

	mutex_lock(&resolve_mutex);
	for (id = 1; id < n; id++) {
		struct la_site *site = &la_sites_table[id];

		if (site->life == LA_SITE_INIT_GONE || site->life == LA_SITE_UNLOADED)
			continue;
		if (!within_module_init(site->caller, mod) &&
		    (init_only || !within_module_core(site->caller, mod)))
			continue;
		resolve_locked(site);
		retire(id, init_only ? LA_SITE_INIT_GONE : LA_SITE_UNLOADED);
	}
	/* Init text that went at LIVE belongs to a module that goes now. */
	for (id = 1; !init_only && id < n; id++) {
		struct la_site *site = &la_sites_table[id];

		if (site->life == LA_SITE_INIT_GONE && site->module &&
		    !strcmp(site->module, mod->name))
			site->life = LA_SITE_UNLOADED;
	}
	mutex_unlock(&resolve_mutex);
}

/**
 * la_sites_cache_going() - a cache is being destroyed
 * @s: the cache
 *
 * Context: any, preemption off.
 */
void la_sites_cache_going(struct kmem_cache *s)
{
	u32 id, n = la_sites_count();
	unsigned long flags;
	bool known;

	raw_spin_lock_irqsave(&sites_lock, flags);
	known = la_caches_forget(s);
	raw_spin_unlock_irqrestore(&sites_lock, flags);
	if (!known)
		return;
	for (id = 1; id < n; id++)
		if (la_sites_table[id].what == (unsigned long)s &&
		    la_sites_table[id].life == LA_SITE_ALIVE)
			retire(id, LA_SITE_CACHE_GONE);
}

/**
 * la_sites_init() - allocate the tables
 */
int la_sites_init(void)
{
	la_sites_table = vzalloc(LA_MAX_SITES * sizeof(*la_sites_table));
	la_sites_index = vzalloc(INDEX_SIZE * sizeof(*la_sites_index));
	bases = vzalloc(LA_MAX_SITES * sizeof(*bases));
	if (!la_sites_table || !la_sites_index || !bases || add_chunk() || add_chunk()) {
		la_sites_exit();
		return -ENOMEM;
	}
	la_sites_table[LA_SITE_OVERFLOW].counts = chunks[0];
	la_sites_table[LA_SITE_OVERFLOW].name = "(no room for this site)";
	nr_sites = 1;
	return 0;
}

/**
 * la_sites_exit() - free everything; no hook runs any more
 */
void la_sites_exit(void)
{
	u32 id;

	for (id = 1; id < nr_sites; id++) {
		kfree(la_sites_table[id].name);
		kfree(la_sites_table[id].module);
	}
	while (nr_chunks)
		free_percpu(chunks[--nr_chunks]);
	vfree(bases);
	vfree(la_sites_index);
	vfree(la_sites_table);
}
