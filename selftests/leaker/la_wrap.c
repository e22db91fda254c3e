// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks on request through functions that only pass an allocation on.
 *
 * A write of "WAY N" to the parameter `leak` allocates N objects and keeps them; an skb
 * is two. WAY says through what, and plant_WAY() is who calls that. `kasprintf_too` is
 * another caller of the same wrapper, of objects of the same size. `own` is
 * la_wrap_own(), which nobody knows as a wrapper who is not told. `area` is kvmalloc() of 1 MB
 * while no such block is free.
 *
 * A read of `packets` tells of each kind of skb that was kept a line: WAY, skbs, what ksize()
 * says of one and of one's data, and the bytes of the blocks of pages that data lie in.
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
#include <net/net_namespace.h>
#include <net/sock.h>

#include "pieces.h"

#define SIZE	227
#define MAX_KEPT	4096
#define MB		1048576
#define TRIES		32

/* Where kept objects are found; which way each came says how it is freed. */
struct kept {
	void *object;
	unsigned int way;
};

static struct kept kept[MAX_KEPT];
static unsigned int nr_kept;
static struct device *dev;
static mempool_t *pool;

/* Without an owner, whom each socket would keep. */
static struct proto proto = {
	.name = "la_wrap",
	.obj_size = sizeof(struct sock),
};

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

/* Data in a slab, in pages of their own, and in a part of a block that others share. */
static noinline void *plant_skb_small(void)
{
	return made(alloc_skb(100, GFP_KERNEL));
}

static noinline void *plant_skb_large(void)
{
	return made(alloc_skb(20000, GFP_KERNEL));
}

static noinline void *plant_skb_frag(void)
{
	return made(dev_alloc_skb(2000));
}

static noinline void *plant_sock(void)
{
	return made(sk_alloc(&init_net, PF_KEY, GFP_KERNEL, &proto, 1));
}

static noinline void *plant_large(void)
{
	size_t size = MB;

	OPTIMIZER_HIDE_VAR(size);
	return made(kvmalloc(size, GFP_KERNEL));
}

static noinline void *plant_area(void)
{
	size_t size = MB;

	OPTIMIZER_HIDE_VAR(size);
	return made(kvmalloc(size, GFP_KERNEL));
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

static void free_sock(void *object)
{
	sk_free(object);
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
	{ "skb_small", plant_skb_small, free_skb },
	{ "skb_large", plant_skb_large, free_skb },
	{ "skb_frag", plant_skb_frag, free_skb },
	{ "sock", plant_sock, free_sock },
	{ "kvmalloc", plant_kvmalloc, free_kvmalloced },
	{ "large", plant_large, free_kvmalloced },
	{ "area", plant_area, free_kvmalloced },
	{ "own", plant_own, free_kmalloced },
};

static void free_all(void)
{
	while (nr_kept) {
		nr_kept--;
		ways[kept[nr_kept].way].free(kept[nr_kept].object);
	}
}

static int plant_some(unsigned int way, unsigned int n)
{
	for (; n; n--) {
		void *object = ways[way].plant();

		if (!object)
			return -ENOMEM;
		kept[nr_kept++] = (struct kept){ object, way };
	}
	return 0;
}

/* Somebody may have freed a block after all. */
static int plant_areas(unsigned int way, unsigned int n)
{
	void *others[TRIES];
	unsigned int i = 0;
	int err = pieces_make();

	while (n && !err) {
		void *object = ways[way].plant();

		if (object && is_vmalloc_addr(object)) {
			kept[nr_kept++] = (struct kept){ object, way };
			n--;
		} else if (object && i < TRIES) {
			others[i++] = object;
		} else {
			kvfree(object);
			err = -ENOMEM;
		}
	}
	while (i)
		kvfree(others[--i]);
	pieces_undo();
	return err;
}

static int leak_by(unsigned int way, unsigned int n)
{
	if (n > MAX_KEPT - nr_kept)
		return -ENOSPC;
	return ways[way].plant == plant_area ? plant_areas(way, n) : plant_some(way, n);
}

/* The block that the data of the skb that is kept there lies in, if no one before lies there. */
static size_t block_of(unsigned int at)
{
	struct page *block = virt_to_head_page(((struct sk_buff *)kept[at].object)->head);
	unsigned int i;

	for (i = 0; i < at; i++) {
		if (kept[i].way == kept[at].way &&
		    virt_to_head_page(((struct sk_buff *)kept[i].object)->head) == block)
			return 0;
	}
	return page_size(block);
}

static int show_packets(char *text, unsigned int way)
{
	size_t head = 0, data = 0, blocks = 0;
	unsigned int i, n = 0;

	for (i = 0; i < nr_kept; i++) {
		const struct sk_buff *skb = kept[i].object;

		if (kept[i].way != way)
			continue;
		n++;
		head = ksize(skb);
		if (skb->head_frag)
			blocks += block_of(i);
		else
			data = ksize(skb->head);
	}
	return n ? sprintf(text, "%s %u %zu %zu %zu\n", ways[way].name, n, head, data, blocks) : 0;
}

static int get_packets(char *text, const struct kernel_param *kp)
{
	unsigned int way;
	int n = 0;

	for (way = 0; way < ARRAY_SIZE(ways); way++)
		if (ways[way].free == free_skb)
			n += show_packets(text + n, way);
	return n;
}

static const struct kernel_param_ops packets_ops = { .get = get_packets };

module_param_cb(packets, &packets_ops, NULL, 0400);

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
