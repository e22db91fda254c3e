/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alive: is an object allocated? What the allocator itself says.
 */
#ifndef LEAKACCT_ALIVE_H
#define LEAKACCT_ALIVE_H

#include <linux/types.h>

enum la_alive {
	LA_ALIVE_UNKNOWN,	/* the allocator does not tell */
	LA_ALIVE_NO,		/* it is free */
	LA_ALIVE_YES,		/* it is on no list of free ones */
};

struct la_site;
struct page;

enum la_alive la_alive_ask(const struct la_site *site, const void *object);
enum la_alive la_alive_ask_pages(struct page *page, unsigned int order);
bool la_alive_slab_is_full(const void *start, u32 slots);
bool la_alive_tells(void);
int la_alive_init(void);

#endif /* LEAKACCT_ALIVE_H */
