// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters and row counts are the module's business, asked through query. Where
 * query is closed (lockdown) or absent (a copied tree) a plain file still
 * answers what needs no filter; what it cannot answer is refused, because a
 * filter over the first 40 rows would look like an answer and be none.
 */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int load_text(const struct la_source *src, const struct la_view *view, char *buf, size_t len,
	      struct la_doc *doc)
{
	enum la_parse_result result = la_doc_parse(doc, buf, len, view->shape);
	int status = LA_EXIT_FORMAT;

	switch (result) {
	case LA_PARSE_OK:
		if (!strcmp(doc->view, view->name))
			return LA_EXIT_OK;
		la_error("%s/%s is damaged: it says that it is \"%.40s\"; copy or read it again",
			 src->path, view->name, doc->view);
		break;
	case LA_PARSE_VERSION:
		la_error("%s/%s has %s, this reader knows version %d: use the leakacct that came "
			 "with the module", src->path, view->name, doc->error, LA_FORMAT_VERSION);
		break;
	case LA_PARSE_GARBAGE:
		la_error("%s/%s is no leakacct file or is damaged (%s): copy or read it again",
			 src->path, view->name, doc->error);
		break;
	case LA_PARSE_NOMEM:
		la_error("not enough memory to read %s: ask for fewer rows with --rows",
			 view->name);
		status = LA_EXIT_READ;
		break;
	}
	la_doc_free(doc);
	return status;
}

int load_file(struct la_source *src, const struct la_view *view, struct la_doc *doc)
{
	char *buf;
	size_t len;
	int status = source_read(src, view->name, &buf, &len);

	if (status) {
		la_error("%s", src->error);
		return status;
	}
	return load_text(src, view, buf, len, doc);
}

static int ask(const struct la_args *args, struct la_source *src, const struct la_view *view,
	       char **buf, size_t *len)
{
	char line[LA_QUERY_MAX + 64];
	int n = snprintf(line, sizeof(line), "%s%s", view->name, args->filters);

	if (args->value[OPT_ROWS])
		snprintf(line + n, sizeof(line) - (size_t)n, " rows=%llu", args->rows);
	return source_query(src, line, buf, len);
}

static bool is_locked_down(const struct la_source *src)
{
	return geteuid() == 0 && (src->error_number == EPERM || src->error_number == EACCES);
}

/* Rows were asked for that the plain file does not hold. */
static void say_short(const struct la_args *args, const struct la_source *src,
		      const struct la_view *view, const struct la_doc *doc)
{
	if (!doc->more_rows || (args->rows && args->rows <= doc->nrows))
		return;
	if (src->copied)
		la_error("the copied file holds only %zu rows: on the machine itself, --rows "
			 "reaches all of them", doc->nrows);
	else if (view->ten)
		la_error("kernel lockdown closes the query file, and the plain one holds no more "
			 "than %zu rows", doc->nrows);
	else
		la_error("kernel lockdown closes the query file, and the plain one holds %zu rows: "
			 "write more to /sys/module/leakacct/parameters/rows", doc->nrows);
}

static int load_plain(const struct la_args *args, struct la_source *src,
		      const struct la_view *view, struct la_doc *doc)
{
	int status = load_file(src, view, doc);

	if (status || !args->value[OPT_ROWS])
		return status;
	say_short(args, src, view, doc);
	la_doc_limit(doc, args->rows);
	return LA_EXIT_OK;
}

int load_view(const struct la_args *args, struct la_source *src, const struct la_view *view,
	      struct la_doc *doc)
{
	char *buf;
	size_t len;
	int status;

	if (!*args->filters && (!args->value[OPT_ROWS] || src->copied))
		return load_plain(args, src, view, doc);
	if (src->copied) {
		la_error("filters need the running module, and %s is a copied tree: leave out%s",
			 src->path, args->filters);
		return LA_EXIT_USAGE;
	}
	status = ask(args, src, view, &buf, &len);
	if (!status)
		return load_text(src, view, buf, len, doc);
	/* An older module refuses the view's name; that its file is not there says why. */
	if (status == LA_EXIT_USAGE && !source_has(src, view->name))
		return load_file(src, view, doc);
	if (is_locked_down(src) && !*args->filters)
		return load_plain(args, src, view, doc);
	if (is_locked_down(src))
		la_error("filters need the query file, which kernel lockdown closes: leave them "
			 "out, and write to /sys/module/leakacct/parameters/rows to see more");
	else
		la_error("%s", src->error);
	return status;
}

int load_verify(const struct la_source *src, const struct la_doc *doc)
{
	const char *what = doc->shape == LA_SHAPE_STACKS ? "stack" : "line";

	if (doc->truncated)
		la_error("%s/%s ends in the middle of a %s, which was left out: copy or read it "
			 "again", src->path, doc->view, what);
	if (doc->bad_rows && doc->shape == LA_SHAPE_STACKS)
		la_error("%s/%s has %zu stacks in pieces (the first is at line %zu), which were "
			 "left out: copy or read it again",
			 src->path, doc->view, doc->bad_rows, doc->first_bad_line);
	else if (doc->bad_rows)
		la_error("%s/%s has %zu rows with too few columns (the first is line %zu), which "
			 "were left out: copy or read it again",
			 src->path, doc->view, doc->bad_rows, doc->first_bad_line);
	return la_doc_intact(doc) ? LA_EXIT_OK : LA_EXIT_FORMAT;
}
