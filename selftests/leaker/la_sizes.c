// SPDX-License-Identifier: GPL-2.0-only
/*
 * Known numbers of objects of many sizes, each size from a function of its own.
 *
 * At load it allocates and frees every second one, so that half is left. The
 * parameter `times` multiplies the numbers. A read of the parameter `left` tells what
 * is left, a line a size: function, bytes that they take, objects. A write
 * of 0 to it frees that too.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>

struct object {
	struct object *next;
};

struct size {
	const char *name;
	struct object *(*alloc)(void);
	unsigned long objects;		/* to allocate, times @times */
	struct object *kept;
	unsigned long left;
	size_t slot;
};

static unsigned int times = 1;
module_param(times, uint, 0444);

/* The barrier keeps the call from being a tail call. */
#define DEFINE_SIZE(_size)						\
static noinline struct object *sized_##_size(void)			\
{									\
	struct object *o = kmalloc(_size, GFP_KERNEL);			\
									\
	barrier();							\
	return o;							\
}

DEFINE_SIZE(64)
DEFINE_SIZE(180)
DEFINE_SIZE(512)
DEFINE_SIZE(1500)
DEFINE_SIZE(4096)
DEFINE_SIZE(12000)
DEFINE_SIZE(32768)
DEFINE_SIZE(262144)

#define SIZE(_size, _objects) \
	{ .name = "sized_" #_size, .alloc = sized_##_size, .objects = (_objects) }

static struct size sizes[] = {
	SIZE(64, 40000),
	SIZE(180, 16000),
	SIZE(512, 8000),
	SIZE(1500, 4000),
	SIZE(4096, 2000),
	SIZE(12000, 600),
	SIZE(32768, 300),
	SIZE(262144, 40),
};

static void free_left(struct size *s)
{
	struct object *o;

	while (s->kept) {
		o = s->kept;
		s->kept = o->next;
		kfree(o);
		s->left--;
	}
}

static int fill(struct size *s)
{
	unsigned long i;
	struct object *o;

	for (i = 0; i < s->objects * times; i++) {
		o = s->alloc();
		if (!o)
			return -ENOMEM;
		s->slot = ksize(o);
		if (i % 2) {
			kfree(o);
		} else {
			o->next = s->kept;
			s->kept = o;
			s->left++;
		}
		if (i % 256 == 0)
			cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static int get_left(char *text, const struct kernel_param *kp)
{
	unsigned int i;
	int n = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		n += sysfs_emit_at(text, n, "%s %lu %lu\n", sizes[i].name,
				   sizes[i].left * sizes[i].slot, sizes[i].left);
	return n;
}

static void free_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		free_left(&sizes[i]);
}

static int set_left(const char *text, const struct kernel_param *kp)
{
	if (!sysfs_streq(text, "0"))
		return -EINVAL;
	free_all();
	return 0;
}

static const struct kernel_param_ops left_ops = {
	.get = get_left,
	.set = set_left,
};

module_param_cb(left, &left_ops, NULL, 0600);

static int __init la_sizes_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		err = fill(&sizes[i]);
		if (err) {
			free_all();
			return err;
		}
	}
	return 0;
}

static void __exit la_sizes_exit(void)
{
	free_all();
}

module_init(la_sizes_init);
module_exit(la_sizes_exit);
MODULE_DESCRIPTION("Known numbers of objects of many sizes, for the tests of leakacct");
MODULE_LICENSE("GPL");
