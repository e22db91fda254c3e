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
 * instructions), a key, or a key with LA_KEY_SHADOW (see Growth). Whoever swaps a
 * key for BUSY has won its removal, and alone counts it. A record is written
 * while its slot is BUSY and published by the release store of the key.
 *
 * Spilling. With the table 75 % full every fourth object finds its home bucket full
 * and goes to the other bucket of the pair, one in fifteen to another pair, in a
 * sequence of steps of its own (the next ones in order would fill up in runs). So
 * that a search knows when it may stop after one cache line, slot 0 of the home
 * bucket says so, in bits of the key word that an address does not need: whether
 * the buddy was ever needed, how many records are further away, and how far. That
 * makes slot 0 the one word that others change while it has an owner, hence the
 * compare-and-exchange where the other slots take a store.
 *
 * Growth. The grower publishes a larger segment whose @prev is the old one,
 * waits until every hook sees it, and moves the records: (1) a copy with
 * LA_KEY_SHADOW is put into the new segment, (2) the key in the old one becomes a
 * shadow too, (3) the one in the new a plain key, (4) the old one is removed. A
 * free looks for the key in the old segment; then, if there is a shadow in it, for
 * the shadow in the new one; then for the key there. So a shadow counts from (2) on
 * only, and at any moment exactly one of the three can be won. A mover that loses
 * (2) takes its shadow back.
 */
#include "table.h"

#include "table_fast.h"
#include "table_segment.h"

/**
 * la_table_key_addr() - the address in a key
 * @key: of la_table_key()
 */

unsigned long la_table_key_addr(u64 key)
{
	return (s64)(key & ~(LA_KEY_SPACE | LA_KEY_SHADOW | LA_KEY_META)) >> LA_KEY_ADDR_SHIFT;
}

/**
 * la_table_note_spill() - a record that belongs here is put elsewhere
 * @home: keys of the bucket
 * @steps: how far; 0: into the buddy
 *
 * Context: any, preemption off.
 * Return: false when others were always faster: then it may not be put there.
 */
bool la_table_note_spill(u64 *home, u64 steps)
{
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		u64 w = READ_ONCE(home[0]), new = w;

		if (!steps)
			new |= LA_META_BUDDY;
		else if ((w & LA_META_FAR) != LA_META_FAR)
			new += LA_META_FAR_ONE;
		if (steps > (w & LA_META_STEPS) >> LA_META_STEPS_SHIFT)
			new = (new & ~LA_META_STEPS) | steps << LA_META_STEPS_SHIFT;
		if (new == w || cmpxchg(&home[0], w, new) == w)
			return true;
	}
	return false;
}

/**
 * la_table_is_far() - does a key lie outside its pair?
 * @seg: the segment
 * @home: keys of its home bucket
 * @key: of la_table_key()
 *
 * Context: any, preemption off.
 */
bool la_table_is_far(const struct la_segment *seg, u64 *home, u64 key)
{
	u64 bucket = (home - seg->keys) / LA_BUCKET_SLOTS, step = step_of(key);
	unsigned int i, buckets = buckets_of(home);

	for (i = 2; i < buckets; i++)
		if (la_line_find(line_at(seg, bucket, i, step), key))
			return true;
	return false;
}

/**
 * la_table_insert_pair() - la_table_insert_fast(), when its home bucket has spilled or does
 * @at: la_table_spot() of @key
 * @key: of la_table_key(); it is not in the pair
 * @site: for the record
 * @task: likewise
 * @born: likewise
 * @requested: likewise
 *
 * Context: any, preemption off.
 * Return: false when nothing was done.
 */
bool la_table_insert_pair(struct la_spot at, u64 key, u32 site, u32 task, u32 born,
			  u32 requested)
{
	u64 *line = at.home, *slot;

	if ((la_peek(*at.home) & LA_META_STEPS) && la_table_is_far(at.seg, at.home, key))
		return false;
	slot = la_line_find(line, 0);
	if (!slot) {
		line = la_table_buddy(at.home);
		slot = la_line_find(line, 0);
	}
	if (!slot || !la_slot_own(slot, slot == line, 0))
		return false;
	/* Before the key can be seen, or a search could stop short. */
	if (line != at.home && !(la_peek(*at.home) & LA_META_BUDDY) &&
	    !la_table_note_spill(at.home, 0)) {
		la_slot_disown(slot, slot == line, 0);
		return false;
	}
	la_record_write(la_table_record_at(at.seg, slot), site, task, born, requested);
	la_slot_disown(slot, slot == line, key);
	return true;
}

