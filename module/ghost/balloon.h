/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Balloon: pages that a hypervisor's balloon has taken.
 */
#ifndef LEAKACCT_BALLOON_H
#define LEAKACCT_BALLOON_H

#include <linux/types.h>

bool la_balloon_read(s64 inflated, s64 *within, s64 *taken);
bool la_balloon_events(s64 *inflated);

#endif /* LEAKACCT_BALLOON_H */
