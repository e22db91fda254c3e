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
	const struct task_struct *task;
	union la_comm comm;
	u32 pid;
	u32 id;
	u32 epoch;
};

DECLARE_PER_CPU(struct la_task_cache, la_task_cache);
extern u32 la_tasks_epoch;

u32 la_tasks_irq(void);
u32 la_tasks_lookup(void);

/**
 * la_tasks_current() - the id of whoever runs here: a task, or an interrupt
 *
 * Context: any, preemption off. An interrupt between the compare and the read of
 * the id cannot change the cache: it never gets past la_tasks_irq().
 */
static __always_inline u32 la_tasks_current(void)
{
	const struct la_task_cache *c;
	const union la_comm *comm = (const union la_comm *)current->comm;

	if (unlikely(in_nmi() || in_hardirq() || in_serving_softirq()))
		return la_tasks_irq();
	c = this_cpu_ptr(&la_task_cache);
	if (likely(c->task == current && c->comm.w[0] == comm->w[0] &&
		   c->comm.w[1] == comm->w[1] && c->pid == current->pid &&
		   c->epoch == READ_ONCE(la_tasks_epoch)))
		return c->id;
	return la_tasks_lookup();
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
