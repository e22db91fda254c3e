// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trials of the hooks on pages, see trials.c.
 */
#include "trials.h"

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "compat.h"
#include "compat_trial.h"
#include "pages.h"
#include "sites.h"

#define HIGH_ORDER	5	/* more than is kept on the CPUs' lists */
#define PAGES		4

/* Is it known, whole and ours? */
static bool seen(struct page *page, unsigned int order)
{
	u64 word = page ? la_pages_word(page) : 0;

	return word && la_frame_order(word) == order && !la_frame_is_piece(word) &&
	       la_sites_table[la_frame_site(word)].own;
}

/* As it was freed it may have another word by now, but not the same. */
static bool gone(struct page *page, u64 before)
{
	return before && la_pages_word(page) != before;
}

static bool freed_is_gone(unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);
	u64 word;

	if (!page)
		return false;
	word = la_pages_word(page);
	__free_pages(page, order);
	return gone(page, word);
}

bool la_trial_page_alloc(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	bool ok = seen(page, 1);

	if (page)
		__free_pages(page, 1);
	return ok;
}

bool la_trial_page_free(void)
{
	return freed_is_gone(0);
}

bool la_trial_page_free_high(void)
{
	return freed_is_gone(HIGH_ORDER);
}

bool la_trial_page_free_batch(void)
{
	struct page *pages[PAGES];
	u64 words[PAGES];
	unsigned int i, n = 0;
	bool ok = true;

	for (i = 0; i < PAGES; i++) {
		pages[n] = alloc_page(GFP_KERNEL);
		if (!pages[n])
			continue;
		words[n] = la_pages_word(pages[n]);
		n++;
	}
	if (!n)
		return false;
	release_pages(pages, n);
	for (i = 0; i < n; i++)
		ok &= gone(pages[i], words[i]);
	return ok;
}

#ifdef la_compat_alloc_pages_bulk
bool la_trial_page_alloc_bulk(void)
{
	struct page *pages[PAGES] = { };
	unsigned long i, n = la_compat_alloc_pages_bulk(GFP_KERNEL, PAGES, pages);
	bool ok = n;

	for (i = 0; i < n; i++) {
		ok &= seen(pages[i], 0);
		__free_page(pages[i]);
	}
	return ok;
}
#else
bool la_trial_page_alloc_bulk(void)
{
	return false;
}
#endif
