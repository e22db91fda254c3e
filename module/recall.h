/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recall: the site of an event, from memory where its stack was seen before.
 */
#ifndef LEAKACCT_RECALL_H
#define LEAKACCT_RECALL_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>

#include "chains.h"
#include "countdown.h"
#include "stacks.h"
#include "unwind.h"

struct kmem_cache;
struct module;

/**
 * struct la_origin - what is known of an allocation before its site is
 * @caller: who allocated
 * @what: identity of the objects, see struct la_site
 * @object: the object, read when the site is new
 * @is_cache: @what is a struct kmem_cache
 * @context: where it happened
 */
struct la_origin {
	unsigned long caller;
	u64 what;
	const void *object;
	bool is_cache;
	enum la_context context;
};

extern struct la_chains la_recall_chains;
DECLARE_PER_CPU(s64, la_recall_countdown);
/* Are sites told by stacks? Else the caller is all there is to a chain. */
DECLARE_STATIC_KEY_TRUE(la_recall_stacks);

u32 la_recall_learn(unsigned long caller, u64 what, const void *object, bool is_cache,
		    enum la_context context, const struct la_place *place);
void la_recall_check(unsigned long caller, enum la_context context,
		     const struct la_place *place, u32 site);

/**
 * la_recall_chain() - the chain of an event
 * @caller: who allocated
 * @what: identity of the objects
 * @context: where it happened
 * @place: where the hook stands, still to be filled in
 * @regs: see struct la_place
 * @found: gets the chain
 *
 * Context: any, preemption off.
 * Return: false when it must be learnt.
 */
static __always_inline bool la_recall_chain(unsigned long caller, u64 what,
					    enum la_context context, struct la_place *place,
					    struct pt_regs *regs, const struct la_chain **found)
{
	const struct la_chain *chain;
	struct la_link *root;

	if (regs)
		place->origin = kernel_stack_pointer(regs) - (unsigned long)place;
	if (unlikely(!la_chains_root(&la_recall_chains, caller, what | context, &root)))
		return false;
	if (!static_branch_likely(&la_recall_stacks)) {
		*found = root->chain;
		return true;
	}
	if (unlikely(!la_chains_match(&la_recall_chains, root, place,
				      la_unwind_end(place, context != LA_CONTEXT_TASK),
				      &chain)))
		return false;
	*found = chain;
	/* One in so many is unwound again, and compared. */
	if (unlikely(la_countdown_down(la_recall_countdown))) {
		place->regs = regs;
		la_recall_check(caller, context, place, chain->site);
	}
	return true;
}

int la_recall_init(void);
void la_recall_exit(void);
void la_recall_module_going(struct module *mod, bool init_only);
void la_recall_cache_going(struct kmem_cache *s);

u32 la_recall_count(void);
u64 la_recall_memory(void);
bool la_recall_need_work(void);
void la_recall_work(void);

#endif /* LEAKACCT_RECALL_H */
