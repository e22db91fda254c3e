// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads racing on the table, for the thread sanitizer, against a model.
 *
 * Workers own their objects, as those do who allocate and free: they insert,
 * free, resize, and miss frees. A maintainer now moves all records from segment to
 * segment, now audits: removes records that are still what it read. A clearer
 * removes what it comes across, a reader looks up and walks.
 *
 * A record put together of two lives of an object is seen at once (table_model.h). A
 * free has to find its own version, unless it was taken, by audit or clearer, who then
 * owns up to it. At the end every insert is accounted for.
 *
 * What RCU does in the kernel a count of entries does here; the mutex is that of
 * objects.c.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"
#include "segment.h"
#include "table_fast.h"
#include "table_model.h"

#define PAUSE	200	/* microseconds between two turns of reader and clearer */

static void stale_was_found(u32 object, const struct la_record *r)
{
	mine->healed++;
	MUST(objects[object].stale);
	MUST(!was_taken(object, objects[object].version));
	check_own(object, r);
	objects[object].stale = false;
}

static enum la_insert insert(u64 key, const struct la_record *r, struct la_record *stale)
{
	if (!la_table_insert_fast(&table, key, la_record_site(r), la_record_task(r),
				  la_record_born(r), la_record_requested(r)))
		return la_table_insert(&table, key, *r, stale);
	mine->fast++;
	return LA_INSERT_NEW;
}

static void allocate(u32 object)
{
	struct object *o = &objects[object];
	struct la_record rec = record_of(object, o->version + 1), stale;
	enum la_insert how = insert(key_of(object), &rec, &stale);

	if (how == LA_INSERT_HEALED || how == LA_INSERT_HEALED_REFUSED)
		stale_was_found(object, &stale);
	MUST(!o->stale || is_taken(object, o->version));
	o->in = how == LA_INSERT_NEW || how == LA_INSERT_HEALED;
	mine->stored += o->in;
	mine->refused += !o->in;
	o->stale = false;
	o->resized = false;
	o->version++;
}

static void release(u32 object)
{
	struct object *o = &objects[object];
	u64 key = key_of(object);
	struct la_record r;
	u32 site;

	o->in = false;
	if (la_table_remove_fast(&table, key, &site)) {
		MUST(site == object + 1);
		MUST(!was_taken(object, o->version));
		mine->fast++;
		mine->removed++;
	} else if (la_table_remove(&table, key, &r)) {
		MUST(!was_taken(object, o->version));
		check_own(object, &r);
		mine->removed++;
	} else {
		MUST(is_taken(object, o->version));
		mine->robbed++;
	}
}

static void resize(u32 object)
{
	struct object *o = &objects[object];

	/* One may be let pass while the table grows, but what is said holds. */
	if (la_table_set_requested(&table, key_of(object),
				   requested_of(object, o->version, true))) {
		o->resized = true;
		mine->resized++;
	}
}

static void look_up(u32 object)
{
	struct la_record r;

	if (la_table_find(&table, key_of(object), &r))
		check_own(object, &r);
	else
		MUST(is_taken(object, objects[object].version));
}

static void free_of_nothing(u32 object)
{
	struct la_record r;

	MUST(!la_table_remove(&table, key_of(object), &r));
}

static void one_event(u32 object, u32 what)
{
	struct object *o = &objects[object];

	if (!o->in && what < 2 && !o->stale) {
		free_of_nothing(object);
	} else if (!o->in) {
		allocate(object);
	} else if (what < 3) {
		resize(object);
	} else if (what < 6) {
		look_up(object);
	} else if (what < 9) {	/* a free that is missed */
		o->in = false;
		o->stale = true;
	} else {
		release(object);
	}
}

static void work(int who)
{
	u32 n = (set->objects - set->permanent) / WORKERS;
	u64 seed = who + 1;
	unsigned int i;

	for (i = 0; i < set->events; i++) {
		u32 object = set->permanent + dice(&seed, n) * WORKERS + who;
		u32 what = dice(&seed, 32);

		enter(who);
		one_event(object, what);
		leave(who);
		__atomic_add_fetch(&events, 1, __ATOMIC_RELAXED);
	}
}

static void walk(la_table_visit visit, void *ctx)
{
	if (table.cur->prev)
		la_table_walk(table.cur->prev, 0, 1ull << table.cur->prev->bits, visit, ctx);
	la_table_walk(table.cur, 0, 1ull << table.cur->bits, visit, ctx);
}

struct look {
	u32 number;
	u32 permanent;
};

