// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recall: chains.c finds a stack that was seen before; a new one is unwound,
 * interned, given its site, and remembered.
 *
 * Chains are forgotten when the text of one of their frames or the cache of their
 * objects goes. When the arena is full all are forgotten together, at most once
 * a minute, so that what runs now is remembered rather than what ran at boot.
 *
 * Locking: chains_lock (raw, interrupts off; hooks only try it, but for
 * kmem_cache_destroy()'s) serializes changes of the index. Chains are walked under RCU, and freed
 * after a grace period.
 */
#include "recall.h"

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "arena.h"
#include "compat.h"
#include "counters.h"
#include "pages.h"
#include "params.h"
#include "sites.h"
#include "symbols.h"
#include "wrappers.h"

#define RAM_PER_ARENA_BYTE	128	/* 8 MiB of chains per GiB of RAM, */
#define MAX_ARENA_BYTES		(16ull << 20)	/* up to what the index can find */
#define FORGET_EVERY		(60 * HZ)
#define NO_CHECKS		BIT(20)	/* hits until stack_check=0 is read again */

struct la_chains la_recall_chains;
DEFINE_STATIC_KEY_TRUE(la_recall_stacks);
DEFINE_PER_CPU(s64, la_recall_countdown);

static DEFINE_PER_CPU(struct la_unwound [LA_NR_CONTEXTS], unwound);
static struct la_arena arena;
static bool may_add;
static unsigned long last_forgotten;	/* jiffies */
static DEFINE_RAW_SPINLOCK(chains_lock);
static DEFINE_MUTEX(forgetting);

/* The first stack that was not what was remembered, for the log. */
static struct {
	u32 remembered;
	u32 found;
	bool logged;
} difference;

static void *take(unsigned int bytes)
{
	return la_arena_take(&arena, bytes);
}

static void remember(const struct la_origin *o, const struct la_word *words, unsigned int n,
		     u32 site)
{
	const struct la_chain_key key = { .a = o->caller, .b = o->what | o->context };
	enum la_chain_added added = LA_CHAIN_NO_ROOM;
	unsigned long flags;

	/* Who is too late here is remembered next time. */
	if (!raw_spin_trylock_irqsave(&chains_lock, flags))
		return;
	if (may_add)
		added = la_chains_add(&la_recall_chains, &key, words, n, site,
				      (void __force *)la_sites_counts[site], take);
	raw_spin_unlock_irqrestore(&chains_lock, flags);
	if (added == LA_CHAIN_NO_ROOM)
		la_count(LA_CHAINS_REFUSED);
	else if (added == LA_CHAIN_CONFLICT)
		la_count(LA_STACK_UNREMEMBERED);
}

/* The site of a stack that was unwound. */
static u32 site_of(const struct la_origin *o, const struct la_unwound *u, u32 stack)
{
	struct la_origin part = *o;

	if (!u->of_pages)
		return la_sites_get(o, u->frames[0], stack);
	if (u->owner == LA_CLASS_PAGE) {
		part.what = la_pages_what_labelled(o->what, u->label);
		return la_sites_get(&part, u->frames[0], stack);
	}
	/* Pages of a slab, say: how they came to be is told by its objects. */
	part.what = la_pages_what_owned(o->what, u->owner);
	return la_sites_get(&part, u->frames[0], LA_STACK_NONE);
}

static u32 intern(const struct la_unwound *u, const struct la_origin *o)
{
	u32 stack = la_stacks_intern(u->frames, u->nr_frames, u->cut, o->context);

	if (!stack)
		la_count(LA_STACKS_REFUSED);
	return stack;
}

static void unwind(struct la_unwound *u, const struct la_origin *o, const void *place,
		   struct pt_regs *regs, unsigned int depth)
{
	u->of_pages = la_what_class(o->what) == LA_CLASS_PAGE;
	la_unwind(u, place, regs, o->caller, depth);
}

static void remember_unwound(const struct la_origin *o, const struct la_unwound *u, u32 site,
			     bool is_late)
{
	if (!u->exact || !u->nr_words || o->context == LA_CONTEXT_NMI || is_late)
		la_count(LA_STACK_UNREMEMBERED);
	else
		remember(o, u->words, u->nr_words, site);
}

/* Of a wrapper its caller is told as a stack is, by the words up to there. */
static u32 learn_caller(const struct la_origin *o, const void *place, struct pt_regs *regs)
{
	struct la_unwound *u = &(*this_cpu_ptr(&unwound))[o->context];
	u32 site;

	if (o->caller != LA_UNWIND_ANYONE && !la_unwind_is_trampoline(o->caller) &&
	    !la_wrappers_has(o->caller)) {
		site = la_sites_get(o, o->caller, LA_STACK_NONE);
		remember(o, NULL, 0, site);
		return site;
	}
	unwind(u, o, place, regs, 1);
	la_count(LA_STACK_UNWINDS);
	site = site_of(o, u, LA_STACK_NONE);
	remember_unwound(o, u, site, la_site_is_overflow(site) && la_sites_need_room());
	return site;
}

/*
 * Has the stack been left out for want of room that the worker is about to make? Where
 * there will be none the caller alone is remembered, or each event were unwound.
 */
static bool may_have_room_next_time(u32 site)
{
	return la_sites_table[site].stack == LA_STACK_NONE &&
	       (la_stacks_need_room() || la_sites_need_room());
}

/**
 * la_recall_learn() - the site of an event whose stack is not remembered
 * @o: what is known of it
 * @place: where the hook stands, see la_unwind()
 * @regs: likewise
 *
 * Context: any, preemption off. An interrupt has its own place to unwind into.
 */
u32 la_recall_learn(const struct la_origin *o, const void *place, struct pt_regs *regs)
{
	struct la_unwound *u = &(*this_cpu_ptr(&unwound))[o->context];
	unsigned int depth = la_param_stack_depth();
	u32 stack, site;

	if (!depth)
		return learn_caller(o, place, regs);
	unwind(u, o, place, regs, depth);
	la_count(LA_STACK_UNWINDS);
	stack = u->owner == LA_CLASS_PAGE ? intern(u, o) : LA_STACK_NONE;
	site = site_of(o, u, stack);
	remember_unwound(o, u, site, la_site_is_overflow(site) || may_have_room_next_time(site));
	return site;
}

/**
 * la_recall_check() - is this stack what was remembered?
 * @o: what is known of the event
 * @place: where the hook stands, see la_unwind()
 * @regs: likewise
 * @site: that its chain said
 *
 * Context: any, preemption off.
 */
void la_recall_check(const struct la_origin *o, const void *place, struct pt_regs *regs,
		     u32 site)
{
	struct la_unwound *u = &(*this_cpu_ptr(&unwound))[o->context];
	u32 remembered = la_sites_table[site].stack, found;
	unsigned long every = la_param_stack_check();

	/* None: look now and then whether that has changed. */
	this_cpu_write(la_recall_countdown, every ? every - 1 : NO_CHECKS);
	if (!every || !remembered)
		return;
	unwind(u, o, place, regs, la_param_stack_depth());
	found = intern(u, o);
	if (!found)
		return;
	la_count(LA_STACK_CHECKS);
	if (found == remembered)
		return;
	la_count(LA_STACK_DIFFERENCES);
	if (!cmpxchg(&difference.found, 0, found))
		WRITE_ONCE(difference.remembered, remembered);
}

static void forget(const struct la_link *link)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chains_lock, flags);
	la_chains_forget(&la_recall_chains, link);
	raw_spin_unlock_irqrestore(&chains_lock, flags);
}

