/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks: pid and comm behind a small id, kept after the task has gone.
 */
#ifndef LEAKACCT_TASKS_H
#define LEAKACCT_TASKS_H

#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#define LA_MAX_TASKS	32768u

/* Ids below LA_TASK_FIRST are no tasks. */
enum {
	LA_TASK_UNKNOWN,
	LA_TASK_SOFTIRQ,
	LA_TASK_HARDIRQ,
	LA_TASK_NMI,
	LA_TASK_FIRST
};

union la_comm {
	char s[TASK_COMM_LEN];
	u64 w[TASK_COMM_LEN / sizeof(u64)];
};

struct la_task {
	union la_comm comm;
	u32 pid;
	u32 state;
};

/* The last task seen on a CPU, so that one that allocates on costs a compare. */
struct la_task_cache {
	union la_comm comm;
	u32 pid;		/* LA_NO_PID: nobody's */
	u32 id;
};

#define LA_NO_PID	U32_MAX

DECLARE_PER_CPU(struct la_task_cache, la_task_cache);

u32 la_tasks_irq(void);
u32 la_tasks_lookup(void);

/**
 * la_tasks_in_irq() - does an interrupt of any kind run here?
 *
 * One look at preempt_count(), but on RT, where softirqs run in tasks.
 */
static __always_inline bool la_tasks_in_irq(void)
{
	return (preempt_count() & (NMI_MASK | HARDIRQ_MASK)) |
	       (softirq_count() & SOFTIRQ_OFFSET);
}

/**
 * la_tasks_is_last() - does the task run here that did at the last look?
 *
 * Context: task, preemption off. An interrupt between this and la_tasks_last() can't
 * change the cache: it never gets here.
 */
static __always_inline bool la_tasks_is_last(void)
{
	const struct task_struct *task = current;
	const union la_comm *comm = (const union la_comm *)task->comm;

	return this_cpu_read(la_task_cache.comm.w[0]) == comm->w[0] &&
	       this_cpu_read(la_task_cache.comm.w[1]) == comm->w[1] &&
	       this_cpu_read(la_task_cache.pid) == (u32)task->pid;
}

/* Its id. */
static __always_inline u32 la_tasks_last(void)
{
	return this_cpu_read(la_task_cache.id);
}

/**
 * la_tasks_current() - the id of the task that runs here, not in an interrupt
 *
 * Context: task, preemption off.
 */
static __always_inline u32 la_tasks_current(void)
{
	return likely(la_tasks_is_last()) ? la_tasks_last() : la_tasks_lookup();
}

int la_tasks_init(void);
void la_tasks_exit(void);
u32 la_tasks_used(void);
u64 la_tasks_memory(void);
const struct la_task *la_tasks_get(u32 id);
bool la_tasks_need_collect(void);
void la_tasks_collect_begin(void);
void la_tasks_mark(u32 id);
void la_tasks_collect_end(void);

#endif /* LEAKACCT_TASKS_H */
