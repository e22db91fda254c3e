/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbols: addresses of what is not exported, and names that outlive modules.
 */
#ifndef LEAKACCT_SYMBOLS_H
#define LEAKACCT_SYMBOLS_H

#include <linux/types.h>

typedef void (*la_symbol_fn)(void *data, const char *name, unsigned long addr);

void la_symbols_init(void);
int la_symbols_watch(void);
void la_symbols_unwatch(void);
unsigned long la_symbols_address(const char *name);
bool la_symbols_are_sorted(void);
void la_symbols_match(const char *name, int (*fn)(void *data, unsigned long addr), void *data);
void la_symbols_each(bool of_modules, la_symbol_fn fn, void *data);
unsigned long la_symbols_size(unsigned long addr);
bool la_symbols_is_text(unsigned long addr);
bool la_symbols_module(unsigned long addr, char *name, size_t size);
bool la_symbols_is_bpf(unsigned long addr);
bool la_symbols_describe(unsigned long word, char *buf, size_t size);

#endif /* LEAKACCT_SYMBOLS_H */
