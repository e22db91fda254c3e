// SPDX-License-Identifier: GPL-2.0-only
/*
 * More calls of kmem_cache_alloc() under way than a kretprobe can follow: `tasks` tasks, each
 * asleep in the constructor of a slab of its own.
 *
 * insmod returns when all are asleep there. A write to `wake` lets them go on, and returns when
 * each has its object. One to `put_back`, or the unload, frees these.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait.h>

#define MOST	1000
#define PATIENCE	(60 * HZ)

static unsigned int tasks = 400;
module_param(tasks, uint, 0444);
MODULE_PARM_DESC(tasks, "calls of kmem_cache_alloc() to have under way at a time");

static struct kmem_cache *cache;
static struct sleeper {
	struct task_struct *task;
	void *object;
} sleepers[MOST];
static unsigned int nr_sleepers;
static atomic_t asleep, done;
static DECLARE_COMPLETION(woken);
static DECLARE_WAIT_QUEUE_HEAD(progress);

/* Of the objects of a new slab the first one waits: nobody else can have the slab yet. */
static void construct(void *object)
{
	*(long *)object = 1;
	if (completion_done(&woken))
		return;
	atomic_inc(&asleep);
	wake_up(&progress);
	wait_for_completion(&woken);
}

/* The barrier keeps the call from being a tail call. */
static noinline void *sleeper_alloc(void)
{
	void *object = kmem_cache_alloc(cache, GFP_KERNEL);

	barrier();
	return object;
}

static int sleep_within(void *data)
{
	struct sleeper *sleeper = data;

	sleeper->object = sleeper_alloc();
	atomic_inc(&done);
	wake_up(&progress);
	return 0;
}

static int wake_all(void)
{
	complete_all(&woken);
	return wait_event_timeout(progress, atomic_read(&done) == nr_sleepers, PATIENCE) ?
		0 : -ETIMEDOUT;
}

static int set_wake(const char *text, const struct kernel_param *kp)
{
	return wake_all();
}

static const struct kernel_param_ops wake_ops = { .set = set_wake };
module_param_cb(wake, &wake_ops, NULL, 0200);

static int start(void)
{
	struct task_struct *task;

	while (nr_sleepers < tasks) {
		struct sleeper *sleeper = &sleepers[nr_sleepers];

		task = kthread_create(sleep_within, sleeper, "la_sleeper/%u", nr_sleepers);
		if (IS_ERR(task))
			return PTR_ERR(task);
		sleeper->task = task;
		get_task_struct(task);
		nr_sleepers++;
		wake_up_process(task);
	}
	return wait_event_timeout(progress, atomic_read(&asleep) == tasks, PATIENCE) ?
		0 : -ETIMEDOUT;
}

/* Tasks that have ended are waited for as well. */
static void put_back_all(void)
{
	complete_all(&woken);
	for (; nr_sleepers; nr_sleepers--) {
		struct sleeper *sleeper = &sleepers[nr_sleepers - 1];

		kthread_stop(sleeper->task);
		put_task_struct(sleeper->task);
		if (sleeper->object)
			kmem_cache_free(cache, sleeper->object);
	}
}

static int set_put_back(const char *text, const struct kernel_param *kp)
{
	put_back_all();
	return 0;
}

static const struct kernel_param_ops put_back_ops = { .set = set_put_back };
module_param_cb(put_back, &put_back_ops, NULL, 0200);

static void la_sleepers_exit(void)
{
	put_back_all();
	kmem_cache_destroy(cache);
}

static int __init la_sleepers_init(void)
{
	int err;

	if (!tasks || tasks > MOST)
		return -EINVAL;
	cache = kmem_cache_create("la_sleepers", 1000, 0, 0, construct);
	if (!cache)
		return -ENOMEM;
	err = start();
	if (err) {
		pr_err("%d of %u tasks are asleep\n", atomic_read(&asleep), tasks);
		la_sleepers_exit();
	}
	return err;
}

module_init(la_sleepers_init);
module_exit(la_sleepers_exit);
MODULE_DESCRIPTION("Tasks that are asleep in an allocation, for the tests of leakacct");
MODULE_LICENSE("GPL");
