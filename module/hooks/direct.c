// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct.
 *
 * A kretprobe costs 770 instructions with its handlers, and is skipped inside another
 * kprobe's handler and when more calls are under way than it was made for; an ftrace_ops
 * with registers costs 79 before its handler. A direct call costs about 40 and loses
 * nothing: ftrace has the function call direct_call.S, where each function has a call of
 * its own. Only one can have that of a function; when somebody was faster there are
 * those others.
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

DEFINE_PER_CPU(u64 [LA_DIRECT_SLOTS], la_direct_begun);
DEFINE_PER_CPU(u64 [LA_DIRECT_SLOTS], la_direct_ended);

static void nobody(void)
{
}

/* The rest of a function; direct_call.S goes there by the name of a jump. */
#define REST(_slot)							\
	asm(".pushsection .text, \"ax\"\n"				\
		".globl la_direct_rest_" #_slot "\n"			\
		".type la_direct_rest_" #_slot ", @function\n"		\
		"la_direct_rest_" #_slot ": jmp "			\
			STATIC_CALL_TRAMP_STR(la_direct_body_##_slot) "\n" \
		".size la_direct_rest_" #_slot ", . - la_direct_rest_" #_slot "\n" \
		".popsection\n")

DEFINE_STATIC_CALL(la_direct_body_0, nobody);
DEFINE_STATIC_CALL(la_direct_body_1, nobody);
DEFINE_STATIC_CALL(la_direct_body_2, nobody);
DEFINE_STATIC_CALL(la_direct_body_3, nobody);
DEFINE_STATIC_CALL(la_direct_body_4, nobody);
DEFINE_STATIC_CALL(la_direct_body_5, nobody);
REST(0);
REST(1);
REST(2);
REST(3);
REST(4);
REST(5);

#define RETURN_SLOT(_slot, _kind) {					\
	.kind = (_kind),						\
	.call = la_direct_call_##_slot,					\
	.key = &STATIC_CALL_KEY(la_direct_body_##_slot),		\
	.tramp = STATIC_CALL_TRAMP_ADDR(la_direct_body_##_slot),	\
}

/* One for each function; @addr is that of the function, or 0. */
static struct slot {
	enum la_direct_kind kind;
	void (*call)(void);
	struct static_call_key *key;
	void *tramp;
	unsigned long addr;
	la_direct_fn fn;
	void *data;
	struct la_compat_direct ftrace;
} slots[LA_DIRECT_SLOTS] = {
	RETURN_SLOT(0, LA_DIRECT_RETURN),
	RETURN_SLOT(1, LA_DIRECT_RETURN),
	RETURN_SLOT(2, LA_DIRECT_RETURN),
	RETURN_SLOT(3, LA_DIRECT_RETURN),
	RETURN_SLOT(4, LA_DIRECT_RETURN),
	RETURN_SLOT(5, LA_DIRECT_RETURN_OF_NINE),
	{ LA_DIRECT_ENTRY, la_direct_call_6 },
};

/**
 * la_direct_handle() - direct_call.S has stopped a call
 * @frame: the call
 * @slot: which of its functions it was
 *
 * Context: any.
 */
void la_direct_handle(const struct la_direct_frame *frame, unsigned int slot)
{
	preempt_disable_notrace();
	slots[slot].fn(slots[slot].data, frame);
	preempt_enable_notrace();
}

static bool is_call_of_ftrace(const void *addr)
{
	/* On 5.10 it depends on the CPU. */
	static const u8 nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	static const u8 old_nop[] = { 0x66, 0x66, 0x66, 0x66, 0x90 };
	const u8 call = 0xe8;

	return !memcmp(addr, nop, sizeof(nop)) || !memcmp(addr, old_nop, sizeof(old_nop)) ||
	       !memcmp(addr, &call, 1);
}

/*
 * Where a function's call of ftrace stands, if it begins as ftrace has it: maybe behind an
 * ENDBR, of which the kernel makes a NOP where nobody needs it. What looks like one and
 * is none ftrace turns down.
 */
static unsigned long call_of_ftrace(unsigned long addr)
{
	const unsigned long endbr = 4;

	if (is_call_of_ftrace((void *)addr))
		return addr;
	return is_call_of_ftrace((void *)addr + endbr) ? addr + endbr : 0;
}

static struct slot *find(enum la_direct_kind kind, unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < LA_DIRECT_SLOTS; i++)
		if (slots[i].addr == addr && (addr || slots[i].kind == kind))
			return &slots[i];
	return NULL;
}

/**
 * la_direct_arm() - have our call before or around a function
 * @kind: which
 * @addr: the function, not armed; unless @kind says other it takes at most six arguments
 * @fn: called at each call of it
 * @data: for @fn
 *
 * Context: process.
 * Return: 0; -ENODEV where this can't be, or what ftrace says, -EBUSY when it is taken.
 */
int la_direct_arm(enum la_direct_kind kind, unsigned long addr, la_direct_fn fn, void *data)
{
	unsigned long call = call_of_ftrace(addr);
	struct slot *slot = find(kind, 0);
	int err;

	if (!call || !slot)
		return -ENODEV;
	slot->fn = fn;
	slot->data = data;
	if (slot->key)
		__static_call_update(slot->key, slot->tramp, (void *)(call + CALL_INSN_SIZE));
	err = la_compat_direct_register(&slot->ftrace, call, (unsigned long)slot->call);
	if (!err)
		slot->addr = addr;
	return err;
}

static bool is_inside(unsigned int slot)
{
	u64 begun = 0, ended = 0;
	int cpu;

	/* Ends first: a call that ends meanwhile counts as one that has not. */
	for_each_possible_cpu(cpu)
		ended += READ_ONCE(per_cpu(la_direct_ended, cpu)[slot]);
	smp_rmb();	/* nobody begins any more; pairs with the order on the same CPU */
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(per_cpu(la_direct_begun, cpu)[slot]);
	return begun != ended;
}

/**
 * la_direct_disarm() - have it no longer
 * @addr: the function; armed
 *
 * Context: process. Calls of it may still be under way until la_direct_wait(), so
 * nothing may be armed between the first that is disarmed and that.
 */
void la_direct_disarm(unsigned long addr)
{
	struct slot *slot = find(LA_DIRECT_ENTRY, addr);

	la_compat_direct_unregister(&slot->ftrace, (unsigned long)slot->call);
	slot->addr = 0;
}

/**
 * la_direct_wait() - wait until all calls of what was disarmed have returned
 *
 * Once for all functions: each grace period of RCU's tasks takes a tenth of a second.
 *
 * Context: process; nothing is armed.
 */
void la_direct_wait(void)
{
	unsigned int i;

	/* Who was on the way in is counted, */
	synchronize_rcu_tasks();
	/* who sleeps in there comes back, */
	for (i = 0; i < LA_DIRECT_SLOTS; i++)
		while (slots[i].kind != LA_DIRECT_ENTRY && is_inside(i))
			msleep(POLL_MS);
	/* and who was on the way out is out. */
	synchronize_rcu_tasks();
}
#else
int la_direct_arm(enum la_direct_kind kind, unsigned long addr, la_direct_fn fn, void *data)
{
	return -ENODEV;
}

void la_direct_disarm(unsigned long addr)
{
}

void la_direct_wait(void)
{
}
#endif
