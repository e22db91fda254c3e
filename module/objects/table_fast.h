/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common case of table.c, for inlining into hooks: the table is not growing, and
 * the object is in its home bucket. Whatever is less simple is left to table.c, which
 * explains keys and slots.
 */
#ifndef LEAKACCT_TABLE_FAST_H
#define LEAKACCT_TABLE_FAST_H

#include "table.h"

#define LA_KEY_SPACE		0x003ull
#define LA_KEY_SHADOW		0x004ull
#define LA_KEY_BUSY		LA_KEY_SHADOW	/* no address: not a shadow of anything */
/* Slot 0 only: some record spilled into the buddy since the segment is in use; */
#define LA_META_BUDDY		0x008ull
#define LA_META_FAR		0x070ull	/* so many records are further away, */
#define LA_META_FAR_ONE		0x010ull
#define LA_META_STEPS		0x380ull	/* and the most steps that one of them went */
#define LA_META_STEPS_SHIFT	7
#define LA_KEY_META		(LA_META_BUDDY | LA_META_FAR | LA_META_STEPS)

/*
 * Multiplication mixes upwards, the shift downwards: either alone leaves strides of
 * slab objects at which all crowd into some of the buckets.
 */
static __always_inline u64 la_table_hash(u64 key)
{
	u64 h = key * 0xd6e8feb86659fd93ull;

	return h ^ h >> 29;
}

/* The keys of the bucket that a hash chooses. */
static __always_inline u64 *la_table_line(const struct la_segment *seg, u64 hash)
{
	return (void *)seg->keys + (hash & seg->mask);
}

/* A bucket that is full spills into the other one of its pair first. */
static __always_inline u64 *la_table_buddy(u64 *line)
{
	return (u64 *)((unsigned long)line ^ LA_BUCKET_SLOTS * sizeof(*line));
}

bool la_table_note_spill(u64 *home, u64 steps);
bool la_table_is_far(const struct la_segment *seg, u64 *home, u64 key);

/* Where a key is in a bucket, or NULL; the word of the first slot holds meta too. */
static __always_inline u64 *la_line_find(u64 *line, u64 key)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = LA_BUCKET_SLOTS - 1; i > 0; i--)
		if (la_peek(line[i]) == key)
			return &line[i];
	return (la_peek(*line) & ~LA_KEY_META) == key ? line : NULL;
}

/* Is a key in a bucket? In doubt, of a shadow in the first slot, yes. */
static __always_inline bool la_line_may_have(const u64 *line, u64 key)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 1; i < LA_BUCKET_SLOTS; i++)
		if (unlikely(la_peek(line[i]) == key))
			return true;
	/* Keys with the same upper bits but no meta. */
	return unlikely(la_peek(*line) - key <= LA_KEY_META);
}

/* Own a slot that holds @from, 0 for an empty one; the meta of the first stays. */
static __always_inline bool la_slot_own(u64 *slot, bool first, u64 from)
{
	u64 word = from;

	if (unlikely(first)) {
		word = la_peek(*slot);
		if ((word & ~LA_KEY_META) != from)
			return false;
		return cmpxchg(slot, word, (word & LA_KEY_META) | LA_KEY_BUSY) == word;
	}
	return cmpxchg(slot, word, LA_KEY_BUSY) == word;
}

/* The owner gives it its new content; others may have changed the meta. */
static __always_inline void la_slot_disown(u64 *slot, bool first, u64 to)
{
	if (likely(!first))
		/* Pairs with slot_copy(): the record was written before. */
		smp_store_release(slot, to);
	else
		la_add_word(slot, to - LA_KEY_BUSY);
}

static __always_inline struct la_record *la_table_record_at(const struct la_segment *seg,
							    const u64 *slot)
{
	/* By bytes, as the compiler does not see that records are twice a key's size. */
	return (void *)seg->recs + 2 * ((const void *)slot - (void *)seg->keys);
}

/* The owner of a BUSY slot writes its record. */
static __always_inline void la_record_write(struct la_record *r, u32 site, u32 task,
					    u32 born, u32 requested)
{
	WRITE_ONCE(r->gen, r->gen + 1);
	/* Pairs with smp_rmb() in slot_copy(): whatever is seen of this, @gen is. */
	smp_wmb();
	WRITE_ONCE(r->task, task);
	WRITE_ONCE(r->site, site);
	WRITE_ONCE(r->born, born);
	WRITE_ONCE(r->requested, requested);
}

/* Where the record of a key belongs. */
struct la_spot {
	struct la_segment *seg;
	u64 *home;
};

/* The spot of a key; while the table grows none that anything is found or put at. */
static __always_inline struct la_spot la_table_spot(const struct la_table *t, u64 key)
{
	/* Pairs with la_table_push() and la_table_pop_prev(). */
	struct la_segment *seg = smp_load_acquire(&t->steady);

	return (struct la_spot){ .seg = seg, .home = la_table_line(seg, la_table_hash(key)) };
}

bool la_table_insert_pair(struct la_spot at, u64 key, u32 site, u32 task, u32 born,
			  u32 requested);
s64 la_table_remove_buddy(struct la_spot at, u64 key);

enum la_fast {
	LA_FAST_DONE,
	LA_FAST_FIRST,	/* the same, in the first slot, beside its meta */
	LA_FAST_PAIR,	/* try la_table_insert_pair() or la_table_remove_buddy() */
	LA_FAST_NOT,	/* nothing was done: call la_table_insert() or la_table_remove() */
};

