/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes: what callers and open files hold more, or less, than at the mark.
 */
#ifndef LEAKACCT_CHANGES_H
#define LEAKACCT_CHANGES_H

#include <linux/types.h>

struct la_holders;
struct la_snapshot;
struct seq_file;

int la_changes_mark(void);
void la_changes_forget(void);
u64 la_changes_memory(void);
void la_changes_show(struct seq_file *m, const struct la_snapshot *snap,
		     const struct la_holders *holders);

#endif /* LEAKACCT_CHANGES_H */
