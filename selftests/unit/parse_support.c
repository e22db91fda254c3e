// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared by the reader's unit tests. The JSON checker is written from the RFC
 * and shares no code with the writer, so that one mistake is not made twice.
 */
#include "parse_support.h"
#include "cmd.h"
#include "fold.h"
#include "out.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char support_error[2048];

void la_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(support_error, sizeof(support_error), format, ap);
	va_end(ap);
}

bool ktap_expect(bool ok, const char *file, int line, const char *what)
{
	if (!ok)
		printf("# %s:%d: expected %s\n", file, line, what);
	return ok;
}

bool ktap_expect_string(const char *got, const char *want, const char *file, int line)
{
	bool ok = got && !strcmp(got, want);

	if (!ok)
		printf("# %s:%d: expected \"%s\", got \"%s\"\n", file, line, want,
		       got ? got : "(null)");
	return ok;
}

int ktap_run(const struct ktap_test *tests, size_t count)
{
	int failed = 0;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", count);
	for (i = 0; i < count; i++) {
		bool ok;

		support_error[0] = '\0';
		ok = tests[i].run();
		failed += !ok;
		printf("%sok %zu %s\n", ok ? "" : "not ", i + 1, tests[i].name);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}

enum la_parse_result support_parse(struct la_doc *doc, const void *text, size_t len,
				   enum la_shape shape)
{
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	memcpy(copy, text, len);
	return la_doc_parse(doc, copy, len, shape);
}

enum la_parse_result support_parse_table(struct la_doc *doc, const char *text)
{
	return support_parse(doc, text, strlen(text), LA_SHAPE_TABLE);
}

static void fixture_path(const char *name, char *path, size_t size)
{
	const char *dir = getenv("FIXTURES");

	snprintf(path, size, "%s/%s", dir ? dir : "fixtures", name);
}

char *support_fixture(const char *name, size_t *len)
{
	char path[512];
	char *text = calloc(1, 1 << 16);
	FILE *f;

	fixture_path(name, path, sizeof(path));
	f = fopen(path, "r");
	if (!f || !text) {
		printf("# no fixture %s: set FIXTURES to their directory\n", path);
		exit(1);
	}
	*len = fread(text, 1, (1 << 16) - 1, f);
	fclose(f);
	return text;
}

bool support_has_fixture(const char *name)
{
	char path[512];

	fixture_path(name, path, sizeof(path));
	return !access(path, F_OK);
}

int support_fixture_dir(const char *tree)
{
	char path[512];

	fixture_path(tree, path, sizeof(path));
	return open(path, O_RDONLY | O_DIRECTORY);
}

static FILE *open_memory(char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);

	if (!f)
		abort();
	return f;
}

char *support_json(const struct la_doc *doc, size_t *len)
{
	char *text;
	struct la_json json = { .f = open_memory(&text, len) };

	out_json(&json, NULL, doc);
	fclose(json.f);
	return text;
}

char *support_people(const struct la_doc *doc, bool bytes, size_t *len)
{
	char *text;
	struct la_style style = { .f = open_memory(&text, len), .bytes = bytes };

	out_people(&style, doc);
	fclose(style.f);
	return text;
}

char *support_folded(struct la_doc *doc, const char *count, bool cache_frame, int *status,
		     size_t *len)
{
	char *text;
	struct la_fold fold = {
		.f = open_memory(&text, len),
		.count = count,
		.cache_frame = cache_frame,
	};

	*status = fold_stacks(&fold, doc);
	fclose(fold.f);
	return text;
}

/* === JSON checker: each check_ eats one thing and returns what follows it === */

static const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\n\r");
}

static const char *check_escape(const char *s)
{
	int i;

	if (*s != 'u')
		return *s && strchr("\"\\/bfnrt", *s) ? s + 1 : NULL;
	for (i = 1; i <= 4; i++) {
		if (!s[i] || !strchr("0123456789abcdefABCDEF", s[i]))
			return NULL;
	}
	return s + 5;
}

/* One code point of UTF-8, decoded and looked at as a number. */
static const char *check_utf8(const char *s)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*s;
	unsigned int len = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
	unsigned int code = len == 1 ? first : first & (0xffu >> (len + 1));
	unsigned int i;

	if (first >= 0x80 && (first < 0xc0 || first > 0xf7))
		return NULL;
	for (i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return NULL;
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return NULL;
	return s + len;
}

static const char *check_string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	while (s && *s != '"') {
		if ((unsigned char)*s < 0x20)
			return NULL;
		s = *s == '\\' ? check_escape(s + 1) : check_utf8(s);
	}
	return s ? s + 1 : NULL;
}

static const char *check_digits(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n ? s + n : NULL;
}

static const char *check_number(const char *s)
{
	if (*s == '-')
		s++;
	if (*s == '0')
		s++;
	else
		s = check_digits(s);
	if (s && *s == '.')
		s = check_digits(s + 1);
	return s;
}

static const char *check_value(const char *s);

static const char *check_members(const char *s, char end, bool named)
{
	s = skip_space(s);
	if (*s == end)
		return s + 1;
	for (;;) {
		if (named) {
			s = check_string(skip_space(s));
			if (!s || *skip_space(s) != ':')
				return NULL;
			s = skip_space(s) + 1;
		}
		s = check_value(s);
		if (!s)
			return NULL;
		s = skip_space(s);
		if (*s == end)
			return s + 1;
		if (*s++ != ',')
			return NULL;
	}
}

static const char *check_value(const char *s)
{
	static const char * const words[] = { "true", "false", "null" };
	size_t i;

	s = skip_space(s);
	if (*s == '{')
		return check_members(s + 1, '}', true);
	if (*s == '[')
		return check_members(s + 1, ']', false);
	if (*s == '"')
		return check_string(s);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strncmp(s, words[i], strlen(words[i])))
			return s + strlen(words[i]);
	}
	return check_number(s);
}

bool support_is_json(const char *text, size_t len)
{
	const char *end;

	if (strlen(text) != len)
		return false;
	end = check_value(text);
	return end && !*skip_space(end);
}
