// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembered chains.
 *
 * For a given chain of calls the return addresses lie at the same distances from
 * the hook's own frame every time. A chain keeps (distance, address) pairs; when
 * all those words are on the stack it is the same stack, and the site is at hand.
 *
 * Which of a caller's chains to compare is told by forks: where two stacks differ
 * first, the word that is there leads on. A word at a fork is taken as it is, live
 * or not: it leads to a chain that is compared, or to none.
 *
 * A function that aligns the stack (udp_sendmsg, do_filp_open) puts the frames above
 * its own at a distance that its caller's alignment decides. Such a function has a
 * frame pointer, and a function that it called has saved it at a place that is
 * fixed: from there on distances count from that pointer.
 *
 * Finding takes no lock. Adding and forgetting are serialized by the caller. What is
 * forgotten leaves the index, and what is beyond it can't be reached any more; the
 * memory comes back when all are cleared.
 */
#include "chains.h"

struct la_link la_link_nobody;

static bool publish(struct la_chains *t, const struct la_chain_key *key,
		    struct la_chain *chain, struct la_fork *fork, la_chain_alloc alloc)
{
	u32 hash = la_chains_hash(key->a, la_chains_salt(key->b));
	struct la_link *link;
	unsigned int i;

	for (i = 0; i < LA_LINK_PLACES; i++) {
		struct la_link **at = &t->index[la_link_place(hash, i)];

		/* A fork takes the place of what it leads to. */
		if (*at != &la_link_nobody && !la_link_is(*at, key->a, key->b))
			continue;
		link = alloc(sizeof(*link));
		if (!link)
			return false;
		*link = (struct la_link){
			.key = *key, .chain = chain, .fork = fork, .next = t->last,
		};
		t->last = link;
		smp_store_release(at, link);	/* pairs with la_chains_find() */
		return true;
	}
	return false;
}

/* How far is read, from the base of @words[0] up to the next frame pointer. */
static u32 reach_of(const struct la_word *words, unsigned int n)
{
	u32 reach = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (words[i].distance > reach)
			reach = words[i].distance;
		if (words[i].value == LA_WORD_BASE)
			break;
	}
	return reach;
}

/* Each frame pointer is between two return addresses. */
static bool is_well_formed(const struct la_word *words, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (words[i].value == LA_WORD_END ||
		    (words[i].value == LA_WORD_BASE &&
		     (!i || i + 1 == n || words[i + 1].value == LA_WORD_BASE)))
			return false;
	return true;
}

static struct la_chain *make(const struct la_word *words, unsigned int n, u32 site,
			     void *counts, la_chain_alloc alloc)
{
	unsigned int i, all = n + 1;
	struct la_chain *chain;
	struct la_word *w;

	for (i = 0; i < n; i++)
		all += words[i].value == LA_WORD_BASE;
	chain = alloc(sizeof(*chain) + all * sizeof(*words));
	if (!chain)
		return NULL;
	w = chain->words;
	for (i = 0; i < n; i++) {
		*w++ = words[i];
		if (words[i].value == LA_WORD_BASE)
			*w++ = (struct la_word){
				.value = reach_of(words + i + 1, n - i - 1) + sizeof(long) - 1,
				.distance = words[i].distance,
			};
	}
	chain->site = site;
	chain->counts = counts;
	chain->nr = w - chain->words;
	chain->reach = n ? reach_of(words, n) + sizeof(long) - 1 : 0;
	/* Of a caller without stack nothing is compared. */
	if (n)
		*w = (struct la_word){
			.value = LA_WORD_END, .distance = words[n - 1].distance,
		};
	return chain;
}

static enum la_chain_added add(struct la_chains *t, const struct la_chain_key *key,
			       struct la_chain *chain, la_chain_alloc alloc)
{
	if (!publish(t, key, chain, NULL, alloc))
		return LA_CHAIN_NO_ROOM;
	t->nr++;
	return LA_CHAIN_ADDED;
}

/* Where two stacks differ first: an index into both; @n when they begin alike. */
static unsigned int first_difference(const struct la_chain *a, const struct la_chain *b,
				     unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && i < a->nr && i < b->nr; i++) {
		if (a->words[i].value != b->words[i].value ||
		    a->words[i].distance != b->words[i].distance)
			break;
		/* The reach goes with what follows. */
		i += a->words[i].value == LA_WORD_BASE;
	}
	return i;
}

/* A fork where @chain differs from others, which begin like it. */
static struct la_fork *make_fork(const struct la_chain *chain, unsigned int index,
				 la_chain_alloc alloc)
{
	struct la_fork *fork = alloc(sizeof(*fork));
	unsigned int i;

	if (!fork)
		return NULL;
	fork->at = chain->words[index].distance;
	fork->reach = fork->at + sizeof(long) - 1;
	fork->index = index;
	fork->salt = la_chains_salt((unsigned long)fork);
	fork->nr_bases = 0;
	for (i = 0; i < index; i++) {
		if (chain->words[i].value != LA_WORD_BASE)
			continue;
		if (fork->nr_bases == LA_FORK_BASES)
			return NULL;
		fork->bases[fork->nr_bases++] = chain->words[i++].distance;
		fork->reach = U32_MAX;
	}
	return fork;
}

