// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages.
 *
 * Every block that the page allocator hands out has its word in frames.c, whoever asked for
 * it. Most become something else's: a slab's, a vmalloc area's, a user's. What such pages
 * are is decided when somebody looks, by what they are then, not by their
 * gfp flags; where a page does not show it (those of vmalloc, percpu and, on most kernels,
 * of a large kmalloc have no mark), it was told by the function that
 * allocated them, which has no other use for them.
 *
 * Tracepoints report the blocks of alloc_pages() and whatever is freed. Those that come in
 * bulk or from alloc_contig_range() have none and are reported by a return probe.
 * What compaction moves goes on as memory that nobody is known to have
 * allocated: it is the user's, or that of a driver which can be moved.
 *
 * Locking: hooks take no lock but that of a section, for parts of blocks, with interrupts off
 * and not in an NMI if it is held. Sections are added (memory_notifier, one at a time) and
 * freed on exit alone.
 */
#include "pages.h"

#include <linux/hugetlb.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "counters.h"
#include "events.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "tasks.h"
#include "unwind.h"

static_assert(LA_FRAME_SITE_AT + LA_FRAME_SITE_BITS == 64);
static_assert(LA_MAX_TASKS <= 1u << LA_FRAME_TASK_BITS);
static_assert(LA_MAX_SITES <= 1u << LA_FRAME_SITE_BITS);

/* Memory that may be added while we are loaded, at least: what is beyond has no words. */
#define MAX_ADDED_BYTES		(1ull << 40)
#define WALK_BATCH		4096u	/* frames between two breaths */
/* Births are moved back when they get so far. */
#define BORN_REBASE		(LA_FRAME_BORN_MAX / 4 * 3)

struct la_section **la_pages_sections;
unsigned long la_pages_nr_sections;
u32 la_pages_epoch;
static u64 memory;

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
		la_pages_healed(stale, pfn_to_page(pfn));
}

/* Blocks that one call returned. */
struct blocks {
	struct page **array;
	struct list_head *list;
	unsigned long begin;
	unsigned long n;
	unsigned int order;
};

