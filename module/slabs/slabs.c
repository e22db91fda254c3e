// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs: the caches that there are, with all their names.
 *
 * The caches come from the kernel's own list, under its mutex. The allocator
 * keeps one name for a merged cache, its first creator's; all names are links in
 * /sys/kernel/slab to a directory that carries the cache's unique id, so they
 * are read there. A link stays when its cache is destroyed: more links than
 * users means that some are leftovers.
 */
#include "slabs.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/list.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "compat.h"
#include "layout.h"
#include "symbols.h"
#include "text.h"

#define SYSFS_SLAB	"/sys/kernel/slab"

static void no_slabinfo(struct kmem_cache *s, struct la_compat_slabinfo *info)
{
}

DEFINE_STATIC_CALL(la_get_slabinfo, no_slabinfo);

static struct list_head *slab_caches;
static struct mutex *slab_mutex;
static bool has_slabinfo;

/**
 * la_slabs_init() - find the kernel's list of caches
 */
void la_slabs_init(void)
{
	unsigned long addr = la_symbols_address("get_slabinfo");

	slab_caches = (struct list_head *)la_symbols_address("slab_caches");
	slab_mutex = (struct mutex *)la_symbols_address("slab_mutex");
	has_slabinfo = addr;
	if (addr)
		static_call_update(la_get_slabinfo, (typeof(no_slabinfo) *)addr);
}

static void fill(struct la_slab *slab, struct kmem_cache *s)
{
	struct la_compat_slabinfo info = { };

	static_call(la_get_slabinfo)(s, &info);
	slab->s = s;
	strscpy(slab->name, la_layout_cache_name(s), sizeof(slab->name));
	strscpy(slab->id, la_layout_cache_sysfs_name(s) ?: "", sizeof(slab->id));
	slab->refcount = la_layout_cache_refcount(s);
	slab->objects = info.active_objs;
	slab->size = la_compat_cache_size(s);
	slab->object_size = la_compat_cache_object_size(s);
	slab->slab_bytes = (u64)info.num_slabs << (PAGE_SHIFT + info.cache_order);
}

static int list_caches(struct la_slab **slabs, unsigned int *n)
{
	struct list_head *at;
	unsigned int max = 0;

	*n = 0;
	if (!slab_caches || !slab_mutex || !has_slabinfo || !la_layout_known)
		return -EOPNOTSUPP;
	mutex_lock(slab_mutex);
	list_for_each(at, slab_caches)
		max++;
	mutex_unlock(slab_mutex);

	/* Not under the mutex: an allocation may need it to reclaim. */
	max += 16;
	*slabs = kvcalloc(max, sizeof(**slabs), GFP_KERNEL);
	if (!*slabs)
		return -ENOMEM;
	mutex_lock(slab_mutex);
	list_for_each(at, slab_caches) {
		if (*n == max)
			break;
		fill(&(*slabs)[(*n)++], la_layout_cache_in_list(at));
	}
	mutex_unlock(slab_mutex);
	return 0;
}

/**
 * la_slabs_pages() - the pages of all slabs
 * @pages: the result
 *
 * Context: process.
 * Return: 0, or -EOPNOTSUPP when this kernel's list can't be found.
 */
int la_slabs_pages(s64 *pages)
{
	struct list_head *at;

	*pages = 0;
	if (!slab_caches || !slab_mutex || !has_slabinfo || !la_layout_known)
		return -EOPNOTSUPP;
	mutex_lock(slab_mutex);
	list_for_each(at, slab_caches) {
		struct la_compat_slabinfo info = { };

		static_call(la_get_slabinfo)(la_layout_cache_in_list(at), &info);
		*pages += (s64)info.num_slabs << info.cache_order;
	}
	mutex_unlock(slab_mutex);
	return 0;
}

struct names {
	struct dir_context ctx;
	char (*names)[LA_CACHE_NAME_LEN];
	unsigned int n;
	unsigned int max;
};

