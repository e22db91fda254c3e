/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shrinkers: what a module says that it can give back.
 */
#ifndef LEAKACCT_SHRINKERS_H
#define LEAKACCT_SHRINKERS_H

#include <linux/types.h>

void la_shrinkers_init(void);
int la_shrinkers_count(const char *module, u64 *n);
bool la_shrinkers_were_asked(void);

#endif /* LEAKACCT_SHRINKERS_H */
