// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads racing on the table, for the thread sanitizer: each owns its
 * addresses, as the owner of an object does, and none of its events may be lost
 * while a grower moves records, and a reader walks and removes.
 *
 * What RCU does in the kernel a readers' count does here: the grower waits until
 * every thread has left the segment it began with.
 */
#include <pthread.h>
#include <sched.h>

#include "unit.h"
#include "segment.h"

enum { WORKERS = 2, OBJECTS = 3000, ROUNDS = 40, GROWTHS = 4 };

static struct la_table table;
static unsigned long entered[WORKERS + 1];	/* odd: within the table */
static int done;

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

	for (i = 0; i <= WORKERS; i++) {
		unsigned long seen = __atomic_load_n(&entered[i], __ATOMIC_SEQ_CST);

		while (seen % 2 && __atomic_load_n(&entered[i], __ATOMIC_SEQ_CST) == seen)
			sched_yield();
	}
}

struct worker {
	pthread_t thread;
	int who;
	u64 lost, wrong, healed, refused, events;
};

static unsigned long address(int who, u64 i)
{
	return slab_address(i * WORKERS + who, 64);
}

static void one_event(struct worker *w, bool *in, u64 i)
{
	u64 key = la_table_key(address(w->who, i), 0);
	u32 site = i % 65536 + 1;
	struct la_record r;

	enter(w->who);
	if (!*in) {
		enum la_insert how = la_table_insert(&table, key,
						     la_record_make(site, w->who, 0, 8), &r);

		w->healed += how == LA_INSERT_HEALED;
		w->refused += how == LA_INSERT_REFUSED;
		*in = how != LA_INSERT_REFUSED;
	} else {
		if (i % 3 == 0 && !la_table_set_requested(&table, key, 9))
			w->lost++;
		if (!la_table_remove(&table, key, &r))
			w->lost++;
		else if (la_record_site(&r) != site || la_record_task(&r) != (u32)w->who)
			w->wrong++;
		*in = false;
	}
	leave(w->who);
	w->events++;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	bool *in = calloc(OBJECTS, sizeof(*in));
	u64 round, i, seed = w->who + 1;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < OBJECTS; i++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			one_event(w, &in[(seed >> 33) % OBJECTS], (seed >> 33) % OBJECTS);
		}
	}
	for (i = 0; i < OBJECTS; i++)
		if (in[i])
			one_event(w, &in[i], i);
	free(in);
	return NULL;
}

static void check_one(void *ctx, u64 key, const struct la_record *rec)
{
	u64 n = (la_table_key_addr(key) - slab_address(0, 64)) / 64;

	/* The record belongs to the key it was found with: not torn. */
	if (la_record_site(rec) != n / WORKERS % 65536 + 1 ||
	    la_record_task(rec) != n % WORKERS)
		++*(u64 *)ctx;
}

static void *grow_and_read(void *arg)
{
	u64 *torn = arg, bucket;
	int i;

	for (i = 0; i < GROWTHS; i++) {
		struct la_segment *prev;

		la_table_walk(table.cur, 0, 1ull << table.cur->bits, check_one, torn);
		la_table_push(&table, segment_new(table.cur->bits + 1));
		wait_for_all();
		for (bucket = 0; bucket < 1ull << table.cur->prev->bits; bucket++) {
			while (la_table_move(&table, bucket, 1))
				sched_yield();
			if (bucket % 64 == 0) {
				la_table_walk(table.cur->prev, 0, 1ull << table.cur->prev->bits,
					      check_one, torn);
				la_table_walk(table.cur, 0, 1ull << table.cur->bits,
					      check_one, torn);
			}
		}
		prev = la_table_pop_prev(&table);
		wait_for_all();
		segment_delete(prev);
	}
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
		la_table_walk(table.cur, 0, 1ull << table.cur->bits, check_one, torn);
		sched_yield();
	}
	return NULL;
}

static void no_event_is_lost_while_the_table_grows(void)
{
	struct worker workers[WORKERS] = { 0 };
	pthread_t grower;
	u64 torn = 0, slot;
	int i;

	table.cur = segment_new(8);
	for (i = 0; i < WORKERS; i++) {
		workers[i].who = i;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	pthread_create(&grower, NULL, grow_and_read, &torn);
	for (i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	pthread_join(grower, NULL);

	for (i = 0; i < WORKERS; i++) {
		CHECK_EQ(workers[i].lost, 0);
		CHECK_EQ(workers[i].wrong, 0);
		CHECK_EQ(workers[i].healed, 0);
		CHECK(workers[i].events >= (u64)ROUNDS * OBJECTS);
	}
	CHECK_EQ(torn, 0);
	for (slot = 0; slot < la_segment_slots(table.cur); slot++)
		if (table.cur->keys[slot] & ~0x3f8ull)
			CHECK(!"everything was removed");
	segment_delete(table.cur);
}

/* Two parties remove the same records: each is won by exactly one. */
static u64 stolen;

static void steal(void *ctx, u64 key, const struct la_record *rec)
{
	struct la_record r;

	(void)ctx;
	(void)rec;
	if (la_table_remove(&table, key, &r))
		stolen++;
}

static void *clear(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
		la_table_walk(table.cur, 0, 1ull << table.cur->bits, steal, NULL);
		sched_yield();
	}
	return NULL;
}

static void *insert_and_remove(void *arg)
{
	u64 *removed = arg, i;
	struct la_record r;

	for (i = 0; i < 100000; i++) {
		u64 key = la_table_key(slab_address(i % 512, 64), 0);

		la_table_insert(&table, key, la_record_make(1, 1, 1, 1), &r);
		if (i % 7 == 0)
			sched_yield();
		*removed += la_table_remove(&table, key, &r);
	}
	return NULL;
}

static void a_removal_is_won_once(void)
{
	pthread_t a, b;
	u64 removed = 0;

	done = 0;
	table.cur = segment_new(7);
	pthread_create(&b, NULL, clear, NULL);
	pthread_create(&a, NULL, insert_and_remove, &removed);
	pthread_join(a, NULL);
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	pthread_join(b, NULL);
	CHECK_EQ(removed + stolen, 100000);
	segment_delete(table.cur);
}

static const struct unit_test tests[] = {
	{ "no event is lost while the table grows", no_event_is_lost_while_the_table_grows },
	{ "a removal is won once", a_removal_is_won_once },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
