/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: open files, what they hold, and shrinkers. See compat.h.
 */
#ifndef LEAKACCT_COMPAT_HELD_H
#define LEAKACCT_COMPAT_HELD_H

#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/shrinker.h>

#include "compat_version.h"

/* sparse does not like that header. */
#if defined(LA_HAS_IO_URING_TYPES) && !defined(__CHECKER__)
#define LA_COMPAT_HAS_IO_URING
#include <linux/io_uring_types.h>
#endif

/* Directory entries: go on, as an int or a bool. */
#if LA_SINCE(6, 1)
#define la_compat_filldir_result	bool
#define LA_COMPAT_FILLDIR_GO_ON		true
#else
#define la_compat_filldir_result	int
#define LA_COMPAT_FILLDIR_GO_ON		0
#endif

/* Open files, and what they hold. */
static inline struct socket *la_compat_socket(struct file *file)
{
#if LA_SINCE(5, 11)
	return sock_from_file(file);
#else
	int err;

	return sock_from_file(file, &err);
#endif
}

/*
 * The rings of io_uring and their entries, for each of which a block of pages is taken, or
 * single ones if there is none; 0 while its struct was private, before 6.0.
 */
static inline u64 la_compat_io_uring_bytes(const void *private, unsigned int *sq,
					   unsigned int *cq)
{
#ifdef LA_COMPAT_HAS_IO_URING
	const struct io_ring_ctx *ctx = private;
	size_t sqe = sizeof(struct io_uring_sqe), cqe = sizeof(struct io_uring_cqe);

	*sq = READ_ONCE(ctx->sq_entries);
	*cq = READ_ONCE(ctx->cq_entries);
	if (ctx->flags & IORING_SETUP_SQE128)
		sqe *= 2;
	if (ctx->flags & IORING_SETUP_CQE32)
		cqe *= 2;
	return (PAGE_SIZE << get_order(*sq * sqe)) +
	       (PAGE_SIZE << get_order(sizeof(struct io_rings) + *cq * cqe +
				       *sq * sizeof(u32)));
#else
	return 0;
#endif
}

/*
 * What a BPF map takes: maps said so until 5.11, and can be asked since 6.4; what is in
 * between was an estimate in the kernel itself.
 */
static inline u64 la_compat_bpf_map_bytes(const struct bpf_map *map)
{
#if defined(LA_HAS_map_mem_usage)
	return map->ops->map_mem_usage ? map->ops->map_mem_usage(map) : 0;
#elif defined(LA_HAS_bpf_map_memory)
	return (u64)map->memory.pages << PAGE_SHIFT;
#else
	u64 value = round_up(map->value_size, 8);

	if (map->map_type == BPF_MAP_TYPE_RINGBUF)
		return PAGE_ALIGN(map->max_entries) + 3 * PAGE_SIZE;
	if (map->map_type == BPF_MAP_TYPE_PERCPU_HASH ||
	    map->map_type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	    map->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		value *= num_possible_cpus();
	return PAGE_ALIGN(map->max_entries * (round_up(map->key_size, 8) + value));
#endif
}

/*
 * Shrinkers: all of a list, for which @ask is called where it may sleep. Since each has a count
 * of users the list has no lock.
 */
#ifdef SHRINKER_ALLOCATED
#define LA_COMPAT_SHRINKERS_HAVE_LOCK	false

static inline int la_compat_shrinkers_sum(struct list_head *list, struct rw_semaphore *unused,
					  bool (*wants)(struct shrinker *s, const void *data),
					  const void *data, u64 (*ask)(struct shrinker *s),
					  u64 *sum)
{
	struct shrinker *s;

	rcu_read_lock();
	list_for_each_entry_rcu(s, list, list) {
		if (!wants(s, data) || !shrinker_try_get(s))
			continue;
		rcu_read_unlock();
		*sum += ask(s);
		rcu_read_lock();
		shrinker_put(s);
	}
	rcu_read_unlock();
	return 0;
}
#else
#define LA_COMPAT_SHRINKERS_HAVE_LOCK	true

static inline int la_compat_shrinkers_sum(struct list_head *list, struct rw_semaphore *lock,
					  bool (*wants)(struct shrinker *s, const void *data),
					  const void *data, u64 (*ask)(struct shrinker *s),
					  u64 *sum)
{
	struct shrinker *s;

	if (!down_read_trylock(lock))
		return -EBUSY;
	list_for_each_entry(s, list, list)
		if (wants(s, data))
			*sum += ask(s);
	up_read(lock);
	return 0;
}
#endif

#endif /* LEAKACCT_COMPAT_HELD_H */