/**
 * la_table_remove_buddy() - la_table_remove_fast(), when it is not in its home bucket
 * @at: la_table_spot() of @key
 * @key: of la_table_key()
 *
 * Context: any, preemption off.
 * Return: the site of the record; below 0 when nothing was done.
 */
s64 la_table_remove_buddy(struct la_spot at, u64 key)
{
	u64 *line = la_table_buddy(at.home), *slot = la_line_find(line, key);
	u32 site;

	if (!slot || !la_slot_own(slot, slot == line, key))
		return -1;
	site = READ_ONCE(la_table_record_at(at.seg, slot)->site);
	/* Nobody may find the slot empty before the site has been read. */
	la_slot_disown(slot, slot == line, 0);
	return site;
}

static __always_inline struct la_segment *current_segment(struct la_table *t)
{
	/* Pairs with la_table_push(): the segment and its @prev are set up. */
	return smp_load_acquire(&t->cur);
}

static bool segment_has(const struct la_segment *seg, u64 key)
{
	return find_slot(seg, home_of(seg, key), key) >= 0;
}

/* The three places a record can be in while the table grows, in their order. */
static noinline bool take_while_moving(struct la_segment *seg,
				       struct la_segment *prev, u64 key,
				       struct la_record *out)
{
	u64 shadow = key | LA_KEY_SHADOW;

	return segment_take(prev, key, out) ||
	       (segment_has(prev, shadow) && segment_take(seg, shadow, out)) ||
	       segment_take(seg, key, out);
}

/* Where a record can be while la_table_remove_if() looks at it. */
static noinline bool take_while_audited(struct la_segment *seg, u64 key,
					struct la_record *out)
{
	return segment_take(seg, key, out) ||
	       segment_take(seg, key | LA_KEY_SHADOW, out) ||
	       segment_take(seg, key, out);	/* it was put back meanwhile */
}

static __always_inline bool take(struct la_table *t, u64 key, struct la_record *out)
{
	struct la_segment *seg = current_segment(t);
	struct la_segment *prev = READ_ONCE(seg->prev);

	if (unlikely(prev))
		return take_while_moving(seg, prev, key, out);
	if (unlikely(READ_ONCE(t->steady) != seg))
		return take_while_audited(seg, key, out);
	return segment_take(seg, key, out);
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
	bool healed = take(t, key, stale);

	if (unlikely(!segment_put(current_segment(t), key, rec)))
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
	return take(t, key, out);
}

/* Where @key is, in the order of take_while_moving() and take_while_audited(). */
static s64 find_anywhere(struct la_table *t, u64 key, struct la_segment **where,
			 u64 *found)
{
	struct la_segment *seg = current_segment(t);
	struct la_segment *prev = READ_ONCE(seg->prev);
	u64 shadow = key | LA_KEY_SHADOW;
	s64 idx;

	*found = key;
	*where = prev ?: seg;
	idx = find_slot(*where, home_of(*where, key), key);
	if (idx >= 0)
		return idx;
	*where = seg;
	if (!prev || segment_has(prev, shadow)) {
		*found = shadow;
		idx = find_slot(seg, home_of(seg, key), shadow);
		if (idx >= 0)
			return idx;
	}
	*found = key;
	return find_slot(seg, home_of(seg, key), key);
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
	int tries;
	u64 found;
	s64 idx;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		idx = find_anywhere(t, key, &seg, &found);
		if (idx < 0)
			return false;
		if (slot_copy(seg, idx, found, out))
			return true;
		/* It was taken, or it went on to its next place. */
	}
	return false;
}

/* What is fast finds no room and no record here: every slot of the pair has an owner. */
static u64 no_keys[2 * LA_BUCKET_SLOTS] __aligned(2 * LA_BUCKET_SLOTS * sizeof(u64)) = {
	LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY,
	LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY,
	LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY,
	LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY, LA_KEY_BUSY,
};

static struct la_segment nowhere = { .keys = no_keys };

/**
 * la_table_audit_begin() - let everything take the way that knows of audits
 * @t: the table
 *
 * Context: the grower, alone, while the table does not grow. It waits for a grace
 * period after this call.
 */
void la_table_audit_begin(struct la_table *t)
{
	WRITE_ONCE(t->steady, &nowhere);
}

/**
 * la_table_audit_end() - no la_table_remove_if() any more
 * @t: the table
 *
 * Context: like la_table_audit_begin(), without the grace period.
 */
void la_table_audit_end(struct la_table *t)
{
	/* Pairs with what is fast. */
	smp_store_release(&t->steady, t->cur);
}

