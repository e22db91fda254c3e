// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hashed table of live objects.
 *
 * Buckets of eight keys in one cache line, the records beside them; 24 bytes a
 * slot, 32 per object at 75 % full. Nothing here allocates, sleeps, spins or
 * takes a lock, so every function but the grower's may run in any context, an
 * NMI included. Callers keep the segments alive: hooks and readers run with
 * preemption off or under the grower's mutex, the grower waits for an RCU
 * grace period before it moves or frees anything.
 *
 * Slots. A key word is 0 (empty), BUSY (somebody owns the slot for a few
 * instructions), a key, or a key with KEY_SHADOW (see Growth). Whoever swaps a
 * key for BUSY has won its removal, and alone counts it. A record is written
 * while its slot is BUSY and published by the release store of the key.
 *
 * Spilling. With the table 75 % full about one object in ten finds its home
 * bucket full and goes to one of LA_PROBE_MAX others, in a sequence of its own
 * (the next ones in order would fill up in runs). So that a search knows when it
 * may stop after one cache line, slot 0 of the home bucket counts the spilled
 * records and how far they went, in bits of the key word that an address does
 * not need. That makes slot 0 the one word that others change while it has an
 * owner, hence the compare-and-exchange where the other slots take a store.
 *
 * Growth. The grower publishes a larger segment whose @prev is the old one,
 * waits until every hook sees it, and moves the records: (1) a copy with
 * KEY_SHADOW is put into the new segment, (2) the key is removed from the old
 * one, (3) the shadow becomes a plain key. A free looks for the key in the old
 * segment, then for the plain key and the shadow in the new one. At any moment
 * exactly one of the three can be won: before (2) the old key, after it the
 * copy. A mover that loses (2) takes its shadow back.
 */
#include "table.h"

#define KEY_SPACE	0x003ull
#define KEY_SHADOW	0x004ull
#define KEY_BUSY	KEY_SHADOW	/* no address: not a shadow of anything */
#define META_COUNT	0x038ull	/* slot 0 only: records spilled from here, */
#define META_COUNT_ONE	0x008ull
#define META_DIST	0x3c0ull	/* and the most steps that one of them went */
#define META_DIST_SHIFT	6
#define KEY_META	(META_COUNT | META_DIST)
#define KEY_ADDR_SHIFT	7

/*
 * A compare-and-exchange fails only when somebody else got on with it, so
 * loops end by themselves; the bound is for the rule, not for the case.
 */
#define MAX_TRIES	64

/**
 * la_table_key() - the key of an object
 * @addr: its address, 8-byte aligned
 * @space: which address space @addr is of, 0..3
 *
 * With five levels of page tables the top eight bits of a kernel address are all
 * ones, so seven can be shifted out and come back as the sign.
 */
u64 la_table_key(unsigned long addr, unsigned int space)
{
	return (u64)addr << KEY_ADDR_SHIFT | space;
}

/**
 * la_table_key_addr() - the address in a key
 * @key: of la_table_key()
 */

unsigned long la_table_key_addr(u64 key)
{
	return (s64)(key & ~(KEY_SPACE | KEY_SHADOW | KEY_META)) >> KEY_ADDR_SHIFT;
}

/* Fibonacci hashing, twice: strides of slab objects come out evenly spread. */
static __always_inline u64 hash_of(u64 key)
{
	u64 h = (key & ~KEY_SHADOW) * 0x9e3779b97f4a7c15ull;

	h ^= h >> 32;
	return h * 0x9e3779b97f4a7c15ull;
}

static __always_inline u64 home_of(const struct la_segment *seg, u64 key)
{
	return hash_of(key) >> (64 - seg->bits);
}

/* From bucket to bucket, as a key spills: odd, so that none comes twice. */
static __always_inline u64 step_of(u64 key)
{
	return hash_of(key) >> 8 | 1;
}

static __always_inline u64 *line_of(const struct la_segment *seg, u64 bucket)
{
	return &seg->keys[(bucket & ((1ull << seg->bits) - 1)) * LA_BUCKET_SLOTS];
}

static __always_inline u64 slot_key(u64 *line, unsigned int i)
{
	u64 w = READ_ONCE(line[i]);

	return i ? w : w & ~KEY_META;
}

static __always_inline int line_find(u64 *line, u64 key)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < LA_BUCKET_SLOTS; i++)
		if (slot_key(line, i) == key)
			return i;
	return -1;
}

