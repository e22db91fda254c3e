// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page events: what becomes of allocations and frees of pages, but for the common case of
 * those that a tracepoint reports, which traced_pages.c deals with.
 *
 * Tracepoints report the blocks of alloc_pages() and whatever is freed. Those that come in
 * bulk or from alloc_contig_range() have none; the functions' returns are watched.
 *
 * Locking: none but a section's lock, for parts of blocks, with interrupts off, and in an NMI
 * only if nobody has it.
 */
#include "page_events.h"

#include <linux/mm.h>
#include <linux/ptrace.h>

#include "compat.h"
#include "counters.h"
#include "direct.h"
#include "events.h"
#include "pages.h"
#include "probe.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "symbols.h"
#include "tasks.h"
#include "unwind.h"

static void put(unsigned long pfn, unsigned int order, u32 site, u32 task)
{
	struct la_section *s = la_pages_section(pfn);
	u64 stale;

	if (!s) {
		la_count(LA_PAGES_REFUSED);
		atomic_long_inc(&la_sites_table[site].refused);
		return;
	}
	stale = la_section_put(s, la_pages_in_section(pfn),
			       la_frame_make(site, task, la_pages_born(), order));
	if (stale)
		la_page_events_healed(stale, pfn_to_page(pfn));
}

/*
 * What was just allocated has no word, unless its last free was missed: then neither its
 * site nor its age is right any more.
 */
static void heal(struct page *page)
{
	struct la_section *s = la_pages_section(page_to_pfn(page));
	u64 stale;

	if (likely(!la_pages_word(page)))
		return;
	stale = xchg(&s->words[la_pages_in_section(page_to_pfn(page))], 0);
	if (stale)
		la_page_events_healed(stale, page);
}

/* The same of each of its frames: what is freed in parts later would be taken for what it was. */
static void heal_block(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1ul << order; i++)
		heal(page + i);
}

/* Blocks that one call returned. */
struct blocks {
	struct page **array;
	struct list_head *list;
	unsigned long begin;
	unsigned long n;
	unsigned int order;
	bool all_new;
};

static struct page *next_on_list(struct page *page, struct list_head *list)
{
	return page ? list_next_entry(page, lru) : list_first_entry(list, struct page, lru);
}

static struct page *next_block(const struct blocks *b, unsigned long i, struct page *last)
{
	if (b->list)
		return next_on_list(last, b->list);
	return b->array ? b->array[i] : pfn_to_page(b->begin + (i << b->order));
}

static void heal_all(const struct blocks *b)
{
	struct page *page = NULL;
	unsigned long i;

	for (i = 0; i < b->n; i++) {
		page = next_block(b, i, page);
		if (page)
			heal_block(page, b->order);
	}
}

/*
 * Those without a word are new. A caller may have filled an array in part before, and some
 * of a bulk come from alloc_pages().
 */
static unsigned long put_new(const struct blocks *b, bool dry, u32 site, u32 task)
{
	struct page *page = NULL;
	unsigned long i, new = 0;

	for (i = 0; i < b->n; i++) {
		page = next_block(b, i, page);
		if (!page || la_pages_word(page))
			continue;
		new++;
		if (!dry)
			put(page_to_pfn(page), b->order, site, task);
	}
	return new;
}

static void alloc_blocks(const struct blocks *b, const void *place, struct pt_regs *regs,
			 unsigned long caller)
{
	bool in_irq = la_tasks_in_irq();
	u32 task = in_irq ? la_tasks_irq() : la_tasks_current(), site;
	struct la_origin o = {
		.caller = caller,
		.what = la_pages_what(b->order),
		.context = in_irq ? task : LA_CONTEXT_TASK,
	};
	unsigned long new;

	if (b->all_new)
		heal_all(b);
	new = put_new(b, true, 0, 0);
	if (!new)
		return;
	if (READ_ONCE(la_events_how) != LA_RECORDING_ON) {
		if (READ_ONCE(la_events_how) == LA_RECORDING_STOPPED)
			la_count_many(LA_NOT_RECORDED, new);
		return;
	}
	site = la_events_site(&o, place, regs, new);
	put_new(b, false, site, task);
}

static void alloc_sampled(const struct blocks *b, const void *place, struct pt_regs *regs,
			  unsigned long caller)
{
	u64 size = PAGE_SIZE << b->order;
	unsigned long i;

	if (!la_sampler_on) {
		alloc_blocks(b, place, regs, caller);
		return;
	}
	/* Of a list, whose links are not to be walked for each, all or none. */
	if (b->list) {
		if (la_sampler_is_due(size * b->n) && la_sampler_decide(size * b->n))
			alloc_blocks(b, place, regs, caller);
		return;
	}
	for (i = 0; i < b->n; i++) {
		struct blocks one = *b;

		one.n = 1;
		one.begin += i << b->order;
		if (b->array)
			one.array += i;
		if (la_sampler_is_due(size) && la_sampler_decide(size))
			alloc_blocks(&one, place, regs, caller);
	}
}

