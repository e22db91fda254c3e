/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct: ftrace's direct call of a function of ours, around a function of the kernel.
 */
#ifndef LEAKACCT_DIRECT_H
#define LEAKACCT_DIRECT_H

#include <linux/percpu.h>
#include <linux/types.h>

/**
 * struct la_direct_frame - what direct_call.S keeps of a call
 * @result: what the function returned
 * @args: what it was called with
 * @bp: the caller's frame pointer
 * @body: where the function goes on
 * @caller: where it returns to
 */
struct la_direct_frame {
	unsigned long result;
	unsigned long args[4];
	unsigned long bp;
	unsigned long body;
	unsigned long caller;
};

/* After the function has returned: any context, preemption off. */
typedef void (*la_direct_fn)(const struct la_direct_frame *frame);

/* Between direct.c and direct_call.S: calls that have begun and ended on a CPU. */
DECLARE_PER_CPU(u64, la_direct_begun);
DECLARE_PER_CPU(u64, la_direct_ended);
void la_direct_call(void);
void la_direct_returned(const struct la_direct_frame *frame);

int la_direct_arm(unsigned long addr, la_direct_fn fn);
void la_direct_disarm(void);

#endif /* LEAKACCT_DIRECT_H */
