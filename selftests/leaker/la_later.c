// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees for another module, after that one has gone: by a work, or a callback of RCU. So do
 * network stacks, file systems and others with what drivers allocated.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>

#include "later.h"

static struct workqueue_struct *queue;

static void free_by_work(struct work_struct *work)
{
	kfree(container_of(to_delayed_work(work), struct la_later, work));
}

/* Free @object in @ms milliseconds. */
void la_later_free_by_work(struct la_later *object, unsigned int ms)
{
	INIT_DELAYED_WORK(&object->work, free_by_work);
	queue_delayed_work(queue, &object->work, msecs_to_jiffies(ms));
}
EXPORT_SYMBOL_GPL(la_later_free_by_work);

static void free_by_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct la_later, rcu));
}

/* Free @object when RCU says so. */
void la_later_free_by_rcu(struct la_later *object)
{
	call_rcu(&object->rcu, free_by_rcu);
}
EXPORT_SYMBOL_GPL(la_later_free_by_rcu);

static int __init la_later_init(void)
{
	queue = alloc_workqueue("la_later", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

static void __exit la_later_exit(void)
{
	rcu_barrier();
	/* Works that wait for their time are not flushed by this: tests wait for them. */
	destroy_workqueue(queue);
}

module_init(la_later_init);
module_exit(la_later_exit);
MODULE_DESCRIPTION("Frees for others, later, for the tests of leakacct");
MODULE_LICENSE("GPL");
