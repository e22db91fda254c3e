// SPDX-License-Identifier: GPL-2.0-only
/*
 * Query: one line `VIEW key=value ...`.
 *
 * This knows the keys and the form of their values; which view takes which key,
 * and the names of views, classes and columns, are views.c's.
 */
#include "query.h"

struct key {
	const char *name;
	size_t offset;
	u64 max;	/* of a number; 0 for a text */
};

#define TEXT(n)		{ #n, offsetof(struct la_query, n), 0 }
#define NUMBER(n, m)	{ #n, offsetof(struct la_query, n), m }

static const struct key keys[LA_NR_KEYS] = {
	[LA_KEY_CALLER]		= TEXT(caller),
	[LA_KEY_MODULE]		= TEXT(module),
	[LA_KEY_CACHE]		= TEXT(cache),
	[LA_KEY_CLASS]		= TEXT(class),
	[LA_KEY_PID]		= NUMBER(pid, 0x7fffffff),
	[LA_KEY_MIN_BYTES]	= NUMBER(min_bytes, (1ull << 62)),
	[LA_KEY_OLDER_S]	= NUMBER(older_s, 1000000000),
	[LA_KEY_SINCE_MARK]	= NUMBER(since_mark, 1),
	[LA_KEY_SORT]		= TEXT(sort),
	[LA_KEY_ROWS]		= NUMBER(rows, 1000000000),
	[LA_KEY_ADDRESS]	= TEXT(address),
};

/**
 * la_query_key_name() - as it is written
 * @key: the key
 */
const char *la_query_key_name(enum la_query_key key)
{
	return keys[key].name;
}

/* Decimal digits only, all of them, up to @max. */
static int parse_number(const char *text, size_t len, u64 max, u64 *value)
{
	size_t i;
	u64 v = 0;

	if (!len || len > 19)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		v = v * 10 + (u64)(text[i] - '0');
	}
	if (v > max)
		return -EINVAL;
	*value = v;
	return 0;
}

static int copy_text(char *to, const char *from, size_t len)
{
	if (!len || len >= LA_QUERY_TEXT || memchr(from, '\0', len))
		return -EINVAL;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

static int parse_pair(struct la_query *q, const char *word, size_t len)
{
	const char *eq = memchr(word, '=', len);
	size_t name_len, value_len;
	unsigned int i;

	if (!eq)
		return -EINVAL;
	name_len = eq - word;
	value_len = len - name_len - 1;
	for (i = 0; i < LA_NR_KEYS; i++) {
		void *field = (char *)q + keys[i].offset;

		if (strlen(keys[i].name) != name_len || memcmp(keys[i].name, word, name_len))
			continue;
		if (q->has & (1u << i))
			return -EINVAL;		/* twice: which one is meant? */
		q->has |= 1u << i;
		return keys[i].max ? parse_number(eq + 1, value_len, keys[i].max, field) :
				     copy_text(field, eq + 1, value_len);
	}
	return -EINVAL;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/**
 * la_query_parse() - parse a query
 * @q: the result
 * @line: the line, not NUL-terminated; a newline at its end is allowed
 * @len: its length
 *
 * Return: 0, or -EINVAL: no view, an unknown or repeated key, a bad value, more
 * than one line.
 */
int la_query_parse(struct la_query *q, const char *line, size_t len)
{
	size_t at = 0;
	int err;

	memset(q, 0, sizeof(*q));
	if (len && line[len - 1] == '\n')
		len--;
	if (len > LA_QUERY_LINE || memchr(line, '\n', len))
		return -EINVAL;

	while (at < len) {
		size_t end = at;

		if (blank(line[at])) {
			at++;
			continue;
		}
		while (end < len && !blank(line[end]))
			end++;
		err = q->view[0] ? parse_pair(q, line + at, end - at) :
				   copy_text(q->view, line + at, end - at);
		if (err)
			return err;
		at = end;
	}
	return q->view[0] ? 0 : -EINVAL;
}
