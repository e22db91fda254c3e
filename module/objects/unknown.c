// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unknown frees: of objects without a record, told by cache.
 *
 * Most are of objects older than the load. How many those can be is known: of each
 * cache, no more than lived when recording began. What goes beyond that was allocated by
 * a path that nobody watches, or its event was lost, so it is the one sign of
 * allocations that leakacct does not see.
 *
 * Only frees that found no record come here, so this may take its time: a cache is
 * looked up in a small hash by its address. Slots are taken by compare-and-exchange
 * and never given back; that of a destroyed cache keeps its counts under no address.
 */
#include "unknown.h"

#include <linux/err.h>
#include <linux/hash.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "counters.h"
#include "ghost.h"
#include "layout.h"
#include "slabs.h"

#define SLOT_BITS	10
#define SLOTS		BIT(SLOT_BITS)
#define MAX_PROBES	16
/* Some that are no cache's. */
#define LARGE		SLOTS
#define PERCPU		(SLOTS + 1)
#define OTHERS		(SLOTS + 2)	/* of caches that found no slot */
#define ALL_SLOTS	(SLOTS + 3)
/* Areas, mapped ones among them that never have a record: they are not in the sums. */
#define VIRTUAL		ALL_SLOTS

struct counts {
	u64 v[VIRTUAL + 1];
};

static const struct kmem_cache *caches[SLOTS];
static u64 alive[VIRTUAL + 1];	/* when recording began, and what was counted until then */
static struct counts __percpu *counts;
static bool known;
static DEFINE_MUTEX(rebase_mutex);

/* A destroyed cache's. */
static const struct kmem_cache *nobody(void)
{
	return ERR_PTR(-ENOENT);
}

static unsigned int slot_of(const struct kmem_cache *s)
{
	unsigned int i, at = hash_ptr(s, SLOT_BITS);
	const struct kmem_cache *there;

	for (i = 0; i < MAX_PROBES; i++) {
		there = READ_ONCE(caches[at]);
		if (!there)
			there = cmpxchg(&caches[at], NULL, s) ?: s;
		if (there == s)
			return at;
		at = (at + 1) % SLOTS;
	}
	return OTHERS;
}

/**
 * la_unknown_count() - an object is about to be freed, and has no record
 * @object: its address
 *
 * Context: any, preemption off.
 */
void la_unknown_count(const void *object)
{
	const struct kmem_cache *s = la_layout_object_cache(object);

	la_count(LA_UNKNOWN_FREES);
	this_cpu_inc(counts->v[s ? slot_of(s) : LARGE]);
}

/**
 * la_unknown_count_area() - likewise, a percpu area
 *
 * Context: any, preemption off.
 */
void la_unknown_count_area(void)
{
	la_count(LA_UNKNOWN_FREES);
	this_cpu_inc(counts->v[PERCPU]);
}

/**
 * la_unknown_count_virtual() - likewise, an area that may be of vmap() or ioremap()
 *
 * Of those there is no record, so it is no sign of anything.
 *
 * Context: any, preemption off.
 */
void la_unknown_count_virtual(void)
{
	this_cpu_inc(counts->v[VIRTUAL]);
}

/**
 * la_unknown_forget_cache() - a cache is being destroyed; its address may come again
 * @s: the cache
 *
 * Context: any, preemption off.
 */
void la_unknown_forget_cache(const struct kmem_cache *s)
{
	unsigned int i, at = hash_ptr(s, SLOT_BITS);

	/* One that has no slot takes none. */
	for (i = 0; i < MAX_PROBES; i++, at = (at + 1) % SLOTS)
		if (READ_ONCE(caches[at]) == s)
			WRITE_ONCE(caches[at], nobody());
}

static u64 frees_of(unsigned int slot)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counts, cpu)->v[slot]);
	return sum;
}

/* Large kmallocs have no count: as many as their pages allow for, at their least size. */
static u64 large_alive(void)
{
	struct la_ledger ledger;

	la_ghost_read(&ledger);
	la_ghost_read_within(&ledger);
	return max_t(s64, ledger.infos[LA_INFO_LARGE_KMALLOC], 0) /
	       DIV_ROUND_UP(KMALLOC_MAX_CACHE_SIZE + 1, PAGE_SIZE);
}

/* vmalloc areas have no count either: each has a page. */
static u64 virtual_alive(void)
{
	struct la_ledger ledger;

	la_ghost_read(&ledger);
	return max_t(s64, ledger.terms[LA_TERM_VMALLOC], 0);
}

