// SPDX-License-Identifier: GPL-2.0-only
/*
 * The streaming JSON writer. Write errors stay in the stream's error flag,
 * which main() looks at once, at the end.
 */
#include "json.h"
#include "text.h"

#include <assert.h>

static void write_string(FILE *f, const char *s)
{
	putc('"', f);
	while (*s) {
		size_t len = text_utf8(s);

		if (!len) {
			/* Not UTF-8: say so by the replacement character, a byte each. */
			fputs("\\ufffd", f);
			s++;
		} else if (len == 1 && (*s == '"' || *s == '\\')) {
			fprintf(f, "\\%c", *s++);
		} else if (len == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f)) {
			fprintf(f, "\\u%04x", (unsigned int)*s++);
		} else {
			fwrite(s, 1, len, f);
			s += len;
		}
	}
	putc('"', f);
}

/* The comma and the name before a value. Rows start on lines of their own. */
static void lead_in(struct la_json *json, const char *key)
{
	if (json->filled[json->depth])
		putc(',', json->f);
	json->filled[json->depth] = true;
	if (key) {
		write_string(json->f, key);
		putc(':', json->f);
	}
}

void json_begin(struct la_json *json, const char *key, char bracket)
{
	lead_in(json, key);
	if (!key && bracket == '{' && json->depth)
		putc('\n', json->f);
	putc(bracket, json->f);
	assert(json->depth + 1 < LA_JSON_DEPTH);
	json->filled[++json->depth] = false;
}

void json_end(struct la_json *json, char bracket)
{
	assert(json->depth);
	putc(bracket, json->f);
	if (!--json->depth)
		putc('\n', json->f);
}

void json_string(struct la_json *json, const char *key, const char *s)
{
	lead_in(json, key);
	write_string(json->f, s);
}

void json_number(struct la_json *json, const char *key, const char *text)
{
	lead_in(json, key);
	fputs(text, json->f);
}

void json_u64(struct la_json *json, const char *key, unsigned long long value)
{
	lead_in(json, key);
	fprintf(json->f, "%llu", value);
}

void json_bool(struct la_json *json, const char *key, bool value)
{
	lead_in(json, key);
	fputs(value ? "true" : "false", json->f);
}

void json_null(struct la_json *json, const char *key)
{
	lead_in(json, key);
	fputs("null", json->f);
}
