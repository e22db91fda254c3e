/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remembered chains: telling a stack that was seen before by comparing its words,
 * without unwinding it. Plain C but for the arena.
 */
#ifndef LEAKACCT_CHAINS_H
#define LEAKACCT_CHAINS_H

#include "plain.h"

#define LA_CHAIN_MAX	48u	/* entries of one stack */
#define LA_CHAIN_STEP	4u	/* they are compared by so many */

struct pt_regs;

/**
 * struct la_place - where a hook stands on its stack
 * @origin: with @regs, distance of the stack pointer in there
 * @regs: when the hook was called on return into the caller: how that left off
 *
 * Distances count from here, which is at a fixed place in the hook's own frame.
 */
struct la_place {
	unsigned long origin;
	struct pt_regs *regs;
};

/**
 * struct la_word - a word of the stack and what it must be
 * @value: a return address (all text lies in the top 2 GiB), or a field of the place;
 *	LA_WORD_BASE: no particular one, but the next words count from where it points
 * @distance: from the base, in bytes; the first base is the place
 */
struct la_word {
	s32 value;
	u32 distance;
};

#define LA_WORD_BASE	0

/**
 * struct la_chain_key - how a chain is found
 * @a: the caller; of a branch, the word that differs from the parent's
 * @b: identity of the objects, see struct la_site, and in its low bits the kind of
 *	context; of a branch, the word of the parent that is not there
 */
struct la_chain_key {
	unsigned long a;
	u64 b;
};

#define LA_CHAIN_CONTEXT	7u	/* mask; objects and caches are aligned to 8 */

/**
 * struct la_chain - one remembered stack, or its part beyond a branch
 * @key: how it is found
 * @site: whose stack it is
 * @nr: entries
 * @padded: likewise, filled up to a multiple of LA_CHAIN_STEP with the last one
 * @reach: bytes of stack beyond the base that are read
 * @base_at: with @above, distance of the word that points to its base
 * @above: goes on from there; NULL: this is the end of the stack
 * @counts: of the site
 * @next: the chain made before this one
 * @words: the entries
 *
 * Immutable once it can be found.
 */
struct la_chain {
	struct la_chain_key key;
	u32 site;
	u16 nr;
	u16 padded;
	u32 reach;
	u32 base_at;
	struct la_chain *above;
	void *counts;
	struct la_chain *next;
	struct la_word words[];
};

#define LA_CHAINS_INDEX_BITS	16

/**
 * struct la_chains - those that are remembered
 * @index: by the hash of the key; la_chain_nobody where there is none
 * @last: list of all, newest first
 * @nr: how many
 */
struct la_chains {
	struct la_chain *index[1u << LA_CHAINS_INDEX_BITS];
	struct la_chain *last;
	u32 nr;
};

/* What an empty place in the index points to: no caller is 0. */
extern struct la_chain la_chain_nobody;

static __always_inline u32 la_chains_hash(unsigned long a, u64 b)
{
	return ((u64)a << 24 ^ b) * 0x9e3779b97f4a7c15ull >> (64 - LA_CHAINS_INDEX_BITS);
}

static __always_inline bool la_chain_is(const struct la_chain *chain, unsigned long a, u64 b)
{
	return likely(chain->key.a == a) && likely(chain->key.b == b);
}

static __always_inline bool la_word_holds(const struct la_word *w, const void *base)
{
	return la_peek(*(const long *)(base + w->distance)) == w->value;
}

struct la_chain *la_chains_find(const struct la_chains *t, unsigned long a, u64 b);
struct la_chain *la_chains_branch(const struct la_chains *t, const struct la_word *w,
				  const void *base, unsigned long room);
struct la_chain *la_chains_follow(const struct la_chains *t, struct la_chain *chain,
				  const void *base, unsigned long room);

/**
 * la_chains_root() - where the stacks of a caller begin
 * @t: the chains
 * @caller: who allocated
 * @what: identity of the objects, and kind of context
 *
 * Context: any, preemption off.
 * Return: NULL when none is remembered.
 */
static __always_inline struct la_chain *la_chains_root(const struct la_chains *t,
						       unsigned long caller, u64 what)
{
	/* Pairs with publish() in chains.c: the chain is whole. */
	struct la_chain *chain = READ_ONCE(t->index[la_chains_hash(caller, what)]);

	if (likely(la_chain_is(chain, caller, what)))
		return chain;
	return la_chains_find(t, caller, what);
}

/**
 * la_chains_match() - is this the stack that is remembered?
 * @t: the chains
 * @chain: of la_chains_root(), with entries
 * @place: where the hook stands
 * @room: bytes of stack from @place to its end
 *
 * By induction every word that is compared is live: the caller is known, and as
 * long as all words up to here are equal, the next frame lies where it lay then.
 *
 * Context: any, preemption off.
 * Return: @chain or one that branches off, all of whose words are there; or NULL.
 */
static __always_inline struct la_chain *la_chains_match(const struct la_chains *t,
							struct la_chain *chain,
							const struct la_place *place,
							unsigned long room)
{
	const struct la_word *w = chain->words, *end = w + chain->padded;

	/* Another stack may branch off where there is still room for it. */
	if (unlikely(chain->reach > room))
		return la_chains_follow(t, chain, place, room);
	do {
		if (unlikely(!la_word_holds(&w[0], place) || !la_word_holds(&w[1], place) ||
			     !la_word_holds(&w[2], place) || !la_word_holds(&w[3], place)))
			return la_chains_branch(t, w, place, room);
		w += LA_CHAIN_STEP;
	} while (w != end);
	return likely(!chain->above) ? chain : la_chains_follow(t, chain, place, room);
}

enum la_chain_added {
	LA_CHAIN_ADDED,
	LA_CHAIN_KNOWN,		/* it is there already */
	LA_CHAIN_CONFLICT,	/* the same frames so far, at other distances */
	LA_CHAIN_NO_ROOM,
};

/* Memory for a chain, NULL when there is none. */
typedef void *(*la_chain_alloc)(unsigned int bytes);

enum la_chain_added la_chains_add(struct la_chains *t, const struct la_chain_key *key,
				  const struct la_word *words, unsigned int n, u32 site,
				  void *counts, la_chain_alloc alloc);
void la_chains_clear(struct la_chains *t);
void la_chains_forget(struct la_chains *t, const struct la_chain *chain);
bool la_chain_has_text(const struct la_chain *chain, unsigned long start, unsigned long size);
bool la_chain_has_objects(const struct la_chain *chain, u64 what);

#endif /* LEAKACCT_CHAINS_H */
