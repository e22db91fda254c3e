/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Secrets: callers and caches whose objects are never read.
 */
#ifndef LEAKACCT_SECRETS_H
#define LEAKACCT_SECRETS_H

#include <linux/types.h>

bool la_secrets_has_caller(const char *name);
bool la_secrets_has_cache(const char *name);
void la_secrets_freed(const void *object);
bool la_secrets_were_freed(u32 site);
int la_secrets_add(const char *part);
int la_secrets_remove(const char *part);
const char *la_secrets_get(unsigned int i, const char **kind, char *buf, size_t size);

#endif /* LEAKACCT_SECRETS_H */
