// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look of the census at one struct page: what it shows of whose it is.
 *
 * No lock of the kernel's is taken: what is read of a page is safe whatever it becomes
 * meanwhile.
 */
#include "census_look.h"

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "census_areas.h"
#include "compat.h"
#include "pages.h"
#include "sites.h"

#define MAX_FREE_ORDER	10

/* Is it in a list: does its neighbour know it? One that was never in any is its own. */
static bool is_listed(const struct page *page)
{
	const struct list_head *next = READ_ONCE(page->lru.next), *back;

	return next != &page->lru &&
	       !copy_from_kernel_nofault(&back, &next->prev, sizeof(back)) &&
	       back == &page->lru;
}

/*
 * Does it lie in a block that is known, and whose first frame is in use? Then it is in no
 * list, but may look so up to 5.17: there the list of a CPU is emptied into one on
 * the stack, which its entries remember once they are part of larger blocks.
 */
static bool is_tail_in_use(struct page *page, u64 word)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long first = ALIGN_DOWN(pfn, 1ul << la_frame_order(word));

	return word && first != pfn && page_count(pfn_to_page(first)) > 0;
}

static u8 owner_of(u32 site)
{
	switch (la_pages_owner(la_sites_table[site].what)) {
	case LA_CLASS_LARGE:
		return LA_TOLD_LARGE;
	case LA_CLASS_VMALLOC:
		return LA_TOLD_VMALLOC;
	case LA_CLASS_PERCPU:
		return LA_TOLD_PERCPU;
	default:
		return LA_TOLD_NOTHING;
	}
}

/* What is known of a page that nothing marks. */
static void look_closer(const struct la_told_map *map, struct page *page, struct page *head,
			struct la_seen *seen)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long mapping = (unsigned long)READ_ONCE(head->mapping);
	struct la_section *s = la_pages_section(pfn);
	u64 word = s ? la_section_word(s, la_pages_in_section(pfn)) : 0;

	seen->site = la_frame_site(word);
	seen->owner = owner_of(seen->site);
	seen->area = la_told_by_area(map, pfn);
	la_seen_set(seen, LA_SIGN_COMPOUND, PageCompound(page));
	la_seen_set(seen, LA_SIGN_REFERENCED, page_count(head) > 0);
	la_seen_set(seen, LA_SIGN_MOVABLE, la_compat_page_is_movable(head));
	la_seen_set(seen, LA_SIGN_MAPPING, mapping && (mapping & 3) != 2);
	la_seen_set(seen, LA_SIGN_MAPPED, atomic_read(&page->_mapcount) >= 0);
	if (!la_seen_has(seen, LA_SIGN_REFERENCED) && !la_seen_has(seen, LA_SIGN_COMPOUND))
		la_seen_set(seen, LA_SIGN_LISTED, !is_tail_in_use(page, word) && is_listed(page));
}

static void look_at_free(struct page *page, struct la_seen *seen)
{
	unsigned long order = READ_ONCE(page->private);

	/* It may be free no more. */
	if (order <= MAX_FREE_ORDER && !(page_to_pfn(page) & ((1ul << order) - 1)))
		seen->frames = 1u << order;
}

/*
 * What the head of a compound page says goes for its other frames, but that one of them is
 * poisoned. The head may be free by now, and its order be anything: so the last frame is
 * asked whether it is a tail of it.
 */
static u32 same_until(struct page *page, struct page *head, unsigned long end)
{
	unsigned long pfn = page_to_pfn(page), first = page_to_pfn(head);
	unsigned int order = compound_order(head);

	if (!order || order >= BITS_PER_LONG || first & ((1ul << order) - 1))
		return 1;
	end = min(end, first + (1ul << order));
	return end > pfn && compound_head(pfn_to_page(end - 1)) == head ? end - pfn : 1;
}

/**
 * la_census_look() - read a frame
 * @map: what areas tell
 * @page: the frame, which is online
 * @has_poison: some frame is poisoned, or nobody knows
 * @end: frames from there on are not looked at
 * @seen: gets its signs, and how many frames they go for
 *
 * Context: process.
 */
void la_census_look(const struct la_told_map *map, struct page *page, bool has_poison,
		    unsigned long end, struct la_seen *seen)
{
	struct page *head = compound_head(page);
	unsigned long flags = la_compat_page_flags(head);

	*seen = (struct la_seen){ .frames = 1 };
	/* 5.10 leaves one that was free on its list, as a block's first frame maybe. */
	la_seen_set(seen, LA_SIGN_POISONED, PageHWPoison(page) && !PageBuddy(page));
	la_seen_set(seen, LA_SIGN_RESERVED, PageReserved(page));
	la_seen_set(seen, LA_SIGN_BUDDY, PageBuddy(page) || la_compat_page_is_unaccepted(page));
	la_seen_set(seen, LA_SIGN_OFFLINE, PageOffline(page));
	la_seen_set(seen, LA_SIGN_TABLE, PageTable(head));
	la_seen_set(seen, LA_SIGN_SLAB, PageSlab(head));
	la_seen_set(seen, LA_SIGN_LARGE, la_compat_page_is_large(head));
	la_seen_set(seen, LA_SIGN_HUGETLB, PageCompound(page) && PageHuge(head));
	la_seen_set(seen, LA_SIGN_LRU, test_bit(PG_lru, &flags));
	la_seen_set(seen, LA_SIGN_SWAPBACKED, test_bit(PG_swapbacked, &flags));
	la_seen_set(seen, LA_SIGN_UNEVICTABLE, test_bit(PG_unevictable, &flags));
	if (la_seen_has(seen, LA_SIGN_BUDDY))
		look_at_free(page, seen);
	else if (!la_census_is_marked(seen))
		look_closer(map, page, head, seen);
	else if (PageCompound(page) && !has_poison)
		seen->frames = same_until(page, head, end);
}