/* Swap @from for @to in a slot, keeping slot 0's spill count as it is. */
static __always_inline bool slot_swap(u64 *slot, bool first, u64 from, u64 to)
{
	int tries;

	if (likely(!first))
		return cmpxchg(slot, from, to) == from;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		u64 w = READ_ONCE(*slot);

		if ((w & ~KEY_META) != from)
			return false;
		if (cmpxchg(slot, w, (w & KEY_META) | to) == w)
			return true;
	}
	return false;
}

/* The owner of a BUSY slot gives it its new content. */
static __always_inline void slot_release(u64 *slot, bool first, u64 to)
{
	if (likely(!first))
		/* Pairs with slot_copy(): the record was written before. */
		smp_store_release(slot, to);
	else
		la_add_word(slot, to - KEY_BUSY);
}

static bool spill_add(u64 *home, u64 dist)
{
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		u64 w = READ_ONCE(home[0]), new = w;

		if ((w & META_COUNT) != META_COUNT)
			new += META_COUNT_ONE;
		if (dist > (w & META_DIST) >> META_DIST_SHIFT)
			new = (new & ~META_DIST) | dist << META_DIST_SHIFT;
		if (new == w || cmpxchg(&home[0], w, new) == w)
			return true;
	}
	return false;
}

/* A count that saturated stays: searches look further than needed, no harm. */
static void spill_drop(u64 *home)
{
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		u64 w = READ_ONCE(home[0]), new = w - META_COUNT_ONE;

		if (!(w & META_COUNT) || (w & META_COUNT) == META_COUNT)
			return;
		if (!(new & META_COUNT))
			new &= ~META_DIST;
		if (cmpxchg(&home[0], w, new) == w)
			return;
	}
}

static noinline s64 find_spilled(const struct la_segment *seg, u64 home, u64 key,
				 unsigned int dist)
{
	u64 step = step_of(key);
	unsigned int d;

	for (d = 1; d <= dist; d++) {
		u64 *line = line_of(seg, home + d * step);
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
	u64 dist;

	if (likely(i >= 0))
		return line - seg->keys + i;
	dist = (READ_ONCE(line[0]) & META_DIST) >> META_DIST_SHIFT;
	if (likely(!dist))
		return -1;
	return find_spilled(seg, home, key, dist);
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
	WRITE_ONCE(r->who, v.who);
	/* Pairs with smp_rmb() in slot_copy(): new @what implies new @who. */
	smp_wmb();
	WRITE_ONCE(r->what, v.what);
}

/* Win the removal of @key from @seg; @out gets the record. */
static __always_inline bool segment_take(struct la_segment *seg, u64 key,
					 struct la_record *out)
{
	u64 home = home_of(seg, key);
	s64 idx = find_slot(seg, home, key);
	bool first = !(idx % LA_BUCKET_SLOTS);

	if (unlikely(idx < 0) || !slot_swap(&seg->keys[idx], first, key, KEY_BUSY))
		return false;
	*out = record_read(&seg->recs[idx]);
	slot_release(&seg->keys[idx], first, 0);
	if (unlikely((u64)idx / LA_BUCKET_SLOTS != home))
		spill_drop(line_of(seg, home));
	return true;
}

/* Own an empty slot of @line, or -1. */
static __always_inline int line_claim(u64 *line)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < LA_BUCKET_SLOTS; i++)
		if (!slot_key(line, i) && slot_swap(&line[i], !i, 0, KEY_BUSY))
			return i;
	return -1;
}

