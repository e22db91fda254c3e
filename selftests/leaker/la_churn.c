// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocates and frees through all paths of slab objects, with a thread on every CPU; with
 * areas=1 through those of pages and of vmalloc and percpu areas as well, but for what is
 * large or scarce.
 *
 * The parameter `run` stops and resumes it; a write of 0 returns when all
 * threads stand still and hold nothing. `rounds` counts what they did. `rest` says how many
 * times as long as a round took they sleep after it; with 0 they hardly do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "all_paths.h"

/* What waits for RCU piles up when it is fed all the time. */
#define RCU_EVERY	16
/* And the tests need the CPUs as well. */
#define REST_EVERY	4
#define MIN_REST_US	200

static bool areas;
module_param(areas, bool, 0444);
MODULE_PARM_DESC(areas, "pages and areas as well");

static unsigned int rest;
module_param(rest, uint, 0444);
MODULE_PARM_DESC(rest, "times as long as a round took, to sleep after it");

static bool run = true;
static atomic_t busy = ATOMIC_INIT(0);
static atomic_long_t rounds = ATOMIC_LONG_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(resumed);
static DECLARE_WAIT_QUEUE_HEAD(stopped);
static struct task_struct *threads[NR_CPUS];

static int set_run(const char *value, const struct kernel_param *kp)
{
	int err = param_set_bool(value, kp);

	if (err)
		return err;
	if (run)
		wake_up_all(&resumed);
	else
		wait_event(stopped, !atomic_read(&busy));
	return 0;
}

static const struct kernel_param_ops run_ops = {
	.set = set_run,
	.get = param_get_bool,
};

module_param_cb(run, &run_ops, &run, 0644);
MODULE_PARM_DESC(run, "allocate and free");

static int get_rounds(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n", atomic_long_read(&rounds));
}

static const struct kernel_param_ops rounds_ops = {
	.get = get_rounds,
};

module_param_cb(rounds, &rounds_ops, NULL, 0444);

static bool waits_for_rcu(const struct la_path *path)
{
#ifdef kfree_rcu_nolock
	if (path->free == free_by_kfree_rcu_nolock)
		return true;
#endif
	return path->free == free_by_kfree_rcu || path->free == free_by_kvfree_rcu;
}

struct batch {
	const struct la_path *path;
	unsigned int n;
	void *objects[LA_BATCH];
};

static void make(struct batch *b, const struct la_path *path, unsigned int n)
{
	b->path = path;
	b->n = la_path_alloc(path, b->objects, n);
}

static void free_batch(struct batch *b)
{
	if (b->path)
		la_path_free(b->path, b->objects, b->n);
	b->path = NULL;
}

/* Objects of one path live while those of the next are allocated. */
static void one_round(unsigned long round)
{
	struct batch batches[2] = { };
	unsigned int i, turn = 0;

	for (i = 0; i < (areas ? LA_NR_ALL_PATHS : LA_NR_PATHS); i++) {
		const struct la_path *path = la_path_at(i);

		if (path->most || (waits_for_rcu(path) && round % RCU_EVERY))
			continue;
		make(&batches[turn], path, 1 + (round + i) % LA_BATCH);
		turn = !turn;
		free_batch(&batches[turn]);
	}
	free_batch(&batches[!turn]);
}

static void sleep_after(unsigned long round, s64 took_us)
{
	unsigned long us = max_t(s64, MIN_REST_US, took_us * rest);

	if (rest || round % REST_EVERY == 0)
		usleep_range(us, us + MIN_REST_US);
}

static int churn(void *unused)
{
	unsigned long round = 0;
	ktime_t begin;

	while (!kthread_should_stop()) {
		begin = ktime_get();
		atomic_inc(&busy);
		if (READ_ONCE(run)) {
			one_round(round++);
			atomic_long_inc(&rounds);
		}
		if (atomic_dec_and_test(&busy))
			wake_up(&stopped);
		/* Unloading a user of ftrace waits until each task has said so. */
		cond_resched_tasks_rcu_qs();
		sleep_after(round, ktime_us_delta(ktime_get(), begin));
		wait_event_interruptible(resumed, READ_ONCE(run) || kthread_should_stop());
	}
	return 0;
}

static void stop_threads(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (threads[cpu])
			kthread_stop(threads[cpu]);
}

static int __init la_churn_init(void)
{
	struct task_struct *thread;
	unsigned int cpu;
	int err = la_paths_init();

	if (err)
		return err;
	for_each_online_cpu(cpu) {
		thread = la_compat_kthread_on_cpu(churn, NULL, cpu, "la_churn");
		if (IS_ERR(thread)) {
			stop_threads();
			la_paths_exit();
			return PTR_ERR(thread);
		}
		threads[cpu] = thread;
		/* Beside the tests, not in their way. */
		set_user_nice(thread, 10);
		wake_up_process(thread);
	}
	return 0;
}

static void __exit la_churn_exit(void)
{
	stop_threads();
	la_paths_exit();
}

module_init(la_churn_init);
module_exit(la_churn_exit);
MODULE_DESCRIPTION("Allocates and frees on every CPU, for the tests of leakacct");
MODULE_LICENSE("GPL");
