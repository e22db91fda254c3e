/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting: objects handed to kfree_rcu() and not freed yet.
 */
#ifndef LEAKACCT_WAITING_H
#define LEAKACCT_WAITING_H

#include <linux/types.h>

/* Called by hooks: any context, preemption off. */
void la_waiting_begin(const void *object, u32 site);
bool la_waiting_end(const void *object);

void la_waiting_sum(s64 *objects, s64 *bytes);

#endif /* LEAKACCT_WAITING_H */
