// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the instructions of allocations and frees.
 *
 * For a guest with one CPU under QEMU -icount shift=0,sleep=off: see clock.c.
 *
 * /sys/module/la_bench/parameters/:
 *   run     write "OPERATION": measure it; read: "operations instructions batch worst",
 *           of which worst are the instructions of the worst batch of operations
 *   plant   write N: take N more objects and hold them, 0: free all; read: how many
 *   sizes   "MIN MAX" of the objects planted, in bytes
 *   probes  1: empty probes on the tracepoints of the allocator
 *   settle  write: let deferred work end that waits for RCU or for a CPU
 *   clock   read: "all halted", the time stamp counter and the halted part of it
 *   steps   write OPERATION: do it once, one instruction at a time
 *
 * /sys/kernel/debug/la_bench_steps: those instructions, but for interrupts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <asm/msr.h>

#include "clock.h"
#include "measure.h"
#include "operations.h"

static DEFINE_MUTEX(lock);
static struct operation *last_run;

/* --- objects that live ----------------------------------------------------- */

struct planted {
	struct planted *next;
};

static struct planted *planted;
static unsigned long nr_planted;
static unsigned int min_size = OBJECT_SIZE;
static unsigned int max_size = OBJECT_SIZE;

static void uproot(void)
{
	struct planted *p;

	while ((p = planted)) {
		planted = p->next;
		kfree(p);
		if (!(--nr_planted % 1024))
			cond_resched();
	}
}

static noinline int plant(unsigned long n)
{
	unsigned int size = min_size;
	struct planted *p;

	while (n--) {
		p = kmalloc(size, GFP_KERNEL);
		if (!p)
			return -ENOMEM;
		p->next = planted;
		planted = p;
		size = size >= max_size ? min_size : size + sizeof(*p);
		if (!(++nr_planted % 1024))
			cond_resched();
	}
	return 0;
}

/* --- parameters ------------------------------------------------------------ */

static int run(const char *name, bool in_steps)
{
	struct operation *op = operation_find(name);

	if (!op)
		return -EINVAL;
	mutex_lock(&lock);
	last_run = op;
	measure_operation(op, in_steps);
	mutex_unlock(&lock);
	return 0;
}

static int set_run(const char *text, const struct kernel_param *kp)
{
	return run(text, false);
}

static int set_steps(const char *text, const struct kernel_param *kp)
{
	return run(text, true);
}

static int get_run(char *text, const struct kernel_param *kp)
{
	struct result r = last_run ? last_run->result : (struct result){ 0 };

	return sysfs_emit(text, "%llu %llu %u %llu\n", r.operations, r.instructions,
			  r.batch, r.worst);
}

static int set_plant(const char *text, const struct kernel_param *kp)
{
	unsigned long n;
	int err = kstrtoul(text, 0, &n);

	if (err)
		return err;
	mutex_lock(&lock);
	if (n)
		err = plant(n);
	else
		uproot();
	mutex_unlock(&lock);
	return err;
}

static int get_plant(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", nr_planted);
}

static int set_sizes(const char *text, const struct kernel_param *kp)
{
	unsigned int min, max;

	if (sscanf(text, "%u %u", &min, &max) != 2 || min < sizeof(struct planted) || max < min)
		return -EINVAL;
	min_size = min;
	max_size = max;
	return 0;
}

static int get_sizes(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%u %u\n", min_size, max_size);
}

static bool probes;

static int set_probes(const char *text, const struct kernel_param *kp)
{
	bool on;
	int err = kstrtobool(text, &on);

	if (err || on == probes)
		return err;
	if (on)
		err = clock_probes_on();
	else
		clock_probes_off();
	if (!err)
		probes = on;
	return err;
}

static int get_probes(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%u\n", probes);
}

/* While this waits everything that can run does. */
static int set_settle(const char *text, const struct kernel_param *kp)
{
	rcu_barrier();
	msleep(100);
	rcu_barrier();
	return 0;
}

static int get_clock(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%llu %llu\n", rdtsc_ordered(), clock_halted());
}

static const struct kernel_param_ops run_ops = { .set = set_run, .get = get_run };
static const struct kernel_param_ops plant_ops = { .set = set_plant, .get = get_plant };
static const struct kernel_param_ops sizes_ops = { .set = set_sizes, .get = get_sizes };
static const struct kernel_param_ops probes_ops = { .set = set_probes, .get = get_probes };
static const struct kernel_param_ops settle_ops = { .set = set_settle };
static const struct kernel_param_ops steps_ops = { .set = set_steps };
static const struct kernel_param_ops clock_ops = { .get = get_clock };

/* These have no use before the module is up: none is given at load. */
module_param_cb(run, &run_ops, NULL, 0600);
module_param_cb(plant, &plant_ops, NULL, 0600);
module_param_cb(sizes, &sizes_ops, NULL, 0600);
module_param_cb(probes, &probes_ops, NULL, 0600);
module_param_cb(settle, &settle_ops, NULL, 0200);
module_param_cb(steps, &steps_ops, NULL, 0200);
module_param_cb(clock, &clock_ops, NULL, 0400);

static int __init la_bench_init(void)
{
	int err;

	if (num_online_cpus() != 1) {
		pr_err("one CPU is needed: its time stamp counter counts for the machine\n");
		return -EINVAL;
	}
	err = operations_init();
	if (err)
		return err;
	err = clock_init();
	if (err) {
		operations_exit();
		return err;
	}
	measure_init();
	return 0;
}

static void __exit la_bench_exit(void)
{
	measure_exit();
	clock_exit();
	clock_probes_off();
	uproot();
	operations_exit();
}

module_init(la_bench_init);
module_exit(la_bench_exit);
MODULE_DESCRIPTION("Counts the instructions of allocations and frees");
MODULE_LICENSE("GPL");
