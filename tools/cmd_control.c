// SPDX-License-Identifier: GPL-2.0-only
/* The state and the verbs; with operands, write them. */
#include "load.h"
#include "out.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

struct verb {
	const char *name;
	size_t length;
	const char *help;
};

/* "verb mark remember this moment" taken apart; false for any other line. */
static bool read_verb(const char *line, struct verb *verb)
{
	verb->name = text_after(line, "verb ");
	if (!verb->name)
		return false;
	verb->length = strcspn(verb->name, " ");
	verb->help = verb->name + verb->length;
	verb->help += strspn(verb->help, " ");
	return verb->length;
}

static bool find_verb(const struct la_doc *doc, const char *name, struct verb *verb)
{
	size_t i;

	for (i = 0; i < doc->lines.count; i++) {
		if (read_verb(doc->lines.at[i], verb) && strlen(name) == verb->length &&
		    !memcmp(verb->name, name, verb->length))
			return true;
	}
	return false;
}

/* What a verb is about comes first in its line. */
static bool takes_name(const struct verb *verb)
{
	return text_after(verb->help, "NAME ");
}

static const char *find_state(const struct la_doc *doc)
{
	size_t i;

	for (i = 0; i < doc->lines.count; i++) {
		const char *state = text_after(doc->lines.at[i], "state ");

		if (state)
			return state;
	}
	return "unknown";
}

/* "wrappers 212 added 3"; false with a module that does not say so. */
static bool find_wrappers(const struct la_doc *doc, unsigned int *all, unsigned int *added)
{
	size_t i;

	for (i = 0; i < doc->lines.count; i++) {
		if (sscanf(doc->lines.at[i], "wrappers %u added %u", all, added) == 2)
			return true;
	}
	return false;
}

static void show_json(const struct la_doc *doc)
{
	struct la_json json = { .f = stdout };
	unsigned int wrappers, added;
	struct verb verb;
	char name[64];
	size_t i;

	json_begin(&json, NULL, '{');
	out_json_head(&json, doc);
	json_string(&json, "state", find_state(doc));
	if (find_wrappers(doc, &wrappers, &added)) {
		json_u64(&json, "wrappers", wrappers);
		json_u64(&json, "wrappers_added", added);
	}
	json_begin(&json, "verbs", '[');
	for (i = 0; i < doc->lines.count; i++) {
		if (!read_verb(doc->lines.at[i], &verb))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)verb.length, verb.name);
		json_begin(&json, NULL, '{');
		json_string(&json, "name", name);
		json_string(&json, "help", verb.help);
		json_end(&json, '}');
	}
	json_end(&json, ']');
	json_end(&json, '}');
}

static void show_people(const struct la_doc *doc)
{
	unsigned int wrappers, added;
	struct verb verb;
	char name[64];
	size_t width;
	size_t i;

	fputs("state: ", stdout);
	out_text(stdout, find_state(doc));
	if (find_wrappers(doc, &wrappers, &added))
		printf("\nwrappers: %u, %u of them added", wrappers, added);
	fputs("\nverbs:\n", stdout);
	for (i = 0; i < doc->lines.count; i++) {
		if (!read_verb(doc->lines.at[i], &verb))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)verb.length, verb.name);
		fputs("  ", stdout);
		width = out_text(stdout, name);
		printf("%*s", width < 8 ? (int)(9 - width) : 1, "");
		out_text(stdout, verb.help);
		putchar('\n');
	}
}

/* The verb at an operand, with the name that belongs to it: a line for the module. */
static bool verb_line(const struct la_args *args, const struct la_doc *doc, int *i, char *line,
		      size_t size)
{
	const char *name = args->operands[(*i)++];
	struct verb verb;

	if (!find_verb(doc, name, &verb)) {
		la_error("no verb \"%s\": \"leakacct control\" lists them", name);
		return false;
	}
	if (!takes_name(&verb)) {
		snprintf(line, size, "%s", name);
		return true;
	}
	if (*i == args->noperands) {
		la_error("\"%s\" needs a name", name);
		return false;
	}
	snprintf(line, size, "%s %s", name, args->operands[(*i)++]);
	return true;
}

/* All or nothing: a word that the module does not know stops all of them. */
static int write_verbs(const struct la_args *args, struct la_source *src, const struct la_doc *doc)
{
	int status = LA_EXIT_OK;
	char line[512];
	int i = 0;

	while (i < args->noperands) {
		if (!verb_line(args, doc, &i, line, sizeof(line)))
			return LA_EXIT_USAGE;
	}
	for (i = 0; i < args->noperands && !status;) {
		verb_line(args, doc, &i, line, sizeof(line));
		status = source_control(src, line);
	}
	if (status)
		la_error("%s", src->error);
	return status;
}

static int control(const struct la_args *args, struct la_source *src)
{
	struct la_doc doc;
	int status;

	if (src->copied && args->noperands) {
		la_error("verbs need the running module, and %s is a copied tree: leave out --root",
			 src->path);
		return LA_EXIT_USAGE;
	}
	status = load_file(src, view_find("control"), &doc);
	if (status)
		return status;
	if (args->noperands)
		status = write_verbs(args, src, &doc);
	else if (args->value[OPT_JSON])
		show_json(&doc);
	else
		show_people(&doc);
	if (!status)
		status = load_verify(src, &doc);
	la_doc_free(&doc);
	return status;
}

int cmd_control(const struct la_args *args)
{
	struct la_source src;
	int status = source_open(&src, args->value[OPT_ROOT]);

	if (status) {
		la_error("%s", src.error);
		return status;
	}
	status = control(args, &src);
	source_close(&src);
	return status;
}
