// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks on request, a known number of objects by a known path.
 *
 * /sys/kernel/debug/la_leaker/run, one command a line:
 *	leak PATH N	allocate N and keep them
 *	free PATH	free what was kept, by the path's own free
 *	thin PATH	the same with every second of it
 *	hold PATH	the same before RCU may free any of it; by what doesn't sleep
 *	replace PATH N	free the oldest N of those, and allocate as many
 *	churn PATH N	allocate N and free them at once
 *	again PATH N	as leak, with pages that come again though no kprobe saw them freed;
 *			fails if they don't
 *	free null N	kfree(NULL), N times
 * PATH is a name of paths.h, pages.h or areas.h; `all`, those of paths.h; all_page,
 * all_vmalloc or all_percpu, those of that class; or `pages`: blocks of 64 kB from
 * alloc_pages(), which no counter of the kernel claims. Of a path that has a limit no
 * more than that many are kept.
 *
 * /sys/kernel/debug/la_leaker/expect: what leakacct must find, a row a path:
 *	path function objects bytes requested allocs frees slot class most pieces
 * `slot` is what one object takes, `pieces` how many leakacct may show for it.
 *
 * Unloaded it frees what it kept, but with keep=1, which is a real leak.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include "all_paths.h"
#include "line.h"

#define PAGES_ORDER	4
#define UNSEEN_ORDER	3

static bool keep;
module_param(keep, bool, 0444);
MODULE_PARM_DESC(keep, "leave what was leaked behind when unloaded");

/* What was done by one path, under @lock. */
struct account {
	void *kept;
	unsigned long live;
	unsigned long allocs;
	unsigned long frees;
	size_t slot;
	size_t array;			/* beside it: areas.h */
};

static DEFINE_MUTEX(lock);
static struct account accounts[LA_NR_ALL_PATHS];
static LIST_HEAD(pages);
static unsigned long nr_pages;
static struct dentry *directory;

/* What was asked for. */
static size_t requested(const struct la_path *path)
{
	return path->cache ? kmem_cache_size(*path->cache) : path->requested;
}

/* The same as leakacct knows it: of areas maybe in pages. */
static size_t known(size_t requested, const char *class)
{
	return LA_COMPAT_VMALLOC_BY_AREA && class && !strcmp(class, "vmalloc") ?
	       PAGE_ALIGN(requested) : requested;
}

/* What one takes: a slot, an area for each CPU that there may be, or whole pages. */
static void measure(const struct la_path *path, struct account *account, void *object)
{
	if (!path->class) {
		account->slot = ksize(object);
	} else if (path->content) {
		account->slot = requested(path) * num_possible_cpus();
	} else if (is_vmalloc_addr(object)) {
		account->slot = area_pages(object) * PAGE_SIZE;
		account->array = area_array(object);
	} else {
		account->slot = PAGE_ALIGN(path->requested);
	}
}

static struct la_object *content(const struct la_path *path, void *object)
{
	return path->content ? path->content(object) : object;
}

static void fill(const struct la_path *path, struct la_object *object)
{
	size_t size = path->requested ?: requested(path);

	object->code = path->alloc ? (void *)path->alloc : (void *)path->alloc_bulk;
	snprintf(object->text, size - sizeof(*object), "planted %s", path->name);
}

/* How many of @n more there is room for. */
static unsigned long room(const struct la_path *path, const struct account *account,
			  unsigned long n)
{
	if (!path->most)
		return n;
	return account->live < path->most ? min(n, path->most - account->live) : 0;
}

