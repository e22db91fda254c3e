// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole card: every view, the verdict last, where the eye rests. A view
 * that cannot be read is said and skipped; the others still stand. What objects
 * hold is left out unless asked for: a report is made to be passed on.
 */
#include "load.h"
#include "out.h"

/* A card is read from end to end: fewer rows of each than the views give. */
#define DEFAULT_ROWS 10

static const char * const card[] = {
	"stats", "hooks", "objects", "slabs", "callers", "stacks", "samples", "unloaded",
	"ghost", "suspects", "verdict",
};

#define CARD_SIZE (sizeof(card) / sizeof(card[0]))

/* Content is for who asks; a module that is older than a view is as whole as it was then. */
static bool is_absent(const struct la_args *args, const struct la_source *src, size_t i)
{
	const struct la_view *view = view_find(card[i]);

	return (view->content && !args->value[OPT_SAMPLES]) ||
	       (view->added && !source_has(src, card[i]));
}

static int load_section(const struct la_args *args, struct la_source *src, size_t i,
			struct la_doc *doc)
{
	const struct la_view *view = view_find(card[i]);
	int status = load_file(src, view, doc);

	/* Only lists get shorter: half a ledger would not add up. */
	if (!status && view->list)
		la_doc_limit(doc, args->value[OPT_ROWS] ? args->rows : DEFAULT_ROWS);
	return status;
}

static int show_people(const struct la_args *args, struct la_source *src)
{
	struct la_style style = {
		.f = stdout,
		.bytes = args->value[OPT_BYTES],
		.colour = out_wants_colour(stdout),
	};
	int worst = LA_EXIT_OK;
	struct la_doc doc;
	size_t i;

	for (i = 0; i < CARD_SIZE; i++) {
		int status;

		if (is_absent(args, src, i))
			continue;
		status = load_section(args, src, i, &doc);
		if (!status) {
			if (i)
				putchar('\n');
			out_title(&style, &doc);
			out_people(&style, &doc);
			status = load_verify(src, &doc);
			la_doc_free(&doc);
		}
		worst = status > worst ? status : worst;
	}
	return worst;
}

static int show_json(const struct la_args *args, struct la_source *src)
{
	struct la_json json = { .f = stdout };
	int worst = LA_EXIT_OK;
	bool complete = true;
	struct la_doc doc;
	size_t i;

	json_begin(&json, NULL, '{');
	json_u64(&json, "schema", LA_JSON_SCHEMA);
	json_string(&json, "view", "report");
	json_begin(&json, "views", '{');
	for (i = 0; i < CARD_SIZE; i++) {
		int status;

		if (is_absent(args, src, i)) {
			json_null(&json, card[i]);
			continue;
		}
		status = load_section(args, src, i, &doc);
		if (status) {
			json_null(&json, card[i]);
			complete = false;
		} else {
			out_json(&json, card[i], &doc);
			complete = complete && la_doc_complete(&doc);
			status = load_verify(src, &doc);
			la_doc_free(&doc);
		}
		worst = status > worst ? status : worst;
	}
	json_end(&json, '}');
	json_bool(&json, "complete", complete);
	json_end(&json, '}');
	return worst;
}

int cmd_report(const struct la_args *args)
{
	struct la_source src;
	int status = source_open(&src, args->value[OPT_ROOT]);

	if (status) {
		la_error("%s", src.error);
		return status;
	}
	status = args->value[OPT_JSON] ? show_json(args, &src) : show_people(args, &src);
	source_close(&src);
	return status;
}
