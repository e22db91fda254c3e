// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the command line to the query file and back. The kernel's half is
 * played here: the linker's --wrap puts __wrap_* where load.c asks for a
 * query, for a file, and for who we are.
 */
#include "parse_support.h"
#include "args.h"
#include "load.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
	int query_error;	/* errno of opening query, 0: it answers */
	bool refuses;		/* the module does not take the query */
	bool no_file;		/* and has no such file */
	bool not_root;
	char asked[LA_QUERY_MAX + 64];
	char read[64];
} kernel;

int __wrap_source_query(struct la_source *src, const char *line, char **buf, size_t *len)
{
	snprintf(kernel.asked, sizeof(kernel.asked), "%s", line);
	src->error_number = kernel.query_error;
	if (kernel.refuses) {
		snprintf(src->error, sizeof(src->error), "refused");
		return LA_EXIT_USAGE;
	}
	if (kernel.query_error) {
		snprintf(src->error, sizeof(src->error), "from query");
		return LA_EXIT_READ;
	}
	*buf = support_fixture("busy/callers", len);
	return LA_EXIT_OK;
}

int __wrap_source_read(struct la_source *src, const char *name, char **buf, size_t *len)
{
	snprintf(kernel.read, sizeof(kernel.read), "%s", name);
	if (kernel.no_file) {
		snprintf(src->error, sizeof(src->error), "no file");
		return LA_EXIT_READ;
	}
	*buf = support_fixture(strcmp(name, "stacks") ? "busy/callers" : "busy/stacks", len);
	return LA_EXIT_OK;
}

uid_t __wrap_geteuid(void)
{
	return kernel.not_root ? 1000 : 0;
}

static int run_nothing(const struct la_args *args)
{
	(void)args;
	return LA_EXIT_OK;
}

static const struct la_command commands[] = {
	{ "callers", "", "", ~0u, run_nothing },
	{ "stacks", "", "", ~0u, run_nothing },
	{ "slabs", "", "", ~0u, run_nothing },
	{ "stats", "", "", OPT_BIT(OPT_JSON), run_nothing },
	{ "control", "[VERB...]", "", 0, run_nothing },
	{ "help", "", "", 0, run_nothing },
	{ "version", "", "", 0, run_nothing },
	{ NULL, NULL, NULL, 0, NULL }
};

