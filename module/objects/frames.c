// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames.
 *
 * A block of pages has a word at its first frame alone, so that an allocation costs one
 * store whatever its order. Most blocks are freed as they were allocated, which is one
 * compare and exchange. Others come back in parts: alloc_pages_exact() gives back its tail,
 * split_page() makes single pages of a block, and a page that somebody else holds keeps its
 * frame while the rest of its block is freed. Then the block falls into pieces
 * as the buddy allocator would split it, until what is freed is one of them: at most a
 * word per order.
 *
 * Pieces remember the order of their block, whose frames are aligned to it: they are
 * siblings of one allocation, and it is gone when the last of them is. They tell
 * themselves from newer blocks within that range, because none of these can have that order.
 *
 * Locking: parts are freed under the section's lock, whole blocks without.
 */
#include "frames.h"

static_assert(LA_SECTION_FRAMES == 1u << LA_SECTION_BITS);
static_assert(LA_SECTION_FRAMES >> LA_FRAME_MAX_ORDER <= LA_SECTION_PUT_AT);

/* The same allocation, and the same block as before: so much less of it. */
static u64 piece_of(u64 word, unsigned int order)
{
	return (word & ~(u64)((1u << LA_FRAME_ORDER_BITS) - 1)) | order;
}

static u32 frames_of(u64 word)
{
	return 1u << la_frame_order(word);
}

static u32 first_of_block(u32 i, u64 word)
{
	return i & ~((1u << la_frame_block_order(word)) - 1);
}

/* Where the block begins that frame @i lies in. */
static u32 find_cover(const struct la_section *s, u32 i, u64 *word)
{
	unsigned int order;

	for (order = 1; order <= LA_FRAME_MAX_ORDER; order++) {
		u32 first = i & ~((1u << order) - 1);

		*word = READ_ONCE(s->words[first]);
		if (*word && first + frames_of(*word) > i)
			return first;
	}
	*word = 0;
	return i;
}

/**
 * la_section_word() - the word of the block, or piece, that a frame lies in
 * @s: the section
 * @i: the frame
 *
 * Context: any.
 * Return: 0 when there is none.
 */
u64 la_section_word(const struct la_section *s, u32 i)
{
	u64 word = READ_ONCE(s->words[i]);

	if (!word && la_section_covers(s, i))
		find_cover(s, i, &word);
	return word;
}

/**
 * la_section_knows() - does a frame lie in a block?
 * @s: the section
 * @i: the frame
 *
 * Context: any.
 */
bool la_section_knows(const struct la_section *s, u32 i)
{
	return la_section_word(s, i);
}

static bool is_sibling(u64 word, u64 other)
{
	return la_frame_is_piece(other) &&
	       la_frame_block_order(other) == la_frame_block_order(word);
}

/* Where something begins, from @i on, or @end. Eight at a time: a block of 1,024 may be empty. */
static u32 skip_empty(const struct la_section *s, u32 i, u32 end)
{
	const u64 *w;

	for (; i + 8 <= end; i += 8) {
		w = &s->words[i];
		if (READ_ONCE(w[0]) | READ_ONCE(w[1]) | READ_ONCE(w[2]) | READ_ONCE(w[3]) |
		    READ_ONCE(w[4]) | READ_ONCE(w[5]) | READ_ONCE(w[6]) | READ_ONCE(w[7]))
			break;
	}
	while (i < end && !READ_ONCE(s->words[i]))
		i++;
	return i;
}

/* Is there a piece of the same block in a range? */
static bool has_sibling(const struct la_section *s, u32 begin, u32 end, u64 word)
{
	u32 i = skip_empty(s, begin, end);

	while (i < end) {
		u64 other = READ_ONCE(s->words[i]);

		if (is_sibling(word, other))
			return true;
		/* It may have gone since we came to it; whatever is there now is none of it. */
		i = skip_empty(s, i + (other ? frames_of(other) : 1), end);
	}
	return false;
}

/*
 * Parts are given back one after the other as a rule, so the next one is met at once, or the
 * first one when they go from the end on. When single pages of a block of n go in any order, it
 * is n / (how many are left) steps to the next one, on average of all about ln n: seven of
 * 1,024, by calculation.
 */
static bool is_last(const struct la_section *s, u32 i, u64 word)
{
	u32 first = first_of_block(i, word);

	/* Who frees from the end on has left the beginning. */
	if (i != first && is_sibling(word, READ_ONCE(s->words[first])))
		return false;
	return !has_sibling(s, i + frames_of(word), first + (1u << la_frame_block_order(word)),
			    word) &&
	       !has_sibling(s, first, i, word);
}

/* Split what begins at @first as the buddy allocator does, to free @i of it. */
static bool carve(struct la_section *s, u32 first, u64 word, u32 i, unsigned int order)
{
	unsigned int k = la_frame_order(word);
	u64 keep = 0;
	u32 at = first;

	while (k > order) {
		k--;
		if (i - at < 1u << k) {
			WRITE_ONCE(s->words[at + (1u << k)], piece_of(word, k));
			continue;
		}
		if (at == first)
			keep = piece_of(word, k);
		else
			WRITE_ONCE(s->words[at], piece_of(word, k));
		at += 1u << k;
	}
	/* What is in there now is none of it, unless somebody freed it all meanwhile. */
	return try_cmpxchg(&s->words[first], &word, keep);
}

/**
 * la_section_gone() - a block or piece is not there any more
 * @s: the section
 * @i: its first frame, which has another word now, or none
 * @word: that it had
 * @gone: called if nothing is left of its block
 * @ctx: for @gone
 *
 * Context: any; with interrupts off, and @s locked.
 */
