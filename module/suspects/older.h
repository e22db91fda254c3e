/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Older: objects from before the load go, others come in their place.
 */
#ifndef LEAKACCT_OLDER_H
#define LEAKACCT_OLDER_H

#include <linux/types.h>

void la_older_share(u32 nr_sites);
void la_older_forget(void);
u64 la_older_memory(void);
int la_older_init(void);
void la_older_exit(void);

#endif /* LEAKACCT_OLDER_H */
