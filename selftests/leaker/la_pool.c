// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver with a page pool and a cache of page fragments, by /sys/kernel/debug/la_pool/run,
 * one command a line:
 *	pool N KEEP	take N pages out of the pool, keep KEEP of them and give back the others
 *	frag N EVERY	take N fragments of 1 kB and free them; of EVERY one is kept; 0: none
 *	free		give back, and free, what was kept
 *
 * /sys/kernel/debug/la_pool/pages: pages that the pool has, by its own counts, and how many of
 * them are kept.
 *
 * Unloaded it does not forget anything.
 */
#include <linux/bottom_half.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>

#include "../../module/compat/compat_pool.h"
#include "../../module/compat/compat_trial.h"
#include "line.h"

#define POOL_SIZE	1024	/* of the ring */
#define MOST		8192
#define FRAGMENT	1024
#define IN_FLIGHT	8	/* fragments */

static DEFINE_MUTEX(lock);
static struct page_pool *pool;
static struct page_frag_cache cache;
static struct page *pages[MOST], *taken[MOST];
static unsigned int nr_pages;
static void *fragments[MOST];
static unsigned int nr_fragments;
static unsigned long received;
static struct dentry *directory;

/* The barrier keeps the call from being a tail call. */
static noinline struct page *pool_take(void)
{
	struct page *page;

	/* As a driver's poll function does. */
	local_bh_disable();
	page = page_pool_dev_alloc_pages(pool);
	local_bh_enable();
	barrier();
	return page;
}

static noinline void *frag_take(void)
{
	void *fragment = page_frag_alloc(&cache, FRAGMENT, GFP_KERNEL);

	barrier();
	return fragment;
}

static int run_pool(unsigned long n, unsigned long keep)
{
	unsigned int i, got;

	if (n > MOST || keep > n || keep > MOST - nr_pages)
		return -ENOSPC;
	for (got = 0; got < n; got++) {
		taken[got] = pool_take();
		if (!taken[got])
			break;
	}
	for (i = 0; i < got; i++) {
		if (i < keep)
			pages[nr_pages++] = taken[i];
		else
			page_pool_put_full_page(pool, taken[i], false);
	}
	return got < n ? -ENOMEM : 0;
}

/* Is this one that is forgotten? */
static bool forgets(unsigned long every)
{
	return every && ++received % every == 0 && nr_fragments < MOST;
}

/* Some are in use at a time, as on their way through the network. */
static int run_frag(unsigned long n, unsigned long every)
{
	void *used[IN_FLIGHT] = { };
	unsigned long i;
	int err = 0;

	for (i = 0; i < n && !err; i++) {
		void **place = &used[i % IN_FLIGHT];

		if (*place)
			page_frag_free(*place);
		*place = frag_take();
		if (!*place) {
			err = -ENOMEM;
		} else if (forgets(every)) {
			fragments[nr_fragments++] = *place;
			*place = NULL;
		}
	}
	for (i = 0; i < IN_FLIGHT; i++)
		if (used[i])
			page_frag_free(used[i]);
	return err;
}

static void free_all(void)
{
	while (nr_pages)
		page_pool_put_full_page(pool, pages[--nr_pages], false);
	while (nr_fragments)
		page_frag_free(fragments[--nr_fragments]);
}

static int run_command(const char *verb, unsigned long n, unsigned long m)
{
	if (!strcmp(verb, "pool"))
		return run_pool(n, m);
	if (!strcmp(verb, "frag"))
		return run_frag(n, m);
	if (strcmp(verb, "free"))
		return -EINVAL;
	free_all();
	return 0;
}

static ssize_t run_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	return la_line_run(user, count, &lock, run_command);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int pages_show(struct seq_file *m, void *v)
{
	mutex_lock(&lock);
	seq_printf(m, "%u %u\n", pool->pages_state_hold_cnt -
		   (u32)atomic_read(&pool->pages_state_release_cnt), nr_pages);
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pages);

static int __init la_pool_init(void)
{
	const struct page_pool_params params = {
		.pool_size = POOL_SIZE,
		.nid = NUMA_NO_NODE,
	};

	pool = page_pool_create(&params);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0200, directory, NULL, &run_fops);
	debugfs_create_file("pages", 0400, directory, NULL, &pages_fops);
	return 0;
}

static void __exit la_pool_exit(void)
{
	debugfs_remove_recursive(directory);
	free_all();
	la_compat_page_frag_drain(&cache);
	page_pool_destroy(pool);
}

module_init(la_pool_init);
module_exit(la_pool_exit);
MODULE_DESCRIPTION("A driver with a page pool, for the tests of leakacct");
MODULE_LICENSE("GPL");
