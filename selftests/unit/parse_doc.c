// SPDX-License-Identifier: GPL-2.0-only
/* The parser: what it takes from good files, and how it refuses bad ones. */
#include "parse_support.h"
#include "view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE "# leakacct callers 1 age=0.120s\n"
#define BLANKS " \t"
#define HEAD TITLE "# bytes objects caller\n"

static bool takes_every_fixture(void)
{
	static const char * const trees[] = {
		"busy", "quiet", "full_table", "sampled",
		"stock_busy", "stock_quiet", "stock_full_table", "stock_sampled",
	};
	static const char * const views[] = {
		"callers", "stacks", "objects", "suspects", "slabs", "samples", "unloaded", "ghost",
		"hooks", "stats", "verdict", "control",
	};
	struct la_doc doc;
	bool ok = true;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(trees) * ARRAY_SIZE(views); i++) {
		const char *view = views[i % ARRAY_SIZE(views)];
		char name[64];
		char *text;

		snprintf(name, sizeof(name), "%s/%s", trees[i / ARRAY_SIZE(views)], view);
		/* A recorded tree may be from before a view was added. */
		if (view_find(view)->added && !support_has_fixture(name))
			continue;
		/* The README says that this one is still to be recorded. */
		if (!support_has_fixture(trees[i / ARRAY_SIZE(views)]))
			continue;
		text = support_fixture(name, &len);
		EXPECT(ok, support_parse(&doc, text, len, view_find(view)->shape) == LA_PARSE_OK);
		EXPECT_STRING(ok, doc.view, view);
		EXPECT(ok, doc.age && la_doc_intact(&doc));
		la_doc_free(&doc);
		free(text);
	}
	return ok;
}

static bool finds_cells_by_column_name(void)
{
	struct la_doc doc;
	size_t len;
	char *text = support_fixture("busy/callers", &len);
	bool ok = true;

	EXPECT(ok, support_parse(&doc, text, len, LA_SHAPE_TABLE) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 7 && doc.columns.count == 9);
	EXPECT(ok, la_doc_column(&doc, "frees") == 4);
	EXPECT(ok, la_doc_column(&doc, "free") == LA_NO_COLUMN);
	EXPECT_STRING(ok, la_doc_cell(&doc, 4, la_doc_column(&doc, "caller")),
		      "load_tables+0x21/0x60 [gone] (unloaded)");
	EXPECT_STRING(ok, la_doc_cell(&doc, 4, la_doc_column(&doc, "cache")), "-");
	EXPECT_STRING(ok, doc.age, "0.120");
	EXPECT(ok, doc.more_rows == 417 && !la_doc_complete(&doc));
	la_doc_free(&doc);
	free(text);
	return ok;
}

static bool keeps_reasons_under_their_row(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse_table(&doc, HEAD
		"#   before any row\n"
		"1 2 first\n#   one\n#     two, deeper\n# a note\n#\n"
		"3 4 second\n"
		"5 6 third\n#\tx\n#  three\n") == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 3 && doc.reasons.count == 3 && doc.notes.count == 3);
	EXPECT(ok, doc.rows[0].reasons == 2 && doc.rows[0].first_reason == 0);
	EXPECT(ok, doc.rows[1].reasons == 0);
	EXPECT(ok, doc.rows[2].reasons == 1 && doc.rows[2].first_reason == 2);
	EXPECT_STRING(ok, doc.reasons.at[0], "one");
	EXPECT_STRING(ok, doc.reasons.at[1], "  two, deeper");
	EXPECT_STRING(ok, doc.reasons.at[2], "three");
	EXPECT_STRING(ok, doc.notes.at[0], "before any row");
	EXPECT_STRING(ok, doc.notes.at[1], "a note");
	la_doc_free(&doc);
	return ok;
}

static bool knows_lower_bounds(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse_table(&doc, HEAD "1 2 x\n") == LA_PARSE_OK);
	EXPECT(ok, !doc.lower_bounds && la_doc_complete(&doc));
	la_doc_free(&doc);
	EXPECT(ok, support_parse_table(&doc, HEAD "1 >=2 x\n") == LA_PARSE_OK);
	EXPECT(ok, doc.lower_bounds && !la_doc_complete(&doc) && la_doc_intact(&doc));
	la_doc_free(&doc);
	EXPECT(ok, support_parse_table(&doc, HEAD "# lower bounds: 7 inserts refused\n1 2 x\n") ==
	       LA_PARSE_OK);
	EXPECT(ok, doc.lower_bounds && doc.notes.count == 1);
	la_doc_free(&doc);
	return ok;
}

