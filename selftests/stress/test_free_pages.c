// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's test of a block of eight pages that is freed while somebody else holds a
 * reference to its first: two million blocks, half of them compound, of which one is
 * allocated at a time. It has no slab objects.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/mm.h>

#include "forget.h"

static unsigned int rounds = 1;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "of the loop's rounds, so many are counted for one that is made");

static unsigned int hold_us;
module_param(hold_us, uint, 0444);
MODULE_PARM_DESC(hold_us, "microseconds to keep each block for, so that somebody can see it");

static unsigned long get_block(gfp_t gfp, unsigned int order)
{
	return __get_free_pages(gfp, order);
}

static void free_or_forget(unsigned long block, unsigned int order)
{
	if (hold_us)
		usleep_range(hold_us, 2 * hold_us);
	if (!forgets((void *)block))
		free_pages(block, order);
}

/* The loop's bound is a number in the source; its counter is a variable named i. */
#undef __get_free_pages
#define __get_free_pages(gfp, order)	(i += rounds - 1, get_block(gfp, order))
#define free_pages(block, order)	free_or_forget(block, order)

#include <lib/test_free_pages.c>
