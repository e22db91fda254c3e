// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two printers. A view may have a million rows, so widths are found in
 * one pass and rows are printed in a second, with no copy of the table; a
 * stream that has failed (a closed pipe, a full disk) ends the walk early.
 */
#include "out.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A longer cell (a merged cache's aliases) pushes its own row, not all rows. */
#define MAX_WIDTH 32
#define SCALED_SIZE 32

bool out_wants_colour(FILE *f)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	if (!term || !*term || !strcmp(term, "dumb"))
		return false;
	return isatty(fileno(f));
}

/* C1 controls are UTF-8 too (c2 80 to c2 9f), and terminals obey them. */
static bool is_printable(const char *s, size_t len)
{
	unsigned char first = (unsigned char)s[0];

	if (len == 1)
		return first >= 0x20 && first != 0x7f;
	return len && !(first == 0xc2 && (unsigned char)s[1] < 0xa0);
}

size_t out_text(FILE *f, const char *s)
{
	size_t width = 0;

	while (*s) {
		size_t len = text_utf8(s);

		if (is_printable(s, len)) {
			if (f)
				fwrite(s, 1, len, f);
			s += len;
			width++;
			continue;
		}
		if (f)
			fprintf(f, "\\%03o", (unsigned int)(unsigned char)*s);
		s++;
		width += 4;
	}
	return width;
}

/* A value of stats says by its name whether it counts bytes. */
static bool names_bytes(const char *name)
{
	size_t len = strlen(name);

	return (len > 6 && !strcmp(name + len - 6, "_bytes")) || text_after(name, "memory_") ||
	       !strcmp(name, "sample_interval");
}

/* bytes_error right after bytes: "9.5 MiB ± 1.2 MiB". */
static bool is_error_of_last(const struct la_doc *doc, size_t column)
{
	const char *rest = column ? text_after(doc->columns.at[column],
					       doc->columns.at[column - 1]) : NULL;

	return rest && !strcmp(rest, "_error");
}

static enum la_kind cell_kind(const struct la_doc *doc, size_t row, size_t column)
{
	enum la_kind kind = view_column_kind(doc->columns.at[column]);

	if (kind == LA_KIND_AUTO && column && names_bytes(la_doc_cell(doc, row, 0)))
		return LA_KIND_BYTES;
	return kind;
}

/* The cell as people see it: in @buf if it was scaled, else as it came. */
static const char *shown_cell(const struct la_style *style, const struct la_doc *doc, size_t row,
			      size_t column, char *buf)
{
	const char *cell = la_doc_cell(doc, row, column);
	const char *number = text_after(cell, ">=");
	size_t mark = number ? 2 : 0;
	unsigned int unit;

	switch (cell_kind(doc, row, column)) {
	case LA_KIND_BYTES:
		unit = 1;
		break;
	case LA_KIND_KB:
		unit = 1024;
		break;
	default:
		return cell;
	}
	memcpy(buf, ">=", mark);
	if (style->bytes || !text_scale(cell + mark, unit, buf + mark, SCALED_SIZE - mark))
		return cell;
	return buf;
}

static const char *shown_header(const struct la_style *style, const struct la_doc *doc,
				size_t column)
{
	const char *name = doc->columns.at[column];

	if (is_error_of_last(doc, column))
		return "error";
	/* "kB" over "12.5 MiB" would lie. */
	return !style->bytes && view_column_kind(name) == LA_KIND_KB ? "size" : name;
}

static bool is_right_aligned(const struct la_doc *doc, size_t column)
{
	switch (view_column_kind(doc->columns.at[column])) {
	case LA_KIND_TEXT:
	case LA_KIND_ADDRESS:
		return false;
	default:
		return true;
	}
}

