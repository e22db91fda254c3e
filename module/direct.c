// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct.
 *
 * A kretprobe costs 770 instructions with its handlers, and is skipped inside another
 * kprobe's handler and when more calls are under way than it was made for; an ftrace_ops
 * with registers costs 79 before its handler. A direct call costs 29 or 27 and loses
 * nothing: ftrace has the function call direct_call.S. Only one can have that of a
 * function; when somebody was faster there are those others.
 */
#include "direct.h"

#include <linux/errno.h>

#include "compat.h"

#ifdef LA_COMPAT_HAS_DIRECT
#include <linux/delay.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/static_call.h>
#include <linux/string.h>

#define POLL_MS	2

DEFINE_PER_CPU(u64, la_direct_begun);
DEFINE_PER_CPU(u64, la_direct_ended);

static void nobody(void)
{
}

/* The rest of the function; direct_call.S goes there by the name of a jump. */
DEFINE_STATIC_CALL(la_direct_body, nobody);
asm(".pushsection .text, \"ax\"\n"
	".globl la_direct_rest\n"
	".type la_direct_rest, @function\n"
	"la_direct_rest: jmp " STATIC_CALL_TRAMP_STR(la_direct_body) "\n"
	".size la_direct_rest, . - la_direct_rest\n"
	".popsection\n");

static struct {
	la_direct_fn fn;
	void *data;
	struct la_compat_direct ftrace;
} directs[LA_DIRECT_KINDS];

static unsigned long call_of(enum la_direct_kind kind)
{
	return kind == LA_DIRECT_RETURN ? (unsigned long)la_direct_return_call :
					  (unsigned long)la_direct_entry_call;
}

/* These two are called by direct_call.S. */
void la_direct_returned(const struct la_direct_frame *frame)
{
	preempt_disable_notrace();
	directs[LA_DIRECT_RETURN].fn(directs[LA_DIRECT_RETURN].data, frame);
	preempt_enable_notrace();
}

void la_direct_entered(const struct la_direct_frame *frame)
{
	preempt_disable_notrace();
	directs[LA_DIRECT_ENTRY].fn(directs[LA_DIRECT_ENTRY].data, frame);
	preempt_enable_notrace();
}

/* Is it a function that begins as ftrace has it? Then where its call of ftrace stands. */
static unsigned long call_of_ftrace(unsigned long addr)
{
	static const u8 endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	static const u8 nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	const u8 call = 0xe8;

	if (!memcmp((void *)addr, endbr, sizeof(endbr)))
		addr += sizeof(endbr);
	return !memcmp((void *)addr, nop, sizeof(nop)) || !memcmp((void *)addr, &call, 1) ?
	       addr : 0;
}

/**
 * la_direct_arm() - have our call before or around a function
 * @kind: which; not armed
 * @addr: the function; it takes at most four arguments, and none on the stack
 * @fn: called at each call of it
 * @data: for @fn
 *
 * Context: process.
 * Return: 0; -ENODEV where this can't be, or what ftrace says, -EBUSY when it is taken.
 */
int la_direct_arm(enum la_direct_kind kind, unsigned long addr, la_direct_fn fn, void *data)
{
	unsigned long call = call_of_ftrace(addr);

	if (!call)
		return -ENODEV;
	directs[kind].fn = fn;
	directs[kind].data = data;
	if (kind == LA_DIRECT_RETURN)
		static_call_update(la_direct_body, (typeof(nobody) *)(call + CALL_INSN_SIZE));
	return la_compat_direct_register(&directs[kind].ftrace, call, call_of(kind));
}

static bool is_inside(void)
{
	u64 begun = 0, ended = 0;
	int cpu;

	/* Ends first: a call that ends meanwhile counts as one that has not. */
	for_each_possible_cpu(cpu)
		ended += READ_ONCE(per_cpu(la_direct_ended, cpu));
	smp_rmb();	/* nobody begins any more; pairs with the order on the same CPU */
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(per_cpu(la_direct_begun, cpu));
	return begun != ended;
}

/**
 * la_direct_disarm() - have it no longer, and wait until all have returned
 * @kind: which; armed
 *
 * Context: process.
 */
void la_direct_disarm(enum la_direct_kind kind)
{
	la_compat_direct_unregister(&directs[kind].ftrace, call_of(kind));
	/* Who was on the way in is counted, */
	synchronize_rcu_tasks();
	if (kind == LA_DIRECT_ENTRY)
		return;
	/* who sleeps in there comes back, */
	while (is_inside())
		msleep(POLL_MS);
	/* and who was on the way out is out. */
	synchronize_rcu_tasks();
}
#else
int la_direct_arm(enum la_direct_kind kind, unsigned long addr, la_direct_fn fn, void *data)
{
	return -ENODEV;
}

void la_direct_disarm(enum la_direct_kind kind)
{
}
#endif
