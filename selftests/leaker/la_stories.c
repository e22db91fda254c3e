// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers of the stories that leakacct is for, by /sys/kernel/debug/la_stories/run, one
 * command a line:
 *	packets N EVERY	take N packets, each a 72-byte TSPacket and its skb, and free them; of
 *			EVERY of these one is forgotten, with its skb
 *	cache N		put N objects into a cache, which a shrinker takes them out of
 *	drop N		let the cache give N objects back
 *	reclaimable N	keep N objects for ever that say they can be had back
 *	namesake N	keep N objects for ever, by a function that is named as one of kmemleak's
 *
 * What was forgotten is freed at the unload, so that the next test finds the machine as it was.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "../../module/compat/compat.h"
#include "../../module/compat/compat_trial.h"
#include "line.h"

#define SKB_BYTES	1500

struct tspacket {
	struct list_head list;
	struct sk_buff *skb;
	char stream[48];
};

static_assert(sizeof(struct tspacket) == 72);

struct entry {
	struct list_head list;
	char key[80];
};

static DEFINE_MUTEX(lock);
static struct kmem_cache *tspacket_cache;
static LIST_HEAD(forgotten);
static LIST_HEAD(entries);
static LIST_HEAD(not_given_back);
static unsigned long nr_entries;
static unsigned long received;
static struct dentry *directory;
static struct shrinker *shrinker;

static noinline struct tspacket *tspkt_get(void)
{
	struct tspacket *packet = kmem_cache_zalloc(tspacket_cache, GFP_KERNEL);

	if (!packet)
		return NULL;
	packet->skb = alloc_skb(SKB_BYTES, GFP_KERNEL);
	if (packet->skb)
		return packet;
	kmem_cache_free(tspacket_cache, packet);
	return NULL;
}

static void free_packet(struct tspacket *packet)
{
	kfree_skb(packet->skb);
	kmem_cache_free(tspacket_cache, packet);
}

static int run_packets(unsigned long n, unsigned long every)
{
	for (; n; n--) {
		struct tspacket *packet = tspkt_get();

		if (!packet)
			return -ENOMEM;
		if (every && ++received % every == 0)
			list_add(&packet->list, &forgotten);
		else
			free_packet(packet);
		cond_resched();
	}
	return 0;
}

static noinline struct entry *cache_get(void)
{
	struct entry *e = kmalloc(sizeof(*e), GFP_KERNEL);

	barrier();
	return e;
}

static noinline struct entry *reclaimable_get(void)
{
	struct entry *e = kmalloc(sizeof(*e), GFP_KERNEL | __GFP_RECLAIMABLE);

	barrier();
	return e;
}

/* kmemleak's of that name is excused. */
static noinline struct entry *create_object(void)
{
	struct entry *e = kmalloc(sizeof(*e), GFP_KERNEL);

	barrier();
	return e;
}

static int keep(unsigned long n, struct entry *(*get)(void), struct list_head *list)
{
	for (; n; n--) {
		struct entry *e = get();

		if (!e)
			return -ENOMEM;
		list_add(&e->list, list);
		if (list == &entries)
			WRITE_ONCE(nr_entries, nr_entries + 1);
	}
	return 0;
}

static unsigned long drop(unsigned long n)
{
	struct entry *e, *next;
	unsigned long freed = 0;

	list_for_each_entry_safe_reverse(e, next, &entries, list) {
		if (freed == n)
			break;
		list_del(&e->list);
		kfree(e);
		freed++;
	}
	WRITE_ONCE(nr_entries, nr_entries - freed);
	return freed;
}

static unsigned long count_entries(struct shrinker *s, struct shrink_control *sc)
{
	return READ_ONCE(nr_entries);
}

static unsigned long scan_entries(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed;

	if (!mutex_trylock(&lock))
		return SHRINK_STOP;
	freed = drop(sc->nr_to_scan);
	mutex_unlock(&lock);
	return freed;
}

static int run_command(const char *verb, unsigned long n, unsigned long every)
{
	if (!strcmp(verb, "packets"))
		return run_packets(n, every);
	if (!strcmp(verb, "cache"))
		return keep(n, cache_get, &entries);
	if (!strcmp(verb, "reclaimable"))
		return keep(n, reclaimable_get, &not_given_back);
	if (!strcmp(verb, "namesake"))
		return keep(n, create_object, &not_given_back);
	if (strcmp(verb, "drop"))
		return -EINVAL;
	drop(n);
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

static int __init la_stories_init(void)
{
	tspacket_cache = kmem_cache_create("TSPacket", sizeof(struct tspacket), 0, 0, NULL);
	if (!tspacket_cache)
		return -ENOMEM;
	shrinker = la_compat_shrinker_add(count_entries, scan_entries, KBUILD_MODNAME);
	if (!shrinker) {
		kmem_cache_destroy(tspacket_cache);
		return -ENOMEM;
	}
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0200, directory, NULL, &run_fops);
	return 0;
}

static void __exit la_stories_exit(void)
{
	struct entry *e, *next_entry;
	struct tspacket *packet, *next;

	debugfs_remove_recursive(directory);
	la_compat_shrinker_remove(shrinker);
	drop(ULONG_MAX);
	list_for_each_entry_safe(packet, next, &forgotten, list)
		free_packet(packet);
	list_for_each_entry_safe(e, next_entry, &not_given_back, list)
		kfree(e);
	kmem_cache_destroy(tspacket_cache);
}

module_init(la_stories_init);
module_exit(la_stories_exit);
MODULE_DESCRIPTION("Leaking drivers and a cache that is none, for the tests of leakacct");
MODULE_LICENSE("GPL");