static void forget_text(unsigned long start, unsigned long size)
{
	const struct la_link *link;

	rcu_read_lock();
	for (link = READ_ONCE(la_recall_chains.last); link; link = link->next)
		if (la_link_has_text(link, start, size))
			forget(link);
	rcu_read_unlock();
}

/**
 * la_recall_module_going() - forget chains through text that is about to be freed
 * @mod: the module
 * @init_only: only its init text goes
 *
 * Context: the module notifier; no code of that text runs any more.
 */
void la_recall_module_going(struct module *mod, bool init_only)
{
	unsigned long start, size;

	la_compat_module_area(mod, true, &start, &size);
	forget_text(start, size);
	if (init_only)
		return;
	la_compat_module_area(mod, false, &start, &size);
	forget_text(start, size);
}

/**
 * la_recall_cache_going() - forget chains to objects of a cache
 * @s: the cache, about to be destroyed
 *
 * Context: any, preemption off.
 */
void la_recall_cache_going(struct kmem_cache *s)
{
	const struct la_link *link;

	for (link = READ_ONCE(la_recall_chains.last); link; link = link->next)
		if (la_link_has_objects(link, (unsigned long)s))
			forget(link);
}

/**
 * la_recall_count() - chains that are remembered
 */
u32 la_recall_count(void)
{
	return READ_ONCE(la_recall_chains.nr);
}

