// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks on request through functions that only pass an allocation on.
 *
 * A write of "WAY N" to the parameter `leak` allocates N objects and keeps them; an skb
 * is two. WAY says through what, and plant_WAY() is who calls that. `kasprintf_too` is
 * another caller of the same wrapper, of objects of the same size. `own` is
 * la_wrap_own(), which nobody knows as a wrapper who is not told.
 *
 * Unloaded it frees what it kept.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>

#define SIZE	227
#define MAX_KEPT	4096

/* Where kept objects are found; which way each came says how it is freed. */
struct kept {
	void *object;
	void (*free)(void *object);
};

static struct kept kept[MAX_KEPT];
static unsigned int nr_kept;
static struct device *dev;
static mempool_t *pool;

/* Keeps the call that made @object from being a tail call. */
static __always_inline void *made(void *object)
{
	OPTIMIZER_HIDE_VAR(object);
	barrier();
	return object;
}

static noinline void *plant_kasprintf(void)
{
	return made(kasprintf(GFP_KERNEL, "%*d", SIZE, 1));
}

static noinline void *plant_kasprintf_too(void)
{
	return made(kasprintf(GFP_KERNEL, "%*d", SIZE, 2));
}

static noinline void *plant_devm_kmalloc(void)
{
	return made(devm_kmalloc(dev, SIZE, GFP_KERNEL));
}

static noinline void *plant_mempool(void)
{
	return made(mempool_alloc(pool, GFP_KERNEL));
}

static noinline void *plant_skb(void)
{
	return made(alloc_skb(5 * SIZE, GFP_KERNEL));
}

static noinline void *plant_kvmalloc(void)
{
	size_t size = SIZE;

	OPTIMIZER_HIDE_VAR(size);
	return made(kvmalloc(size, GFP_KERNEL));
}

static noinline void *la_wrap_own(void)
{
	return made(kmalloc(SIZE, GFP_KERNEL));
}

static noinline void *plant_own(void)
{
	return made(la_wrap_own());
}

static void free_kmalloced(void *object)
{
	kfree(object);
}

static void free_device_memory(void *object)
{
	devm_kfree(dev, object);
}

static void free_to_pool(void *object)
{
	mempool_free(object, pool);
}

static void free_skb(void *object)
{
	kfree_skb(object);
}

static void free_kvmalloced(void *object)
{
	kvfree(object);
}

static const struct {
	const char *name;
	void *(*plant)(void);
	void (*free)(void *object);
} ways[] = {
	{ "kasprintf", plant_kasprintf, free_kmalloced },
	{ "kasprintf_too", plant_kasprintf_too, free_kmalloced },
	{ "devm_kmalloc", plant_devm_kmalloc, free_device_memory },
	{ "mempool", plant_mempool, free_to_pool },
	{ "skb", plant_skb, free_skb },
	{ "kvmalloc", plant_kvmalloc, free_kvmalloced },
	{ "own", plant_own, free_kmalloced },
};

static void free_all(void)
{
	while (nr_kept) {
		nr_kept--;
		kept[nr_kept].free(kept[nr_kept].object);
	}
}

static int leak_by(unsigned int way, unsigned int n)
{
	if (n > MAX_KEPT - nr_kept)
		return -ENOSPC;
	for (; n; n--) {
		void *object = ways[way].plant();

		if (!object)
			return -ENOMEM;
		kept[nr_kept++] = (struct kept){ object, ways[way].free };
	}
	return 0;
}

#include "ways.h"

static int __init la_wrap_init(void)
{
	pool = mempool_create_kmalloc_pool(1, SIZE);
	if (!pool)
		return -ENOMEM;
	dev = root_device_register("la_wrap");
	if (IS_ERR(dev)) {
		mempool_destroy(pool);
		return PTR_ERR(dev);
	}
	return 0;
}

static void __exit la_wrap_exit(void)
{
	free_all();
	root_device_unregister(dev);
	mempool_destroy(pool);
}

module_init(la_wrap_init);
module_exit(la_wrap_exit);
MODULE_DESCRIPTION("Leaks through wrappers of the allocator, for the tests of leakacct");
MODULE_LICENSE("GPL");
