// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line. Values are checked here, before the module sees them:
 * EINVAL cannot say which word was wrong.
 */
#include "args.h"
#include "text.h"
#include "view.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>

#define MAX_PID (1ull << 22)	/* PID_MAX_LIMIT of 64-bit kernels */

/* What the module's query takes at most. */
#define MAX_WORD 127
#define MAX_COUNT 1000000000ull
#define MAX_SIZE (1ull << 62)

/* Puts what the module shall see in @out; on failure says what is expected. */
typedef const char *(*check_fn)(const struct la_args *args, const char *value,
				unsigned long long *number);

static const char *check_word(const struct la_args *args, const char *value,
			      unsigned long long *number)
{
	const char *at;

	(void)args;
	(void)number;
	for (at = value; *at; at++) {
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return "one word without blanks";
	}
	return at - value > MAX_WORD ? "127 characters at most" : NULL;
}

static const char *check_class(const struct la_args *args, const char *value,
			       unsigned long long *number)
{
	(void)args;
	(void)number;
	if (view_has_word("slab large page vmalloc percpu", value))
		return NULL;
	return "one of slab, large, page, vmalloc, percpu";
}

static const char *check_sort(const struct la_args *args, const char *value,
			      unsigned long long *number)
{
	static char expected[160];
	const struct la_view *view = view_find(args->command->name);

	(void)number;
	if (view && view->sort && view_has_word(view->sort, value))
		return NULL;
	snprintf(expected, sizeof(expected), "one of: %s", view && view->sort ? view->sort : "-");
	return expected;
}

static const char *check_pid(const struct la_args *args, const char *value,
			     unsigned long long *number)
{
	(void)args;
	return text_u64(value, number) && *number <= MAX_PID ? NULL : "a process id";
}

static const char *check_size(const struct la_args *args, const char *value,
			      unsigned long long *number)
{
	(void)args;
	return text_size(value, number) && *number <= MAX_SIZE ? NULL :
		"bytes, as 4096, 64K, 1M or 2G";
}

static const char *check_count(const struct la_args *args, const char *value,
			       unsigned long long *number)
{
	(void)args;
	return text_u64(value, number) && *number <= MAX_COUNT ? NULL : "a whole number";
}

static const char *check_folded(const struct la_args *args, const char *value,
				unsigned long long *number)
{
	(void)args;
	(void)number;
	if (!*value || view_has_word("bytes objects", value))
		return NULL;
	return "bytes or objects";
}

static const struct {
	const char *name;
	char letter;		/* 0 if it has only the long name */
	const char *value;	/* what it takes, NULL for a flag */
	const char *key;	/* of the query line, NULL if it is not sent */
	check_fn check;
	bool optional;		/* the value, which then follows a "=" */
} options[OPT_COUNT] = {
	[OPT_JSON] = { "json", 'j', NULL, NULL, NULL },
	[OPT_BYTES] = { "bytes", 'b', NULL, NULL, NULL },
	[OPT_ROWS] = { "rows", 'n', "N", NULL, check_count },
	[OPT_ROOT] = { "root", 'r', "DIR", NULL, NULL },
	[OPT_HELP] = { "help", 'h', NULL, NULL, NULL },
	[OPT_VERSION] = { "version", 'V', NULL, NULL, NULL },
	[OPT_CALLER] = { "caller", 0, "TEXT", "caller", check_word },
	[OPT_MODULE] = { "module", 0, "NAME", "module", check_word },
	[OPT_CACHE] = { "cache", 0, "NAME", "cache", check_word },
	[OPT_CLASS] = { "class", 0, "CLASS", "class", check_class },
	[OPT_PID] = { "pid", 0, "PID", "pid", check_pid },
	[OPT_MIN_BYTES] = { "min-bytes", 0, "SIZE", "min_bytes", check_size },
	[OPT_OLDER] = { "older", 0, "SECONDS", "older_s", check_count },
	[OPT_SINCE_MARK] = { "since-mark", 0, NULL, "since_mark", NULL },
	[OPT_SORT] = { "sort", 0, "COL", "sort", check_sort },
	[OPT_FOLDED] = { "folded", 0, "COUNT", NULL, check_folded, .optional = true },
	[OPT_CACHE_FRAME] = { "cache-frame", 0, NULL, NULL, NULL },
	[OPT_EXIT_CODE] = { "exit-code", 0, NULL, NULL, NULL },
	[OPT_THRESHOLD] = { "threshold", 0, "SCORE", NULL, check_count },
	[OPT_SAMPLES] = { "samples", 0, NULL, NULL, NULL },
};

