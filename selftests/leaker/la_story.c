// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks as people have met them, whose content tells what they are:
 *
 * /proc/la_status: every read leaks the 4,096 bytes in which its text was made.
 * /sys/kernel/debug/la_story/leak: write N to leak N strings of 32 bytes of each of two
 * kinds, the paths of agents ("sbin/0123agt") and the names of points ("t.point.01234567");
 * /sys/kernel/debug/la_story/key: the same of something that must not be shown;
 * /sys/kernel/debug/la_story/coin: the same of two kinds, and /sys/kernel/debug/la_story/spend:
 * one more of each, which are freed: gold so that nothing of it is left, silver plainly;
 * /sys/kernel/debug/la_story/vault: N objects of a cache that may be merged with that of keys,
 * each by two callers: one whose name says which cache it is, one whose name does not. The
 * next of each points to the one before. They are freed at the unload;
 * /sys/kernel/debug/la_story/swap: N objects; then write 0: from then on each of them is freed,
 * and another one put in its place, when somebody is about to read it. The parameter
 * swapped says how many were.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/kmemleak.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/proc_fs.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#define STATUS_SIZE	4096
#define STRING_SIZE	32
#define SWAP_SIZE	96
#define MAX_SWAPS	64
#define MAX_NEXTS	4096
#define MAX_TRIES	100

/* As large as a key with the hole behind it. */
struct treasure {
	struct list_head list;
	char text[240];
};

static_assert(sizeof(struct treasure) == 256);

static struct dentry *directory;
static unsigned int nr_reads, nr_strings, nr_keys, nr_coins;
static struct kmem_cache *vault;
static LIST_HEAD(treasures);
static struct kmem_cache *swap_cache;
static void *firsts[MAX_SWAPS], *nexts[MAX_NEXTS];
static unsigned int nr_nexts;
static bool swap_armed;

static unsigned int swapped;
module_param(swapped, uint, 0444);
MODULE_PARM_DESC(swapped, "objects that another one's has taken the place of");
static char *last_made;

/* It is on purpose. */
static void forget(const void *object)
{
	if (object)
		kmemleak_not_leak(object);
}

static ssize_t status_read(struct file *file, char __user *user, size_t size, loff_t *pos)
{
	char *text = kmalloc(STATUS_SIZE, GFP_KERNEL);
	int len;

	if (!text)
		return -ENOMEM;
	forget(text);
	len = scnprintf(text, STATUS_SIZE, "la_status version 2 reads %u\nstate: well\n",
			nr_reads++);
	return simple_read_from_buffer(user, size, pos, text, len);
}

static const struct proc_ops status_ops = {
	.proc_read = status_read,
};

/* Keeps the call that made @object from being a tail call. */
#define DEFINE_STRING(_name, ...)					\
static noinline void _name(unsigned int i)				\
{									\
	char *object = kzalloc(STRING_SIZE, GFP_KERNEL);		\
									\
	if (object)							\
		snprintf(object, STRING_SIZE, __VA_ARGS__);		\
	forget(object);							\
	last_made = object;						\
}

DEFINE_STRING(leak_agent, "sbin/%04xagt", i * 2654435761u >> 16)
DEFINE_STRING(leak_point, "t.point.%08x", i * 2654435761u)
DEFINE_STRING(hide_treasure, "treasure island %u", i)
DEFINE_STRING(mint_gold, "gold coin %08x", i * 2654435761u)
DEFINE_STRING(mint_silver, "silver coin %08x", i * 2654435761u)

static ssize_t leak_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	unsigned int n;
	int err = kstrtouint_from_user(user, size, 0, &n);

	for (; !err && n; n--, nr_strings++) {
		leak_agent(nr_strings);
		leak_point(nr_strings);
	}
	return err ?: size;
}

static const struct file_operations leak_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = leak_write,
};

static ssize_t key_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	unsigned int n;
	int err = kstrtouint_from_user(user, size, 0, &n);

	for (; !err && n; n--)
		hide_treasure(nr_keys++);
	return err ?: size;
}

static const struct file_operations key_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = key_write,
};

static ssize_t coin_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	unsigned int n;
	int err = kstrtouint_from_user(user, size, 0, &n);

	for (; !err && n; n--, nr_coins++) {
		mint_gold(nr_coins);
		mint_silver(nr_coins);
	}
	return err ?: size;
}

static const struct file_operations coin_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = coin_write,
};

static ssize_t spend_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	mint_gold(nr_coins);
	kfree_sensitive(last_made);
	mint_silver(nr_coins++);
	kfree(last_made);
	return size;
}

static const struct file_operations spend_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = spend_write,
};

static void keep(struct treasure *t, const char *text)
{
	strscpy(t->text, text, sizeof(t->text));
	list_add(&t->list, &treasures);
}

static noinline int la_story_vault_fill(void)
{
	struct treasure *t = kmem_cache_zalloc(vault, GFP_KERNEL);

	if (t)
		keep(t, "banker of the vault");
	return t ? 0 : -ENOMEM;
}

