/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ghost: the kernel's counters, read into a ledger.
 */
#ifndef LEAKACCT_GHOST_H
#define LEAKACCT_GHOST_H

#include "ledger.h"

void la_ghost_init(void);
void la_ghost_read(struct la_ledger *l);
const char *la_ghost_note(enum la_term t);

#endif /* LEAKACCT_GHOST_H */
