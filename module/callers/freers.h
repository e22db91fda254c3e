/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freers: who frees the objects of a caller.
 */
#ifndef LEAKACCT_FREERS_H
#define LEAKACCT_FREERS_H

#include <linux/types.h>

/* Frames of a free that are kept, and freers of a caller that are shown. */
#define LA_FREERS_DEPTH		4
#define LA_FREERS_TOP		2

/* Callers whose freers are wanted at a time. */
#define LA_FREERS_WANTED	8

/**
 * struct la_freer - one who frees objects of a caller
 * @stack: of la_stacks_intern(), who called the allocator first
 * @count: frees that were looked at and found to be of this stack
 */
struct la_freer {
	u32 stack;
	u32 count;
};

void la_freers_want(const u32 *heads, unsigned int n);
bool la_freers_is_known(u32 head);
bool la_freers_is_wanted(u32 site);
void la_freers_note(u32 site, unsigned long caller);
unsigned int la_freers_top(u32 head, struct la_freer *top, u64 *all);
u64 la_freers_memory(void);

#endif /* LEAKACCT_FREERS_H */
