// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks from its init text, which is freed when the module is up, and from its
 * normal text. With fail=1 its init fails after the leaks, and all its text goes.
 * What it leaked stays when it is unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kmemleak.h>
#include <linux/module.h>
#include <linux/slab.h>

static unsigned int objects = 100;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "to leak from each of the two texts");

static bool fail;
module_param(fail, bool, 0444);
MODULE_PARM_DESC(fail, "let init fail");

static bool confess = true;
module_param(confess, bool, 0444);
MODULE_PARM_DESC(confess, "tell kmemleak, where there is one, that they are leaked on purpose");

static noinline __noclone void *__init leak_from_init(void)
{
	void *object = kmalloc(149, GFP_KERNEL);

	/* Else it were a tail call, which would show the caller's name. */
	barrier();
	return object;
}

static noinline __noclone void *leak_from_text(void)
{
	void *object = kmalloc(151, GFP_KERNEL);

	barrier();
	return object;
}

static void leaked(const void *object)
{
	if (object && confess)
		kmemleak_not_leak(object);
}

static int __init la_init_leaker_init(void)
{
	unsigned int i;

	for (i = 0; i < objects; i++) {
		leaked(leak_from_init());
		leaked(leak_from_text());
	}
	return fail ? -ECANCELED : 0;
}

static void __exit la_init_leaker_exit(void)
{
}

module_init(la_init_leaker_init);
module_exit(la_init_leaker_exit);
MODULE_DESCRIPTION("Leaks from init text, for the tests of leakacct");
MODULE_LICENSE("GPL");
