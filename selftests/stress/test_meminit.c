// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's test of memory that is cleared when it is allocated or freed. It
 * allocates and frees pages of each order; kmalloc and vmalloc from 1 byte to 512 KiB;
 * objects one by one and in bulks of 10 and 100, of caches that it creates and
 * destroys, with constructors and with SLAB_TYPESAFE_BY_RCU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "forget.h"

#define kfree(object)	kfree_or_forget(object)

#include <lib/test_meminit.c>

/* Without an exit a module stays for good. */
static void __exit test_meminit_exit(void)
{
}
module_exit(test_meminit_exit);
