/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text: pieces of the file format, in plain C.
 */
#ifndef LEAKACCT_TEXT_H
#define LEAKACCT_TEXT_H

#include "plain.h"

size_t la_text_escape(char *to, size_t size, const char *from);
size_t la_text_hex(char *to, size_t size, const u8 *bytes, size_t n);
size_t la_text_printable(char *to, size_t size, const u8 *bytes, size_t n);
size_t la_text_longest_run(const u8 *bytes, size_t n, size_t *at);

#endif /* LEAKACCT_TEXT_H */
