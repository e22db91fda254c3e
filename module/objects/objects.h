/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live objects: the tables, their growth and limit. What hooks do with them is in
 * events.c.
 */
#ifndef LEAKACCT_OBJECTS_H
#define LEAKACCT_OBJECTS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "countdown.h"
#include "leakacct.h"
#include "table.h"
#include "table_fast.h"

/**
 * struct la_live - records of this CPU
 * @room: for so many more before the CPUs are summed again
 * @freed: removed since that was last added to @room, less la_objects_batch
 * @given: room that it got in all; less @room and what was removed, that is inserts
 *	less removes here, below 0 where others' objects are freed
 * @until_look: frees until one is to be looked at, about
 * @asked: enum la_asked: why the next free comes by la_objects_give_back_room()
 * @watch: so many more frees do, one after the other
 * @watch_turn: of which la_objects_watch_frees()
 */
struct la_live {
	s64 room;
	s64 freed;
	s64 given;
	s64 until_look;
	u8 asked;
	u32 watch;
	u32 watch_turn;
};

DECLARE_PER_CPU(struct la_live, la_live);

extern struct la_table la_objects_table;
extern struct la_table la_objects_waiting_table;

/* Room that a CPU may have at most, and gets half of at a time; as many again freed. */
extern s64 la_objects_batch;

bool la_objects_get_room(void);
bool la_objects_give_back_room(void);

/**
 * la_objects_count_insert() - is there room for one more record? Then it is counted
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_objects_count_insert(void)
{
	return likely(!la_countdown_down(la_live.room)) || la_objects_get_room();
}

/**
 * la_objects_count_removed() - a record was removed, or its insert refused
 *
 * Context: any, preemption off.
 * Return: true when la_objects_give_back_room() is to be called.
 */
static __always_inline bool la_objects_count_removed(void)
{
	return unlikely(!la_countdown_up(la_live.freed));
}

/* The same, and calls it. */
static __always_inline void la_objects_count_remove(void)
{
	if (la_objects_count_removed())
		la_objects_give_back_room();
}

static __always_inline u64 la_objects_key(const void *object)
{
	return la_table_key((unsigned long)object, LA_SPACE_VIRTUAL);
}

/*
 * The same in another space. Percpu pointers are aligned to four bytes and keys to eight,
 * so those are doubled.
 */
static __always_inline u64 la_objects_key_in(enum la_space space, const void *object)
{
	return la_table_key((unsigned long)object << (space == LA_SPACE_PERCPU), space);
}

/* What the kernel calls the object of a key. */
static inline unsigned long la_objects_address(u64 key)
{
	return (long)la_table_key_addr(key) >> ((key & LA_KEY_SPACE) == LA_SPACE_PERCPU);
}

bool la_objects_find(const void *object, struct la_record *out);
void la_objects_watch_frees(u32 n);
void la_objects_kick(void);
void la_objects_check_room(void);

/* Control */
u64 la_objects_clear(void);
void la_objects_maintain(void);

/* Readers: process context; see la_objects_walk(). */
void la_objects_walk(la_table_visit visit, void *ctx);
int la_objects_audit_begin(void);
void la_objects_audit_end(void);
s64 la_objects_live(void);
u64 la_objects_capacity(void);
u64 la_objects_max(void);
u64 la_objects_grows(void);
u64 la_objects_memory(void);

int la_objects_init(unsigned long max);
void la_objects_stop_work(void);
void la_objects_exit(void);

#endif /* LEAKACCT_OBJECTS_H */
