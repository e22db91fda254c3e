/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remembered chains: telling a stack that was seen before by comparing its words,
 * without unwinding it. Plain C but for the arena.
 */
#ifndef LEAKACCT_CHAINS_H
#define LEAKACCT_CHAINS_H

#include "plain.h"

#define LA_CHAIN_MAX	48u	/* entries of one stack */

/**
 * struct la_word - a word of the stack and what it must be
 * @value: a return address (all text lies in the top 2 GiB), or a distance in the hook's
 *	frame, a multiple of 8; LA_WORD_BASE: no particular one, but the next words count
 *	from LA_CHAIN_BELOW bytes below where it points; LA_WORD_END: behind the last one
 * @distance: from the base, in bytes; the first base is the place, a fixed one in the
 *	hook's frame
 */
struct la_word {
	s32 value;
	u32 distance;
};

#define LA_WORD_BASE	0
#define LA_WORD_END	1	/* nothing is that: where it says, the one before is */
/* It may point past a return address. */
#define LA_CHAIN_BELOW	sizeof(long)

/**
 * struct la_chain - one remembered stack
 * @site: whose stack it is
 * @nr: words
 * @reach: distance of the last byte that is read before the first LA_WORD_BASE
 * @counts: of the site
 * @words: what must be there; behind each LA_WORD_BASE one whose value is the next
 *	reach, so that there too is nothing beyond the present one; last an LA_WORD_END
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
 * @salt: for the hash of what is beyond it
 * @nr_bases: frame pointers that are followed before @at
 * @bases: distances of those, each from the one before
 */
struct la_fork {
	u32 reach;
	u32 at;
	u32 index;
	u32 salt;
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

/* A link lies in one of so many places of the index. */
#define LA_LINK_PLACES	16u

/* Of caches and forks, which lie anywhere, the low halves tell enough. */
static __always_inline u32 la_chains_salt(u64 b)
{
	return (u32)b * 0x9e3779b1u;
}

/* And of text, which lies in the top 2 GiB. */
static __always_inline u32 la_chains_hash(unsigned long a, u32 salt)
{
	return ((u32)a * 0xb5297a4du ^ salt) >> (32 - LA_CHAINS_INDEX_BITS);
}

static __always_inline u32 la_link_place(u32 hash, unsigned int i)
{
	return (hash + i) & ((1u << LA_CHAINS_INDEX_BITS) - 1);
}

static __always_inline u64 la_link_what(const struct la_link *link)
{
	return READ_ONCE(link->key.b) & ~(u64)LA_CHAIN_CONTEXT;
}

static __always_inline bool la_link_is(const struct la_link *link, unsigned long a, u64 b)
{
	return likely(link->key.a == a) && likely(link->key.b == b);
}

/* The link of a key, if it is not where its hash says. */
static __always_inline struct la_link *la_chains_probe(const struct la_chains *t,
						       unsigned long a, u64 b, u32 salt)
{
	u32 hash = la_chains_hash(a, salt);
	unsigned int i;

#pragma GCC unroll 1
	for (i = 1; i < LA_LINK_PLACES; i++) {
		struct la_link *link = READ_ONCE(t->index[la_link_place(hash, i)]);

		if (la_link_is(link, a, b))
			return link;
	}
	return NULL;
}

/**
 * la_chains_find() - a link by its key
 * @t: the chains
 * @a: see struct la_chain_key
 * @b: likewise
 * @salt: la_chains_salt() of @b
 *
 * Context: any, preemption off.
 * Return: the link or NULL.
 */
static __always_inline struct la_link *la_chains_find(const struct la_chains *t,
						      unsigned long a, u64 b, u32 salt)
{
	/* Pairs with publish() in chains.c: all it leads to is there. */
	struct la_link *link = READ_ONCE(t->index[la_chains_hash(a, salt)]);

	return likely(la_link_is(link, a, b)) ? link : la_chains_probe(t, a, b, salt);
}

/* Is @word, at its distance from @base, what it must be? */
static __always_inline bool la_word_holds(const struct la_word *w, const void *base)
{
	return la_peek(*(const long *)(base + w->distance)) == w->value;
}

/* Are the @reach bytes from @base, and one more, on the stack? */
static __always_inline bool la_chain_has(const void *place, const void *base, u32 reach,
					 u32 room)
{
	return likely((unsigned long)(base - place) + reach <= room);
}

/* Go on from where a saved frame pointer points; false when that is not on this stack. */
static __always_inline bool la_chain_climb(const void *place, const void **base, u32 distance,
					   u32 room)
{
	unsigned long up = la_peek(*(const unsigned long *)(*base + distance)) -
			   LA_CHAIN_BELOW - (unsigned long)place;

	if (unlikely(up > room))
		return false;
	*base = place + up;
	return true;
}

/* The same up to what @fork->at counts from; false: who meets there is not on this stack. */
static __always_inline bool la_fork_climb(const struct la_fork *fork, const void *place,
					  const void **base, u32 room)
{
	unsigned int i = 0;

	if (!fork->nr_bases)
		return false;
#pragma GCC unroll 1
	do {
		if (!la_chain_has(place, *base, fork->bases[i] + sizeof(long) - 1, room) ||
		    !la_chain_climb(place, base, fork->bases[i], room))
			return false;
	} while (++i < fork->nr_bases);
	return la_chain_has(place, *base, fork->at + sizeof(long) - 1, room);
}

/* From @w on, the words up to one that is not there. */
static __always_inline const struct la_word *la_words_match(const struct la_word *w,
							    const void *base)
{
	for (;; w += 4) {
		if (!la_word_holds(&w[0], base))
			return w;
		if (!la_word_holds(&w[1], base))
			return w + 1;
		if (!la_word_holds(&w[2], base))
			return w + 2;
		if (!la_word_holds(&w[3], base))
			return w + 3;
	}
}

/**
 * la_chains_tell() - the only chain that it can be
 * @t: the chains
 * @link: to those of the caller, see la_chains_find()
 * @place: where the hook stands
 * @room: bytes of the stack above the one there; 0: not known
 *
 * By one fork after the other: no more turns than a stack has words, as each is further
 * up than the one before.
 *
 * Context: any, preemption off.
 * Return: the chain, or NULL.
 */
static __always_inline const struct la_chain *la_chains_tell(const struct la_chains *t,
							     const struct la_link *link,
							     const void *place, u32 room)
{
	const struct la_fork *fork;

	while ((fork = link->fork)) {
		const void *base = place;
		unsigned long word;

		if (unlikely(fork->reach > room) && !la_fork_climb(fork, place, &base, room))
			return NULL;
		word = la_peek(*(const unsigned long *)(base + fork->at));
		link = READ_ONCE(t->index[la_chains_hash(word, fork->salt)]);
		if (unlikely(!la_link_is(link, word, (unsigned long)fork))) {
			link = la_chains_probe(t, word, (unsigned long)fork, fork->salt);
			if (!link)
				return NULL;
		}
	}
	return link->chain;
}

/**
 * la_chain_matches() - is this the stack?
 * @chain: the chain
 * @w: its first word, or where la_chains_match_plain() stopped
 * @place: where the hook stands
 * @room: bytes of the stack above the one there; 0: not known
 *
 * Forks only tell which chain it can be. Its words are all compared, from the first
 * on, and by induction each of them is live: the caller is known, and as long as all
 * words up to here are equal, the next frame lies where it lay then.
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_chain_matches(const struct la_chain *chain,
					     const struct la_word *w, const void *place,
					     u32 room)
{
	const void *base = place;

	if (unlikely(chain->reach > room))
		return false;
	if (w == chain->words)
		w = la_words_match(w, base);
	for (; w->value != LA_WORD_END; w = la_words_match(w + 2, base)) {
		if (w->value != LA_WORD_BASE ||
		    !la_chain_climb(place, &base, w->distance, room) ||
		    !la_chain_has(place, base, w[1].value, room))
			return false;
	}
	return true;
}

enum la_plain {
	LA_PLAIN_MATCH,
	LA_PLAIN_LINK,		/* ask la_chains_tell() and la_chain_matches(), */
	LA_PLAIN_CHAIN,		/* or la_chain_matches() alone, from where this stopped */
	LA_PLAIN_WORDS,		/* as LA_PLAIN_LINK, from the first link on; said by recall.h */
};