void la_section_gone(struct la_section *s, u32 i, u64 word, la_block_gone gone, void *ctx)
{
	if (!la_frame_is_piece(word) || is_last(s, i, word))
		gone(ctx, word);
}

/* A block or piece is freed as a whole. */
static void drop(struct la_section *s, u32 i, u64 word, la_block_gone gone, void *ctx)
{
	WRITE_ONCE(s->words[i], 0);
	la_section_gone(s, i, word, gone, ctx);
}

/* All that begins in a range. */
static u32 drop_all(struct la_section *s, u32 begin, u32 end, la_block_gone gone, void *ctx)
{
	u32 i = begin, frames = 0;

	while (i < end) {
		u64 word = READ_ONCE(s->words[i]);

		if (word) {
			drop(s, i, word, gone, ctx);
			frames += frames_of(word);
		}
		i += word ? frames_of(word) : 1;
	}
	return frames;
}

/**
 * la_section_free() - frames are about to be freed that may be part of a block
 * @s: the section
 * @i: the first of them
 * @order: how many, to the power of two, up to LA_FRAME_MAX_ORDER; @i is aligned to that
 * @gone: called with the word of each block of which nothing is left
 * @ctx: for @gone
 *
 * Context: any; with interrupts off, and @s locked.
 */
struct la_frames_freed la_section_free(struct la_section *s, u32 i, unsigned int order,
				       la_block_gone gone, void *ctx)
{
	struct la_frames_freed freed = { .frames = 1u << order };
	u64 word = READ_ONCE(s->words[i]);
	u32 first = i;

	if (!word && la_section_covers(s, i))
		first = find_cover(s, i, &word);
	if (!word) {
		freed.unknown = true;
		freed.frames = 0;
	} else if (la_frame_order(word) <= order) {
		freed.frames = drop_all(s, i, i + (1u << order), gone, ctx);
	} else if (carve(s, first, word, i, order)) {
		freed.broken = !la_frame_is_piece(word);
	} else {
		freed.unknown = true;
		freed.frames = 0;
	}
	return freed;
}

/**
 * la_section_remove_if() - forget a block, or piece, if it is the same one still
 * @s: the section
 * @i: its first frame
 * @word: that it had when it was found to be free; not 0
 * @gone: called if nothing is left of its block
 * @ctx: for @gone
 *
 * Context: any; with interrupts off, and @s locked.
 * Return: false when there is another word by now, or none.
 */
bool la_section_remove_if(struct la_section *s, u32 i, u64 word, la_block_gone gone, void *ctx)
{
	u64 was = word;

	if (!try_cmpxchg(&s->words[i], &was, 0))
		return false;
	la_section_gone(s, i, word, gone, ctx);
	return true;
}

/* Has one of the frames that a bit of covers stands for a block of more than one frame? */
static bool has_blocks(const struct la_section *s, unsigned int bit)
{
	u32 i, begin = bit << LA_FRAME_MAX_ORDER;

	for (i = begin; i < begin + (1u << LA_FRAME_MAX_ORDER); i++)
		if (la_frame_order(READ_ONCE(s->words[i])))
			return true;
	return false;
}

/* Unless a block was put there since. */
static void uncover(struct la_section *s, unsigned int bit)
{
	unsigned long covers = READ_ONCE(s->covers);

	do {
		if (covers >> (bit + LA_SECTION_PUT_AT) & 1)
			return;
	} while (!try_cmpxchg(&s->covers, &covers, covers & ~(1ul << bit)));
}

/**
 * la_section_uncover() - look again where there are blocks of more than one frame
 * @s: the section
 *
 * Where there are some the bit stays set all the time, or the free of a part of one were
 * taken for that of a page nobody knows. Who allocates one meanwhile has stored its word by
 * the time that it finds both bits set, so the word is found here; or sets them, before its
 * block can be freed.
 *
 * Context: process, one at a time.
 */
void la_section_uncover(struct la_section *s)
{
	unsigned int bit;

	for (bit = 0; bit < LA_SECTION_FRAMES >> LA_FRAME_MAX_ORDER; bit++) {
		if (!test_bit(bit, &s->covers))
			continue;
		clear_bit(bit + LA_SECTION_PUT_AT, &s->covers);
		/* Whoever did not see that has stored the word. */
		smp_mb__after_atomic();
		if (!has_blocks(s, bit))
			uncover(s, bit);
	}
}

/**
 * la_section_walk() - visit the blocks and pieces of a section
 * @s: the section
 * @begin: first frame; not within a block
 * @end: behind the last one
 * @visit: called for each, in the order of frames
 * @ctx: for @visit
 *
 * Context: any; nothing is locked: what comes or goes meanwhile may be seen.
 */
void la_section_walk(struct la_section *s, u32 begin, u32 end, la_frame_visit visit, void *ctx)
{
	u32 i = begin;

	while (i < end) {
		u64 word = READ_ONCE(s->words[i]);

		if (!word) {
			i++;
			continue;
		}
		visit(ctx, i, word);
		i += frames_of(word);
	}
}

/**
 * la_section_pieces() - how much is left of an allocation, if this is its first piece
 * @s: the section
 * @i: a piece's first frame
 * @word: its word
 *
 * Return: frames; 0 when there is a piece before it.
 */
u32 la_section_pieces(const struct la_section *s, u32 i, u64 word)
{
	u32 first = first_of_block(i, word), at = i, frames = 0;

	if (has_sibling(s, first, i, word))
		return 0;
	while (at < first + (1u << la_frame_block_order(word))) {
		u64 other = READ_ONCE(s->words[at]);

		if (is_sibling(word, other))
			frames += frames_of(other);
		at += other ? frames_of(other) : 1;
	}
	return frames;
}
