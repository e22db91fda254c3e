/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fingerprints: what the objects of a cache look like, those from before the load too.
 */
#ifndef LEAKACCT_FINGERPRINTS_H
#define LEAKACCT_FINGERPRINTS_H

#include <linux/types.h>

#include "clusters.h"

/**
 * struct la_fingerprints - of one cache
 * @cache: id in caches.c
 * @unknown: objects without a record of which the allocator does not tell whether they live
 * @slots: that were looked at
 * @clusters: what was read
 */
struct la_fingerprints {
	u16 cache;
	u32 unknown;
	u32 slots;
	struct la_clusters clusters;
};

/**
 * struct la_fingers - a round of fingerprints
 * @born_before: younger objects say nothing
 * @most_ns: time that it may take
 * @is_secret: of a site, by its head
 * @ctx: for it
 * @cut: there was no time for all slabs
 */
struct la_fingers {
	u32 born_before;
	u64 most_ns;
	bool (*is_secret)(void *ctx, u32 head);
	void *ctx;
	bool cut;
};

void la_fingerprints_take(struct la_fingers *f, struct la_fingerprints *of, unsigned int n);

#endif /* LEAKACCT_FINGERPRINTS_H */
