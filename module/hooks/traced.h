/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traced: the events that report nearly all allocations and frees.
 */
#ifndef LEAKACCT_TRACED_H
#define LEAKACCT_TRACED_H

#include "compat.h"
#include "direct.h"

struct tracepoint;

/**
 * struct la_traced - a tracepoint and what we put on it
 * @tp: the tracepoint
 * @fn: gets all events
 * @sampling_fn: gets them with sample_interval, and leaves most alone
 * @name: of one that is not exported, instead of @tp
 */
struct la_traced {
	struct tracepoint *tp;
	void *fn;
	void *sampling_fn;
	const char *name;
};

/* By direct calls: kmem_cache_alloc_bulk() and kmem_cache_free_bulk(). */
void la_traced_alloc_bulk(void *hits, const struct la_direct_frame *frame);
void la_traced_free_bulk(void *hits, const struct la_direct_frame *frame);

/* Without @fn: this kernel's event is not one that we know. */
extern const struct la_traced la_traced_kmalloc, la_traced_cache_alloc, la_traced_kfree,
	la_traced_cache_free, la_traced_page_alloc, la_traced_page_free;
#if LA_COMPAT_NODE_EVENTS
extern const struct la_traced la_traced_kmalloc_node, la_traced_cache_alloc_node;
#else
#define la_traced_kmalloc_node		la_traced_kmalloc
#define la_traced_cache_alloc_node	la_traced_cache_alloc
#endif

#endif /* LEAKACCT_TRACED_H */
