// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unwinding.
 *
 * With ORC the place of every return address comes along, from which chains are
 * remembered. Elsewhere (frame pointers, arm64's frame records) unwinding is
 * cheap, and there are no chains: the plain path.
 *
 * A stack ends at the entry into the kernel: what was interrupted is noise and
 * another stack. At system calls it ends in the function that makes room for
 * randomize_kstack_offset, above which distances change with each call.
 */
#include "unwind.h"

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/stacktrace.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "compat.h"
#include "direct.h"
#include "pages.h"
#include "symbols.h"
#include "wrappers.h"

#define CALLEE_SAVED	6u	/* registers, on x86-64 */
/* The caller is found within so many frames of the hook, wrappers and all. */
#define MAX_INNER	16u

DEFINE_PER_CPU(struct la_irq_stack, la_irq_stack);

struct function {
	const char *name;
	unsigned long start;
	unsigned long size;
};

/* At these stacks end. */
static struct function syscall_entries[] __maybe_unused = {
	{ "do_syscall_64" }, { "do_int80_syscall_32" }, { "__do_fast_syscall_32" },
	{ "do_fast_syscall_32" }, { "int80_emulation" },
};

/* What kretprobes and the function graph tracer put in place of return addresses. */
static struct function trampolines[] = {
	{ "arch_rethook_trampoline" }, { "__kretprobe_trampoline" },
	{ "kretprobe_trampoline" }, { "return_to_handler" },
};

/*
 * Who gets pages for what is accounted elsewhere, and leaves no mark on all of them; and
 * what they are for where a wrapper tells.
 */
static struct role {
	struct function function;
	u8 owner;
	u8 label;
} roles[] = {
	{ { "allocate_slab" }, LA_CLASS_SLAB },
	{ { "kmalloc_order" }, LA_CLASS_LARGE },
	{ { "kmalloc_large_node" }, LA_CLASS_LARGE },
	{ { "__kmalloc_large_node" }, LA_CLASS_LARGE },
	{ { "___kmalloc_large_node" }, LA_CLASS_LARGE },
	{ { "__vmalloc_area_node" }, LA_CLASS_VMALLOC },
	{ { "__vmalloc_node_range" }, LA_CLASS_VMALLOC },
	{ { "__vmalloc_node_range_noprof" }, LA_CLASS_VMALLOC },
	{ { "pcpu_populate_chunk" }, LA_CLASS_PERCPU },
	{ { "pgd_alloc" }, LA_OWNER_PAGE_TABLES },
	{ { "__p4d_alloc" }, LA_OWNER_PAGE_TABLES },
	{ { "__pud_alloc" }, LA_OWNER_PAGE_TABLES },
	{ { "__pmd_alloc" }, LA_OWNER_PAGE_TABLES },
	{ { "__pte_alloc_kernel" }, LA_OWNER_PAGE_TABLES },
	{ { "pte_alloc_one" }, LA_OWNER_PAGE_TABLES },
	{ { "__change_page_attr" }, LA_OWNER_PAGE_TABLES },
	{ { "__change_page_attr_set_clr" }, LA_OWNER_PAGE_TABLES },
	{ { "page_frag_alloc" }, LA_CLASS_PAGE, LA_PAGES_FRAG },
	{ { "page_frag_alloc_align" }, LA_CLASS_PAGE, LA_PAGES_FRAG },
	{ { "__page_frag_alloc_align" }, LA_CLASS_PAGE, LA_PAGES_FRAG },
	{ { "__page_frag_cache_refill" }, LA_CLASS_PAGE, LA_PAGES_FRAG },
	{ { "skb_page_frag_refill" }, LA_CLASS_PAGE, LA_PAGES_FRAG },
	{ { "page_pool_alloc_pages" }, LA_CLASS_PAGE, LA_PAGES_POOL },
	{ { "page_pool_alloc_netmems" }, LA_CLASS_PAGE, LA_PAGES_POOL },
	{ { "__page_pool_alloc_pages_slow" }, LA_CLASS_PAGE, LA_PAGES_POOL },
	{ { "__page_pool_alloc_netmems_slow" }, LA_CLASS_PAGE, LA_PAGES_POOL },
	{ { "dma_direct_alloc" }, LA_CLASS_PAGE, LA_PAGES_DMA },
	{ { "dma_direct_alloc_pages" }, LA_CLASS_PAGE, LA_PAGES_DMA },
	{ { "dma_common_alloc_pages" }, LA_CLASS_PAGE, LA_PAGES_DMA },
	{ { "iommu_dma_alloc" }, LA_CLASS_PAGE, LA_PAGES_DMA },
};

static void locate(struct function *functions, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		functions[i].start = la_symbols_address(functions[i].name);
		functions[i].size = la_symbols_size(functions[i].start);
	}
}