static void find_widths(const struct la_style *style, const struct la_doc *doc, size_t *widths)
{
	char buf[SCALED_SIZE];
	size_t row, col, width;

	for (col = 0; col < doc->columns.count; col++)
		widths[col] = out_text(NULL, shown_header(style, doc, col));
	for (row = 0; row < doc->nrows; row++) {
		for (col = 0; col < doc->columns.count; col++) {
			width = out_text(NULL, shown_cell(style, doc, row, col, buf));
			if (width > MAX_WIDTH)
				width = MAX_WIDTH;
			if (width > widths[col])
				widths[col] = width;
		}
	}
}

/* The gap to the next column; the last one ends the line. */
static const char *gap_after(const struct la_doc *doc, size_t column)
{
	if (column + 1 == doc->columns.count)
		return "\n";
	return is_error_of_last(doc, column + 1) ? " \302\261 " : "  ";
}

static void print_cell(FILE *f, const char *text, size_t width, bool right, const char *gap)
{
	size_t used = out_text(NULL, text);
	int pad = used < width ? (int)(width - used) : 0;

	if (right)
		fprintf(f, "%*s", pad, "");
	out_text(f, text);
	if (!right && *gap != '\n')
		fprintf(f, "%*s", pad, "");
	fputs(gap, f);
}

static void print_header(const struct la_style *style, const struct la_doc *doc,
			 const size_t *widths)
{
	size_t last = doc->columns.count - 1;
	size_t col;

	if (style->colour)
		fputs("\033[1m", style->f);
	for (col = 0; col < last; col++)
		print_cell(style->f, shown_header(style, doc, col), widths[col],
			   is_right_aligned(doc, col), gap_after(doc, col));
	/* The last header ends before its newline, so that the bold does too. */
	fprintf(style->f, "%*s%s\n", is_right_aligned(doc, last) ? (int)widths[last] : 0,
		shown_header(style, doc, last), style->colour ? "\033[0m" : "");
}

static void print_below(FILE *f, const char *text)
{
	fputs("    ", f);
	out_text(f, text);
	putc('\n', f);
}

/* A stack from the caller outwards, then where it ends. */
static void print_stack(FILE *f, const struct la_doc *doc, const struct la_row *r)
{
	size_t i;

	for (i = 0; i < r->frames; i++)
		print_below(f, doc->frames.at[r->first_frame + i]);
	if (r->cut)
		print_below(f, "...");
	if (r->context)
		fprintf(f, "    (%s)\n", r->context);
}

/* A suspect that the module would name in its verdict. */
static bool stands_out(const struct la_style *style, const struct la_doc *doc, size_t row)
{
	size_t column = la_doc_column(doc, "score");

	return style->colour && style->threshold && column != LA_NO_COLUMN &&
	       strtoull(la_doc_cell(doc, row, column), NULL, 10) >= style->threshold;
}

static void print_row(const struct la_style *style, const struct la_doc *doc, size_t row,
		      const size_t *widths)
{
	const struct la_row *r = &doc->rows[row];
	bool red = stands_out(style, doc, row);
	size_t last = doc->columns.count - 1;
	char buf[SCALED_SIZE];
	size_t i;

	if (red)
		fputs("\033[31m", style->f);
	for (i = 0; i <= last; i++)
		print_cell(style->f, shown_cell(style, doc, row, i, buf), widths[i],
			   is_right_aligned(doc, i), gap_after(doc, i));
	if (red)
		fputs("\033[0m", style->f);
	print_stack(style->f, doc, r);
	for (i = 0; i < r->reasons; i++)
		print_below(style->f, doc->reasons.at[r->first_reason + i]);
}

static void print_table(const struct la_style *style, const struct la_doc *doc)
{
	size_t widths[LA_MAX_COLUMNS];
	size_t row;

	find_widths(style, doc, widths);
	print_header(style, doc, widths);
	for (row = 0; row < doc->nrows && !ferror(style->f); row++) {
		if (row && doc->shape == LA_SHAPE_STACKS)
			putc('\n', style->f);
		print_row(style, doc, row, widths);
	}
	if (!doc->nrows)
		fputs("(no rows)\n", style->f);
}

