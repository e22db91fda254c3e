/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alias match: which of a merged cache's names its objects are, told by who allocates them;
 * and which caches are parts of one family. Plain C.
 */
#ifndef LEAKACCT_ALIAS_MATCH_H
#define LEAKACCT_ALIAS_MATCH_H

#include "plain.h"

/* Names of one cache that are told apart; what goes beyond is never the answer. */
#define LA_ALIAS_MAX	64u

/* How it is known, the best first. */
enum la_alias_how {
	LA_ALIAS_KNOWN,		/* the function is known to allocate from the cache of that name */
	LA_ALIAS_MADE,		/* the module that allocates has created the cache of that name */
	LA_ALIAS_ALIKE,		/* all words of the name are in the function's */
	LA_ALIAS_UNTOLD,
	LA_ALIAS_NR_HOW,
};

/**
 * struct la_alias - one name of a cache
 * @name: the name
 * @made: the module of the caller that is asked about has created it
 * @leftover: nobody can allocate by it any more
 */
struct la_alias {
	const char *name;
	bool made;
	bool leftover;
};

u64 la_alias_judge(const struct la_alias *names, unsigned int n, const char *function,
		   const char *module, enum la_alias_how *how);
bool la_alias_family(const char *name, u32 object_size, char *family, size_t size);

#endif /* LEAKACCT_ALIAS_MATCH_H */
