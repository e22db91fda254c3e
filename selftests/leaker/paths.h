/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each path by which slab objects come and go, for the modules of the tests.
 *
 * An object of the path X is allocated in a function of its own, leak_X, so that
 * a row of `callers` is about one path. The functions are never inlined, and the
 * allocation never is their last call: a tail call would show the caller's name.
 *
 * This is code, not declarations: included once by each module that wants it.
 */
#ifndef LA_TEST_PATHS_H
#define LA_TEST_PATHS_H

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../../module/compat/compat.h"
#include "../../module/compat/compat_sheaf.h"
#include "../../module/compat/compat_trial.h"

#define LA_BATCH 16
#define NOLOCK_TRIES 1000

/*
 * What stands in each object: a word that points to another object, a word that
 * is kernel text, and text. That fits into the first 64 bytes, which are sampled.
 */
struct la_object {
	union {
		struct {
			struct la_object *next;
			const void *code;
		};
		struct rcu_head rcu;
#ifdef kfree_rcu_nolock
		struct kvfree_rcu_head rcu_nolock;
#endif
	};
	char text[];
};

/* The constants are in odd places of their slots; no two paths share a size. */
enum {
	SIZE_CONST	  = 77,
	SIZE_VARIABLE	  = 201,
	SIZE_NODE	  = 101,
	SIZE_NODE_CONST	  = 153,
	SIZE_TRACK_CALLER = 51,
	SIZE_MEMDUP	  = 57,
	SIZE_KVZALLOC	  = 203,
	SIZE_LARGE	  = 9001,
	SIZE_LARGE_NODE	  = 18001,
	SIZE_LARGE_VARIABLE = 10001,
	SIZE_KVMALLOC_SMALL = 91,
	SIZE_KVMALLOC_LARGE = 14001,
	SIZE_KVMALLOC_MIB = SZ_1M - 9,
	SIZE_BEFORE_KVREALLOC = 43,
	SIZE_KVREALLOC	  = 401,
	SIZE_BEFORE_MOVE  = 41,
	SIZE_MOVED	  = 301,
	SIZE_BEFORE_GROWN = 69,
	SIZE_GROWN	  = 93,
	SIZE_NOLOCK	  = 105,
	SIZE_KFREE	  = 83,
	SIZE_KFREE_BULK	  = 113,
	SIZE_KFREE_RCU	  = 79,
	SIZE_KFREE_RCU_LARGE = 11001,
	SIZE_KFREE_RCU_NOLOCK = 81,
	SIZE_KFREE_RCU_NOLOCK_LARGE = 12001,
	SIZE_KVFREE_RCU	  = 119,
	SIZE_CACHE	  = 72,		/* the TSPacket of the design */
	SIZE_CACHE_BULK	  = 136,
};

static struct kmem_cache *la_cache, *la_cache_bulk;

/* Keeps the call that made @object from being a tail call. */
static __always_inline void *made(void *object)
{
	OPTIMIZER_HIDE_VAR(object);
	barrier();
	return object;
}

/* A size that the compiler can't know. */
static __always_inline size_t variable(size_t size)
{
	OPTIMIZER_HIDE_VAR(size);
	return size;
}

static noinline void *leak_kmalloc_const(void)
{
	return made(kmalloc(SIZE_CONST, GFP_KERNEL));
}

static noinline void *leak_kmalloc_variable(void)
{
	return made(kmalloc(variable(SIZE_VARIABLE), GFP_KERNEL));
}

static noinline void *leak_kmalloc_node(void)
{
	return made(kmalloc_node(variable(SIZE_NODE), GFP_KERNEL, numa_mem_id()));
}

static noinline void *leak_kmalloc_node_const(void)
{
	return made(kmalloc_node(SIZE_NODE_CONST, GFP_KERNEL, numa_mem_id()));
}

/* Of these the caller is the function that called kstrdup() and the like. */
static noinline void *leak_kmalloc_track_caller(void)
{
	static const char string[] = "a string to copy, of a length that was chosen here";

	static_assert(sizeof(string) == SIZE_TRACK_CALLER);
	return made(kstrdup(string, GFP_KERNEL));
}

static noinline void *leak_kmemdup(void)
{
	static const char content[SIZE_MEMDUP] = "to be copied";

	return made(kmemdup(content, sizeof(content), GFP_KERNEL));
}

/* Of a size that slabs have. */
static noinline void *leak_kvzalloc(void)
{
	return made(kvzalloc(variable(SIZE_KVZALLOC), GFP_KERNEL));
}

static noinline void *leak_kmalloc_large(void)
{
	return made(kmalloc(SIZE_LARGE, GFP_KERNEL));
}

static noinline void *leak_kmalloc_large_node(void)
{
	return made(kmalloc_node(SIZE_LARGE_NODE, GFP_KERNEL, numa_mem_id()));
}