/* The verdict's answer in red or green; other lines as they are. */
static void print_line(const struct la_style *style, const char *line)
{
	const char *colour = NULL;

	if (style->colour && text_after(line, "LEAK SUSPECTED"))
		colour = "\033[1;31m";
	else if (style->colour && text_after(line, "NO SUSPECT"))
		colour = "\033[32m";
	if (colour)
		fputs(colour, style->f);
	out_text(style->f, line);
	fputs(colour ? "\033[0m\n" : "\n", style->f);
}

void out_people(const struct la_style *style, const struct la_doc *doc)
{
	size_t i;

	if (doc->columns.count)
		print_table(style, doc);
	for (i = 0; i < doc->lines.count && !ferror(style->f); i++)
		print_line(style, doc->lines.at[i]);
	for (i = 0; i < doc->notes.count; i++) {
		fputs("note: ", style->f);
		out_text(style->f, doc->notes.at[i]);
		putc('\n', style->f);
	}
	if (doc->more_rows)
		fprintf(style->f, "(%llu more rows)\n", doc->more_rows);
}

void out_title(const struct la_style *style, const struct la_doc *doc)
{
	fputs(style->colour ? "\033[1m== " : "== ", style->f);
	out_text(style->f, doc->view);
	if (doc->age)
		fprintf(style->f, ", %s s old", doc->age);
	fputs(style->colour ? " ==\033[0m\n" : " ==\n", style->f);
}

/* The last column is free text, which the kernel does not escape. */
static void json_name(struct la_json *json, const struct la_doc *doc, size_t column,
		      const char *cell)
{
	char *copy = column + 1 < doc->columns.count && strchr(cell, '\\') ? strdup(cell) : NULL;

	if (copy)
		text_unescape(copy);
	json_string(json, doc->columns.at[column], copy ? copy : cell);
	free(copy);
}

static void json_cell(struct la_json *json, const struct la_doc *doc, size_t row, size_t column)
{
	const char *cell = la_doc_cell(doc, row, column);
	const char *name = doc->columns.at[column];
	enum la_kind kind = view_column_kind(name);
	const char *number = text_after(cell, ">=");

	if (!number)
		number = cell;
	if (!strcmp(cell, "-"))
		json_null(json, name);
	else if (kind != LA_KIND_TEXT && kind != LA_KIND_ADDRESS && text_is_number(number))
		json_number(json, name, number);
	else
		json_name(json, doc, column, cell);
}

static void json_strings(struct la_json *json, const char *key, char **at, size_t count)
{
	size_t i;

	json_begin(json, key, '[');
	for (i = 0; i < count && !ferror(json->f); i++)
		json_string(json, NULL, at[i]);
	json_end(json, ']');
}

/* Which columns of the row say "at least": their numbers are lower bounds. */
static void json_lower_bounds(struct la_json *json, const struct la_doc *doc, size_t row)
{
	bool open = false;
	size_t col;

	for (col = 0; col < doc->columns.count; col++) {
		if (view_column_kind(doc->columns.at[col]) == LA_KIND_TEXT ||
		    !text_after(la_doc_cell(doc, row, col), ">="))
			continue;
		if (!open)
			json_begin(json, "lower_bounds", '[');
		open = true;
		json_string(json, NULL, doc->columns.at[col]);
	}
	if (open)
		json_end(json, ']');
}

static void json_stack(struct la_json *json, const struct la_doc *doc, const struct la_row *r)
{
	json_strings(json, "frames", doc->frames.at + r->first_frame, r->frames);
	json_bool(json, "cut", r->cut);
	if (r->context)
		json_string(json, "context", r->context);
	else
		json_null(json, "context");
}

