// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traced pages: the hot path of page blocks, built as traced.c is and for the same reasons.
 *
 * The events name no caller: who allocates is told by the stack from the page allocator on.
 */
#include "traced.h"

#include <linux/mm.h>
#include <linux/tracepoint.h>
#include <trace/events/kmem.h>

#include "counters.h"
#include "events.h"
#include "page_events.h"
#include "pages.h"
#include "probe.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "tasks.h"
#include "unwind.h"

/* Its allocation is counted. */
static __always_inline void put(struct page *page, unsigned int order, u32 site)
{
	const unsigned long pfn = page_to_pfn(page);
	struct la_section *s = la_pages_section(pfn);
	u64 stale;

	stale = la_section_put(s, la_pages_in_section(pfn),
			       la_frame_make(site, la_tasks_last(), la_pages_born(), order));
	if (unlikely(stale))
		la_page_events_healed(stale, page);
}

static la_compat_event void page_allocated(struct page *page, unsigned int order)
{
	const struct la_chain *chain;
	const struct la_link *link;

	if (unlikely(!page)) {
		la_count(LA_ALLOC_FAILED);
		return;
	}
	if (likely(la_peek(la_events_how) == LA_RECORDING_ON) && likely(!la_tasks_in_irq()) &&
	    likely(la_pages_section(page_to_pfn(page))) &&
	    likely(la_recall_caller_plain(LA_UNWIND_ANYONE, la_pages_what(order), &link)) &&
	    likely(la_recall_chain_unnamed(link, la_unwind_frameless_place(), &chain)) &&
	    likely(la_tasks_is_last()) && !la_recall_is_check_due()) {
		u32 site = READ_ONCE(chain->site);

		this_cpu_inc(((struct la_site_counts __percpu __force *)chain->counts)->allocs);
		put(page, order, site);
	} else {
		la_page_events_allocated(page, order);
	}
}

static la_compat_event void page_freed(struct page *page, unsigned int order)
{
	const unsigned long pfn = page_to_pfn(page);
	struct la_section *s = la_pages_section(pfn);
	u64 word;

	if (likely(s) && likely(la_section_take(s, la_pages_in_section(pfn), order, &word)))
		la_sites_count_free(la_frame_site(word));
	else
		la_page_events_freed(page, order);
}

/* With sampling: the sampler's next point is in this one. */
static noinline void page_due(struct page *page, unsigned int order)
{
	if (!la_sampler_decide(PAGE_SIZE << order))
		return;
	if (page)
		la_page_events_allocated(page, order);
	else
		la_count(LA_ALLOC_FAILED);
}

/* With sampling: nearly all are of no known block. */
static la_compat_event void sampled_page_freed(struct page *page, unsigned int order)
{
	const unsigned long pfn = page_to_pfn(page);
	struct la_section *s = la_pages_section(pfn);
	u32 i = la_pages_in_section(pfn);

	if (likely(s) && (READ_ONCE(s->words[i]) || la_section_covers(s, i) ||
			  order > LA_FRAME_MAX_ORDER))
		la_page_events_freed(page, order);
}

static void on_page_alloc(void *hits, struct page *page, unsigned int order, gfp_t gfp,
			  int migratetype)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	page_allocated(page, order);
	la_compat_event_end();
}

static void sample_page_alloc(void *hits, struct page *page, unsigned int order, gfp_t gfp,
			      int migratetype)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	if (la_sampler_is_due(PAGE_SIZE << order))
		page_due(page, order);
	la_compat_event_end();
}

static void on_page_free(void *hits, struct page *page, unsigned int order)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	page_freed(page, order);
	la_compat_event_end();
}

static void sample_page_free(void *hits, struct page *page, unsigned int order)
{
	la_compat_event_begin();
	la_probe_hit_of(hits);
	sampled_page_freed(page, order);
	la_compat_event_end();
}

/* These tracepoints are not exported: they are found by their names. */
const struct la_traced la_traced_page_alloc = {
	NULL,
	la_compat_takes(mm_page_alloc, on_page_alloc) ? on_page_alloc : NULL,
	la_compat_takes(mm_page_alloc, sample_page_alloc) ? sample_page_alloc : NULL,
	"mm_page_alloc",
};

const struct la_traced la_traced_page_free = {
	NULL,
	la_compat_takes(mm_page_free, on_page_free) ? on_page_free : NULL,
	la_compat_takes(mm_page_free, sample_page_free) ? sample_page_free : NULL,
	"mm_page_free",
};
