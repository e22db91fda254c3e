// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is an object allocated? The allocator's own truth, by which records are audited.
 *
 * An object of a slab is free when it is on a freelist: that of its slab or, if a CPU
 * allocates from that slab, that CPU's. Its own word is not enough: it decodes to a
 * slot in each free object, but also in a live one whose owner has not written there
 * yet (init_on_alloc=0), and in caches with a constructor or SLAB_TYPESAFE_BY_RCU, where
 * it lies behind the object, as long as it lives. So that word only tells what is
 * certainly no free object, at the price of one read; the rest is looked for on the lists.
 *
 * They are read without a lock. Can that take a live object for a free one? Each word
 * that is followed lies in an object that was on a list after we began, so what it
 * leads to was free at some time after we began, even when that word is stale by
 * now: it was written while its object was on the list, or is its owner's data, which
 * decodes once in 2^50 times. An object that lived since before we began can't
 * be found. So the caller reads the record first, asks, and removes that record only if it is
 * the same one still. It asks twice all the same, for kernels without
 * CONFIG_SLAB_FREELIST_HARDENED, where data can look like an address.
 *
 * The other way round a free object is missed while it is on its way between two
 * lists, or in the hands of somebody who frees many. It is then found the next time.
 *
 * Where all that lies is not taken on trust: at load, objects of a cache of our own are
 * allocated and freed, and must be told apart, on a CPU's list and on a slab's. If they
 * are not (debugging of slabs, KASAN, another layout) nothing but what follows from the
 * page is known. From 6.18 free objects are parked in sheaves, which are on no list:
 * there neither.
 */
#include "alive.h"

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "freelist.h"
#include "layout.h"
#include "leakacct.h"
#include "sites.h"
#include "symbols.h"

/* The list changes while we walk: try again so often. */
#define WALKS	4

/* Slabs that are checked have words of their own; see check_slab() of the kernel. */
#define DEBUG_FLAGS	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
			 SLAB_STORE_USER | SLAB_TRACE)

static const struct la_compat_free_layout at = LA_COMPAT_FREE_LAYOUT;
static bool lists_known;

static bool read_at(u64 from, u64 *word)
{
	return !copy_from_kernel_nofault(word, (void *)(unsigned long)from, sizeof(*word));
}

static bool read_word(const void *base, unsigned int offset, u64 *word)
{
	return read_at((unsigned long)base + offset, word);
}

static bool read_int(const void *base, unsigned int offset, u32 *value)
{
	return !copy_from_kernel_nofault(value, base + offset, sizeof(*value));
}

/* How @s chains the free objects of a slab; the cache may be gone, or be none. */
static bool describe(struct la_freelist *f, const struct kmem_cache *s, struct page *slab)
{
	slab_flags_t flags;

	f->start = (unsigned long)page_address(slab);
	f->hardened = IS_ENABLED(CONFIG_SLAB_FREELIST_HARDENED);
	f->read = read_at;
	f->random = 0;
	if (!read_int(s, LA_COMPAT_CACHE_SIZE_AT, &f->size) ||
	    !read_int(s, at.offset, &f->offset) ||
	    copy_from_kernel_nofault(&flags, la_layout_at(s, la_layout.flags), sizeof(flags)) ||
	    (f->hardened && !read_word(s, at.random, &f->random)))
		return false;
	if (flags & DEBUG_FLAGS || !f->size || f->offset > f->size - sizeof(u64))
		return false;
	f->slots = page_size(slab) / f->size;
	return true;
}

/* The list of the CPU that allocates from this slab, if one does. */
static enum la_listed find_on_cpus(const struct la_freelist *f, const struct kmem_cache *s,
				   struct page *slab, u64 object)
{
	u64 cpus, head, theirs;
	int cpu;

	if (!read_word(s, at.cpus, &cpus))
		return LA_LISTED_TORN;
	for_each_possible_cpu(cpu) {
		const void *c = per_cpu_ptr((void __percpu *)(unsigned long)cpus, cpu);

		if (!read_word(c, at.cpu_slab, &theirs))
			return LA_LISTED_TORN;
		if (theirs != (unsigned long)slab)
			continue;
		/* If it is another slab's by now, it does not lead into ours. */
		if (!read_word(c, at.cpu_list, &head))
			return LA_LISTED_TORN;
		return la_freelist_find(f, head, object);
	}
	return LA_LISTED_NO;
}