/* The key beyond a fork. */
static struct la_chain_key key_beyond(const struct la_fork *fork, const struct la_chain *chain)
{
	return (struct la_chain_key){
		.a = (long)chain->words[fork->index].value,
		.b = (unsigned long)fork,
	};
}

/* Follow @chain to the last link that leads there; that beyond the fork may be missing. */
static struct la_link *descend(const struct la_chains *t, struct la_link *link,
			       const struct la_chain *chain, unsigned int end)
{
	while (link->fork && link->fork->index < end) {
		struct la_chain_key key = key_beyond(link->fork, chain);
		struct la_link *next = la_chains_find(t, key.a, key.b, link->fork->salt);

		if (!next)
			break;
		link = next;
	}
	return link;
}

/*
 * Put a fork at @index, where @chain differs from what @link leads to; that is found
 * all the time, with or without the fork before it.
 */
static enum la_chain_added split(struct la_chains *t, const struct la_link *link,
				 struct la_chain *chain, unsigned int index,
				 la_chain_alloc alloc)
{
	struct la_fork *fork = make_fork(chain, index, alloc);
	struct la_chain_key old, new;

	if (!fork)
		return LA_CHAIN_NO_ROOM;
	old = key_beyond(fork, link->chain);
	new = key_beyond(fork, chain);
	if (!publish(t, &old, link->chain, link->fork, alloc) ||
	    !publish(t, &new, chain, NULL, alloc) ||
	    !publish(t, &link->key, link->chain, fork, alloc))
		return LA_CHAIN_NO_ROOM;
	t->nr++;
	return LA_CHAIN_ADDED;
}

/* Is it one word of both that differs, a return address of each? */
static bool can_fork(const struct la_chain *a, const struct la_chain *b, unsigned int index)
{
	const struct la_word *wa = &a->words[index], *wb = &b->words[index];

	return index < a->nr && index < b->nr && wa->distance == wb->distance &&
	       wa->value != LA_WORD_BASE && wb->value != LA_WORD_BASE;
}

/**
 * la_chains_add() - remember a stack
 * @t: the chains
 * @key: of its caller
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
	struct la_link *root = la_chains_find(t, key->a, key->b, la_chains_salt(key->b)), *link;
	struct la_chain_key beyond;
	struct la_chain *chain;
	unsigned int index;

	if (!is_well_formed(words, n))
		return LA_CHAIN_CONFLICT;
	chain = make(words, n, site, counts, alloc);
	if (!chain)
		return LA_CHAIN_NO_ROOM;
	if (!root)
		return add(t, key, chain, alloc);

	/* Anything beyond a fork is like all the others up to there. */
	link = descend(t, root, chain, chain->nr);
	index = first_difference(chain, link->chain, link->fork ? link->fork->index : chain->nr);
	if (link->fork && index == link->fork->index) {
		beyond = key_beyond(link->fork, chain);
		return can_fork(chain, link->chain, index) ? add(t, &beyond, chain, alloc) :
							     LA_CHAIN_CONFLICT;
	}
	if (index == chain->nr && index == link->chain->nr)
		return link->chain->site == site ? LA_CHAIN_KNOWN : LA_CHAIN_CONFLICT;
	if (!can_fork(chain, link->chain, index))
		return LA_CHAIN_CONFLICT;
	/* Where it differs no fork of the way is: what it leads to is put behind one. */
	return split(t, descend(t, root, chain, index), chain, index, alloc);
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
		WRITE_ONCE(t->index[i], &la_link_nobody);
	t->last = NULL;
	t->nr = 0;
}

/**
 * la_chains_forget() - a link can't be found any more, nor what is beyond it
 * @t: the chains
 * @link: one of them
 *
 * Context: the caller serializes with la_chains_add().
 */
void la_chains_forget(struct la_chains *t, const struct la_link *link)
{
	u32 hash = la_chains_hash(link->key.a, la_chains_salt(link->key.b));
	unsigned int i;

	for (i = 0; i < LA_LINK_PLACES; i++) {
		struct la_link **at = &t->index[la_link_place(hash, i)];

		if (*at == link)
			WRITE_ONCE(*at, &la_link_nobody);
	}
}

/**
 * la_link_has_text() - is a return address there in all that it leads to?
 * @link: the link
 * @start: of the text
 * @size: of the text, in bytes
 */
bool la_link_has_text(const struct la_link *link, unsigned long start, unsigned long size)
{
	unsigned int n = link->fork ? link->fork->index : link->chain->nr, i;

	if (link->key.a - start < size)
		return true;
	for (i = 0; i < n; i++)
		if ((unsigned long)(long)link->chain->words[i].value - start < size)
			return true;
	return false;
}

/**
 * la_link_has_objects() - does it lead to the stacks of these objects?
 * @link: the link
 * @what: identity of the objects
 */
bool la_link_has_objects(const struct la_link *link, u64 what)
{
	return (link->key.b & ~(u64)LA_CHAIN_CONTEXT) == what;
}
