// SPDX-License-Identifier: GPL-2.0-only
/*
 * A storm of interrupts that allocate and free, over a task that does the same
 * on the same CPU: whoever drops an event that nests in another shows here.
 *
 * It is over when insmod returns. `task_allocs`, `irq_allocs` and so on say what
 * was done; one in KEEP_ONE_IN objects is kept until the module is unloaded.
 *
 * With plant=N the interrupts only free: N objects that were allocated before, in
 * peace, by storm_planted(). Whoever misses such a free has a false live object.
 *
 * With pages=1 all objects are pages, with percpu=1 percpu areas.
 *
 * With slow_kprobe=1 there are kprobes of another tool's on kmalloc and kfree, or what
 * gets and frees pages, whose handler takes its time; while it runs, the kernel skips
 * every kprobe of an interrupt on that CPU. `slow_missed` counts those of this tool's own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../../module/compat/compat.h"
#include "../../module/compat/compat_trial.h"

#define KEEP_ONE_IN	16
#define SIZE_TASK	203
#define SIZE_IRQ	307

static unsigned int ops = 20000;
module_param(ops, uint, 0444);
MODULE_PARM_DESC(ops, "objects to allocate, at least, in each of task and interrupt");

static unsigned int per_irq = 4;
module_param(per_irq, uint, 0444);
MODULE_PARM_DESC(per_irq, "objects to allocate in one interrupt");

static unsigned int period_us = 100;
module_param(period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "between interrupts");

static bool mixed;
module_param(mixed, bool, 0444);
MODULE_PARM_DESC(mixed, "free by kfree_bulk and kfree_rcu in turn with kfree");

static unsigned int plant;
module_param(plant, uint, 0444);
MODULE_PARM_DESC(plant, "objects to allocate before, for the interrupts to free");

static bool pages;
module_param(pages, bool, 0444);
MODULE_PARM_DESC(pages, "pages instead of objects of kmalloc; not mixed");

static bool percpu;
module_param(percpu, bool, 0444);
MODULE_PARM_DESC(percpu, "percpu areas instead of objects of kmalloc; not mixed");

static bool slow_kprobe;
module_param(slow_kprobe, bool, 0444);
MODULE_PARM_DESC(slow_kprobe, "put slow kprobes on what allocates and frees");

static unsigned int slow_us = 2;
module_param(slow_us, uint, 0444);

struct storm_object {
	struct storm_object *next;
	struct rcu_head rcu;
	void __percpu *area;
	char content[];
};

/* Each of the two contexts has its own; only it writes there. */
struct account {
	struct storm_object *kept;
	unsigned long allocs;
	unsigned long frees;
	unsigned long failed;
};

static struct account task, irq;
module_param_named(task_allocs, task.allocs, ulong, 0444);
module_param_named(task_frees, task.frees, ulong, 0444);
module_param_named(irq_allocs, irq.allocs, ulong, 0444);
module_param_named(irq_frees, irq.frees, ulong, 0444);

/* What the interrupts are to free. */
static struct storm_object *planted;

static unsigned long irqs;
module_param(irqs, ulong, 0444);
static unsigned long slow_missed;
module_param(slow_missed, ulong, 0444);

/* In a hard interrupt; on PREEMPT_RT, where nobody may allocate there, in a task. */
#define TIMER_MODE	HRTIMER_MODE_REL_PINNED

static struct hrtimer timer;
static DECLARE_COMPLETION(over);

static ktime_t period(void)
{
	return ns_to_ktime((u64)period_us * NSEC_PER_USEC);
}

static __always_inline size_t variable(size_t size)
{
	OPTIMIZER_HIDE_VAR(size);
	return size;
}

/* The part of it that the first CPU has says where it is. */
static __always_inline struct storm_object *get_area(size_t size, gfp_t gfp)
{
	void __percpu *area = __alloc_percpu_gfp(size, sizeof(long), gfp);
	struct storm_object *object = area ? per_cpu_ptr(area, 0) : NULL;

	if (object)
		object->area = area;
	return object;
}

/* In whoever asks for it, which is then the caller. */
static __always_inline struct storm_object *get(size_t size, gfp_t gfp)
{
	if (percpu)
		return get_area(size, gfp);
	if (pages)
		return (struct storm_object *)__get_free_page(gfp);
	return kmalloc(variable(size), gfp);
}

static void put(struct storm_object *object)
{
	if (percpu)
		free_percpu(object->area);
	else if (pages)
		free_page((unsigned long)object);
	else
		kfree(object);
}

