// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs on this machine to tell a stack that was seen before, by how many
 * are remembered and by their frames.
 *
 * usage: chains_bench [MILLISECONDS]	(of each case; default 300)
 *
 *	few	of 16 stacks, which the caches hold
 *	all	of all, in random order
 *	unknown	a stack of a known caller that is not remembered: what is lost
 *		before it is unwound
 *
 * Eight stacks share a caller, and half of their frames. The time that it takes to
 * put the stack there, which a kernel's calls do, is measured alone and taken off.
 */
#include <stdio.h>

#include "bench.h"
#include "chains_model.h"

enum { FEW = 16, SHARE = 8, MAX_STACKS = 32768, MAX_DEPTH = 32, STACK = 4096 };

struct stack {
	unsigned int nr;
	struct la_word words[MAX_DEPTH];
};

static struct la_chains chains;
static struct stack stacks[2 * MAX_STACKS];	/* the second half is not remembered */
static char memory[STACK] __attribute__((aligned(64)));
static struct bench_samples with, without;
static u64 seed = 1;
static u64 matched;	/* kept, or nothing need be done */

static void *taken[200000];
static u32 nr_taken;

static void *take(unsigned int bytes)
{
	void *p = nr_taken < ARRAY_SIZE(taken) ? malloc(bytes) : NULL;

	if (p)
		taken[nr_taken++] = p;
	return p;
}

static s32 address(u64 n)
{
	return (s32)(0x81000000u + n % 0x1000000 * 8 + 5);
}

/* Words at distances as frames have. */
static void make_stack(struct stack *s, u64 n, unsigned int depth)
{
	unsigned int distance = 64, i;

	s->nr = depth;
	for (i = 0; i < depth; i++) {
		/* One of SHARE differs from the middle on. */
		u64 which = i < depth / 2 ? n / SHARE : n + MAX_STACKS * 2;

		s->words[i] = (struct la_word){
			.value = address(which * MAX_DEPTH + i),
			.distance = distance,
		};
		distance += 16 + (n / SHARE + i) * 40 % 96;
	}
}

static __always_inline void put(const struct stack *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		WRITE_ONCE(*(long *)(memory + s->words[i].distance), s->words[i].value);
}

static __always_inline bool recall(const struct stack *s)
{
	const struct la_link *root = la_chains_find(&chains, (long)s->words[0].value, 64,
						    la_chains_salt(64));

	return root && model_recall(&chains, root, memory, STACK - 1);
}

static float measure(const struct stack *from, u64 n)
{
	u64 begin = bench_clock(CLOCK_MONOTONIC), t0, t1, i;
	const struct stack *batch[BENCH_BATCH];

	with.n = 0;
	without.n = 0;
	do {
		for (i = 0; i < BENCH_BATCH; i++)
			batch[i] = &from[bench_dice(&seed, n)];
		/* Once for the caches, which else the second would profit from. */
		for (i = 0; i < BENCH_BATCH; i++)
			put(batch[i]);
		t0 = bench_now();
		for (i = 0; i < BENCH_BATCH; i++)
			put(batch[i]);
		t1 = bench_now();
		for (i = 0; i < BENCH_BATCH; i++) {
			put(batch[i]);
			matched += recall(batch[i]);
		}
		bench_add(&with, bench_now() - t1);
		bench_add(&without, t1 - t0);
	} while (bench_goes_on(&with, begin));
	return bench_median(&with) - bench_median(&without);
}

static void forget_all(void)
{
	la_chains_clear(&chains);
	while (nr_taken)
		free(taken[--nr_taken]);
}

static int bench(unsigned int n, unsigned int depth)
{
	unsigned int i, refused = 0;
	float few, all, unknown;

	for (i = 0; i < 2 * n; i++)
		make_stack(&stacks[i], i < n ? i : i - n + (u64)4 * MAX_STACKS, depth);
	for (i = 0; i < n; i++) {
		const struct la_chain_key key = { .a = (long)stacks[i].words[0].value, .b = 64 };

		refused += la_chains_add(&chains, &key, stacks[i].words, depth, i, NULL, take) !=
			   LA_CHAIN_ADDED;
		/* A sibling of this one, from the middle on. */
		memcpy(stacks[n + i].words, stacks[i].words, depth / 2 * sizeof(struct la_word));
	}
	few = measure(stacks, FEW);
	all = measure(stacks, n);
	unknown = measure(stacks + n, n);
	printf("%10u %7u %9.1f %9.1f %9.1f\n", n, depth, few, all, unknown);
	fflush(stdout);
	if (refused)
		printf("# %u chains found no room\n", refused);
	forget_all();
	return !matched;
}

int main(int argc, char **argv)
{
	static const unsigned int numbers[] = { 16, 1024, MAX_STACKS }, depths[] = { 4, 8, 16, 32 };
	unsigned int i, d;
	int failed = 0;

	if (argc > 1)
		bench_milliseconds = atoi(argv[1]);
	la_chains_clear(&chains);
	printf("# remembered chains: ns to recall one stack\n");
	printf("# %8s %7s %9s %9s %9s\n", "chains", "frames", "few", "all", "unknown");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		for (d = 0; d < ARRAY_SIZE(depths); d++)
			failed |= bench(numbers[i], depths[d]);
	return failed;
}
