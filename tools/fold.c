// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks as flame graph tools read them. A frame must hold neither ";" nor a
 * blank; what stands in their place is what the stackcollapse scripts put there.
 */
#include "cmd.h"
#include "fold.h"
#include "out.h"
#include "text.h"

#include <string.h>

/* "+0x12/0x80" at @s, and no more of a word: its length, else 0. */
static size_t offset_length(const char *s)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 3;
	size_t digits;

	if (!text_after(s, "+0x"))
		return 0;
	digits = strspn(s + len, hex);
	len += digits;
	if (digits && text_after(s + len, "/0x")) {
		len += 3;
		digits = strspn(s + len, hex);
		len += digits;
	}
	return digits && (!s[len] || s[len] == ' ') ? len : 0;
}

void fold_frame(char *frame)
{
	char *from = frame;
	char *to = frame;

	while (*from) {
		/* Never the whole of it: an empty frame would vanish. */
		size_t offset = to > frame ? offset_length(from) : 0;

		if (offset) {
			from += offset;
			continue;
		}
		*to++ = *from == ';' ? ':' : *from == ' ' || *from == '\t' ? '_' : *from;
		from++;
	}
	*to = '\0';
}

static void print_frame(FILE *f, char *frame)
{
	fold_frame(frame);
	out_text(f, frame);
}

/* The cache, or what stands in its place: a large kmalloc has none. */
static void print_cache(FILE *f, struct la_doc *doc, size_t row)
{
	static const char * const names[] = { "cache", "class" };
	char **cells = doc->cells.at + row * doc->columns.count;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t column = la_doc_column(doc, names[i]);

		if (column != LA_NO_COLUMN && strcmp(cells[column], "-")) {
			putc(';', f);
			print_frame(f, cells[column]);
			return;
		}
	}
}

static void print_stack(const struct la_fold *fold, struct la_doc *doc, size_t row)
{
	const struct la_row *r = &doc->rows[row];
	size_t i;

	if (r->context)
		fprintf(fold->f, "(%s);", r->context);
	/* A root of their own: the frames that are missing would be theirs. */
	if (r->cut)
		fputs("...;", fold->f);
	for (i = r->frames; i--;) {
		print_frame(fold->f, doc->frames.at[r->first_frame + i]);
		if (i)
			putc(';', fold->f);
	}
	if (fold->cache_frame)
		print_cache(fold->f, doc, row);
}

int fold_stacks(const struct la_fold *fold, struct la_doc *doc)
{
	size_t column = la_doc_column(doc, fold->count);
	size_t row;

	if (column == LA_NO_COLUMN) {
		la_error("%s has no column \"%s\" to count: use the leakacct that came with the "
			 "module", doc->view, fold->count);
		return LA_EXIT_FORMAT;
	}
	for (row = 0; row < doc->nrows && !ferror(fold->f); row++) {
		const char *cell = la_doc_cell(doc, row, column);
		const char *bound = text_after(cell, ">=");
		unsigned long long count;

		if (!text_u64(bound ? bound : cell, &count)) {
			la_error("line %zu of %s: %s is \"%.40s\", which is no count: copy or read "
				 "it again", doc->rows[row].line, doc->view, fold->count, cell);
			return LA_EXIT_FORMAT;
		}
		if (!count)
			continue;
		print_stack(fold, doc, row);
		fprintf(fold->f, " %llu\n", count);
	}
	return LA_EXIT_OK;
}