static noinline void *leak_kmalloc_large_variable(void)
{
	return made(kmalloc(variable(SIZE_LARGE_VARIABLE), GFP_KERNEL));
}

/* Of sizes that kmalloc() has. A vmalloc area is a path of areas.h. */
static noinline void *leak_kvmalloc_small(void)
{
	return made(kvmalloc(variable(SIZE_KVMALLOC_SMALL), GFP_KERNEL));
}

static noinline void *leak_kvmalloc_large(void)
{
	return made(kvmalloc(variable(SIZE_KVMALLOC_LARGE), GFP_KERNEL));
}

static noinline void *leak_kvmalloc_mib(void)
{
	return made(kvmalloc(variable(SIZE_KVMALLOC_MIB), GFP_KERNEL));
}

#ifdef la_compat_vrealloc
static noinline void *leak_kvrealloc(void)
{
	void *old = kvmalloc(SIZE_BEFORE_KVREALLOC, GFP_KERNEL);
	void *new = kvrealloc(old, SIZE_KVREALLOC, GFP_KERNEL);

	if (!new)
		kvfree(old);
	return made(new);
}
#endif

static noinline void *leak_kmem_cache_alloc(void)
{
	return made(kmem_cache_alloc(la_cache, GFP_KERNEL));
}

#if LA_COMPAT_HAS_ALLOC_LRU
static noinline void *leak_kmem_cache_alloc_lru(void)
{
	return made(kmem_cache_alloc_lru(la_cache, NULL, GFP_KERNEL));
}
#endif

static noinline void *leak_kmem_cache_alloc_node(void)
{
	return made(kmem_cache_alloc_node(la_cache, GFP_KERNEL, numa_mem_id()));
}

#if LA_COMPAT_HAS_FROM_SHEAF
static noinline unsigned int leak_kmem_cache_alloc_from_sheaf(void **objects, unsigned int n)
{
	unsigned int got = la_compat_from_sheaf(la_cache, objects, n);

	barrier();
	return got;
}
#endif

static noinline unsigned int leak_kmem_cache_alloc_bulk(void **objects, unsigned int n)
{
	unsigned int got = kmem_cache_alloc_bulk(la_cache_bulk, GFP_KERNEL, n, objects) ? n : 0;

	barrier();
	return got;
}

/* What came in bulk goes one by one. */
static noinline unsigned int leak_kmem_cache_free_of_bulk(void **objects, unsigned int n)
{
	unsigned int got = kmem_cache_alloc_bulk(la_cache_bulk, GFP_KERNEL, n, objects) ? n : 0;

	barrier();
	return got;
}

static noinline void *leak_krealloc_moving(void)
{
	void *old = kmalloc(SIZE_BEFORE_MOVE, GFP_KERNEL);
	void *new = krealloc(old, SIZE_MOVED, GFP_KERNEL);

	if (!new)
		kfree(old);
	return made(new);
}

static noinline void *leak_krealloc_in_place(void)
{
	void *old = kmalloc(SIZE_BEFORE_GROWN, GFP_KERNEL);
	void *new = krealloc(old, SIZE_GROWN, GFP_KERNEL);

	if (!new)
		kfree(old);
	return made(new);
}

#ifdef kmalloc_nolock
/* It fails when somebody holds a lock that it needs. */
static noinline void *leak_kmalloc_nolock(void)
{
	void *object = NULL;
	unsigned int i;

	for (i = 0; !object && i < NOLOCK_TRIES; i++)
		object = kmalloc_nolock(SIZE_NOLOCK, 0, NUMA_NO_NODE);
	return made(object);
}
#endif

/* From here on it is the free that makes the path. */

static noinline void *leak_kfree(void)
{
	return made(kmalloc(SIZE_KFREE, GFP_KERNEL));
}

static noinline void *leak_kfree_of_cache(void)
{
	return made(kmem_cache_alloc(la_cache, GFP_KERNEL));
}

static noinline void *leak_kmem_cache_free(void)
{
	return made(kmem_cache_alloc(la_cache, GFP_KERNEL));
}

static noinline void *leak_kmem_cache_free_bulk(void)
{
	return made(kmem_cache_alloc(la_cache_bulk, GFP_KERNEL));
}

static noinline void *leak_kfree_bulk(void)
{
	return made(kmalloc(SIZE_KFREE_BULK, GFP_KERNEL));
}

static noinline void *leak_kfree_rcu(void)
{
	return made(kmalloc(SIZE_KFREE_RCU, GFP_KERNEL));
}

#if LA_COMPAT_BULK_FREE_COUNTS_LARGE
static noinline void *leak_kfree_rcu_large(void)
{
	return made(kmalloc(variable(SIZE_KFREE_RCU_LARGE), GFP_KERNEL));
}
#endif

