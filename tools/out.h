/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A parsed view for people (an aligned table, bytes scaled) or for programs
 * (JSON). Both walk the same document.
 */
#ifndef LEAKACCT_OUT_H
#define LEAKACCT_OUT_H

#include "json.h"
#include "view.h"

#define LA_JSON_SCHEMA 1

struct la_style {
	FILE *f;
	bool bytes;	/* plain byte counts, not KiB and MiB */
	bool colour;
	unsigned long long threshold;	/* of suspects: that and more stands out */
};

/* Colour if @f is a terminal that has it and NO_COLOR does not forbid it. */
bool out_wants_colour(FILE *f);

void out_people(const struct la_style *style, const struct la_doc *doc);
void out_title(const struct la_style *style, const struct la_doc *doc);

/* The members every document starts with, and then all of it. */
void out_json_head(struct la_json *json, const struct la_doc *doc);
void out_json(struct la_json *json, const char *key, const struct la_doc *doc);

/*
 * Text for a terminal: what could move the cursor is shown as \ooo. Returns
 * the columns it takes; @f may be NULL to ask only that.
 */
size_t out_text(FILE *f, const char *s);

#endif /* LEAKACCT_OUT_H */
