// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a block of pages allocated? What the page allocator's own marks say.
 *
 * A page that somebody has shows it: by a reference, a mapping, a flag or a type. No
 * reference is no proof that it is free: a block that is no compound page has one at its first
 * page alone, and pages that are a slab's, or that the allocator is about to hand out, have
 * none on newer kernels. A free one lies in a block that carries the mark of free
 * blocks, or begins an entry of a CPU's list, which its neighbours know.
 *
 * Nothing is locked. Who asks has read the block's word before, and that was stored
 * when the pages were off all lists; so what is found on one since has been freed. What is
 * on its way between two lists is on none: it is kept, and found the next time.
 *
 * A block whose first page is free may live in part, if it was split before: so each other
 * page is looked at as well. Those that have a word of their own were allocated after ours
 * was freed.
 */
#include "alive.h"

#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page_ref.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "frames.h"
#include "pages.h"

/* Is it in a list, whose other entries know it? */
static bool is_listed(const struct page *page)
{
	const struct list_head *next = READ_ONCE(page->lru.next), *of_next;
	const struct list_head *prev = READ_ONCE(page->lru.prev), *of_prev;

	return next != &page->lru &&
	       !copy_from_kernel_nofault(&of_next, &next->prev, sizeof(of_next)) &&
	       of_next == &page->lru &&
	       !copy_from_kernel_nofault(&of_prev, &prev->next, sizeof(of_prev)) &&
	       of_prev == &page->lru;
}

/* So is each page that is free; of those in use, the later ones of a block at most. */
static bool has_no_owner(struct page *page)
{
	return !page_ref_count(page) && !PageTail(page) &&
	       atomic_read(&page->_mapcount) == -1 && !READ_ONCE(page->mapping) &&
	       !(la_compat_page_flags(page) & PAGE_FLAGS_CHECK_AT_PREP);
}

/* Frames from @pfn on to the end of a free block that begins at @first; 0: it is none. */
static u32 left_of_block(unsigned long first, unsigned long pfn)
{
	struct page *head = pfn_to_online_page(first);
	unsigned long order;

	if (!head || !PageBuddy(head))
		return 0;
	order = READ_ONCE(head->private);
	/* If it is free no more, that can be anything. */
	smp_rmb();
	if (!PageBuddy(head) || order > LA_FRAME_MAX_ORDER || first & ((1ul << order) - 1) ||
	    first + (1ul << order) <= pfn)
		return 0;
	return first + (1ul << order) - pfn;
}

/* The same, of the free block that a frame lies in. */
static u32 left_of_free(unsigned long pfn)
{
	unsigned int order;
	u32 left = 0;

	for (order = 0; order <= LA_FRAME_MAX_ORDER && !left; order++)
		if (!order || pfn & 1ul << (order - 1))
			left = left_of_block(pfn & ~((1ul << order) - 1), pfn);
	return left;
}

/* How many frames to go on by: that are free, or somebody else's; 0: this may be ours. */
static u32 not_ours(struct page *page, bool is_first)
{
	u64 other = is_first ? 0 : la_pages_word(page);
	u32 left;

	if (other)
		return 1u << la_frame_order(other);
	left = left_of_free(page_to_pfn(page));
	if (left)
		return left;
	return has_no_owner(page) && (!is_first || is_listed(page));
}

/**
 * la_alive_ask_pages() - is a block of pages allocated?
 * @page: its first page, whose word was read before
 * @order: of the block, or the piece, that the word says
 *
 * LA_ALIVE_NO means that all of it was free at some time after the word was read.
 *
 * Context: process.
 */
enum la_alive la_alive_ask_pages(struct page *page, unsigned int order)
{
	u32 i, step, n = 1u << order;

	/* The word is from before what is read now. Pairs with xchg() in la_section_put(). */
	smp_rmb();
	if (!PageBuddy(page) && !has_no_owner(page))
		return LA_ALIVE_YES;
	for (i = 0; i < n; i += step) {
		step = not_ours(page + i, !i);
		if (!step)
			return LA_ALIVE_UNKNOWN;
	}
	return LA_ALIVE_NO;
}
