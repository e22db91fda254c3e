// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: (pid, comm) pairs, interned.
 *
 * Lookups take no lock, additions take tasks_lock (try only, in an NMI). When the
 * table is three quarters full the worker collects: it hides all entries,
 * waits until no hook can still hold an id without having stored it, marks what
 * records refer to, and frees the rest. A task that allocates meanwhile gets a
 * second entry of the same content, which does no harm.
 */
#include "tasks.h"

#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/hash.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "counters.h"

#define INDEX_BITS	16
#define INDEX_SIZE	((u32)BIT(INDEX_BITS))
#define PROBES		16u

enum { FREE, USED };

DEFINE_PER_CPU(struct la_task_cache, la_task_cache);

static struct la_task *tasks;
static u32 *index;
static u32 *free_ids;
static u32 nr_free;
static unsigned long *marks;
static unsigned long *hidden;
static DEFINE_RAW_SPINLOCK(tasks_lock);

static const struct la_task no_tasks[LA_TASK_FIRST] = {
	[LA_TASK_UNKNOWN] = { .comm.s = "-" },
	[LA_TASK_SOFTIRQ] = { .comm.s = "(softirq)" },
	[LA_TASK_HARDIRQ] = { .comm.s = "(hardirq)" },
	[LA_TASK_NMI]	  = { .comm.s = "(nmi)" },
};

/**
 * la_tasks_irq() - which kind of interrupt runs here
 */
u32 la_tasks_irq(void)
{
	if (in_nmi())
		return LA_TASK_NMI;
	return in_hardirq() ? LA_TASK_HARDIRQ : LA_TASK_SOFTIRQ;
}

static u32 find(const union la_comm *comm, u32 pid, u32 *slot)
{
	u32 h = hash_64(comm->w[0] ^ comm->w[1] * 31 ^ (u64)pid << 32, INDEX_BITS), i;

	*slot = INDEX_SIZE;
	for (i = 0; i < PROBES; i++) {
		u32 at = (h + i) & (INDEX_SIZE - 1);
		u32 id = READ_ONCE(index[at]);

		if (!id) {
			*slot = at;
			break;
		}
		if (tasks[id].pid == pid && tasks[id].comm.w[0] == comm->w[0] &&
		    tasks[id].comm.w[1] == comm->w[1])
			return id;
	}
	return LA_TASK_UNKNOWN;
}

static u32 add(const union la_comm *comm, u32 pid)
{
	u32 slot, id = find(comm, pid, &slot);

	if (id)
		return id;
	if (slot == INDEX_SIZE || !nr_free) {
		la_count(LA_TASKS_REFUSED);
		return LA_TASK_UNKNOWN;
	}
	id = free_ids[--nr_free];
	tasks[id] = (struct la_task){ .comm = *comm, .pid = pid, .state = USED };
	/* Pairs with READ_ONCE() in find(): the entry is whole. */
	smp_store_release(&index[slot], id);
	return id;
}

/**
 * la_tasks_lookup() - the id of the current task, not in this CPU's cache
 *
 * Context: task, preemption off.
 * Return: LA_TASK_UNKNOWN, counted, when the table is full.
 */
u32 la_tasks_lookup(void)
{
	struct la_task_cache *c = this_cpu_ptr(&la_task_cache);
	u32 pid = current->pid, slot, id;
	union la_comm comm = *(const union la_comm *)current->comm;
	unsigned long flags;

	id = find(&comm, pid, &slot);
	if (!id) {
		raw_spin_lock_irqsave(&tasks_lock, flags);
		id = add(&comm, pid);
		raw_spin_unlock_irqrestore(&tasks_lock, flags);
	}
	c->comm = comm;
	c->pid = pid;
	c->id = id;
	return id;
}

/**
 * la_tasks_get() - pid and comm of an id
 * @id: of la_tasks_current()
 */
const struct la_task *la_tasks_get(u32 id)
{
	return id < LA_TASK_FIRST ? &no_tasks[id] : &tasks[id];
}

/**
 * la_tasks_used() - entries in use
 */
u32 la_tasks_used(void)
{
	return LA_MAX_TASKS - LA_TASK_FIRST - READ_ONCE(nr_free);
}

