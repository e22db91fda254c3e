/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One segment of the table: its buckets and slots, and what spills from them. For
 * table.c alone, which explains all of it.
 */
#ifndef LEAKACCT_TABLE_SEGMENT_H
#define LEAKACCT_TABLE_SEGMENT_H

#include "table.h"
#include "table_fast.h"

/*
 * A compare-and-exchange fails only when somebody else got on with it, so
 * loops end by themselves; the bound is for the rule, not for the case.
 */
#define MAX_TRIES	64

static __always_inline u64 hash_of(u64 key)
{
	return la_table_hash(key & ~LA_KEY_SHADOW);
}

/* The keys of a bucket. */
static __always_inline u64 *line_of(const struct la_segment *seg, u64 bucket)
{
	return &seg->keys[(bucket & ((1ull << seg->bits) - 1)) * LA_BUCKET_SLOTS];
}

static __always_inline u64 home_of(const struct la_segment *seg, u64 key)
{
	return (la_table_line(seg, hash_of(key)) - seg->keys) / LA_BUCKET_SLOTS;
}

/* The buckets for a key in order: home, buddy, and pairs one step further each. */
static __always_inline u64 *line_at(const struct la_segment *seg, u64 home, unsigned int i,
				    u64 step)
{
	return line_of(seg, (home + i / 2 * step) ^ (i & 1));
}

/* From pair to pair, as a key spills: twice an odd one, so that none comes twice. */
static __always_inline u64 step_of(u64 key)
{
	return (hash_of(key) >> 40 | 1) << 1;
}

static __always_inline int line_find(u64 *line, u64 key)
{
	u64 *slot = la_line_find(line, key);

	return slot ? slot - line : -1;
}

/* Swap @from for @to in a slot, keeping slot 0's spill count as it is. */
static __always_inline bool slot_swap(u64 *slot, bool first, u64 from, u64 to)
{
	int tries;

	if (likely(!first))
		return cmpxchg(slot, from, to) == from;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		u64 w = READ_ONCE(*slot);

		if ((w & ~LA_KEY_META) != from)
			return false;
		if (cmpxchg(slot, w, (w & LA_KEY_META) | to) == w)
			return true;
	}
	return false;
}

/* A count that saturated stays: searches look further than needed, no harm. */
static void drop_spill(u64 *home)
{
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		u64 w = READ_ONCE(home[0]), new = w - LA_META_FAR_ONE;

		if (!(w & LA_META_FAR) || (w & LA_META_FAR) == LA_META_FAR)
			return;
		if (!(new & LA_META_FAR))
			new &= ~LA_META_STEPS;
		if (cmpxchg(&home[0], w, new) == w)
			return;
	}
}

/* A record of @key was removed from slot @idx. */
static void was_at(const struct la_segment *seg, u64 home, u64 idx)
{
	if (unlikely((idx / LA_BUCKET_SLOTS | 1) != (home | 1)))
		drop_spill(line_of(seg, home));
}

/* Buckets that are to be searched, as the meta of the home bucket says. */
static __always_inline unsigned int buckets_of(const u64 *home)
{
	u64 w = READ_ONCE(*home);
	unsigned int steps = (w & LA_META_STEPS) >> LA_META_STEPS_SHIFT;

	return steps ? 2 * steps + 2 : w & LA_META_BUDDY ? 2 : 1;
}

static noinline s64 find_spilled(const struct la_segment *seg, u64 home, u64 key,
				 unsigned int buckets)
{
	u64 step = step_of(key);
	unsigned int d;

	for (d = 1; d < buckets; d++) {
		u64 *line = line_at(seg, home, d, step);
		int i = line_find(line, key);

		if (i >= 0)
			return line - seg->keys + i;
	}
	return -1;
}

/* Index of the slot that holds @key, or -1. */
static __always_inline s64 find_slot(const struct la_segment *seg, u64 home, u64 key)
{
	u64 *line = line_of(seg, home);
	int i = line_find(line, key);
	unsigned int buckets;

	if (likely(i >= 0))
		return line - seg->keys + i;
	buckets = buckets_of(line);
	if (likely(buckets == 1))
		return -1;
	return find_spilled(seg, home, key, buckets);
}