static struct page *next_on_list(struct page *page, struct list_head *list)
{
	return page ? list_next_entry(page, lru) : list_first_entry(list, struct page, lru);
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
		page = b->list ? next_on_list(page, b->list) :
		       b->array ? b->array[i] : pfn_to_page(b->begin + (i << b->order));
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
	unsigned long new = put_new(b, true, 0, 0);

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

/* The return address is off the stack already, see la_unwind(). */
static void alloc_returned(const struct blocks *b, struct pt_regs *regs, unsigned long caller)
{
	unsigned long sp = kernel_stack_pointer(regs) - (unsigned long)&sp;

	alloc_sampled(b, &sp, regs, caller);
}

/**
 * la_pages_allocated() - a block was allocated, less commonly than traced_pages.c knows
 * @page: its first page
 * @order: its order
 *
 * With sampling, it has been picked.
 *
 * Context: any, preemption off; jumped to, so that it stands where the handler stood.
 */
void la_pages_allocated(struct page *page, unsigned int order)
{
	const struct blocks b = { .array = &page, .n = 1, .order = order };
	u64 stale = la_pages_word(page);

	if (unlikely(stale)) {
		struct la_section *s = la_pages_section(page_to_pfn(page));

		xchg(&s->words[la_pages_in_section(page_to_pfn(page))], 0);
		la_pages_healed(stale, page);
	}
	alloc_blocks(&b, la_unwind_place(), NULL, LA_UNWIND_ANYONE);
}

/**
 * la_pages_alloc() - the same by a return probe
 * @page: its first page
 * @order: its order
 * @regs: at the return
 * @caller: into whom
 *
 * Context: any, preemption off; as of all below.
 */
void la_pages_alloc(struct page *page, unsigned int order, struct pt_regs *regs,
		    unsigned long caller)
{
	const struct blocks b = { .array = &page, .n = 1, .order = order };

	alloc_returned(&b, regs, caller);
}

/**
 * la_pages_alloc_array() - single pages were allocated in bulk
 * @pages: them, and maybe older ones; NULL for none
 * @n: of the array
 * @regs: at the return
 * @caller: into whom
 */
void la_pages_alloc_array(struct page **pages, unsigned long n, struct pt_regs *regs,
			  unsigned long caller)
{
	const struct blocks b = { .array = pages, .n = n };

	alloc_returned(&b, regs, caller);
}

/**
 * la_pages_alloc_list() - the same on a list
 * @pages: the list; the new ones are first
 * @n: how many are new
 * @regs: at the return
 * @caller: into whom
 */
void la_pages_alloc_list(struct list_head *pages, unsigned long n, struct pt_regs *regs,
			 unsigned long caller)
{
	const struct blocks b = { .list = pages, .n = n };

	alloc_returned(&b, regs, caller);
}

/* The largest block that begins there and ends by @end. */
static unsigned int order_at(unsigned long pfn, unsigned long end)
{
	unsigned int order = LA_FRAME_MAX_ORDER;

	while (order && (pfn & ((1ul << order) - 1) || pfn + (1ul << order) > end))
		order--;
	return order;
}

/**
 * la_pages_alloc_range() - pages were made free and allocated by their number
 * @begin: pfn
 * @end: behind the last one
 * @regs: at the return
 * @caller: into whom
 */
void la_pages_alloc_range(unsigned long begin, unsigned long end, struct pt_regs *regs,
			  unsigned long caller)
{
	while (begin < end) {
		struct blocks b = { .begin = begin, .n = 1, .order = order_at(begin, end) };

		alloc_returned(&b, regs, caller);
		begin += 1ul << b.order;
	}
}

static void block_gone(void *ctx, u64 word)
{
	la_sites_count_free(la_frame_site(word));
}

/* Frames that lie in one section; false: that is locked, and this an NMI. */
static bool free_part(struct la_section *s, u32 i, unsigned int order,
		      struct la_frames_freed *freed)
{
	unsigned long flags;

	local_irq_save(flags);
	if (in_nmi() ? !la_spin_trylock(&s->lock) : (la_spin_lock(&s->lock), false)) {
		local_irq_restore(flags);
		return false;
	}
	*freed = la_section_free(s, i, order, block_gone, NULL);
	la_spin_unlock(&s->lock);
	local_irq_restore(flags);
	return true;
}

static void free_block(unsigned long pfn, unsigned int order)
{
	struct la_section *s = la_pages_section(pfn);
	u32 i = la_pages_in_section(pfn);
	struct la_frames_freed freed;

	if (!s || !la_section_knows(s, i)) {
		/* With sampling, most are not, and that says nothing. */
		if (!la_sampler_on)
			la_count(LA_PAGES_UNKNOWN);
	} else if (!free_part(s, i, order, &freed)) {
		la_count(LA_NMI_LOST);
	} else if (freed.unknown) {
		la_count(LA_PAGES_UNKNOWN);
	} else if (freed.broken) {
		la_count(LA_PAGES_BROKEN);
	}
}

/**
 * la_pages_freed() - pages are about to be freed, less commonly than traced_pages.c knows
 * @page: the first
 * @order: how many, to the power of two
 *
 * Context: any, preemption off.
 */
void la_pages_freed(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + (1ul << order);

	for (order = min(order, LA_FRAME_MAX_ORDER); pfn < end; pfn += 1ul << order)
		free_block(pfn, order);
}

/**
 * la_pages_healed() - a frame was allocated again whose free was missed
 * @stale: its word
 * @page: the page
 *
 * Of a block in pieces it may not be the last: those are healed by and by, and counted
 * here once.
 *
 * Context: any.
 */
void la_pages_healed(u64 stale, struct page *page)
{
	la_count(LA_PAGES_HEALED);
	if (!la_frame_is_piece(stale))
		la_sites_count_free(la_frame_site(stale));
}

/**
 * la_pages_word() - the word of a page
 * @page: the page
 *
 * Return: 0 when no block, or piece, is known to begin there.
 */
u64 la_pages_word(const struct page *page)
{
	struct la_section *s = la_pages_section(page_to_pfn(page));

	return s ? READ_ONCE(s->words[la_pages_in_section(page_to_pfn(page))]) : 0;
}

static void walk_section(struct la_section *s, la_frame_visit visit, void *ctx)
{
	u32 i;

	for (i = 0; i < LA_SECTION_FRAMES; i += WALK_BATCH) {
		la_section_walk(s, i, i + WALK_BATCH, visit, ctx);
		cond_resched();
	}
}

struct walk {
	la_table_visit visit;
	void *ctx;
	struct la_section *section;
	unsigned long begin;	/* its first pfn */
	u32 now;
};

/* As if it were an object's in the table; what is left of it was requested. */
static struct la_record record_of(u64 word, u32 frames, u32 now)
{
	u32 born = READ_ONCE(la_pages_epoch) + (la_frame_born(word) << LA_PAGES_TICKS_SHIFT);

