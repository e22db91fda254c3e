/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks folded for flame graphs: a line each, frames from the outermost to
 * the innermost with ";" between, a blank, and a count.
 */
#ifndef LEAKACCT_FOLD_H
#define LEAKACCT_FOLD_H

#include "parse.h"

#include <stdio.h>

struct la_fold {
	FILE *f;
	const char *count;	/* the column that is counted */
	bool cache_frame;	/* the cache as one more frame, innermost */
};

/*
 * A frame in place, without its offset, its blanks as "_": "f+0x1/0x2 [m]"
 * becomes "f_[m]".
 */
void fold_frame(char *frame);

/*
 * Prints all stacks of @doc, whose frames it folds in place. Returns an enum
 * la_exit; a failure has been said.
 */
int fold_stacks(const struct la_fold *fold, struct la_doc *doc);

#endif /* LEAKACCT_FOLD_H */
