// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live objects.
 *
 * A record is inserted when an object has been allocated and removed before it
 * is free, so the two never race for one address. Per-CPU counters say what
 * happened to every event; the number of records is kept per CPU and folded
 * into live_folded in batches, which is what the limit and growth look at.
 *
 * An object handed to kfree_rcu() is freed for its owner: its record moves to
 * a small table of its own, so that the real free, seconds later, is known for
 * the echo that it is, and so that what waits for RCU is a figure of its own.
 *
 * Locking: grow_mutex keeps walkers and the mover of records apart (and lets one
 * grower at a time); hooks take no lock. Segments are freed an RCU grace
 * period after hooks can no longer find them.
 */
#include "objects.h"

#include <linux/irq_work.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "counters.h"
#include "leakacct.h"
#include "sites.h"
#include "tasks.h"

/* Records per byte of RAM when max_objects is not given: 1/8 of RAM at most. */
#define DEFAULT_RAM_PER_OBJECT	256
/* And slots at load: 0.15 to 0.3 % of RAM, so that a quiet machine never grows. */
#define INITIAL_RAM_PER_SLOT	8192
#define MIN_BITS		8	/* buckets: 2,048 slots */
#define MAX_INITIAL_BITS	17
#define MAX_BITS		28
/* Up to here a table grows at half, so that a burst finds room meanwhile. */
#define SMALL_BITS		14	/* 131,072 slots, 3 MiB */
#define WAITING_MAX_BITS	13	/* 65,536 objects waiting for RCU */
/* Growth must not push a machine that is short of memory into the OOM killer. */
#define SEGMENT_GFP		(GFP_KERNEL | __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN)
#define MOVE_BATCH		64	/* buckets moved or walked between two breaths */

struct cpu_state {
	s32 delta;		/* records not yet folded into live_folded */
	s64 waiting_objects;
	s64 waiting_bytes;
};

static DEFINE_PER_CPU(struct cpu_state, cpu_state);
static struct la_table live;
static struct la_table waiting;
static atomic64_t live_folded = ATOMIC64_INIT(0);
static s64 max_objects;
static s64 grow_at;
static s32 fold_batch;
static enum la_recording recording;
static struct workqueue_struct *workqueue;
static u64 grows;
static DEFINE_MUTEX(grow_mutex);

static void maintain_work(struct work_struct *work)
{
	la_objects_maintain();
}

static DECLARE_WORK(maintain, maintain_work);

static void maintain_irq_work(struct irq_work *work)
{
	queue_work(workqueue, &maintain);
}

/* Hooks may hold any lock, so they only ever raise this. Hard also on RT. */
static struct irq_work kick = IRQ_WORK_INIT_HARD(maintain_irq_work);

static noinline void fold(s32 delta)
{
	s64 now = atomic64_add_return(delta, &live_folded);

	this_cpu_sub(cpu_state.delta, delta);
	if (now >= READ_ONCE(grow_at) || la_sites_need_room() || la_tasks_need_collect())
		irq_work_queue(&kick);
}

static __always_inline void count_record(s32 by)
{
	s32 delta = this_cpu_add_return(cpu_state.delta, by);

	if (unlikely(delta >= fold_batch || delta <= -fold_batch))
		fold(delta);
}

static __always_inline u64 object_key(const void *object)
{
	return la_table_key((unsigned long)object, LA_SPACE_KMALLOC);
}

static noinline void refuse(u32 site)
{
	la_count(LA_REFUSED);
	atomic_long_inc(&la_sites_table[site].refused);
	if ((s64)la_objects_capacity() < max_objects)
		irq_work_queue(&kick);
}

/* Its free was missed: book it now, to the site that it was allocated at. */
static noinline void heal(const struct la_record *stale)
{
	la_count(LA_HEALS);
	la_sites_count_free(la_record_site(stale));
	count_record(-1);
}

/**
 * la_objects_alloc() - an object has been allocated
 * @a: which, where
 *
 * The site's count of allocations is exact whatever happens to the record.
 */