static bool lies_in(const struct function *functions, unsigned int n, unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (addr - functions[i].start < functions[i].size)
			return true;
	return false;
}

/**
 * la_unwind_init() - find the functions that mean something in a stack
 */
void la_unwind_init(void)
{
	unsigned int i;

	locate(syscall_entries, ARRAY_SIZE(syscall_entries));
	locate(trampolines, ARRAY_SIZE(trampolines));
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		locate(&roles[i].function, 1);
}

/**
 * la_unwind_is_trampoline() - is this not really a caller?
 * @addr: a return address
 */
bool la_unwind_is_trampoline(unsigned long addr)
{
	return lies_in(trampolines, ARRAY_SIZE(trampolines), addr);
}

#ifdef CONFIG_UNWINDER_ORC
#include <asm/unwind.h>

static bool is_syscall_entry(unsigned long addr)
{
	return lies_in(syscall_entries, ARRAY_SIZE(syscall_entries), addr);
}

/**
 * struct walk - a stack on its way up
 * @state: of the kernel's unwinder
 * @spare: room for a copy
 * @u: the result
 * @bottom: of what belongs to it: the place
 * @top: end of that stack
 * @base: what distances count from
 * @bp_at: where state.bp lies on the stack; NULL: not known
 * @inner: frames between the hook and the caller
 * @anyone: the event named no caller
 * @passed: the caller that the event named has been met, or it named none
 * @ended: what is above says no more
 */
struct walk {
	struct unwind_state state;
	struct unwind_state spare;
	struct la_unwound *u;
	unsigned long bottom;
	unsigned long top;
	unsigned long base;
	const unsigned long *bp_at;
	unsigned int inner;
	bool anyone;
	bool passed;
	bool ended;
};

/* Does a frame that ends here belong to the stack? */
static bool is_on(const struct walk *w, unsigned long sp)
{
	return sp > w->bottom && sp <= w->top;
}

/* Where it ends; of interrupts also where it begins, for la_unwind_end(). */
static void learn_stack(struct walk *w)
{
	const struct stack_info *info = &w->state.stack_info;

	w->top = w->bottom;
	if (w->bottom < (unsigned long)info->begin || w->bottom >= (unsigned long)info->end)
		return;
	w->top = (unsigned long)info->end;
	if (info->type != STACK_TYPE_IRQ)
		return;
	this_cpu_write(la_irq_stack.begin, (unsigned long)info->begin);
	this_cpu_write(la_irq_stack.end, w->top);
}

static void add_word(struct walk *w, long value, unsigned long at)
{
	struct la_unwound *u = w->u;

	if (u->nr_words == LA_CHAIN_MAX || value != (s32)value) {
		u->exact = false;
		return;
	}
	u->words[u->nr_words++] = (struct la_word){ .value = value, .distance = at - w->base };
}

/* The one word from @from to before @to that is the frame pointer. */
static const unsigned long *find_word(unsigned long from, unsigned long to, unsigned long value)
{
	const unsigned long *word, *found = NULL;

	for (word = (void *)from; word < (const unsigned long *)to; word++) {
		if (READ_ONCE_NOCHECK(*word) != value)
			continue;
		if (found)
			return NULL;
		found = word;
	}
	return found;
}

/*
 * Where a function saved the frame pointer, below its return address at @to: among
 * the registers pushed first, as a rule. Further down it may lie about from before.
 */
static const unsigned long *find_bp(const struct walk *w, unsigned long from, unsigned long to)
{
	unsigned long pushed = to - CALLEE_SAVED * sizeof(long);

	return find_word(max(from, pushed), to, w->state.bp) ?:
	       find_word(from, to, w->state.bp);
}

