/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shrinkers: what a module says that it can give back.
 */
#ifndef LEAKACCT_SHRINKERS_H
#define LEAKACCT_SHRINKERS_H

#include <linux/types.h>

void la_shrinkers_init(void);
u64 la_shrinkers_count(const char *module);

#endif /* LEAKACCT_SHRINKERS_H */