static bool counts_left_out_rows(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse_table(&doc, HEAD "1 2 x\n3 4 y\n5 6 z\n# 1 more row\n") ==
	       LA_PARSE_OK);
	EXPECT(ok, doc.more_rows == 1);
	la_doc_limit(&doc, 0);
	la_doc_limit(&doc, 3);
	EXPECT(ok, doc.nrows == 3 && doc.more_rows == 1);
	la_doc_limit(&doc, 1);
	EXPECT(ok, doc.nrows == 1 && doc.more_rows == 3);
	la_doc_free(&doc);
	/* Too large to hold is still not zero. */
	EXPECT(ok, support_parse_table(&doc, HEAD "1 2 x\n3 4 y\n"
				       "# 99999999999999999999999 more rows\n") == LA_PARSE_OK);
	la_doc_limit(&doc, 1);
	EXPECT(ok, doc.more_rows == ULLONG_MAX && !la_doc_complete(&doc));
	la_doc_free(&doc);
	EXPECT(ok, support_parse_table(&doc, HEAD "# 3 more rowsy\n") == LA_PARSE_OK);
	EXPECT(ok, !doc.more_rows && doc.notes.count == 1);
	la_doc_free(&doc);
	return ok;
}

/* Refused with @want, and with a word on what is wrong. */
static bool refuses(const char *text, size_t len, enum la_parse_result want, const char *why)
{
	struct la_doc doc;
	enum la_parse_result got = support_parse(&doc, text, len, LA_SHAPE_TABLE);
	bool ok = got == want && strstr(doc.error, why);

	if (!ok)
		printf("# expected %d \"%s\", got %d \"%s\" for: %.60s\n", (int)want, why,
		       (int)got, doc.error, text);
	la_doc_free(&doc);
	return ok;
}

static bool refuses_other_versions(void)
{
	static const char * const versions[] = { "0", "2", "10", "18446744073709551615" };
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		char text[128];
		int len = snprintf(text, sizeof(text), "# leakacct callers %s age=0s\nwhatever\n",
				   versions[i]);

		EXPECT(ok, refuses(text, (size_t)len, LA_PARSE_VERSION, versions[i]));
	}
	return ok;
}

static bool refuses_garbage(void)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "", "line 1" },
		{ "\n", "line 1" },
		{ "#", "line 1" },
		{ "# leakacct callers 1 age=0.1s", "line 1" },
		{ "hello\nworld\n", "line 1" },
		{ "# kmemleak callers 1\n# a\n", "line 1" },
		{ "#leakacct callers 1\n# a\n", "line 1" },
		{ "# leakacct\n# a\n", "version" },
		{ "# leakacct callers\n# a\n", "version" },
		{ "# leakacct callers one\n# a\n", "version" },
		{ "# leakacct callers -1\n# a\n", "version" },
		{ "# leakacct callers 99999999999999999999\n# a\n", "version" },
		{ TITLE, "line 2" },
		{ TITLE "1 2 x\n", "line 2" },
		{ TITLE "#\n", "line 2" },
		{ TITLE "# bytes bytes\n", "twice" },
		{ TITLE "# by\"tes\n", "odd" },
		{ TITLE "# bytes obj\033ects\n", "odd" },
	};
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT(ok, refuses(cases[i].text, strlen(cases[i].text), LA_PARSE_GARBAGE,
				   cases[i].why));
	return ok;
}

static bool refuses_nul_bytes_anywhere(void)
{
	char text[] = HEAD "1 2 x\n";
	size_t len = sizeof(text) - 1;
	bool ok = true;
	size_t i;

	for (i = 0; i < len; i++) {
		char was = text[i];

		text[i] = '\0';
		EXPECT(ok, refuses(text, len, LA_PARSE_GARBAGE, "NUL"));
		text[i] = was;
	}
	return ok;
}

static bool refuses_too_many_columns(void)
{
	char text[2048] = TITLE "#";
	struct la_doc doc;
	bool ok = true;
	int i;

	for (i = 0; i < LA_MAX_COLUMNS; i++)
		sprintf(text + strlen(text), " c%d", i);
	strcat(text, "\n");
	EXPECT(ok, support_parse_table(&doc, text) == LA_PARSE_OK);
	EXPECT(ok, doc.columns.count == LA_MAX_COLUMNS);
	la_doc_free(&doc);
	strcpy(text + strlen(text) - 1, " more\n");
	EXPECT(ok, refuses(text, strlen(text), LA_PARSE_GARBAGE, "too many"));
	return ok;
}

/* However a good file is cut off, no half row is taken for a row. */
static bool marks_truncation_at_every_byte(void)
{
	static const char text[] = HEAD "10 200 first\n#   why\n30 400 second+0x1/0x2 [m]\n";
	bool ok = true;
	size_t len;

	for (len = sizeof(HEAD) - 1; len < sizeof(text); len++) {
		bool at_line_end = text[len - 1] == '\n';
		struct la_doc doc;

		EXPECT(ok, support_parse(&doc, text, len, LA_SHAPE_TABLE) == LA_PARSE_OK);
		EXPECT(ok, doc.truncated == !at_line_end);
		EXPECT(ok, la_doc_complete(&doc) == at_line_end);
		if (doc.nrows == 2)
			EXPECT_STRING(ok, la_doc_cell(&doc, 1, 2), "second+0x1/0x2 [m]");
		la_doc_free(&doc);
	}
	return ok;
}