static noinline int stash_away(void)
{
	struct treasure *t = kmem_cache_zalloc(vault, GFP_KERNEL);

	if (t)
		keep(t, "pirate with a stash");
	return t ? 0 : -ENOMEM;
}

static ssize_t vault_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	unsigned int n;
	int err = kstrtouint_from_user(user, size, 0, &n);

	for (; !err && n; n--)
		err = la_story_vault_fill() ?: stash_away();
	return err ?: size;
}

static const struct file_operations vault_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vault_write,
};

static noinline void *goes_first(void)
{
	char *object = kmem_cache_alloc(swap_cache, GFP_KERNEL);

	if (object)
		strscpy(object, "here first of all", SWAP_SIZE);
	return object;
}

static noinline void *comes_next(void)
{
	char *object = kmem_cache_alloc(swap_cache, GFP_ATOMIC);

	if (object)
		strscpy(object, "came after it", SWAP_SIZE);
	return object;
}

/*
 * The cache is nobody else's: when its other free slots are taken, this one is; but if it is in
 * the slab from which another CPU allocates.
 */
static void swap_one(void *object)
{
	unsigned int tries = 0;
	void *next = NULL;

	kmem_cache_free(swap_cache, object);
	while (next != object && nr_nexts < MAX_NEXTS && tries++ < MAX_TRIES) {
		next = comes_next();
		nexts[nr_nexts++] = next;
	}
	swapped += next == object;
}

static int before_copy(struct kprobe *p, struct pt_regs *regs)
{
	void *from = (void *)regs_get_kernel_argument(regs, 1);
	unsigned int i;

	for (i = 0; from && i < MAX_SWAPS; i++) {
		if (firsts[i] != from)
			continue;
		firsts[i] = NULL;
		swap_one(from);
		break;
	}
	return 0;
}

/* A cache with a constructor is not merged. */
static void clean_slot(void *slot)
{
	memset(slot, 0, SWAP_SIZE);
}

static struct kprobe copy_probe = {
	.symbol_name = "copy_from_kernel_nofault",
	.pre_handler = before_copy,
};

static int swap_make(unsigned int n)
{
	unsigned int i;

	if (!swap_cache)
		swap_cache = kmem_cache_create("la_story_swap", SWAP_SIZE, 0, 0, clean_slot);
	if (!swap_cache)
		return -ENOMEM;
	for (i = 0; i < min_t(unsigned int, n, MAX_SWAPS); i++)
		if (!firsts[i])
			firsts[i] = goes_first();
	return 0;
}

static int swap_arm(void)
{
	int err = swap_armed ? -EBUSY : register_kprobe(&copy_probe);

	swap_armed = swap_armed || !err;
	return err;
}

static ssize_t swap_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	unsigned int n;
	int err = kstrtouint_from_user(user, size, 0, &n);

	if (!err)
		err = n ? swap_make(n) : swap_arm();
	return err ?: size;
}

static const struct file_operations swap_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = swap_write,
};

static void swap_exit(void)
{
	unsigned int i;

	if (swap_armed)
		unregister_kprobe(&copy_probe);
	for (i = 0; i < MAX_SWAPS; i++)
		if (firsts[i])
			kmem_cache_free(swap_cache, firsts[i]);
	for (i = 0; i < nr_nexts; i++)
		if (nexts[i])
			kmem_cache_free(swap_cache, nexts[i]);
	kmem_cache_destroy(swap_cache);
}

static int __init la_story_init(void)
{
	/* As the cache of keys is made. */
	vault = kmem_cache_create("la_story_vault", sizeof(struct treasure), 0,
				  SLAB_HWCACHE_ALIGN, NULL);
	if (!vault)
		return -ENOMEM;
	if (!proc_create("la_status", 0444, NULL, &status_ops)) {
		kmem_cache_destroy(vault);
		return -ENOMEM;
	}
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("leak", 0200, directory, NULL, &leak_fops);
	debugfs_create_file("key", 0200, directory, NULL, &key_fops);
	debugfs_create_file("coin", 0200, directory, NULL, &coin_fops);
	debugfs_create_file("spend", 0200, directory, NULL, &spend_fops);
	debugfs_create_file("vault", 0200, directory, NULL, &vault_fops);
	debugfs_create_file("swap", 0200, directory, NULL, &swap_fops);
	return 0;
}

static void __exit la_story_exit(void)
{
	struct treasure *t, *next;

	remove_proc_entry("la_status", NULL);
	debugfs_remove_recursive(directory);
	swap_exit();
	list_for_each_entry_safe(t, next, &treasures, list)
		kmem_cache_free(vault, t);
	kmem_cache_destroy(vault);
}

module_init(la_story_init);
module_exit(la_story_exit);
MODULE_DESCRIPTION("Leaks whose content tells what they are, for the tests of leakacct");
MODULE_LICENSE("GPL");
