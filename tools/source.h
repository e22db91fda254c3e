/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where views come from: debugfs of the running kernel, or a tree that was
 * copied from one. Failures return an enum la_exit and leave a sentence that
 * says what is wrong and how to mend it in @error.
 */
#ifndef LEAKACCT_SOURCE_H
#define LEAKACCT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#define LA_DEBUGFS "/sys/kernel/debug"
#define LA_DIRECTORY LA_DEBUGFS "/leakacct"

struct la_source {
	const char *path;
	int dir;
	bool copied;		/* not debugfs: nobody answers queries */
	int error_number;	/* errno of the last failure */
	char error[256];
};

/* @root is NULL for the running kernel. */
int source_open(struct la_source *src, const char *root);
void source_close(struct la_source *src);

/* Is there a file @name? */
bool source_has(const struct la_source *src, const char *name);

/* The whole of file @name, malloc'd, with room for one byte more. */
int source_read(struct la_source *src, const char *name, char **buf, size_t *len);

/* Ask @line through the query file. */
int source_query(struct la_source *src, const char *line, char **buf, size_t *len);

/* Write one control verb. */
int source_control(struct la_source *src, const char *verb);

/*
 * What a failure to open something means. Gathered by source_facts() on a
 * machine, made up by the tests.
 */
struct la_facts {
	int error_number;
	const char *path;	/* what could not be opened */
	bool directory;		/* it is our directory, not a file in it */
	bool copied;
	bool is_root;
	bool debugfs_off;	/* the kernel was told debugfs=off, or has none */
	bool debugfs_mounted;
	bool module_loaded;
	bool lockdown;
};

void source_facts(struct la_facts *facts);
int source_explain(const struct la_facts *facts, char *error, size_t size);

/* The two halves of source_query() and source_read(), on an open descriptor. */
int source_write_line(int fd, const char *line);
int source_read_all(int fd, char **buf, size_t *len);

#endif /* LEAKACCT_SOURCE_H */
