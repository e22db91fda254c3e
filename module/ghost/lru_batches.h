/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LRU batches: pages that wait to be put on an LRU list, in no counter yet.
 */
#ifndef LEAKACCT_LRU_BATCHES_H
#define LEAKACCT_LRU_BATCHES_H

#include <linux/types.h>

void la_lru_batches_init(void);
bool la_lru_batches_read(s64 *pages);
s64 la_lru_batches_unread(void);

#endif /* LEAKACCT_LRU_BATCHES_H */
