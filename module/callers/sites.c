// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sites: callers with their caches and stacks.
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

#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "areas.h"
#include "caches.h"
#include "compat.h"
#include "counters.h"
#include "layout.h"
#include "pages.h"
#include "recall.h"
#include "unknown.h"

#define SITES_PER_CHUNK	1024u		/* 16 KiB per CPU */
#define MAX_CHUNKS	(LA_MAX_SITES / SITES_PER_CHUNK)
#define RAM_PER_SITE	65536		/* 16,384 per GiB of RAM */
#define MIN_SITES	16384u
#define ROOM_WANTED	512u
#define PROBES		16u
/* Index entry of a site that is out of it, or of none; the overflow sites are in none. */
#define INDEX_EMPTY	0u

struct la_site *la_sites_table;
struct la_site_counts __percpu **la_sites_counts;

static u32 *index;
static unsigned int index_bits;
static u32 max_sites;
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

static u32 hash(unsigned long caller, u64 what, u32 stack)
{
	return hash_64(caller ^ (what << 17 | what >> 47) ^ (u64)stack << 32, index_bits);
}

static u32 *index_at(u32 h)
{
	return &index[h & (BIT(index_bits) - 1)];
}

static bool is_site(const struct la_site *site, unsigned long caller, u64 what, u32 stack)
{
	return site->caller == caller && site->what == what && site->stack == stack;
}

static void describe(struct la_site *site, const struct la_origin *o)
{
	struct kmem_cache *s;

	if (la_what_class(o->what) >= LA_CLASS_PAGE) {
		site->class = la_what_class(o->what);
		site->cache = LA_CACHE_NONE;
		if (site->class == LA_CLASS_PAGE)
			site->size = PAGE_SIZE << la_pages_order(o->what);
		return;
	}
	s = o->is_cache ? (void *)(unsigned long)o->what : la_layout_object_cache(o->object);
	if (!s) {
		site->class = LA_CLASS_LARGE;
		site->cache = LA_CACHE_NONE;
		site->size = la_compat_large_size(o->object);
		return;
	}
	site->class = LA_CLASS_SLAB;
	site->cache = la_caches_id(s);
	site->size = la_compat_cache_size(s);
}

static u32 find(unsigned long caller, u64 what, u32 stack, u32 **slot)
{
	u32 h = hash(caller, what, stack), i, id;

	*slot = NULL;
	for (i = 0; i < PROBES; i++) {
		u32 *at = index_at(h + i);

		/* Pairs with add_locked(): the site is whole. */
		id = smp_load_acquire(at);
		if (id == INDEX_EMPTY) {
			if (!*slot)
				*slot = at;
			continue;	/* a site may have left the index before the next */
		}
		if (is_site(&la_sites_table[id], caller, what, stack))
			return id;
	}
	return INDEX_EMPTY;
}

static u32 overflow_of(const struct la_origin *o)
{
	return la_what_class(o->what) == LA_CLASS_PAGE ? LA_SITE_OVERFLOW_PAGES : LA_SITE_OVERFLOW;
}

static u32 add_locked(const struct la_origin *o, unsigned long caller, u32 stack)
{
	struct la_site *site;
	u32 *slot, id = find(caller, o->what, stack, &slot), head = overflow_of(o);

	if (id != INDEX_EMPTY)
		return id;
	if (stack) {
		head = add_locked(o, caller, LA_STACK_NONE);
		/* It may have taken that very slot. */
		find(caller, o->what, stack, &slot);
		/* The last eighth is for callers: what can't have its stack has that. */
		if (la_site_is_overflow(head) || nr_sites >= max_sites - max_sites / 8) {
			la_count(LA_STACKS_REFUSED);
			return head;
		}
	}
	if (!slot || nr_sites >= nr_chunks * SITES_PER_CHUNK) {
		la_count(LA_SITES_REFUSED);
		return head;
	}

	id = nr_sites;
	site = &la_sites_table[id];
	site->caller = caller;
	site->what = o->what;
	site->stack = stack;
	site->head = stack ? head : id;
	site->own = own_text(caller);
	la_sites_counts[id] = chunks[id / SITES_PER_CHUNK] + id % SITES_PER_CHUNK;
	describe(site, o);
	/* Pairs with la_sites_count(). */
	smp_store_release(&nr_sites, id + 1);
	/* Pairs with find(): the site is whole before a hook can find it. */
	smp_store_release(slot, id);
	return id;
}

