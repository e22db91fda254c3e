// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holders: who holds memory by an open file that no counter claims.
 *
 * A walk of all threads and their open files, only when somebody reads `ghost`. It goes by
 * numbers of pids, so that it can rest between any two, and gives up after 100 ms. Tables
 * of files that threads share, sockets that processes share, and the two ends of a pipe are
 * counted once: what was seen is remembered by address, as long as there is room.
 *
 * Locking: shared_mutex guards the shared result and lets one reader at a time walk. A
 * task's files are looked at under its task_lock() and their own lock, 256 at a time, which
 * keeps each open meanwhile; nothing there sleeps. Its mappings are looked at only if their
 * lock is free.
 */
#include "holders.h"

#include <linux/fdtable.h>
#include <linux/hash.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#define RENEW_AFTER	HZ
#define MAX_MS		100
#define BATCH		256u	/* files under one lock */
#define SEEN_BITS	14
#define SEEN_MAX	(3u << (SEEN_BITS - 2))
#define MAX_BY_MAPPING	64u	/* of one task */

static struct la_holders *shared;
static DEFINE_MUTEX(shared_mutex);

static const char *const kind_names[LA_NR_HELD] = {
	[LA_HELD_SOCKET]      = "socket",
	[LA_HELD_PACKET_RING] = "packet_ring",
	[LA_HELD_PIPE]	      = "pipe",
	[LA_HELD_IO_URING]    = "io_uring",
	[LA_HELD_BPF]	      = "bpf_map",
	[LA_HELD_PERF]	      = "perf_ring",
	[LA_HELD_DMABUF]      = "dma_buf",
};

/**
 * struct walk - of all threads
 * @h: the result
 * @task: the one whose files are looked at
 * @deadline: in ktime
 * @next: where its files go on
 * @batch: files that were looked at since the lock was taken
 * @nr_by_mapping: in @by_mapping
 * @nr_seen: in @seen
 * @one: the file that is looked at
 * @pipes: all of this task's
 * @sums: of this task
 * @by_mapping: of this task, sized when its mappings are looked at
 * @seen: addresses of what was counted, by hash
 */
struct walk {
	struct la_holders *h;
	struct task_struct *task;
	ktime_t deadline;
	unsigned int next;
	unsigned int batch;
	unsigned int nr_by_mapping;
	unsigned int nr_seen;
	struct la_holder one;
	struct la_holder pipes;
	struct la_holder_task sums[LA_NR_HELD];
	struct la_holder by_mapping[MAX_BY_MAPPING];
	const void *seen[1u << SEEN_BITS];
};

static bool is_late(const struct walk *w)
{
	return ktime_after(ktime_get(), w->deadline);
}

/* Is this met for the first time? What there is no room to remember is not. */
static bool is_new(struct walk *w, const void *id)
{
	unsigned int at = hash_ptr(id, SEEN_BITS);

	while (w->seen[at]) {
		if (w->seen[at] == id)
			return false;
		at = (at + 1) & ((1u << SEEN_BITS) - 1);
	}
	if (w->nr_seen == SEEN_MAX) {
		w->h->missed++;
		return false;
	}
	w->seen[at] = id;
	w->nr_seen++;
	return true;
}

/* Among the largest of its kind, largest first; the smallest falls out. */
static void keep(struct walk *w, const struct la_holder *holder)
{
	struct la_holders_kind *kind = &w->h->kinds[holder->kind];
	struct la_holder_task *sum = &w->sums[holder->kind];
	unsigned int i = kind->nr_top;

	sum->n += holder->n;
	sum->bytes += holder->bytes;
	sum->pid = holder->pid;
	memcpy(sum->comm, holder->comm, sizeof(sum->comm));
	kind->n += holder->n;
	kind->bytes += holder->bytes;
	if (i == LA_HOLDERS_TOP) {
		if (holder->bytes <= kind->top[i - 1].bytes)
			return;
		i--;
	} else {
		kind->nr_top++;
	}
	for (; i && kind->top[i - 1].bytes < holder->bytes; i--)
		kind->top[i] = kind->top[i - 1];
	kind->top[i] = *holder;
}

/* A task is done: does it hold more of a kind than those before? */
static void keep_sums(struct walk *w)
{
	unsigned int i;

	for (i = 0; i < LA_NR_HELD; i++) {
		struct la_holder_task *most = &w->h->kinds[i].most;

		if (w->sums[i].bytes > most->bytes)
			*most = w->sums[i];
	}
	memset(w->sums, 0, sizeof(w->sums));
}

static void keep_for_mapping(struct walk *w)
{
	if (w->nr_by_mapping == MAX_BY_MAPPING)
		w->h->missed++;
	else
		w->by_mapping[w->nr_by_mapping++] = w->one;
}

/* Pipes are many and small: a process has one row for them. */
static void add_pipe(struct walk *w)
{
	if (!w->pipes.n)
		w->pipes = w->one;
	else
		w->pipes.bytes += w->one.bytes;
	w->pipes.n++;
}

/* One may hold memory in two ways: a packet socket has queues and a ring. */
static void look_at(struct walk *w, struct file *file, unsigned int fd)
{
	struct la_holder *one = &w->one;

	memset(one, 0, sizeof(*one));
	if (!la_holder_of_file(file, one))
		return;
	if ((!one->bytes && !one->by_mapping) || !is_new(w, one->id))
		return;
	one->file = file;
	one->fd = fd;
	one->pid = w->task->tgid;
	rcu_read_lock();
	strscpy(one->comm, w->task->group_leader->comm, sizeof(one->comm));
	rcu_read_unlock();
	if (one->kind == LA_HELD_PIPE) {
		add_pipe(w);
		return;
	}
	one->n = 1;
	if (!one->by_mapping) {
		keep(w, one);
		return;
	}
	if (one->bytes) {
		/* What is in the queues is known now. */
		one->kind = LA_HELD_SOCKET;
		keep(w, one);
		one->kind = LA_HELD_PACKET_RING;
		one->bytes = 0;
	}
	keep_for_mapping(w);
}

