// SPDX-License-Identifier: GPL-2.0-only
/*
 * freelist.c: lists of free objects, whole and torn.
 */
#include "unit.h"

#include "freelist.h"

#define SLOTS	8u
#define SIZE	24u
#define RANDOM	0x5bd1e9955bd1e995ull

/* A slab, at an address that is its own, so that words are read as in the kernel. */
static u64 slab[SLOTS * SIZE / sizeof(u64)];
static u64 reads;

static bool read_slab(u64 at, u64 *word)
{
	u64 start = (uintptr_t)slab;

	reads++;
	if (at < start || at + sizeof(*word) > start + sizeof(slab))
		return false;
	memcpy(word, (void *)(uintptr_t)at, sizeof(*word));
	return true;
}

static struct la_freelist freelist(bool hardened)
{
	memset(slab, 0, sizeof(slab));
	reads = 0;
	return (struct la_freelist){
		.start = (uintptr_t)slab,
		.size = SIZE,
		.slots = SLOTS,
		.offset = 8,
		.random = RANDOM,
		.hardened = hardened,
		.read = read_slab,
	};
}

static u64 slot(unsigned int i)
{
	return (uintptr_t)slab + i * SIZE;
}

/* As the kernel writes it. */
static void put(const struct la_freelist *f, u64 object, u64 next)
{
	u64 at = object + f->offset, swapped = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		swapped |= (at >> 8 * i & 0xff) << (56 - 8 * i);
	if (f->hardened)
		next ^= f->random ^ swapped;
	memcpy((void *)(uintptr_t)at, &next, sizeof(next));
}

/* 6, 1, 4 are free. */
static void chain_some(const struct la_freelist *f)
{
	put(f, slot(6), slot(1));
	put(f, slot(1), slot(4));
	put(f, slot(4), 0);
}

static void slots_are_told(void)
{
	struct la_freelist f = freelist(true);

	CHECK(la_freelist_is_slot(&f, slot(0)));
	CHECK(la_freelist_is_slot(&f, slot(SLOTS - 1)));
	CHECK(!la_freelist_is_slot(&f, slot(SLOTS)));
	CHECK(!la_freelist_is_slot(&f, slot(0) - SIZE));
	CHECK(!la_freelist_is_slot(&f, slot(3) + 8));
	CHECK(!la_freelist_is_slot(&f, slot(3) - 1));
	CHECK(!la_freelist_is_slot(&f, 0));
	CHECK(!la_freelist_is_slot(&f, ~0ull));
	f.size = 0;
	CHECK(!la_freelist_is_slot(&f, slot(0)));
}

static void lists_are_followed(void)
{
	unsigned int hardened, i;

	for (hardened = 0; hardened < 2; hardened++) {
		struct la_freelist f = freelist(hardened);

		chain_some(&f);
		for (i = 0; i < SLOTS; i++)
			CHECK_EQ(la_freelist_find(&f, slot(6), slot(i)),
				 i == 6 || i == 1 || i == 4 ? LA_LISTED_YES : LA_LISTED_NO);
		CHECK_EQ(la_freelist_find(&f, slot(4), slot(1)), LA_LISTED_NO);
		CHECK_EQ(la_freelist_find(&f, 0, slot(6)), LA_LISTED_NO);
	}
}

static void a_full_list_is_followed_to_its_end(void)
{
	struct la_freelist f = freelist(true);
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		put(&f, slot(i), i ? slot(i - 1) : 0);
	CHECK_EQ(la_freelist_find(&f, slot(SLOTS - 1), slot(0)), LA_LISTED_YES);
	CHECK_EQ(la_freelist_find(&f, slot(SLOTS - 2), slot(SLOTS - 1)), LA_LISTED_NO);
}

static void torn_lists_are_no_proof(void)
{
	struct la_freelist f = freelist(true);

	chain_some(&f);
	CHECK_EQ(la_freelist_find(&f, slot(6) + 8, slot(6)), LA_LISTED_TORN);
	CHECK_EQ(la_freelist_find(&f, slot(SLOTS), slot(6)), LA_LISTED_TORN);
	/* Its owner has written there. */
	memcpy((void *)(uintptr_t)(slot(1) + f.offset), "content", 8);
	CHECK_EQ(la_freelist_find(&f, slot(6), slot(4)), LA_LISTED_TORN);
	CHECK_EQ(la_freelist_find(&f, slot(6), slot(1)), LA_LISTED_YES);
	/* A circle. */
	put(&f, slot(1), slot(6));
	CHECK_EQ(la_freelist_find(&f, slot(6), slot(4)), LA_LISTED_TORN);
	CHECK(reads < 64);
	/* The word lies where nothing can be read. */
	f.offset = SIZE;
	CHECK_EQ(la_freelist_find(&f, slot(SLOTS - 1), slot(4)), LA_LISTED_TORN);
}

static void a_word_tells_who_is_not_free(void)
{
	struct la_freelist f = freelist(true);

	chain_some(&f);
	CHECK(la_freelist_may_hold(&f, slot(6)));
	CHECK(la_freelist_may_hold(&f, slot(4)));
	CHECK(!la_freelist_may_hold(&f, slot(0)));
	memcpy((void *)(uintptr_t)(slot(4) + f.offset), "content", 8);
	CHECK(!la_freelist_may_hold(&f, slot(4)));
	/* Of another cache: another random number. */
	f.random++;
	CHECK(!la_freelist_may_hold(&f, slot(6)));
	/* The address of the word is part of it. */
	f.random--;
	memcpy((void *)(uintptr_t)(slot(5) + f.offset), (void *)(uintptr_t)(slot(6) + f.offset), 8);
	CHECK(!la_freelist_may_hold(&f, slot(5)));
	f.offset = SIZE;
	CHECK(!la_freelist_may_hold(&f, slot(SLOTS - 1)));
}

static const struct unit_test tests[] = {
	{ "slots are told", slots_are_told },
	{ "lists are followed", lists_are_followed },
	{ "a full list is followed to its end", a_full_list_is_followed_to_its_end },
	{ "torn lists are no proof", torn_lists_are_no_proof },
	{ "a word tells who is not free", a_word_tells_who_is_not_free },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
