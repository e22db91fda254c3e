// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the table costs on this machine's real cores, by live objects and threads.
 *
 * usage: table_bench [MILLISECONDS]	(of each case; default 300)
 *
 * Each thread has its own objects, as CPUs do, in one table that is three quarters
 * full. Addresses are those of slabs: random pages, equal distances within.
 *
 *	random	objects are freed, and others allocated, in random order: at
 *		many objects each one is a miss of the caches
 *	lifo	an object is allocated and freed at once, the same few again and again
 *	miss	a free of what is not in the table, in random order
 *
 * Keys are drawn before the clock runs. Operations do not depend on each other, so
 * a core works on several misses at a time; in a kernel it has other work to do.
 */
#include <pthread.h>
#include <stdio.h>

#include "bench.h"
#include "segment.h"
#include "table_fast.h"

enum { MAX_THREADS = 2 };

/* Beside the live ones, as many addresses in eight are free. */
#define FREE_PART	8

enum what { RANDOM_ALLOC, RANDOM_FREE, LIFO, MISS, NR_WHAT };

struct thread {
	pthread_t id;
	pthread_barrier_t *start;
	struct la_table *table;
	u64 *keys;		/* the live ones first */
	u64 live, all;
	u64 seed;
	u64 refused, lost;
	struct bench_samples samples[NR_WHAT];	/* of LIFO, of pairs */
};

/* As events.c: the simple case inlined, the other a call. */
static __always_inline bool allocate(struct la_table *t, u64 key)
{
	struct la_record stale;

	if (la_table_insert_fast(t, key, 1, 2, 3, 64))
		return true;
	return la_table_insert(t, key, la_record_make(1, 2, 3, 64), &stale) == LA_INSERT_NEW;
}

static __always_inline bool release(struct la_table *t, u64 key)
{
	struct la_record r;
	u32 site;

	return la_table_remove_fast(t, key, &site) || la_table_remove(t, key, &r);
}

/* Swap a random live one, out of the last that is not yet swapped, with a free one. */
static void draw(struct thread *t, u64 *out, u64 *in)
{
	u64 i;

	for (i = 0; i < BENCH_BATCH; i++) {
		u64 *a = &t->keys[bench_dice(&t->seed, t->live - i)];
		u64 *b = &t->keys[t->live - i - 1];
		u64 *c = &t->keys[t->live + bench_dice(&t->seed, t->all - t->live - i)];
		u64 *d = &t->keys[t->all - i - 1], swap;

		/* Drawn ones go to the end, each of its part, so that none is drawn twice. */
		swap = *a;
		*a = *b;
		*b = swap;
		swap = *c;
		*c = *d;
		*d = swap;
		out[i] = *b;
		in[i] = *d;
		swap = *b;
		*b = *d;
		*d = swap;
	}
}

static void run_random(struct thread *t)
{
	u64 begin = bench_clock(CLOCK_MONOTONIC), t0, t1, i;
	u64 out[BENCH_BATCH], in[BENCH_BATCH];

	do {
		draw(t, out, in);
		t0 = bench_now();
		for (i = 0; i < BENCH_BATCH; i++)
			t->lost += !release(t->table, out[i]);
		t1 = bench_now();
		for (i = 0; i < BENCH_BATCH; i++)
			t->refused += !allocate(t->table, in[i]);
		bench_add(&t->samples[RANDOM_ALLOC], bench_now() - t1);
		bench_add(&t->samples[RANDOM_FREE], t1 - t0);
	} while (bench_goes_on(&t->samples[RANDOM_FREE], begin));
}

static void run_lifo(struct thread *t)
{
	u64 begin = bench_clock(CLOCK_MONOTONIC), t0, i;
	const u64 *few = &t->keys[t->live];

	do {
		t0 = bench_now();
		for (i = 0; i < BENCH_BATCH; i++) {
			t->refused += !allocate(t->table, few[i % 16]);
			t->lost += !release(t->table, few[i % 16]);
		}
		bench_add(&t->samples[LIFO], bench_now() - t0);
	} while (bench_goes_on(&t->samples[LIFO], begin));
}

static void run_miss(struct thread *t)
{
	u64 begin = bench_clock(CLOCK_MONOTONIC), out[BENCH_BATCH], t0, i;

	do {
		for (i = 0; i < BENCH_BATCH; i++)
			out[i] = t->keys[t->live + bench_dice(&t->seed, t->all - t->live)];
		t0 = bench_now();
		for (i = 0; i < BENCH_BATCH; i++)
			t->lost += release(t->table, out[i]);
		bench_add(&t->samples[MISS], bench_now() - t0);
	} while (bench_goes_on(&t->samples[MISS], begin));
}

