// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shrinkers: what a module says that it can give back.
 *
 * A cache may grow as long as nobody needs the memory, if it has a shrinker: a function that
 * the kernel asks how many objects it could free, then to free some. It is asked the first
 * question only, as often in reclaim. Which objects are meant it doesn't say; so a caller is
 * believed to feed a cache if its module can free about as many as that caller has.
 * Shrinkers of the kernel itself are not asked: their caches are marked as reclaimable.
 */
#include "shrinkers.h"

#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "compat.h"
#include "symbols.h"

static struct list_head *shrinkers;
static struct rw_semaphore *lock;

/* "ext4_es_count [ext4]": is it that module's? */
static bool is_of(struct shrinker *s, const void *data)
{
	const char *module = data;
	char name[KSYM_SYMBOL_LEN];
	size_t len = strlen(module);
	const char *at;

	snprintf(name, sizeof(name), "%ps", s->count_objects);
	at = strrchr(name, '[');
	return at && !strncmp(at + 1, module, len) && at[1 + len] == ']';
}

static u64 ask(struct shrinker *s)
{
	struct shrink_control sc = { .gfp_mask = GFP_KERNEL };
	unsigned long n;
	u64 sum = 0;
	int node;

	for_each_online_node(node) {
		sc.nid = node;
		n = s->count_objects(s, &sc);
		/* SHRINK_STOP and SHRINK_EMPTY are the last two. */
		if (n < SHRINK_EMPTY)
			sum += n;
		if (!(s->flags & SHRINKER_NUMA_AWARE))
			break;
	}
	return sum;
}

/**
 * la_shrinkers_count() - objects that a module could free, if it had to
 * @module: its name
 * @n: gets the number; 0 also if that is never known
 *
 * Context: process; may sleep.
 * Return: 0, or -EBUSY: somebody has the list locked, and @n says nothing.
 */
int la_shrinkers_count(const char *module, u64 *n)
{
	*n = 0;
	return shrinkers ? la_compat_shrinkers_sum(shrinkers, lock, is_of, module, ask, n) : 0;
}

/**
 * la_shrinkers_were_asked() - were all of them asked for all they have, since the last call?
 *
 * That is what `echo 2 >/proc/sys/vm/drop_caches` does, and nothing else.
 *
 * Context: process; one at a time.
 */
bool la_shrinkers_were_asked(void)
{
	static unsigned long events[NR_VM_EVENT_ITEMS], before;
	bool asked;

	all_vm_events(events);
	asked = events[DROP_SLAB] != before;
	before = events[DROP_SLAB];
	return asked;
}

/**
 * la_shrinkers_init() - find the list
 */
void la_shrinkers_init(void)
{
	lock = (struct rw_semaphore *)la_symbols_address("shrinker_rwsem");
	if (lock || !LA_COMPAT_SHRINKERS_HAVE_LOCK)
		shrinkers = (struct list_head *)la_symbols_address("shrinker_list");
	la_shrinkers_were_asked();
}