/**
 * la_table_claim_home() - la_table_insert(), when it is simple: first half
 * @at: la_table_spot() of @key
 * @key: of la_table_key()
 * @claimed: gets the slot, for la_table_fill(), with LA_FAST_DONE
 *
 * It calls nothing. Context: any, preemption off.
 */
static __always_inline enum la_fast la_table_claim_home(struct la_spot at, u64 key,
							u64 **claimed)
{
	u64 *slot, word = 0;

	/* Is a record of this address left from before? In doubt yes. */
	if (unlikely(la_line_may_have(at.home, key)))
		return LA_FAST_NOT;
	if (unlikely(la_peek(*at.home) & LA_KEY_META)) {
		if (la_line_may_have(la_table_buddy(at.home), key))
			return LA_FAST_NOT;
		if (la_peek(*at.home) & LA_META_STEPS)
			return LA_FAST_PAIR;
	}
	/* Read the slots again: there are not enough registers to keep eight of them. */
	barrier();
#pragma GCC unroll 8
	for (slot = at.home + LA_BUCKET_SLOTS - 1; slot != at.home; slot--)
		if (!la_peek(*slot))
			goto empty;
	word = la_peek(*at.home);
	if (unlikely(word & ~LA_KEY_META))
		return LA_FAST_PAIR;
	return likely(try_cmpxchg(at.home, &word, word | LA_KEY_BUSY)) ? LA_FAST_FIRST :
									 LA_FAST_NOT;
empty:
	*claimed = slot;
	return likely(try_cmpxchg(slot, &word, LA_KEY_BUSY)) ? LA_FAST_DONE : LA_FAST_NOT;
}

/**
 * la_table_fill() - la_table_insert(), when it is simple: second half
 * @at: la_table_spot() of @key
 * @slot: that was claimed
 * @first: it is @at.home, after LA_FAST_FIRST
 * @key: of la_table_key()
 * @site: for the record
 * @task: likewise
 * @born: likewise
 * @requested: likewise
 *
 * Context: any, preemption off.
 */
static __always_inline void la_table_fill(struct la_spot at, u64 *slot, bool first, u64 key,
					  u32 site, u32 task, u32 born, u32 requested)
{
	la_record_write(la_table_record_at(at.seg, slot), site, task, born, requested);
	la_slot_disown(slot, first, key);
}

/**
 * la_table_remove_home() - la_table_remove(), when it is simple
 * @at: la_table_spot() of @key
 * @key: of la_table_key()
 * @site: gets the site of the record
 *
 * Context: any, preemption off.
 */
static __always_inline enum la_fast la_table_remove_home(struct la_spot at, u64 key, u32 *site)
{
	u64 *slot, word = key;

#pragma GCC unroll 8
	for (slot = at.home + LA_BUCKET_SLOTS - 1; slot != at.home; slot--)
		if (la_peek(*slot) == key)
			goto found;
	word = la_peek(*at.home);
	if (unlikely((word & ~LA_KEY_META) != key))
		return word & LA_META_BUDDY ? LA_FAST_PAIR : LA_FAST_NOT;
	/* As below, but beside its meta. */
	if (unlikely(!try_cmpxchg(at.home, &word, (word & LA_KEY_META) | LA_KEY_BUSY)))
		return LA_FAST_NOT;
	*site = READ_ONCE(la_table_record_at(at.seg, at.home)->site);
	la_slot_disown(at.home, true, 0);
	return LA_FAST_DONE;
found:
	if (unlikely(!try_cmpxchg(slot, &word, LA_KEY_BUSY)))
		return LA_FAST_NOT;
	*site = READ_ONCE(la_table_record_at(at.seg, slot)->site);
	/* Nobody may find the slot empty before the site has been read. */
	la_slot_disown(slot, false, 0);
	return LA_FAST_DONE;
}

/**
 * la_table_insert_fast() - la_table_insert(), when its pair of buckets has room
 * @t: the table
 * @key: of la_table_key()
 * @site: for the record
 * @task: likewise
 * @born: likewise
 * @requested: likewise
 *
 * Context: any, preemption off.
 * Return: false when nothing was done: call la_table_insert().
 */
static inline bool la_table_insert_fast(struct la_table *t, u64 key, u32 site, u32 task,
					u32 born, u32 requested)
{
	struct la_spot at = la_table_spot(t, key);
	u64 *slot;

	switch (la_table_claim_home(at, key, &slot)) {
	case LA_FAST_DONE:
		la_table_fill(at, slot, false, key, site, task, born, requested);
		return true;
	case LA_FAST_FIRST:
		la_table_fill(at, at.home, true, key, site, task, born, requested);
		return true;
	case LA_FAST_PAIR:
		return la_table_insert_pair(at, key, site, task, born, requested);
	default:
		return false;
	}
}

/**
 * la_table_remove_fast() - la_table_remove(), when it is in its pair of buckets
 * @t: the table
 * @key: of la_table_key()
 * @site: gets the site of the record
 *
 * Context: any, preemption off.
 * Return: false when nothing was done: call la_table_remove().
 */
static inline bool la_table_remove_fast(struct la_table *t, u64 key, u32 *site)
{
	struct la_spot at = la_table_spot(t, key);
	enum la_fast how = la_table_remove_home(at, key, site);
	s64 found;

	if (likely(how != LA_FAST_PAIR))
		return how == LA_FAST_DONE;
	found = la_table_remove_buddy(at, key);
	*site = found;
	return found >= 0;
}

#endif /* LEAKACCT_TABLE_FAST_H */
