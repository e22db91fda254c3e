/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages: blocks of pages that are alive, from their allocation to their free.
 */
#ifndef LEAKACCT_PAGES_H
#define LEAKACCT_PAGES_H

#include <linux/mm.h>

#include "frames.h"
#include "leakacct.h"
#include "table.h"

/* Identity of a site's objects: blocks of an order, see LA_WHAT(). */
#define LA_PAGES_ORDER_AT	3
#define LA_PAGES_OWNER_AT	8
#define LA_PAGES_LABEL_AT	12

/* What pages are for, told by a wrapper: the first ones are given out again in parts. */
enum la_pages_label {
	LA_PAGES_PLAIN,
	LA_PAGES_FRAG,		/* page_frag_alloc() and its kin */
	LA_PAGES_POOL,		/* page_pool */
	LA_PAGES_DMA,		/* dma_alloc_coherent() and its kin, a driver's */
};

static __always_inline u64 la_pages_what(unsigned int order)
{
	return LA_WHAT(LA_CLASS_PAGE, (u64)order << LA_PAGES_ORDER_AT);
}

/* The same of pages that are part of something else, see struct la_unwound. */
static inline u64 la_pages_what_owned(u64 what, u8 owner)
{
	return what | (u64)owner << LA_PAGES_OWNER_AT;
}

static inline u64 la_pages_what_labelled(u64 what, enum la_pages_label label)
{
	return what | (u64)label << LA_PAGES_LABEL_AT;
}

/* What pages are part of: a class other than slab, LA_OWNER_PAGE_TABLES; 0: nothing. */
static inline u8 la_pages_owner(u64 what)
{
	return what >> LA_PAGES_OWNER_AT & 0xf;
}

static inline bool la_pages_is_owned(u64 what)
{
	return la_pages_owner(what);
}

static inline unsigned int la_pages_order(u64 what)
{
	return what >> LA_PAGES_ORDER_AT & 0xf;
}

/* By number of the section; NULL where there is no memory, or its words are missing. */
extern struct la_section **la_pages_sections;
extern unsigned long la_pages_nr_sections;
/* Births count from here, in units of LA_PAGES_TICKS. */
extern u32 la_pages_epoch;

#define LA_PAGES_TICKS_SHIFT	5	/* about a second */

static __always_inline struct la_section *la_pages_section(unsigned long pfn)
{
	unsigned long at = pfn >> LA_SECTION_BITS;

	return likely(at < la_pages_nr_sections) ? READ_ONCE(la_pages_sections[at]) : NULL;
}

static __always_inline u32 la_pages_in_section(unsigned long pfn)
{
	return pfn & (LA_SECTION_FRAMES - 1);
}

/* What is born now. */
static __always_inline u32 la_pages_born(void)
{
	return ((la_ticks() - READ_ONCE(la_pages_epoch)) >> LA_PAGES_TICKS_SHIFT) + 1;
}

int la_pages_init(void);
void la_pages_exit(void);
u64 la_pages_memory(void);
const char *la_pages_label(u32 site);
bool la_pages_are_pooled(u32 site);
u64 la_pages_word(const struct page *page);
bool la_pages_find(const void *addr, struct la_record *out);
struct page *la_pages_find_block(struct page *page, struct la_record *out);
void la_pages_walk(la_table_visit visit, void *ctx);

/* @page begins a block, or a piece, with this word. */
typedef void (*la_pages_visit)(void *ctx, struct page *page, u64 word);

void la_pages_walk_words(la_pages_visit visit, void *ctx);
bool la_pages_is_kernels(struct page *page, u64 word);
struct la_record la_pages_record(u64 word);
void la_pages_mark_tasks(void);
u64 la_pages_clear(void);

#endif /* LEAKACCT_PAGES_H */
