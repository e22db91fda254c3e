/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small streaming JSON writer: what goes in as any bytes comes out as valid
 * JSON. @key is NULL inside an array and at the top.
 */
#ifndef LEAKACCT_JSON_H
#define LEAKACCT_JSON_H

#include <stdbool.h>
#include <stdio.h>

#define LA_JSON_DEPTH 8

struct la_json {
	FILE *f;
	unsigned int depth;
	bool filled[LA_JSON_DEPTH];	/* the container at that depth has a member */
};

void json_begin(struct la_json *json, const char *key, char bracket);
void json_end(struct la_json *json, char bracket);

void json_string(struct la_json *json, const char *key, const char *s);
/* @text must satisfy text_is_number(); it is written as it stands. */
void json_number(struct la_json *json, const char *key, const char *text);
void json_u64(struct la_json *json, const char *key, unsigned long long value);
void json_bool(struct la_json *json, const char *key, bool value);
void json_null(struct la_json *json, const char *key);

#endif /* LEAKACCT_JSON_H */