/*
 * Is the next frame found by the frame pointer? The unwinder itself tells: with
 * another one it goes astray.
 */
static bool goes_by_bp(struct walk *w, unsigned long next_sp)
{
	w->spare.bp = 0;
	unwind_next_frame(&w->spare);
	return w->spare.sp != next_sp;
}

/*
 * A frame that began at @sp, and whose caller's was found by the frame pointer, is
 * behind us. As a rule its pushed registers are above the gap that aligns it: what
 * points over the gap is the frame pointer, saved further down. Some functions first
 * align and then push; these keep the end of their frame below the frame pointer.
 */
static void rebase(struct walk *w, unsigned long sp, unsigned long bp)
{
	const unsigned long *up = w->bp_at;
	unsigned long base = bp;

	/* Above "push %rbp; mov %rsp,%rbp" there is the return address. */
	if (w->state.sp != bp + 2 * sizeof(long)) {
		up = find_word(sp, bp, w->state.sp);
		base = w->state.sp;
	}
	if ((unsigned long)up < w->base)
		w->u->exact = false;
	add_word(w, LA_WORD_BASE, (unsigned long)up);
	w->base = base - LA_CHAIN_BELOW;
	w->bp_at = (unsigned long *)bp;
}

/* On to the next frame. */
static void step(struct walk *w)
{
	unsigned long bp = w->state.bp, sp = w->state.sp;

	w->spare = w->state;
	unwind_next_frame(&w->state);
	/* The next frame may be on another stack: this one ends here. */
	if (unwind_done(&w->state) || !is_on(w, w->state.sp))
		return;
	if (goes_by_bp(w, w->state.sp))
		rebase(w, sp, bp);
	else if (w->state.bp != bp)
		w->bp_at = find_bp(w, sp, w->state.sp - sizeof(long));
}

static void start(struct walk *w, const void *place)
{
	unwind_start(&w->state, current, NULL, (unsigned long *)place);
	learn_stack(w);
	if (is_on(w, w->state.sp))
		w->bp_at = find_bp(w, w->base, w->state.sp - sizeof(long));
}

/* From where the caller goes on: its return address is off the stack already. */
static void start_from_regs(struct walk *w, const unsigned long *place, struct pt_regs *regs)
{
	unsigned long bp = regs->bp;

	/* This is on its way to the next frame, so step() comes too late. */
	regs->bp = 0;
	unwind_start(&w->spare, current, regs, NULL);
	regs->bp = bp;
	unwind_start(&w->state, current, regs, NULL);
	learn_stack(w);

	add_word(w, *place, (unsigned long)place);
	w->bp_at = &regs->bp;
	if (!is_on(w, w->state.sp))
		return;
	if (w->spare.sp != w->state.sp)
		rebase(w, regs->sp, bp);
	else if (w->state.bp != bp)
		w->bp_at = find_bp(w, regs->sp, w->state.sp - sizeof(long));
}

/* Is this a frame of the allocator's own or a wrapper's, below the first that counts? */
static bool is_inner(struct walk *w, unsigned long addr, unsigned long word,
		     unsigned long caller)
{
	if (w->u->nr_frames)
		return false;
	if (!w->passed && addr != caller && word != caller)
		return true;
	w->passed = true;
	return la_wrappers_has(addr);
}

/* A function that has to do with pages, below the first frame that counts. */
static void note_role(struct la_unwound *u, unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(roles); i++) {
		if (!lies_in(&roles[i].function, 1, addr))
			continue;
		u->owner = roles[i].owner;
		u->label = roles[i].label;
		return;
	}
}

/*
 * A handler that switches preemption off and on calls what it does, instead of ending in
 * it. Where an event names nobody the handler is no more the caller for that.
 */
static bool is_handler(const struct walk *w, unsigned long addr)
{
	return LA_COMPAT_HANDLERS_CALL && w->anyone && !w->u->nr_words &&
	       within_module_core(addr, THIS_MODULE);
}

