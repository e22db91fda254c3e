// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks: each unique one is kept once, and never removed, as records and sites
 * hold its id.
 *
 * When the text of a frame goes away its address is replaced by its name, in place:
 * what is loaded there next has other frames. BPF programs come and go without
 * notice, so their frames are only said to be some program's.
 *
 * Locking: stacks_lock (raw, interrupts off; try only, in an NMI) serializes
 * additions; finding takes no lock.
 */
#include "stacks.h"

#include <linux/jhash.h>
#include <linux/kallsyms.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "arena.h"
#include "sites.h"
#include "symbols.h"
#include "unwind.h"

#define PROBES			16u
#define NO_SLOT			U32_MAX
#define RAM_PER_ARENA_BYTE	256	/* 4 MiB of stacks per GiB of RAM */

/* A name that stands for a frame; kept until we are unloaded. */
struct frame_name {
	struct list_head list;
	const char *gone;		/* what became of its text */
	char text[];
};

static const char init_gone[] = " (init)";
static const char unloaded[] = " (unloaded)";

static struct la_arena arena;
static struct la_stack **stacks;	/* by id */
static u32 nr_stacks;
static u32 max_stacks;
static u32 *index;
static unsigned int index_bits;
static LIST_HEAD(names);
static struct frame_name *bpf_name;
static DEFINE_RAW_SPINLOCK(stacks_lock);

static unsigned long frame_of(unsigned long addr)
{
	return la_symbols_is_bpf(addr) ? (unsigned long)bpf_name->text : addr;
}

static bool is_same(const struct la_stack *s, const struct la_stack *t)
{
	return s->hash == t->hash && s->nr == t->nr && s->context == t->context &&
	       s->cut == t->cut && !memcmp(s->frames, t->frames, s->nr * sizeof(*s->frames));
}

static u32 nth_slot(u32 hash, u32 i)
{
	return (hash + i) & (BIT(index_bits) - 1);
}

static u32 find(const struct la_stack *s, u32 *slot)
{
	u32 i;

	*slot = NO_SLOT;
	for (i = 0; i < PROBES; i++) {
		u32 at = nth_slot(s->hash, i);
		/* Pairs with add(): the stack is whole. */
		u32 id = smp_load_acquire(&index[at]);

		if (id && is_same(stacks[id], s))
			return id;
		/* Others may have left the index before the next one. */
		if (!id && *slot == NO_SLOT)
			*slot = at;
	}
	return LA_STACK_NONE;
}

static u32 add(const struct la_stack *s)
{
	size_t bytes = struct_size(s, frames, s->nr);
	struct la_stack *copy;
	u32 slot, id = find(s, &slot);

	if (id)
		return id;
	if (slot == NO_SLOT || nr_stacks == max_stacks)
		return LA_STACK_NONE;
	copy = la_arena_take(&arena, bytes);
	if (!copy)
		return LA_STACK_NONE;
	memcpy(copy, s, bytes);
	id = nr_stacks;
	stacks[id] = copy;
	WRITE_ONCE(nr_stacks, id + 1);
	/* Pairs with find(). */
	smp_store_release(&index[slot], id);
	return id;
}

/**
 * la_stacks_intern() - the id of a stack, a new one if need be
 * @frames: return addresses, the caller first
 * @nr: how many, LA_STACK_MAX_DEPTH at most
 * @cut: there were more
 * @context: where it was met
 *
 * Context: any, preemption off.
 * Return: LA_STACK_NONE when there is no room, or in an NMI when somebody is making some;
 *	the caller counts it.
 */
u32 la_stacks_intern(const unsigned long *frames, unsigned int nr, bool cut,
		     enum la_context context)
{
	struct {
		struct la_stack s;
		unsigned long frames[LA_STACK_MAX_DEPTH];
	} key;
	struct la_stack *s = &key.s;
	unsigned long flags;
	unsigned int i;
	u32 slot, id;

	s->nr = nr;
	s->context = context;
	s->cut = cut;
	for (i = 0; i < s->nr; i++)
		s->frames[i] = frame_of(frames[i]);
	s->hash = jhash2((u32 *)s->frames, s->nr * 2, s->context);
	id = find(s, &slot);
	if (id)
		return id;
	if (!in_nmi())
		raw_spin_lock_irqsave(&stacks_lock, flags);
	else if (!raw_spin_trylock_irqsave(&stacks_lock, flags))
		return LA_STACK_NONE;
	id = add(s);
	raw_spin_unlock_irqrestore(&stacks_lock, flags);
	return id;
}

/**
 * la_stacks_get() - a stack by its id
 * @id: of la_stacks_intern(), not LA_STACK_NONE
 */
const struct la_stack *la_stacks_get(u32 id)
{
	return stacks[id];
}

/* Names lie in the linear map, text does not. */
static bool is_name(unsigned long frame)
{
	return frame < (unsigned long)-0x80000000L;
}

/**
 * la_stacks_show_frame() - as `%pS`, or the name that is left
 * @m: the file
 * @frame: of a stack
 */
void la_stacks_show_frame(struct seq_file *m, unsigned long frame)
{
	const struct frame_name *name;

	if (!is_name(frame)) {
		seq_printf(m, "%pS", (void *)frame);
		return;
	}
	name = container_of((const char (*)[])frame, struct frame_name, text);
	seq_printf(m, "%s%s", name->text, READ_ONCE(name->gone));
}

