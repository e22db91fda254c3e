/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks: the store of unique ones behind a 32-bit id.
 */
#ifndef LEAKACCT_STACKS_H
#define LEAKACCT_STACKS_H

#include <linux/types.h>

struct module;
struct seq_file;

#define LA_STACK_NONE	0u

/* What kind of context an event is in; the order is that of tasks.h. */
enum la_context {
	LA_CONTEXT_TASK,
	LA_CONTEXT_SOFTIRQ,
	LA_CONTEXT_HARDIRQ,
	LA_CONTEXT_NMI,
	LA_NR_CONTEXTS
};

/**
 * struct la_stack - a stack
 * @hash: of the rest
 * @nr: frames
 * @context: enum la_context
 * @cut: there were more frames
 * @frames: return addresses, the caller first; once the text has gone, names
 */
struct la_stack {
	u32 hash;
	u8 nr;
	u8 context;
	bool cut;
	unsigned long frames[];
};

int la_stacks_init(void);
void la_stacks_exit(void);
u32 la_stacks_intern(const unsigned long *frames, unsigned int nr, bool cut,
		     enum la_context context);
const struct la_stack *la_stacks_get(u32 id);
void la_stacks_show_frame(struct seq_file *m, unsigned long frame);
const char *la_stacks_context_name(enum la_context context);
void la_stacks_module_going(struct module *mod, bool init_only);

u32 la_stacks_count(void);
u32 la_stacks_max(void);
u64 la_stacks_memory(void);
bool la_stacks_need_room(void);
void la_stacks_make_room(void);

#endif /* LEAKACCT_STACKS_H */
