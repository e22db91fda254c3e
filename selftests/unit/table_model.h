/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects that threads allocate and free, what their records must say, and who is in the
 * table meanwhile, for the races of the table.
 *
 * Each life of an object is a version of it, and all fields of its record follow from
 * object and version. Whoever takes a record, audit or clearer, notes the version.
 */
#ifndef UNIT_TABLE_MODEL_H
#define UNIT_TABLE_MODEL_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "segment.h"

enum { WORKERS = 2, READER = WORKERS, CLEARER, MAINTAINER, THREADS };

struct setting {
	u32 objects;
	u32 permanent;		/* of these, the first: never freed or taken */
	unsigned int bits;	/* of the first segment */
	unsigned int last_bits;
	unsigned int events;	/* of each worker */
};

static const struct setting roomy = { 1200, 200, 8, 8, 300000 };
/* From overfull to three quarters. */
static const struct setting crowded = { 400, 50, 5, 6, 300000 };
/* All in the same few lines. */
static const struct setting tiny = { 40, 8, 2, 3, 300000 };

static const struct setting *set;
static struct la_table table;
static pthread_mutex_t grow_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned long entered[THREADS];	/* odd: within the table */
static unsigned long thefts[THREADS];	/* odd: one is under way, of audit or clearer */
static int done;
static unsigned long events;	/* of all workers */

struct object {
	u32 version;	/* its owner's alone */
	bool in;	/* the owner holds it, and has a record of it */
	bool stale;	/* freed, but the record was left */
	bool resized;
	u32 taken[8];	/* versions that audit or clearer removed */
	u64 seen;	/* the walk, and the version in it */
};

static struct object *objects;

/* Of one thread; added up at the end. */
struct tally {
	u64 stored, removed, healed, refused, audited, cleared;
	u64 robbed, resized, fast, grown, walks;
	u64 bad;
};

static __thread struct tally *mine;

#define MUST(cond)								\
do {										\
	if (!(cond) && !mine->bad++)						\
		printf("# %s:%d: the first not: %s\n", __FILE__, __LINE__, #cond);	\
} while (0)

static u32 dice(u64 *seed, u32 sides)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) % sides;
}

static void enter(int who)
{
	__atomic_add_fetch(&entered[who], 1, __ATOMIC_SEQ_CST);
}

static void leave(int who)
{
	__atomic_add_fetch(&entered[who], 1, __ATOMIC_SEQ_CST);
}

/* The grace period: everybody who is within now has left once. */
static void wait_for_all(void)
{
	int i;

	for (i = 0; i < THREADS; i++) {
		unsigned long seen = __atomic_load_n(&entered[i], __ATOMIC_SEQ_CST);

		while (seen % 2 && __atomic_load_n(&entered[i], __ATOMIC_SEQ_CST) == seen)
			sched_yield();
	}
}

static bool over(void)
{
	return __atomic_load_n(&done, __ATOMIC_SEQ_CST);
}

static u64 key_of(u32 object)
{
	return la_table_key(slab_address(object, 64), 0);
}

static u32 requested_of(u32 object, u32 version, bool resized)
{
	return (object * 40503 + version * 2654435761u) << 1 | resized;
}

static struct la_record record_of(u32 object, u32 version)
{
	return la_record_make(object + 1, version % 65536, version,
			      requested_of(object, version, false));
}

/* Are all parts of this record of one version of the key's object? */
static bool is_whole(u64 key, const struct la_record *r)
{
	u32 object = la_record_site(r) - 1, version = la_record_born(r);

	return object < set->objects && key == key_of(object) &&
	       la_record_task(r) == version % 65536 &&
	       la_record_requested(r) >> 1 == requested_of(object, version, false) >> 1;
}

/* Where it is noted that a version was taken; it is long gone when this is used again. */
static u32 *taken_note(u32 object, u32 version)
{
	return &objects[object].taken[version % ARRAY_SIZE(objects[object].taken)];
}

static bool was_taken(u32 object, u32 version)
{
	return __atomic_load_n(taken_note(object, version), __ATOMIC_SEQ_CST) == version;
}

/*
 * There is no record of a version: was it taken? Who took it may not have said so
 * yet, so we wait for thefts under way, and no longer, or a record that we did
 * not find would be taken meanwhile.
 */
static bool is_taken(u32 object, u32 version)
{
	unsigned int i;

	for (i = WORKERS; i < THREADS; i++) {
		unsigned long seen = __atomic_load_n(&thefts[i], __ATOMIC_SEQ_CST);

		while (seen % 2 && __atomic_load_n(&thefts[i], __ATOMIC_SEQ_CST) == seen)
			sched_yield();
	}
	return was_taken(object, version);
}

static void theft_begins_or_ends(int who)
{
	__atomic_add_fetch(&thefts[who], 1, __ATOMIC_SEQ_CST);
}

/* A version that was taken and put back would be taken or found a second time. */
static void own_up(u32 object, u32 version)
{
	u32 *note = taken_note(object, version);

	MUST(__atomic_exchange_n(note, version, __ATOMIC_SEQ_CST) != version);
}

/* The record that its owner finds is of this version, and has not been taken. */
static void check_own(u32 object, const struct la_record *r)
{
	struct object *o = &objects[object];

	MUST(is_whole(key_of(object), r));
	MUST(la_record_born(r) == o->version);
	MUST((la_record_requested(r) & 1) == o->resized);
}

#endif /* UNIT_TABLE_MODEL_H */
