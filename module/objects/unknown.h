/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unknown frees: of objects without a record, told by cache.
 */
#ifndef LEAKACCT_UNKNOWN_H
#define LEAKACCT_UNKNOWN_H

#include "caches.h"
#include "sites.h"

/**
 * struct la_unknown - frees of objects without a record
 * @frees: how many
 * @older: of them, at most so many were of objects that lived when recording began:
 *	at the load, at the last `clear`, or at the last `start`
 */
struct la_unknown {
	u64 frees;
	u64 older;
};

/**
 * struct la_unknown_sums - those of all caches
 * @all: the sum
 * @known: the caches could be counted, so that @all.older means something
 * @unexplained: those that are not older, less what leakacct can answer for: inserts
 *	that were refused, and allocations while it was stopped
 * @worst: the cache that most of those are of that are not older, or ""
 */
struct la_unknown_sums {
	struct la_unknown all;
	bool known;
	u64 unexplained;
	char worst[LA_CACHE_NAME_LEN];
};

void la_unknown_count(const void *object);
void la_unknown_count_area(void);
void la_unknown_count_virtual(void);
void la_unknown_forget_cache(const struct kmem_cache *s);
void la_unknown_rebase(void);
void la_unknown_of(const struct kmem_cache *s, struct la_unknown *u);
void la_unknown_of_class(enum la_class class, struct la_unknown *u);
void la_unknown_sum(struct la_unknown_sums *sums);
u64 la_unknown_memory(void);
int la_unknown_init(void);
void la_unknown_exit(void);

#endif /* LEAKACCT_UNKNOWN_H */
