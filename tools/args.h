/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: one table of options, from which usage and checks come. */
#ifndef LEAKACCT_ARGS_H
#define LEAKACCT_ARGS_H

#include "cmd.h"

#include <stdio.h>

/* The operands of commands about single objects. */
#define LA_OPERAND_OBJECT "[OBJECT]"

/*
 * Reads the command line against @commands (ended by a NULL name). Returns
 * an enum la_exit; a mistake has been said on stderr.
 */
int args_parse(struct la_args *args, int argc, char **argv, const struct la_command *commands);

/* The options in @mask as "[-j|--json] ...", folded at 80 columns. */
void args_print_options(FILE *f, unsigned int mask);

const struct la_command *args_find_command(const struct la_command *commands, const char *name);

#endif /* LEAKACCT_ARGS_H */
