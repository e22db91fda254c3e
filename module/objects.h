/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live objects: the tables, their growth and limit. What hooks do with them is in
 * events.c.
 */
#ifndef LEAKACCT_OBJECTS_H
#define LEAKACCT_OBJECTS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "leakacct.h"
#include "table.h"

/**
 * struct la_live - records of this CPU
 * @room: for so many more before the CPUs are summed again
 * @given: room that it got in all; less @room, that is inserts less removes here,
 *	below 0 where others' objects are freed
 */
struct la_live {
	s64 room;
	s64 given;
};

DECLARE_PER_CPU(struct la_live, la_live);

extern struct la_table la_objects_table;
extern struct la_table la_objects_waiting_table;

/* Room that a CPU may have at most, and gets half of at a time. */
extern s64 la_objects_batch;

bool la_objects_get_room(void);
void la_objects_give_back_room(void);

/**
 * la_objects_count_insert() - is there room for one more record? Then it is counted
 *
 * Context: any, preemption off.
 */
static __always_inline bool la_objects_count_insert(void)
{
	this_cpu_dec(la_live.room);
	return likely(this_cpu_read(la_live.room) >= 0) || la_objects_get_room();
}

/**
 * la_objects_count_remove() - a record was removed, or its insert refused
 *
 * Context: any, preemption off.
 */
static __always_inline void la_objects_count_remove(void)
{
	this_cpu_inc(la_live.room);
	if (unlikely(this_cpu_read(la_live.room) > la_objects_batch))
		la_objects_give_back_room();
}

static __always_inline u64 la_objects_key(const void *object)
{
	return la_table_key((unsigned long)object, LA_SPACE_KMALLOC);
}

bool la_objects_find(const void *object, struct la_record *out);
void la_objects_kick(void);
void la_objects_check_room(void);

/* Control */
u64 la_objects_clear(void);
void la_objects_maintain(void);

/* Readers: process context; see la_objects_walk(). */
void la_objects_walk(la_table_visit visit, void *ctx);
s64 la_objects_live(void);
u64 la_objects_capacity(void);
u64 la_objects_max(void);
u64 la_objects_grows(void);
u64 la_objects_memory(void);

int la_objects_init(unsigned long max);
void la_objects_stop_work(void);
void la_objects_exit(void);

#endif /* LEAKACCT_OBJECTS_H */
