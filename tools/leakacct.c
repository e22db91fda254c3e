// SPDX-License-Identifier: GPL-2.0-only
/*
 * leakacct: read what the leakacct module knows about kernel memory. This
 * file is the table of commands; usage and help are printed from it.
 */
#include "args.h"
#include "out.h"
#include "parse.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTS_COMMON (OPT_BIT(OPT_JSON) | OPT_BIT(OPT_ROOT))
#define OPTS_VIEW (OPTS_COMMON | OPT_BIT(OPT_BYTES))
#define OPTS_LIST (OPTS_VIEW | OPT_BIT(OPT_ROWS))
/* What the module's views take: a site is asked about, an object, a list made. */
#define OPTS_SITE (OPT_BIT(OPT_CALLER) | OPT_BIT(OPT_MODULE) | OPT_BIT(OPT_CACHE) | \
		   OPT_BIT(OPT_CLASS))
#define OPTS_OBJECT (OPT_BIT(OPT_PID) | OPT_BIT(OPT_OLDER) | OPT_BIT(OPT_SINCE_MARK))
#define OPTS_SORT (OPTS_LIST | OPT_BIT(OPT_MIN_BYTES) | OPT_BIT(OPT_SORT))
#define OPTS_FOLD (OPT_BIT(OPT_FOLDED) | OPT_BIT(OPT_CACHE_FRAME))
#define OPTS_EXIT (OPT_BIT(OPT_EXIT_CODE) | OPT_BIT(OPT_THRESHOLD))

static int cmd_help(const struct la_args *args);
static int cmd_version(const struct la_args *args);

static const struct la_command commands[] = {
	{ "callers", "", "live memory by the code that allocated it, largest first",
	  OPTS_SORT | OPTS_SITE | OPTS_OBJECT, cmd_view },
	{ "stacks", "", "live memory by whole call stack, or folded for a flame graph",
	  OPTS_SORT | OPTS_SITE | OPTS_OBJECT | OPTS_FOLD, cmd_view },
	{ "objects", "", "live objects, oldest first",
	  OPTS_SORT | OPTS_SITE | OPTS_OBJECT, cmd_view },
	{ "suspects", "", "callers that look like leaks, with the reasons",
	  OPTS_SORT | OPTS_SITE | OPTS_EXIT, cmd_view },
	{ "slabs", "", "the real slab caches, with all their names",
	  OPTS_SORT | OPT_BIT(OPT_CACHE), cmd_view },
	{ "samples", LA_OPERAND_OBJECT, "what objects hold: suspects' own, a caller's, or one",
	  OPTS_LIST | OPTS_SITE, cmd_view },
	{ "unloaded", "", "what modules left behind when they were unloaded",
	  OPTS_LIST | OPTS_SITE | OPTS_OBJECT | OPT_BIT(OPT_MIN_BYTES), cmd_view },
	{ "ghost", "", "the ledger of MemTotal, down to what nothing claims, and who holds it",
	  OPTS_VIEW, cmd_ghost },
	{ "hooks", "", "how each allocation path is watched", OPTS_VIEW, cmd_view },
	{ "stats", "", "every counter, all losses among them", OPTS_VIEW, cmd_view },
	{ "verdict", "", "the conclusion, in words", OPTS_COMMON | OPTS_EXIT, cmd_view },
	{ "control", "[VERB...]", "show the state and the verbs, or write verbs",
	  OPTS_COMMON, cmd_control },
	{ "report", "", "the whole card, verdict last",
	  OPTS_LIST | OPT_BIT(OPT_SAMPLES), cmd_report },
	{ "help", "[COMMAND]", "this text, or the options of one command", 0, cmd_help },
	{ "version", "", "the versions of reader and format", 0, cmd_version },
	{ NULL, NULL, NULL, 0, NULL }
};

void la_error(const char *format, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* It may quote a damaged file, which must not steer the terminal. */
	fputs("leakacct: ", stderr);
	out_text(stderr, text);
	putc('\n', stderr);
}

static void print_usage(void)
{
	const struct la_command *c;

	puts("usage: leakacct COMMAND [OPTION...]");
	for (c = commands; c->name; c++)
		printf("  %s%s%-*s %s\n", c->name, *c->operands ? " " : "",
		       17 - (int)strlen(c->name) - (*c->operands ? 1 : 0), c->operands, c->help);
	puts("options, each where it makes sense (see \"leakacct help COMMAND\"):");
	args_print_options(stdout, (1u << OPT_COUNT) - 1);
}

static int cmd_help(const struct la_args *args)
{
	const struct la_command *c;

	if (!args->noperands) {
		print_usage();
		return LA_EXIT_OK;
	}
	c = args_find_command(commands, args->operands[0]);
	if (!c) {
		la_error("no command \"%s\": \"leakacct --help\" lists them", args->operands[0]);
		return LA_EXIT_USAGE;
	}
	printf("usage: leakacct %s%s%s [OPTION...]\n  %s\n", c->name, *c->operands ? " " : "",
	       c->operands, c->help);
	args_print_options(stdout, c->options | OPT_BIT(OPT_HELP) | OPT_BIT(OPT_VERSION));
	return LA_EXIT_OK;
}

static int cmd_version(const struct la_args *args)
{
	(void)args;
	printf("leakacct %s, debugfs format %d\n", LEAKACCT_VERSION, LA_FORMAT_VERSION);
	return LA_EXIT_OK;
}

/*
 * A disk that fills up must not look like a short list. A pipe whose reader
 * has seen enough ("| head") is no failure: it ends quietly.
 */
static int finish(int status)
{
	int error_number;

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	error_number = errno;
	if (error_number == EPIPE)
		return status;
	la_error("cannot write the output: %s", strerror(error_number ? error_number : EIO));
	return LA_EXIT_READ;
}

int main(int argc, char **argv)
{
	struct la_args args;
	int status;

	signal(SIGPIPE, SIG_IGN);
	status = args_parse(&args, argc, argv, commands);
	if (!status)
		status = args.command->run(&args);
	return finish(status);
}
