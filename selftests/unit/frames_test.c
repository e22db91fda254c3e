// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of page frames against a model that knows of each frame which block has it.
 */
#include <stdlib.h>

#include "frames.h"
#include "unit.h"

enum { FRAMES = 4096, MAX_BLOCKS = 200000 };

static struct la_section section;
static u32 owner[FRAMES];		/* the block that has a frame; 0: free */
static u32 left[MAX_BLOCKS];		/* frames that a block still has */
static u32 nr_blocks, nr_alive;
static u64 seed;

static u32 dice(u32 n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % n;
}

static void reset(u64 with)
{
	memset(&section, 0, sizeof(section));
	la_section_init(&section);
	memset(owner, 0, sizeof(owner));
	memset(left, 0, sizeof(left));
	nr_blocks = 0;
	nr_alive = 0;
	seed = with;
}

/* A block's id is spread over its word: 17 bits of site, 15 of task. */
static u64 word_of(u32 block, unsigned int order)
{
	return la_frame_make(block & 0x1ffff, block >> 17, 1, order);
}

static u32 block_of(u64 word)
{
	return la_frame_site(word) | la_frame_task(word) << 17;
}

static bool all_free(u32 i, unsigned int order)
{
	u32 k;

	for (k = i; k < i + (1u << order); k++)
		if (owner[k])
			return false;
	return true;
}

static void alloc(u32 i, unsigned int order)
{
	u32 block = ++nr_blocks, k;

	CHECK_EQ(la_section_put(&section, i, word_of(block, order)), 0);
	for (k = i; k < i + (1u << order); k++)
		owner[k] = block;
	left[block] = 1u << order;
	nr_alive++;
}

static u32 gone_block, nr_gone;

static void gone(void *ctx, u64 word)
{
	(void)ctx;
	gone_block = block_of(word);
	nr_gone++;
}

/* Free @i of @order, all of which one block has; whole if it is that. */
static void release(u32 i, unsigned int order, bool whole)
{
	u32 block = owner[i], k;
	u64 word;

	for (k = i; k < i + (1u << order); k++)
		owner[k] = 0;
	left[block] -= 1u << order;
	nr_alive -= !left[block];

	if (la_section_take(&section, i, order, &word)) {
		CHECK(whole);
		CHECK_EQ(block_of(word), block);
		CHECK_EQ(left[block], 0);
	} else {
		struct la_frames_freed freed;

		nr_gone = 0;
		CHECK(la_section_knows(&section, i));
		freed = la_section_free(&section, i, order, gone, NULL);
		CHECK(!freed.unknown);
		CHECK_EQ(freed.frames, 1u << order);
		CHECK_EQ(nr_gone, !left[block]);
		if (nr_gone)
			CHECK_EQ(gone_block, block);
	}
}

struct seen {
	u32 frames[MAX_BLOCKS];
	u32 blocks;
	u32 total;
	u32 end;
};

static struct seen seen;

static void visit(void *ctx, u32 i, u64 word)
{
	u32 k, frames = 1u << la_frame_order(word), all = frames;

	(void)ctx;
	CHECK(i >= seen.end);
	seen.end = i + frames;
	for (k = i; k < i + frames; k++)
		CHECK_EQ(owner[k], block_of(word));
	seen.total += frames;
	if (la_frame_is_piece(word))
		all = la_section_pieces(&section, i, word);
	if (!all)
		return;
	seen.blocks++;
	CHECK_EQ(all, left[block_of(word)]);
}

/* Each frame that is taken is within one word, each block is met once. */
static void compare(void)
{
	u32 i, taken = 0;

	memset(&seen, 0, sizeof(seen));
	la_section_walk(&section, 0, FRAMES, visit, NULL);
	for (i = 0; i < FRAMES; i++)
		taken += !!owner[i];
	CHECK_EQ(seen.total, taken);
	CHECK_EQ(seen.blocks, nr_alive);
}

static void whole_blocks(void)
{
	unsigned int order;

	reset(1);
	for (order = 0; order <= LA_FRAME_MAX_ORDER; order++)
		alloc(1u << order, order);
	compare();
	for (order = 0; order <= LA_FRAME_MAX_ORDER; order++)
		release(1u << order, order, true);
	compare();
	CHECK_EQ(nr_alive, 0);
}

static void exact_gives_back_its_tail(void)
{
	reset(1);
	alloc(8, 3);
	release(13, 0, false);
	release(14, 0, false);
	release(15, 0, false);
	compare();
	CHECK_EQ(left[1], 5);
	release(8, 0, false);
	release(9, 0, false);
	release(10, 0, false);
	release(11, 0, false);
	compare();
	release(12, 0, false);
	compare();
	CHECK_EQ(nr_alive, 0);
}

static void somebody_holds_the_first_page(void)
{
	reset(1);
	alloc(4, 2);
	release(6, 1, false);
	release(5, 0, false);
	compare();
	/* What came back is somebody else's before the rest is. */
	alloc(6, 1);
	alloc(5, 0);
	compare();
	release(4, 0, false);
	compare();
	CHECK_EQ(nr_alive, 2);
}

