/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks: which allocation paths are watched, and by which probe.
 */
#ifndef LEAKACCT_HOOKS_H
#define LEAKACCT_HOOKS_H

#include <linux/types.h>

struct la_probe;

enum la_trial {
	LA_TRIAL_NONE,		/* not armed, so not tried */
	LA_TRIAL_PASS,
	LA_TRIAL_FAIL,
};

int la_hooks_init(bool kprobes_only);
void la_hooks_exit(void);

/* For `hooks`: row @i, false past the last. */
struct la_hook_row {
	const char *path;
	const struct la_probe *probe;
	enum la_trial trial;
};

bool la_hooks_row(unsigned int i, struct la_hook_row *row);
void la_hooks_health(unsigned int *rows, unsigned int *working, u64 *missed);
bool la_hooks_may_miss_percpu_frees(void);

#endif /* LEAKACCT_HOOKS_H */
