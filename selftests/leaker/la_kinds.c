// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of caches of several kinds, that nobody has written to since they were allocated.
 *
 * Of those that the load allocates it frees every second one, so that live and free
 * ones lie side by side. In a cache with a constructor, or whose slabs are freed by RCU,
 * and with init_on_alloc=0 in all, a live one then holds what it held when it was free.
 *
 * The parameter `left` says how many live, of each kind.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#define OBJECTS	2000

static unsigned int left = OBJECTS / 2;
module_param(left, uint, 0444);

static struct kmem_cache *plain, *constructed, *typesafe, *aligned;

static void construct(void *object)
{
	*(long *)object = 1;
}

/* The barrier keeps the call from being a tail call. */
#define DEFINE_KIND(_name, _call)					\
static noinline void *kind_##_name(void)				\
{									\
	void *object = _call;						\
									\
	barrier();							\
	return object;							\
}

DEFINE_KIND(plain, kmem_cache_alloc(plain, GFP_KERNEL))
DEFINE_KIND(constructed, kmem_cache_alloc(constructed, GFP_KERNEL))
DEFINE_KIND(typesafe, kmem_cache_alloc(typesafe, GFP_KERNEL))
DEFINE_KIND(aligned, kmem_cache_alloc(aligned, GFP_KERNEL))
DEFINE_KIND(kmalloc_8, kmalloc(8, GFP_KERNEL))
DEFINE_KIND(kmalloc_96, kmalloc(90, GFP_KERNEL))
DEFINE_KIND(kmalloc_4k, kmalloc(4000, GFP_KERNEL))
DEFINE_KIND(reclaimable, kmalloc(500, GFP_KERNEL | __GFP_RECLAIMABLE))
DEFINE_KIND(accounted, kmalloc(700, GFP_KERNEL_ACCOUNT))
DEFINE_KIND(large, kmalloc(20000, GFP_KERNEL))

static const struct kind {
	void *(*alloc)(void);
	struct kmem_cache **cache;
} kinds[] = {
	{ kind_plain, &plain },
	{ kind_constructed, &constructed },
	{ kind_typesafe, &typesafe },
	{ kind_aligned, &aligned },
	{ kind_kmalloc_8 },
	{ kind_kmalloc_96 },
	{ kind_kmalloc_4k },
	{ kind_reclaimable },
	{ kind_accounted },
	{ kind_large },
};

static void *objects[ARRAY_SIZE(kinds)][OBJECTS];

static void release(unsigned int k, unsigned int i)
{
	void *object = objects[k][i];

	objects[k][i] = NULL;
	if (object && kinds[k].cache)
		kmem_cache_free(*kinds[k].cache, object);
	else
		kfree(object);
}

static void release_all(void)
{
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (i = 0; i < OBJECTS; i++)
			release(k, i);
		cond_resched();
	}
	kmem_cache_destroy(plain);
	kmem_cache_destroy(constructed);
	kmem_cache_destroy(typesafe);
	kmem_cache_destroy(aligned);
}

/* Twice: what is allocated the second time was free before. */
static int make(unsigned int k)
{
	unsigned int i, turn;

	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < OBJECTS; i++) {
			if (!objects[k][i])
				objects[k][i] = kinds[k].alloc();
			if (!objects[k][i])
				return -ENOMEM;
		}
		for (i = !turn; i < OBJECTS; i += 2)
			release(k, i);
		cond_resched();
	}
	return 0;
}

static int __init la_kinds_init(void)
{
	unsigned int k;

	plain = kmem_cache_create("la_kinds_plain", 120, 0, 0, NULL);
	constructed = kmem_cache_create("la_kinds_constructed", 120, 0, 0, construct);
	typesafe = kmem_cache_create("la_kinds_typesafe", 328, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	aligned = kmem_cache_create("la_kinds_aligned", 200, 0, SLAB_HWCACHE_ALIGN, NULL);
	if (!plain || !constructed || !typesafe || !aligned)
		goto err_release;
	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		if (make(k))
			goto err_release;
	return 0;

err_release:
	release_all();
	return -ENOMEM;
}

module_init(la_kinds_init);
module_exit(release_all);
MODULE_DESCRIPTION("Objects of several kinds of caches, for the tests of leakacct");
MODULE_LICENSE("GPL");
