/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alias makers: which module created which slab cache, from the load on.
 */
#ifndef LEAKACCT_ALIAS_MAKERS_H
#define LEAKACCT_ALIAS_MAKERS_H

#include <linux/module.h>

#include "caches.h"

/**
 * struct la_maker - a module has created a cache of that name
 * @name: the name it gave
 * @module: the module
 * @gone: it was unloaded since
 *
 * Entries are never removed; one module and name has one.
 */
struct la_maker {
	char name[LA_CACHE_NAME_LEN];
	char module[MODULE_NAME_LEN];
	bool gone;
};

void la_makers_init(void);
void la_makers_exit(void);
void la_makers_module_going(const struct module *mod);
const struct la_maker *la_makers_next(const char *name, unsigned int *at);
bool la_makers_made(const char *name, const char *module);
bool la_makers_are_gone(const char *name);
unsigned int la_makers_lost(void);
bool la_makers_watch(void);

#endif /* LEAKACCT_ALIAS_MAKERS_H */