/**
 * la_recall_memory() - bytes that chains take
 */
u64 la_recall_memory(void)
{
	return la_arena_memory(&arena) + sizeof(la_recall_chains);
}

static bool is_time_to_forget(void)
{
	return la_arena_is_full(&arena) && time_after(jiffies, last_forgotten + FORGET_EVERY);
}

/**
 * la_recall_need_work() - should the worker call la_recall_work()?
 *
 * Context: any.
 */
bool la_recall_need_work(void)
{
	return la_arena_needs_room(&arena) || is_time_to_forget() ||
	       (READ_ONCE(difference.remembered) && !READ_ONCE(difference.logged));
}

static void let_add(bool yes)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&chains_lock, flags);
	may_add = yes;
	if (yes)
		la_arena_reset(&arena);
	else
		la_chains_clear(&la_recall_chains);
	raw_spin_unlock_irqrestore(&chains_lock, flags);
}

/**
 * la_recall_forget() - forget all
 * @meanwhile: called when nobody goes by what was remembered; or NULL
 * @data: for @meanwhile
 *
 * What is learnt afterwards goes by what @meanwhile has changed, all of it.
 *
 * Context: process.
 */
void la_recall_forget(void (*meanwhile)(void *data), void *data)
{
	mutex_lock(&forgetting);
	let_add(false);
	synchronize_rcu();
	if (meanwhile) {
		meanwhile(data);
		synchronize_rcu();
	}
	let_add(true);
	last_forgotten = jiffies;
	mutex_unlock(&forgetting);
}

static void log_stack(const char *what, u32 id)
{
	const struct la_stack *s = la_stacks_get(id);
	unsigned int i;

	pr_warn("%s, %u frames:\n", what, s->nr);
	for (i = 0; i < s->nr; i++)
		pr_warn("    %pS\n", (void *)s->frames[i]);
}

/**
 * la_recall_work() - make room, or forget all
 *
 * Context: process, one at a time.
 */
void la_recall_work(void)
{
	la_arena_make_room(&arena);
	if (READ_ONCE(difference.remembered) && !difference.logged) {
		log_stack("a stack was taken for another one: remembered", difference.remembered);
		log_stack("found", difference.found);
		difference.logged = true;
	}
	if (is_time_to_forget())
		la_recall_forget(NULL, NULL);
}

/**
 * la_recall_init() - nothing is remembered yet
 */
int la_recall_init(void)
{
	u64 bytes = min(((u64)totalram_pages() << PAGE_SHIFT) / RAM_PER_ARENA_BYTE,
			MAX_ARENA_BYTES);
	int cpu;

	la_unwind_init();
	la_wrappers_init();
	if (la_arena_init(&arena, bytes))
		return -ENOMEM;
	la_chains_clear(&la_recall_chains);
	last_forgotten = jiffies;
	may_add = true;
	if (!la_param_stack_depth())
		static_branch_disable(&la_recall_stacks);
	for_each_possible_cpu(cpu)
		per_cpu(la_recall_countdown, cpu) = la_param_stack_check() ?: NO_CHECKS;
	return 0;
}

/**
 * la_recall_exit() - free everything; no hook runs any more
 */
void la_recall_exit(void)
{
	la_arena_exit(&arena);
}
