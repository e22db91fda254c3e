/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools: what page pools keep.
 */
#ifndef LEAKACCT_POOLS_H
#define LEAKACCT_POOLS_H

#include <linux/types.h>

bool la_pools_are_known(void);
u64 la_pools_kept(u32 head);

#endif /* LEAKACCT_POOLS_H */
