/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unloaded: modules that went, and whether they left objects behind.
 */
#ifndef LEAKACCT_UNLOADED_H
#define LEAKACCT_UNLOADED_H

#include <linux/module.h>
#include <linux/types.h>

/* So many unloads are remembered; what earlier ones left is listed all the same. */
#define LA_UNLOADS	32u

/**
 * struct la_unload - a module that went
 * @name: its name
 * @life: @unload of each of its sites; 0: nobody went
 * @ticks: la_ticks when it went
 * @confirmed: what is there was looked at again, after the time that late frees have
 * @objects: that were there then
 * @bytes: that those took
 */
struct la_unload {
	char name[MODULE_NAME_LEN];
	u16 life;
	u32 ticks;
	bool confirmed;
	u64 objects;
	u64 bytes;
};

void la_unloaded_module_going(struct module *mod);
bool la_unloaded_get(unsigned int i, struct la_unload *unload);
bool la_unloaded_is_confirmed(u16 life);
void la_unloaded_stop(void);

#endif /* LEAKACCT_UNLOADED_H */