/**
 * la_sites_get() - the site of an allocation, a new one if need be
 * @o: the allocation
 * @caller: who it was, seen through trampolines
 * @stack: its stack, or LA_STACK_NONE
 *
 * Context: any, preemption off.
 * Return: its id; when there is no room, counted, that of the caller without a
 * stack, or an overflow site.
 */
u32 la_sites_get(const struct la_origin *o, unsigned long caller, u32 stack)
{
	unsigned long flags;
	u32 *slot, id = find(caller, o->what, stack, &slot);

	if (id != INDEX_EMPTY)
		return id;

	if (!in_nmi()) {
		raw_spin_lock_irqsave(&sites_lock, flags);
	} else if (!raw_spin_trylock_irqsave(&sites_lock, flags)) {
		la_count(LA_NMI_LOST);
		return overflow_of(o);
	}
	id = add_locked(o, caller, stack);
	raw_spin_unlock_irqrestore(&sites_lock, flags);
	return id;
}

static int add_chunk(void)
{
	struct la_site_counts __percpu *chunk;
	unsigned long flags;

	if (nr_chunks * SITES_PER_CHUNK >= max_sites)
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

	return have * SITES_PER_CHUNK < max_sites &&
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
 * la_sites_count() - ids are below this; the first are the overflow sites
 */
u32 la_sites_count(void)
{
	/* Pairs with add_locked(): sites below are whole. */
	return smp_load_acquire(&nr_sites);
}

/**
 * la_sites_max() - sites that are kept at most
 */
u32 la_sites_max(void)
{
	return max_sites;
}

/**
 * la_sites_memory() - bytes that sites take
 */
u64 la_sites_memory(void)
{
	return max_sites * (sizeof(struct la_site) + sizeof(*bases) + sizeof(*la_sites_counts)) +
	       BIT(index_bits) * sizeof(*index) +
	       (u64)nr_chunks * SITES_PER_CHUNK * sizeof(struct la_site_counts) *
	       num_possible_cpus();
}

static void sum_raw(u32 id, struct la_site_counts *sum)
{
	int cpu;

	sum->allocs = 0;
	sum->frees = 0;
	for_each_possible_cpu(cpu) {
		const struct la_site_counts *c = per_cpu_ptr(la_sites_counts[id], cpu);

		/* Frees first: of what this CPU frees meanwhile they can't be more. */
		sum->frees += READ_ONCE(c->frees);
		sum->allocs += READ_ONCE(c->allocs);
	}
}

/**
 * la_sites_object_bytes() - bytes that an object takes
 * @id: its site
 * @requested: bytes asked for, as its record has it
 */
u64 la_sites_object_bytes(u32 id, u32 requested)
{
	switch (la_sites_table[id].class) {
	case LA_CLASS_PAGE:
		return requested;
	case LA_CLASS_VMALLOC:
		return la_area_taken(requested);
	case LA_CLASS_PERCPU:
		return (u64)requested * num_possible_cpus();
	default:
		return la_sites_table[id].size;
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
 * la_sites_total() - all allocations and frees of records since the load
 * @objects: the result, but for
 * @pages: that of page blocks
 */
void la_sites_total(struct la_site_counts *objects, struct la_site_counts *pages)
{
	u32 id, n = la_sites_count();

	*objects = (struct la_site_counts){ };
	*pages = (struct la_site_counts){ };
	for (id = 0; id < n; id++) {
		bool is_page = la_sites_table[id].class == LA_CLASS_PAGE;
		struct la_site_counts site, *sum = is_page ? pages : objects;

		sum_raw(id, &site);
		sum->allocs += site.allocs;
		sum->frees += site.frees;
	}
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

/* Stacks of one caller share the name that its head has. */
static void resolve_locked(struct la_site *site)
{
	struct la_site *head = &la_sites_table[site->head];
	const char *name = head->name;

	if (site->name || !site->caller)
		return;
	if (!name) {
		name = kasprintf(GFP_KERNEL, "%pS", (void *)site->caller);
		if (!name)
			return;
		head->module = module_in(name);
	}
	site->module = head->module;
	/* Pairs with readers that load @name before @module. */
	smp_store_release(&site->name, name);
	/* Likewise. */
	smp_store_release(&head->name, name);
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
	struct la_site *site = &la_sites_table[id];
	u32 i, h;

	raw_spin_lock_irqsave(&sites_lock, flags);
	h = hash(site->caller, site->what, site->stack);
	for (i = 0; i < PROBES; i++)
		if (*index_at(h + i) == id)
			WRITE_ONCE(*index_at(h + i), INDEX_EMPTY);
	site->life = life;
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
	for (id = LA_SITE_FIRST; id < n; id++) {
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
	for (id = LA_SITE_FIRST; !init_only && id < n; id++) {
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
	la_unknown_forget_cache(s);
	raw_spin_unlock_irqrestore(&sites_lock, flags);
	if (!known && !la_caches_refused())
		return;
	la_recall_cache_going(s);
	for (id = LA_SITE_FIRST; id < n; id++)
		if (la_sites_table[id].what == (unsigned long)s &&
		    la_sites_table[id].life == LA_SITE_ALIVE)
			retire(id, LA_SITE_CACHE_GONE);
}

/**
 * la_sites_init() - allocate the tables
 */
int la_sites_init(void)
{
	u32 id;

	max_sites = clamp_t(u64, ((u64)totalram_pages() << PAGE_SHIFT) / RAM_PER_SITE,
			    MIN_SITES, MAX_CHUNKS * SITES_PER_CHUNK);
	/* Sites are bounded by the chunks that there are, so none may be there in part. */
	max_sites = round_down(max_sites, SITES_PER_CHUNK);
	index_bits = order_base_2(max_sites) + 1;
	la_sites_table = vzalloc(max_sites * sizeof(*la_sites_table));
	la_sites_counts = vzalloc(max_sites * sizeof(*la_sites_counts));
	index = vzalloc(BIT(index_bits) * sizeof(*index));
	bases = vzalloc(max_sites * sizeof(*bases));
	if (!la_sites_table || !la_sites_counts || !index || !bases || add_chunk() ||
	    add_chunk()) {
		la_sites_exit();
		return -ENOMEM;
	}
	for (id = 0; id < LA_SITE_FIRST; id++) {
		la_sites_counts[id] = chunks[0] + id;
		la_sites_table[id].head = id;
		la_sites_table[id].name = "(no room for this site)";
	}
	la_sites_table[LA_SITE_OVERFLOW_PAGES].what = la_pages_what(0);
	la_sites_table[LA_SITE_OVERFLOW_PAGES].class = LA_CLASS_PAGE;
	nr_sites = LA_SITE_FIRST;
	return 0;
}

/**
 * la_sites_exit() - free everything; no hook runs any more
 */
void la_sites_exit(void)
{
	u32 id;

	for (id = LA_SITE_FIRST; id < nr_sites; id++) {
		if (la_sites_table[id].head != id)
			continue;
		kfree(la_sites_table[id].name);
		kfree(la_sites_table[id].module);
	}
	while (nr_chunks)
		free_percpu(chunks[--nr_chunks]);
	vfree(bases);
	vfree(index);
	vfree(la_sites_counts);
	vfree(la_sites_table);
}
