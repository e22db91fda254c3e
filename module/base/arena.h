/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arena: memory that hooks may take from, filled up by the worker.
 */
#ifndef LEAKACCT_ARENA_H
#define LEAKACCT_ARENA_H

#include <linux/types.h>

#define LA_ARENA_CHUNK		(64u * 1024)
#define LA_ARENA_MAX_CHUNKS	1024u		/* 64 MiB */

/**
 * struct la_arena - chunks that are taken from in order
 * @chunks: what there is
 * @nr: chunks allocated
 * @max: that it may become
 * @cur: chunk that is being used
 * @used: bytes of it in use
 */
struct la_arena {
	void *chunks[LA_ARENA_MAX_CHUNKS];
	unsigned int nr;
	unsigned int max;
	unsigned int cur;
	unsigned int used;
};

int la_arena_init(struct la_arena *a, u64 max_bytes);
void la_arena_exit(struct la_arena *a);
void *la_arena_take(struct la_arena *a, unsigned int bytes);
void la_arena_reset(struct la_arena *a);
bool la_arena_needs_room(const struct la_arena *a);
bool la_arena_is_full(const struct la_arena *a);
void la_arena_make_room(struct la_arena *a);
u64 la_arena_memory(const struct la_arena *a);

#endif /* LEAKACCT_ARENA_H */
