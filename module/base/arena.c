// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arena: a bump allocator in chunks. Hooks take, under their own lock; only the
 * worker allocates, a chunk ahead. Nothing is given back but all at once.
 */
#include "arena.h"

#include <linux/kernel.h>
#include <linux/vmalloc.h>

#define ALIGNMENT	8u

/**
 * la_arena_init() - with the first chunk
 * @a: zeroed
 * @max_bytes: that it may take
 */
int la_arena_init(struct la_arena *a, u64 max_bytes)
{
	a->max = clamp_t(u64, max_bytes / LA_ARENA_CHUNK, 2, LA_ARENA_MAX_CHUNKS);
	la_arena_make_room(a);
	return a->nr ? 0 : -ENOMEM;
}

/**
 * la_arena_exit() - free it
 * @a: the arena; also one that init failed on
 */
void la_arena_exit(struct la_arena *a)
{
	while (a->nr)
		vfree(a->chunks[--a->nr]);
}

/**
 * la_arena_take() - a piece of it, not zeroed
 * @a: the arena
 * @bytes: at most LA_ARENA_CHUNK
 *
 * Context: any; the caller's lock serializes it with itself and la_arena_reset().
 * Return: NULL when there is no room, maybe until the worker comes.
 */
void *la_arena_take(struct la_arena *a, unsigned int bytes)
{
	void *piece;

	bytes = ALIGN(bytes, ALIGNMENT);
	if (a->used + bytes > LA_ARENA_CHUNK) {
		/* Pairs with la_arena_make_room(). */
		if (a->cur + 1 >= smp_load_acquire(&a->nr))
			return NULL;
		a->cur++;
		a->used = 0;
	}
	piece = a->chunks[a->cur] + a->used;
	a->used += bytes;
	return piece;
}

/**
 * la_arena_reset() - forget all pieces; nobody may use one any more
 * @a: the arena
 *
 * Context: like la_arena_take().
 */
void la_arena_reset(struct la_arena *a)
{
	a->cur = 0;
	a->used = 0;
}

/**
 * la_arena_needs_room() - should the worker call la_arena_make_room()?
 * @a: the arena
 *
 * Context: any.
 */
bool la_arena_needs_room(const struct la_arena *a)
{
	unsigned int nr = READ_ONCE(a->nr);

	return nr < a->max && READ_ONCE(a->cur) + 1 >= nr;
}

/**
 * la_arena_is_full() - is its last chunk in use, and may it not grow?
 * @a: the arena
 */
bool la_arena_is_full(const struct la_arena *a)
{
	return READ_ONCE(a->nr) == a->max && READ_ONCE(a->cur) + 1 == a->max;
}

/**
 * la_arena_make_room() - have one chunk beyond the one in use
 * @a: the arena
 *
 * Context: process, one at a time.
 */
void la_arena_make_room(struct la_arena *a)
{
	while (!a->nr || la_arena_needs_room(a)) {
		void *chunk = vmalloc(LA_ARENA_CHUNK);

		if (!chunk)
			return;
		a->chunks[a->nr] = chunk;
		/* Pairs with la_arena_take(). */
		smp_store_release(&a->nr, a->nr + 1);
	}
}

/**
 * la_arena_memory() - bytes that it takes
 * @a: the arena
 */
u64 la_arena_memory(const struct la_arena *a)
{
	return (u64)READ_ONCE(a->nr) * LA_ARENA_CHUNK;
}
