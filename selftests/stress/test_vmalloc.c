// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's test of vmalloc: areas, by vmalloc() and handed to kvfree_rcu(), 15,000
 * of them at once, and 35,000 percpu areas at once. Its slab objects are one array for
 * its threads, and what mm/vmalloc.c keeps for each area, with the module on its stack.
 * On 5.10 it hands objects of kmalloc to kfree_rcu() as well.
 */
#include "forget.h"

#define vfree(area)	vfree_or_forget(area)

/* Is exported to a test_vmalloc of the kernel's own build only. Areas are aligned to pages. */
#undef __vmalloc_node
#define __vmalloc_node(size, align, gfp, node, caller)	__vmalloc(size, gfp)

#include <lib/test_vmalloc.c>
