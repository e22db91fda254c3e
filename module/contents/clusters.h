/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clusters: contents of objects that are alike, in plain C.
 */
#ifndef LEAKACCT_CLUSTERS_H
#define LEAKACCT_CLUSTERS_H

#include "plain.h"

#define LA_CLUSTER_BYTES	64u
#define LA_CLUSTER_WORDS	(LA_CLUSTER_BYTES / 8)
#define LA_CLUSTERS		16u
#define LA_FEEDERS		4u

/**
 * struct la_print - the masked content of an object
 * @words: what differs between objects of one kind is the same in them
 */
struct la_print {
	u64 words[LA_CLUSTER_WORDS];
};

/**
 * struct la_feeder - who allocated objects of a cluster
 * @site: who
 * @n: how many of them
 */
struct la_feeder {
	u32 site;
	u32 n;
};

/**
 * struct la_found - an object that was read
 * @bytes: its content
 * @len: bytes of it, at most LA_CLUSTER_BYTES count
 * @site: who allocated it; 0: it has no record
 * @born: when, if it has one
 * @maybe: it has no record, and is allocated unless it is parked in a sheaf
 * @secret: nobody may see it
 */
struct la_found {
	const u8 *bytes;
	u32 len;
	u32 site;
	u32 born;
	bool maybe;
	bool secret;
};

/**
 * struct la_cluster - objects that are alike
 * @print: of the first one
 * @bytes: its content
 * @same: a bit per byte that has been the same in all
 * @len: bytes that all have
 * @n: how many
 * @old: of them, without a record
 * @maybe: of those, that may be free
 * @youngest: birth of the youngest that has one
 * @others: recorded ones whose site had no room among @feeders
 * @feeders: who allocated them; the most busy ones, unordered
 * @secret: of one of them nobody may see the content
 */
struct la_cluster {
	struct la_print print;
	u8 bytes[LA_CLUSTER_BYTES];
	u64 same;
	u32 len;
	u32 n;
	u32 old;
	u32 maybe;
	u32 youngest;
	u32 others;
	struct la_feeder feeders[LA_FEEDERS];
	bool secret;
};

/**
 * struct la_clusters - all of one cache, or of one caller
 * @read: objects
 * @nr: clusters
 * @dropped: objects of clusters that gave way to others
 * @at: the clusters
 */
struct la_clusters {
	u32 read;
	u32 nr;
	u32 dropped;
	struct la_cluster at[LA_CLUSTERS];
};

void la_cluster_mask(struct la_print *print, const u8 *bytes, u32 len);
bool la_cluster_is_alike(const struct la_print *a, const struct la_print *b);
void la_clusters_add(struct la_clusters *c, const struct la_found *found);
void la_clusters_sort(struct la_clusters *c);
const struct la_feeder *la_cluster_top(const struct la_cluster *c);
u32 la_cluster_text(const struct la_cluster *c, char *to, u32 size, u32 *at);

#endif /* LEAKACCT_CLUSTERS_H */