/**
 * la_chains_match_plain() - the chain of a stack, as far as no frame pointer is followed
 *	and all links are where their hashes say
 * @t: the chains
 * @link: as in la_chains_tell(); with LA_PLAIN_LINK gets how far it got
 * @place: likewise
 * @room: likewise
 * @chain: gets the chain; not with LA_PLAIN_LINK
 * @stop: with LA_PLAIN_CHAIN, gets the word where it stopped
 *
 * It calls nothing and gets by with few registers. Context: likewise.
 */
static __always_inline enum la_plain la_chains_match_plain(const struct la_chains *t,
							   const struct la_link **link,
							   const void *place, u32 room,
							   const struct la_chain **chain,
							   const struct la_word **stop)
{
	const struct la_fork *fork;

	while ((fork = (*link)->fork)) {
		const struct la_link *beyond;
		unsigned long word;

		if (unlikely(fork->reach > room))
			return LA_PLAIN_LINK;
		word = la_peek(*(const unsigned long *)(place + fork->at));
		beyond = READ_ONCE(t->index[la_chains_hash(word, fork->salt)]);
		if (unlikely(!la_link_is(beyond, word, (unsigned long)fork)))
			return LA_PLAIN_LINK;
		*link = beyond;
	}
	*chain = (*link)->chain;
	*stop = (*chain)->words;
	if (unlikely((*chain)->reach > room))
		return LA_PLAIN_CHAIN;
	*stop = la_words_match((*chain)->words, place);
	return likely(READ_ONCE((*stop)->value) == LA_WORD_END) ? LA_PLAIN_MATCH :
								  LA_PLAIN_CHAIN;
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
