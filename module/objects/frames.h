/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: one word for each page frame says which block of pages begins there, and
 * where it was allocated: plain C, without a hash and without a search.
 */
#ifndef LEAKACCT_FRAMES_H
#define LEAKACCT_FRAMES_H

#include "plain.h"

/* Blocks have so many frames at most, to the power of two; larger ones are several. */
#define LA_FRAME_MAX_ORDER	10u

#define LA_SECTION_BITS		15	/* frames of a section: 128 MiB */
#define LA_SECTION_FRAMES	32768u

/*
 * A word: site, task, birth, order when allocated, order. All in all 64 bits; 0 is no
 * block, which no word is, as no birth is 0. What is left of a block of which a part was
 * given back are pieces: their order is below that of the block.
 */
#define LA_FRAME_ORDER_BITS	4
#define LA_FRAME_BORN_BITS	24	/* seconds: 194 days */
#define LA_FRAME_TASK_BITS	15
#define LA_FRAME_SITE_BITS	17

#define LA_FRAME_BORN_AT	(2 * LA_FRAME_ORDER_BITS)
#define LA_FRAME_TASK_AT	(LA_FRAME_BORN_AT + LA_FRAME_BORN_BITS)
#define LA_FRAME_SITE_AT	(LA_FRAME_TASK_AT + LA_FRAME_TASK_BITS)
#define LA_FRAME_BORN_MAX	((1u << LA_FRAME_BORN_BITS) - 1)

/* The two orders of a word that is a whole block. */
static __always_inline u8 la_frame_whole(unsigned int order)
{
	return order << LA_FRAME_ORDER_BITS | order;
}

static __always_inline u64 la_frame_make(u32 site, u32 task, u32 born, unsigned int order)
{
	return (u64)site << LA_FRAME_SITE_AT | (u64)task << LA_FRAME_TASK_AT |
	       (u64)born << LA_FRAME_BORN_AT | la_frame_whole(order);
}

static __always_inline u32 la_frame_site(u64 word)
{
	return word >> LA_FRAME_SITE_AT;
}

static __always_inline u32 la_frame_task(u64 word)
{
	return word >> LA_FRAME_TASK_AT & ((1u << LA_FRAME_TASK_BITS) - 1);
}

static __always_inline u32 la_frame_born(u64 word)
{
	return word >> LA_FRAME_BORN_AT & LA_FRAME_BORN_MAX;
}

/* Of what is there. */
static __always_inline unsigned int la_frame_order(u64 word)
{
	return word & ((1u << LA_FRAME_ORDER_BITS) - 1);
}

/* Of the block that it is, or is a piece of. */
static __always_inline unsigned int la_frame_block_order(u64 word)
{
	return word >> LA_FRAME_ORDER_BITS & ((1u << LA_FRAME_ORDER_BITS) - 1);
}

static __always_inline bool la_frame_is_piece(u64 word)
{
	return la_frame_order(word) < la_frame_block_order(word);
}

#define LA_SECTION_PUT_AT	32

/**
 * struct la_section - the words of neighbouring frames, aligned to their number
 * @words: by frame
 * @covers: a bit per largest block: is there any of more than one frame, maybe? Only then a
 *	frame without a word can lie in a block. And LA_SECTION_PUT_AT bits above each, one that
 *	says that such a block was put there since la_section_uncover() has begun to look
 * @lock: taken to give back parts of blocks
 */
struct la_section {
	u64 words[LA_SECTION_FRAMES];
	unsigned long covers;
	struct la_spinlock lock;
};

/* All zeroes, but for the lock. */
static inline void la_section_init(struct la_section *s)
{
	la_spin_init(&s->lock);
}

static __always_inline bool la_section_covers(const struct la_section *s, u32 i)
{
	return READ_ONCE(s->covers) >> (i >> LA_FRAME_MAX_ORDER) & 1;
}

/**
 * la_section_put() - a block was allocated
 * @s: the section
 * @i: its first frame
 * @word: la_frame_make()
 *
 * Context: any.
 * Return: 0, or the word of a block there whose free was missed.
 */
static __always_inline u64 la_section_put(struct la_section *s, u32 i, u64 word)
{
	const unsigned long both = 1ul << LA_SECTION_PUT_AT | 1;
	u64 stale = xchg(&s->words[i], word);
	unsigned int bit = i >> LA_FRAME_MAX_ORDER;

	/* After that, see la_section_uncover(). */
	if (la_frame_order(word) && unlikely((READ_ONCE(s->covers) >> bit & both) != both)) {
		set_bit(bit + LA_SECTION_PUT_AT, &s->covers);
		set_bit(bit, &s->covers);
	}
	return stale;
}

/**
 * la_section_take() - a block is about to be freed, as a whole
 * @s: the section
 * @i: its first frame
 * @order: its order
 * @word: gets its word
 *
 * Context: any.
 * Return: false when there is no such block: la_section_free() knows more.
 */
static __always_inline bool la_section_take(struct la_section *s, u32 i, unsigned int order,
					    u64 *word)
{
	*word = READ_ONCE(s->words[i]);
	return likely(*word) && likely((u8)*word == la_frame_whole(order)) &&
	       likely(try_cmpxchg(&s->words[i], word, 0));
}

u64 la_section_word(const struct la_section *s, u32 i);
bool la_section_knows(const struct la_section *s, u32 i);

/**
 * struct la_frames_freed - what became of the blocks in a range that was freed
 * @unknown: there was none
 * @broken: one that was whole lost a part
 * @frames: that were known
 */
struct la_frames_freed {
	bool unknown;
	bool broken;
	u32 frames;
};

/* A block is gone, with all of its pieces. */
typedef void (*la_block_gone)(void *ctx, u64 word);

void la_section_gone(struct la_section *s, u32 i, u64 word, la_block_gone gone, void *ctx);
struct la_frames_freed la_section_free(struct la_section *s, u32 i, unsigned int order,
				       la_block_gone gone, void *ctx);
bool la_section_remove_if(struct la_section *s, u32 i, u64 word, la_block_gone gone, void *ctx);

/* Frame @i begins a block, or a piece, with this word. */
typedef void (*la_frame_visit)(void *ctx, u32 i, u64 word);

void la_section_uncover(struct la_section *s);
void la_section_walk(struct la_section *s, u32 begin, u32 end, la_frame_visit visit, void *ctx);
u32 la_section_pieces(const struct la_section *s, u32 i, u64 word);

#endif /* LEAKACCT_FRAMES_H */
