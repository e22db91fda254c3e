/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbols: addresses of what is not exported, and names that outlive modules.
 */
#ifndef LEAKACCT_SYMBOLS_H
#define LEAKACCT_SYMBOLS_H

#include <linux/types.h>

void la_symbols_init(void);
int la_symbols_watch(void);
void la_symbols_unwatch(void);
unsigned long la_symbols_address(const char *name);
unsigned long la_symbols_size(unsigned long addr);
bool la_symbols_is_bpf(unsigned long addr);
bool la_symbols_describe(unsigned long word, char *buf, size_t size);

#endif /* LEAKACCT_SYMBOLS_H */