/**
 * la_tasks_memory() - bytes that the tables take
 */
u64 la_tasks_memory(void)
{
	return LA_MAX_TASKS * (sizeof(*tasks) + sizeof(*free_ids)) +
	       INDEX_SIZE * sizeof(*index) + 2 * BITS_TO_LONGS(LA_MAX_TASKS) * sizeof(long);
}

/**
 * la_tasks_need_collect() - is the table three quarters full?
 */
bool la_tasks_need_collect(void)
{
	return READ_ONCE(nr_free) < LA_MAX_TASKS / 4;
}

static void forget_last(void *unused)
{
	this_cpu_write(la_task_cache.pid, LA_NO_PID);
}

/* A CPU that is off has its cache still when it comes back. */
static void forget_last_of_all(void)
{
	int cpu;

	cpus_read_lock();
	on_each_cpu(forget_last, NULL, true);
	for_each_possible_cpu(cpu)
		if (!cpu_online(cpu))
			per_cpu(la_task_cache.pid, cpu) = LA_NO_PID;
	cpus_read_unlock();
}

/**
 * la_tasks_collect_begin() - hide all entries, and wait out hooks that hold one
 *
 * Context: the worker. Then it must la_tasks_mark() the task of every record, and
 * call la_tasks_collect_end().
 */
void la_tasks_collect_begin(void)
{
	unsigned long flags;
	u32 id;

	/* Which are used is asked without the lock: one that comes meanwhile is the next time's. */
	bitmap_zero(hidden, LA_MAX_TASKS);
	for (id = LA_TASK_FIRST; id < LA_MAX_TASKS; id++)
		if (READ_ONCE(tasks[id].state) == USED)
			__set_bit(id, hidden);
	raw_spin_lock_irqsave(&tasks_lock, flags);
	memset(index, 0, INDEX_SIZE * sizeof(*index));
	raw_spin_unlock_irqrestore(&tasks_lock, flags);
	bitmap_zero(marks, LA_MAX_TASKS);
	/* Who found one in the index has put it into its CPU's cache, ... */
	synchronize_rcu();
	forget_last_of_all();
	/* ... and who took it from there has stored it. */
	synchronize_rcu();
}

/**
 * la_tasks_mark() - a record refers to this id
 * @id: the id
 */
void la_tasks_mark(u32 id)
{
	__set_bit(id, marks);
}

/**
 * la_tasks_collect_end() - free the hidden entries that were not marked
 */
void la_tasks_collect_end(void)
{
	unsigned long flags;
	u32 id;

	/* One by one, as allocations wait for the lock with interrupts off. */
	for_each_set_bit(id, hidden, LA_MAX_TASKS) {
		if (test_bit(id, marks))
			continue;
		raw_spin_lock_irqsave(&tasks_lock, flags);
		tasks[id].state = FREE;
		free_ids[nr_free++] = id;
		raw_spin_unlock_irqrestore(&tasks_lock, flags);
	}
}

/**
 * la_tasks_init() - allocate the tables
 */
int la_tasks_init(void)
{
	u32 id;

	tasks = vzalloc(LA_MAX_TASKS * sizeof(*tasks));
	index = vzalloc(INDEX_SIZE * sizeof(*index));
	free_ids = vzalloc(LA_MAX_TASKS * sizeof(*free_ids));
	marks = vzalloc(BITS_TO_LONGS(LA_MAX_TASKS) * sizeof(long));
	hidden = vzalloc(BITS_TO_LONGS(LA_MAX_TASKS) * sizeof(long));
	if (!tasks || !index || !free_ids || !marks || !hidden) {
		la_tasks_exit();
		return -ENOMEM;
	}
	forget_last_of_all();
	for (id = LA_MAX_TASKS - 1; id >= LA_TASK_FIRST; id--)
		free_ids[nr_free++] = id;
	return 0;
}

/**
 * la_tasks_exit() - free everything; no hook runs any more
 */
void la_tasks_exit(void)
{
	vfree(hidden);
	vfree(marks);
	vfree(free_ids);
	vfree(index);
	vfree(tasks);
}
