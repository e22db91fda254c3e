/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remembered chains: telling a stack that was seen before by comparing its words,
 * without unwinding it. Plain C but for the arena.
 */
#ifndef LEAKACCT_CHAINS_H
#define LEAKACCT_CHAINS_H

#include "plain.h"

#define LA_CHAIN_MAX	48u	/* entries of one stack */

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
 *	LA_WORD_BASE: no particular one, but the next words count from LA_CHAIN_BELOW bytes
 *	below where it points
 * @distance: from the base, in bytes; the first base is the place
 */
struct la_word {
	s32 value;
	u32 distance;
};

#define LA_WORD_BASE	0
/* It may point past a return address. */
#define LA_CHAIN_BELOW	sizeof(long)

/**
 * struct la_chain - one remembered stack
 * @site: whose stack it is
 * @nr: words
 * @reach: distance of the last byte that is read before the first LA_WORD_BASE
 * @counts: of the site
 * @words: what must be there; behind each LA_WORD_BASE one whose distance is the next
 *	reach; last one that is never there: where the one before is, of another value
 *
 * Immutable once it can be found, as forks and links are.
 */
struct la_chain {
	u32 site;
	u32 nr;
	u32 reach;
	void *counts;
	struct la_word words[];
};

#define LA_FORK_BASES	3u

/**
 * struct la_fork - where stacks that begin alike differ first
 * @reach: distance of the last byte of the word that tells which it is; with bases
 *	U32_MAX, which no stack has
 * @at: distance of that word
 * @index: of that word in each of the chains
 * @nr_bases: frame pointers that are followed before @at
 * @bases: distances of those, each from the one before
 */
struct la_fork {
	u32 reach;
	u32 at;
	u32 index;
	u32 nr_bases;
	u32 bases[LA_FORK_BASES];
};

/**
 * struct la_chain_key - how a chain or a fork is found
 * @a: the caller; below a fork, the word there
 * @b: identity of the objects, see struct la_site, and in its low bits the kind of
 *	context; below a fork, its address
 */
struct la_chain_key {
	unsigned long a;
	u64 b;
};

#define LA_CHAIN_CONTEXT	7u	/* mask; objects and caches are aligned to 8 */

/**
 * struct la_link - what a key leads to
 * @key: the key
 * @chain: the chain; of a fork, any of those beyond it
 * @fork: the fork, or NULL
 * @next: the link made before this one
 */
struct la_link {
	struct la_chain_key key;
	struct la_chain *chain;
	struct la_fork *fork;
	struct la_link *next;
};

#define LA_CHAINS_INDEX_BITS	16

/**
 * struct la_chains - those that are remembered
 * @index: by the hash of the key; la_link_nobody where there is none
 * @last: list of all links, newest first
 * @nr: chains
 */
struct la_chains {
	struct la_link *index[1u << LA_CHAINS_INDEX_BITS];
	struct la_link *last;
	u32 nr;
};

/* What an empty place in the index points to: no caller is 0. */
extern struct la_link la_link_nobody;

static __always_inline u32 la_chains_hash(unsigned long a, u64 b)
{
	return ((u64)a << 24 ^ b) * 0x9e3779b97f4a7c15ull >> (64 - LA_CHAINS_INDEX_BITS);
}

static __always_inline bool la_link_is(const struct la_link *link, unsigned long a, u64 b)
{
	return likely(link->key.a == a) && likely(link->key.b == b);
}

static __always_inline bool la_word_holds(const struct la_word *w, const void *base)
{
	return la_peek(*(const long *)(base + w->distance)) == w->value;
}

struct la_link *la_chains_find(const struct la_chains *t, unsigned long a, u64 b);
struct la_link *la_chains_tell(const struct la_chains *t, struct la_link *link,
			       const struct la_place *place, unsigned long last);
bool la_chain_goes_on(const struct la_chain *chain, const struct la_word *w,
		      const void *base, unsigned long last);

/**
 * la_chains_root() - what is remembered of a caller
 * @t: the chains
 * @caller: who allocated
 * @what: identity of the objects, and kind of context
 * @root: gets it
 *
 * Context: any, preemption off.
 * Return: false when there is nothing.
 */
static __always_inline bool la_chains_root(const struct la_chains *t, unsigned long caller,
					   u64 what, struct la_link **root)
{
	/* Pairs with publish() in chains.c: all it leads to is there. */
	*root = READ_ONCE(t->index[la_chains_hash(caller, what)]);
	if (likely(la_link_is(*root, caller, what)))
		return true;
	*root = la_chains_find(t, caller, what);
	return *root;
}

/**
 * la_chains_match() - is this a stack that is remembered?
 * @t: the chains
 * @root: of la_chains_root(), with stacks
 * @place: where the hook stands
 * @last: address of the last byte of its stack; 0: not known
 * @chain: gets it
 *
 * Forks only tell which chain it can be. Its words are all compared, from the first
 * on, and by induction each of them is live: the caller is known, and as long as all
 * words up to here are equal, the next frame lies where it lay then.
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_chains_match(const struct la_chains *t, struct la_link *root,
					    const struct la_place *place, unsigned long last,
					    const struct la_chain **chain)
{
	const struct la_chain *c;
	const struct la_word *w;

	if (root->fork) {
		const struct la_fork *fork = root->fork;
		unsigned long word;

		/* Most often there is one fork. */
		if (likely((unsigned long)place + fork->reach <= last)) {
			word = la_peek(*(const unsigned long *)((const void *)place + fork->at));
			root = READ_ONCE(t->index[la_chains_hash(word, (unsigned long)fork)]);
			if (unlikely(!la_link_is(root, word, (unsigned long)fork)))
				root = la_chains_find(t, word, (unsigned long)fork);
		}
		if (unlikely(!root))
			return false;
		if (unlikely(root->fork)) {
			root = la_chains_tell(t, root, place, last);
			if (unlikely(!root))
				return false;
		}
	}
	*chain = c = root->chain;
	if (unlikely((unsigned long)place + c->reach > last))
		return false;
	/* The word behind the last one ends this. */
	for (w = c->words;; w += 4) {
		if (!la_word_holds(&w[0], place))
			break;
		if (!la_word_holds(&w[1], place)) {
			w += 1;
			break;
		}
		if (!la_word_holds(&w[2], place)) {
			w += 2;
			break;
		}
		if (!la_word_holds(&w[3], place)) {
			w += 3;
			break;
		}
	}
	return likely(w == c->words + c->nr) || la_chain_goes_on(c, w, place, last);
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
void la_chains_forget(struct la_chains *t, const struct la_link *link);
bool la_link_has_text(const struct la_link *link, unsigned long start, unsigned long size);
bool la_link_has_objects(const struct la_link *link, u64 what);

#endif /* LEAKACCT_CHAINS_H */