/**
 * la_table_remove_if() - remove a record, unless it is another one by now
 * @t: the table
 * @key: of la_table_key()
 * @as: the record as it was read
 *
 * Meanwhile the key is a shadow, which a free finds as well; whoever swaps it for
 * BUSY has removed the record.
 *
 * Context: the grower, between la_table_audit_begin() and la_table_audit_end().
 * Return: true when this call removed it.
 */
bool la_table_remove_if(struct la_table *t, u64 key, const struct la_record *as)
{
	struct la_segment *seg = t->cur;
	u64 shadow = key | LA_KEY_SHADOW, home = home_of(seg, key);
	s64 idx = find_slot(seg, home, key);
	bool first = !(idx % LA_BUCKET_SLOTS);
	struct la_record rec;

	if (idx < 0 || !slot_swap(&seg->keys[idx], first, key, shadow))
		return false;
	rec = record_read(&seg->recs[idx]);
	if (rec.who != as->who || rec.what != as->what) {
		slot_swap(&seg->keys[idx], first, shadow, key);
		return false;
	}
	if (!slot_swap(&seg->keys[idx], first, shadow, LA_KEY_BUSY))
		return false;
	la_slot_disown(&seg->keys[idx], first, 0);
	was_at(seg, home, idx);
	return true;
}

/**
 * la_table_set_requested() - an object was resized in place
 * @t: the table
 * @key: of la_table_key()
 * @requested: bytes now asked for
 *
 * Only the object's owner may call this: it can't be freed meanwhile. While the
 * table grows or is audited this does nothing: it would be in the way.
 *
 * Context: any, preemption off.
 * Return: true when it was done.
 */
bool la_table_set_requested(struct la_table *t, u64 key, u32 requested)
{
	/* Pairs with la_table_push() and la_table_pop_prev(). */
	struct la_segment *seg = smp_load_acquire(&t->steady);
	s64 idx = find_slot(seg, home_of(seg, key), key);
	bool first = !(idx % LA_BUCKET_SLOTS);

	/* Own it, or it could be another object's by now. */
	if (idx < 0 || !slot_swap(&seg->keys[idx], first, key, LA_KEY_BUSY))
		return false;
	WRITE_ONCE(seg->recs[idx].requested, requested);
	la_slot_disown(&seg->keys[idx], first, key);
	return true;
}

/**
 * la_table_init() - with its first segment
 * @t: the table
 * @seg: zeroed, la_segment_set_bits() done
 */
void la_table_init(struct la_table *t, struct la_segment *seg)
{
	t->cur = seg;
	t->steady = seg;
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
	WRITE_ONCE(t->steady, &nowhere);
	/*
	 * Pairs with current_segment(): who has put a record into @seg finds nothing
	 * steady any more. Before the move there is a grace period.
	 */
	smp_store_release(&t->cur, seg);
}

/* Steps (1) to (4) for one slot. Return: false when it must be looked at again. */
static bool move_slot(struct la_segment *to, struct la_segment *from, u64 idx)
{
	bool first = !(idx % LA_BUCKET_SLOTS), first_to;
	u64 key = READ_ONCE(from->keys[idx]) & ~(first ? LA_KEY_META : 0);
	u64 shadow = key | LA_KEY_SHADOW;
	struct la_record rec;
	s64 at;

	if (!key)
		return true;
	if (key == LA_KEY_BUSY || !slot_copy(from, idx, key, &rec))
		return false;

	at = segment_claim(to, key);
	if (at < 0)
		return false;
	first_to = !(at % LA_BUCKET_SLOTS);
	record_write(&to->recs[at], rec);
	la_slot_disown(&to->keys[at], first_to, shadow);

	if (slot_swap(&from->keys[idx], first, key, shadow)) {
		/* When this fails the object was freed as a shadow, which is as good. */
		slot_swap(&to->keys[at], first_to, shadow, key);
		slot_swap(&from->keys[idx], first, shadow, 0);
		return true;
	}
	/* Freed meanwhile. */
	slot_swap(&to->keys[at], first_to, shadow, 0);
	was_at(to, home_of(to, key), at);
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
	/* All that was moved is there. */
	smp_store_release(&t->steady, t->cur);
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
		u64 key = READ_ONCE(seg->keys[idx]);
		struct la_record rec;

		/* Most are empty, as a rule. */
		if (!key)
			continue;
		if (!(idx % LA_BUCKET_SLOTS))
			key &= ~LA_KEY_META;
		if (key && !(key & LA_KEY_SHADOW) && slot_copy(seg, idx, key, &rec))
			visit(ctx, key, &rec);
	}
}
