/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: page pools. See compat.h.
 */
#ifndef LEAKACCT_COMPAT_POOL_H
#define LEAKACCT_COMPAT_POOL_H

#include <linux/mm.h>
#include <linux/poison.h>

#include "compat_version.h"

#if LA_SINCE(6, 6)
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>
#else
#include <net/page_pool.h>
#endif

/* Pages say which pool they are of since 5.14. */
#define LA_COMPAT_PAGES_HAVE_POOL	LA_SINCE(5, 14)

/* The pool that a page is of, be it there or handed out; NULL: of none. Not to be followed. */
static inline const struct page_pool *la_compat_page_pool(const struct page *page)
{
#if LA_COMPAT_PAGES_HAVE_POOL
#ifdef PP_MAGIC_MASK
	unsigned long mask = PP_MAGIC_MASK;
#else
	unsigned long mask = ~3ul;
#endif

	if ((READ_ONCE(page->pp_magic) & mask) == PP_SIGNATURE)
		return READ_ONCE(page->pp);
#endif
	return NULL;
}

#endif /* LEAKACCT_COMPAT_POOL_H */