/* By a return probe the return address is off the stack already, see la_unwind(). */
static void alloc_returned(const struct blocks *b, const void *place, struct pt_regs *regs,
			   unsigned long caller)
{
	unsigned long sp = regs ? kernel_stack_pointer(regs) - (unsigned long)&sp : 0;

	alloc_sampled(b, regs ? &sp : place, regs, caller);
}

/**
 * la_page_events_allocated() - a block was allocated, less commonly than traced_pages.c knows
 * @page: its first page
 * @order: its order
 *
 * With sampling, it has been picked.
 *
 * Context: any, preemption off; jumped to, so that it stands where the handler stood.
 */
void la_page_events_allocated(struct page *page, unsigned int order)
{
	const struct blocks b = { .array = &page, .n = 1, .order = order };

	heal(page);
	alloc_blocks(&b, la_unwind_place(), NULL, LA_UNWIND_ANYONE);
}

/* The bulk allocator, which asks for single pages as others do when it finds none. */
static unsigned long bulk, bulk_size;
static bool bulk_is_alone;

/**
 * la_page_events_init() - find the bulk allocator
 * @kprobes_only: what it asks alloc_pages() for is heard of when it returns, and only then
 */
void la_page_events_init(bool kprobes_only)
{
	bulk_is_alone = kprobes_only;
	bulk = la_symbols_address("__alloc_pages_bulk") ?:
	       la_symbols_address("alloc_pages_bulk_noprof");
	bulk_size = la_symbols_size(bulk);
}

/**
 * la_page_events_in_bulk() - is this the bulk allocator?
 * @caller: a return address
 *
 * What it is given is heard of when it returns. With both of them watched by kretprobes the
 * stack could not be told before.
 */
bool la_page_events_in_bulk(unsigned long caller)
{
	return caller - bulk < bulk_size;
}

/**
 * la_page_events_alloc() - the same by a return probe
 * @page: its first page
 * @order: its order
 * @regs: at the return
 * @caller: into whom
 *
 * Context: any, preemption off; as of all below.
 */
void la_page_events_alloc(struct page *page, unsigned int order, struct pt_regs *regs,
			  unsigned long caller)
{
	const struct blocks b = { .array = &page, .n = 1, .order = order };

	heal_block(page, order);
	alloc_returned(&b, NULL, regs, caller);
}

static void alloc_bulk(unsigned long n, struct list_head *list, struct page **array, bool all_new,
		       const void *place, struct pt_regs *regs, unsigned long caller)
{
	const struct blocks b = { .list = list, .array = array, .n = n, .all_new = all_new };

	if (!n)
		la_count(LA_ALLOC_FAILED);
	else if (list || array)
		alloc_returned(&b, place, regs, caller);
}

/**
 * la_page_events_alloc_bulk() - single pages were allocated in bulk, the same way
 * @n: how many there are: on the list new ones, which are first; in the array older ones too
 * @list: the list, or NULL
 * @array: the array, or NULL
 * @was_empty: the array, before
 * @regs: at the return
 * @caller: into whom
 */
void la_page_events_alloc_bulk(unsigned long n, struct list_head *list, struct page **array,
			       bool was_empty, struct pt_regs *regs, unsigned long caller)
{
	alloc_bulk(n, list, array, bulk_is_alone && (list || was_empty), NULL, regs, caller);
}

/**
 * la_page_events_bulk() - likewise, by a direct call
 * @hits: see la_probe_hit_of()
 * @frame: of the call; the list is its fifth argument, unless there is none
 */
void la_page_events_bulk(void *hits, const struct la_direct_frame *frame)
{
	bool has_list = LA_COMPAT_BULK_PAGES_HAVE_LIST;

	la_probe_hit_of(hits);
	alloc_bulk(frame->result, has_list ? (struct list_head *)frame->args[4] : NULL,
		   (struct page **)frame->args[has_list ? 5 : 4], false, la_unwind_place(), NULL,
		   frame->caller);
}

/* The largest block that begins there and ends by @end. */
static unsigned int order_at(unsigned long pfn, unsigned long end)
{
	unsigned int order = LA_FRAME_MAX_ORDER;

	while (order && (pfn & ((1ul << order) - 1) || pfn + (1ul << order) > end))
		order--;
	return order;
}

static void alloc_range(unsigned long begin, unsigned long end, const void *place,
			struct pt_regs *regs, unsigned long caller)
{
	while (begin < end) {
		struct blocks b = { .begin = begin, .n = 1, .order = order_at(begin, end),
				    .all_new = true };

		alloc_returned(&b, place, regs, caller);
		begin += 1ul << b.order;
	}
}

/**
 * la_page_events_alloc_range() - pages were made free and allocated by their number
 * @begin: pfn
 * @end: behind the last one
 * @regs: at the return
 * @caller: into whom
 */
void la_page_events_alloc_range(unsigned long begin, unsigned long end, struct pt_regs *regs,
				unsigned long caller)
{
	alloc_range(begin, end, NULL, regs, caller);
}

/**
 * la_page_events_range() - likewise, by a direct call
 * @hits: see la_probe_hit_of()
 * @frame: of the call
 */
