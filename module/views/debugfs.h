/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files in /sys/kernel/debug/leakacct.
 */
#ifndef LEAKACCT_DEBUGFS_H
#define LEAKACCT_DEBUGFS_H

int la_debugfs_init(void);
void la_debugfs_exit(void);

#endif /* LEAKACCT_DEBUGFS_H */
