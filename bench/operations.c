// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations: what is measured.
 */
#include "operations.h"

#include <linux/bitrev.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#define BULK		16u
#define SPLIT_ORDER	5u
#define CACHE_SIZE	136u

static struct kmem_cache *cache;

/* Not known when this is compiled. */
static unsigned int object_size = OBJECT_SIZE;

static void kmalloc_const(unsigned int n)
{
	void *p;

	while (n--) {
		p = kmalloc(OBJECT_SIZE, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		kfree(p);
	}
}

static void kmalloc_var(unsigned int n)
{
	void *p;

	while (n--) {
		p = kmalloc(READ_ONCE(object_size), GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		kfree(p);
	}
}

static void cache_pair(unsigned int n)
{
	void *p;

	while (n--) {
		p = kmem_cache_alloc(cache, GFP_KERNEL);
		if (p)
			kmem_cache_free(cache, p);
	}
}

static void bulk(unsigned int n)
{
	void *p[BULK];

	for (n /= BULK; n--; )
		if (kmem_cache_alloc_bulk(cache, GFP_KERNEL, BULK, p))
			kmem_cache_free_bulk(cache, BULK, p);
}

struct rcu_object {
	struct rcu_head rcu;
	char rest[OBJECT_SIZE - sizeof(struct rcu_head)];
};

static void rcu_pair(unsigned int n)
{
	struct rcu_object *o;

	while (n--) {
		o = kmalloc(sizeof(*o), GFP_KERNEL);
		if (o)
			kfree_rcu(o, rcu);
	}
}

static void page_pair(unsigned int n)
{
	struct page *page;

	while (n--) {
		page = alloc_page(GFP_KERNEL);
		if (page)
			__free_page(page);
	}
}

/* A block that comes back in single pages. */
static void split_pages(unsigned int n)
{
	struct page *page;
	unsigned int i;

	for (n >>= SPLIT_ORDER; n--; ) {
		page = alloc_pages(GFP_KERNEL, SPLIT_ORDER);
		if (!page)
			continue;
		split_page(page, SPLIT_ORDER);
		for (i = 0; i < 1 << SPLIT_ORDER; i++)
			__free_page(page + i);
	}
}

static unsigned int nth_up(unsigned int n)
{
	return n;
}

static unsigned int nth_down(unsigned int n)
{
	return (1 << BLOCK_ORDER) - 1 - n;
}

/* From the middle on, and then of each half the middle: what is left falls into most pieces. */
static unsigned int nth_halves(unsigned int n)
{
	return bitrev32(n + 1) >> (32 - BLOCK_ORDER);
}

/* From the middle out, to both sides. */
static unsigned int nth_out(unsigned int n)
{
	unsigned int half = 1 << (BLOCK_ORDER - 1);

	return n & 1 ? half + n / 2 : half - 1 - n / 2;
}

static void *hold_kmalloc(void)
{
	return kmalloc(OBJECT_SIZE, GFP_KERNEL);
}

static void *hold_cache(void)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

static void let_go_of_cache(void *object)
{
	if (object)
		kmem_cache_free(cache, object);
}

static void let_go_of_kmalloc(void *object)
{
	kfree(object);
}

static struct operation operations[] = {
	{ "kmalloc", kmalloc_const, 1, hold_kmalloc, let_go_of_kmalloc },
	{ "kmalloc_var", kmalloc_var, 1, hold_kmalloc, let_go_of_kmalloc },
	{ "cache", cache_pair, 1, hold_cache, let_go_of_cache },
	{ "bulk", bulk, BULK, hold_cache, let_go_of_cache },
	{ "kfree_rcu", rcu_pair, 1 },
	{ "page", page_pair, 1, hold_kmalloc, let_go_of_kmalloc },
	{ "split", split_pages, 1 << SPLIT_ORDER, hold_kmalloc, let_go_of_kmalloc },
	{ "block_up", .nth = nth_up },
	{ "block_down", .nth = nth_down },
	{ "block_halves", .nth = nth_halves },
	{ "block_out", .nth = nth_out },
};

/* NULL when there is none of that name. */
struct operation *operation_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		if (sysfs_streq(name, operations[i].name))
			return &operations[i];
	return NULL;
}

int operations_init(void)
{
	cache = kmem_cache_create("la_bench", CACHE_SIZE, 0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

void operations_exit(void)
{
	kmem_cache_destroy(cache);
}
