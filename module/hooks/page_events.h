/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page events: what becomes of an allocation or a free of pages that a hook hears of.
 */
#ifndef LEAKACCT_PAGE_EVENTS_H
#define LEAKACCT_PAGE_EVENTS_H

#include <linux/list.h>
#include <linux/types.h>

struct la_direct_frame;
struct page;
struct pt_regs;

/* What traced_pages.c leaves to us, as the last thing that it does. */
void la_page_events_allocated(struct page *page, unsigned int order);
void la_page_events_healed(u64 stale, struct page *page);
void la_page_events_freed(struct page *page, unsigned int order);
void la_page_events_freed_outside(struct page *page, unsigned int order);
void la_page_events_freed_inside(struct page *page, unsigned int order);

/* The audit's. */
bool la_page_events_remove_if(struct page *page, u64 word);

/* By return probes. */
void la_page_events_init(bool kprobes_only);
bool la_page_events_in_bulk(unsigned long caller);
void la_page_events_alloc(struct page *page, unsigned int order, struct pt_regs *regs,
			  unsigned long caller);
void la_page_events_alloc_bulk(unsigned long n, struct list_head *list, struct page **array,
			       bool was_empty, struct pt_regs *regs, unsigned long caller);
void la_page_events_alloc_range(unsigned long begin, unsigned long end, struct pt_regs *regs,
				unsigned long caller);

/* By direct calls: alloc_pages_bulk() and alloc_contig_range(). */
void la_page_events_bulk(void *hits, const struct la_direct_frame *frame);
void la_page_events_range(void *hits, const struct la_direct_frame *frame);

#endif /* LEAKACCT_PAGE_EVENTS_H */
