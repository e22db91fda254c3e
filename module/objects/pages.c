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
 * What compaction moves goes on as memory that nobody is known to have
 * allocated: it is the user's, or that of a driver which can be moved.
 *
 * Locking: sections are added when memory is (one at a time), and freed on exit alone.
 */
#include "pages.h"

#include <linux/hugetlb.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "holder_names.h"
#include "sampler.h"
#include "sites.h"
#include "tasks.h"

static_assert(LA_FRAME_SITE_AT + LA_FRAME_SITE_BITS == 64);
static_assert(LA_MAX_TASKS <= 1u << LA_FRAME_TASK_BITS);
static_assert(LA_MAX_SITES <= 1u << LA_FRAME_SITE_BITS);

/* Memory that may be added while we are loaded, at least: what is beyond has no words. */
#define MAX_ADDED_BYTES		BIT_ULL(40)
#define WALK_BATCH		4096u	/* frames between two breaths */
/* Births are moved back when they get so far. */
#define BORN_REBASE		(LA_FRAME_BORN_MAX / 4 * 3)

struct la_section **la_pages_sections;
unsigned long la_pages_nr_sections;
u32 la_pages_epoch;
static u64 memory;
static DEFINE_MUTEX(upkeep_mutex);	/* for what one does at a time to all sections */

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

/* The function of "function.isra.0+0x12/0x34 [module]". */
static bool is_function(const char *name, const char *function)
{
	size_t len = strlen(function);

	return !strncmp(name, function, len) && (name[len] == '+' || name[len] == '.');
}

static const char *label_by_caller(u32 site)
{
	const char *name;
	unsigned int i;

	la_sites_resolve(site);
	/* Pairs with resolve_locked() in sites.c. */
	name = smp_load_acquire(&la_sites_table[site].name);
	for (i = 0; name && i < ARRAY_SIZE(holder_names); i++)
		if (is_function(name, holder_names[i].function))
			return holder_names[i].label;
	return NULL;
}

/**
 * la_pages_label() - what the pages of a site are for, where that is known
 * @site: the site
 *
 * Context: process.
 * Return: a word, or NULL.
 */
const char *la_pages_label(u32 site)
{
	u64 what = la_sites_table[site].what;

	if (la_what_class(what) != LA_CLASS_PAGE)
		return NULL;
	switch (what >> LA_PAGES_LABEL_AT & 0xf) {
	case LA_PAGES_FRAG:
		return "page_frag";
	case LA_PAGES_POOL:
		return "page_pool";
	case LA_PAGES_DMA:
		return "dma";
	default:
		return label_by_caller(site);
	}
}

/**
 * la_pages_are_pooled() - are the pages of a site those of a page pool, which gives them out again?
 * @site: the site
 *
 * Not those of a fragment cache: that has one block at a time, all others are held by who has a
 * part.
 */
