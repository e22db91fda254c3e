// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks from its init text, which is freed when the module is up, and from its
 * normal text. With fail=1 its init fails after the leaks, and all its text goes.
 * What it leaked stays when it is unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>

static unsigned int objects = 100;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "to leak from each of the two texts");

static bool fail;
module_param(fail, bool, 0444);
MODULE_PARM_DESC(fail, "let init fail");

/* The barriers keep the calls from being tail calls, which would show the caller. */
static noinline void __init leak_from_init(void)
{
	kmalloc(149, GFP_KERNEL);
	barrier();
}

static noinline void leak_from_text(void)
{
	kmalloc(151, GFP_KERNEL);
	barrier();
}

static int __init la_init_leaker_init(void)
{
	unsigned int i;

	for (i = 0; i < objects; i++) {
		leak_from_init();
		leak_from_text();
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
