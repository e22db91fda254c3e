// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembered chains.
 *
 * For a given chain of calls the return addresses lie at the same distances from
 * the hook's own frame every time. A chain keeps (distance, address) pairs; when
 * all those words are on the stack it is the same stack, and the site is at hand.
 *
 * Chains that begin alike share their beginning: where another stack leaves a
 * chain, a branch continues, found by the entry and the word that differs.
 *
 * A function that aligns the stack (udp_sendmsg, do_filp_open) puts the frames above
 * its own at a distance that its caller's alignment decides. Such a function has a
 * frame pointer, and a function that it called has saved it at a place that is
 * fixed: so the chain ends there, and the one above counts from that pointer.
 *
 * Finding takes no lock. Adding and forgetting are serialized by the caller. A
 * chain that is forgotten leaves the index, and its branches can't be reached
 * any more; the memory comes back when all are cleared.
 */
#include "chains.h"

/* A chain may lie in one of so many places of the index. */
#define PROBES		16u

struct la_chain la_chain_nobody;

static u32 nth_place(u32 h, unsigned int i)
{
	return (h + i) & ((1u << LA_CHAINS_INDEX_BITS) - 1);
}

/**
 * la_chains_find() - a chain by its key
 * @t: the chains
 * @a: see struct la_chain_key
 * @b: likewise
 *
 * Context: any, preemption off.
 * Return: the chain or NULL.
 */
struct la_chain *la_chains_find(const struct la_chains *t, unsigned long a, u64 b)
{
	u32 h = la_chains_hash(a, b);
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		/* Pairs with publish(): the chain is whole. */
		struct la_chain *chain = smp_load_acquire(&t->index[nth_place(h, i)]);

		if (la_chain_is(chain, a, b))
			return chain;
	}
	return NULL;
}

/* Each turn is one frame further at least. */
#define MAX_TURNS	(2 * LA_CHAIN_MAX)

/*
 * The first word of a chain that is not there, or NULL. Of a chain that reaches
 * beyond the stack's end another may branch off before, but not there.
 */
static __always_inline const struct la_word *first_different(const struct la_chain *chain,
							     const void *base,
							     unsigned long room)
{
	const struct la_word *w = chain->words, *end = w + chain->nr;

	if (likely(chain->reach <= room)) {
		/* Pieces are short: not by LA_CHAIN_STEP. */
		while (w != end && la_word_holds(w, base))
			w++;
	} else {
		while (w != end && w->distance + sizeof(long) <= room && la_word_holds(w, base))
			w++;
	}
	return w != end ? w : NULL;
}

/*
 * Compare @chain and what is above or branches off, until all words of one hold. It
 * is entered in the middle, with @w, which is not there, but within @room.
 */
static __always_inline struct la_chain *follow(const struct la_chains *t,
					       struct la_chain *chain, const struct la_word *w,
					       const void *base, unsigned long room)
{
	unsigned int turns;

	for (turns = 0; turns < MAX_TURNS; turns++) {
		unsigned long up;

		if (w) {
			chain = la_chains_root(t, la_peek(*(const long *)(base + w->distance)),
					       (unsigned long)w);
			if (!chain)
				return NULL;
		}
		w = first_different(chain, base, room);
		if (w) {
			if (unlikely(w->distance + sizeof(long) > room))
				return NULL;
			continue;
		}
		if (!chain->above)
			return chain;
		if (chain->base_at + sizeof(long) > room)
			return NULL;
		up = la_peek(*(const unsigned long *)(base + chain->base_at)) - (unsigned long)base;
		if (up >= room)
			return NULL;
		base += up;
		room -= up;
		chain = chain->above;
	}
	return NULL;
}

/**
 * la_chains_branch() - the rest of la_chains_match(), where a word differs
 * @t: the chains
 * @w: of the next LA_CHAIN_STEP words one is not there
 * @base: what their distances count from
 * @room: bytes of stack from @base to its end
 *
 * Context: any, preemption off.
 */
struct la_chain *la_chains_branch(const struct la_chains *t, const struct la_word *w,
				  const void *base, unsigned long room)
{
	while (la_word_holds(w, base))
		w++;
	return follow(t, NULL, w, base, room);
}

/**
 * la_chains_follow() - la_chains_match(), when it is not simple
 * @t: the chains
 * @chain: where to begin
 * @base: what its distances count from
 * @room: bytes of stack from @base to its end
 *
 * Context: any, preemption off.
 */
struct la_chain *la_chains_follow(const struct la_chains *t, struct la_chain *chain,
				  const void *base, unsigned long room)
{
	return follow(t, chain, NULL, base, room);
}

static bool publish(struct la_chains *t, struct la_chain *chain)
{
	u32 h = la_chains_hash(chain->key.a, chain->key.b);
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		struct la_chain **at = &t->index[nth_place(h, i)];

		if (*at != &la_chain_nobody)
			continue;
		chain->next = t->last;
		t->last = chain;
		t->nr++;
		smp_store_release(at, chain);	/* pairs with la_chains_find() */
		return true;
	}
	return false;
}

