/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audit: records whose objects the allocator says are free are removed.
 */
#ifndef LEAKACCT_AUDIT_H
#define LEAKACCT_AUDIT_H

#include "leakacct.h"

struct la_filter;

/* Objects that are asked for before a file is read, or a look taken, at most. */
#define LA_AUDIT_SOME	1048576
#define LA_AUDIT_ALL	U64_MAX

/* Free ones that one walk may find; for more there is another walk. */
#define LA_AUDIT_MAX_FOUND	8192u
/* Who is found free is asked for again after so long. */
#define LA_AUDIT_AGAIN_MS	20

/**
 * struct la_audit - what an audit found, by class
 * @asked: objects that the allocator was asked for
 * @removed: of them, records that were removed: the free was missed
 * @uncertain: of them, that the allocator does not tell
 * @left: objects of all classes that it was not asked for, as there were too many
 */
struct la_audit {
	u64 asked[LA_NR_CLASSES];
	u64 removed[LA_NR_CLASSES];
	u64 uncertain[LA_NR_CLASSES];
	u64 left;
};

static inline u64 la_audit_sum(const u64 by_class[LA_NR_CLASSES])
{
	u64 sum = 0;
	int class;

	for (class = 0; class < LA_NR_CLASSES; class++)
		sum += by_class[class];
	return sum;
}

int la_audit_run(const struct la_filter *filter, u64 most, struct la_audit *result);
int la_audit_all(void);
bool la_audit_is_uncertain(enum la_class class);

/* In audit_pages.c, for audit.c. */
int la_audit_pages(const struct la_filter *filter, u64 most, struct la_audit *result);

#endif /* LEAKACCT_AUDIT_H */