/* A return address; false when it is one too many. */
static bool add_address(struct walk *w, unsigned long addr, bool inner, unsigned int depth)
{
	struct la_unwound *u = w->u;

	/* We are around a function that allocates meanwhile. */
	if (la_direct_is_call(addr) || is_handler(w, addr))
		return true;
	if (u->of_pages && !u->nr_frames)
		note_role(u, addr);
	w->ended = u->owner != LA_CLASS_PAGE;
	if (inner && !w->ended)
		return ++w->inner <= MAX_INNER;
	if (u->nr_frames == depth) {
		u->cut = true;
		return false;
	}
	u->frames[u->nr_frames++] = addr;
	return true;
}

/* A frame above the hook; false at the end of the stack. */
static bool add_frame(struct walk *w, unsigned long caller, unsigned int depth)
{
	unsigned long addr = unwind_get_return_address(&w->state);
	unsigned long slot = w->state.sp - sizeof(long), word;
	struct la_unwound *u = w->u;

	/* The interrupted, or another stack: the entry was before. */
	if (!addr || w->state.regs || !is_on(w, w->state.sp))
		return false;
	word = READ_ONCE_NOCHECK(*(unsigned long *)slot);
	if (!add_address(w, addr, is_inner(w, addr, word, caller), depth))
		return false;
	if (word != addr)
		u->exact = false;
	add_word(w, addr, slot);
	return !w->ended && !is_syscall_entry(addr);
}

/**
 * la_unwind() - the stack of the current event
 * @u: the result; at least the caller
 * @place: where the hook stands on its stack: an address there at a fixed distance from
 *	the frames of those who called it
 * @regs: when the hook was called on return into the caller: how that left off; then the
 *	word at @place is the distance of the stack pointer in there
 * @caller: who allocated, as the event says: the first frame; or LA_UNWIND_ANYONE
 * @depth: frames wanted, 1..LA_STACK_MAX_DEPTH
 *
 * If @caller is a trampoline (of a kretprobe on the allocator) or a wrapper, the first
 * frame is who is behind it; if nobody else is there, @caller stays.
 *
 * Context: any, preemption off.
 */
void la_unwind(struct la_unwound *u, const void *place, struct pt_regs *regs,
	       unsigned long caller, unsigned int depth)
{
	struct walk w = {
		.u = u,
		.base = (unsigned long)place,
		.bottom = (unsigned long)place,
		.anyone = caller == LA_UNWIND_ANYONE,
		.passed = caller == LA_UNWIND_ANYONE,
	};

	u->nr_frames = 0;
	u->nr_words = 0;
	u->exact = true;
	u->cut = false;
	u->owner = LA_CLASS_PAGE;
	u->label = LA_PAGES_PLAIN;

	if (regs) {
		/* Or the event names somebody further up. */
		w.passed = caller == instruction_pointer(regs);
		if (w.passed)
			add_address(&w, caller, la_wrappers_has(caller), depth);
		start_from_regs(&w, place, regs);
	} else {
		start(&w, place);
	}
	while (!w.ended && !unwind_done(&w.state) && add_frame(&w, caller, depth))
		step(&w);

	if (unwind_error(&w.state))
		u->exact = false;
	/* A stack does not end with a base. */
	if (u->nr_words && u->words[u->nr_words - 1].value == LA_WORD_BASE)
		u->nr_words--;
	if (!u->nr_frames) {
		u->frames[u->nr_frames++] = caller;
		u->exact = false;
	}
}

#else

void la_unwind(struct la_unwound *u, const void *place, struct pt_regs *regs,
	       unsigned long caller, unsigned int depth)
{
	unsigned long all[MAX_INNER + LA_STACK_MAX_DEPTH];
	unsigned int i, n, first;

	n = regs ? stack_trace_save_regs(regs, all, ARRAY_SIZE(all), 0) :
		   stack_trace_save(all, ARRAY_SIZE(all), 0);

	u->nr_words = 0;
	u->exact = false;
	for (i = 0; i < n && all[i] != caller; i++)
		;
	if (i == n) {
		all[0] = caller;
		n = 1;
		i = 0;
	}
	for (first = i; first < n && la_wrappers_has(all[first]); first++)
		;
	if (first < n)
		i = first;
	u->nr_frames = min(n - i, depth);
	u->cut = n - i > depth;
	memcpy(u->frames, all + i, u->nr_frames * sizeof(*all));
}
#endif