void args_print_options(FILE *f, unsigned int mask)
{
	int column = 0;
	unsigned int i;

	for (i = 0; i < OPT_COUNT; i++) {
		char text[64] = "";
		char letter[4] = "";
		int len;

		if (!(mask & OPT_BIT(i)))
			continue;
		if (options[i].letter)
			snprintf(letter, sizeof(letter), "-%c|", options[i].letter);
		len = snprintf(text, sizeof(text), " [%s--%s%s%s%s]", letter, options[i].name,
			       options[i].optional ? "[=" : options[i].value ? " " : "",
			       options[i].value ? options[i].value : "",
			       options[i].optional ? "]" : "");
		if (!column || column + len > 79)
			column = fprintf(f, "%s ", column ? "\n" : "");
		column += fprintf(f, "%s", text);
	}
	putc('\n', f);
}

const struct la_command *args_find_command(const struct la_command *commands, const char *name)
{
	for (; commands->name; commands++) {
		if (!strcmp(commands->name, name))
			return commands;
	}
	return NULL;
}

/* getopt_long() in the shape of the table above. */
static int collect(struct la_args *args, int argc, char **argv)
{
	struct option longs[OPT_COUNT + 1] = { 0 };
	char shorts[2 * OPT_COUNT + 1];
	char *s = shorts;
	int c, i;

	for (i = 0; i < OPT_COUNT; i++) {
		longs[i].name = options[i].name;
		longs[i].has_arg = options[i].optional ? optional_argument :
				   options[i].value ? required_argument : no_argument;
		longs[i].val = options[i].letter ? options[i].letter : UCHAR_MAX + i;
		if (!options[i].letter)
			continue;
		*s++ = options[i].letter;
		if (options[i].value)
			*s++ = ':';
	}
	*s = '\0';
	optind = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		for (i = 0; i < OPT_COUNT && longs[i].val != c; i++)
			;
		/* getopt has said what is wrong. */
		if (i == OPT_COUNT)
			return LA_EXIT_USAGE;
		if (args->value[i] && options[i].value) {
			la_error("--%s is given twice", options[i].name);
			return LA_EXIT_USAGE;
		}
		args->value[i] = optarg ? optarg : "";
	}
	return LA_EXIT_OK;
}

static bool add_filter(struct la_args *args, unsigned int opt, unsigned long long number)
{
	size_t used = strlen(args->filters);
	size_t room = sizeof(args->filters) - used;
	int n;

	/* A size goes out in bytes: the suffixes are ours. */
	if (!options[opt].value)
		n = snprintf(args->filters + used, room, " %s=1", options[opt].key);
	else if (opt == OPT_MIN_BYTES || opt == OPT_PID || opt == OPT_OLDER)
		n = snprintf(args->filters + used, room, " %s=%llu", options[opt].key, number);
	else
		n = snprintf(args->filters + used, room, " %s=%s", options[opt].key,
			     args->value[opt]);
	return n > 0 && (size_t)n < room;
}

static int check_option(struct la_args *args, unsigned int opt)
{
	const char *expected = NULL;
	unsigned long long number = 0;

	if (!(args->command->options & OPT_BIT(opt))) {
		la_error("--%s does not go with %s", options[opt].name, args->command->name);
		return LA_EXIT_USAGE;
	}
	if (options[opt].value && !options[opt].optional && !*args->value[opt])
		expected = "a value";
	else if (options[opt].check)
		expected = options[opt].check(args, args->value[opt], &number);
	if (expected) {
		la_error("--%s \"%s\": expected %s", options[opt].name, args->value[opt], expected);
		return LA_EXIT_USAGE;
	}
	if (opt == OPT_ROWS)
		args->rows = number;
	if (opt == OPT_THRESHOLD)
		args->threshold = number;
	if (options[opt].key && !add_filter(args, opt, number)) {
		la_error("the filters are too long: %u characters at most", LA_QUERY_MAX - 1);
		return LA_EXIT_USAGE;
	}
	return LA_EXIT_OK;
}

