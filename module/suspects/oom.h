/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out of memory: who holds it goes into the kernel log.
 */
#ifndef LEAKACCT_OOM_H
#define LEAKACCT_OOM_H

#include <linux/types.h>

int la_oom_init(void);
void la_oom_exit(void);
u64 la_oom_memory(void);

#endif /* LEAKACCT_OOM_H */
