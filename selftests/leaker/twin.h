/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two modules of one text, so that the second is loaded where the first was.
 * Each leaks from a function of its own name, LEAK_FUNCTION, when it is loaded.
 */
#ifndef LA_TEST_TWIN_H
#define LA_TEST_TWIN_H

#include <linux/kmemleak.h>
#include <linux/module.h>
#include <linux/slab.h>

static unsigned int objects = 100;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "to leak");

static noinline void LEAK_FUNCTION(void)
{
	void *object = kmalloc(157, GFP_KERNEL);

	/* It is on purpose. */
	if (object)
		kmemleak_not_leak(object);
	/* Else it were a tail call, which would show the caller's name. */
	barrier();
}

static int __init twin_init(void)
{
	unsigned int i;

	for (i = 0; i < objects; i++)
		LEAK_FUNCTION();
	return 0;
}

static void __exit twin_exit(void)
{
}

module_init(twin_init);
module_exit(twin_exit);
MODULE_DESCRIPTION("One of two modules that follow each other, for the tests of leakacct");
MODULE_LICENSE("GPL");

#endif /* LA_TEST_TWIN_H */
