// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that frees all it has when it goes, and nothing at once: by kfree_rcu(), by
 * RCU callbacks of its own, which it waits for, by callbacks and by works of la_later, which
 * run when it has gone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>

#include "later.h"

#define OBJECTS	20

static unsigned int ms = 500;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "from its end to the works");

struct object {
	struct la_later later;
	char content[100];
};

static struct object *by_kfree_rcu[OBJECTS], *by_callback[OBJECTS], *by_rcu[OBJECTS],
	*by_work[OBJECTS];

/* The barrier keeps the call from being a tail call. */
#define DEFINE_LEAVING(_name)						\
static noinline struct object *leaving_##_name(void)			\
{									\
	struct object *object = kzalloc(sizeof(*object), GFP_KERNEL);	\
									\
	barrier();							\
	return object;							\
}

DEFINE_LEAVING(by_kfree_rcu)
DEFINE_LEAVING(by_callback)
DEFINE_LEAVING(by_rcu)
DEFINE_LEAVING(by_work)

static void callback(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct object, later.rcu));
}

static void __exit la_leaving_exit(void)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++) {
		if (by_kfree_rcu[i])
			kfree_rcu(by_kfree_rcu[i], later.rcu);
		if (by_callback[i])
			call_rcu(&by_callback[i]->later.rcu, callback);
		if (by_rcu[i])
			la_later_free_by_rcu(&by_rcu[i]->later);
		if (by_work[i])
			la_later_free_by_work(&by_work[i]->later, ms);
	}
	/* For callback(), which is about to go. */
	rcu_barrier();
}

static int __init la_leaving_init(void)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++) {
		by_kfree_rcu[i] = leaving_by_kfree_rcu();
		by_callback[i] = leaving_by_callback();
		by_rcu[i] = leaving_by_rcu();
		by_work[i] = leaving_by_work();
	}
	return 0;
}

module_init(la_leaving_init);
module_exit(la_leaving_exit);
MODULE_DESCRIPTION("Frees all when it goes, but late, for the tests of leakacct");
MODULE_LICENSE("GPL");
