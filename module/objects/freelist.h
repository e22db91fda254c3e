/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freelists: the arithmetic of a slab's list of free objects, in plain C.
 */
#ifndef LEAKACCT_FREELIST_H
#define LEAKACCT_FREELIST_H

#include "plain.h"

/**
 * struct la_freelist - a slab and how its free objects are chained
 * @start: address of its first slot
 * @size: bytes of a slot
 * @slots: how many
 * @offset: of the word in a free object that leads to the next one
 * @random: that this word is mixed with, beside its own address
 * @hardened: it is mixed; else it is the plain address
 * @read: reads a word; false when there is none
 */
struct la_freelist {
	u64 start;
	u32 size;
	u32 slots;
	u32 offset;
	u64 random;
	bool hardened;
	bool (*read)(u64 at, u64 *word);
};

/* Is an object on a freelist? */
enum la_listed {
	LA_LISTED_NO,
	LA_LISTED_YES,
	LA_LISTED_TORN,		/* the list changed under us, or is none */
};

bool la_freelist_is_slot(const struct la_freelist *f, u64 object);
bool la_freelist_next(const struct la_freelist *f, u64 object, u64 *next);
bool la_freelist_may_hold(const struct la_freelist *f, u64 object);
enum la_listed la_freelist_find(const struct la_freelist *f, u64 head, u64 object);

#endif /* LEAKACCT_FREELIST_H */