/* @line split at blanks, as a shell would hand it over. */
static int parse_line(struct la_args *args, const char *line)
{
	static char copy[4096];
	static char *argv[64];
	int argc = 0;
	char *word;

	snprintf(copy, sizeof(copy), "leakacct %s", line);
	for (word = strtok(copy, " "); word && argc < 63; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return args_parse(args, argc, argv, commands);
}

static bool options_become_a_query_line(void)
{
	struct la_args args;
	bool ok = true;

	EXPECT(ok, !parse_line(&args, "callers"));
	EXPECT_STRING(ok, args.filters, "");
	EXPECT(ok, !parse_line(&args, "--module tspacket callers --min-bytes 64K --since-mark"));
	EXPECT_STRING(ok, args.filters, " module=tspacket min_bytes=65536 since_mark=1");
	EXPECT(ok, !parse_line(&args, "callers --caller=ts_rx+0x3 --cache kmalloc-64 --class slab "
			       "--pid 412 --older 0030 --sort allocs -n 5 -j"));
	EXPECT_STRING(ok, args.filters, " caller=ts_rx+0x3 cache=kmalloc-64 class=slab pid=412 "
					"older_s=30 sort=allocs");
	EXPECT(ok, args.value[OPT_JSON] && args.rows == 5);
	EXPECT(ok, !parse_line(&args, "control mark look") && args.noperands == 2);
	return ok;
}

static bool folded_asks_for_all_rows(void)
{
	struct la_args args;
	bool ok = true;

	EXPECT(ok, !parse_line(&args, "stacks --module m --sort allocs"));
	EXPECT(ok, !args.value[OPT_ROWS]);
	EXPECT(ok, !parse_line(&args, "stacks --folded --since-mark"));
	EXPECT(ok, args.value[OPT_ROWS] && !args.rows);
	EXPECT_STRING(ok, args.filters, " since_mark=1");
	EXPECT_STRING(ok, args.value[OPT_FOLDED], "");
	EXPECT(ok, !parse_line(&args, "stacks --folded=objects --cache-frame -n 7 --cache c"));
	EXPECT(ok, args.rows == 7 && args.value[OPT_CACHE_FRAME]);
	EXPECT_STRING(ok, args.value[OPT_FOLDED], "objects");
	EXPECT_STRING(ok, args.filters, " cache=c");
	return ok;
}

/* Refused as usage, and the sentence holds @why. */
static bool refuses(const char *line, const char *why)
{
	struct la_args args;
	int got;
	bool ok;

	support_error[0] = '\0';
	got = parse_line(&args, line);
	ok = got == LA_EXIT_USAGE && strstr(support_error, why);
	if (!ok)
		printf("# \"%s\": expected 2 \"%s\", got %d \"%s\"\n", line, why, got,
		       support_error);
	return ok;
}

static bool bad_values_are_refused_by_name(void)
{
	static const struct {
		const char *line;
		const char *why;
	} cases[] = {
		{ "callers --class heap", "vmalloc" },
		{ "callers --class sla", "one of slab" },
		{ "callers --pid x", "process id" },
		{ "callers --pid -1", "process id" },
		{ "callers --pid 99999999", "process id" },
		{ "callers --min-bytes 1.5M", "bytes, as" },
		{ "callers --min-bytes 99999999999T", "bytes, as" },
		{ "callers --older soon", "whole number" },
		{ "callers --older 99999999999", "whole number" },
		{ "callers --rows -3", "whole number" },
		{ "callers --rows 1000000001", "whole number" },
		{ "callers --min-bytes 4611686018427387905", "bytes, as" },
		{ "callers -n 1k", "whole number" },
		{ "callers --sort pid", "one of: bytes" },
		{ "slabs --sort caller", "one of: slab_bytes" },
		{ "callers --caller=", "a value" },
		{ "callers --caller=a\tb", "one word" },
		{ "callers --module=a\nrows=0", "one word" },
		{ "callers --threshold high", "whole number" },
		{ "callers --pid 1 --pid 2", "twice" },
		{ "stacks --folded=calls", "bytes or objects" },
		{ "stacks --folded=byte", "bytes or objects" },
		{ "stacks --folded objects", "no operand" },
		{ "stacks --folded --folded=bytes", "twice" },
		{ "stacks --folded --json", "exclude each other" },
		{ "stacks --cache-frame", "only with --folded" },
		{ "stacks --sort caller", "one of: bytes" },
		{ "stats --folded", "does not go with stats" },
		{ "stats --pid 1", "does not go with stats" },
		{ "control --json mark", "does not go with control" },
		{ "callers extra", "no operand" },
		{ "caller", "no command" },
		{ "", "what shall it show" },
	};
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT(ok, refuses(cases[i].line, cases[i].why));
	return ok;
}

/* The module takes 127 characters of a word, and so does the reader. */
static bool too_long_words_are_refused(void)
{
	char line[256] = "callers --caller ";
	struct la_args args;
	bool ok = true;

	memset(line + strlen(line), 'x', 127);
	EXPECT(ok, !parse_line(&args, line));
	EXPECT(ok, strlen(args.filters) == strlen(" caller=") + 127);
	strcat(line, "x");
	EXPECT(ok, refuses(line, "127 characters"));
	return ok;
}

/* A running kernel, asked with @line. */
static int load(const char *line, bool copied, struct la_doc *doc)
{
	struct la_source src = { .path = "/dbg", .dir = -1, .copied = copied };
	struct la_args args;
	int status = parse_line(&args, line);

	kernel.asked[0] = '\0';
	kernel.read[0] = '\0';
	support_error[0] = '\0';
	return status ? status : load_view(&args, &src, view_find(args.command->name), doc);
}

static bool unfiltered_views_are_plain_files(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	EXPECT(ok, load("callers", false, &doc) == LA_EXIT_OK);
	EXPECT_STRING(ok, kernel.read, "callers");
	EXPECT_STRING(ok, kernel.asked, "");
	la_doc_free(&doc);
	return ok;
}

static bool filters_and_rows_are_asked(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	EXPECT(ok, load("callers --module m -n 0", false, &doc) == LA_EXIT_OK);
	EXPECT_STRING(ok, kernel.asked, "callers module=m rows=0");
	EXPECT_STRING(ok, kernel.read, "");
	la_doc_free(&doc);
	EXPECT(ok, load("callers -n 3", false, &doc) == LA_EXIT_OK);
	EXPECT_STRING(ok, kernel.asked, "callers rows=3");
	la_doc_free(&doc);
	return ok;
}

static bool lockdown_leaves_plain_views(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	kernel.query_error = EPERM;
	EXPECT(ok, load("callers -n 2", false, &doc) == LA_EXIT_OK);
	EXPECT_STRING(ok, kernel.read, "callers");
	EXPECT(ok, doc.nrows == 2 && doc.more_rows == 417 + 5 && !support_error[0]);
	la_doc_free(&doc);
	/* All rows were asked for and cannot be had: shown what there is, and said. */
	EXPECT(ok, load("callers -n 0", false, &doc) == LA_EXIT_OK);
	EXPECT(ok, doc.nrows == 7 && strstr(support_error, "parameters/rows"));
	la_doc_free(&doc);
	/* That parameter does not reach the views of ten rows. */
	EXPECT(ok, load("stacks --folded", false, &doc) == LA_EXIT_OK);
	EXPECT_STRING(ok, kernel.asked, "stacks rows=0");
	EXPECT(ok, doc.nrows == 7 && strstr(support_error, "no more than 7 rows"));
	EXPECT(ok, !strstr(support_error, "parameters/rows"));
	la_doc_free(&doc);
	return ok;
}

static bool lockdown_refuses_filters(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	kernel.query_error = EPERM;
	EXPECT(ok, load("callers --module m", false, &doc) == LA_EXIT_READ);
	EXPECT(ok, strstr(support_error, "lockdown") && strstr(support_error, "leave them out"));
	EXPECT_STRING(ok, kernel.read, "");
	return ok;
}

static bool other_query_failures_are_said(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	kernel.query_error = EIO;
	EXPECT(ok, load("callers -n 2", false, &doc) == LA_EXIT_READ);
	EXPECT_STRING(ok, support_error, "from query");
	EXPECT_STRING(ok, kernel.read, "");
	kernel.query_error = EACCES;
	kernel.not_root = true;
	EXPECT(ok, load("callers --module m", false, &doc) == LA_EXIT_READ);
	EXPECT_STRING(ok, support_error, "from query");
	return ok;
}

/* What the plain file says of its absence is worth more than a refused query. */
static bool older_modules_say_what_they_lack(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	kernel.refuses = true;
	kernel.no_file = true;
	EXPECT(ok, load("callers -n 0", false, &doc) == LA_EXIT_READ);
	EXPECT_STRING(ok, kernel.read, "callers");
	EXPECT_STRING(ok, support_error, "no file");
	return ok;
}

/* The file is there: the query itself was wrong. */
static bool refused_queries_are_said(void)
{
	struct la_source src = { .path = "/dbg", .dir = support_fixture_dir("busy") };
	struct la_args args;
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	kernel.refuses = true;
	EXPECT(ok, source_has(&src, "callers") && !source_has(&src, "caller"));
	EXPECT(ok, !parse_line(&args, "callers --module m"));
	EXPECT(ok, load_view(&args, &src, view_find("callers"), &doc) == LA_EXIT_USAGE);
	EXPECT_STRING(ok, support_error, "refused");
	EXPECT_STRING(ok, kernel.read, "");
	close(src.dir);
	return ok;
}

static bool copied_trees_refuse_filters(void)
{
	struct la_doc doc;
	bool ok = true;

	memset(&kernel, 0, sizeof(kernel));
	EXPECT(ok, load("callers --pid 3", true, &doc) == LA_EXIT_USAGE);
	EXPECT(ok, strstr(support_error, "copied tree") && strstr(support_error, "pid=3"));
	EXPECT(ok, load("callers -n 2", true, &doc) == LA_EXIT_OK);
	EXPECT(ok, doc.nrows == 2 && !support_error[0]);
	EXPECT_STRING(ok, kernel.asked, "");
	la_doc_free(&doc);
	return ok;
}

static bool a_wrong_view_is_refused(void)
{
	struct la_source src = { .path = "/dbg", .dir = -1 };
	struct la_doc doc;
	bool ok = true;

	/* The kernel here hands out callers. */
	EXPECT(ok, load_file(&src, view_find("objects"), &doc) == LA_EXIT_FORMAT);
	EXPECT(ok, strstr(support_error, "says that it is \"callers\""));
	return ok;
}

static bool lines_are_written_whole(void)
{
	char text[64] = "";
	bool ok = true;
	char *buf = NULL;
	int ends[2];
	size_t len;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		return false;
	EXPECT(ok, !source_write_line(ends[0], "callers rows=3"));
	EXPECT(ok, recv(ends[1], text, sizeof(text) - 1, 0) == 15);
	EXPECT_STRING(ok, text, "callers rows=3\n");
	EXPECT(ok, send(ends[1], "answer", 6, 0) == 6);
	close(ends[1]);
	EXPECT(ok, !source_read_all(ends[0], &buf, &len) && len == 6 && !memcmp(buf, "answer", 6));
	free(buf);
	close(ends[0]);
	EXPECT(ok, source_write_line(-1, "x") == EBADF);
	EXPECT(ok, source_read_all(-1, &buf, &len) == EBADF);
	return ok;
}

static const struct ktap_test tests[] = {
	{ "options_become_a_query_line", options_become_a_query_line },
	{ "folded_asks_for_all_rows", folded_asks_for_all_rows },
	{ "bad_values_are_refused_by_name", bad_values_are_refused_by_name },
	{ "too_long_words_are_refused", too_long_words_are_refused },
	{ "unfiltered_views_are_plain_files", unfiltered_views_are_plain_files },
	{ "filters_and_rows_are_asked", filters_and_rows_are_asked },
	{ "lockdown_leaves_plain_views", lockdown_leaves_plain_views },
	{ "lockdown_refuses_filters", lockdown_refuses_filters },
	{ "other_query_failures_are_said", other_query_failures_are_said },
	{ "older_modules_say_what_they_lack", older_modules_say_what_they_lack },
	{ "refused_queries_are_said", refused_queries_are_said },
	{ "copied_trees_refuse_filters", copied_trees_refuse_filters },
	{ "a_wrong_view_is_refused", a_wrong_view_is_refused },
	{ "lines_are_written_whole", lines_are_written_whole },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
