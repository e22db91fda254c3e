/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups: callers that are one leak.
 */
#ifndef LEAKACCT_GROUPS_H
#define LEAKACCT_GROUPS_H

#include <linux/types.h>

struct la_snapshot;

#define LA_GROUP_PARTS	8

/**
 * struct la_part - of a leak
 * @site: the caller's head
 * @per_event: so many of its objects are lost each time
 */
struct la_part {
	u32 site;
	u32 per_event;
};

/**
 * struct la_group - a leak with several parts
 * @leader: the worst of its callers, by which it is called
 * @n: parts; 0: it has no others
 * @more: parts that found no room
 * @parts: the leader among them, smaller objects first
 */
struct la_group {
	u32 leader;
	u32 n;
	u32 more;
	struct la_part parts[LA_GROUP_PARTS];
};

/* So many suspects are kept, for those who can't judge themselves. */
#define LA_GROUPS_TOP	3

/**
 * struct la_suspect - a suspect of the last look
 * @site: who
 * @score: of la_score()
 * @growth: bytes per second
 * @kept: of la_score_kept_permille()
 * @survivors: so many outlived two looks
 * @windows: over so many windows its growth is spread,
 * @looks: of so many looks
 * @group: its parts
 */
struct la_suspect {
	u32 site;
	unsigned int score;
	s64 growth;
	u64 kept;
	u64 survivors;
	u32 windows;
	u32 looks;
	struct la_group group;
};

void la_groups_renew(const struct la_snapshot *snap);
void la_groups_forget(void);
void la_groups_get(u32 leader, u32 nr_sites, struct la_group *group);
unsigned int la_groups_top(struct la_suspect *top);
bool la_groups_alias(u32 site, char *buf, size_t size);

#endif /* LEAKACCT_GROUPS_H */
