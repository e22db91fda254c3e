/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space can be asked about memory that no counter claims, as rows of `ghost`:
 * "asked_KIND kB note".
 */
#ifndef LEAKACCT_ASK_H
#define LEAKACCT_ASK_H

#include "cmd.h"

/* Rows as text; zeroed at first. */
struct la_ask {
	char *text;
	size_t len;
	size_t room;
	bool no_memory;
};

void ask_free(struct la_ask *ask);
void ask_row(struct la_ask *ask, const char *kind, unsigned long long kb, const char *format, ...)
	la_printf_like(4, 5);
/* A figure that cannot be had, and why. */
void ask_unknown(struct la_ask *ask, const char *kind, const char *why);

/* zram, trace rings, balloons, graphics: files below @root, "" on the machine itself. */
void ask_machine(struct la_ask *ask, const char *root);

/* Sockets and packet rings, over netlink. */
void ask_sockets(struct la_ask *ask);

#endif /* LEAKACCT_ASK_H */
