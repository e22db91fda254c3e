// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layout.
 *
 * struct kmem_cache and struct slab are private to the allocator, at least since
 * 6.8. Nothing is taken on trust: where a slab keeps its cache is found by looking
 * for two caches of our own, and of struct kmem_cache that layout is taken which is
 * right for both. When none is, caches have no names, and the log says why.
 */
#include "layout.h"

#include <linux/errno.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"

#define NAME_A	"leakacct_layout_a"
#define NAME_B	"leakacct_layout_b"
/* Odd sizes, which no other field has by chance. */
#define SIZE_A	1256
#define SIZE_B	1480

struct la_cache_layout la_layout;
bool la_layout_known;
unsigned int la_layout_slab_cache;

static const struct la_cache_layout candidates[] = {
#ifdef LA_COMPAT_CACHE_LAYOUT
	LA_COMPAT_CACHE_LAYOUT,
#endif
	/* 6.8 to 6.17 and, with two numbers less before @refcount, from 6.18. */
	{ .flags = 8, .refcount = 64, .name = 96, .list = 104, .kobj = 120 },
	{ .flags = 8, .refcount = 60, .name = 88, .list = 96, .kobj = 112 },
};

static bool read_word(const void *at, unsigned long *word)
{
	return !copy_from_kernel_nofault(word, at, sizeof(*word));
}

/* Is there a pointer to that string? */
static bool points_to(const void *at, const char *string)
{
	char found[sizeof(NAME_A)];
	unsigned long word;

	return read_word(at, &word) &&
	       !copy_from_kernel_nofault(found, (void *)word, strlen(string) + 1) &&
	       !memcmp(found, string, strlen(string) + 1);
}

/* Is there a member of a list? */
static bool is_linked(const void *at)
{
	unsigned long next, back;

	return read_word(at, &next) && next && next != (unsigned long)at &&
	       read_word((void *)(next + sizeof(long)), &back) && back == (unsigned long)at;
}

static bool fits(const struct la_cache_layout *l, const struct kmem_cache *s, const char *name,
		 slab_flags_t reclaimable)
{
	const slab_flags_t *flags = la_layout_at(s, l->flags);

	return points_to(la_layout_at(s, l->name), name) &&
	       points_to(la_layout_at(s, l->kobj), name) && is_linked(la_layout_at(s, l->list)) &&
	       *(int *)la_layout_at(s, l->refcount) == 1 && *flags & SLAB_NOLEAKTRACE &&
	       (*flags & SLAB_RECLAIM_ACCOUNT) == reclaimable;
}

static bool has_sizes(const struct kmem_cache *s, unsigned int size)
{
	return la_compat_cache_object_size(s) == size && la_compat_cache_size(s) >= size &&
	       la_compat_cache_size(s) < size + PAGE_SIZE;
}

/* Offset in the head page of an object where its cache stands, and nowhere else; or 0. */
static unsigned int find_slab_cache(const void *object, const struct kmem_cache *s)
{
	const unsigned long *words = (void *)virt_to_head_page(object);
	unsigned int i, at = 0;

	for (i = 1; i < sizeof(struct page) / sizeof(long); i++) {
		if (words[i] != (unsigned long)s)
			continue;
		if (at)
			return 0;
		at = i * sizeof(long);
	}
	return at;
}

static int learn(struct kmem_cache *a, struct kmem_cache *b)
{
	void *of_a = kmem_cache_alloc(a, GFP_KERNEL), *of_b = kmem_cache_alloc(b, GFP_KERNEL);
	unsigned int i, at_a = 0, at_b = 0;

	if (of_a) {
		at_a = find_slab_cache(of_a, a);
		kmem_cache_free(a, of_a);
	}
	if (of_b) {
		at_b = find_slab_cache(of_b, b);
		kmem_cache_free(b, of_b);
	}
	if (!of_a || !of_b)
		return -ENOMEM;
	if (!at_a || at_a != at_b || !has_sizes(a, SIZE_A) || !has_sizes(b, SIZE_B)) {
		pr_err("slabs of this kernel are not laid out as expected: not loading\n");
		return -ENXIO;
	}
	la_layout_slab_cache = at_a;
	for (i = 0; i < ARRAY_SIZE(candidates) && !la_layout_known; i++) {
		la_layout = candidates[i];
		la_layout_known = fits(&la_layout, a, NAME_A, SLAB_RECLAIM_ACCOUNT) &&
				  fits(&la_layout, b, NAME_B, 0);
	}
	if (!la_layout_known)
		pr_warn("struct kmem_cache of this kernel is not known: caches have no names\n");
	return 0;
}

/**
 * la_layout_init() - learn how slabs and caches are laid out
 *
 * Context: process, before anything is hooked.
 * Return: 0, -ENOMEM, or -ENXIO when not even sizes can be told.
 */
int la_layout_init(void)
{
	/* SLAB_NOLEAKTRACE: never merged with another. */
	struct kmem_cache *a = kmem_cache_create(NAME_A, SIZE_A, 0, SLAB_NOLEAKTRACE |
						 SLAB_RECLAIM_ACCOUNT, NULL);
	struct kmem_cache *b = kmem_cache_create(NAME_B, SIZE_B, 0, SLAB_NOLEAKTRACE, NULL);
	int err = -ENOMEM;

	la_layout_known = false;
	if (a && b)
		err = learn(a, b);
	kmem_cache_destroy(b);
	kmem_cache_destroy(a);
	return err;
}
