/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory in pieces: no block of 1 MB is left, although much more is free.
 *
 * Some of the largest blocks are given back but for one page in each MB, over which the
 * allocator can't join the others. Then all blocks are taken that are left. What is in pieces by
 * then is more than what nobody may have without need, so that all others find what they want.
 */
#ifndef LA_TEST_PIECES_H
#define LA_TEST_PIECES_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>

#define PIECES_ORDER	8	/* 1 MB */
#define PIECES_MAX	10
#define PIECES_BLOCKS	32	/* of 4 MB, to be broken */

static LIST_HEAD(pieces_kept);

static void pieces_keep(struct page *page, unsigned int order)
{
	set_page_private(page, order);
	list_add(&page->lru, &pieces_kept);
}

static void pieces_break(struct page *page)
{
	unsigned int i;

	split_page(page, PIECES_MAX);
	for (i = 0; i < 1u << PIECES_MAX; i++) {
		if (i % (1u << PIECES_ORDER))
			__free_page(page + i);
		else
			pieces_keep(page + i, 0);
	}
}

/* Return: 0, or -ENOMEM: there is too little. */
static int pieces_make(void)
{
	struct page *pages[PIECES_BLOCKS], *page;
	unsigned int i, n, order;

	for (n = 0; n < PIECES_BLOCKS; n++) {
		pages[n] = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, PIECES_MAX);
		if (!pages[n])
			break;
	}
	for (i = 0; i < n; i++)
		pieces_break(pages[i]);
	for (order = PIECES_MAX; order >= PIECES_ORDER; order--)
		while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order)))
			pieces_keep(page, order);
	return n == PIECES_BLOCKS ? 0 : -ENOMEM;
}

static void pieces_undo(void)
{
	struct page *page, *next;
	unsigned int order;

	list_for_each_entry_safe(page, next, &pieces_kept, lru) {
		order = page_private(page);
		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
	}
}

#endif /* LA_TEST_PIECES_H */
