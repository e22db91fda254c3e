/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room: how many records there are, and whether there may be one more.
 */
#ifndef LEAKACCT_ROOM_H
#define LEAKACCT_ROOM_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "countdown.h"

/**
 * struct la_room - records of this CPU, and room for more
 * @left: for so many more before the CPUs are summed again
 * @freed: removed since that was last added to @left, less la_room_batch
 * @given: room that it got in all; less @left and what was removed, that is inserts
 *	less removes here, below 0 where others' objects are freed
 * @until_look: frees until one is to be looked at, about
 * @asked: enum la_asked: why the next free comes by la_room_give_back()
 * @watch: so many more frees do, one after the other
 * @watch_turn: of which la_room_watch_frees()
 */
struct la_room {
	s64 left;
	s64 freed;
	s64 given;
	s64 until_look;
	u8 asked;
	u32 watch;
	u32 watch_turn;
};

DECLARE_PER_CPU(struct la_room, la_room);

/* Room that a CPU may have at most, and gets half of at a time; as many again freed. */
extern s64 la_room_batch;

bool la_room_get(void);
bool la_room_give_back(void);

/**
 * la_room_count_insert() - is there room for one more record? Then it is counted
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_room_count_insert(void)
{
	return likely(!la_countdown_down(la_room.left)) || la_room_get();
}

/**
 * la_room_count_removed() - a record was removed, or its insert refused
 *
 * Context: any, preemption off.
 * Return: true when la_room_give_back() is to be called.
 */
static __always_inline bool la_room_count_removed(void)
{
	return unlikely(!la_countdown_up(la_room.freed));
}

/* The same, and calls it. */
static __always_inline void la_room_count_remove(void)
{
	if (la_room_count_removed())
		la_room_give_back();
}

void la_room_watch_frees(u32 n);
s64 la_room_live(void);
u64 la_room_max(void);
void la_room_set_mark(s64 records);
void la_room_set_limit(s64 records);
bool la_room_is_past_mark(s64 records);
void la_room_init(s64 max);

#endif /* LEAKACCT_ROOM_H */
