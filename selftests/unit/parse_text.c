// SPDX-License-Identifier: GPL-2.0-only
/* The reader's words and numbers: text.c, and the tables of view.c. */
#include "parse_support.h"
#include "out.h"
#include "text.h"

#include <limits.h>
#include <string.h>

static bool u64_takes_digits_only(void)
{
	static const char * const refused[] = {
		"", " 1", "1 ", "+1", "-1", "0x10", "1.0", "1e3", "18446744073709551616",
		"99999999999999999999999999",
	};
	unsigned long long value = 7;
	bool ok = true;
	size_t i;

	EXPECT(ok, text_u64("0", &value) && !value);
	EXPECT(ok, text_u64("007", &value) && value == 7);
	EXPECT(ok, text_u64("18446744073709551615", &value) && value == ULLONG_MAX);
	value = 7;
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT(ok, !text_u64(refused[i], &value));
	EXPECT(ok, value == 7);
	return ok;
}

static bool size_takes_suffixes(void)
{
	static const char * const refused[] = {
		"", "K", "KK", "4KB", "4 K", "-1K", "1.5M", "4P", "16777216T",
		"18014398509481984K", "111111111111111111111",
	};
	unsigned long long value;
	bool ok = true;
	size_t i;

	EXPECT(ok, text_size("4096", &value) && value == 4096);
	EXPECT(ok, text_size("64K", &value) && value == 65536);
	EXPECT(ok, text_size("3m", &value) && value == 3 << 20);
	EXPECT(ok, text_size("2G", &value) && value == 2ull << 30);
	EXPECT(ok, text_size("16777215T", &value) && value == 16777215ull << 40);
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT(ok, !text_size(refused[i], &value));
	return ok;
}

static bool numbers_are_json_numbers(void)
{
	static const char * const taken[] = {
		"0", "-0", "12", "-12", "0.120", "-4096.5", "18446744073709551615",
	};
	static const char * const refused[] = {
		"", "-", "+1", "01", ".5", "5.", "1e5", "0x1", "1.2.3", "1 ", "nan", ">=1",
		"999999999999999999999", "0.999999999999999999999",
	};
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(taken); i++)
		EXPECT(ok, text_is_number(taken[i]));
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT(ok, !text_is_number(refused[i]));
	return ok;
}

static bool utf8_knows_what_is_forbidden(void)
{
	static const char * const refused[] = {
		"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff",
	};
	bool ok = true;
	size_t i;

	EXPECT(ok, text_utf8("a") == 1);
	EXPECT(ok, text_utf8("\xc3\xa9t") == 2);
	EXPECT(ok, text_utf8("\xe2\x82\xac") == 3);
	EXPECT(ok, text_utf8("\xf0\x9f\x98\x80") == 4);
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT(ok, !text_utf8(refused[i]));
	return ok;
}

static bool unescapes(const char *from, const char *to)
{
	char text[64];

	strcpy(text, from);
	text_unescape(text);
	return !strcmp(text, to);
}

static bool unescape_undoes_seq_escape(void)
{
	bool ok = true;

	EXPECT(ok, unescapes("a\\040b\\134c\\011", "a b\\c\t"));
	EXPECT(ok, unescapes("\\303\\251", "\xc3\xa9"));
	EXPECT(ok, unescapes("\\000x", "\\000x"));
	EXPECT(ok, unescapes("\\04", "\\04"));
	EXPECT(ok, unescapes("\\", "\\"));
	EXPECT(ok, unescapes("\\777", "\\777"));
	EXPECT(ok, unescapes("\\089", "\\089"));
	return ok;
}

static bool scales(const char *s, unsigned int unit, const char *want)
{
	char buf[32];

	return text_scale(s, unit, buf, sizeof(buf)) && !strcmp(buf, want);
}

static bool scale_rounds_and_never_overflows(void)
{
	char buf[32];
	bool ok = true;

	EXPECT(ok, scales("0", 1, "0 B"));
	EXPECT(ok, scales("1023", 1, "1023 B"));
	EXPECT(ok, scales("1024", 1, "1.0 KiB"));
	EXPECT(ok, scales("1536", 1, "1.5 KiB"));
	EXPECT(ok, scales("1048575", 1, "1.0 MiB"));
	EXPECT(ok, scales("134217728", 1, "128.0 MiB"));
	EXPECT(ok, scales("18446744073709551615", 1, "16.0 EiB"));
	EXPECT(ok, scales("-2048", 1, "-2.0 KiB"));
	EXPECT(ok, scales("-0.5", 1, "0 B"));
	EXPECT(ok, scales("275.9", 1, "275 B"));
	EXPECT(ok, scales("2048", 1024, "2.0 MiB"));
	EXPECT(ok, !text_scale("18446744073709551615", 1024, buf, sizeof(buf)));
	EXPECT(ok, !text_scale("18446744073709551616", 1, buf, sizeof(buf)));
	EXPECT(ok, !text_scale("-", 1, buf, sizeof(buf)));
	return ok;
}

static bool words_match_whole(void)
{
	bool ok = true;

	EXPECT(ok, view_has_word("bytes objects age", "objects"));
	EXPECT(ok, view_has_word("bytes objects age", "age"));
	EXPECT(ok, !view_has_word("bytes objects age", "object"));
	EXPECT(ok, !view_has_word("bytes objects age", "bytes objects"));
	EXPECT(ok, !view_has_word("bytes objects age", ""));
	EXPECT(ok, view_column_kind("bytes") == LA_KIND_BYTES);
	EXPECT(ok, view_column_kind("comm") == LA_KIND_TEXT);
	EXPECT(ok, view_column_kind("never_heard_of") == LA_KIND_AUTO);
	EXPECT(ok, !view_find("callersx") && view_find("callers"));
	return ok;
}

static bool text_cannot_steer_a_terminal(void)
{
	bool ok = true;

	EXPECT(ok, out_text(NULL, "plain") == 5);
	EXPECT(ok, out_text(NULL, "\xc3\xa9") == 1);
	EXPECT(ok, out_text(NULL, "\033[2J") == 4 + 3);
	EXPECT(ok, out_text(NULL, "\x7f\xff") == 8);
	/* A C1 control in UTF-8: both of its bytes are shown as numbers. */
	EXPECT(ok, out_text(NULL, "\xc2\x9b") == 8);
	return ok;
}

static const struct ktap_test tests[] = {
	{ "u64_takes_digits_only", u64_takes_digits_only },
	{ "size_takes_suffixes", size_takes_suffixes },
	{ "numbers_are_json_numbers", numbers_are_json_numbers },
	{ "utf8_knows_what_is_forbidden", utf8_knows_what_is_forbidden },
	{ "unescape_undoes_seq_escape", unescape_undoes_seq_escape },
	{ "scale_rounds_and_never_overflows", scale_rounds_and_never_overflows },
	{ "words_match_whole", words_match_whole },
	{ "text_cannot_steer_a_terminal", text_cannot_steer_a_terminal },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
