// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that free parts of the same blocks at once, for the thread sanitizer: as hooks
 * do on several CPUs, while another one reads, and one removes what it has read, as an audit
 * does.
 *
 * Of each block it must be one that hears that nothing is left.
 */
#include <pthread.h>
#include <stdlib.h>

#include "frames.h"
#include "unit.h"

enum { FREERS = 2, BLOCKS = 512, ORDER = 4, ROUNDS = 40 };

static struct la_section section;
static u32 gone_times[BLOCKS];
static pthread_barrier_t turn;
static int done;
static unsigned long audited;

static void gone(void *ctx, u64 word)
{
	(void)ctx;
	__atomic_add_fetch(&gone_times[la_frame_site(word) - 1], 1, __ATOMIC_RELAXED);
}

static void free_frame(u32 i)
{
	u64 word;

	if (la_section_take(&section, i, 0, &word)) {
		gone(NULL, word);
		return;
	}
	la_spin_lock(&section.lock);
	la_section_free(&section, i, 0, gone, NULL);
	la_spin_unlock(&section.lock);
}

/* Every block has its frames dealt out differently. */
static u32 freer_of(u32 block, u32 frame, u32 round)
{
	return ((block * 2654435761u ^ frame * 40503u ^ round * 97u) >> 5) % FREERS;
}

static void *freer(void *arg)
{
	u32 me = (long)arg, block, frame, round;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&turn);
		for (block = 0; block < BLOCKS; block++)
			for (frame = 0; frame < 1u << ORDER; frame++)
				if (freer_of(block, frame, round) == me)
					free_frame((block << ORDER) + frame);
		pthread_barrier_wait(&turn);
	}
	return NULL;
}

struct sum {
	u32 frames;
	u32 end;
};

static void visit(void *ctx, u32 i, u64 word)
{
	struct sum *sum = ctx;

	CHECK(i >= sum->end);
	sum->end = i + (1u << la_frame_order(word));
	sum->frames += 1u << la_frame_order(word);
	if (la_frame_is_piece(word))
		CHECK(la_section_pieces(&section, i, word) <= 1u << ORDER);
}

static void *reader(void *arg)
{
	struct sum sum;

	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		sum = (struct sum){ };
		la_section_walk(&section, 0, BLOCKS << ORDER, visit, &sum);
		CHECK(sum.frames <= BLOCKS << ORDER);
	}
	return arg;
}

/* Some blocks and pieces are gone before they are freed, as if that had been missed. */
static void *auditor(void *arg)
{
	u64 words[64];
	u32 i, at = 0;

	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < ARRAY_SIZE(words); i++)
			words[i] = READ_ONCE(section.words[at + i]);
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			if (!words[i])
				continue;
			la_spin_lock(&section.lock);
			audited += la_section_remove_if(&section, at + i, words[i], gone, NULL);
			la_spin_unlock(&section.lock);
		}
		at = (at + 11 * ARRAY_SIZE(words)) % (BLOCKS << ORDER);
	}
	return arg;
}

static void parts_are_freed_by_two(void)
{
	pthread_t freers[FREERS], read, audit;
	u32 round, block;
	long i;

	la_section_init(&section);
	pthread_barrier_init(&turn, NULL, FREERS + 1);
	pthread_create(&read, NULL, reader, NULL);
	pthread_create(&audit, NULL, auditor, NULL);
	for (i = 0; i < FREERS; i++)
		pthread_create(&freers[i], NULL, freer, (void *)i);
	for (round = 0; round < ROUNDS; round++) {
		for (block = 0; block < BLOCKS; block++)
			CHECK_EQ(la_section_put(&section, block << ORDER,
						la_frame_make(block + 1, 0, 1, ORDER)), 0);
		pthread_barrier_wait(&turn);
		pthread_barrier_wait(&turn);
		for (block = 0; block < BLOCKS; block++)
			CHECK_EQ(gone_times[block], round + 1);
	}
	for (i = 0; i < FREERS; i++)
		pthread_join(freers[i], NULL);
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	pthread_join(read, NULL);
	pthread_join(audit, NULL);
	CHECK(audited);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{ "blocks of which two free parts are gone once", parts_are_freed_by_two },
	};

	return unit_main(tests, ARRAY_SIZE(tests));
}
