// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements: an operation in batches, and one instruction at a time.
 */
#include "measure.h"

#include <linux/compiler.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kdebug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "clock.h"

/* A pair gets the same address each time, so batches are made at many. */
#define BATCHES		256u
#define RCU_OBJECTS	32768u
/* Past the 5 s for which kfree_rcu() gathers, and two grace periods. */
#define RCU_WAIT_MS	8000u
#define WARM_BATCHES	8u
#define BLOCK_ROUNDS	32u
#define MAX_STEPS	65536u

static unsigned long steps[MAX_STEPS];
static unsigned int nr_steps;
static bool stepping;

static int step(struct notifier_block *self, unsigned long event, void *data)
{
	struct die_args *args = data;

	if (event != DIE_DEBUG || !stepping || user_mode(args->regs))
		return NOTIFY_DONE;
	if (nr_steps < MAX_STEPS)
		steps[nr_steps++] = args->regs->ip;
	return NOTIFY_STOP;
}

static struct notifier_block step_notifier = {
	.notifier_call = step,
	.priority = INT_MAX,
};

static noinline void take_steps(const struct operation *op)
{
	nr_steps = 0;
	stepping = true;
	asm volatile("pushf; orq %0, (%%rsp); popf" : : "i" (X86_EFLAGS_TF) : "cc", "memory");
	op->run(op->least);
	asm volatile("pushf; andq %0, (%%rsp); popf" : : "i" (~X86_EFLAGS_TF) : "cc", "memory");
	stepping = false;
}

static int steps_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < nr_steps; i++)
		seq_printf(m, "%pS\n", (void *)steps[i]);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(steps);

static struct dentry *steps_file;

/* A batch in which the clock ticked is done again: ticks come by time. */
static u64 batch(const struct operation *op)
{
	unsigned int tries = 100;
	unsigned long tick;
	u64 t;

	do {
		tick = READ_ONCE(jiffies);
		t = rdtsc_ordered();
		op->run(MEASURE_ROUNDS);
		t = rdtsc_ordered() - t;
	} while (READ_ONCE(jiffies) != tick && --tries);
	return t;
}

/*
 * The objects are freed later, by a worker: all that the machine does until then
 * is counted, less what it does in the same time anyway.
 */
static void measure_rcu(struct operation *op)
{
	u64 t, background;

	op->run(MEASURE_ROUNDS);
	msleep(RCU_WAIT_MS);
	background = clock_busy();
	msleep(RCU_WAIT_MS);
	background = clock_busy() - background;

	t = clock_busy();
	op->run(RCU_OBJECTS);
	msleep(RCU_WAIT_MS);
	t = clock_busy() - t;
	op->result = (struct result){
		.operations = RCU_OBJECTS,
		.instructions = t - min(t, background),
		.batch = RCU_OBJECTS,
	};
}

/*
 * The frees of a block's pages, one by one. Each n-th free counts with the least of many
 * rounds: the CPU's list of free pages is emptied now and then, at another page each time.
 */
static void measure_block(struct operation *op)
{
	static u64 least[1 << BLOCK_ORDER];
	unsigned int round, n;
	struct page *block;
	u64 t;

	memset(least, -1, sizeof(least));
	for (round = 0; round < BLOCK_ROUNDS; round++) {
		block = alloc_pages(GFP_KERNEL, BLOCK_ORDER);
		if (!block)
			continue;
		split_page(block, BLOCK_ORDER);
		for (n = 0; n < ARRAY_SIZE(least); n++) {
			t = rdtsc_ordered();
			__free_page(block + op->nth(n));
			t = rdtsc_ordered() - t;
			least[n] = min(least[n], t);
		}
		cond_resched();
	}
	op->result = (struct result){ .operations = ARRAY_SIZE(least), .batch = 1 };
	for (n = 0; n < ARRAY_SIZE(least); n++) {
		op->result.instructions += least[n];
		op->result.worst = max(op->result.worst, least[n]);
	}
}

static void measure_batches(struct operation *op)
{
	static void *held[BATCHES];
	unsigned int i;
	u64 t;

	op->result = (struct result){
		.operations = (u64)BATCHES * MEASURE_ROUNDS,
		.batch = MEASURE_ROUNDS,
	};
	for (i = 0; i < WARM_BATCHES; i++)
		batch(op);
	for (i = 0; i < BATCHES; i++) {
		held[i] = op->hold();
		t = batch(op);
		op->result.instructions += t;
		op->result.worst = max(op->result.worst, t);
		cond_resched();
	}
	for (i = 0; i < BATCHES; i++)
		op->let_go(held[i]);
}

static bool steps_wanted;

static noinline void measure(struct operation *op)
{
	if (op->nth) {
		measure_block(op);
	} else if (steps_wanted) {
		op->run(MEASURE_ROUNDS);
		take_steps(op);
	} else if (op->hold) {
		measure_batches(op);
	} else {
		measure_rcu(op);
	}
}

/* So many that with those below and above a stack of 16 is there to be taken. */
#define CALLER(n, callee)				\
static noinline void caller_##n(struct operation *op)	\
{							\
	callee(op);					\
	barrier();					\
}

CALLER(1, measure)
CALLER(2, caller_1)
CALLER(3, caller_2)
CALLER(4, caller_3)
CALLER(5, caller_4)
CALLER(6, caller_5)
CALLER(7, caller_6)
CALLER(8, caller_7)

/* Its result, or with @in_steps the file of steps. */
void measure_operation(struct operation *op, bool in_steps)
{
	steps_wanted = in_steps;
	caller_8(op);
}

void measure_init(void)
{
	register_die_notifier(&step_notifier);
	steps_file = debugfs_create_file("la_bench_steps", 0400, NULL, NULL, &steps_fops);
}

void measure_exit(void)
{
	debugfs_remove(steps_file);
	unregister_die_notifier(&step_notifier);
}
