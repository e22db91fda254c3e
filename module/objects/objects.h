/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live objects: the tables and their growth. What hooks do with them is in events.c, how
 * many there may be in room.c.
 */
#ifndef LEAKACCT_OBJECTS_H
#define LEAKACCT_OBJECTS_H

#include <linux/types.h>

#include "leakacct.h"
#include "room.h"
#include "table.h"
#include "table_fast.h"

extern struct la_table la_objects_table;
extern struct la_table la_objects_waiting_table;

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
void la_objects_kick(void);
void la_objects_check_room(void);

/* Control */
u64 la_objects_clear(void);
void la_objects_maintain(void);

/* Readers: process context; see la_objects_walk(). */
void la_objects_walk(la_table_visit visit, void *ctx);
int la_objects_audit_begin(void);
void la_objects_audit_end(void);
u64 la_objects_capacity(void);
u64 la_objects_grows(void);
u64 la_objects_memory(void);

int la_objects_init(unsigned long max);
void la_objects_stop_work(void);
void la_objects_exit(void);

#endif /* LEAKACCT_OBJECTS_H */