static int visit_file(const void *data, struct file *file, unsigned int fd)
{
	struct walk *w = (struct walk *)data;

	w->h->files++;
	look_at(w, file, fd);
	if (++w->batch < BATCH)
		return 0;
	w->next = fd + 1;
	return 1;
}

/* A task's files; threads that share them have them looked at once. */
static void visit_files(struct walk *w)
{
	const struct files_struct *first = NULL;
	int more = 1;

	w->next = 0;
	w->pipes.n = 0;
	while (more && !is_late(w)) {
		struct files_struct *files;

		w->batch = 0;
		more = 0;
		task_lock(w->task);
		files = w->task->files;
		if (files && !first && (atomic_read(&files->count) == 1 || is_new(w, files)))
			first = files;
		if (files && files == first)
			more = iterate_fd(files, w->next, visit_file, w);
		task_unlock(w->task);
		cond_resched();
	}
	if (w->pipes.n)
		keep(w, &w->pipes);
	if (more)
		w->h->tasks_left++;
}

static void add_mapping(struct walk *w, const struct vm_area_struct *vma)
{
	unsigned long bytes = vma->vm_end - vma->vm_start;
	unsigned int i;

	for (i = 0; i < w->nr_by_mapping; i++) {
		struct la_holder *one = &w->by_mapping[i];

		if (one->file != vma->vm_file)
			continue;
		/* Each is of a block of pages of its own. */
		if (one->kind == LA_HELD_IO_URING)
			bytes = PAGE_SIZE << get_order(bytes);
		one->bytes += bytes;
	}
}

/* What is sized by how much of it is mapped. */
static void visit_mappings(struct walk *w)
{
	struct mm_struct *mm = get_task_mm(w->task);
	struct vm_area_struct *vma;
	unsigned long at = 0;
	unsigned int n = 0;

	if (!mm)
		return;
	if (!mmap_read_trylock(mm)) {
		w->h->missed += w->nr_by_mapping;
		mmput(mm);
		return;
	}
	while ((vma = find_vma(mm, at))) {
		at = vma->vm_end;
		if (vma->vm_file)
			add_mapping(w, vma);
		if (++n % BATCH)
			continue;
		cond_resched();
		if (is_late(w)) {
			w->h->missed += w->nr_by_mapping;
			break;
		}
	}
	mmap_read_unlock(mm);
	mmput(mm);
	for (n = 0; n < w->nr_by_mapping; n++)
		if (w->by_mapping[n].bytes)
			keep(w, &w->by_mapping[n]);
}

/* The thread with the next number from @nr on. */
static struct task_struct *get_task(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while (!task && (pid = idr_get_next(&init_pid_ns.idr, nr))) {
		task = pid_task(pid, PIDTYPE_PID);
		if (task)
			get_task_struct(task);
		(*nr)++;
	}
	rcu_read_unlock();
	return task;
}

static void visit_tasks(struct walk *w)
{
	int nr = 1;

	while ((w->task = get_task(&nr))) {
		if (is_late(w)) {
			w->h->tasks_left++;
		} else {
			w->h->tasks++;
			w->nr_by_mapping = 0;
			visit_files(w);
			if (w->nr_by_mapping)
				visit_mappings(w);
			keep_sums(w);
		}
		put_task_struct(w->task);
		cond_resched();
	}
}

static struct la_holders *take(void)
{
	struct la_holders *h = kvzalloc(sizeof(*h), GFP_KERNEL);
	struct walk *w = kvzalloc(sizeof(*w), GFP_KERNEL);
	ktime_t begin = ktime_get();

	if (!h || !w) {
		kvfree(h);
		kvfree(w);
		return NULL;
	}
	kref_init(&h->ref);
	w->h = h;
	w->deadline = ktime_add_ms(begin, MAX_MS);
	visit_tasks(w);
	h->us = ktime_us_delta(ktime_get(), begin);
	h->taken = jiffies;
	kvfree(w);
	return h;
}

static void release(struct kref *ref)
{
	kvfree(container_of(ref, struct la_holders, ref));
}

/**
 * la_holders_put() - a reader is done
 * @h: of la_holders_get(), or NULL
 */
void la_holders_put(struct la_holders *h)
{
	if (h)
		kref_put(&h->ref, release);
}

/**
 * la_holders_get() - who holds what; renewed when it is a second old
 *
 * Context: process.
 * Return: to be given to la_holders_put(); NULL when memory is short.
 */
struct la_holders *la_holders_get(void)
{
	struct la_holders *h;

	mutex_lock(&shared_mutex);
	if (!shared || time_after_eq(jiffies, shared->taken + RENEW_AFTER)) {
		h = take();
		if (h) {
			la_holders_put(shared);
			shared = h;
		}
	}
	h = shared;
	if (h)
		kref_get(&h->ref);
	mutex_unlock(&shared_mutex);
	return h;
}

/**
 * la_holders_kind_name() - as the files show it
 * @kind: the kind
 */
const char *la_holders_kind_name(enum la_held kind)
{
	return kind_names[kind];
}

/**
 * la_holders_init() - find what tells one file from another
 */
void la_holders_init(void)
{
	la_holder_files_init();
}

/**
 * la_holders_drop_shared() - the next reader sees what is now
 */
void la_holders_drop_shared(void)
{
	mutex_lock(&shared_mutex);
	la_holders_put(shared);
	shared = NULL;
	mutex_unlock(&shared_mutex);
}