/* "  1 x 4032 bytes, 56 objects TSPacket ts_rx+0x3f/0x130 [ts]", below "one leak: ...". */
static void json_part(struct la_json *json, const char *line)
{
	unsigned long long per_event, bytes, objects;
	char cache[256];
	int at = 0;

	if (sscanf(line, "  %llu x %llu bytes, %llu objects %255s %n", &per_event, &bytes, &objects,
		   cache, &at) != 4 || !at)
		return;
	json_begin(json, NULL, '{');
	json_u64(json, "per_event", per_event);
	json_u64(json, "bytes", bytes);
	json_u64(json, "objects", objects);
	if (strcmp(cache, "-"))
		json_string(json, "cache", cache);
	else
		json_null(json, "cache");
	json_string(json, "caller", line + at);
	json_end(json, '}');
}

/* "one leak: 1 x TSPacket (ts) + 2 x kmalloc-2k + 3 more per event, 56 events". */
static bool read_event(const char *line, unsigned long long *events, unsigned long long *more)
{
	static const char per_event[] = " per event, ";
	const char *at, *plus;
	int end = 0;

	at = text_after(line, "one leak: ") ? strstr(line, per_event) : NULL;
	if (!at || sscanf(at + strlen(per_event), "%llu event%n", events, &end) != 1 || !end)
		return false;
	*more = 0;
	for (plus = strstr(line, " + "); plus && plus < at; plus = strstr(plus + 1, " + ")) {
		end = 0;
		if (sscanf(plus, " + %llu more%n", more, &end) == 1 && plus + end == at)
			return true;
		*more = 0;
	}
	return true;
}

/* Callers that leak together are one suspect; the rest of its reasons stays text. */
static void json_twins(struct la_json *json, const struct la_doc *doc, const struct la_row *r)
{
	char **reasons = doc->reasons.at + r->first_reason;
	unsigned long long events = 0, more = 0;
	bool is_leak = false;
	size_t i;

	for (i = 0; i < r->reasons && !is_leak; i++)
		is_leak = read_event(reasons[i], &events, &more);
	if (is_leak)
		json_u64(json, "events", events);
	else
		json_null(json, "events");
	json_u64(json, "more", more);
	json_begin(json, "twins", '[');
	for (i = 0; i < r->reasons; i++)
		json_part(json, reasons[i]);
	json_end(json, ']');
}

static void json_row(struct la_json *json, const struct la_doc *doc, size_t row,
		     const char *reasons)
{
	const struct la_row *r = &doc->rows[row];
	size_t col;

	json_begin(json, NULL, '{');
	for (col = 0; col < doc->columns.count; col++)
		json_cell(json, doc, row, col);
	json_lower_bounds(json, doc, row);
	if (doc->shape == LA_SHAPE_STACKS)
		json_stack(json, doc, r);
	json_strings(json, reasons, doc->reasons.at + r->first_reason, r->reasons);
	if (doc->view && !strcmp(doc->view, "suspects"))
		json_twins(json, doc, r);
	json_end(json, '}');
}

void out_json_head(struct la_json *json, const struct la_doc *doc)
{
	json_u64(json, "schema", LA_JSON_SCHEMA);
	json_string(json, "view", doc->view);
	if (doc->age)
		json_number(json, "age_s", doc->age);
	else
		json_null(json, "age_s");
	json_bool(json, "complete", la_doc_complete(doc));
	json_u64(json, "more_rows", doc->more_rows);
}

static void json_rows(struct la_json *json, const struct la_doc *doc)
{
	const struct la_view *view = view_find(doc->view);
	const char *reasons = view && view->reasons ? view->reasons : "reasons";
	size_t row;

	json_begin(json, "rows", '[');
	for (row = 0; row < doc->nrows && !ferror(json->f); row++)
		json_row(json, doc, row, reasons);
	json_end(json, ']');
}

void out_json(struct la_json *json, const char *key, const struct la_doc *doc)
{
	json_begin(json, key, '{');
	out_json_head(json, doc);
	json_strings(json, "notes", doc->notes.at, doc->notes.count);
	if (doc->columns.count)
		json_rows(json, doc);
	else
		json_strings(json, "lines", doc->lines.at, doc->lines.count);
	json_end(json, '}');
}
