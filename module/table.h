/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hashed table of live objects: plain C, lock-free, bounded.
 */
#ifndef LEAKACCT_TABLE_H
#define LEAKACCT_TABLE_H

#include "plain.h"

#define LA_BUCKET_SLOTS		8u
/* A record lies in its home bucket or in one of LA_PROBE_MAX others. */
#define LA_PROBE_MAX		15u

#define LA_SITE_BITS		24
#define LA_TASK_BITS		24
#define LA_GEN_BITS		16

/**
 * struct la_record - what is kept of one live object, 16 bytes
 * @who: generation (high 16 bits), task id (24), site id (low 24)
 * @what: bytes asked for (high 32 bits), birth in la_ticks (low 32)
 *
 * Both words are read and written whole: a reader takes @who, @what and @who
 * again, and knows by the generation that both belong to one object.
 */
struct la_record {
	u64 who;
	u64 what;
};

static inline struct la_record la_record_make(u32 site, u32 task, u32 born,
					      u32 requested)
{
	return (struct la_record){
		.who = (u64)task << LA_SITE_BITS | site,
		.what = (u64)requested << 32 | born,
	};
}

static inline u32 la_record_site(const struct la_record *r)
{
	return r->who & ((1u << LA_SITE_BITS) - 1);
}

static inline u32 la_record_task(const struct la_record *r)
{
	return (r->who >> LA_SITE_BITS) & ((1u << LA_TASK_BITS) - 1);
}

static inline u32 la_record_gen(const struct la_record *r)
{
	return r->who >> (LA_SITE_BITS + LA_TASK_BITS);
}

static inline u32 la_record_born(const struct la_record *r)
{
	return (u32)r->what;
}

static inline u32 la_record_requested(const struct la_record *r)
{
	return r->what >> 32;
}

/**
 * struct la_segment - one hash area; a table is one, or two while it grows
 * @keys: LA_BUCKET_SLOTS words a bucket, one cache line
 * @recs: the records, same index as @keys
 * @bits: log2 of the number of buckets, at least 1
 * @prev: the area being emptied into this one, or NULL
 *
 * The owner allocates @keys and @recs zeroed; the table never allocates.
 */
struct la_segment {
	u64 *keys;
	struct la_record *recs;
	unsigned int bits;
	struct la_segment *prev;
};

struct la_table {
	struct la_segment *cur;
};

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

u64 la_table_key(unsigned long addr, unsigned int space);
unsigned long la_table_key_addr(u64 key);

enum la_insert la_table_insert(struct la_table *t, u64 key,
			       struct la_record rec, struct la_record *stale);
bool la_table_remove(struct la_table *t, u64 key, struct la_record *out);
bool la_table_find(struct la_table *t, u64 key, struct la_record *out);
bool la_table_set_requested(struct la_table *t, u64 key, u32 requested);

/* The grower's side: see "Growth" in table.c for the order of calls. */
void la_table_push(struct la_table *t, struct la_segment *seg);
u64 la_table_move(struct la_table *t, u64 bucket, u64 count);
struct la_segment *la_table_pop_prev(struct la_table *t);

typedef void (*la_table_visit)(void *ctx, u64 key, const struct la_record *rec);
void la_table_walk(struct la_segment *seg, u64 bucket, u64 count,
		   la_table_visit visit, void *ctx);

#endif /* LEAKACCT_TABLE_H */