static int leak(const struct la_path *path, struct account *account, unsigned long n)
{
	void *objects[LA_BATCH];
	unsigned int i, wanted, got;

	for (n = room(path, account, n); n; n -= got) {
		wanted = min_t(unsigned long, n, LA_BATCH);
		got = la_path_alloc(path, objects, wanted);
		for (i = 0; i < got; i++) {
			struct la_object *object = content(path, objects[i]);

			fill(path, object);
			object->next = account->kept;
			account->kept = objects[i];
		}
		account->live += got;
		account->allocs += got;
		if (got)
			measure(path, account, objects[0]);
		if (got < wanted)
			return -ENOMEM;
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

/* Frees all that are linked from @at on; @held: nobody may sleep. */
static void free_from(const struct la_path *path, struct account *account, void **at, bool held)
{
	void *objects[LA_BATCH];
	unsigned int n;

	while (*at) {
		for (n = 0; n < LA_BATCH && *at; n++) {
			objects[n] = *at;
			*at = content(path, *at)->next;
		}
		la_path_free(path, objects, n);
		account->live -= n;
		account->frees += n;
		if (!held)
			cond_resched_tasks_rcu_qs();
	}
}

/* What lives and what is free lie side by side then. */
static void thin(const struct la_path *path, struct account *account)
{
	void *object, *next;

	for (object = account->kept; object; object = content(path, object)->next) {
		next = content(path, object)->next;
		if (!next)
			break;
		content(path, object)->next = content(path, next)->next;
		la_path_free(path, &next, 1);
		account->live--;
		account->frees++;
		cond_resched_tasks_rcu_qs();
	}
}

/* Nothing that RCU frees comes back before all is handed over. */
static void hold_all(const struct la_path *path, struct account *account)
{
	rcu_read_lock();
	free_from(path, account, &account->kept, true);
	rcu_read_unlock();
}

static int replace(const struct la_path *path, struct account *account, unsigned long n)
{
	unsigned long young = account->live - min(n, account->live);
	void **at = &account->kept;

	/* The youngest comes first. */
	while (young--)
		at = (void **)&content(path, *at)->next;
	free_from(path, account, at, false);
	return leak(path, account, n);
}

/*
 * What stays behind is leaked on purpose: kmemleak, where there is one, need not tell. Of
 * pages it knows nothing.
 */
static void confess(const struct la_path *path, const struct account *account)
{
	const struct la_object *object;

	if (path->class && strcmp(path->class, "vmalloc"))
		return;
	for (object = account->kept; object; object = object->next)
		kmemleak_not_leak(object);
}

static int churn(const struct la_path *path, struct account *account, unsigned long n)
{
	void *objects[LA_BATCH];
	unsigned int wanted, got;

	if (!room(path, account, 1))
		return -ENOSPC;
	for (; n; n -= got) {
		wanted = room(path, account, min_t(unsigned long, n, LA_BATCH));
		got = la_path_alloc(path, objects, wanted);
		if (got)
			measure(path, account, objects[0]);
		la_path_free(path, objects, got);
		account->allocs += got;
		account->frees += got;
		if (got < wanted)
			return -ENOMEM;
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static noinline struct page *leak_unseen(void)
{
	return made(alloc_page(GFP_KERNEL));
}

/* Single pages, which this CPU will give out next. */
static void free_unseen(unsigned int n)
{
	struct page *batch[LA_BATCH];
	unsigned int i;

	for (i = 0; i < n; i++) {
		batch[i] = leak_unseen();
		if (!batch[i])
			break;
	}
	la_free_blocks(batch, i, 0);
}

/*
 * Single pages that lie side by side are freed as the block that they once were, which this
 * CPU will give out next: each of them was somebody's.
 */
static void free_unseen_as_one(void)
{
	struct page *block = alloc_pages(GFP_KERNEL, UNSEEN_ORDER), *page[1 << UNSEEN_ORDER];
	unsigned int i, found = 0;

	if (!block)
		return;
	split_page(block, UNSEEN_ORDER);
	for (i = 0; i < ARRAY_SIZE(page); i++)
		__free_page(block + i);
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = leak_unseen();
		found += page[i] >= block && page[i] < block + ARRAY_SIZE(page);
	}
	if (found < ARRAY_SIZE(page)) {
		for (i = 0; i < ARRAY_SIZE(page); i++)
			if (page[i])
				__free_page(page[i]);
		return;
	}
	for (i = 1; i < ARRAY_SIZE(page); i++)
		set_page_count(block + i, 0);
	la_free_blocks(&block, 1, UNSEEN_ORDER);
}

/* How many of the @n youngest. */
static unsigned int came_again(const struct account *account, unsigned int n)
{
	const struct la_object *object = account->kept;
	unsigned int came = 0;

	for (; object && n; object = object->next, n--)
		came += la_was_freed_unseen(virt_to_page(object));
	return came;
}

/* A path that allocates by the number of a page sees to that itself, one by one. */
static int again(const struct la_path *path, struct account *account, unsigned long n)
{
	unsigned long left, came = 0;
	unsigned int batch;
	int err;

	if (!path->class || strcmp(path->class, "page"))
		return -EINVAL;
	err = la_unseen_begin();
	for (left = n; left && !err; left -= batch) {
		batch = path->alloc_bulk ? min_t(unsigned long, left, LA_BATCH) : 1;
		if (path->alloc_bulk)
			free_unseen(batch);
		else if (path->pieces)
			free_unseen_as_one();
		err = leak(path, account, batch);
		came += came_again(account, batch);
	}
	la_unseen_end();
	return err ?: came < n / 2 ? -EAGAIN : 0;
}

static noinline struct page *leak_pages(void)
{
	return made(alloc_pages(GFP_KERNEL, PAGES_ORDER));
}

static void free_pages_kept(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &pages, lru) {
		list_del(&page->lru);
		__free_pages(page, PAGES_ORDER);
	}
	nr_pages = 0;
}

static int run_pages(const char *verb, unsigned long n)
{
	struct page *page;

	if (!strcmp(verb, "free")) {
		free_pages_kept();
		return 0;
	}
	if (strcmp(verb, "leak"))
		return -EINVAL;
	for (; n; n--) {
		page = leak_pages();
		if (!page)
			return -ENOMEM;
		list_add(&page->lru, &pages);
		nr_pages++;
	}
	return 0;
}

static int run_path(unsigned int i, const char *verb, unsigned long n)
{
	if (!strcmp(verb, "leak"))
		return leak(la_path_at(i), &accounts[i], n);
	if (!strcmp(verb, "again"))
		return again(la_path_at(i), &accounts[i], n);
	if (!strcmp(verb, "churn"))
		return churn(la_path_at(i), &accounts[i], n);
	if (!strcmp(verb, "replace"))
		return replace(la_path_at(i), &accounts[i], n);
	if (!strcmp(verb, "hold"))
		hold_all(la_path_at(i), &accounts[i]);
	else if (!strcmp(verb, "thin"))
		thin(la_path_at(i), &accounts[i]);
	else if (!strcmp(verb, "free"))
		free_from(la_path_at(i), &accounts[i], &accounts[i].kept, false);
	else
		return -EINVAL;
	return 0;
}

/* Is the path meant by @name, its own or that of many? */
static bool is_meant(const struct la_path *path, const char *name)
{
	if (!strcmp(name, path->name))
		return true;
	if (!path->class)
		return !strcmp(name, "all");
	return strstarts(name, "all_") && !strcmp(name + strlen("all_"), path->class);
}

static void free_null(unsigned long n)
{
	void *none = NULL;

	for (; n; n--) {
		OPTIMIZER_HIDE_VAR(none);
		kfree(none);
	}
}

static int run_command(const char *verb, const char *name, unsigned long n)
{
	bool found = false;
	unsigned int i;
	int err;

	if (!strcmp(verb, "free") && !strcmp(name, "null")) {
		free_null(n);
		return 0;
	}
	if (!strcmp(name, "pages"))
		return run_pages(verb, n);
	for (i = 0; i < ARRAY_SIZE(accounts); i++) {
		if (!is_meant(la_path_at(i), name))
			continue;
		found = true;
		err = run_path(i, verb, n);
		if (err)
			return err;
	}
	return found ? 0 : -EINVAL;
}

static ssize_t run_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	char line[LA_LINE], verb[16], name[32];
	unsigned long n = 0;
	int err, fields;

	err = la_line_get(line, user, count);
	if (err)
		return err;
	fields = sscanf(line, "%15s %31s %lu", verb, name, &n);
	if (fields < 2)
		return -EINVAL;
	mutex_lock(&lock);
	err = run_command(verb, name, n);
	mutex_unlock(&lock);
	return err ?: count;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int expect_show(struct seq_file *m, void *v)
{
	unsigned int i;

	mutex_lock(&lock);
	seq_puts(m, "# path function objects bytes requested allocs frees slot class most pieces\n");
	for (i = 0; i < ARRAY_SIZE(accounts); i++) {
		const struct la_path *path = la_path_at(i);
		const struct account *a = &accounts[i];
		const char *class = a->slot > KMALLOC_MAX_CACHE_SIZE ? "large" : "slab";

		seq_printf(m, "%s leak_%s %lu %lu %lu %lu %lu %zu %s %u %u\n", path->name,
			   path->name, a->live, a->live * (a->slot + PAGE_ALIGN(a->array)),
			   a->live * (known(requested(path), path->class) +
				      known(a->array, path->class)),
			   a->allocs * (path->allocs ?: 1), a->frees, a->slot,
			   path->class ?: class, path->most, path->pieces ?: 1);
	}
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(expect);

static int __init la_leaker_init(void)
{
	int err = la_paths_init();

	if (err)
		return err;
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0200, directory, NULL, &run_fops);
	debugfs_create_file("expect", 0400, directory, NULL, &expect_fops);
	return 0;
}

static bool caches_in_use(void)
{
	unsigned int i;

	for (i = 0; i < LA_NR_PATHS; i++)
		if (la_paths[i].cache && accounts[i].live)
			return true;
	return false;
}

static void __exit la_leaker_exit(void)
{
	unsigned int i;

	debugfs_remove_recursive(directory);
	free_pages_kept();
	for (i = 0; i < ARRAY_SIZE(accounts); i++) {
		if (keep)
			confess(la_path_at(i), &accounts[i]);
		else
			free_from(la_path_at(i), &accounts[i], &accounts[i].kept, false);
	}
	/* A cache in use can't be destroyed: it is leaked as well. */
	if (!caches_in_use())
		la_paths_exit();
}

module_init(la_leaker_init);
module_exit(la_leaker_exit);
MODULE_DESCRIPTION("Leaks by each path on request, for the tests of leakacct");
MODULE_LICENSE("GPL");
