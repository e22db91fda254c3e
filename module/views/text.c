// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text: pieces of the file format. Nothing here writes past what it is given, and
 * everything it writes ends in a NUL when there is room for one.
 */
#include "text.h"

static const char hex_digits[] = "0123456789abcdef";

/**
 * la_text_escape() - make a name one word of a row
 * @to: gets the word; "-" for an empty name
 * @size: of @to
 * @from: any bytes
 *
 * White space, control and non-ASCII bytes, backslashes, and a leading "#" or a lone
 * "-" become "\ooo", as seq_escape() does it. What does not fit is left off whole.
 *
 * Return: length of the word.
 */
size_t la_text_escape(char *to, size_t size, const char *from)
{
	bool lone_dash = from[0] == '-' && !from[1];
	size_t len = 0, i;

	if (!size)
		return 0;
	if (!from[0])
		from = "-", lone_dash = false;
	for (i = 0; from[i]; i++) {
		u8 c = from[i];
		bool plain = c > ' ' && c < 0x7f && c != '\\' &&
			     !(i == 0 && (c == '#' || lone_dash));

		if (len + (plain ? 1 : 4) >= size)
			break;
		if (plain) {
			to[len++] = c;
		} else {
			to[len++] = '\\';
			to[len++] = '0' + (c >> 6);
			to[len++] = '0' + (c >> 3 & 7);
			to[len++] = '0' + (c & 7);
		}
	}
	to[len] = '\0';
	return len;
}

/**
 * la_text_hex() - bytes as hex, in groups of eight
 * @to: gets the text
 * @size: of @to
 * @bytes: the bytes
 * @n: how many
 *
 * Return: length of the text.
 */
size_t la_text_hex(char *to, size_t size, const u8 *bytes, size_t n)
{
	size_t len = 0, i;

	if (!size)
		return 0;
	for (i = 0; i < n; i++) {
		if (len + 3 >= size)
			break;
		if (i && i % 8 == 0)
			to[len++] = ' ';
		to[len++] = hex_digits[bytes[i] >> 4];
		to[len++] = hex_digits[bytes[i] & 15];
	}
	to[len] = '\0';
	return len;
}

static bool printable(u8 c)
{
	return c >= ' ' && c < 0x7f;
}

/**
 * la_text_printable() - bytes as text, a dot for what can't be shown
 * @to: gets the text
 * @size: of @to
 * @bytes: the bytes
 * @n: how many
 *
 * Return: length of the text.
 */
size_t la_text_printable(char *to, size_t size, const u8 *bytes, size_t n)
{
	size_t i;

	if (!size)
		return 0;
	for (i = 0; i < n && i + 1 < size; i++)
		to[i] = printable(bytes[i]) ? bytes[i] : '.';
	to[i] = '\0';
	return i;
}

/* Nothing but one character: what fills memory that nobody has written to. */
static bool is_filler(const u8 *bytes, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (bytes[i] != bytes[0])
			return false;
	return true;
}

/**
 * la_text_longest_run() - where the longest readable text in some bytes is
 * @bytes: the bytes
 * @n: how many
 * @at: gets its start
 *
 * Return: its length, 0 when there is none, or but one character over and over.
 */
size_t la_text_longest_run(const u8 *bytes, size_t n, size_t *at)
{
	size_t best = 0, start = 0, i;

	*at = 0;
	for (i = 0; i <= n; i++) {
		if (i < n && printable(bytes[i]))
			continue;
		if (i - start > best && !is_filler(bytes + start, i - start)) {
			best = i - start;
			*at = start;
		}
		start = i + 1;
	}
	return best;
}
