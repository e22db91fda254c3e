/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks as a machine has them, for the remembered chains: a call graph in which
 * each function has a frame of its own size, functions that align theirs among
 * them, and what earlier calls left between the return addresses.
 */
#ifndef UNIT_CHAINS_MODEL_H
#define UNIT_CHAINS_MODEL_H

#include <stdlib.h>

#include "chains.h"

#define MODEL_DEPTH	16	/* stacks are cut there, or end at a root */
#define MODEL_FUNCTIONS	64
#define MODEL_ROOTS	4	/* the first ones: nobody calls them */
#define MODEL_STACK	4096	/* bytes */

struct model_stack {
	unsigned int nr;
	unsigned long frames[MODEL_DEPTH];	/* the caller first */
	unsigned int nr_words;
	struct la_word words[LA_CHAIN_MAX];
	long *at[LA_CHAIN_MAX];			/* where each word is */
	const void *place;
	unsigned long room;			/* to the end of the memory */
	unsigned long end;			/* of the last word; from the place */
};

static inline u64 model_dice(u64 *seed, u64 sides)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) % sides;
}

/* Return addresses lie in the top 2 GiB; each function has two calls of each of three. */
static inline unsigned long model_call(unsigned int function, unsigned int call)
{
	return 0xffffffff81000000ul + function * 256 + call * 8 + 5;
}

static inline unsigned int model_function(unsigned long address)
{
	return (address - 0xffffffff81000000ul) / 256;
}

static inline unsigned int model_frame_size(unsigned int function)
{
	return 16 + function * 40 % 112 / 8 * 8;
}

static inline bool model_aligns(unsigned int function)
{
	return function % 8 == 5;
}

/* Who calls a function: always the same few, so that stacks share their beginnings. */
static inline unsigned int model_caller_of(unsigned int function, unsigned int nth)
{
	return (function * 7 + nth * 13 + 3) % MODEL_FUNCTIONS;
}

static inline void model_word(struct model_stack *s, s32 value, char *at, const char *base)
{
	s->at[s->nr_words] = (long *)at;
	s->words[s->nr_words++] = (struct la_word){ .value = value, .distance = at - base };
	s->end = at + sizeof(long) - (const char *)s->place;
}

/* Draw who called whom, from a caller on. */
static inline void model_draw(struct model_stack *s, u64 *seed, unsigned int callers)
{
	unsigned int function = MODEL_ROOTS + model_dice(seed, callers);

	s->nr = 0;
	for (;;) {
		s->frames[s->nr++] = model_call(function, model_dice(seed, 6));
		if (function < MODEL_ROOTS || s->nr == MODEL_DEPTH)
			return;
		function = model_caller_of(function, model_dice(seed, 3));
	}
}

/*
 * Write it into @memory, aligned to 64: the place at an @alignment, the frames at
 * their distances, and rubbish elsewhere, return addresses among it.
 */
static inline void model_write(struct model_stack *s, void *memory, unsigned int bytes,
			       unsigned int alignment, u64 *seed)
{
	char *base = (char *)memory + MODEL_STACK / 4 + alignment, *at = base;
	unsigned int i;
	long *word;

	for (word = memory; (char *)(word + 1) <= (char *)memory + bytes; word++)
		*word = model_dice(seed, 4) ? (long)model_dice(seed, 1u << 31) :
			(long)model_call(model_dice(seed, MODEL_FUNCTIONS), model_dice(seed, 6));
	s->place = base;
	s->room = (char *)memory + bytes - base;
	s->nr_words = 0;
	at += 40;
	*(long *)at = s->frames[0];
	model_word(s, s->frames[0], at, base);
	for (i = 1; i < s->nr; i++) {
		unsigned int function = model_function(s->frames[i - 1]);
		char *saved = at - sizeof(long);

		at += model_frame_size(function);
		if (model_aligns(function)) {
			/* Its caller's frame begins anywhere; whom it called has saved where. */
			at += (64 - ((unsigned long)at & 63)) & 63;
			at += alignment;
			*(char **)saved = at - sizeof(long);
			model_word(s, LA_WORD_BASE, saved, base);
			base = at - sizeof(long) - LA_CHAIN_BELOW;
		}
		*(long *)at = s->frames[i];
		model_word(s, s->frames[i], at, base);
	}
}

/* As the module does it: plainly first. */
static inline const struct la_chain *model_recall(const struct la_chains *t,
						  const struct la_link *link,
						  const void *place, u32 room)
{
	const struct la_chain *chain = NULL;
	const struct la_word *w = NULL;

	switch (la_chains_match_plain(t, &link, place, room, &chain, &w)) {
	case LA_PLAIN_MATCH:
		return chain;
	case LA_PLAIN_LINK:
		chain = la_chains_tell(t, link, place, room);
		w = chain ? chain->words : NULL;
		break;
	case LA_PLAIN_CHAIN:
	case LA_PLAIN_WORDS:
		break;
	}
	return chain && la_chain_matches(chain, w, place, room) ? chain : NULL;
}

#endif /* UNIT_CHAINS_MODEL_H */