void la_objects_alloc(const struct la_allocation *a)
{
	struct la_record stale;
	u32 site;

	if (unlikely(READ_ONCE(recording) == LA_RECORDING_NOT_YET))
		return;
	la_count(LA_EVENTS_ALLOC);
	if (unlikely(READ_ONCE(recording) == LA_RECORDING_STOPPED)) {
		la_count(LA_NOT_RECORDED);
		return;
	}
	site = la_sites_find(a->caller, a->what, a->object, a->is_cache);
	la_sites_count_alloc(site);
	/* Signed: a CPU may fold its frees before another its allocations. */
	if (unlikely(atomic64_read(&live_folded) >= max_objects)) {
		/* The address may still hold a record whose free was missed. */
		if (la_table_remove(&live, object_key(a->object), &stale))
			heal(&stale);
		refuse(site);
		return;
	}

	switch (la_table_insert(&live, object_key(a->object),
				la_record_make(site, la_tasks_current(), la_ticks(),
					       min_t(size_t, a->requested, U32_MAX)),
				&stale)) {
	case LA_INSERT_HEALED:
		heal(&stale);
		fallthrough;
	case LA_INSERT_NEW:
		la_count(LA_INSERTS);
		count_record(1);
		break;
	case LA_INSERT_HEALED_REFUSED:
		heal(&stale);
		fallthrough;
	case LA_INSERT_REFUSED:
		refuse(site);
		break;
	}
}

static __always_inline bool remove_record(const void *object, struct la_record *rec)
{
	if (unlikely(!la_table_remove(&live, object_key(object), rec)))
		return false;
	la_count(LA_REMOVES);
	la_sites_count_free(la_record_site(rec));
	count_record(-1);
	return true;
}

static noinline void free_without_record(const void *object)
{
	struct la_record rec;

	if (!la_table_remove(&waiting, object_key(object), &rec)) {
		la_count(LA_UNKNOWN_FREES);
		return;
	}
	/* The echo of a kfree_rcu(). */
	la_count(LA_RCU_DONE);
	this_cpu_dec(cpu_state.waiting_objects);
	this_cpu_sub(cpu_state.waiting_bytes, la_sites_table[la_record_site(&rec)].size);
}

/**
 * la_objects_free() - an object is about to be freed
 * @object: its address, not NULL
 */
void la_objects_free(const void *object)
{
	struct la_record rec;

	la_count(LA_EVENTS_FREE);
	if (unlikely(!remove_record(object, &rec)))
		free_without_record(object);
}

/**
 * la_objects_hand_to_rcu() - kfree_rcu(): free, but its memory comes back later
 * @object: its address
 *
 * Objects older than the load are kept here too (on the overflow site, of no
 * size), or their real free would count as unknown a second time.
 */
void la_objects_hand_to_rcu(const void *object)
{
	struct la_record rec, stale;

	la_count(LA_EVENTS_FREE);
	la_count(LA_RCU_HANDED);
	if (!remove_record(object, &rec)) {
		la_count(LA_UNKNOWN_FREES);
		rec = la_record_make(LA_SITE_OVERFLOW, LA_TASK_UNKNOWN, la_ticks(), 0);
	}
	rec = la_record_make(la_record_site(&rec), LA_TASK_UNKNOWN, la_ticks(), 0);
	switch (la_table_insert(&waiting, object_key(object), rec, &stale)) {
	case LA_INSERT_NEW:
		this_cpu_inc(cpu_state.waiting_objects);
		this_cpu_add(cpu_state.waiting_bytes,
			     la_sites_table[la_record_site(&rec)].size);
		break;
	case LA_INSERT_HEALED:
		break;
	default:
		la_count(LA_RCU_UNKEPT);
	}
}

/**
 * la_objects_resize() - krealloc() that fits where the object is
 * @object: its address
 * @requested: bytes now asked for
 */
void la_objects_resize(const void *object, size_t requested)
{
	struct la_record rec;

	if (!la_table_find(&live, object_key(object), &rec) ||
	    requested > la_sites_table[la_record_site(&rec)].size)
		return;		/* not ours, or it moves: an allocation and a free follow */
	if (la_table_set_requested(&live, object_key(object), requested))
		la_count(LA_RESIZED);
}

/**
 * la_objects_find() - the record of an object
 * @object: its address
 * @out: a copy
 *
 * Context: any.
 */
bool la_objects_find(const void *object, struct la_record *out)
{
	bool found;

	preempt_disable_notrace();
	found = la_table_find(&live, object_key(object), out);
	preempt_enable_notrace();
	return found;
}

static void segment_free(struct la_segment *seg)
{
	if (!seg)
		return;
	vfree(seg->keys);
	vfree(seg->recs);
	kfree(seg);
}

