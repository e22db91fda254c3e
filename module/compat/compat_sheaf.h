/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: objects from a sheaf that was filled before, for trials and the modules
 * of the tests.
 *
 * What fills one and takes from it is not exported. A kprobe that is registered for a
 * moment tells where it is, as in symbols.c, and it is called through static calls.
 *
 * This is code, not declarations: included once by each module that wants it.
 */
#ifndef LEAKACCT_COMPAT_SHEAF_H
#define LEAKACCT_COMPAT_SHEAF_H

#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/static_call.h>

#include "compat_slab.h"

#if LA_COMPAT_HAS_FROM_SHEAF
static struct slab_sheaf *la_no_prefill(struct kmem_cache *s, gfp_t gfp, unsigned int n)
{
	return NULL;
}

static void *la_no_take(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	return NULL;
}

static void la_no_return(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
}

DEFINE_STATIC_CALL(la_sheaf_prefill, la_no_prefill);
DEFINE_STATIC_CALL(la_sheaf_take, la_no_take);
DEFINE_STATIC_CALL(la_sheaf_return, la_no_return);

static inline void *la_sheaf_function(const char *name)
{
	struct kprobe kp = { .symbol_name = name };
	void *addr;

	if (register_kprobe(&kp))
		return NULL;
	addr = kp.addr;
	unregister_kprobe(&kp);
	return addr;
}

/* Before la_compat_from_sheaf(). Context: process. */
static inline int la_compat_sheaf_find(void)
{
	void *prefill = la_sheaf_function("kmem_cache_prefill_sheaf");
	void *take = la_sheaf_function("kmem_cache_alloc_from_sheaf_noprof");
	void *give_back = la_sheaf_function("kmem_cache_return_sheaf");

	if (!prefill || !take || !give_back)
		return -ENOENT;
	static_call_update(la_sheaf_prefill, (typeof(la_no_prefill) *)prefill);
	static_call_update(la_sheaf_take, (typeof(la_no_take) *)take);
	static_call_update(la_sheaf_return, (typeof(la_no_return) *)give_back);
	return 0;
}

/* Up to @n objects of a sheaf that had as many; who calls is who allocates. */
static __always_inline unsigned int la_compat_from_sheaf(struct kmem_cache *s, void **objects,
							 unsigned int n)
{
	struct slab_sheaf *sheaf = static_call(la_sheaf_prefill)(s, GFP_KERNEL, n);
	unsigned int got = 0;

	if (!sheaf)
		return 0;
	while (got < n) {
		objects[got] = static_call(la_sheaf_take)(s, GFP_KERNEL, sheaf);
		if (!objects[got])
			break;
		got++;
	}
	static_call(la_sheaf_return)(s, GFP_KERNEL, sheaf);
	return got;
}
#endif

#endif /* LEAKACCT_COMPAT_SHEAF_H */
