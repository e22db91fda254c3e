/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unwinding: who called, by the kernel's own unwinder.
 */
#ifndef LEAKACCT_UNWIND_H
#define LEAKACCT_UNWIND_H

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "chains.h"
#include "compat.h"
#include "leakacct.h"

struct pt_regs;

#define LA_STACK_MAX_DEPTH	32u
/* What pages can be part of, beyond what enum la_class has. */
#define LA_OWNER_PAGE_TABLES	LA_NR_CLASSES

/* A caller whom the event does not name: the first above the hook that is no allocator. */
#define LA_UNWIND_ANYONE	1ul

/**
 * struct la_unwound - a stack
 * @of_pages: asked for: is @owner to be found?
 * @nr_frames: in @frames
 * @frames: return addresses, the caller first
 * @nr_words: in @words
 * @words: where those were found, and those of the functions between hook and caller,
 *	as chains.h has them
 * @exact: every frame is where @words say, and would be next time
 * @cut: there were more frames than wanted
 * @owner: of pages, what they are part of: a class, LA_OWNER_PAGE_TABLES, or nothing
 *	(LA_CLASS_PAGE); else the only frame is in the function that got them for it
 * @label: enum la_pages_label
 */
struct la_unwound {
	bool of_pages;
	unsigned int nr_frames;
	unsigned long frames[LA_STACK_MAX_DEPTH];
	unsigned int nr_words;
	struct la_word words[LA_CHAIN_MAX];
	bool exact;
	bool cut;
	u8 owner;
	u8 label;
};

/* The stack that interrupts of a CPU run on, as far as it was seen. */
struct la_irq_stack {
	unsigned long begin;
	unsigned long end;
};

DECLARE_PER_CPU(struct la_irq_stack, la_irq_stack);

/**
 * la_unwind_place() - where a hook stands on its stack
 *
 * Its return address, or below it the frame pointer that it saves: the same for all who
 * are called by a jump instead of returning.
 */
#if LA_COMPAT_ALLOCATORS_USE_BP || defined(__CHECKER__)
#define la_unwind_place()	((const void *)__builtin_frame_address(0))
#else
#define la_unwind_place()	((const void *)__builtin_dwarf_cfa() - sizeof(long))
#endif

/*
 * The same place, in a function that has no frame at all. If it had one, its stacks
 * were never those that are remembered, from the place above.
 */
#if defined(CONFIG_X86_64) && !LA_COMPAT_ALLOCATORS_USE_BP
#define la_unwind_frameless_place()					\
({									\
	const void *__sp;						\
									\
	asm("mov %%rsp, %0" : "=r" (__sp));				\
	__sp;								\
})
#else
#define la_unwind_frameless_place()	la_unwind_place()
#endif

/**
 * la_unwind_room() - the bytes of a stack above a place
 * @place: where the hook stands on it
 * @in_irq: in an interrupt, which may have a stack of its own
 *
 * Task stacks are aligned to their size. Context: any, preemption off.
 * Return: how many; 0 when the stack is not known yet.
 */
static __always_inline u32 la_unwind_room(const void *place, bool in_irq)
{
	unsigned long at = (unsigned long)place;

	if (unlikely(in_irq && at - (unsigned long)task_stack_page(current) >= THREAD_SIZE)) {
		unsigned long end = this_cpu_read(la_irq_stack.end);

		return at >= this_cpu_read(la_irq_stack.begin) && at < end ? end - 1 - at : 0;
	}
	return ~at & (THREAD_SIZE - 1);
}

void la_unwind_init(void);
bool la_unwind_is_trampoline(unsigned long addr);
void la_unwind(struct la_unwound *u, const void *place, struct pt_regs *regs,
	       unsigned long caller, unsigned int depth);

#endif /* LEAKACCT_UNWIND_H */