static noinline s64 claim_spilled(struct la_segment *seg, u64 home, u64 key)
{
	u64 step = step_of(key);
	unsigned int d;

	for (d = 1; d <= LA_PROBE_MAX; d++) {
		u64 *line = line_of(seg, home + d * step);
		int i = line_claim(line);

		if (i < 0)
			continue;
		/* Before the key is published, or a search could stop short. */
		if (!spill_add(line_of(seg, home), d)) {
			slot_release(&line[i], !i, 0);
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
	u64 gen;

	if (unlikely(idx < 0))
		return false;
	gen = (READ_ONCE(seg->recs[idx].who) >> (LA_SITE_BITS + LA_TASK_BITS)) + 1;
	rec.who |= gen << (LA_SITE_BITS + LA_TASK_BITS);
	record_write(&seg->recs[idx], rec);
	slot_release(&seg->keys[idx], !(idx % LA_BUCKET_SLOTS), key);
	return true;
}

static __always_inline struct la_segment *current_segment(struct la_table *t)
{
	/* Pairs with la_table_push(): the segment and its @prev are set up. */
	return smp_load_acquire(&t->cur);
}

/* The three places a record can be in while the table grows. */
static noinline bool take_while_moving(struct la_segment *seg,
				       struct la_segment *prev, u64 key,
				       struct la_record *out)
{
	return segment_take(prev, key, out) ||
	       segment_take(seg, key, out) ||
	       segment_take(seg, key | KEY_SHADOW, out) ||
	       segment_take(seg, key, out);	/* the shadow became plain meanwhile */
}

/**
 * la_table_insert() - record an object that was just allocated
 * @t: the table
 * @key: of la_table_key()
 * @rec: of la_record_make(); the generation is set here
 * @stale: gets the record that was found under @key, if any: the free of that
 *	object was missed
 *
 * Context: any, preemption off.
 */
enum la_insert la_table_insert(struct la_table *t, u64 key,
			       struct la_record rec, struct la_record *stale)
{
	struct la_segment *seg = current_segment(t);
	struct la_segment *prev = READ_ONCE(seg->prev);
	bool healed;

	if (unlikely(prev))
		healed = take_while_moving(seg, prev, key, stale);
	else
		healed = segment_take(seg, key, stale);

	if (unlikely(!segment_put(seg, key, rec)))
		return healed ? LA_INSERT_HEALED_REFUSED : LA_INSERT_REFUSED;
	return unlikely(healed) ? LA_INSERT_HEALED : LA_INSERT_NEW;
}

/**
 * la_table_remove() - an object is being freed
 * @t: the table
 * @key: of la_table_key()
 * @out: gets its record
 *
 * Context: any, preemption off.
 * Return: true when there was one and this call removed it.
 */
bool la_table_remove(struct la_table *t, u64 key, struct la_record *out)
{
	struct la_segment *seg = current_segment(t);
	struct la_segment *prev = READ_ONCE(seg->prev);

	if (unlikely(prev))
		return take_while_moving(seg, prev, key, out);
	return segment_take(seg, key, out);
}

/* A consistent copy of what lies in a slot, if @key still does. */
static bool slot_copy(struct la_segment *seg, u64 idx, u64 key, struct la_record *out)
{
	bool first = !(idx % LA_BUCKET_SLOTS);
	u64 meta = first ? KEY_META : 0;

	/* Pairs with slot_release(): the record was written before the key. */
	if ((smp_load_acquire(&seg->keys[idx]) & ~meta) != key)
		return false;
	*out = record_read(&seg->recs[idx]);
	/* Pairs with smp_wmb() in record_write(). */
	smp_rmb();
	return READ_ONCE(seg->recs[idx].who) == out->who &&
	       (READ_ONCE(seg->keys[idx]) & ~meta) == key;
}

static s64 find_anywhere(struct la_table *t, u64 key, struct la_segment **where,
			 u64 *found)
{
	struct la_segment *seg = current_segment(t);
	struct la_segment *prev = READ_ONCE(seg->prev);
	s64 idx = -1;

	*found = key;
	if (prev) {
		*where = prev;
		idx = find_slot(prev, home_of(prev, key), key);
	}
	if (idx < 0) {
		*where = seg;
		idx = find_slot(seg, home_of(seg, key), key);
	}
	if (idx < 0 && prev) {
		*found = key | KEY_SHADOW;
		idx = find_slot(seg, home_of(seg, key), *found);
	}
	return idx;
}

/**
 * la_table_find() - copy the record of a live object
 * @t: the table
 * @key: of la_table_key()
 * @out: gets the record
 *
 * Context: any, preemption off.
 * Return: false when there is none.
 */
bool la_table_find(struct la_table *t, u64 key, struct la_record *out)
{
	struct la_segment *seg;
	u64 found;
	s64 idx = find_anywhere(t, key, &seg, &found);

	return idx >= 0 && slot_copy(seg, idx, found, out);
}

/**
 * la_table_set_requested() - an object was resized in place
 * @t: the table
 * @key: of la_table_key()
 * @requested: bytes now asked for
 *
 * Only the object's owner may call this: it can't be freed meanwhile. A mover
 * may be copying it, and looks at the old record again after its step (2).
 *
 * Context: any, preemption off.
 * Return: false when the object is not in the table.
 */
bool la_table_set_requested(struct la_table *t, u64 key, u32 requested)
{
	struct la_segment *seg;
	u64 found, what;
	s64 idx = find_anywhere(t, key, &seg, &found);

	if (idx < 0)
		return false;
	what = READ_ONCE(seg->recs[idx].what);
	return cmpxchg(&seg->recs[idx].what, what,
		       (u64)requested << 32 | (u32)what) == what;
}

/**
 * la_table_push() - publish a segment that the table grows into
 * @t: the table
 * @seg: zeroed, @seg->bits set; not smaller than the current one
 *
 * Context: the grower, alone. It must wait for a grace period after this call
 * before la_table_move(), and after la_table_pop_prev() before it frees.
 */
void la_table_push(struct la_table *t, struct la_segment *seg)
{
	seg->prev = t->cur;
	/* Pairs with current_segment(). */
	smp_store_release(&t->cur, seg);
}

/* Steps (1) to (3) for one slot. Return: false when the new segment is full there. */
static bool move_slot(struct la_segment *to, struct la_segment *from, u64 idx)
{
	bool first = !(idx % LA_BUCKET_SLOTS), first_to;
	u64 key = READ_ONCE(from->keys[idx]) & ~(first ? KEY_META : 0);
	struct la_record rec;
	u64 what;
	s64 at;

	/* BUSY here is somebody removing it. */
	if (!key || key == KEY_BUSY || !slot_copy(from, idx, key, &rec))
		return true;

	at = segment_claim(to, key);
	if (at < 0)
		return false;
	first_to = !(at % LA_BUCKET_SLOTS);
	record_write(&to->recs[at], rec);
	slot_release(&to->keys[at], first_to, key | KEY_SHADOW);

	if (!slot_swap(&from->keys[idx], first, key, KEY_BUSY)) {
		/* Freed meanwhile: its winner found it in @from. */
		if (slot_swap(&to->keys[at], first_to, key | KEY_SHADOW, KEY_BUSY)) {
			slot_release(&to->keys[at], first_to, 0);
			if ((u64)at / LA_BUCKET_SLOTS != home_of(to, key))
				spill_drop(line_of(to, home_of(to, key)));
		}
		return true;
	}
	what = READ_ONCE(from->recs[idx].what);
	if (what != rec.what)
		cmpxchg(&to->recs[at].what, rec.what, what);
	slot_release(&from->keys[idx], first, 0);

	/* When this fails the object was freed as a shadow, which is as good. */
	slot_swap(&to->keys[at], first_to, key | KEY_SHADOW, key);
	return true;
}

/**
 * la_table_move() - move some buckets of the old segment into the new one
 * @t: the table
 * @bucket: first bucket of the old segment
 * @count: how many
 *
 * Context: the grower, alone, a grace period after la_table_push(). Preemptible.
 * Return: records that found no room and are still in the old segment; call
 * again for those buckets later, and do not pop before all calls returned 0.
 */
u64 la_table_move(struct la_table *t, u64 bucket, u64 count)
{
	struct la_segment *to = t->cur, *from = to->prev;
	u64 idx, end = (bucket + count) * LA_BUCKET_SLOTS, left = 0;

	for (idx = bucket * LA_BUCKET_SLOTS; idx < end; idx++)
		if (!move_slot(to, from, idx))
			left++;
	return left;
}

/**
 * la_table_pop_prev() - unlink the emptied old segment
 * @t: the table
 *
 * Context: the grower, alone.
 * Return: the segment, to be freed after a grace period.
 */
struct la_segment *la_table_pop_prev(struct la_table *t)
{
	struct la_segment *prev = t->cur->prev;

	WRITE_ONCE(t->cur->prev, NULL);
	return prev;
}

/**
 * la_table_walk() - visit the records of some buckets
 * @seg: the segment
 * @bucket: first bucket
 * @count: how many
 * @visit: called with a consistent copy of each record
 * @ctx: for @visit
 *
 * Context: any that keeps the grower out (its mutex), else a record could be
 * seen twice or not at all. Records that come and go meanwhile may be seen.
 */
void la_table_walk(struct la_segment *seg, u64 bucket, u64 count,
		   la_table_visit visit, void *ctx)
{
	u64 idx, end = (bucket + count) * LA_BUCKET_SLOTS;

	for (idx = bucket * LA_BUCKET_SLOTS; idx < end; idx++) {
		bool first = !(idx % LA_BUCKET_SLOTS);
		u64 key = READ_ONCE(seg->keys[idx]) & ~(first ? KEY_META : 0);
		struct la_record rec;

		if (!key || key & KEY_SHADOW)
			continue;
		if (slot_copy(seg, idx, key, &rec))
			visit(ctx, key, &rec);
	}
}
