/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recall: the site of an event, from memory where its stack was seen before.
 */
#ifndef LEAKACCT_RECALL_H
#define LEAKACCT_RECALL_H

#include <linux/jump_label.h>
#include <linux/percpu.h>

#include "chains.h"
#include "countdown.h"
#include "stacks.h"
#include "unwind.h"

struct kmem_cache;
struct module;
struct pt_regs;

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
/* Are sites told by stacks? Else there are no words to a chain, but of wrappers. */
DECLARE_STATIC_KEY_TRUE(la_recall_stacks);

u32 la_recall_learn(const struct la_origin *o, const void *place, struct pt_regs *regs);
void la_recall_check(const struct la_origin *o, const void *place, struct pt_regs *regs,
		     u32 site);

/**
 * la_recall_caller() - what is remembered of a caller
 * @caller: who allocated
 * @what: identity of the objects
 * @context: where it happened
 *
 * Context: any, preemption off.
 * Return: what leads to its chains, or NULL.
 */
static __always_inline const struct la_link *la_recall_caller(unsigned long caller, u64 what,
							      enum la_context context)
{
	const u64 b = what | context;

	return la_chains_find(&la_recall_chains, caller, b, la_chains_salt(b));
}

/* The same, if it is where its hash says; or false. */
static __always_inline bool la_recall_caller_plain(unsigned long caller, u64 what,
						   const struct la_link **link)
{
	const u64 b = what | LA_CONTEXT_TASK;
	const u32 hash = la_chains_hash(caller, la_chains_salt(b));

	*link = READ_ONCE(la_recall_chains.index[hash]);
	return likely(la_link_is(*link, caller, b));
}

/**
 * la_recall_chain() - the chain of an event
 * @link: of la_recall_caller(), or further on
 * @context: where it happened
 * @place: where the hook stands, see la_unwind()
 *
 * Context: any, preemption off.
 * Return: NULL when it must be learnt.
 */
static __always_inline const struct la_chain *la_recall_chain(const struct la_link *link,
							      enum la_context context,
							      const void *place)
{
	const u32 room = la_unwind_room(place, context != LA_CONTEXT_TASK);
	const struct la_chain *chain;

	if (!static_branch_likely(&la_recall_stacks) && likely(!link->chain->nr))
		return link->chain;
	chain = la_chains_tell(&la_recall_chains, link, place, room);
	return likely(chain) && likely(la_chain_matches(chain, chain->words, place, room)) ?
	       chain : NULL;
}

/**
 * la_recall_chain_plain() - the chain of an event in a task, if it is told easily
 * @link: of la_recall_caller(); with LA_PLAIN_LINK gets how far it got
 * @place: where the hook stands
 * @chain: gets the chain; not with LA_PLAIN_LINK or LA_PLAIN_WORDS
 * @stop: with LA_PLAIN_CHAIN, gets the word where it stopped
 *
 * Context: task, preemption off.
 */
static __always_inline enum la_plain la_recall_chain_plain(const struct la_link **link,
							   const void *place,
							   const struct la_chain **chain,
							   const struct la_word **stop)
{
	if (!static_branch_likely(&la_recall_stacks)) {
		*chain = (*link)->chain;
		return likely(!la_peek((*chain)->nr)) ? LA_PLAIN_MATCH : LA_PLAIN_WORDS;
	}
	return la_chains_match_plain(&la_recall_chains, link, place,
				     la_unwind_room(place, false), chain, stop);
}

/**
 * la_recall_chain_unnamed() - likewise, of an event that names no caller
 * @link: of la_recall_caller_plain()
 * @place: where the hook stands
 * @chain: gets the chain
 *
 * Its caller is told by the stack, with stacks or without them. Context: likewise.
 * Return: whether it was told.
 */
static __always_inline bool la_recall_chain_unnamed(const struct la_link *link, const void *place,
						    const struct la_chain **chain)
{
	const struct la_word *stop;

	return la_chains_match_plain(&la_recall_chains, &link, place,
				     la_unwind_room(place, false), chain, &stop) == LA_PLAIN_MATCH;
}

/**
 * la_recall_is_check_due() - one in so many is unwound again, and compared: this one?
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_recall_is_check_due(void)
{
	return static_branch_likely(&la_recall_stacks) &&
	       unlikely(la_countdown_down(la_recall_countdown));
}

int la_recall_init(void);
void la_recall_exit(void);
void la_recall_module_going(struct module *mod, bool init_only);
void la_recall_cache_going(struct kmem_cache *s);
void la_recall_forget(void (*meanwhile)(void *data), void *data);

u32 la_recall_count(void);
u64 la_recall_memory(void);
bool la_recall_need_work(void);
void la_recall_work(void);

#endif /* LEAKACCT_RECALL_H */