bool la_pages_are_pooled(u32 site)
{
	u64 what = la_sites_table[site].what;

	return la_what_class(what) == LA_CLASS_PAGE &&
	       (what >> LA_PAGES_LABEL_AT & 0xf) == LA_PAGES_POOL;
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

/**
 * la_pages_find_block() - the record of the block, or piece, that a page lies in
 * @page: the page
 * @out: as in la_pages_find()
 *
 * Context: any.
 * Return: its first page, or NULL.
 */
struct page *la_pages_find_block(struct page *page, struct la_record *out)
{
	unsigned long pfn = page_to_pfn(page);
	struct la_section *s = la_pages_section(pfn);
	u64 word = s ? la_section_word(s, la_pages_in_section(pfn)) : 0;
	unsigned long frames = 1ul << la_frame_order(word);

	if (!word)
		return NULL;
	*out = record_of(word, frames, la_ticks());
	return pfn_to_page(pfn & ~(frames - 1));
}

/**
 * la_pages_record() - what a word says, as if it were a record of the table
 * @word: of a block, or a piece, which is without its siblings then
 */
struct la_record la_pages_record(u64 word)
{
	return record_of(word, 1u << la_frame_order(word), la_ticks());
}

/**
 * la_pages_is_kernels() - is a block the kernel's now, and not part of something else?
 * @page: its first page
 * @word: of it
 */
bool la_pages_is_kernels(struct page *page, u64 word)
{
	return !la_pages_is_owned(la_sites_table[la_frame_site(word)].what) &&
	       la_compat_page_is_kernels(page);
}

static void visit_block(void *ctx, u32 i, u64 word)
{
	const struct walk *w = ctx;
	struct page *page = pfn_to_page(w->begin + i);
	u32 frames = 1u << la_frame_order(word);
	struct la_record rec;

	if (!la_pages_is_kernels(page, word))
		return;
	if (la_frame_is_piece(word))
		frames = la_section_pieces(w->section, i, word);
	if (!frames)
		return;
	rec = record_of(word, frames, w->now);
	w->visit(w->ctx, la_table_key((unsigned long)page_address(page), LA_SPACE_PAGE), &rec);
}

/*
 * Exchange a word for another one, or none, while nobody splits its block: that expects the word
 * to stay unless the block is freed. False: it is not the same any more.
 */
static bool exchange(struct la_section *s, u32 i, u64 word, u64 to)
{
	unsigned long flags;
	bool is_same;

	local_irq_save(flags);
	la_spin_lock(&s->lock);
	is_same = cmpxchg(&s->words[i], word, to) == word;
	la_spin_unlock(&s->lock);
	local_irq_restore(flags);
	return is_same;
}

static void rebase_one(void *ctx, u32 i, u64 word)
{
	u32 born = la_frame_born(word), by = BORN_REBASE / 2;
	u64 less = (u64)(born > by ? by : born - 1) << LA_FRAME_BORN_AT;

	/* Who was freed meanwhile, or changed: is as young as it looks. */
	exchange(ctx, i, word, word - less);
}

/* Who was born while the others were moved back, and found the old epoch. */
static void rebase_late_one(void *ctx, u32 i, u64 word)
{
	if (la_frame_born(word) > la_pages_born())
		rebase_one(ctx, i, word);
}

static void walk_sections(la_frame_visit visit)
{
	unsigned long at;

	for (at = 0; at < la_pages_nr_sections; at++)
		if (la_pages_sections[at])
			walk_section(la_pages_sections[at], visit, la_pages_sections[at]);
}

/* Births have got far: the oldest ones are as old as can be told from now on. */
static void rebase(void)
{
	mutex_lock(&upkeep_mutex);
	if (la_pages_born() > BORN_REBASE) {
		walk_sections(rebase_one);
		WRITE_ONCE(la_pages_epoch,
			   la_pages_epoch + (BORN_REBASE / 2 << LA_PAGES_TICKS_SHIFT));
		/* Hooks run with preemption off: whoever read the old one has stored its word. */
		synchronize_rcu();
		walk_sections(rebase_late_one);
	}
	mutex_unlock(&upkeep_mutex);
}

static void uncover(struct la_section *s)
{
	mutex_lock(&upkeep_mutex);
	la_section_uncover(s);
	mutex_unlock(&upkeep_mutex);
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
			uncover(w.section);
	}
}

/**
 * la_pages_walk_words() - visit every word, whatever its pages are now
 * @visit: called for each
 * @ctx: for @visit
 *
 * Those too that lie where another one's block is: that one's free was missed.
 *
 * Context: process.
 */
void la_pages_walk_words(la_pages_visit visit, void *ctx)
{
	unsigned long at;
	u32 i;

	for (at = 0; at < la_pages_nr_sections; at++) {
		struct la_section *s = READ_ONCE(la_pages_sections[at]);

		for (i = 0; s && i < LA_SECTION_FRAMES; i++) {
			u64 word = READ_ONCE(s->words[i]);

			if (word)
				visit(ctx, pfn_to_page((at << LA_SECTION_BITS) + i), word);
			if (i % WALK_BATCH == 0)
				cond_resched();
		}
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

	if (exchange(c->section, i, word, 0))
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
		uncover(c.section);
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

static void forget_frames(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		struct la_section *s = la_pages_section(pfn);

		if (s)
			WRITE_ONCE(s->words[la_pages_in_section(pfn)], 0);
	}
}

static int memory_event(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct memory_notify *range = data;
	unsigned long begin = range->start_pfn, end = begin + range->nr_pages, at;

	switch (action) {
	case MEM_GOING_ONLINE:
		for (at = begin >> LA_SECTION_BITS; at <= (end - 1) >> LA_SECTION_BITS; at++)
			/* Blocks there are refused then, and counted. */
			if (add_section(at))
				break;
		break;
	case MEM_OFFLINE:
		/* All of it is free. What was missed has no struct page any more. */
		forget_frames(begin, end);
		break;
	}
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
