/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prototypes: what the kernel's own type information (BTF) says of functions.
 */
#ifndef LEAKACCT_PROTOTYPES_H
#define LEAKACCT_PROTOTYPES_H

#include <linux/types.h>

struct la_args;

void la_prototypes_begin(void);
const char *la_prototypes_refuse(const char *symbol, const struct la_args *args, unsigned int most);
void la_prototypes_end(void);

#endif /* LEAKACCT_PROTOTYPES_H */