static void *run(void *arg)
{
	struct thread *t = arg;
	u64 i;

	for (i = 0; i < t->live; i++)
		t->refused += !allocate(t->table, t->keys[i]);
	pthread_barrier_wait(t->start);
	run_random(t);
	pthread_barrier_wait(t->start);
	run_lifo(t);
	pthread_barrier_wait(t->start);
	run_miss(t);
	return NULL;
}

/* Objects of one page each have the size that its number says. */
static u64 *make_keys(u64 n)
{
	static const unsigned int sizes[] = { 64, 96, 128, 192, 256, 512, 1024, 2048, 4096 };
	u64 *keys = malloc(n * sizeof(*keys)), i = 0, page, at, seed = 1;

	if (!keys)
		return NULL;
	for (page = 1; i < n; page++) {
		unsigned int size = sizes[page % (sizeof(sizes) / sizeof(sizes[0]))];

		/* An odd factor: no page comes twice in 256 GiB. */
		for (at = 0; at + size <= 4096 && i < n; at += size)
			keys[i++] = la_table_key(0xffff888000000000ul + (page * 0x9e3779b1ull %
						 (1 << 26) << 12) + at, 0);
	}
	for (i = n - 1; i; i--) {
		u64 j = bench_dice(&seed, i + 1), swap = keys[i];

		keys[i] = keys[j];
		keys[j] = swap;
	}
	return keys;
}

static int bench(unsigned int bits, unsigned int nr_threads)
{
	static struct thread threads[MAX_THREADS];
	struct la_segment *seg = segment_new(bits);
	struct la_table table = { 0 };
	u64 slots = la_segment_slots(seg), live = slots / 4 * 3, all = live + live / FREE_PART;
	u64 *keys = make_keys(all), refused = 0, lost = 0;
	pthread_barrier_t start;
	float ns[NR_WHAT] = { 0 };
	unsigned int i, w;

	if (!keys || !seg->keys || !seg->recs) {
		fprintf(stderr, "table_bench: no memory for %llu objects\n",
			(unsigned long long)live);
		return 1;
	}
	memset(threads, 0, sizeof(threads));
	la_table_init(&table, seg);
	pthread_barrier_init(&start, NULL, nr_threads);
	for (i = 0; i < nr_threads; i++) {
		struct thread *t = &threads[i];

		t->start = &start;
		t->table = &table;
		t->live = live / nr_threads;
		t->all = all / nr_threads;
		t->keys = keys + i * t->all;
		t->seed = i + 1;
		pthread_create(&t->id, NULL, run, t);
	}
	for (i = 0; i < nr_threads; i++) {
		pthread_join(threads[i].id, NULL);
		refused += threads[i].refused;
		lost += threads[i].lost;
		for (w = 0; w < NR_WHAT; w++)
			ns[w] += bench_median(&threads[i].samples[w]) / nr_threads;
	}
	printf("%10llu %7u %8.1f %12.1f %11.1f %11.1f %9.1f %9.1f\n", (unsigned long long)live,
	       nr_threads, (double)slots * (sizeof(*seg->keys) + sizeof(*seg->recs)) / live,
	       ns[RANDOM_ALLOC], ns[RANDOM_FREE], ns[RANDOM_ALLOC] + ns[RANDOM_FREE],
	       ns[LIFO], ns[MISS]);
	fflush(stdout);
	if (refused || lost)
		printf("# %llu objects found no room, %llu frees went wrong\n",
		       (unsigned long long)refused, (unsigned long long)lost);
	pthread_barrier_destroy(&start);
	segment_delete(seg);
	free(keys);
	/* What was refused can't be freed. */
	return lost > refused;
}

int main(int argc, char **argv)
{
	/* 12 thousand to 12 million objects. */
	static const unsigned int bits[] = { 11, 14, 17, 21 };
	unsigned int i, threads;
	int failed = 0;

	if (argc > 1)
		bench_milliseconds = atoi(argv[1]);
	printf("# the table of live objects, 75 %% full: ns of one operation, in each thread\n");
	printf("# %8s %7s %8s %12s %11s %11s %9s %9s\n", "objects", "threads", "bytes/obj",
	       "random_alloc", "random_free", "random_pair", "lifo_pair", "free_miss");
	for (i = 0; i < ARRAY_SIZE(bits); i++)
		for (threads = 1; threads <= MAX_THREADS; threads++)
			failed |= bench(bits[i], threads);
	return failed;
}