void la_page_events_range(void *hits, const struct la_direct_frame *frame)
{
	la_probe_hit_of(hits);
	if ((int)frame->result)
		la_count(LA_ALLOC_FAILED);
	else
		alloc_range(frame->args[0], frame->args[1], la_unwind_place(), NULL,
			    frame->caller);
}

static void block_gone(void *ctx, u64 word)
{
	la_sites_count_free(la_frame_site(word));
}

/* Frames of a section, that are freed or were. */
struct frames {
	u32 i;
	unsigned int order;
	u64 stale;
	bool removed;
	struct la_frames_freed freed;
};

static void free_frames(struct la_section *s, struct frames *f)
{
	f->freed = la_section_free(s, f->i, f->order, block_gone, NULL);
}

static void forget_stale(struct la_section *s, struct frames *f)
{
	la_section_gone(s, f->i, f->stale, block_gone, NULL);
}

static void remove_stale(struct la_section *s, struct frames *f)
{
	f->removed = la_section_remove_if(s, f->i, f->stale, block_gone, NULL);
}

/* False: the section is locked, and this an NMI. */
static __always_inline bool locked(struct la_section *s, struct frames *f,
				   void (*fn)(struct la_section *s, struct frames *f))
{
	unsigned long flags;
	bool done = true;

	local_irq_save(flags);
	if (!in_nmi()) {
		la_spin_lock(&s->lock);
		fn(s, f);
		la_spin_unlock(&s->lock);
	} else if (la_spin_trylock(&s->lock)) {
		fn(s, f);
		la_spin_unlock(&s->lock);
	} else {
		la_count(LA_NMI_LOST);
		done = false;
	}
	local_irq_restore(flags);
	return done;
}

/* All in one section. */
static void free_block(unsigned long pfn, unsigned int order)
{
	struct la_section *s = la_pages_section(pfn);
	struct frames f = { .i = la_pages_in_section(pfn), .order = order };

	if (!s || !la_section_knows(s, f.i)) {
		/* With sampling, most are not, and that says nothing. */
		if (!la_sampler_on)
			la_count(LA_PAGES_UNKNOWN);
	} else if (!locked(s, &f, free_frames)) {
		return;
	} else if (f.freed.unknown) {
		la_count(LA_PAGES_UNKNOWN);
	} else if (f.freed.broken) {
		la_count(LA_PAGES_BROKEN);
	}
}

/**
 * la_page_events_freed() - pages are about to be freed, less commonly than traced_pages.c knows
 * @page: the first
 * @order: how many, to the power of two
 *
 * Context: any, preemption off.
 */
void la_page_events_freed(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + (1ul << order);

	for (order = min(order, LA_FRAME_MAX_ORDER); pfn < end; pfn += 1ul << order)
		free_block(pfn, order);
}

/* What was freed last on a CPU by a function that may have another one do it. */
static DEFINE_PER_CPU(struct page *, freed_outside);

/**
 * la_page_events_freed_outside() - pages are about to be freed by a function that is watched
 * @page: see la_page_events_freed()
 * @order: likewise
 *
 * Large blocks it may leave to __free_pages_ok(), which it jumps to: no
 * return address tells that.
 */
void la_page_events_freed_outside(struct page *page, unsigned int order)
{
	struct page *large = order > PAGE_ALLOC_COSTLY_ORDER ? page : NULL;

	la_page_events_freed(page, order);
	this_cpu_write(freed_outside, large);
}

/**
 * la_page_events_freed_inside() - by __free_pages_ok(), maybe for the one above
 * @page: see la_page_events_freed()
 * @order: likewise
 *
 * alloc_pages_exact() has it free single pages, too. Nothing is left out that has a word: at
 * worst a free is taken for an unknown one.
 */
void la_page_events_freed_inside(struct page *page, unsigned int order)
{
	bool again = order > PAGE_ALLOC_COSTLY_ORDER && this_cpu_read(freed_outside) == page;

	this_cpu_write(freed_outside, NULL);
	if (!again || la_pages_word(page))
		la_page_events_freed(page, order);
}

/**
 * la_page_events_healed() - a frame was allocated again whose free was missed
 * @stale: its word
 * @page: the page
 *
 * A block in pieces is booked as freed when the last of them is freed or healed. If the last
 * two are healed on two CPUs at once, both book it.
 *
 * Context: any.
 */
void la_page_events_healed(u64 stale, struct page *page)
{
	struct frames f = { .i = la_pages_in_section(page_to_pfn(page)), .stale = stale };

	la_count(LA_PAGES_HEALED);
	if (la_frame_is_piece(stale))
		locked(la_pages_section(page_to_pfn(page)), &f, forget_stale);
	else
		la_sites_count_free(la_frame_site(stale));
}

/**
 * la_page_events_remove_if() - forget a block that is free, if it is the same one still
 * @page: its first page
 * @word: that it had when it was found to be free
 *
 * What is removed is booked as a free at its site.
 *
 * Context: process.
 */
bool la_page_events_remove_if(struct page *page, u64 word)
{
	struct frames f = { .i = la_pages_in_section(page_to_pfn(page)), .stale = word };
	struct la_section *s = la_pages_section(page_to_pfn(page));

	return s && locked(s, &f, remove_stale) && f.removed;
}
