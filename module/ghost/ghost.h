/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ghost: the kernel's counters, read into a ledger.
 */
#ifndef LEAKACCT_GHOST_H
#define LEAKACCT_GHOST_H

#include <linux/mmzone.h>

#include "ledger.h"

void la_ghost_init(void);
void la_ghost_read(struct la_ledger *l);
void la_ghost_read_within(struct la_ledger *l);
s64 la_ghost_node_sum(enum node_stat_item item);
void la_ghost_mark(void);
void la_ghost_forget(void);
bool la_ghost_marked(struct la_ledger *since, u64 *age_ms);

#endif /* LEAKACCT_GHOST_H */