static void look_at(void *ctx, u64 key, const struct la_record *r)
{
	u32 object = la_record_site(r) - 1;
	struct look *look = ctx;
	u64 seen;

	MUST(is_whole(key, r));
	if (object >= set->objects)
		return;
	/* Nothing moves while we walk, so none is seen twice. */
	seen = (u64)look->number << 32 | la_record_born(r);
	MUST(objects[object].seen != seen);
	objects[object].seen = seen;
	look->permanent += object < set->permanent;
}

/* A walk sees all that is there throughout; a search, only what is whole. */
static void read_all(int who)
{
	struct look look = { 0 };
	struct la_record r;
	u64 seed = who;
	int i;

	while (!over()) {
		pthread_mutex_lock(&grow_mutex);
		look = (struct look){ .number = look.number + 1 };
		walk(look_at, &look);
		MUST(look.permanent == set->permanent);
		pthread_mutex_unlock(&grow_mutex);
		mine->walks++;
		for (i = 0; i < 100; i++) {
			u64 key = key_of(dice(&seed, set->objects));

			enter(who);
			MUST(!la_table_find(&table, key, &r) || is_whole(key, &r));
			leave(who);
		}
		usleep(PAUSE);
	}
}

struct catch {
	struct { u64 key; struct la_record rec; } of[16];
	u32 nr;
	u64 seed;
};

static void suspect(void *ctx, u64 key, const struct la_record *r)
{
	struct catch *catch = ctx;
	u32 i;

	if (la_record_site(r) - 1 < set->permanent || dice(&catch->seed, 8) ||
	    catch->nr == ARRAY_SIZE(catch->of))
		return;
	for (i = 0; i < catch->nr; i++)
		if (catch->of[i].key == key)
			return;
	catch->of[catch->nr].key = key;
	catch->of[catch->nr++].rec = *r;
}

/* Time goes by between the look and the removal: what was reused meanwhile stays. */
static void audit(u64 *seed)
{
	struct catch catch = { .seed = *seed };
	u32 i;

	la_table_audit_begin(&table);
	wait_for_all();
	pthread_mutex_lock(&grow_mutex);
	walk(suspect, &catch);
	pthread_mutex_unlock(&grow_mutex);
	for (i = 0; i < catch.nr; i++) {
		struct la_record *r = &catch.of[i].rec;

		if (!dice(&catch.seed, 4))
			sched_yield();
		theft_begins_or_ends(MAINTAINER);
		if (la_table_remove_if(&table, catch.of[i].key, r)) {
			own_up(la_record_site(r) - 1, la_record_born(r));
			mine->audited++;
		}
		theft_begins_or_ends(MAINTAINER);
	}
	la_table_audit_end(&table);
	*seed = catch.seed;
}

static void clear_one(void *ctx, u64 key, const struct la_record *r)
{
	struct la_record gone;
	u64 *seed = ctx;

	if (la_record_site(r) - 1 < set->permanent || dice(seed, 16))
		return;
	theft_begins_or_ends(CLEARER);
	if (la_table_remove(&table, key, &gone)) {
		MUST(is_whole(key, &gone));
		own_up(la_record_site(&gone) - 1, la_record_born(&gone));
		mine->cleared++;
	}
	theft_begins_or_ends(CLEARER);
}

static void clear(int who)
{
	u64 seed = who;

	while (!over()) {
		pthread_mutex_lock(&grow_mutex);
		enter(who);
		walk(clear_one, &seed);
		leave(who);
		pthread_mutex_unlock(&grow_mutex);
		usleep(PAUSE);
	}
}

/* The order of calls of objects.c. */
static void grow_to(unsigned int bits)
{
	struct la_segment *seg = segment_new(bits), *prev;
	u64 bucket, left;

	pthread_mutex_lock(&grow_mutex);
	la_table_push(&table, seg);
	pthread_mutex_unlock(&grow_mutex);
	wait_for_all();
	do {
		left = 0;
		for (bucket = 0; bucket < 1ull << table.cur->prev->bits; bucket++) {
			pthread_mutex_lock(&grow_mutex);
			left += la_table_move(&table, bucket, 1);
			pthread_mutex_unlock(&grow_mutex);
		}
	} while (left);
	pthread_mutex_lock(&grow_mutex);
	prev = la_table_pop_prev(&table);
	pthread_mutex_unlock(&grow_mutex);
	wait_for_all();
	segment_delete(prev);
}

/* Between two turns of maintenance the common case has its time. */
static void let_work(unsigned long n)
{
	unsigned long until = __atomic_load_n(&events, __ATOMIC_RELAXED) + n;

	while (!over() && __atomic_load_n(&events, __ATOMIC_RELAXED) < until)
		sched_yield();
}