static la_compat_filldir_result add_name(struct dir_context *ctx, const char *name, int len,
					 loff_t at, u64 ino, unsigned int type)
{
	struct names *names = container_of(ctx, struct names, ctx);

	/* Directories are the caches themselves; links are names. */
	if (type == DT_LNK && names->n < names->max && len < LA_CACHE_NAME_LEN) {
		memcpy(names->names[names->n], name, len);
		names->names[names->n++][len] = '\0';
	}
	return LA_COMPAT_FILLDIR_GO_ON;
}

static struct la_slab *by_id(struct la_slab *slabs, unsigned int n, const char *id)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!strcmp(slabs[i].id, id))
			return &slabs[i];
	return NULL;
}

static void add_name_of(struct la_slab *slab, const char *name)
{
	char word[4 * LA_CACHE_NAME_LEN], *longer;

	la_text_escape(word, sizeof(word), name);
	longer = slab->aliases ? kasprintf(GFP_KERNEL, "%s,%s", slab->aliases, word) :
		 kstrdup(word, GFP_KERNEL);
	if (!longer)
		return;
	kfree(slab->aliases);
	slab->aliases = longer;
	slab->nr_aliases++;
}

/*
 * The link is asked where it leads, not looked up: that would make an inode and a dentry of
 * each, in the memory that is looked at.
 */
static void add_alias(struct la_slab *slabs, unsigned int n, struct kernfs_node *directory,
		      const char *name)
{
	struct kernfs_node *link = kernfs_find_and_get(directory, name);
	char target[LA_CACHE_NAME_LEN];
	struct la_slab *slab;

	if (!link)
		return;
	if (kernfs_type(link) == KERNFS_LINK) {
		la_compat_kernfs_name(link->symlink.target_kn, target, sizeof(target));
		slab = by_id(slabs, n, target);
		if (slab)
			add_name_of(slab, name);
	}
	kernfs_put(link);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int read_aliases(struct la_slab *slabs, unsigned int n, struct file *dir,
			struct names *names)
{
	unsigned int i;
	int err;

	/* Somebody may have put something else there. */
	if (file_inode(dir)->i_sb->s_magic != SYSFS_MAGIC)
		return -ENOENT;
	err = iterate_dir(dir, &names->ctx);
	sort(names->names, names->n, sizeof(*names->names), compare_names, NULL);
	for (i = 0; i < names->n; i++)
		add_alias(slabs, n, file_inode(dir)->i_private, names->names[i]);
	return err;
}

static int add_aliases(struct la_slab *slabs, unsigned int n)
{
	struct names names = { .ctx.actor = add_name, .max = LA_MAX_CACHES };
	struct file *dir = filp_open(SYSFS_SLAB, O_RDONLY | O_DIRECTORY, 0);
	int err = -ENOMEM;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	names.names = kvcalloc(names.max, sizeof(*names.names), GFP_KERNEL);
	if (names.names)
		err = read_aliases(slabs, n, dir, &names);
	kvfree(names.names);
	fput(dir);
	return err;
}

/**
 * la_slabs_list() - all caches
 * @slabs: gets an array for la_slabs_free()
 * @n: gets its length
 * @no_sysfs: gets whether the aliases could not be read; NULL: they are not wanted
 *
 * Context: process; /sys is looked up as the caller sees it.
 * Return: 0, -ENOMEM, or -EOPNOTSUPP when this kernel's list can't be found.
 */
int la_slabs_list(struct la_slab **slabs, unsigned int *n, bool *no_sysfs)
{
	int err = list_caches(slabs, n);

	if (!err && no_sysfs)
		*no_sysfs = add_aliases(*slabs, *n);
	return err;
}

/**
 * la_slabs_free() - free what la_slabs_list() made
 * @slabs: the array
 * @n: its length
 */
void la_slabs_free(struct la_slab *slabs, unsigned int n)
{
	while (n)
		kfree(slabs[--n].aliases);
	kvfree(slabs);
}