static struct la_segment *segment_alloc(unsigned int bits)
{
	struct la_segment *seg = kzalloc(sizeof(*seg), GFP_KERNEL);
	u64 slots = (u64)LA_BUCKET_SLOTS << bits;

	if (!seg)
		return NULL;
	seg->bits = bits;
	seg->keys = __vmalloc(slots * sizeof(*seg->keys), SEGMENT_GFP);
	seg->recs = __vmalloc(slots * sizeof(*seg->recs), SEGMENT_GFP);
	if (!seg->keys || !seg->recs) {
		segment_free(seg);
		return NULL;
	}
	return seg;
}

/* Bits of the smallest table that holds @objects at three quarters. */
static unsigned int bits_for(u64 objects)
{
	u64 slots = objects + objects / 3 + 1;

	return clamp_t(unsigned int, order_base_2(DIV_ROUND_UP(slots, LA_BUCKET_SLOTS)),
		       MIN_BITS, MAX_BITS);
}

static s64 three_quarters(unsigned int bits)
{
	return ((u64)LA_BUCKET_SLOTS << bits) / 4 * 3;
}

/* Records at which a table of this size grows. */
static s64 growth_mark(unsigned int bits)
{
	if (bits >= bits_for(max_objects))
		return S64_MAX;
	return bits <= SMALL_BITS ? (s64)LA_BUCKET_SLOTS << bits >> 1 : three_quarters(bits);
}

/* Move everything out of the old segment; the hooks go on meanwhile. */
static void empty_prev(void)
{
	u64 left, bucket, end = 1ull << live.cur->prev->bits;

	do {
		left = 0;
		for (bucket = 0; bucket < end; bucket += MOVE_BATCH) {
			mutex_lock(&grow_mutex);
			left += la_table_move(&live, bucket, min_t(u64, MOVE_BATCH, end - bucket));
			mutex_unlock(&grow_mutex);
			cond_resched();
		}
		/* Only a burst that fills the new segment as well can leave some. */
	} while (left);
}

static void grow(void)
{
	unsigned int bits = live.cur->bits, limit = bits_for(max_objects);
	s64 now = atomic64_read(&live_folded);
	struct la_segment *seg;

	if (now < READ_ONCE(grow_at) || bits >= limit)
		return;
	do
		bits++;
	while (bits < limit && growth_mark(bits) < now + now / 4);
	seg = segment_alloc(bits);
	if (!seg) {
		/* Try again when a quarter of what is left is used up. */
		WRITE_ONCE(grow_at, now + max_t(s64, ((s64)la_objects_capacity() - now) / 4, 64));
		return;
	}
	la_table_push(&live, seg);
	WRITE_ONCE(grow_at, growth_mark(bits));
	synchronize_rcu();
	empty_prev();
	mutex_lock(&grow_mutex);
	seg = la_table_pop_prev(&live);
	mutex_unlock(&grow_mutex);
	synchronize_rcu();
	segment_free(seg);
	grows++;
}

static void mark_task(void *ctx, u64 key, const struct la_record *rec)
{
	la_tasks_mark(la_record_task(rec));
}

/**
 * la_objects_maintain() - grow what is nearly full
 *
 * Context: process; serialized by the caller (one work item).
 */
void la_objects_maintain(void)
{
	la_sites_make_room();
	grow();
	if (la_tasks_need_collect()) {
		la_tasks_collect_begin();
		la_objects_walk(mark_task, NULL);
		la_tasks_collect_end();
	}
}

static void walk_segment(struct la_segment *seg, la_table_visit visit, void *ctx)
{
	u64 bucket, end = 1ull << seg->bits;

	for (bucket = 0; bucket < end; bucket += MOVE_BATCH) {
		la_table_walk(seg, bucket, min_t(u64, MOVE_BATCH, end - bucket), visit, ctx);
		cond_resched();
	}
}

/**
 * la_objects_walk() - visit every record
 * @visit: called with a consistent copy of each
 * @ctx: for @visit
 *
 * Each record that is there during the whole walk is seen exactly once; those that
 * come or go meanwhile may be seen. No allocation waits for this.
 *
 * Context: process.
 */
void la_objects_walk(la_table_visit visit, void *ctx)
{
	mutex_lock(&grow_mutex);
	if (live.cur->prev)
		walk_segment(live.cur->prev, visit, ctx);
	walk_segment(live.cur, visit, ctx);
	mutex_unlock(&grow_mutex);
}