static __always_inline struct la_record record_read(const struct la_record *r)
{
	return (struct la_record){
		.who = READ_ONCE(r->who),
		.what = READ_ONCE(r->what),
	};
}

static __always_inline void record_write(struct la_record *r, struct la_record v)
{
	la_record_write(r, v.site, v.task, v.born, v.requested);
}

/* Win the removal of @key from @seg; @out gets the record. */
static __always_inline bool segment_take(struct la_segment *seg, u64 key,
					 struct la_record *out)
{
	u64 home = home_of(seg, key);
	s64 idx = find_slot(seg, home, key);
	bool first = !(idx % LA_BUCKET_SLOTS);

	if (unlikely(idx < 0) || !slot_swap(&seg->keys[idx], first, key, LA_KEY_BUSY))
		return false;
	*out = record_read(&seg->recs[idx]);
	la_slot_disown(&seg->keys[idx], first, 0);
	was_at(seg, home, idx);
	return true;
}

/* Own an empty slot of @line, or -1. */
static __always_inline int line_claim(u64 *line)
{
	int i = line_find(line, 0), tries;

	/* Who is faster leaves the next one; a line has no more than these. */
	for (tries = 0; i >= 0 && tries < (int)LA_BUCKET_SLOTS; tries++) {
		if (la_slot_own(&line[i], !i, 0))
			return i;
		i = line_find(line, 0);
	}
	return -1;
}

static noinline s64 claim_spilled(struct la_segment *seg, u64 home, u64 key)
{
	u64 step = step_of(key);
	unsigned int d;

	for (d = 1; d < 2 * (LA_MAX_STEPS + 1); d++) {
		u64 *line = line_at(seg, home, d, step);
		int i = line_claim(line);

		if (i < 0)
			continue;
		/* Before the key is published, or a search could stop short. */
		if (!la_table_note_spill(line_of(seg, home), d / 2)) {
			la_slot_disown(&line[i], !i, 0);
			return -1;
		}
		return line - seg->keys + i;
	}
	return -1;
}

/* Own an empty slot for @key; its index, or -1. */
static __always_inline s64 segment_claim(struct la_segment *seg, u64 key)
{
	u64 home = home_of(seg, key), *line = line_of(seg, home);
	int i = line_claim(line);

	if (likely(i >= 0))
		return line - seg->keys + i;
	return claim_spilled(seg, home, key);
}

static __always_inline bool segment_put(struct la_segment *seg, u64 key,
					struct la_record rec)
{
	s64 idx = segment_claim(seg, key);

	if (unlikely(idx < 0))
		return false;
	record_write(&seg->recs[idx], rec);
	la_slot_disown(&seg->keys[idx], !(idx % LA_BUCKET_SLOTS), key);
	return true;
}

/*
 * A consistent copy of what lies in a slot, if @key still does. The generation is
 * read first and last: the slot may be emptied and get the same key again.
 */
static bool slot_copy(struct la_segment *seg, u64 idx, u64 key, struct la_record *out)
{
	const struct la_record *rec = &seg->recs[idx];
	u64 meta = idx % LA_BUCKET_SLOTS ? 0 : LA_KEY_META;
	u16 gen = READ_ONCE(rec->gen);

	/* Pairs with the slot's owner, who is that before it writes the generation. */
	smp_rmb();
	/* Pairs with la_slot_disown(): the record was written before the key. */
	if ((smp_load_acquire(&seg->keys[idx]) & ~meta) != key)
		return false;
	*out = record_read(rec);
	/* Pairs with la_record_write(): whatever of it was read, the generation is seen. */
	smp_rmb();
	return READ_ONCE(rec->gen) == gen && (READ_ONCE(seg->keys[idx]) & ~meta) == key;
}

#endif /* LEAKACCT_TABLE_SEGMENT_H */
