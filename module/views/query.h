/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Query: one line `VIEW key=value ...`, parsed in plain C.
 */
#ifndef LEAKACCT_QUERY_H
#define LEAKACCT_QUERY_H

#include "plain.h"

#define LA_QUERY_TEXT	128
#define LA_QUERY_LINE	1024

/* Bits of struct la_query.has */
enum la_query_key {
	LA_KEY_CALLER,
	LA_KEY_MODULE,
	LA_KEY_CACHE,
	LA_KEY_CLASS,
	LA_KEY_PID,
	LA_KEY_MIN_BYTES,
	LA_KEY_OLDER_S,
	LA_KEY_SINCE_MARK,
	LA_KEY_SORT,
	LA_KEY_ROWS,
	LA_KEY_ADDRESS,
	LA_NR_KEYS
};

/**
 * struct la_query - what a reader wants to see
 * @view: name of the view
 * @has: bit per enum la_query_key that was given
 * @caller: part of the caller's name
 * @module: name of its module, whole
 * @cache: name of the cache, or what else its column says, whole
 * @class: name of the class
 * @sort: name of a column
 * @address: of an object, or in it
 * @pid: of the task that allocated
 * @min_bytes: leave out what is smaller
 * @older_s: leave out objects that are younger
 * @since_mark: only objects born since the last `mark`
 * @rows: at most; 0 for all
 */
struct la_query {
	char view[LA_QUERY_TEXT];
	u32 has;
	char caller[LA_QUERY_TEXT];
	char module[LA_QUERY_TEXT];
	char cache[LA_QUERY_TEXT];
	char class[LA_QUERY_TEXT];
	char sort[LA_QUERY_TEXT];
	char address[LA_QUERY_TEXT];
	u64 pid;
	u64 min_bytes;
	u64 older_s;
	u64 since_mark;
	u64 rows;
};

static inline bool la_query_has(const struct la_query *q, enum la_query_key key)
{
	return q->has & (1u << key);
}

int la_query_parse(struct la_query *q, const char *line, size_t len);
const char *la_query_key_name(enum la_query_key key);

#endif /* LEAKACCT_QUERY_H */