/**
 * la_objects_record() - record new allocations, or not
 * @how: stopped means that frees stay watched, else each free meanwhile became a
 *	false leak
 */
void la_objects_record(enum la_recording how)
{
	WRITE_ONCE(recording, how);
}

/**
 * la_objects_recording() - are new allocations recorded?
 */
bool la_objects_recording(void)
{
	return READ_ONCE(recording) == LA_RECORDING_ON;
}

static void clear_one(void *ctx, u64 key, const struct la_record *rec)
{
	struct la_record gone;
	u64 *n = ctx;

	preempt_disable_notrace();
	if (la_table_remove(&live, key, &gone)) {
		la_count(LA_CLEARED);
		count_record(-1);
		(*n)++;
	}
	preempt_enable_notrace();
}

/**
 * la_objects_clear() - forget all records
 *
 * Context: process.
 * Return: how many.
 */
u64 la_objects_clear(void)
{
	u64 n = 0;

	la_objects_walk(clear_one, &n);
	la_sites_rebase();
	return n;
}

/**
 * la_objects_live() - number of records
 */
s64 la_objects_live(void)
{
	s64 sum = atomic64_read(&live_folded);
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(cpu_state.delta, cpu));
	return sum;
}

/**
 * la_objects_waiting() - what waits for RCU
 * @objects: handed to kfree_rcu() and not freed yet
 * @bytes: that they take; of objects older than the load this is not known
 */
void la_objects_waiting(s64 *objects, s64 *bytes)
{
	int cpu;

	*objects = 0;
	*bytes = 0;
	for_each_possible_cpu(cpu) {
		*objects += READ_ONCE(per_cpu(cpu_state.waiting_objects, cpu));
		*bytes += READ_ONCE(per_cpu(cpu_state.waiting_bytes, cpu));
	}
}

/**
 * la_objects_capacity() - slots of the table
 */
u64 la_objects_capacity(void)
{
	u64 slots;

	preempt_disable_notrace();
	slots = la_segment_slots(READ_ONCE(live.cur));
	preempt_enable_notrace();
	return slots;
}

/**
 * la_objects_max() - records that are kept at most
 */
u64 la_objects_max(void)
{
	return max_objects;
}

/**
 * la_objects_grows() - times that the table grew
 */
u64 la_objects_grows(void)
{
	return READ_ONCE(grows);
}

/**
 * la_objects_memory() - bytes that the tables take
 */
u64 la_objects_memory(void)
{
	return (la_objects_capacity() + la_segment_slots(waiting.cur)) *
	       (sizeof(u64) + sizeof(struct la_record));
}

/**
 * la_objects_init() - allocate the tables
 * @max: records to keep at most; 0: by the size of RAM
 */
int la_objects_init(unsigned long max)
{
	u64 ram = (u64)totalram_pages() << PAGE_SHIFT;
	unsigned int bits;

	max_objects = max ?: ram / DEFAULT_RAM_PER_OBJECT;
	bits = clamp_t(unsigned int, ilog2(ram / INITIAL_RAM_PER_SLOT / LA_BUCKET_SLOTS),
		       MIN_BITS, MAX_INITIAL_BITS);
	bits = min(bits, bits_for(max_objects));
	/* Small limits are met closely, large tables are folded seldom. */
	fold_batch = clamp_t(u64, max_objects / (16 * num_possible_cpus()), 1, 256);
	grow_at = growth_mark(bits);

	workqueue = alloc_workqueue("leakacct", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 1);
	live.cur = segment_alloc(bits);
	waiting.cur = segment_alloc(min_t(unsigned int, bits, WAITING_MAX_BITS));
	if (!workqueue || !live.cur || !waiting.cur) {
		la_objects_exit();
		return -ENOMEM;
	}
	return 0;
}

/**
 * la_objects_stop_work() - no hook runs any more: let the worker end
 */
void la_objects_stop_work(void)
{
	irq_work_sync(&kick);
	cancel_work_sync(&maintain);
}

/**
 * la_objects_exit() - free everything; no hook and no worker run any more
 */
void la_objects_exit(void)
{
	if (workqueue)
		destroy_workqueue(workqueue);
	segment_free(live.cur);
	segment_free(waiting.cur);
}