#ifdef kfree_rcu_nolock
static noinline void *leak_kfree_rcu_nolock(void)
{
	return made(kmalloc(SIZE_KFREE_RCU_NOLOCK, GFP_KERNEL));
}

/* No sheaf takes it: it is handed over later, from an interrupt. */
static noinline void *leak_kfree_rcu_nolock_large(void)
{
	return made(kmalloc(variable(SIZE_KFREE_RCU_NOLOCK_LARGE), GFP_KERNEL));
}

static void free_by_kfree_rcu_nolock(void *p)
{
	struct la_object *object = p;

	kfree_rcu_nolock(object, rcu_nolock);
}
#endif

static noinline void *leak_kvfree_rcu(void)
{
	return made(kmalloc(SIZE_KVFREE_RCU, GFP_KERNEL));
}

static void free_by_kfree(void *object)
{
	kfree(object);
}

static void free_by_kvfree(void *object)
{
	kvfree(object);
}

static void free_to_bulk_cache(void *object)
{
	kmem_cache_free(la_cache_bulk, object);
}

#ifdef kmalloc_nolock
static void free_by_kfree_nolock(void *object)
{
	kfree_nolock(object);
}
#endif

static void free_to_cache(void *object)
{
	kmem_cache_free(la_cache, object);
}

static void free_to_cache_in_bulk(void **objects, unsigned int n)
{
	kmem_cache_free_bulk(la_cache_bulk, n, objects);
}

static void free_by_kfree_bulk(void **objects, unsigned int n)
{
	kfree_bulk(n, objects);
}

static void free_by_kfree_rcu(void *p)
{
	struct la_object *object = p;

	kfree_rcu(object, rcu);
}

static void free_by_kvfree_rcu(void *object)
{
	la_compat_kvfree_rcu(object);
}

/* Of each pair one is set. */
struct la_path {
	const char *name;
	const char *class;		/* NULL: slab, or large when it is */
	size_t requested;		/* 0: what the cache's objects have */
	unsigned int most;		/* objects at a time; 0: any number */
	unsigned int pieces;		/* more objects that one may be; 0: it is one */
	unsigned int allocs;		/* for an object; 0: one */
	struct kmem_cache **cache;	/* NULL: kmalloc */
	struct la_object *(*content)(void *object);	/* NULL: the object itself */
	void *(*alloc)(void);
	unsigned int (*alloc_bulk)(void **objects, unsigned int n);
	void (*free)(void *object);
	void (*free_bulk)(void **objects, unsigned int n);
};

#define LA_KMALLOC_PATH(_name, _size)					\
	{ .name = #_name, .requested = (_size), .alloc = leak_##_name,	\
	  .free = free_by_kfree }
#define LA_KVMALLOC_PATH(_name, _size)					\
	{ .name = #_name, .requested = (_size), .alloc = leak_##_name,	\
	  .free = free_by_kvfree }
#define LA_CACHE_PATH(_name)						\
	{ .name = #_name, .cache = &la_cache, .alloc = leak_##_name,	\
	  .free = free_to_cache }

