/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hashed table of live objects: plain C, lock-free, bounded.
 */
#ifndef LEAKACCT_TABLE_H
#define LEAKACCT_TABLE_H

#include "plain.h"

#define LA_BUCKET_SLOTS		8u
/* A record lies in its home bucket, the buddy, or one of so many pairs more. */
#define LA_MAX_STEPS		7u

#define LA_MAX_SITE_ID		U32_MAX
#define LA_MAX_TASK_ID		U16_MAX

/**
 * struct la_record - what is kept of one live object, 16 bytes
 * @who: the first word: @site, @task and @gen
 * @site: where it was allocated: caller, stack, cache, weight
 * @task: who allocated it
 * @gen: generation of the slot, one more with each record
 * @what: the second word: @born and @requested
 * @born: when, in la_ticks
 * @requested: bytes asked for
 *
 * Readers take @who, @what and @who again, and know by the generation that both
 * belong to one object.
 */
struct la_record {
	union {
		u64 who;
		struct {
			u32 site;
			u16 task;
			u16 gen;
		};
	};
	union {
		u64 what;
		struct {
			u32 born;
			u32 requested;
		};
	};
};

static inline struct la_record la_record_make(u32 site, u32 task, u32 born,
					      u32 requested)
{
	return (struct la_record){
		.site = site,
		.task = task,
		.born = born,
		.requested = requested,
	};
}

static inline u32 la_record_site(const struct la_record *r)
{
	return r->site;
}

static inline u32 la_record_task(const struct la_record *r)
{
	return r->task;
}

static inline u32 la_record_gen(const struct la_record *r)
{
	return r->gen;
}

/* Of one life of an object: what was asked for may have changed in it, by krealloc(). */
static inline bool la_record_is_same(const struct la_record *a, const struct la_record *b)
{
	return a->who == b->who && a->born == b->born;
}

static inline u32 la_record_born(const struct la_record *r)
{
	return r->born;
}

static inline u32 la_record_requested(const struct la_record *r)
{
	return r->requested;
}

/**
 * struct la_segment - one hash area; a table is one, or two while it grows
 * @keys: LA_BUCKET_SLOTS words a bucket, one cache line
 * @recs: the records, same index as @keys
 * @bits: log2 of the number of buckets, at least 1
 * @mask: of a bucket's offset in @keys, in bytes; follows from @bits
 * @prev: the area being emptied into this one, or NULL
 *
 * The owner allocates @keys and @recs zeroed, @keys aligned to two buckets; the table
 * never allocates.
 */
struct la_segment {
	u64 *keys;
	struct la_record *recs;
	unsigned int bits;
	u64 mask;
	struct la_segment *prev;
};

static inline void la_segment_set_bits(struct la_segment *seg, unsigned int bits)
{
	seg->bits = bits;
	seg->mask = ((1ull << bits) - 1) * LA_BUCKET_SLOTS * sizeof(*seg->keys);
}

/**
 * struct la_table - the segments
 * @steady: the only segment; while there are two, one that has no room, and in
 *	which nothing is found, so that what is fast leaves all to what is not
 * @cur: the segment that records are put into
 */
struct la_table {
	struct la_segment *steady;
	struct la_segment *cur;
};

void la_table_init(struct la_table *t, struct la_segment *seg);

enum la_insert {
	LA_INSERT_NEW,		/* stored */
	LA_INSERT_HEALED,	/* stored, and a stale record of that address removed */
	LA_INSERT_REFUSED,	/* no slot: not stored */
	LA_INSERT_HEALED_REFUSED, /* a stale record removed, then no slot */
};

static inline u64 la_segment_slots(const struct la_segment *seg)
{
	return (u64)LA_BUCKET_SLOTS << seg->bits;
}

#define LA_KEY_ADDR_SHIFT	7

/**
 * la_table_key() - the key of an object
 * @addr: its address, 8-byte aligned
 * @space: which address space @addr is of, 0..3
 *
 * With five levels of page tables the top eight bits of a kernel address are all
 * ones, so seven can be shifted out and come back as the sign.
 */
static inline u64 la_table_key(unsigned long addr, unsigned int space)
{
	return (u64)addr << LA_KEY_ADDR_SHIFT | space;
}

unsigned long la_table_key_addr(u64 key);

static inline unsigned int la_table_key_space(u64 key)
{
	return key & 3;
}

enum la_insert la_table_insert(struct la_table *t, u64 key,
			       struct la_record rec, struct la_record *stale);
bool la_table_remove(struct la_table *t, u64 key, struct la_record *out);
bool la_table_find(struct la_table *t, u64 key, struct la_record *out);
bool la_table_set_requested(struct la_table *t, u64 key, u32 requested);

/* The grower's side: see "Growth" in table.c for the order of calls. */
void la_table_audit_begin(struct la_table *t);
bool la_table_remove_if(struct la_table *t, u64 key, const struct la_record *as);
void la_table_audit_end(struct la_table *t);
void la_table_push(struct la_table *t, struct la_segment *seg);
u64 la_table_move(struct la_table *t, u64 bucket, u64 count);
struct la_segment *la_table_pop_prev(struct la_table *t);

typedef void (*la_table_visit)(void *ctx, u64 key, const struct la_record *rec);
void la_table_walk(struct la_segment *seg, u64 bucket, u64 count,
		   la_table_visit visit, void *ctx);

#endif /* LEAKACCT_TABLE_H */