/**
 * la_unknown_rebase() - recording begins: what lives now can be freed without a record
 *
 * The allocator's count has what CPUs hold in reserve as well, so it is no less than
 * what lives. What was freed until it is read is added, as it lived too.
 *
 * Context: process; sleeps.
 */
void la_unknown_rebase(void)
{
	u64 others = 0;
	struct la_slab *slabs;
	unsigned int i, n, at;

	if (la_slabs_list(&slabs, &n, NULL))
		return;
	mutex_lock(&rebase_mutex);
	for (i = 0; i < n; i++) {
		at = slot_of(slabs[i].s);
		if (at == OTHERS)
			others += slabs[i].objects;
		else
			WRITE_ONCE(alive[at], slabs[i].objects + frees_of(at));
	}
	WRITE_ONCE(alive[OTHERS], others + frees_of(OTHERS));
	WRITE_ONCE(alive[LARGE], large_alive() + frees_of(LARGE));
	/* Nobody counts those. */
	WRITE_ONCE(alive[PERCPU], U64_MAX);
	WRITE_ONCE(alive[VIRTUAL], virtual_alive() + frees_of(VIRTUAL));
	WRITE_ONCE(known, true);
	mutex_unlock(&rebase_mutex);
	la_slabs_free(slabs, n);
}

static void read_slot(unsigned int slot, struct la_unknown *u)
{
	u->frees = frees_of(slot);
	u->older = min(u->frees, READ_ONCE(alive[slot]));
}

/**
 * la_unknown_of() - the unknown frees of one cache
 * @s: the cache
 * @u: the result; nothing, if the caches could not be counted, or it has no slot
 *
 * Context: process.
 */
void la_unknown_of(const struct kmem_cache *s, struct la_unknown *u)
{
	unsigned int at = slot_of(s);

	*u = (struct la_unknown){ };
	if (READ_ONCE(known) && at != OTHERS)
		read_slot(at, u);
}

/**
 * la_unknown_of_class() - the unknown frees of what is no slab's
 * @class: large objects, vmalloc or percpu areas
 * @u: the result
 *
 * Context: process.
 */
void la_unknown_of_class(enum la_class class, struct la_unknown *u)
{
	*u = (struct la_unknown){ };
	if (!READ_ONCE(known))
		return;
	if (class == LA_CLASS_LARGE)
		read_slot(LARGE, u);
	else if (class == LA_CLASS_VMALLOC)
		read_slot(VIRTUAL, u);
	else if (class == LA_CLASS_PERCPU)
		read_slot(PERCPU, u);
}

/* It may have been destroyed: only the list tells. */
static void name_of(const struct kmem_cache *s, char *name, size_t size)
{
	struct la_slab *slabs;
	unsigned int i, n;

	if (!s || la_slabs_list(&slabs, &n, NULL))
		return;
	for (i = 0; i < n; i++)
		if (slabs[i].s == s)
			strscpy(name, slabs[i].name, size);
	la_slabs_free(slabs, n);
}

/**
 * la_unknown_sum() - the unknown frees of all caches
 * @sums: the result
 *
 * Context: process; sleeps.
 */
void la_unknown_sum(struct la_unknown_sums *sums)
{
	/* Those have no record either, or none any more when their real free comes. */
	u64 answered = la_counters_sum(LA_REFUSED) + la_counters_sum(LA_NOT_RECORDED) +
		       la_counters_sum(LA_RCU_UNKEPT);
	const struct kmem_cache *worst = NULL;
	u64 rest, most = 0;
	struct la_unknown u;
	unsigned int i;

	*sums = (struct la_unknown_sums){ .known = READ_ONCE(known) };
	for (i = 0; i < ALL_SLOTS; i++) {
		read_slot(i, &u);
		sums->all.frees += u.frees;
		sums->all.older += u.older;
		if (i < SLOTS && u.frees - u.older > most) {
			most = u.frees - u.older;
			worst = READ_ONCE(caches[i]);
		}
	}
	rest = sums->all.frees - sums->all.older;
	if (!sums->known || rest <= answered)
		return;
	sums->unexplained = rest - answered;
	name_of(worst, sums->worst, sizeof(sums->worst));
}

/**
 * la_unknown_memory() - bytes that the counts take
 */
u64 la_unknown_memory(void)
{
	return num_possible_cpus() * sizeof(struct counts);
}

/**
 * la_unknown_init() - allocate the counts
 */
int la_unknown_init(void)
{
	counts = alloc_percpu(struct counts);
	return counts ? 0 : -ENOMEM;
}

/**
 * la_unknown_exit() - free them; no hook runs any more
 */
void la_unknown_exit(void)
{
	free_percpu(counts);
}
