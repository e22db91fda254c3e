// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words, numbers and bytes. Locale-free on purpose: the kernel prints ASCII
 * digits, and isdigit() or strtoull() would accept signs, blanks and more.
 */
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* More digits than the largest 64-bit number has: no counter of the kernel. */
#define MAX_DIGITS 20

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

bool text_u64(const char *s, unsigned long long *ret)
{
	unsigned long long value = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned int digit = (unsigned int)(*s - '0');

		if (!is_digit(*s))
			return false;
		if (value > (ULLONG_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

bool text_size(const char *s, unsigned long long *ret)
{
	static const char suffixes[] = "KMGT";
	char digits[MAX_DIGITS + 1];
	unsigned long long value;
	unsigned int shift = 0;
	size_t len = strlen(s);
	const char *suffix;

	if (!len)
		return false;
	/* Lower case is what people type: 'k' is 'K' without bit 5. */
	suffix = strchr(suffixes, s[len - 1] & ~0x20);
	if (suffix && *suffix) {
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
		len--;
	}
	if (len > MAX_DIGITS)
		return false;
	memcpy(digits, s, len);
	digits[len] = '\0';
	if (!text_u64(digits, &value) || value > ULLONG_MAX >> shift)
		return false;
	*ret = value << shift;
	return true;
}

static size_t count_digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

bool text_is_number(const char *s)
{
	size_t n;

	if (*s == '-')
		s++;
	n = count_digits(s);
	/* JSON knows no leading zeros; a lone 0 is fine. */
	if (!n || n > MAX_DIGITS || (n > 1 && *s == '0'))
		return false;
	s += n;
	if (!*s)
		return true;
	if (*s++ != '.')
		return false;
	n = count_digits(s);
	return n && n <= MAX_DIGITS && !s[n];
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The forms Unicode forbids: overlong ones, surrogates, past U+10FFFF. */
static bool is_forbidden(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second < 0xa0;
	case 0xed:
		return second > 0x9f;
	case 0xf0:
		return second < 0x90;
	case 0xf4:
		return second > 0x8f;
	default:
		return false;
	}
}

size_t text_utf8(const char *s)
{
	unsigned char first = (unsigned char)s[0];
	size_t len, i;

	if (!first)
		return 0;
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	/* The terminating NUL is no continuation, so this never runs past it. */
	for (i = 1; i < len; i++) {
		if (!is_continuation(s[i]))
			return 0;
	}
	return is_forbidden(first, (unsigned char)s[1]) ? 0 : len;
}

void text_unescape(char *s)
{
	char *to = s;

	while (*s) {
		int value = 0;

		if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3]))
			value = (s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0');
		/* A decoded NUL would hide the rest of the name. */
		if (value > 0 && value < 256) {
			*to++ = (char)value;
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* Whole bytes of @s ("12", "-3", "4.75"), its sign apart; false if no number. */
static bool whole_bytes(const char *s, unsigned int unit, bool *negative,
			unsigned long long *ret)
{
	char digits[MAX_DIGITS + 1];
	size_t n;

	if (!text_is_number(s))
		return false;
	*negative = *s == '-';
	s += *negative;
	n = count_digits(s);
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (!text_u64(digits, ret) || *ret > ULLONG_MAX / unit)
		return false;
	*ret *= unit;
	return true;
}

bool text_scale(const char *s, unsigned int unit, char *buf, size_t size)
{
	static const char * const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned long long bytes, tenths;
	unsigned int power = 0;
	const char *sign;
	bool negative;

	if (!whole_bytes(s, unit, &negative, &bytes))
		return false;
	sign = negative && bytes ? "-" : "";
	while (power < 6 && bytes >> (10 * power) >= 1024)
		power++;
	if (!power) {
		snprintf(buf, size, "%s%llu B", sign, bytes);
		return true;
	}
	/* Ten times the value would overflow from 1.6 EiB up: drop a power first. */
	tenths = ((bytes >> (10 * (power - 1))) * 10 + 512) / 1024;
	if (tenths >= 10240 && power < 6) {
		power++;
		tenths = 10;
	}
	snprintf(buf, size, "%s%llu.%llu %s", sign, tenths / 10, tenths % 10, names[power]);
	return true;
}

const char *text_after(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) ? NULL : s + len;
}