static enum la_listed find_on_lists(const struct la_freelist *f, const struct kmem_cache *s,
				    struct page *slab, u64 object)
{
	enum la_listed of_cpu = find_on_cpus(f, s, slab, object), of_slab;
	u64 head;

	if (of_cpu == LA_LISTED_YES)
		return of_cpu;
	if (!read_word(slab, at.slab_list, &head))
		return LA_LISTED_TORN;
	of_slab = la_freelist_find(f, head, object);
	return of_slab == LA_LISTED_NO ? of_cpu : of_slab;
}

static enum la_alive ask_lists(const struct kmem_cache *s, struct page *slab, u64 object)
{
	struct la_freelist f;
	unsigned int i;

	if (!describe(&f, s, slab) || !la_freelist_is_slot(&f, object))
		return LA_ALIVE_UNKNOWN;
	if (!la_freelist_may_hold(&f, object))
		return LA_ALIVE_YES;
	for (i = 0; i < WALKS; i++) {
		switch (find_on_lists(&f, s, slab, object)) {
		case LA_LISTED_YES:
			return LA_ALIVE_NO;
		case LA_LISTED_NO:
			return LA_ALIVE_YES;
		case LA_LISTED_TORN:
			break;
		}
	}
	return LA_ALIVE_UNKNOWN;
}

static enum la_alive ask_slab(const struct la_site *site, const void *object)
{
	struct page *page = virt_to_head_page(object);
	struct kmem_cache *s;
	u32 size;

	/* As long as it lives its page is a slab, of a cache with slots of its size. */
	if (!PageSlab(page))
		return LA_ALIVE_NO;
	s = READ_ONCE(*(struct kmem_cache **)((char *)page + la_layout_slab_cache));
	if (!read_int(s, LA_COMPAT_CACHE_SIZE_AT, &size))
		return LA_ALIVE_UNKNOWN;
	if (size != site->size)
		/* What was read may have been no cache's any more. */
		return PageSlab(page) && la_layout_slab_cache_of(object) == s ?
			LA_ALIVE_NO : LA_ALIVE_UNKNOWN;
	return lists_known ? ask_lists(s, page, (unsigned long)object) : LA_ALIVE_UNKNOWN;
}

static enum la_alive ask_large(const struct la_site *site, const void *object)
{
	struct page *page = virt_to_head_page(object);

	/* All of this holds as long as it lives. */
	return page_address(page) == object && page_size(page) == site->size &&
	       la_compat_may_be_large(page) ? LA_ALIVE_YES : LA_ALIVE_NO;
}

static struct vm_struct *no_area(const void *addr)
{
	return NULL;
}

DEFINE_STATIC_CALL(la_find_area, no_area);
static bool areas_known;

static void find_areas(void)
{
	/* Its prototype has been the same since 2.6. */
	unsigned long addr = la_symbols_address("find_vm_area");

	areas_known = addr;
	if (addr)
		static_call_update(la_find_area, (typeof(no_area) *)addr);
}

/* Takes the kernel's lock of all areas. */
static enum la_alive ask_area(const void *area)
{
	if (!areas_known)
		return LA_ALIVE_UNKNOWN;
	return static_call(la_find_area)(area) ? LA_ALIVE_YES : LA_ALIVE_NO;
}

/**
 * la_alive_ask() - is an object allocated?
 * @site: where it was, says its record, which was read before
 * @object: its address
 *
 * LA_ALIVE_NO means that it was free at some time after the record was read.
 *
 * Context: process.
 */
enum la_alive la_alive_ask(const struct la_site *site, const void *object)
{
	if (site->class == LA_CLASS_VMALLOC)
		return ask_area(object);
	if (!site->size || !virt_addr_valid(object))
		return LA_ALIVE_UNKNOWN;
	switch (site->class) {
	case LA_CLASS_SLAB:
		return ask_slab(site, object);
	case LA_CLASS_LARGE:
		return ask_large(site, object);
	default:
		return LA_ALIVE_UNKNOWN;
	}
}

/**
 * la_alive_slab_is_full() - has a slab no free object, but for those in sheaves?
 * @start: of the slab
 * @slots: of it
 *
 * For kernels with sheaves, where la_alive_ask() knows nothing. Both counts are the
 * number of slots then: what lies elsewhere on some kernel hardly is.
 *
 * Context: process.
 */