/* A block of 1,024 breaks into single pages, in any order. */
static void largest_block_breaks(void)
{
	static u32 order_of[1024];
	u32 i, k, t;

	reset(7);
	alloc(1024, 10);
	for (i = 0; i < 1024; i++)
		order_of[i] = i;
	for (i = 1023; i; i--) {
		k = dice(i + 1);
		t = order_of[i];
		order_of[i] = order_of[k];
		order_of[k] = t;
	}
	for (i = 0; i < 1024; i++) {
		release(1024 + order_of[i], 0, false);
		if (!(i % 64))
			compare();
	}
	compare();
	CHECK_EQ(nr_alive, 0);
}

/* Pieces that are freed together, as larger ones than they became. */
static void pieces_are_freed_together(void)
{
	struct la_frames_freed freed;

	reset(1);
	alloc(16, 2);
	release(16, 0, false);
	nr_gone = 0;
	freed = la_section_free(&section, 18, 1, gone, NULL);
	CHECK_EQ(freed.frames, 2);
	CHECK_EQ(nr_gone, 0);
	freed = la_section_free(&section, 16, 1, gone, NULL);
	CHECK(freed.unknown || nr_gone == 1);
	la_section_free(&section, 17, 0, gone, NULL);
	CHECK_EQ(nr_gone, 1);
}

static void unknown_is_unknown(void)
{
	u64 word;

	reset(1);
	CHECK(!la_section_knows(&section, 5));
	CHECK(!la_section_take(&section, 5, 0, &word));
	CHECK(la_section_free(&section, 5, 0, gone, NULL).unknown);
	alloc(8, 3);
	CHECK(la_section_knows(&section, 15));
	CHECK(!la_section_knows(&section, 16));
	CHECK(!la_section_knows(&section, 7));
	alloc(32, 1);
	CHECK(!la_section_knows(&section, 34));
	CHECK(la_section_free(&section, 16, 3, gone, NULL).unknown);
	compare();
}

static void an_audit_removes_only_what_it_read(void)
{
	u64 word;

	reset(1);
	alloc(8, 3);
	nr_gone = 0;
	word = section.words[8];
	CHECK(!la_section_remove_if(&section, 8, word_of(99, 3), gone, NULL));
	release(15, 0, false);
	/* It is less by now. */
	CHECK(!la_section_remove_if(&section, 8, word, gone, NULL));
	compare();
	CHECK(la_section_remove_if(&section, 8, section.words[8], gone, NULL));
	CHECK(!section.words[8]);
	CHECK_EQ(nr_gone, 0);
	CHECK(la_section_remove_if(&section, 14, section.words[14], gone, NULL));
	CHECK(la_section_remove_if(&section, 12, section.words[12], gone, NULL));
	CHECK_EQ(nr_gone, 1);
}

static void a_missed_free_shows(void)
{
	reset(1);
	alloc(3, 0);
	CHECK_EQ(block_of(la_section_put(&section, 3, word_of(99, 0))), 1);
}

/* A frame that is allocated again, though it was not seen to be freed. */
static void heal(u32 i, unsigned int order)
{
	u64 stale = la_section_put(&section, i, word_of(++nr_blocks, order));

	CHECK(stale);
	la_section_gone(&section, i, stale, gone, NULL);
}

/* Each block is gone once, when nothing is left of it: nor of one beside it. */
static void missed_frees_of_pieces(void)
{
	reset(1);
	alloc(8, 2);
	alloc(12, 2);
	release(8, 0, false);
	nr_gone = 0;
	heal(10, 1);
	CHECK_EQ(nr_gone, 0);
	heal(9, 0);
	CHECK_EQ(nr_gone, 1);
	CHECK_EQ(gone_block, 1);
	heal(12, 2);
	CHECK_EQ(nr_gone, 2);
	CHECK_EQ(gone_block, 2);

	/* The last one is freed as it should be. */
	reset(1);
	alloc(8, 2);
	release(8, 0, false);
	nr_gone = 0;
	heal(9, 0);
	CHECK_EQ(nr_gone, 0);
	la_section_free(&section, 10, 1, gone, NULL);
	CHECK_EQ(nr_gone, 1);
	CHECK_EQ(gone_block, 1);
}

/* Any blocks, freed as a whole or in parts of any size. */
static void at_random(void)
{
	u32 step, i;

	reset(42);
	for (step = 0; step < 400000; step++) {
		unsigned int order = dice(8) ? dice(5) : dice(11);

		i = dice(FRAMES >> order) << order;
		if (all_free(i, order)) {
			alloc(i, order);
		} else if (owner[i]) {
			u32 block = owner[i], k;

			/* As much of it as there is from here on. */
			for (k = i; k < i + (1u << order); k++)
				if (owner[k] != block)
					break;
			if (k == i + (1u << order))
				release(i, order, left[block] == 1u << order);
			else
				release(i, 0, left[block] == 1);
		}
		if (!(step % 1000))
			compare();
	}
	compare();
	CHECK(nr_blocks > 20000);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{ "whole blocks come and go", whole_blocks },
		{ "an exact allocation gives back its tail", exact_gives_back_its_tail },
		{ "somebody holds the first page", somebody_holds_the_first_page },
		{ "the largest block breaks into pages", largest_block_breaks },
		{ "pieces are freed together", pieces_are_freed_together },
		{ "what is not known is said to be", unknown_is_unknown },
		{ "an audit removes only what it read", an_audit_removes_only_what_it_read },
		{ "a missed free shows at the next allocation", a_missed_free_shows },
		{ "a block is gone once if frees of pieces are missed", missed_frees_of_pieces },
		{ "blocks at random, against a model", at_random },
	};

	return unit_main(tests, ARRAY_SIZE(tests));
}