static void fill_in(struct la_chain *chain, const struct la_word *words, unsigned int n)
{
	unsigned int i;

	chain->nr = n;
	chain->padded = (n + LA_CHAIN_STEP - 1) / LA_CHAIN_STEP * LA_CHAIN_STEP;
	chain->reach = 0;
	for (i = 0; i < chain->padded; i++) {
		chain->words[i] = words[i < n ? i : n - 1];
		if (chain->words[i].distance >= chain->reach)
			chain->reach = chain->words[i].distance + sizeof(long);
	}
}

/* A chain of @words, and those above it; the last one first. */
static struct la_chain *make(const struct la_word *words, unsigned int n, u32 site,
			     void *counts, la_chain_alloc alloc)
{
	struct la_chain *above = NULL;
	unsigned int end = n, start;

	for (;;) {
		struct la_chain *chain;

		for (start = end; start && words[start - 1].value != LA_WORD_BASE; start--)
			;
		chain = alloc(sizeof(*chain) + (end - start + LA_CHAIN_STEP) * sizeof(*words));
		if (!chain)
			return NULL;
		fill_in(chain, words + start, end - start);
		chain->site = site;
		chain->counts = counts;
		chain->above = above;
		chain->base_at = 0;
		if (above) {
			chain->base_at = words[end].distance;
			if (chain->base_at >= chain->reach)
				chain->reach = chain->base_at + sizeof(long);
		}
		if (!start)
			return chain;
		above = chain;
		end = start - 1;
	}
}

static enum la_chain_added add(struct la_chains *t, const struct la_chain_key *key,
			       const struct la_word *words, unsigned int n, u32 site,
			       void *counts, la_chain_alloc alloc)
{
	struct la_chain *chain = make(words, n, site, counts, alloc);

	if (!chain)
		return LA_CHAIN_NO_ROOM;
	chain->key = *key;
	return publish(t, chain) ? LA_CHAIN_ADDED : LA_CHAIN_NO_ROOM;
}

/**
 * la_chains_add() - remember a stack
 * @t: the chains
 * @key: of its root
 * @words: what was found on the stack
 * @n: how many
 * @site: whose stack it is
 * @counts: of the site
 * @alloc: for memory
 *
 * Context: any, the caller serializes.
 */
enum la_chain_added la_chains_add(struct la_chains *t, const struct la_chain_key *key,
				  const struct la_word *words, unsigned int n, u32 site,
				  void *counts, la_chain_alloc alloc)
{
	struct la_chain *chain = la_chains_find(t, key->a, key->b), *branch;
	unsigned int entry = 0, i;

	if (!chain)
		return add(t, key, words, n, site, counts, alloc);
	for (i = 0; i < n; i++) {
		struct la_chain_key at;

		if (words[i].value == LA_WORD_BASE) {
			if (entry != chain->nr || !chain->above ||
			    chain->base_at != words[i].distance)
				return LA_CHAIN_CONFLICT;
			chain = chain->above;
			entry = 0;
			continue;
		}
		if (entry >= chain->nr || chain->words[entry].distance != words[i].distance)
			return LA_CHAIN_CONFLICT;
		if (chain->words[entry].value == words[i].value) {
			entry++;
			continue;
		}
		at.a = (long)words[i].value;
		at.b = (unsigned long)&chain->words[entry];
		branch = la_chains_find(t, at.a, at.b);
		if (!branch)
			return add(t, &at, words + i + 1, n - i - 1, site, counts, alloc);
		chain = branch;
		entry = 0;
	}
	return entry == chain->nr && !chain->above && chain->site == site ?
	       LA_CHAIN_KNOWN : LA_CHAIN_CONFLICT;
}

/**
 * la_chains_clear() - forget all
 * @t: the chains
 *
 * Context: the caller serializes with la_chains_add(), and lets a grace period pass
 * before it uses the memory again.
 */
void la_chains_clear(struct la_chains *t)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t->index); i++)
		WRITE_ONCE(t->index[i], &la_chain_nobody);
	t->last = NULL;
	t->nr = 0;
}

/**
 * la_chains_forget() - a chain can't be found any more, nor what branches off
 * @t: the chains
 * @chain: one of them
 *
 * Context: the caller serializes with la_chains_add().
 */
void la_chains_forget(struct la_chains *t, const struct la_chain *chain)
{
	u32 h = la_chains_hash(chain->key.a, chain->key.b);
	unsigned int i;

	for (i = 0; i < PROBES; i++)
		if (t->index[nth_place(h, i)] == chain)
			WRITE_ONCE(t->index[nth_place(h, i)], &la_chain_nobody);
}

/**
 * la_chain_has_text() - does it hold a return address there?
 * @chain: the chain
 * @start: of the text
 * @size: of the text, in bytes
 */
bool la_chain_has_text(const struct la_chain *chain, unsigned long start, unsigned long size)
{
	unsigned int i;

	if (chain->key.a - start < size)
		return true;
	for (; chain; chain = chain->above)
		for (i = 0; i < chain->nr; i++)
			if ((unsigned long)(long)chain->words[i].value - start < size)
				return true;
	return false;
}

/**
 * la_chain_has_objects() - is it the root of chains to these objects?
 * @chain: the chain
 * @what: identity of the objects
 */
bool la_chain_has_objects(const struct la_chain *chain, u64 what)
{
	return (chain->key.b & ~(u64)LA_CHAIN_CONTEXT) == what;
}
