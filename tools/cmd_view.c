// SPDX-License-Identifier: GPL-2.0-only
/* The commands that show one view, and the verdict's exit code. */
#include "fold.h"
#include "load.h"
#include "out.h"
#include "text.h"

#include <string.h>

/* The module says its own in a note of suspects; this is what it says today. */
#define DEFAULT_THRESHOLD 60
#define THRESHOLD_NOTE "suspect from "

/* What is printed is for a program: what a person should know goes to stderr. */
static int show_folded(const struct la_args *args, struct la_doc *doc)
{
	const char *count = args->value[OPT_FOLDED];
	struct la_fold fold = {
		.f = stdout,
		.count = *count ? count : "bytes",
		.cache_frame = args->value[OPT_CACHE_FRAME],
	};
	size_t i;

	for (i = 0; i < doc->notes.count; i++)
		la_error("note: %s", doc->notes.at[i]);
	return fold_stacks(&fold, doc);
}

/* The number that @s begins with: 73 of "73", "73.5", "73; looks taken 9". */
static bool leading_number(const char *s, unsigned long long *ret)
{
	size_t len = strspn(s, "0123456789");
	char digits[24];

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, s, len);
	digits[len] = '\0';
	return text_u64(digits, ret);
}

/* "score 0..100, suspect from 60; ..." among the notes. */
static unsigned long long find_threshold(const struct la_args *args, const struct la_doc *doc)
{
	unsigned long long threshold;
	size_t i;

	if (args->value[OPT_THRESHOLD])
		return args->threshold;
	for (i = 0; i < doc->notes.count; i++) {
		const char *at = strstr(doc->notes.at[i], THRESHOLD_NOTE);

		if (at && leading_number(at + strlen(THRESHOLD_NOTE), &threshold))
			return threshold;
	}
	return DEFAULT_THRESHOLD;
}

static int show(const struct la_args *args, struct la_doc *doc)
{
	if (args->value[OPT_FOLDED])
		return show_folded(args, doc);
	if (args->value[OPT_JSON]) {
		struct la_json json = { .f = stdout };

		out_json(&json, NULL, doc);
	} else {
		struct la_style style = {
			.f = stdout,
			.bytes = args->value[OPT_BYTES],
			.colour = out_wants_colour(stdout),
			.threshold = find_threshold(args, doc),
		};

		out_people(&style, doc);
	}
	return LA_EXIT_OK;
}

static int suspects_exit(const struct la_args *args, const struct la_doc *doc)
{
	unsigned long long threshold = find_threshold(args, doc);
	size_t column = la_doc_column(doc, "score");
	size_t row;

	if (column == LA_NO_COLUMN) {
		la_error("suspects has no column \"score\" to judge by: use the leakacct that came "
			 "with the module");
		return LA_EXIT_FORMAT;
	}
	for (row = 0; row < doc->nrows; row++) {
		const char *cell = la_doc_cell(doc, row, column);
		const char *bound = text_after(cell, ">=");
		unsigned long long score;

		if (leading_number(bound ? bound : cell, &score) && score >= threshold)
			return LA_EXIT_SUSPECTS;
	}
	return LA_EXIT_OK;
}

static bool wants_exit_code(const struct la_args *args)
{
	return args->value[OPT_EXIT_CODE] || args->value[OPT_THRESHOLD];
}

/* The verdict is prose: what it is worth as an exit code stands in suspects. */
static int judge(const struct la_args *args, struct la_source *src)
{
	struct la_doc doc;
	int status = load_file(src, view_find("suspects"), &doc);

	if (!status) {
		status = load_verify(src, &doc);
		if (!status)
			status = suspects_exit(args, &doc);
		la_doc_free(&doc);
	}
	return status;
}

/* Nobody is accused in a verdict of these: nor is anybody acquitted. */
static bool says_nothing(const struct la_doc *verdict)
{
	const char *first = "";
	size_t i;

	for (i = 0; i < verdict->lines.count && !*first; i++)
		first = verdict->lines.at[i];
	return text_after(first, "TOO EARLY") || text_after(first, "NO ANSWER");
}

static int exit_code(const struct la_args *args, struct la_source *src,
		     const struct la_doc *doc)
{
	int status;

	if (doc->shape != LA_SHAPE_PROSE)
		return suspects_exit(args, doc);
	status = judge(args, src);
	return !status && says_nothing(doc) ? LA_EXIT_NO_ANSWER : status;
}

int cmd_view(const struct la_args *args)
{
	const struct la_view *view = view_find(args->command->name);
	struct la_source src;
	struct la_doc doc;
	int status = source_open(&src, args->value[OPT_ROOT]);

	if (status) {
		la_error("%s", src.error);
		return status;
	}
	status = load_view(args, &src, view, &doc);
	if (!status) {
		status = show(args, &doc);
		if (!status)
			status = load_verify(&src, &doc);
		if (!status && wants_exit_code(args))
			status = exit_code(args, &src, &doc);
		la_doc_free(&doc);
	}
	source_close(&src);
	return status;
}
