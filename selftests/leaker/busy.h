/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A busy driver: by each path of paths.h, pages.h and areas.h it allocates, and frees at once.
 * Two modules are made of it. With FORGETS it keeps one in so many for ever, at times that
 * nobody can tell before. Without, as often, it keeps one or frees one of those it kept, so
 * that there are 16 to 48 of them, which wander.
 *
 * /sys/kernel/debug/MODULE/run: "busy PATH N EVERY" allocates half to one and a half of N;
 * of EVERY one is kept, or looked at for that.
 * /sys/kernel/debug/MODULE/kept: "PATH FUNCTION CLASS ALLOCS KEPT", a row a path, but for
 * those of which there may be few only.
 *
 * Unloaded, it frees what it kept.
 */
#ifndef LA_TEST_BUSY_H
#define LA_TEST_BUSY_H

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "all_paths.h"
#include "line.h"

#define MOST_KEPT	1024
#define FEWEST		16
#define START		32
#define MANY		48

/* What kvmalloc() does for most: it is one of kmalloc's. */
static noinline void *leak_kvmalloc_of_slab(void)
{
	return made(kvmalloc(variable(1301), GFP_KERNEL));
}

static const struct la_path kvmalloc_path = {
	.name = "kvmalloc_of_slab", .requested = 1301,
	.alloc = leak_kvmalloc_of_slab, .free = free_by_kvfree,
};

#define NR_BUSY	(LA_NR_ALL_PATHS + 1)

static const struct la_path *busy_path(unsigned int i)
{
	return i < LA_NR_ALL_PATHS ? la_path_at(i) : &kvmalloc_path;
}

/* Of a path, under busy_lock. */
static struct busy {
	void *kept[MOST_KEPT];
	unsigned int n;
	unsigned long allocs;
	unsigned long until_next;
	u64 state;
} busy[NR_BUSY];

static DEFINE_MUTEX(busy_lock);
static struct dentry *busy_directory;

/* 0 to @n - 1, the same in each run. */
static unsigned long draw(struct busy *b, unsigned long n)
{
	b->state = b->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (b->state >> 33) % n;
}

/* Frees one of those that are kept. */
static void let_go(const struct la_path *path, struct busy *b)
{
	unsigned int i = draw(b, b->n);
	void *object = b->kept[i];

	b->kept[i] = b->kept[--b->n];
	la_path_free(path, &object, 1);
}

/* Is the object that this is about to be kept? */
static bool keeps(const struct la_path *path, struct busy *b)
{
#ifdef FORGETS
	return b->n < MOST_KEPT;
#else
	if (b->n < MANY && draw(b, 2))
		return true;
	if (b->n > FEWEST)
		let_go(path, b);
	return false;
#endif
}

/* Half to one and a half times @every, and then one more. */
static unsigned long next_time(struct busy *b, unsigned long every)
{
	return every / 2 + draw(b, every) + 1;
}

/* Frees @got objects, but for what is kept. */
static void free_most(const struct la_path *path, struct busy *b, void **objects,
		      unsigned int got, unsigned long every)
{
	unsigned int i;

	for (i = 0; i < got; i++) {
		if (--b->until_next)
			continue;
		b->until_next = next_time(b, every);
		if (!keeps(path, b))
			continue;
		b->kept[b->n++] = objects[i];
		objects[i--] = objects[--got];
	}
	if (got)
		la_path_free(path, objects, got);
}

/* The bounded set is there from the beginning: that it grows from nothing is not its way. */
static int begin(const struct la_path *path, struct busy *b, unsigned long every)
{
	b->state = b - busy + 1;
	b->until_next = next_time(b, every);
#ifndef FORGETS
	while (b->n < START) {
		if (!la_path_alloc(path, &b->kept[b->n], 1))
			return -ENOMEM;
		b->n++;
		b->allocs++;
	}
#endif
	return 0;
}

static int be_busy(const struct la_path *path, struct busy *b, unsigned long n,
		   unsigned long every)
{
	void *objects[LA_BATCH];
	unsigned int wanted, got;
	int err;

	if (!b->until_next) {
		err = begin(path, b, every);
		if (err)
			return err;
	}
	for (n = n / 2 + draw(b, n); n; n -= got) {
		wanted = min_t(unsigned long, n, LA_BATCH);
		got = la_path_alloc(path, objects, wanted);
		b->allocs += got;
		free_most(path, b, objects, got, every);
		if (got < wanted)
			return -ENOMEM;
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static int run_busy(const char *name, unsigned long n, unsigned long every)
{
	unsigned int i;

	for (i = 0; i < NR_BUSY; i++)
		if (!strcmp(name, busy_path(i)->name) && !busy_path(i)->most)
			return be_busy(busy_path(i), &busy[i], n, every);
	return -EINVAL;
}

static ssize_t run_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	char line[LA_LINE], name[32];
	unsigned long n, every;
	int err;

	err = la_line_get(line, user, count);
	if (err)
		return err;
	if (sscanf(line, "busy %31s %lu %lu", name, &n, &every) != 3 || !n || !every)
		return -EINVAL;
	mutex_lock(&busy_lock);
	err = run_busy(name, n, every);
	mutex_unlock(&busy_lock);
	return err ?: count;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int kept_show(struct seq_file *m, void *v)
{
	unsigned int i;

	mutex_lock(&busy_lock);
	for (i = 0; i < NR_BUSY; i++)
		if (!busy_path(i)->most)
			seq_printf(m, "%s leak_%s %s %lu %u\n", busy_path(i)->name,
				   busy_path(i)->name, busy_path(i)->class ?: "slab",
				   busy[i].allocs, busy[i].n);
	mutex_unlock(&busy_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kept);

static int __init busy_init(void)
{
	int err = la_paths_init();

	if (err)
		return err;
	busy_directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0200, busy_directory, NULL, &run_fops);
	debugfs_create_file("kept", 0400, busy_directory, NULL, &kept_fops);
	return 0;
}

static void __exit busy_exit(void)
{
	unsigned int i;

	debugfs_remove_recursive(busy_directory);
	for (i = 0; i < NR_BUSY; i++)
		while (busy[i].n)
			let_go(busy_path(i), &busy[i]);
	la_paths_exit();
}

module_init(busy_init);
module_exit(busy_exit);
MODULE_DESCRIPTION("A driver with much to do, for the tests of leakacct");
MODULE_LICENSE("GPL");

#endif /* LA_TEST_BUSY_H */