bool la_alive_slab_is_full(const void *start, u32 slots)
{
	struct page *page = virt_to_page(start);
	slab_flags_t flags;
	u32 counts;
	u64 cache;

	if (!LA_COMPAT_HAS_SHEAVES || !la_layout_known ||
	    !read_word(page, la_layout_slab_cache, &cache) ||
	    copy_from_kernel_nofault(&flags, la_layout_at((void *)(unsigned long)cache,
							  la_layout.flags), sizeof(flags)))
		return false;
	return !(flags & DEBUG_FLAGS) &&
	       read_int(page, LA_COMPAT_SLAB_COUNTS_AT, &counts) &&
	       (counts & 0xffff) == slots && counts >> 16 == slots;
}

/**
 * la_alive_tells() - does this kernel tell free objects of slabs from live ones?
 */
bool la_alive_tells(void)
{
	return lists_known;
}

/* The trial: a slab with live and free objects, of a cache of our own. */

#define TRIAL_OBJECTS	8
#define TRIAL_SIZE	200
#define TRIALS		8

static bool allocate(struct kmem_cache *s, void **objects)
{
	bool in_one_slab = true;
	unsigned int i;

	for (i = 0; i < TRIAL_OBJECTS; i++) {
		if (!objects[i])
			objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (!objects[i])
			return false;
		if (virt_to_head_page(objects[i]) != virt_to_head_page(objects[0]))
			in_one_slab = false;
	}
	return in_one_slab;
}

/* The odd ones. */
static void free_some(struct kmem_cache *s, void **objects)
{
	unsigned int i;

	for (i = 1; i < TRIAL_OBJECTS; i += 2)
		kmem_cache_free(s, objects[i]);
}

/* Are those free and the others alive, and is the list that has them the CPU's? */
static bool told_apart(struct kmem_cache *s, void *const *objects, bool on_cpu)
{
	struct page *slab = virt_to_head_page(objects[0]);
	struct la_freelist f;
	unsigned int i;
	u64 head;

	if (!describe(&f, s, slab) || !read_word(slab, at.slab_list, &head))
		return false;
	for (i = 0; i < TRIAL_OBJECTS; i++) {
		u64 object = (unsigned long)objects[i];
		bool free = i & 1;

		if (ask_lists(s, slab, object) != (free ? LA_ALIVE_NO : LA_ALIVE_YES))
			return false;
		if (free && (la_freelist_find(&f, head, object) == LA_LISTED_YES) == on_cpu)
			return false;
	}
	return true;
}

/* The objects are of one slab. Fails as well if we come to another CPU meanwhile. */
static bool try_objects(struct kmem_cache *s, void **objects)
{
	unsigned int i;
	bool good;

	free_some(s, objects);
	good = told_apart(s, objects, true);
	/* This takes the slab from its CPU. */
	kmem_cache_shrink(s);
	good = good && told_apart(s, objects, false);
	for (i = 1; i < TRIAL_OBJECTS; i += 2)
		objects[i] = NULL;
	return good;
}

/* With a constructor, live objects keep the word that they had when they were free. */
static void construct(void *object)
{
}

/**
 * la_alive_init() - learn whether the allocator tells
 *
 * Context: process, after la_layout_init(), before anything is hooked.
 * Return: 0 or -ENOMEM.
 */
int la_alive_init(void)
{
	void *objects[TRIAL_OBJECTS] = { NULL };
	struct kmem_cache *s;
	unsigned int i;

	find_areas();
	lists_known = false;
	if (!LA_COMPAT_HAS_FREELISTS || !la_layout_known)
		return 0;
	/* SLAB_NOLEAKTRACE: never merged with another. */
	s = kmem_cache_create("leakacct_alive", TRIAL_SIZE, 0, SLAB_NOLEAKTRACE, construct);
	if (!s)
		return -ENOMEM;
	for (i = 0; i < TRIALS && !lists_known; i++)
		lists_known = allocate(s, objects) && try_objects(s, objects);
	for (i = 0; i < TRIAL_OBJECTS; i++)
		if (objects[i])
			kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
	if (!lists_known)
		pr_info("this kernel's lists of free objects can't be read: no audit of slabs\n");
	return 0;
}
