// SPDX-License-Identifier: GPL-2.0-only
/*
 * The versioned text files, taken apart in place: lines and words are cut by
 * writing NULs into the buffer, so a view of a million rows costs one pointer
 * per cell and no copies.
 */
#include "parse.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
	char *next;		/* NULL at the end */
	char *end;
	size_t line;		/* of the line last returned, from 1 */
	const char *tail;	/* a last line without an end */
};

static enum la_parse_result fail(struct la_doc *doc, enum la_parse_result result, size_t line,
				 const char *what)
{
	snprintf(doc->error, sizeof(doc->error), "line %zu: %s", line, what);
	return result;
}

static bool grow(void **array, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room * 2 : 64;
	void *bigger;

	if (count < *room)
		return true;
	bigger = reallocarray(*array, wanted, size);
	if (!bigger)
		return false;
	*array = bigger;
	*room = wanted;
	return true;
}

static bool add_string(struct la_strings *list, char *s)
{
	void *at = list->at;

	if (!grow(&at, &list->room, list->count, sizeof(*list->at)))
		return false;
	list->at = at;
	list->at[list->count++] = s;
	return true;
}

static bool add_row(struct la_doc *doc, size_t line)
{
	void *rows = doc->rows;

	if (!grow(&rows, &doc->rows_room, doc->nrows, sizeof(*doc->rows)))
		return false;
	doc->rows = rows;
	doc->rows[doc->nrows++] = (struct la_row){
		.line = line,
		.first_reason = doc->reasons.count,
		.first_frame = doc->frames.count,
	};
	doc->row_open = true;
	return true;
}

/* Damage: what stands below it until the next row belongs to no row. */
static void count_bad_row(struct la_doc *doc, size_t line)
{
	doc->row_open = false;
	if (!doc->bad_rows++)
		doc->first_bad_line = line;
}

static void drop_last_row(struct la_doc *doc)
{
	const struct la_row *row = &doc->rows[--doc->nrows];

	doc->cells.count -= doc->columns.count;
	doc->reasons.count = row->first_reason;
	doc->frames.count = row->first_frame;
	doc->row_open = false;
}

/*
 * The next line, its end cut off. A last line without an end may have lost
 * the tail of a number, so it is never handed out, only marked.
 */