/* Once at its last size the table moves from segment to segment all the same. */
static void maintain(int who)
{
	u64 seed = who;

	while (!over()) {
		grow_to(table.cur->bits + (table.cur->bits < set->last_bits));
		mine->grown++;
		let_work(500);
		audit(&seed);
		let_work(500);
	}
}

struct thread {
	pthread_t id;
	int who;
	void (*run)(int who);
	struct tally tally;
};

static void *run_thread(void *arg)
{
	struct thread *t = arg;

	mine = &t->tally;
	t->run(t->who);
	return NULL;
}

/* After all is over: each object that should have a record has one, no other. */
static void count_left(void *ctx, u64 key, const struct la_record *r)
{
	u32 object = la_record_site(r) - 1;
	struct object *o;

	CHECK(is_whole(key, r));
	if (object >= set->objects)
		return;
	o = &objects[object];
	CHECK(o->in || o->stale);
	CHECK_EQ(la_record_born(r), o->version);
	CHECK(object < set->permanent || !was_taken(object, o->version));
	CHECK(!o->seen);
	o->seen = 1;
	++*(u64 *)ctx;
}

static void race(const struct setting *setting)
{
	static void (* const run[THREADS])(int who) = {
		work, work, read_all, clear, maintain,
	};
	struct thread threads[THREADS] = { 0 };
	struct tally sum = { 0 };
	u64 left = 0, expected = 0;
	struct la_record r;
	u32 i;

	set = setting;
	done = 0;
	objects = calloc(set->objects, sizeof(*objects));
	la_table_init(&table, segment_new(set->bits));
	for (i = 0; i < set->permanent; i++) {
		la_table_insert(&table, key_of(i), record_of(i, 0), &r);
		objects[i].in = true;
	}
	for (i = 0; i < THREADS; i++) {
		threads[i].who = i;
		threads[i].run = run[i];
		pthread_create(&threads[i].id, NULL, run_thread, &threads[i]);
	}
	for (i = 0; i < THREADS; i++) {
		if (i == WORKERS)
			__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
		pthread_join(threads[i].id, NULL);
	}

	for (i = 0; i < THREADS; i++) {
		const struct tally *t = &threads[i].tally;
		u64 *to = (u64 *)&sum, n;

		for (n = 0; n < sizeof(sum) / sizeof(u64); n++)
			to[n] += ((const u64 *)t)[n];
	}
	CHECK_EQ(sum.bad, 0);
	for (i = 0; i < set->objects; i++) {
		struct object *o = &objects[i];

		o->seen = 0;
		expected += (o->in || o->stale) &&
			    (i < set->permanent || !was_taken(i, o->version));
	}
	walk(count_left, &left);
	CHECK_EQ(left, expected);
	CHECK_EQ(left, set->permanent + sum.stored - sum.removed - sum.healed - sum.audited -
		 sum.cleared);
	printf("# stored %llu (refused %llu) = removed %llu + healed %llu + ",
	       (unsigned long long)(set->permanent + sum.stored), (unsigned long long)sum.refused,
	       (unsigned long long)sum.removed, (unsigned long long)sum.healed);
	printf("audited %llu + cleared %llu + left %llu; ", (unsigned long long)sum.audited,
	       (unsigned long long)sum.cleared, (unsigned long long)left);
	printf("growths %llu, walks %llu, fast %llu %%\n", (unsigned long long)sum.grown,
	       (unsigned long long)sum.walks,
	       (unsigned long long)(sum.fast * 100 / (sum.stored + sum.removed + 1)));
	/* Nothing raced when one of these never happened. */
	CHECK(sum.stored && sum.removed && sum.healed && sum.audited && sum.cleared);
	CHECK(sum.robbed && sum.resized && sum.fast && sum.grown && sum.walks);

	for (i = 0; i < set->objects; i++)
		la_table_remove(&table, key_of(i), &r);
	left = 0;
	walk(count_left, &left);
	CHECK_EQ(left, 0);
	segment_delete(table.cur);
	free(objects);
}

static void every_record_is_accounted_for(void)
{
	race(&roomy);
}

static void every_record_is_accounted_for_when_crowded(void)
{
	race(&crowded);
}

static void every_record_is_accounted_for_in_a_few_lines(void)
{
	race(&tiny);
}

static const struct unit_test tests[] = {
	{ "every record is accounted for", every_record_is_accounted_for },
	{ "every record is accounted for when crowded",
	  every_record_is_accounted_for_when_crowded },
	{ "every record is accounted for in a few lines",
	  every_record_is_accounted_for_in_a_few_lines },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
