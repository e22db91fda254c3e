// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room for records.
 *
 * How many there are is kept per CPU; every few hundred inserts a CPU sums all of them,
 * which is what the limit and growth go by. What was freed is added up in batches as well,
 * and the end of one is when it is asked who frees: see freers.c.
 */
#include "room.h"

#include <linux/cpumask.h>
#include <linux/kernel.h>

#include "counters.h"
#include "objects.h"

#define LOOK_EVERY		16384	/* frees of a CPU between two that are looked at */
#define MAX_BATCH		512	/* inserts of a CPU between two looks at the limit */

DEFINE_PER_CPU(struct la_room, la_room);
s64 la_room_batch;

static s64 max_objects;
static s64 limit;		/* max_objects, or less */
static s64 mark;

/* Why a CPU's next free comes by la_room_give_back() before a batch was freed. */
enum la_asked {
	NOT_ASKED,
	ASKED_TO_WATCH,		/* whose it is may be wanted */
	ASKED_TO_LOOK,		/* who frees it is looked at */
};

/* Frees of each CPU that are watched from the turn on that it has not seen yet. */
static u32 watch_frees;
static u32 watch_turn;

/**
 * la_room_live() - number of records
 *
 * Context: any.
 */
s64 la_room_live(void)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(la_room.given, cpu)) -
		       READ_ONCE(per_cpu(la_room.left, cpu)) -
		       (READ_ONCE(per_cpu(la_room.freed, cpu)) + la_room_batch);
	return sum;
}

/**
 * la_room_max() - records that are kept at most
 */
u64 la_room_max(void)
{
	return max_objects;
}

/**
 * la_room_set_mark() - from so many records on the table is to grow
 * @records: how many
 */
void la_room_set_mark(s64 records)
{
	WRITE_ONCE(mark, records);
}

/**
 * la_room_set_limit() - no more records than that, nor more than there may be at all
 * @records: how many
 */
void la_room_set_limit(s64 records)
{
	WRITE_ONCE(limit, min(records, max_objects));
}

/**
 * la_room_is_past_mark() - is the table to grow?
 * @records: how many there are
 *
 * Context: any.
 */
bool la_room_is_past_mark(s64 records)
{
	return records >= READ_ONCE(mark);
}

/*
 * What was freed here is room. Whoever sums meanwhile finds too little live.
 * Return: why a free is to come by; ASKED_TO_LOOK also if there were so many that one is to be
 * looked at.
 */
static enum la_asked room_from_freed(void)
{
	enum la_asked asked = this_cpu_xchg(la_room.asked, NOT_ASKED);
	s64 freed;

	if (asked != NOT_ASKED) {
		this_cpu_sub(la_room.freed, la_room_batch - 1);
		this_cpu_sub(la_room.given, la_room_batch - 1);
	}
	freed = this_cpu_read(la_room.freed) + la_room_batch;
	this_cpu_add(la_room.left, freed);
	this_cpu_sub(la_room.freed, freed);
	if (this_cpu_sub_return(la_room.until_look, freed) > 0)
		return asked;
	this_cpu_write(la_room.until_look, LOOK_EVERY);
	return ASKED_TO_LOOK;
}

/*
 * Have the next free of this CPU come to la_room_give_back(), as if a batch had been
 * freed: so frees need no countdown of their own to be looked at.
 */
static void ask_for_free(enum la_asked why)
{
	this_cpu_write(la_room.asked, why);
	this_cpu_add(la_room.freed, la_room_batch - 1);
	this_cpu_add(la_room.given, la_room_batch - 1);
}

/* Are frees of this CPU watched? It finds out when it comes by, after a batch. */
static bool is_watching(void)
{
	u32 turn = READ_ONCE(watch_turn);

	if (unlikely(this_cpu_read(la_room.watch_turn) != turn)) {
		this_cpu_write(la_room.watch_turn, turn);
		this_cpu_write(la_room.watch, READ_ONCE(watch_frees));
	}
	return unlikely(this_cpu_read(la_room.watch));
}

/**
 * la_room_watch_frees() - have frees come by la_room_give_back(), each
 * @n: so many of each CPU; what is left of those before is forgotten
 *
 * Context: process, one at a time.
 */
void la_room_watch_frees(u32 n)
{
	WRITE_ONCE(watch_frees, n);
	WRITE_ONCE(watch_turn, watch_turn + 1);
}

/**
 * la_room_get() - this CPU has inserted a batch: look at all of them
 *
 * Context: any, preemption off.
 * Return: false when there are too many records; then it is not counted, and this
 * CPU looks again at each insert.
 */
bool la_room_get(void)
{
	enum la_asked asked = room_from_freed();
	s64 now, more, most;

	if (asked == ASKED_TO_LOOK)
		ask_for_free(asked);
	else if (is_watching())
		ask_for_free(ASKED_TO_WATCH);
	if (this_cpu_read(la_room.left) >= 0)
		return true;
	now = la_room_live();
	if (la_room_is_past_mark(now))
		la_objects_kick();
	la_objects_check_room();
	most = READ_ONCE(limit);
	if (now > most) {
		la_room_count_remove();
		return false;
	}
	more = min(la_room_batch / 2 + 1, most - now + 1);
	this_cpu_add(la_room.given, more);
	this_cpu_add(la_room.left, more);
	return true;
}

/**
 * la_room_give_back() - more was freed here than inserted
 *
 * Or this CPU could insert as much again without looking at the limit.
 *
 * Context: any, preemption off.
 * Return: is this free to be looked at?
 */
bool la_room_give_back(void)
{
	s64 much = la_room_batch / 2 + 1;
	bool look = room_from_freed() == ASKED_TO_LOOK;

	if (this_cpu_read(la_room.left) > la_room_batch) {
		this_cpu_sub(la_room.left, much);
		this_cpu_sub(la_room.given, much);
	}
	if (is_watching()) {
		this_cpu_dec(la_room.watch);
		la_count(LA_FREES_WATCHED);
		ask_for_free(ASKED_TO_WATCH);
	}
	return look;
}

/**
 * la_room_init() - nothing is there yet
 * @max: records that are kept at most
 */
void la_room_init(s64 max)
{
	int cpu;

	max_objects = max;
	limit = max;
	/* Small limits are met closely, large tables are summed seldom. */
	la_room_batch = clamp_t(u64, max_objects / (32 * num_possible_cpus()), 1, MAX_BATCH);
	for_each_possible_cpu(cpu)
		per_cpu(la_room.freed, cpu) = -la_room_batch;
}
