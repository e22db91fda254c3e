/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wrappers: functions that only pass an allocation on. Who called them is the caller.
 */
#ifndef LEAKACCT_WRAPPERS_H
#define LEAKACCT_WRAPPERS_H

#include <linux/types.h>

struct module;

/**
 * enum la_wrapper_kind - why a function is passed over
 * @LA_WRAPPER_KMALLOC: the slab allocator's own; an event that names it as its caller is
 *	the inner one of two, or (5.10, large kmallocs) the only one
 * @LA_WRAPPER_LISTED: it allocates for its caller, as wrappers.c knows
 * @LA_WRAPPER_ADDED: root said so
 */
enum la_wrapper_kind {
	LA_WRAPPER_KMALLOC,
	LA_WRAPPER_LISTED,
	LA_WRAPPER_ADDED,
};

/**
 * struct la_wrapper - one of them
 * @start: of its text
 * @size: of its text, in bytes
 * @kind: why
 */
struct la_wrapper {
	unsigned long start;
	u32 size;
	u32 kind;
};

void la_wrappers_init(void);
bool la_wrappers_has(unsigned long addr);
bool la_wrappers_is_kmalloc(unsigned long addr);
int la_wrappers_add(const char *name);
int la_wrappers_remove(const char *name);
void la_wrappers_module_going(struct module *mod, bool init_only);
unsigned int la_wrappers_count(unsigned int *added);
struct la_wrapper *la_wrappers_copy(unsigned int *n);

#endif /* LEAKACCT_WRAPPERS_H */