static char *next_line(struct la_doc *doc, struct cursor *at)
{
	char *line = at->next;
	char *newline;

	if (line == at->end)
		return NULL;
	at->line++;
	newline = memchr(line, '\n', (size_t)(at->end - line));
	if (!newline) {
		doc->truncated = true;
		at->tail = line;
		at->next = at->end;
		return NULL;
	}
	*newline = '\0';
	at->next = newline + 1;
	return line;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* The next word of *@s, cut off; NULL when there is none. */
static char *next_word(char **s)
{
	char *word = skip_blanks(*s);
	char *end = word;

	if (!*word)
		return NULL;
	while (*end && !is_blank(*end))
		end++;
	*s = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* What is left of *@s without the blanks around it; NULL if only blanks. */
static char *rest_of(char *s)
{
	size_t len;

	s = skip_blanks(s);
	len = strlen(s);
	while (len && is_blank(s[len - 1]))
		s[--len] = '\0';
	return len ? s : NULL;
}

/* age=1.250s: the number, else NULL. Keys that we do not know may stand beside it. */
static const char *parse_age(char *rest)
{
	char *word;

	while ((word = next_word(&rest))) {
		const char *value = text_after(word, "age=");
		size_t len;

		if (!value)
			continue;
		len = strlen(word);
		if (word[len - 1] != 's')
			return NULL;
		word[len - 1] = '\0';
		return text_is_number(value) ? value : NULL;
	}
	return NULL;
}

static enum la_parse_result parse_title(struct la_doc *doc, struct cursor *at)
{
	char *line = next_line(doc, at);
	unsigned long long version;
	char *word;

	if (!line)
		return fail(doc, LA_PARSE_GARBAGE, 1, "the file is empty or cut off");
	word = next_word(&line);
	if (!word || strcmp(word, "#"))
		return fail(doc, LA_PARSE_GARBAGE, 1, "no \"# leakacct\" title");
	word = next_word(&line);
	if (!word || strcmp(word, "leakacct"))
		return fail(doc, LA_PARSE_GARBAGE, 1, "no \"# leakacct\" title");
	doc->view = next_word(&line);
	word = next_word(&line);
	if (!word || !text_u64(word, &version))
		return fail(doc, LA_PARSE_GARBAGE, 1, "no format version");
	if (version != LA_FORMAT_VERSION) {
		snprintf(doc->error, sizeof(doc->error), "format version %llu", version);
		return LA_PARSE_VERSION;
	}
	doc->age = parse_age(line);
	return LA_PARSE_OK;
}

static bool is_column_name(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return len && !s[len];
}

static enum la_parse_result parse_columns(struct la_doc *doc, struct cursor *at)
{
	char *line = next_line(doc, at);
	char *word;

	if (!line || *line != '#')
		return fail(doc, LA_PARSE_GARBAGE, 2, "no column names");
	for (line++; (word = next_word(&line));) {
		if (!is_column_name(word))
			return fail(doc, LA_PARSE_GARBAGE, 2, "a column name of odd characters");
		if (la_doc_column(doc, word) != LA_NO_COLUMN)
			return fail(doc, LA_PARSE_GARBAGE, 2, "a column name stands there twice");
		if (doc->columns.count == LA_MAX_COLUMNS)
			return fail(doc, LA_PARSE_GARBAGE, 2, "too many columns");
		if (!add_string(&doc->columns, word))
			return fail(doc, LA_PARSE_NOMEM, 2, "out of memory");
	}
	if (!doc->columns.count)
		return fail(doc, LA_PARSE_GARBAGE, 2, "no column names");
	return LA_PARSE_OK;
}

/* "12 more rows": a number too large to hold still means rows are missing. */
static bool parse_more_rows(struct la_doc *doc, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *tail = text + digits;
	unsigned long long n = 0;
	size_t i;

	if (!digits || (strcmp(tail, " more rows") && strcmp(tail, " more row")))
		return false;
	for (i = 0; i < digits; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		n = n > (ULLONG_MAX - digit) / 10 ? ULLONG_MAX : n * 10 + digit;
	}
	doc->more_rows = n;
	return true;
}

/* Indented by two or more under a row: its reason. All other # lines: notes. */
static bool parse_remark(struct la_doc *doc, char *line)
{
	size_t indent = strspn(line, " \t");

	if (indent >= 2 && doc->row_open) {
		doc->rows[doc->nrows - 1].reasons++;
		/* Three is our indent; what is deeper is the content's own. */
		return add_string(&doc->reasons, line + (indent < 3 ? indent : 3));
	}
	line = rest_of(line);
	if (!line || parse_more_rows(doc, line))
		return true;
	if (text_after(line, "lower bounds"))
		doc->lower_bounds = true;
	return add_string(&doc->notes, line);
}

/* A row that does not fill its columns is left out, counted, and said. */
static bool parse_row(struct la_doc *doc, char *line, size_t number)
{
	size_t ncols = doc->columns.count;
	size_t before = doc->cells.count;
	char *cell = NULL;
	size_t i;

	for (i = 0; i < ncols; i++) {
		cell = i + 1 < ncols ? next_word(&line) : rest_of(line);
		if (!cell)
			break;
		if (!add_string(&doc->cells, cell))
			return false;
	}
	if (!cell) {
		doc->cells.count = before;
		count_bad_row(doc, number);
		return true;
	}
	for (i = before; i < doc->cells.count; i++) {
		if (text_after(doc->cells.at[i], ">="))
			doc->lower_bounds = true;
	}
	return add_row(doc, number);
}

/* "(softirq)": the word, cut off; NULL if it is anything else. */
static const char *parse_context(char *text)
{
	size_t len = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (*text != '(' || !len || strcmp(text + 1 + len, ")"))
		return NULL;
	text[1 + len] = '\0';
	return text + 1;
}

/* Frames, then in either order where it was cut and what it ran in: each once. */
static bool is_past_end(const struct la_row *row, bool is_context, bool is_cut)
{
	if (is_context)
		return row->context;
	return row->cut || (row->context && !is_cut);
}

/*
 * An indented line. What it says is kept as a frame even if it looks like
 * none; but below the stack's end there is no more of it, so that a row that
 * was lost does not lengthen the stack above.
 */
static bool parse_frame(struct la_doc *doc, char *line, size_t number)
{
	char *text = rest_of(line);
	const char *context = parse_context(text);
	bool is_cut = !strcmp(text, "...");
	struct la_row *row;

	if (!doc->row_open) {
		/* A row that was lost has been counted, unless it was the first. */
		if (!doc->nrows && !doc->bad_rows)
			count_bad_row(doc, number);
		return true;
	}
	row = &doc->rows[doc->nrows - 1];
	if (is_past_end(row, context, is_cut)) {
		if (!row->frames)
			drop_last_row(doc);
		count_bad_row(doc, number);
		return true;
	}
	if (context) {
		row->context = context;
		return true;
	}
	if (is_cut) {
		row->cut = true;
		return true;
	}
	row->frames++;
	return add_string(&doc->frames, text);
}

/* A row is followed by its first frame, the caller. */
static void end_stack(struct la_doc *doc)
{
	size_t line;

	if (!doc->row_open || doc->rows[doc->nrows - 1].frames)
		return;
	line = doc->rows[doc->nrows - 1].line;
	drop_last_row(doc);
	count_bad_row(doc, line);
}

static bool parse_line(struct la_doc *doc, char *line, size_t number)
{
	if (*line == '#')
		return parse_remark(doc, line + 1);
	if (!*skip_blanks(line))
		return true;
	if (doc->shape == LA_SHAPE_STACKS) {
		if (is_blank(*line))
			return parse_frame(doc, line, number);
		end_stack(doc);
	}
	return parse_row(doc, line, number);
}

static enum la_parse_result parse_table(struct la_doc *doc, struct cursor *at)
{
	enum la_parse_result result = parse_columns(doc, at);
	char *line;

	if (result != LA_PARSE_OK)
		return result;
	while ((line = next_line(doc, at))) {
		if (!parse_line(doc, line, at->line))
			return fail(doc, LA_PARSE_NOMEM, at->line, "out of memory");
	}
	if (doc->shape != LA_SHAPE_STACKS)
		return LA_PARSE_OK;
	/* Half a stack would be taken for another one. */
	if (at->tail && is_blank(*at->tail) && doc->row_open)
		drop_last_row(doc);
	end_stack(doc);
	return LA_PARSE_OK;
}

static enum la_parse_result parse_prose(struct la_doc *doc, struct cursor *at)
{
	char *line;

	while ((line = next_line(doc, at))) {
		if (!add_string(&doc->lines, line))
			return fail(doc, LA_PARSE_NOMEM, at->line, "out of memory");
	}
	return LA_PARSE_OK;
}

enum la_parse_result la_doc_parse(struct la_doc *doc, char *buf, size_t len, enum la_shape shape)
{
	struct cursor at = { .next = buf, .end = buf + len };
	const char *nul = memchr(buf, '\0', len);
	enum la_parse_result result;

	memset(doc, 0, sizeof(*doc));
	doc->shape = shape;
	doc->buf = buf;
	buf[len] = '\0';
	/* The kernel prints no NULs: a hole in a copied file, or no text at all. */
	if (nul) {
		snprintf(doc->error, sizeof(doc->error), "byte %zu is NUL, so this is no text",
			 (size_t)(nul - buf));
		return LA_PARSE_GARBAGE;
	}
	result = parse_title(doc, &at);
	if (result != LA_PARSE_OK)
		return result;
	return shape == LA_SHAPE_PROSE ? parse_prose(doc, &at) : parse_table(doc, &at);
}

void la_doc_free(struct la_doc *doc)
{
	free(doc->columns.at);
	free(doc->cells.at);
	free(doc->reasons.at);
	free(doc->frames.at);
	free(doc->notes.at);
	free(doc->lines.at);
	free(doc->rows);
	free(doc->buf);
	memset(doc, 0, sizeof(*doc));
}

size_t la_doc_column(const struct la_doc *doc, const char *name)
{
	size_t i;

	for (i = 0; i < doc->columns.count; i++) {
		if (!strcmp(doc->columns.at[i], name))
			return i;
	}
	return LA_NO_COLUMN;
}

const char *la_doc_cell(const struct la_doc *doc, size_t row, size_t column)
{
	return doc->cells.at[row * doc->columns.count + column];
}

void la_doc_limit(struct la_doc *doc, unsigned long long max)
{
	unsigned long long cut;

	if (!max || max >= doc->nrows)
		return;
	cut = doc->nrows - max;
	doc->more_rows = doc->more_rows > ULLONG_MAX - cut ? ULLONG_MAX : doc->more_rows + cut;
	doc->nrows = (size_t)max;
}

bool la_doc_intact(const struct la_doc *doc)
{
	return !doc->truncated && !doc->bad_rows;
}

bool la_doc_complete(const struct la_doc *doc)
{
	return la_doc_intact(doc) && !doc->more_rows && !doc->lower_bounds;
}
