// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct.
 *
 * A kretprobe costs 700 instructions, and is skipped inside another kprobe's handler and
 * when more calls are under way than it was made for. A direct call costs 30 and loses
 * nothing: ftrace has the function call direct_call.S, which calls the rest of it. Only
 * one can have that of a function; when somebody was faster there is the kretprobe.
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
DEFINE_STATIC_CALL(la_direct_rest, nobody);
asm(".pushsection .text, \"ax\"\n"
	".globl la_direct_body\n"
	".type la_direct_body, @function\n"
	"la_direct_body: jmp " STATIC_CALL_TRAMP_STR(la_direct_rest) "\n"
	".size la_direct_body, . - la_direct_body\n"
	".popsection\n");

static la_direct_fn returned;
static struct la_compat_direct direct;

/* Called by direct_call.S. */
void la_direct_returned(const struct la_direct_frame *frame)
{
	preempt_disable_notrace();
	returned(frame);
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
 * la_direct_arm() - have our call around a function
 * @addr: the function; it takes at most four arguments, and none on the stack
 * @fn: called after each return of it
 *
 * There is one at a time.
 *
 * Context: process.
 * Return: 0; -ENODEV where this can't be, or what ftrace says, -EBUSY when it is taken.
 */
int la_direct_arm(unsigned long addr, la_direct_fn fn)
{
	unsigned long call = call_of_ftrace(addr);

	if (!call)
		return -ENODEV;
	returned = fn;
	static_call_update(la_direct_rest, (void *)(call + CALL_INSN_SIZE));
	return la_compat_direct_register(&direct, call, (unsigned long)la_direct_call);
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
 *
 * Context: process.
 */
void la_direct_disarm(void)
{
	la_compat_direct_unregister(&direct, (unsigned long)la_direct_call);
	/* Who was on the way in is counted, */
	synchronize_rcu_tasks();
	/* who sleeps in there comes back, */
	while (is_inside())
		msleep(POLL_MS);
	/* and who was on the way out is out. */
	synchronize_rcu_tasks();
}
#else
int la_direct_arm(unsigned long addr, la_direct_fn fn)
{
	return -ENODEV;
}

void la_direct_disarm(void)
{
}
#endif