static const struct la_path la_paths[] = {
	LA_KMALLOC_PATH(kmalloc_const, SIZE_CONST),
	LA_KMALLOC_PATH(kmalloc_variable, SIZE_VARIABLE),
	LA_KMALLOC_PATH(kmalloc_node, SIZE_NODE),
	LA_KMALLOC_PATH(kmalloc_node_const, SIZE_NODE_CONST),
	LA_KMALLOC_PATH(kmalloc_track_caller, SIZE_TRACK_CALLER),
	LA_KMALLOC_PATH(kmemdup, SIZE_MEMDUP),
	{ .name = "kvzalloc", .requested = SIZE_KVZALLOC,
	  .alloc = leak_kvzalloc, .free = free_by_kvfree },
	LA_KMALLOC_PATH(kmalloc_large, SIZE_LARGE),
	LA_KMALLOC_PATH(kmalloc_large_node, SIZE_LARGE_NODE),
	LA_KMALLOC_PATH(kmalloc_large_variable, SIZE_LARGE_VARIABLE),
	LA_KVMALLOC_PATH(kvmalloc_small, SIZE_KVMALLOC_SMALL),
	LA_KVMALLOC_PATH(kvmalloc_large, SIZE_KVMALLOC_LARGE),
	{ .name = "kvmalloc_mib", .requested = SIZE_KVMALLOC_MIB, .most = 8,
	  .alloc = leak_kvmalloc_mib, .free = free_by_kvfree },
#ifdef la_compat_vrealloc
	LA_KVMALLOC_PATH(kvrealloc, SIZE_KVREALLOC),
#endif
	LA_CACHE_PATH(kmem_cache_alloc),
#if LA_COMPAT_HAS_ALLOC_LRU
	LA_CACHE_PATH(kmem_cache_alloc_lru),
#endif
	LA_CACHE_PATH(kmem_cache_alloc_node),
#if LA_COMPAT_HAS_FROM_SHEAF
	{ .name = "kmem_cache_alloc_from_sheaf", .cache = &la_cache,
	  .alloc_bulk = leak_kmem_cache_alloc_from_sheaf, .free = free_to_cache },
#endif
	{ .name = "kmem_cache_alloc_bulk", .cache = &la_cache_bulk,
	  .alloc_bulk = leak_kmem_cache_alloc_bulk, .free_bulk = free_to_cache_in_bulk },
	{ .name = "kmem_cache_free_of_bulk", .cache = &la_cache_bulk,
	  .alloc_bulk = leak_kmem_cache_free_of_bulk, .free = free_to_bulk_cache },
#ifdef kmalloc_nolock
	{ .name = "kmalloc_nolock", .requested = SIZE_NOLOCK,
	  .alloc = leak_kmalloc_nolock, .free = free_by_kfree_nolock },
#endif
	LA_KMALLOC_PATH(krealloc_moving, SIZE_MOVED),
	LA_KMALLOC_PATH(krealloc_in_place, SIZE_GROWN),
	LA_KMALLOC_PATH(kfree, SIZE_KFREE),
	{ .name = "kfree_of_cache", .cache = &la_cache,
	  .alloc = leak_kfree_of_cache, .free = free_by_kfree },
	LA_CACHE_PATH(kmem_cache_free),
	{ .name = "kmem_cache_free_bulk", .cache = &la_cache_bulk,
	  .alloc = leak_kmem_cache_free_bulk, .free_bulk = free_to_cache_in_bulk },
	{ .name = "kfree_bulk", .requested = SIZE_KFREE_BULK,
	  .alloc = leak_kfree_bulk, .free_bulk = free_by_kfree_bulk },
	{ .name = "kfree_rcu", .requested = SIZE_KFREE_RCU,
	  .alloc = leak_kfree_rcu, .free = free_by_kfree_rcu },
#if LA_COMPAT_BULK_FREE_COUNTS_LARGE
	{ .name = "kfree_rcu_large", .requested = SIZE_KFREE_RCU_LARGE,
	  .alloc = leak_kfree_rcu_large, .free = free_by_kfree_rcu },
#endif
#ifdef kfree_rcu_nolock
	{ .name = "kfree_rcu_nolock", .requested = SIZE_KFREE_RCU_NOLOCK,
	  .alloc = leak_kfree_rcu_nolock, .free = free_by_kfree_rcu_nolock },
	{ .name = "kfree_rcu_nolock_large", .requested = SIZE_KFREE_RCU_NOLOCK_LARGE,
	  .alloc = leak_kfree_rcu_nolock_large, .free = free_by_kfree_rcu_nolock },
#endif
	{ .name = "kvfree_rcu", .requested = SIZE_KVFREE_RCU,
	  .alloc = leak_kvfree_rcu, .free = free_by_kvfree_rcu },
};

#define LA_NR_PATHS ARRAY_SIZE(la_paths)

/* Allocates up to LA_BATCH objects and says how many. */
static unsigned int la_path_alloc(const struct la_path *path, void **objects, unsigned int n)
{
	unsigned int i;

	if (path->alloc_bulk)
		return path->alloc_bulk(objects, n);
	for (i = 0; i < n; i++) {
		objects[i] = path->alloc();
		if (!objects[i])
			break;
	}
	return i;
}

static void la_path_free(const struct la_path *path, void **objects, unsigned int n)
{
	unsigned int i;

	if (path->free_bulk) {
		path->free_bulk(objects, n);
		return;
	}
	for (i = 0; i < n; i++)
		path->free(objects[i]);
}

static void la_paths_exit(void)
{
	kmem_cache_destroy(la_cache_bulk);
	kmem_cache_destroy(la_cache);
}

/* The names of the two caches are the module's. Small ones are merged by SLUB. */
static int la_paths_init(void)
{
	int err = 0;

	la_cache = kmem_cache_create(KBUILD_MODNAME "_72", SIZE_CACHE, 0, 0, NULL);
	if (!la_cache)
		return -ENOMEM;
	la_cache_bulk = kmem_cache_create(KBUILD_MODNAME "_136", SIZE_CACHE_BULK, 0, 0, NULL);
	if (!la_cache_bulk)
		err = -ENOMEM;
#if LA_COMPAT_HAS_FROM_SHEAF
	else
		err = la_compat_sheaf_find();
#endif
	if (err)
		la_paths_exit();
	return err;
}

#endif /* LA_TEST_PATHS_H */
