/* SPDX-License-Identifier: GPL-2.0-only */
/* One view, fetched the best way there is, parsed and checked. */
#ifndef LEAKACCT_LOAD_H
#define LEAKACCT_LOAD_H

#include "cmd.h"
#include "source.h"
#include "view.h"

/*
 * Returns an enum la_exit; a failure has been said on stderr and leaves
 * @doc empty. Only a success needs la_doc_free().
 */
int load_view(const struct la_args *args, struct la_source *src, const struct la_view *view,
	      struct la_doc *doc);

/* What was read of @view already; takes @buf, as la_doc_parse() does. */
int load_text(const struct la_source *src, const struct la_view *view, char *buf, size_t len,
	      struct la_doc *doc);

/* The plain file, whatever filters @args may hold. */
int load_file(struct la_source *src, const struct la_view *view, struct la_doc *doc);

/* What to exit with after @doc was shown: damage is said on stderr. */
int load_verify(const struct la_source *src, const struct la_doc *doc);

#endif /* LEAKACCT_LOAD_H */