/* A flame graph is of everything, unless told otherwise. */
static int settle_folded(struct la_args *args)
{
	bool folded = args->value[OPT_FOLDED];

	if (folded && args->value[OPT_JSON]) {
		la_error("--folded and --json exclude each other");
		return LA_EXIT_USAGE;
	}
	if (!folded && args->value[OPT_CACHE_FRAME]) {
		la_error("--cache-frame goes only with --folded");
		return LA_EXIT_USAGE;
	}
	if (folded && !args->value[OPT_ROWS]) {
		args->value[OPT_ROWS] = "0";
		args->rows = 0;
	}
	return LA_EXIT_OK;
}

/* What stands for itself: an address, or part of a caller's name. */
static int settle_object(struct la_args *args)
{
	const char *word = args->operands[0], *expected = NULL;
	size_t used = strlen(args->filters);
	size_t room = sizeof(args->filters) - used;
	size_t digits = strspn(word, "0123456789abcdefABCDEF");
	bool is_address = !strncmp(word, "0x", 2) || (digits >= 12 && !word[digits]);
	int n;

	if (args->noperands > 1)
		expected = "one address or caller";
	else if (is_address && (strlen(word) > 18 ||
				word[2 + strspn(word + 2, "0123456789abcdefABCDEF")]))
		expected = "an address, as 0xffff888012345678";
	else if (!is_address && args->value[OPT_CALLER])
		expected = "no --caller beside it";
	else if (!*word)
		expected = "an address or a caller";
	else
		expected = check_word(args, word, NULL);
	if (expected) {
		la_error("\"%s\": expected %s", args->operands[args->noperands - 1], expected);
		return LA_EXIT_USAGE;
	}
	n = snprintf(args->filters + used, room, " %s=%s%s", is_address ? "address" : "caller",
		     is_address && digits >= 12 ? "0x" : "", word);
	if (n > 0 && (size_t)n < room)
		return LA_EXIT_OK;
	la_error("the filters are too long: %u characters at most", LA_QUERY_MAX - 1);
	return LA_EXIT_USAGE;
}

static int check_operands(struct la_args *args)
{
	if (args->noperands && !strcmp(args->command->operands, LA_OPERAND_OBJECT))
		return settle_object(args);
	if (!args->noperands || *args->command->operands)
		return LA_EXIT_OK;
	la_error("%s takes no operand, but there is \"%s\"", args->command->name,
		 args->operands[0]);
	return LA_EXIT_USAGE;
}

int args_parse(struct la_args *args, int argc, char **argv, const struct la_command *commands)
{
	const char *name;
	unsigned int i;
	int status;

	memset(args, 0, sizeof(*args));
	status = collect(args, argc, argv);
	if (status)
		return status;
	name = optind < argc ? argv[optind] : NULL;
	/* -h and -V are commands in disguise and win over everything else. */
	if (args->value[OPT_VERSION] || args->value[OPT_HELP]) {
		args->operands = argv + optind;
		args->noperands = argc - optind;
		name = args->value[OPT_HELP] ? "help" : "version";
		args->command = args_find_command(commands, name);
		return LA_EXIT_OK;
	}
	if (!name) {
		la_error("what shall it show? \"leakacct --help\" lists the commands");
		return LA_EXIT_USAGE;
	}
	args->command = args_find_command(commands, name);
	if (!args->command) {
		la_error("no command \"%s\": \"leakacct --help\" lists them", name);
		return LA_EXIT_USAGE;
	}
	args->operands = argv + optind + 1;
	args->noperands = argc - optind - 1;
	for (i = 0; i < OPT_COUNT && !status; i++) {
		if (args->value[i])
			status = check_option(args, i);
	}
	if (!status)
		status = settle_folded(args);
	return status ? status : check_operands(args);
}
