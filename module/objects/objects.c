// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live objects.
 *
 * A record is inserted when an object has been allocated and removed before it
 * is free, so the two never race for one address.
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

#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "counters.h"
#include "leakacct.h"
#include "pages.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "stacks.h"
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
/* Objects that a burst may add while the table grows: it can't grow again meanwhile. */
#define BURST_OBJECTS		65536
#define WAITING_MAX_BITS	13	/* 65,536 objects waiting for RCU */
/* Growth must not push a machine that is short of memory into the OOM killer. */
#define SEGMENT_GFP		(GFP_KERNEL | __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN)
#define MOVE_BATCH		64	/* buckets moved or walked between two breaths */
#define EAGER_TURNS		8	/* through all of a segment, before the mover rests */
#define AUDIT_WAITS		100	/* for the table to stop growing */
#define AUDIT_WAIT_MS		20

struct la_table la_objects_table;
struct la_table la_objects_waiting_table;

static struct workqueue_struct *workqueue;
static u64 grows;
static bool stopping;
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

/**
 * la_objects_kick() - let the worker grow what is nearly full
 *
 * Context: any.
 */
void la_objects_kick(void)
{
	irq_work_queue(&kick);
}

/**
 * la_objects_check_room() - let the worker make room where it is short
 *
 * Context: any.
 */
void la_objects_check_room(void)
{
	if (la_sites_need_room() || la_tasks_need_collect() || la_stacks_need_room() ||
	    la_recall_need_work())
		la_objects_kick();
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
	found = la_table_find(&la_objects_table, la_objects_key(object), out);
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
	la_segment_set_bits(seg, bits);
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
	if (bits >= bits_for(la_room_max()))
		return S64_MAX;
	return bits <= SMALL_BITS ? (s64)LA_BUCKET_SLOTS << bits >> 1 : three_quarters(bits);
}

/* For whatever else hooks are short of. */
static void make_room(void)
{
	la_sites_make_room();
	la_stacks_make_room();
	la_recall_work();
}

/*
 * Move everything out of the old segment; the hooks go on meanwhile.
 * Return: false when told to stop before it was empty.
 */
static bool empty_prev(void)
{
	u64 left, bucket, end = 1ull << la_objects_table.cur->prev->bits;
	unsigned int turns = 0;

	do {
		left = 0;
		for (bucket = 0; bucket < end; bucket += MOVE_BATCH) {
			mutex_lock(&grow_mutex);
			left += la_table_move(&la_objects_table, bucket,
					      min_t(u64, MOVE_BATCH, end - bucket));
			mutex_unlock(&grow_mutex);
			cond_resched();
		}
		/* What else hooks are short of does not wait for the rest. */
		if (left)
			make_room();
		/* What had an owner goes with the next turn, what found no room may not. */
		if (left && ++turns > EAGER_TURNS)
			schedule_timeout_uninterruptible(1);
	} while (left && !READ_ONCE(stopping));
	return !left;
}

/* Publish a larger segment if the table is nearly full: from then on there is room. */
static bool grow(void)
{
	unsigned int bits = la_objects_table.cur->bits, limit = bits_for(la_room_max());
	s64 now = la_room_live();
	struct la_segment *seg;

	if (!la_room_is_past_mark(now) || bits >= limit)
		return false;
	do
		bits++;
	while (bits < limit && growth_mark(bits) < now + max_t(s64, now / 4, BURST_OBJECTS));
	seg = segment_alloc(bits);
	if (!seg) {
		/* Try again when a quarter of what is left is used up. */
		la_room_set_mark(now + max_t(s64, ((s64)la_objects_capacity() - now) / 4, 64));
		return false;
	}
	/* All that both have must fit into the new one, or what is in the old one stays there. */
	la_room_set_limit(three_quarters(bits));
	/* Who walks must see both segments, or neither. */
	mutex_lock(&grow_mutex);
	la_table_push(&la_objects_table, seg);
	mutex_unlock(&grow_mutex);
	la_room_set_mark(growth_mark(bits));
	return true;
}

/* Once it has grown: move what the old segment holds, and free that. */
static void free_prev(void)
{
	struct la_segment *seg;

	synchronize_rcu();
	if (!empty_prev())
		return;
	mutex_lock(&grow_mutex);
	seg = la_table_pop_prev(&la_objects_table);
	mutex_unlock(&grow_mutex);
	la_room_set_limit(S64_MAX);
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
	/* A burst may fill the table while room is made for its sites and stacks. */
	bool has_grown = grow();

	make_room();
	if (has_grown)
		free_prev();
	if (la_tasks_need_collect()) {
		la_tasks_collect_begin();
		la_objects_walk(mark_task, NULL);
		la_pages_mark_tasks();
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
	if (la_objects_table.cur->prev)
		walk_segment(la_objects_table.cur->prev, visit, ctx);
	walk_segment(la_objects_table.cur, visit, ctx);
	mutex_unlock(&grow_mutex);
}

/**
 * la_objects_audit_begin() - la_table_remove_if() from now on
 *
 * Context: process; sleeps. grow_mutex is held until la_objects_audit_end().
 * Return: 0, or -EBUSY when the table grows and does not come to an end.
 */
int la_objects_audit_begin(void)
{
	unsigned int turn;

	for (turn = 0; turn < AUDIT_WAITS; turn++) {
		mutex_lock(&grow_mutex);
		if (!la_objects_table.cur->prev) {
			la_table_audit_begin(&la_objects_table);
			synchronize_rcu();
			return 0;
		}
		mutex_unlock(&grow_mutex);
		msleep(AUDIT_WAIT_MS);
	}
	return -EBUSY;
}

/**
 * la_objects_audit_end() - no more of that
 */
void la_objects_audit_end(void)
{
	la_table_audit_end(&la_objects_table);
	mutex_unlock(&grow_mutex);
}

static void clear_one(void *ctx, u64 key, const struct la_record *rec)
{
	struct la_record gone;
	u64 *n = ctx;

	preempt_disable_notrace();
	if (la_table_remove(&la_objects_table, key, &gone)) {
		la_count(LA_CLEARED);
		la_room_count_remove();
		la_sampler_forget((void *)la_table_key_addr(key));
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
	n += la_pages_clear();
	la_sites_rebase();
	return n;
}

/**
 * la_objects_capacity() - slots of the table
 */
u64 la_objects_capacity(void)
{
	u64 slots;

	preempt_disable_notrace();
	slots = la_segment_slots(READ_ONCE(la_objects_table.cur));
	preempt_enable_notrace();
	return slots;
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
	return (la_objects_capacity() + la_segment_slots(la_objects_waiting_table.cur)) *
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

	la_room_init(max ?: ram / DEFAULT_RAM_PER_OBJECT);
	bits = clamp_t(unsigned int, ilog2(ram / INITIAL_RAM_PER_SLOT / LA_BUCKET_SLOTS),
		       MIN_BITS, MAX_INITIAL_BITS);
	bits = min(bits, bits_for(la_room_max()));
	la_room_set_mark(growth_mark(bits));

	workqueue = alloc_workqueue("leakacct", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 1);
	la_table_init(&la_objects_table, segment_alloc(bits));
	la_table_init(&la_objects_waiting_table,
		      segment_alloc(min_t(unsigned int, bits, WAITING_MAX_BITS)));
	if (!workqueue || !la_objects_table.cur || !la_objects_waiting_table.cur) {
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
	WRITE_ONCE(stopping, true);
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
	if (la_objects_table.cur)
		segment_free(la_objects_table.cur->prev);
	segment_free(la_objects_table.cur);
	segment_free(la_objects_waiting_table.cur);
}