static const char *const context_names[LA_NR_CONTEXTS] = {
	[LA_CONTEXT_SOFTIRQ]	= "(softirq)",
	[LA_CONTEXT_HARDIRQ]	= "(hardirq)",
	[LA_CONTEXT_NMI]	= "(nmi)",
};

/**
 * la_stacks_context_name() - as the last line of a stack says it
 * @context: the context
 *
 * Return: NULL for a task.
 */
const char *la_stacks_context_name(enum la_context context)
{
	return context_names[context];
}

static struct frame_name *make_name(const char *text, const char *gone)
{
	size_t size = strlen(text) + 1;
	struct frame_name *name = kmalloc(struct_size(name, text, size), GFP_KERNEL);

	if (!name)
		return NULL;
	memcpy(name->text, text, size);
	name->gone = gone;
	list_add(&name->list, &names);
	return name;
}

/* The name of @addr, one for all stacks; @known is by address. */
static struct frame_name *name_of(struct xarray *known, unsigned long addr, const char *gone)
{
	struct frame_name *name = xa_load(known, addr);
	char text[KSYM_SYMBOL_LEN];

	if (name)
		return name;
	snprintf(text, sizeof(text), "%pS", (void *)addr);
	name = make_name(text, gone);
	if (name)
		xa_store(known, addr, name, GFP_KERNEL);
	return name;
}

/* Frames of init text that went before belong to a module that goes now. */
static void init_is_unloaded(const struct module *mod)
{
	char of_module[MODULE_NAME_LEN + 4];
	struct frame_name *name;
	size_t len = snprintf(of_module, sizeof(of_module), " [%s]", mod->name);

	list_for_each_entry(name, &names, list) {
		size_t text_len = strlen(name->text);

		if (name->gone == init_gone && text_len > len &&
		    !strcmp(name->text + text_len - len, of_module))
			WRITE_ONCE(name->gone, unloaded);
	}
}

/* It has names now, so no event will have this stack again. */
static void leave_index(u32 id)
{
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&stacks_lock, flags);
	for (i = 0; i < PROBES; i++)
		if (index[nth_slot(stacks[id]->hash, i)] == id)
			WRITE_ONCE(index[nth_slot(stacks[id]->hash, i)], LA_STACK_NONE);
	raw_spin_unlock_irqrestore(&stacks_lock, flags);
}

/**
 * la_stacks_module_going() - text is about to be freed: keep the names
 * @mod: the module
 * @init_only: only its init text goes
 *
 * Context: the module notifier; no code of that text runs any more.
 */
void la_stacks_module_going(struct module *mod, bool init_only)
{
	const char *gone = init_only ? init_gone : unloaded;
	struct xarray known;
	u32 id, n = la_stacks_count();
	unsigned int i;

	xa_init(&known);
	for (id = 1; id < n; id++) {
		struct la_stack *s = stacks[id];
		bool named = false;

		for (i = 0; i < s->nr; i++) {
			unsigned long addr = s->frames[i];
			struct frame_name *name;

			if (is_name(addr) || (!within_module_init(addr, mod) &&
					      (init_only || !within_module_core(addr, mod))))
				continue;
			name = name_of(&known, addr, gone) ?: bpf_name;
			WRITE_ONCE(s->frames[i], (unsigned long)name->text);
			named = true;
		}
		if (named)
			leave_index(id);
	}
	xa_destroy(&known);
	if (!init_only)
		init_is_unloaded(mod);
}

/**
 * la_stacks_count() - ids are below this
 */
u32 la_stacks_count(void)
{
	return READ_ONCE(nr_stacks);
}

/**
 * la_stacks_max() - stacks that are kept at most
 */
u32 la_stacks_max(void)
{
	return max_stacks;
}

/**
 * la_stacks_memory() - bytes that stacks take
 */
u64 la_stacks_memory(void)
{
	return la_arena_memory(&arena) + max_stacks * sizeof(*stacks) +
	       BIT(index_bits) * sizeof(*index);
}

/**
 * la_stacks_need_room() - should the worker call la_stacks_make_room()?
 *
 * Context: any.
 */
bool la_stacks_need_room(void)
{
	return la_arena_needs_room(&arena);
}

/**
 * la_stacks_make_room() - allocate room for more stacks
 *
 * Context: process, one at a time.
 */
void la_stacks_make_room(void)
{
	la_arena_make_room(&arena);
}

/**
 * la_stacks_init() - as many as there can be sites
 */
int la_stacks_init(void)
{
	max_stacks = la_sites_max();
	index_bits = order_base_2(max_stacks) + 1;
	nr_stacks = 1;		/* LA_STACK_NONE is none */
	stacks = vzalloc(max_stacks * sizeof(*stacks));
	index = vzalloc(BIT(index_bits) * sizeof(*index));
	bpf_name = make_name("[bpf]", "");
	if (!stacks || !index || !bpf_name ||
	    la_arena_init(&arena, ((u64)totalram_pages() << PAGE_SHIFT) / RAM_PER_ARENA_BYTE)) {
		la_stacks_exit();
		return -ENOMEM;
	}
	return 0;
}

/**
 * la_stacks_exit() - free everything; no hook runs any more
 */
void la_stacks_exit(void)
{
	struct frame_name *name, *next;

	list_for_each_entry_safe(name, next, &names, list)
		kfree(name);
	la_arena_exit(&arena);
	vfree(index);
	vfree(stacks);
}
