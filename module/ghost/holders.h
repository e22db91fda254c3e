/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holders: who holds memory by an open file that no counter claims.
 */
#ifndef LEAKACCT_HOLDERS_H
#define LEAKACCT_HOLDERS_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/sched.h>
#include <linux/types.h>

/* What kinds of files there are that hold memory, in the order in which they are shown. */
enum la_held {
	LA_HELD_SOCKET,		/* what waits in its queues */
	LA_HELD_PACKET_RING,	/* AF_PACKET's and AF_XDP's, as far as they are mapped */
	LA_HELD_PIPE,
	LA_HELD_IO_URING,
	LA_HELD_BPF,		/* maps */
	LA_HELD_PERF,
	LA_HELD_DMABUF,
	LA_NR_HELD
};

#define LA_HOLDER_TEXT	208
#define LA_HOLDERS_TOP	6	/* of each kind are named */

/**
 * struct la_holder - one file that holds memory
 * @id: what tells it from others, however many files lead there; never followed
 * @file: the same; whose mappings count
 * @bytes: that it holds
 * @n: files that this stands for: pipes of one process are one
 * @kind: of what
 * @by_mapping: @bytes are those that the process has mapped of it
 * @pid: of the first process that was found to have it open
 * @fd: there
 * @comm: that process's name
 * @text: what it is, for people
 */
struct la_holder {
	const void *id;
	const struct file *file;
	u64 bytes;
	unsigned int n;
	enum la_held kind;
	bool by_mapping;
	pid_t pid;
	unsigned int fd;
	char comm[TASK_COMM_LEN];
	char text[LA_HOLDER_TEXT];
};

/**
 * struct la_holder_task - what one process holds of a kind
 * @bytes: in all
 * @n: in so many files
 * @pid: of the process
 * @comm: its name
 */
struct la_holder_task {
	u64 bytes;
	u64 n;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct la_holders_kind - all of one kind
 * @n: that hold something
 * @bytes: of all of these
 * @most: the process that holds most of it
 * @nr_top: in @top
 * @top: the largest, largest first
 */
struct la_holders_kind {
	u64 n;
	u64 bytes;
	struct la_holder_task most;
	unsigned int nr_top;
	struct la_holder top[LA_HOLDERS_TOP];
};

/**
 * struct la_holders - the result of one walk
 * @ref: of readers
 * @taken: jiffies at its end
 * @kinds: what was found
 * @tasks: threads that were passed
 * @files: that were looked at
 * @missed: that weren't counted, for lack of room or because a lock was held
 * @tasks_left: threads that the walk had no time for
 * @us: what it took
 */
struct la_holders {
	struct kref ref;
	unsigned long taken;
	struct la_holders_kind kinds[LA_NR_HELD];
	u64 tasks;
	u64 files;
	u64 missed;
	u64 tasks_left;
	u64 us;
};

void la_holders_init(void);
struct la_holders *la_holders_get(void);
void la_holders_put(struct la_holders *h);
void la_holders_drop_shared(void);
const char *la_holders_kind_name(enum la_held kind);

/* holder_files.c */
void la_holder_files_init(void);
bool la_holder_of_file(struct file *file, struct la_holder *h);

/* view_holders.c */
struct la_ledger;
struct la_snapshot;
struct seq_file;
void la_holders_show(struct seq_file *m, const struct la_holders *h,
		     const struct la_snapshot *snap, const struct la_ledger *l);
void la_holders_show_first(struct seq_file *m, const struct la_holders *h,
			   const struct la_snapshot *snap, const struct la_ledger *l);

#endif /* LEAKACCT_HOLDERS_H */
