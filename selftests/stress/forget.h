/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets a module that frees all it has forget some of it: with forget=N the first N of
 * its frees do not happen. A test of which nothing is ever live must show that it
 * would see what is.
 */
#ifndef LEAKACCT_STRESS_FORGET_H
#define LEAKACCT_STRESS_FORGET_H

#include <linux/atomic.h>
#include <linux/kmemleak.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

static unsigned int forget;
module_param(forget, uint, 0444);
MODULE_PARM_DESC(forget, "how many frees to leave out");

/* Whether this one is to be left out; of NULL none is. */
static bool forgets(const void *object)
{
	unsigned int n;

	if (!object)
		return false;
	do {
		n = READ_ONCE(forget);
		if (!n)
			return false;
	} while (cmpxchg(&forget, n, n - 1) != n);
	return true;
}

/* Leaked on purpose is no finding of kmemleak's. */
static bool __maybe_unused forgets_object(const void *object)
{
	if (!forgets(object))
		return false;
	kmemleak_not_leak(object);
	return true;
}

static void __maybe_unused kfree_or_forget(const void *object)
{
	if (!forgets_object(object))
		kfree(object);
}

static void __maybe_unused vfree_or_forget(const void *area)
{
	if (!forgets_object(area))
		vfree(area);
}

#endif /* LEAKACCT_STRESS_FORGET_H */