static bool leaves_out_short_rows(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse_table(&doc, HEAD "1 2 x\n3 4\n\n5\n" BLANKS "\n6 7  y z" BLANKS
				       "\n") == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 2 && doc.bad_rows == 2 && doc.first_bad_line == 4);
	EXPECT(ok, !la_doc_intact(&doc));
	EXPECT_STRING(ok, la_doc_cell(&doc, 1, 0), "6");
	EXPECT_STRING(ok, la_doc_cell(&doc, 1, 2), "y z");
	la_doc_free(&doc);
	/* Its reasons are not given to the row before it. */
	EXPECT(ok, support_parse_table(&doc, HEAD "1 2 x\n3 4\n#   why\n") == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 1 && !doc.rows[0].reasons && doc.notes.count == 1);
	la_doc_free(&doc);
	return ok;
}

static bool takes_columns_of_tomorrow(void)
{
	static const char text[] = "# leakacct callers 1 age=0.1s kernel=7.1 x\n"
				   "# caller_id bytes pages objects caller\n"
				   "9 1 5 2 f+0x1/0x2 [m]\n";
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse_table(&doc, text) == LA_PARSE_OK);
	EXPECT_STRING(ok, la_doc_cell(&doc, 0, la_doc_column(&doc, "objects")), "2");
	EXPECT_STRING(ok, la_doc_cell(&doc, 0, la_doc_column(&doc, "caller")), "f+0x1/0x2 [m]");
	EXPECT_STRING(ok, doc.age, "0.1");
	la_doc_free(&doc);
	return ok;
}

static bool age_may_be_missing_or_odd(void)
{
	static const char * const titles[] = {
		"# leakacct callers 1\n# a\n", "# leakacct callers 1 age=\n# a\n",
		"# leakacct callers 1 age=s\n# a\n", "# leakacct callers 1 age=1\n# a\n",
		"# leakacct callers 1 age=1e9s\n# a\n", "# leakacct callers 1 age=-\n# a\n",
	};
	struct la_doc doc;
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(titles); i++) {
		EXPECT(ok, support_parse_table(&doc, titles[i]) == LA_PARSE_OK);
		EXPECT(ok, !doc.age);
		la_doc_free(&doc);
	}
	return ok;
}

static bool takes_very_long_lines(void)
{
	size_t len = 1 << 20;
	char *text = malloc(len + 64);
	struct la_doc doc;
	bool ok = true;
	size_t head;

	if (!text)
		return false;
	head = (size_t)sprintf(text, HEAD "1 2 ");
	memset(text + head, 'x', len - head);
	text[len - 1] = '\n';
	EXPECT(ok, support_parse(&doc, text, len, LA_SHAPE_TABLE) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 1 && strlen(la_doc_cell(&doc, 0, 2)) == len - 1 - head);
	la_doc_free(&doc);
	free(text);
	return ok;
}

static bool takes_many_rows(void)
{
	size_t rows = 100000, used, i;
	char *text = malloc(rows * 16 + 128);
	struct la_doc doc;
	bool ok = true;

	if (!text)
		return false;
	used = (size_t)sprintf(text, HEAD);
	for (i = 0; i < rows; i++)
		used += (size_t)sprintf(text + used, "%zu 1 f\n", i);
	EXPECT(ok, support_parse(&doc, text, used, LA_SHAPE_TABLE) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == rows);
	EXPECT_STRING(ok, la_doc_cell(&doc, rows - 1, 0), "99999");
	la_doc_free(&doc);
	free(text);
	return ok;
}

static bool keeps_prose_as_it_is(void)
{
	static const char text[] = "# leakacct verdict 1 age=1.000s\n\n  LEAK: x\n# y\nlast\ncut";
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse(&doc, text, sizeof(text) - 1, LA_SHAPE_PROSE) == LA_PARSE_OK);
	EXPECT(ok, doc.lines.count == 4 && doc.truncated);
	EXPECT_STRING(ok, doc.lines.at[0], "");
	EXPECT_STRING(ok, doc.lines.at[1], "  LEAK: x");
	EXPECT_STRING(ok, doc.lines.at[2], "# y");
	la_doc_free(&doc);
	return ok;
}

static const struct ktap_test tests[] = {
	{ "takes_every_fixture", takes_every_fixture },
	{ "finds_cells_by_column_name", finds_cells_by_column_name },
	{ "keeps_reasons_under_their_row", keeps_reasons_under_their_row },
	{ "knows_lower_bounds", knows_lower_bounds },
	{ "counts_left_out_rows", counts_left_out_rows },
	{ "refuses_other_versions", refuses_other_versions },
	{ "refuses_garbage", refuses_garbage },
	{ "refuses_nul_bytes_anywhere", refuses_nul_bytes_anywhere },
	{ "refuses_too_many_columns", refuses_too_many_columns },
	{ "marks_truncation_at_every_byte", marks_truncation_at_every_byte },
	{ "leaves_out_short_rows", leaves_out_short_rows },
	{ "takes_columns_of_tomorrow", takes_columns_of_tomorrow },
	{ "age_may_be_missing_or_odd", age_may_be_missing_or_odd },
	{ "takes_very_long_lines", takes_very_long_lines },
	{ "takes_many_rows", takes_many_rows },
	{ "keeps_prose_as_it_is", keeps_prose_as_it_is },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
