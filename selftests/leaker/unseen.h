/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frees of pages that no kprobe sees: while the handler of one runs, the kernel passes over
 * all others on that CPU.
 *
 * This is code, not declarations: included once by each module that wants it.
 */
#ifndef LA_TEST_UNSEEN_H
#define LA_TEST_UNSEEN_H

#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include "paths.h"

/* What was freed so last, if that is how la_free_blocks() does it. */
static bool la_unseen;
static unsigned int la_nr_unseen;
static struct page *la_unseen_pages[LA_BATCH];

/* Does nothing but be called. */
static noinline void la_free_here(struct page **pages, unsigned int n, unsigned int order)
{
	OPTIMIZER_HIDE_VAR(pages);
	barrier();
}

static int la_free_within(struct kprobe *p, struct pt_regs *regs)
{
	struct page **pages = (void *)regs_get_kernel_argument(regs, 0);
	unsigned int i, n = regs_get_kernel_argument(regs, 1);

	for (i = 0; i < n; i++)
		__free_pages(pages[i], regs_get_kernel_argument(regs, 2));
	return 0;
}

NOKPROBE_SYMBOL(la_free_within);

static struct kprobe la_free_probe;

static inline int la_unseen_begin(void)
{
	int err;

	memset(&la_free_probe, 0, sizeof(la_free_probe));
	la_free_probe.addr = (kprobe_opcode_t *)la_free_here;
	la_free_probe.pre_handler = la_free_within;
	err = register_kprobe(&la_free_probe);
	la_unseen = !err;
	return err;
}

static inline void la_unseen_end(void)
{
	if (la_unseen)
		unregister_kprobe(&la_free_probe);
	la_unseen = false;
}

/* Up to LA_BATCH of them. */
static inline void la_free_blocks(struct page **pages, unsigned int n, unsigned int order)
{
	unsigned int i;

	if (la_unseen) {
		la_free_here(pages, n, order);
		memcpy(la_unseen_pages, pages, n * sizeof(*pages));
		la_nr_unseen = n;
		return;
	}
	for (i = 0; i < n; i++)
		__free_pages(pages[i], order);
}

static inline bool la_was_freed_unseen(const struct page *page)
{
	unsigned int i;

	for (i = 0; i < la_nr_unseen && la_unseen_pages[i] != page; i++)
		;
	return i < la_nr_unseen;
}

#endif /* LA_TEST_UNSEEN_H */
