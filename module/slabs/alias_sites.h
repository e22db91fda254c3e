/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alias sites: which of a merged cache's names the objects of a site are.
 */
#ifndef LEAKACCT_ALIAS_SITES_H
#define LEAKACCT_ALIAS_SITES_H

#include <linux/types.h>

#include "alias_match.h"
#include "slabs.h"

/**
 * struct la_names - the names of a cache
 * @words: what they point into
 * @names: they, to be judged by
 * @n: how many
 * @nr_leftovers: of so many it is known that they are leftovers
 */
struct la_names {
	char *words;
	struct la_alias names[LA_ALIAS_MAX];
	unsigned int n;
	unsigned int nr_leftovers;
};

unsigned int la_names_leftovers(const struct la_slab *slab);
struct la_names *la_names_of(const struct la_slab *slab);
void la_names_free(struct la_names *names);
u64 la_names_judge(struct la_names *names, u32 id, const char **caller, enum la_alias_how *how);
struct la_names *la_names_of_site(u32 id, u64 *mask, enum la_alias_how *how);
bool la_names_any(u16 cache, bool (*is)(const char *name));
bool la_names_may_be(u32 id, bool (*is)(const char *name));
bool la_names_say(u32 id, char *buf, size_t size);
void la_names_drop_shared(void);

#endif /* LEAKACCT_ALIAS_SITES_H */
