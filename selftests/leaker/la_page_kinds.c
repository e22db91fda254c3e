// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of pages of several kinds, of which some live and some are free, side by side.
 *
 * The parameter `objects` says how many there are of each kind. What is written to `release` is
 * done: "odd" frees every second one of each; "first" the first page alone of those that
 * were split; "freeze" takes the reference from those of kind_frozen(), as the kernel does when it
 * moves a page, and "thaw" gives it back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page_ref.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../../module/compat/compat.h"
#include "../../module/compat/compat_trial.h"

#define OBJECTS		64
#define EXACT_BYTES	(5 * PAGE_SIZE)
#define FRAG_PARTS	4

static unsigned int objects = OBJECTS;
module_param(objects, uint, 0444);

/* Of kind_listed(), which is in a list of ours. */
static LIST_HEAD(pages_of_ours);
/* Those of kind_split() have lost their first page. */
static bool first_is_gone;

/* The barrier keeps the call from being a tail call. */
#define DEFINE_KIND(_name, _call)					\
static noinline struct page *kind_##_name(void)			\
{									\
	struct page *page = _call;					\
									\
	OPTIMIZER_HIDE_VAR(page);					\
	barrier();							\
	return page;							\
}

#define DEFINE_ORDER(_order)						\
	DEFINE_KIND(order_##_order, alloc_pages(GFP_KERNEL, _order))

#define DEFINE_FREE_OF(_order)						\
static void free_order_##_order(struct page *page)			\
{									\
	__free_pages(page, _order);					\
}

#define DEFINE_COMPOUND(_order)						\
	DEFINE_KIND(compound_##_order, alloc_pages(GFP_KERNEL | __GFP_COMP, _order))

DEFINE_ORDER(0)
DEFINE_ORDER(1)
DEFINE_ORDER(2)
DEFINE_ORDER(3)
DEFINE_ORDER(4)
DEFINE_ORDER(5)
DEFINE_FREE_OF(0)
DEFINE_FREE_OF(1)
DEFINE_FREE_OF(2)
DEFINE_FREE_OF(3)
DEFINE_FREE_OF(4)
DEFINE_FREE_OF(5)
DEFINE_COMPOUND(1)
DEFINE_COMPOUND(3)
DEFINE_COMPOUND(5)
DEFINE_KIND(frozen, alloc_page(GFP_KERNEL))

/* Whoever had it has freed it; who looked at it has a reference still. */
static noinline struct page *kind_held(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page) {
		get_page(page);
		__free_page(page);
	}
	return page;
}

/* Likewise, of which the later pages are gone. */
static noinline struct page *kind_held_first(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	if (page) {
		get_page(page);
		__free_pages(page, 2);
	}
	return page;
}

static noinline struct page *kind_split(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	if (page)
		split_page(page, 3);
	return page;
}

static noinline struct page *kind_exact(void)
{
	void *object = alloc_pages_exact(EXACT_BYTES, GFP_KERNEL);

	return object ? virt_to_page(object) : NULL;
}

static noinline struct page *kind_listed(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		list_add(&page->lru, &pages_of_ours);
	return page;
}

/* A block that its cache has left to its parts. */
static noinline struct page *kind_frag(void)
{
	struct page_frag_cache cache = { };
	void *part = NULL;
	unsigned int i;

	for (i = 0; i < FRAG_PARTS; i++)
		part = page_frag_alloc(&cache, 1024, GFP_KERNEL);
	la_compat_page_frag_drain(&cache);
	return part ? virt_to_head_page(part) : NULL;
}

static void free_split(struct page *page)
{
	unsigned int i;

	for (i = first_is_gone; i < 8; i++)
		__free_page(page + i);
}

static void free_exact(struct page *page)
{
	free_pages_exact(page_address(page), EXACT_BYTES);
}

static void free_listed(struct page *page)
{
	list_del(&page->lru);
	__free_page(page);
}

static void free_frag(struct page *page)
{
	unsigned int i;

	for (i = 0; i < FRAG_PARTS; i++)
		page_frag_free(page_address(page));
}

typedef struct page *(*alloc_fn)(void);
typedef void (*page_fn)(struct page *page);

static const struct kind {
	alloc_fn alloc;
	page_fn free;
} kinds[] = {
	{ kind_order_0, free_order_0 },
	{ kind_order_1, free_order_1 },
	{ kind_order_2, free_order_2 },
	{ kind_order_3, free_order_3 },
	{ kind_order_4, free_order_4 },
	{ kind_order_5, free_order_5 },
	{ kind_compound_1, put_page },
	{ kind_compound_3, put_page },
	{ kind_compound_5, put_page },
	{ kind_held, put_page },
	{ kind_held_first, put_page },
	{ kind_split, free_split },
	{ kind_exact, free_exact },
	{ kind_listed, free_listed },
	{ kind_frag, free_frag },
	{ kind_frozen, put_page },
};

static struct page *pages[ARRAY_SIZE(kinds)][OBJECTS];

static void release(unsigned int k, unsigned int i)
{
	struct page *page = pages[k][i];

	pages[k][i] = NULL;
	if (page)
		kinds[k].free(page);
}

static void release_all(void)
{
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		for (i = 0; i < OBJECTS; i++)
			release(k, i);
}

static void release_odd(void)
{
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		for (i = 1; i < OBJECTS; i += 2)
			release(k, i);
}

/* All that live of a kind. */
static void visit_kind(alloc_fn alloc, page_fn fn)
{
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		for (i = 0; kinds[k].alloc == alloc && i < OBJECTS; i++)
			if (pages[k][i])
				fn(pages[k][i]);
}

static void free_first(struct page *page)
{
	__free_page(page);
}

static void free_first_pages(void)
{
	if (!first_is_gone)
		visit_kind(kind_split, free_first);
	first_is_gone = true;
}

static void freeze(struct page *page)
{
	page_ref_freeze(page, 1);
}

static void thaw(struct page *page)
{
	page_ref_unfreeze(page, 1);
}

static int set_release(const char *value, const struct kernel_param *kp)
{
	if (sysfs_streq(value, "odd"))
		release_odd();
	else if (sysfs_streq(value, "first"))
		free_first_pages();
	else if (sysfs_streq(value, "freeze"))
		visit_kind(kind_frozen, freeze);
	else if (sysfs_streq(value, "thaw"))
		visit_kind(kind_frozen, thaw);
	else
		return -EINVAL;
	return 0;
}

static const struct kernel_param_ops release_ops = { .set = set_release };
module_param_cb(release, &release_ops, NULL, 0200);

static int __init la_page_kinds_init(void)
{
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (i = 0; i < OBJECTS; i++) {
			pages[k][i] = kinds[k].alloc();
			if (!pages[k][i])
				goto err_release;
		}
		cond_resched();
	}
	return 0;

err_release:
	release_all();
	return -ENOMEM;
}

module_init(la_page_kinds_init);
module_exit(release_all);
MODULE_DESCRIPTION("Blocks of pages of several kinds, for the tests of leakacct");
MODULE_LICENSE("GPL");
