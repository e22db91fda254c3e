/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What format version 1 promises about each view: its shape, what it can be
 * sorted by, and what the columns count.
 */
#ifndef LEAKACCT_VIEW_H
#define LEAKACCT_VIEW_H

#include "parse.h"

struct la_view {
	const char *name;	/* the debugfs file, and the VIEW of a query */
	enum la_shape shape;
	bool list;		/* as many rows as there are, so it may be cut short */
	const char *sort;	/* words --sort takes, NULL if it takes none */
	const char *reasons;	/* what JSON calls the # lines under a row, if not that */
	bool added;		/* since format 1 was set: older modules have no such file */
	bool ten;		/* ten by itself, whatever the parameter rows says */
	bool content;		/* of memory, which can be a secret: shown only when asked for */
};

enum la_kind {
	LA_KIND_TEXT,
	LA_KIND_ADDRESS,	/* 0x..., a string in JSON */
	LA_KIND_NUMBER,
	LA_KIND_BYTES,
	LA_KIND_KB,
	LA_KIND_AUTO,		/* a number where it looks like one */
};

const struct la_view *view_find(const char *name);
enum la_kind view_column_kind(const char *column);

/* Is @word one of the space-separated @words? */
bool view_has_word(const char *words, const char *word);

#endif /* LEAKACCT_VIEW_H */
