/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sites: where objects are allocated, a caller with its cache and stack, and the
 * exact counts of what it did.
 */
#ifndef LEAKACCT_SITES_H
#define LEAKACCT_SITES_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "leakacct.h"

struct module;
struct kmem_cache;

/* Events that found no room for a site. Pages have their own, as their counts do. */
#define LA_SITE_OVERFLOW	0u
#define LA_SITE_OVERFLOW_PAGES	1u
#define LA_SITE_FIRST		2u
#define LA_MAX_SITES		131072u

struct la_origin;

/* Per CPU and site; written by hooks only, so that sums never go back. */
struct la_site_counts {
	u64 allocs;
	u64 frees;
};

enum la_site_life {
	LA_SITE_ALIVE,
	LA_SITE_INIT_GONE,	/* its text was init text, freed since */
	LA_SITE_UNLOADED,	/* its module was unloaded */
	LA_SITE_CACHE_GONE,	/* its cache was destroyed; the caller lives on */
};

/**
 * struct la_site - one caller, cache and stack, for one life of the caller's module
 * @caller: return address into the caller
 * @what: which objects, see LA_WHAT()
 * @stack: of la_stacks_intern(); LA_STACK_NONE: the caller alone
 * @head: the site of the same caller and objects without a stack, maybe itself
 * @size: bytes that one object takes, before parts of it are given back; 0: they differ,
 *	and whatever sample_interval says, all are tracked
 * @cache: id in caches.c
 * @class: enum la_class
 * @life: enum la_site_life
 * @own: allocated by leakacct itself
 * @secret: of a head: objects of it were freed as secrets, see secrets.c
 * @unload: which unload ended its life, see unloaded.c; 0: none
 * @refused: allocations that were counted but not stored
 * @name: "%pS" of @caller, taken while the text was there; NULL until needed
 * @module: name of the module within @name, or NULL
 *
 * A site is never removed: records hold its id. When the text at @caller goes
 * away the site leaves the index, and what is loaded there next gets its own.
 */
struct la_site {
	unsigned long caller;
	u64 what;
	u32 stack;
	u32 head;
	u32 size;
	u16 cache;
	u8 class;
	u8 life;
	bool own;
	bool secret;
	u16 unload;
	atomic_long_t refused;
	const char *name;
	const char *module;
};

extern struct la_site *la_sites_table;
/* By site id; apart from the rest, as every event needs them. */
extern struct la_site_counts __percpu **la_sites_counts;

static __always_inline bool la_site_is_overflow(u32 id)
{
	return id < LA_SITE_FIRST;
}

u32 la_sites_get(const struct la_origin *o, unsigned long caller, u32 stack);

static __always_inline void la_sites_count_alloc(u32 id)
{
	this_cpu_inc(la_sites_counts[id]->allocs);
}

static __always_inline void la_sites_count_free(u32 id)
{
	this_cpu_inc(la_sites_counts[id]->frees);
}

int la_sites_init(void);
void la_sites_exit(void);
u32 la_sites_count(void);
u32 la_sites_max(void);
u64 la_sites_memory(void);
u64 la_sites_object_bytes(u32 id, u32 requested);
void la_sites_sum(u32 id, struct la_site_counts *sum);
void la_sites_total(struct la_site_counts *objects, struct la_site_counts *pages);
void la_sites_rebase(void);
bool la_sites_need_room(void);
void la_sites_make_room(void);
void la_sites_resolve(u32 id);
void la_sites_module_going(struct module *mod, bool init_only);
void la_sites_cache_going(struct kmem_cache *s);

#endif /* LEAKACCT_SITES_H */
