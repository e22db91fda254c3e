/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audit: records whose objects the allocator says are free are removed.
 */
#ifndef LEAKACCT_AUDIT_H
#define LEAKACCT_AUDIT_H

#include <linux/types.h>

struct la_filter;

/* Objects that are asked for before a file is read, or a look taken, at most. */
#define LA_AUDIT_SOME	1048576
#define LA_AUDIT_ALL	U64_MAX

/**
 * struct la_audit - what an audit found
 * @asked: objects that the allocator was asked for
 * @removed: of them, records that were removed: the free was missed
 * @uncertain: of them, that the allocator does not tell
 * @left: objects that it was not asked for, as there were too many
 */
struct la_audit {
	u64 asked;
	u64 removed;
	u64 uncertain;
	u64 left;
};

int la_audit_run(const struct la_filter *filter, u64 most, struct la_audit *result);
int la_audit_all(void);
bool la_audit_is_uncertain(void);

#endif /* LEAKACCT_AUDIT_H */