static void release(struct storm_object *object, unsigned long turn)
{
	void *array[1] = { object };

	switch (mixed && !pages && !percpu ? turn % 3 : 0) {
	case 0:
		put(object);
		break;
	case 1:
		kfree_bulk(1, array);
		break;
	case 2:
		kfree_rcu(object, rcu);
		break;
	}
}

static void free_list(struct storm_object *object)
{
	struct storm_object *next;

	for (; object; object = next) {
		next = object->next;
		put(object);
	}
}

static __always_inline void book(struct account *a, struct storm_object *object)
{
	if (!object) {
		a->failed++;
		return;
	}
	if (a->allocs++ % KEEP_ONE_IN == 0) {
		object->next = a->kept;
		a->kept = object;
	} else {
		release(object, a->frees++);
	}
}

static noinline void storm_task(void)
{
	book(&task, get(SIZE_TASK, GFP_KERNEL));
}

static noinline void storm_irq(void)
{
	book(&irq, get(SIZE_IRQ, GFP_ATOMIC));
}

static noinline struct storm_object *storm_planted(void)
{
	struct storm_object *object = get(SIZE_IRQ, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(object);
	return object;
}

static int plant_all(void)
{
	struct storm_object *object, **list;

	while (irq.allocs < plant) {
		object = storm_planted();
		if (!object)
			return -ENOMEM;
		list = irq.allocs++ % KEEP_ONE_IN ? &planted : &irq.kept;
		object->next = *list;
		*list = object;
	}
	return 0;
}

static void free_planted(void)
{
	struct storm_object *object = planted;

	if (!object)
		return;
	planted = object->next;
	put(object);
	irq.frees++;
}

static bool irqs_are_done(void)
{
	return plant ? !READ_ONCE(planted) : READ_ONCE(irq.allocs) >= ops;
}

static enum hrtimer_restart on_timer(struct hrtimer *t)
{
	unsigned int i;

	irqs++;
	for (i = 0; i < per_irq; i++) {
		if (plant)
			free_planted();
		else
			storm_irq();
	}
	if (irqs_are_done() && READ_ONCE(task.allocs) >= ops)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, period());
	return HRTIMER_RESTART;
}

/* Both go on until both have done their part, so they overlap all the time. */
static int storm(void *unused)
{
	la_compat_hrtimer_setup(&timer, on_timer, TIMER_MODE);
	hrtimer_start(&timer, period(), TIMER_MODE);
	while (task.allocs < ops || !irqs_are_done()) {
		storm_task();
		cond_resched_tasks_rcu_qs();
	}
	hrtimer_cancel(&timer);
	complete(&over);
	return 0;
}

static int spin(struct kprobe *p, struct pt_regs *regs)
{
	udelay(slow_us);
	return 0;
}

NOKPROBE_SYMBOL(spin);

static struct kprobe slow[] = {
	{ .pre_handler = spin },
	{ .pre_handler = spin },
};

static int start_slow(void)
{
	struct kprobe *both[] = { &slow[0], &slow[1] };

	slow[0].symbol_name = pages ? LA_COMPAT_NAME_OF_GET_PAGE : LA_COMPAT_NAME_OF_KMALLOC;
	slow[1].symbol_name = pages ? "free_pages" : percpu ? "free_percpu" : "kfree";
	return slow_kprobe ? register_kprobes(both, ARRAY_SIZE(both)) : 0;
}

static void stop_slow(void)
{
	struct kprobe *both[] = { &slow[0], &slow[1] };

	if (!slow_kprobe)
		return;
	unregister_kprobes(both, ARRAY_SIZE(both));
	slow_missed = slow[0].nmissed + slow[1].nmissed;
}

static int __init la_storm_init(void)
{
	struct task_struct *thread;
	int err = plant_all() ?: start_slow();

	if (err) {
		free_list(planted);
		free_list(irq.kept);
		return err;
	}
	thread = la_compat_kthread_on_cpu(storm, NULL, cpumask_last(cpu_online_mask), "la_storm");
	if (IS_ERR(thread)) {
		stop_slow();
		free_list(planted);
		free_list(irq.kept);
		return PTR_ERR(thread);
	}
	wake_up_process(thread);
	wait_for_completion(&over);
	stop_slow();
	if (!task.failed && !irq.failed)
		return 0;
	pr_err("%lu allocations failed\n", task.failed + irq.failed);
	free_list(task.kept);
	free_list(irq.kept);
	return -ENOMEM;
}

static void __exit la_storm_exit(void)
{
	free_list(task.kept);
	free_list(irq.kept);
}

module_init(la_storm_init);
module_exit(la_storm_exit);
MODULE_DESCRIPTION("Interrupts that allocate over a task that allocates, for the tests of leakacct");
MODULE_LICENSE("GPL");
