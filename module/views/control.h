/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control: the verbs that root can write.
 */
#ifndef LEAKACCT_CONTROL_H
#define LEAKACCT_CONTROL_H

struct seq_file;

/* A verb, and the name of a function. */
#define LA_CONTROL_LINE	256

int la_control_run(char *line);
void la_control_show(struct seq_file *m);

#endif /* LEAKACCT_CONTROL_H */
