/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The versioned text files, taken apart. Any bytes are safe to hand in; the
 * parser prints nothing, and says in @error what was wrong and on which line.
 *
 *   # leakacct callers 1 age=0.120s      view, format version, age
 *   # bytes objects ... cache caller     column names; programs go by these
 *   72 1 ... TSPacket ts_rx+0x12/0x80    rows; the last column is free text
 *   #   never freed in 300 s             reason: belongs to the row above
 *       ts_rx+0x12/0x80 [tspacket]       frame of the stack above, innermost first
 *       ...                              the stack was cut here
 *       (softirq)                        what it ran in, if not in a task
 *   # lower bounds: 7 inserts refused    note: belongs to the whole view
 *   # 12 more rows                       rows that were left out
 */
#ifndef LEAKACCT_PARSE_H
#define LEAKACCT_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#define LA_FORMAT_VERSION 1
#define LA_MAX_COLUMNS 64
#define LA_NO_COLUMN ((size_t)-1)

enum la_shape {
	LA_SHAPE_TABLE,		/* columns and rows */
	LA_SHAPE_STACKS,	/* the same, and indented frames under each row */
	LA_SHAPE_PROSE,		/* lines for people: verdict, control */
};

enum la_parse_result {
	LA_PARSE_OK,
	LA_PARSE_VERSION,	/* a format version that this reader does not know */
	LA_PARSE_GARBAGE,	/* not one of our files, or damaged */
	LA_PARSE_NOMEM,
};

struct la_strings {
	char **at;
	size_t count;
	size_t room;
};

struct la_row {
	size_t line;
	size_t first_reason;	/* index into doc->reasons */
	size_t reasons;
	/* LA_SHAPE_STACKS only */
	size_t first_frame;	/* index into doc->frames, innermost first */
	size_t frames;
	const char *context;	/* "softirq", ...; NULL in a task */
	bool cut;		/* there were more frames */
};

/* All strings point into @buf, which the document owns. */
struct la_doc {
	char *buf;
	enum la_shape shape;
	const char *view;
	const char *age;	/* seconds, a JSON number; NULL if not given */
	struct la_strings columns;
	struct la_strings cells;	/* rows times columns */
	struct la_strings reasons;
	struct la_strings frames;
	struct la_strings notes;
	struct la_strings lines;	/* LA_SHAPE_PROSE only */
	struct la_row *rows;
	size_t nrows;
	size_t rows_room;
	bool row_open;		/* the last row was taken: what is below is its own */
	size_t bad_rows;	/* too few columns, or a stack in pieces: left out */
	size_t first_bad_line;
	unsigned long long more_rows;
	bool lower_bounds;	/* some figures say "at least" */
	bool truncated;		/* the last line had no end and was left out */
	char error[160];
};

/*
 * Takes @buf, malloc'd with room for buf[len], in every case; la_doc_free()
 * releases it, after a failure too.
 */
enum la_parse_result la_doc_parse(struct la_doc *doc, char *buf, size_t len, enum la_shape shape);
void la_doc_free(struct la_doc *doc);

size_t la_doc_column(const struct la_doc *doc, const char *name);
const char *la_doc_cell(const struct la_doc *doc, size_t row, size_t column);

/* Keep the first @max rows (0 = all) and count the others as left out. */
void la_doc_limit(struct la_doc *doc, unsigned long long max);

/* Everything that was recorded is here, and exact. */
bool la_doc_complete(const struct la_doc *doc);

/* Nothing had to be left out because it could not be read. */
bool la_doc_intact(const struct la_doc *doc);

#endif /* LEAKACCT_PARSE_H */
