/* SPDX-License-Identifier: GPL-2.0-only */
/* What the reader's unit tests share: KTAP, documents from text, a JSON checker. */
#ifndef LEAKACCT_PARSE_SUPPORT_H
#define LEAKACCT_PARSE_SUPPORT_H

#include "parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct la_source;

struct ktap_test {
	const char *name;
	bool (*run)(void);
};

int ktap_run(const struct ktap_test *tests, size_t count);
bool ktap_expect(bool ok, const char *file, int line, const char *what);
bool ktap_expect_string(const char *got, const char *want, const char *file, int line);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A failure prints what was expected and goes on: what was built is freed. */
#define EXPECT(ok, cond) ((ok) &= ktap_expect(cond, __FILE__, __LINE__, #cond))
#define EXPECT_STRING(ok, got, want) ((ok) &= ktap_expect_string(got, want, __FILE__, __LINE__))

/* The last sentence that la_error() was given; the tests print none. */
extern char support_error[2048];

/* Parse a copy of @len bytes at @text. */
enum la_parse_result support_parse(struct la_doc *doc, const void *text, size_t len,
				   enum la_shape shape);
enum la_parse_result support_parse_table(struct la_doc *doc, const char *text);

/* File @name of the fixtures, malloc'd and NUL-terminated; ends the test if absent. */
char *support_fixture(const char *name, size_t *len);

bool support_has_fixture(const char *name);
int support_fixture_dir(const char *tree);

/* @doc as each printer writes it, malloc'd. */
char *support_json(const struct la_doc *doc, size_t *len);
char *support_people(const struct la_doc *doc, bool bytes, size_t *len);
char *support_folded(struct la_doc *doc, const char *count, bool cache_frame, int *status,
		     size_t *len);

/* What the linker's --wrap puts in the kernel's place, in parse_query.c. */
int __wrap_source_query(struct la_source *src, const char *line, char **buf, size_t *len);
int __wrap_source_read(struct la_source *src, const char *name, char **buf, size_t *len);
uid_t __wrap_geteuid(void);

/* Is it one JSON value as RFC 8259 wants it, in UTF-8, and nothing after it? */
bool support_is_json(const char *text, size_t len);

#endif /* LEAKACCT_PARSE_SUPPORT_H */
