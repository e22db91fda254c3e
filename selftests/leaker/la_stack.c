// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks on request through a chain of calls that is known: la_stack_f1() calls
 * la_stack_f2() and so on, and la_stack_f6() allocates.
 *
 * A write of "WAY N" to the parameter `leak` allocates N objects and keeps them; it
 * returns when all are there. WAY says who calls la_stack_f1():
 *	task	la_stack_from_task(), in the process that writes
 *	softirq	la_stack_from_timer(), a timer
 *	hardirq	la_stack_from_hrtimer(), a timer in hard interrupt context
 *	pad8	la_stack_aligned() from la_stack_pad8()
 *	pad16	la_stack_aligned() from la_stack_pad16()
 *	shift	la_stack_aligned() from la_stack_shift()
 *	places	la_stack_from_task(); and each function but the last calls the next one from
 *		one of two places, so there are 32 stacks of equal distances
 * la_stack_aligned() aligns its stack to 64 bytes, so the frames below it are at
 * distances from those above it that the alignment of its caller's stack decides.
 * This is another one in la_stack_pad8() than in la_stack_pad16(), and a new one
 * each time in la_stack_shift().
 *
 * Unloaded it frees what it kept, but with keep=1, which is a real leak.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kmemleak.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "../../module/compat/compat.h"
#include "../../module/compat/compat_trial.h"

#define SIZE		211
#define ALIGNMENT	64
#define WORD		sizeof(long)

static bool keep;
module_param(keep, bool, 0444);
MODULE_PARM_DESC(keep, "leave what was leaked behind when unloaded");

struct stack_object {
	struct stack_object *next;
	char content[SIZE - sizeof(void *)];
};

static struct stack_object *kept;
static unsigned int wanted;
static unsigned int failed;
static DECLARE_COMPLETION(done);

/* After a call: else it were a tail call, which leaves no frame. */
static __always_inline void no_tail_call(void)
{
	barrier();
}

/* A bit for each of la_stack_f1() to f5(): it calls from its second place. */
static unsigned int second;

#define NR_PLACES	32

/* The compiler must think that others know this local. */
static __always_inline void escape(void *local)
{
	asm volatile("" : : "r" (local) : "memory");
}

/* What follows the calls differs, or the compiler made one of them. */
static __always_inline void from_two_places(void (*callee)(void), unsigned int bit)
{
	if (second & BIT(bit)) {
		callee();
		asm volatile("nop" : : : "memory");
	} else {
		callee();
		no_tail_call();
	}
}

static noinline void la_stack_f6(void)
{
	struct stack_object *object = kmalloc(sizeof(*object), GFP_ATOMIC);

	if (!object) {
		failed++;
		return;
	}
	object->next = kept;
	kept = object;
}

static noinline void la_stack_f5(void)
{
	from_two_places(la_stack_f6, 4);
}

/* Frames of other sizes as well. */
static noinline void la_stack_f4(void)
{
	char local[3 * WORD];

	escape(local);
	from_two_places(la_stack_f5, 3);
	escape(local);
}

static noinline void la_stack_f3(void)
{
	from_two_places(la_stack_f4, 2);
}

static noinline void la_stack_f2(void)
{
	char local[120];

	escape(local);
	from_two_places(la_stack_f3, 1);
	escape(local);
}

static noinline void la_stack_f1(void)
{
	from_two_places(la_stack_f2, 0);
}

static noinline void la_stack_aligned(void)
{
	char local[ALIGNMENT] __aligned(ALIGNMENT);

	escape(local);
	la_stack_f1();
	escape(local);
}

static noinline void la_stack_pad8(void)
{
	char local[WORD];

	escape(local);
	la_stack_aligned();
	escape(local);
}

static noinline void la_stack_pad16(void)
{
	char local[2 * WORD];

	escape(local);
	la_stack_aligned();
	escape(local);
}

/* Room for so many words, as a variable length array takes it. */
static noinline void la_stack_shift(unsigned int words)
{
	char *local = __builtin_alloca(words * WORD);

	escape(local);
	la_stack_aligned();
	escape(local);
}

static noinline void la_stack_from_task(void)
{
	la_stack_f1();
	no_tail_call();
}

static void leak_by_task(void)
{
	for (; wanted; wanted--)
		la_stack_from_task();
}

static void leak_by_places(void)
{
	for (; wanted; wanted--) {
		second = wanted % NR_PLACES;
		la_stack_from_task();
	}
	second = 0;
}

static void leak_by_pad8(void)
{
	for (; wanted; wanted--)
		la_stack_pad8();
}

static void leak_by_pad16(void)
{
	for (; wanted; wanted--)
		la_stack_pad16();
}

static void leak_by_shift(void)
{
	for (; wanted; wanted--)
		la_stack_shift(wanted % (2 * ALIGNMENT / WORD));
}

static void la_stack_from_timer(struct timer_list *unused)
{
	for (; wanted; wanted--)
		la_stack_f1();
	complete(&done);
}

static DEFINE_TIMER(timer, la_stack_from_timer);

static void leak_by_softirq(void)
{
	mod_timer(&timer, jiffies + 1);
	wait_for_completion(&done);
	la_compat_timer_delete_sync(&timer);
}

static struct hrtimer hard_timer;

static enum hrtimer_restart la_stack_from_hrtimer(struct hrtimer *unused)
{
	for (; wanted; wanted--)
		la_stack_f1();
	complete(&done);
	return HRTIMER_NORESTART;
}

static void __maybe_unused leak_by_hardirq(void)
{
	hrtimer_start(&hard_timer, ms_to_ktime(1), HRTIMER_MODE_REL);
	wait_for_completion(&done);
	hrtimer_cancel(&hard_timer);
}

static const struct {
	const char *name;
	void (*leak)(void);
} ways[] = {
	{ "task", leak_by_task },
	{ "softirq", leak_by_softirq },
#ifndef CONFIG_PREEMPT_RT	/* where nobody may allocate there */
	{ "hardirq", leak_by_hardirq },
#endif
	{ "places", leak_by_places },
	{ "pad8", leak_by_pad8 },
	{ "pad16", leak_by_pad16 },
	{ "shift", leak_by_shift },
};

static int leak_by(unsigned int way, unsigned int n)
{
	wanted = n;
	failed = 0;
	ways[way].leak();
	return failed ? -ENOMEM : 0;
}

#include "ways.h"

static int __init la_stack_init(void)
{
	la_compat_hrtimer_setup(&hard_timer, la_stack_from_hrtimer, HRTIMER_MODE_REL);
	return 0;
}

static void __exit la_stack_exit(void)
{
	struct stack_object *object, *next;

	for (object = kept; object; object = next) {
		next = object->next;
		if (keep)
			kmemleak_not_leak(object);	/* it is, on purpose */
		else
			kfree(object);
	}
}

module_init(la_stack_init);
module_exit(la_stack_exit);
MODULE_DESCRIPTION("Leaks through a known chain of calls, for the tests of leakacct");
MODULE_LICENSE("GPL");
