/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words, numbers and bytes: the small pure functions under the parser and the
 * printers. Nothing here allocates, prints or keeps state.
 */
#ifndef LEAKACCT_TEXT_H
#define LEAKACCT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Digits only, all of them, no overflow; false leaves @ret alone. */
bool text_u64(const char *s, unsigned long long *ret);

/* As text_u64(), with an optional K, M, G or T (powers of 1024) at the end. */
bool text_size(const char *s, unsigned long long *ret);

/* Is @s, as it stands, a JSON number that any reader can hold? */
bool text_is_number(const char *s);

/* Length of the UTF-8 sequence that @s starts with, 0 if it is none. */
size_t text_utf8(const char *s);

/* Undo seq_escape (\040 for a space) in place; \000 stays as it is. */
void text_unescape(char *s);

/*
 * @s in KiB, MiB, ... with one decimal, @unit bytes being one of what @s
 * counts. False when @s is no plain number: show it as it came.
 */
bool text_scale(const char *s, unsigned int unit, char *buf, size_t size);

/* Does @s start with @prefix? Then what follows it, else NULL. */
const char *text_after(const char *s, const char *prefix);

#endif /* LEAKACCT_TEXT_H */
