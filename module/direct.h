/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct: ftrace's direct calls of ours, before or around a function of the kernel.
 */
#ifndef LEAKACCT_DIRECT_H
#define LEAKACCT_DIRECT_H

#include <linux/percpu.h>
#include <linux/types.h>

/* One function each. */
enum la_direct_kind {
	LA_DIRECT_RETURN,	/* after it has returned */
	LA_DIRECT_ENTRY,	/* before it begins */
	LA_DIRECT_KINDS
};

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

/* Any context, preemption off. */
typedef void (*la_direct_fn)(void *data, const struct la_direct_frame *frame);

int la_direct_arm(enum la_direct_kind kind, unsigned long addr, la_direct_fn fn, void *data);
void la_direct_disarm(enum la_direct_kind kind);

/* Between direct.c and direct_call.S: calls that have begun and ended on a CPU. */
DECLARE_PER_CPU(u64, la_direct_begun);
DECLARE_PER_CPU(u64, la_direct_ended);
void la_direct_return_call(void);
void la_direct_entry_call(void);
void la_direct_returned(const struct la_direct_frame *frame);
void la_direct_entered(const struct la_direct_frame *frame);

#endif /* LEAKACCT_DIRECT_H */
