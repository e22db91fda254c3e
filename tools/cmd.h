/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the command line share: exit codes, commands, arguments. */
#ifndef LEAKACCT_CMD_H
#define LEAKACCT_CMD_H

#include <stdbool.h>
#include <stddef.h>

#ifndef LEAKACCT_VERSION
#define LEAKACCT_VERSION "0.1"
#endif

/* Part of the interface: leakacct(8) documents them. */
enum la_exit {
	LA_EXIT_OK = 0,
	LA_EXIT_SUSPECTS = 1,	/* only with --exit-code */
	LA_EXIT_USAGE = 2,
	LA_EXIT_READ = 3,
	LA_EXIT_NO_MODULE = 4,
	LA_EXIT_FORMAT = 5,
	LA_EXIT_NO_ANSWER = 6,	/* only with --exit-code, of verdict */
};

/* Options, in the order in which the usage lists them. */
enum la_opt {
	OPT_JSON,
	OPT_BYTES,
	OPT_ROWS,
	OPT_ROOT,
	OPT_HELP,
	OPT_VERSION,
	OPT_CALLER,
	OPT_MODULE,
	OPT_CACHE,
	OPT_CLASS,
	OPT_PID,
	OPT_MIN_BYTES,
	OPT_OLDER,
	OPT_SINCE_MARK,
	OPT_SORT,
	OPT_FOLDED,
	OPT_CACHE_FRAME,
	OPT_EXIT_CODE,
	OPT_THRESHOLD,
	OPT_SAMPLES,
	OPT_COUNT
};

#define OPT_BIT(opt) (1u << (opt))

struct la_args;

struct la_command {
	const char *name;
	const char *operands;	/* "" if it takes none */
	const char *help;	/* one line */
	unsigned int options;	/* OPT_BIT()s it takes, besides help and version */
	int (*run)(const struct la_args *args);
};

#define LA_QUERY_MAX 1024

struct la_args {
	const struct la_command *command;
	const char *value[OPT_COUNT];	/* as given; "" for a flag, NULL if absent */
	char filters[LA_QUERY_MAX];	/* " key=value ...", rows not among them */
	unsigned long long rows;
	unsigned long long threshold;
	char **operands;
	int noperands;
};

/* One plain sentence on stderr, for people. */
#define la_printf_like(f, a) __attribute__((__format__(__printf__, f, a)))
void la_error(const char *format, ...) la_printf_like(1, 2);

int cmd_view(const struct la_args *args);
int cmd_ghost(const struct la_args *args);
int cmd_control(const struct la_args *args);
int cmd_report(const struct la_args *args);

#endif /* LEAKACCT_CMD_H */
