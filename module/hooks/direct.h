/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct: ftrace's direct calls of ours, before or around functions of the kernel.
 */
#ifndef LEAKACCT_DIRECT_H
#define LEAKACCT_DIRECT_H

/* For direct_call.S as well: words that the last three arguments of nine take. */
#define LA_DIRECT_STACK_WORDS	3

#ifndef __ASSEMBLY__
#include <linux/percpu.h>
#include <linux/types.h>

enum la_direct_kind {
	LA_DIRECT_RETURN,	/* after it has returned */
	LA_DIRECT_RETURN_OF_NINE, /* likewise, of nine arguments, three on the stack */
	LA_DIRECT_ENTRY,	/* before it begins */
};

/* Functions that can be around at once: direct_call.S has a call for each. */
#define LA_DIRECT_SLOTS		7

/**
 * struct la_direct_frame - what direct_call.S keeps of a call
 * @result: what the function returned
 * @args: what it was called with
 * @bp: the caller's frame pointer
 * @body: where the function goes on
 * @caller: where it returns to
 * @on_stack: the arguments that are there; only with LA_DIRECT_RETURN_OF_NINE
 */
struct la_direct_frame {
	unsigned long result;
	unsigned long args[6];
	unsigned long bp;
	unsigned long body;
	unsigned long caller;
	unsigned long on_stack[];
};

/* Any context, preemption off. */
typedef void (*la_direct_fn)(void *data, const struct la_direct_frame *frame);

int la_direct_arm(enum la_direct_kind kind, unsigned long addr, la_direct_fn fn, void *data);
void la_direct_disarm(unsigned long addr);
void la_direct_wait(void);

/* Between direct.c and direct_call.S: calls that have begun and ended on a CPU, by slot. */
DECLARE_PER_CPU(u64 [LA_DIRECT_SLOTS], la_direct_begun);
DECLARE_PER_CPU(u64 [LA_DIRECT_SLOTS], la_direct_ended);
void la_direct_call_0(void);
void la_direct_call_1(void);
void la_direct_call_2(void);
void la_direct_call_3(void);
void la_direct_call_4(void);
void la_direct_call_5(void);
void la_direct_call_6(void);
void la_direct_handle(const struct la_direct_frame *frame, unsigned int slot);

/* Is this a return address into one that is around a function? No frame of the kernel's. */
static inline bool la_direct_is_call(unsigned long addr)
{
#ifdef CONFIG_X86_64
	/* They lie in this order; the last one is around nothing. */
	return addr - (unsigned long)la_direct_call_0 <
	       (unsigned long)la_direct_call_6 - (unsigned long)la_direct_call_0;
#else
	return false;
#endif
}
#endif

#endif /* LEAKACCT_DIRECT_H */