	return la_record_make(la_frame_site(word), la_frame_task(word), min(born, now),
			      frames << PAGE_SHIFT);
}

/**
 * la_pages_find() - the record of the block, or piece, that begins at an address
 * @addr: in the linear map
 * @out: the record; of a piece without its siblings
 *
 * Context: any.
 */
bool la_pages_find(const void *addr, struct la_record *out)
{
	u64 word = la_pages_word(virt_to_page(addr));

	*out = record_of(word, 1u << la_frame_order(word), la_ticks());
	return word;
}

static void visit_block(void *ctx, u32 i, u64 word)
{
	const struct walk *w = ctx;
	struct page *page = pfn_to_page(w->begin + i);
	u32 frames = 1u << la_frame_order(word);
	struct la_record rec;

	if (la_pages_is_owned(la_sites_table[la_frame_site(word)].what) ||
	    !la_compat_page_is_kernels(page))
		return;
	if (la_frame_is_piece(word))
		frames = la_section_pieces(w->section, i, word);
	if (!frames)
		return;
	rec = record_of(word, frames, w->now);
	w->visit(w->ctx, la_table_key((unsigned long)page_address(page), LA_SPACE_PAGE), &rec);
}

static void rebase_one(void *ctx, u32 i, u64 word)
{
	struct la_section *s = ctx;
	u32 born = la_frame_born(word), by = BORN_REBASE / 2;
	u64 less = (u64)(born > by ? by : born - 1) << LA_FRAME_BORN_AT;

	/* Who was freed meanwhile, or changed: is as young as it looks. */
	(void)cmpxchg(&s->words[i], word, word - less);
}

/* Births have got far: the oldest ones are as old as can be told from now on. */
static void rebase(void)
{
	unsigned long at;

	for (at = 0; at < la_pages_nr_sections; at++)
		if (la_pages_sections[at])
			walk_section(la_pages_sections[at], rebase_one, la_pages_sections[at]);
	WRITE_ONCE(la_pages_epoch, la_pages_epoch + (BORN_REBASE / 2 << LA_PAGES_TICKS_SHIFT));
}

/**
 * la_pages_walk() - visit every block that is the kernel's, and nothing else's
 * @visit: called with a record of each: what is left of it was requested
 * @ctx: for @visit
 *
 * Context: process. No allocation waits for this.
 */
void la_pages_walk(la_table_visit visit, void *ctx)
{
	struct walk w = { .visit = visit, .ctx = ctx, .now = la_ticks() };
	unsigned long at;

	if (la_pages_born() > BORN_REBASE)
		rebase();
	for (at = 0; at < la_pages_nr_sections; at++) {
		w.section = READ_ONCE(la_pages_sections[at]);
		w.begin = at << LA_SECTION_BITS;
		if (!w.section)
			continue;
		walk_section(w.section, visit_block, &w);
		/* Few blocks are known then, so that most frees have nothing to look for. */
		if (la_sampler_on)
			la_section_uncover(w.section);
	}
}

static void mark_task(void *ctx, u32 i, u64 word)
{
	la_tasks_mark(la_frame_task(word));
}

/**
 * la_pages_mark_tasks() - la_tasks_mark() the tasks of all blocks
 *
 * Context: process.
 */
void la_pages_mark_tasks(void)
{
	unsigned long at;

	for (at = 0; at < la_pages_nr_sections; at++)
		if (la_pages_sections[at])
			walk_section(la_pages_sections[at], mark_task, NULL);
}

struct clear {
	struct la_section *section;
	u64 n;
};

static void clear_one(void *ctx, u32 i, u64 word)
{
	struct clear *c = ctx;

	if (cmpxchg(&c->section->words[i], word, 0) == word)
		c->n++;
}

/**
 * la_pages_clear() - forget all blocks
 *
 * Context: process.
 * Return: how many.
 */
u64 la_pages_clear(void)
{
	struct clear c = { };
	unsigned long at;

	for (at = 0; at < la_pages_nr_sections; at++) {
		c.section = la_pages_sections[at];
		if (!c.section)
			continue;
		walk_section(c.section, clear_one, &c);
		la_section_uncover(c.section);
	}
	return c.n;
}

static int add_section(unsigned long at)
{
	struct la_section *s;

	if (at >= la_pages_nr_sections || la_pages_sections[at])
		return 0;
	s = vzalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	la_section_init(s);
	memory += sizeof(*s);
	/* Pairs with la_pages_section(): the lock is initialized. */
	smp_store_release(&la_pages_sections[at], s);
	return 0;
}

static int memory_event(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct memory_notify *range = data;
	unsigned long at;

	if (action == MEM_GOING_ONLINE)
		for (at = range->start_pfn >> LA_SECTION_BITS;
		     at <= (range->start_pfn + range->nr_pages - 1) >> LA_SECTION_BITS; at++)
			/* Blocks there are refused then, and counted. */
			if (add_section(at))
				break;
	return NOTIFY_OK;
}

static struct notifier_block memory_notifier = { .notifier_call = memory_event };

static bool has_memory(unsigned long at)
{
	unsigned long pfn = at << LA_SECTION_BITS, end = pfn + LA_SECTION_FRAMES;

	for (; pfn < end; pfn += 1ul << LA_FRAME_MAX_ORDER)
		if (pfn_to_online_page(pfn))
			return true;
	return false;
}

/**
 * la_pages_init() - words for all memory
 */
int la_pages_init(void)
{
	unsigned long at, end = 0;
	int nid, err = 0;

	for_each_online_node(nid)
		end = max(end, pgdat_end_pfn(NODE_DATA(nid)));
	/* Another NUMA node may have it anywhere: four times as far. */
	la_pages_nr_sections = DIV_ROUND_UP(max_t(u64, 4ull * end, MAX_ADDED_BYTES >> PAGE_SHIFT),
					    LA_SECTION_FRAMES);
	la_pages_sections = vzalloc(la_pages_nr_sections * sizeof(*la_pages_sections));
	if (!la_pages_sections)
		return -ENOMEM;
	memory = la_pages_nr_sections * sizeof(*la_pages_sections);
	la_pages_epoch = la_ticks();
	for (at = 0; at <= end >> LA_SECTION_BITS && !err; at++)
		if (has_memory(at))
			err = add_section(at);
	if (!err)
		err = register_memory_notifier(&memory_notifier);
	if (err)
		la_pages_exit();
	return err;
}

/**
 * la_pages_exit() - free everything; no hook runs any more
 */
void la_pages_exit(void)
{
	unsigned long at;

	unregister_memory_notifier(&memory_notifier);
	for (at = 0; at < la_pages_nr_sections; at++)
		vfree(la_pages_sections[at]);
	vfree(la_pages_sections);
}

/**
 * la_pages_memory() - bytes that the words take
 */
u64 la_pages_memory(void)
{
	return memory;
}
