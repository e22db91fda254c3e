// SPDX-License-Identifier: GPL-2.0-only
/* The printers: JSON that is valid whatever the names hold, and honest tables. */
#include "parse_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool checker_can_fail(void)
{
	static const char * const bad[] = {
		"", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "\"\x01\"", "\"\\x\"", "01", "1.",
		"[1] 2", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "nul", "\"a", "\"\\u12\"",
		"{a:1}", "[", "-",
	};
	static const char * const good[] = {
		"0", "-1.5", "{}", "[ ]", "{\"a\":[1,\"\\u0041\xc3\xa9\",null,true]}\n",
	};
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT(ok, !support_is_json(bad[i], strlen(bad[i])));
	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT(ok, support_is_json(good[i], strlen(good[i])));
	return ok;
}

/* The JSON of @text holds @want somewhere and is valid. */
static bool json_holds(const char *text, const char *want)
{
	struct la_doc doc;
	bool ok = support_parse_table(&doc, text) == LA_PARSE_OK;
	size_t len;
	char *json;

	if (ok) {
		json = support_json(&doc, &len);
		ok = support_is_json(json, len) && strstr(json, want);
		if (!ok)
			printf("# expected %s in: %s\n", want, json);
		free(json);
	}
	la_doc_free(&doc);
	return ok;
}

static bool kinds_become_json_types(void)
{
	static const char head[] = "# leakacct objects 1 age=0.120s\n"
				   "# address bytes age_s pid comm objects caller\n";
	char text[512];
	bool ok = true;

	snprintf(text, sizeof(text), "%s0xffff888012345678 72 3.001 - 123 >=8 f+0x1/0x2 [m]\n",
		 head);
	EXPECT(ok, json_holds(text, "\"address\":\"0xffff888012345678\",\"bytes\":72,"
				    "\"age_s\":3.001,\"pid\":null,\"comm\":\"123\",\"objects\":8,"
				    "\"caller\":\"f+0x1/0x2 [m]\",\"lower_bounds\":[\"objects\"],"
				    "\"reasons\":[]"));
	EXPECT(ok, json_holds(text, "{\"schema\":1,\"view\":\"objects\",\"age_s\":0.120,"
				    "\"complete\":false,\"more_rows\":0,"));
	return ok;
}

static bool huge_and_odd_numbers_stay_valid(void)
{
	static const char head[] = "# leakacct callers 1 age=1s\n# bytes objects new caller\n";
	char text[512];
	bool ok = true;

	snprintf(text, sizeof(text), "%s18446744073709551615 007 12.5 x\n", head);
	EXPECT(ok, json_holds(text, "\"bytes\":18446744073709551615,\"objects\":\"007\","
				    "\"new\":12.5,"));
	snprintf(text, sizeof(text), "%s99999999999999999999999999999 NaN 1e9999 x\n", head);
	EXPECT(ok, json_holds(text, "\"bytes\":\"99999999999999999999999999999\","
				    "\"objects\":\"NaN\",\"new\":\"1e9999\","));
	return ok;
}

static bool names_are_unescaped_and_escaped(void)
{
	static const char head[] = "# leakacct objects 1 age=1s\n# bytes comm caller\n";
	char text[512];
	bool ok = true;

	snprintf(text, sizeof(text), "%s1 a\\040\\\"b\\012\\033 \"q\"\\040\x01\n", head);
	EXPECT(ok, json_holds(text, "\"comm\":\"a \\\\\\\"b\\u000a\\u001b\","
				    "\"caller\":\"\\\"q\\\"\\\\040\\u0001\""));
	snprintf(text, sizeof(text), "%s1 \xff\xc3\xa9\\303\\251 \xed\xa0\x80\n", head);
	EXPECT(ok, json_holds(text, "\"comm\":\"\\ufffd\xc3\xa9\xc3\xa9\","
				    "\"caller\":\"\\ufffd\\ufffd\\ufffd\""));
	return ok;
}

static bool every_byte_in_a_name_is_valid_json(void)
{
	bool ok = true;
	int c;

	for (c = 1; c < 256; c++) {
		char text[128];

		if (c == '\n')
			continue;
		snprintf(text, sizeof(text), "# leakacct samples 1 age=1s\n# bytes comm caller\n"
			 "1 x%cy z%cz\n1 x x\n#   %c\n# %c\n", c, c, c, c);
		EXPECT(ok, json_holds(text, "\"content\":["));
	}
	return ok;
}

static bool fixtures_become_valid_json(void)
{
	static const char * const names[] = {
		"busy/callers", "busy/objects", "busy/suspects", "busy/slabs", "busy/samples",
		"sampled/callers", "sampled/suspects", "sampled/stats",
		"busy/ghost", "busy/hooks", "busy/stats", "quiet/callers", "full_table/callers",
		"stock_busy/suspects", "stock_busy/samples", "stock_full_table/callers",
	};
	bool ok = true;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char *text = support_fixture(names[i], &len);

		EXPECT(ok, json_holds(text, "\"schema\":1"));
		free(text);
	}
	return ok;
}

/* The table of @text for people is exactly @want. */
static bool people_see(const char *text, bool bytes, const char *want)
{
	struct la_doc doc;
	bool ok = support_parse_table(&doc, text) == LA_PARSE_OK;
	size_t len;
	char *got;

	if (ok) {
		got = support_people(&doc, bytes, &len);
		ok = !strcmp(got, want);
		if (!ok)
			printf("# expected \"%s\", got \"%s\"\n", want, got);
		free(got);
	}
	la_doc_free(&doc);
	return ok;
}

static bool tables_align_and_scale(void)
{
	static const char text[] = "# leakacct callers 1 age=1s\n# bytes objects cache caller\n"
				   "# lower bounds: 3 inserts refused\n"
				   "2048 >=12 a f+0x1/0x2\n#   why\n7 3 long_name g [m]\n"
				   "# 5 more rows\n";
	bool ok = true;

	EXPECT(ok, people_see(text, false,
			      "  bytes  objects  cache      caller\n"
			      "2.0 KiB     >=12  a          f+0x1/0x2\n"
			      "    why\n"
			      "    7 B        3  long_name  g [m]\n"
			      "note: lower bounds: 3 inserts refused\n"
			      "(5 more rows)\n"));
	EXPECT(ok, people_see(text, true,
			      "bytes  objects  cache      caller\n"
			      " 2048     >=12  a          f+0x1/0x2\n"
			      "    why\n"
			      "    7        3  long_name  g [m]\n"
			      "note: lower bounds: 3 inserts refused\n"
			      "(5 more rows)\n"));
	return ok;
}

static bool tables_show_kb_and_stats_as_bytes(void)
{
	bool ok = true;

	EXPECT(ok, people_see("# leakacct ghost 1 age=1s\n# term kB note\nGhost -2048 -\n", false,
			      "term       size  note\nGhost  -2.0 MiB  -\n"));
	EXPECT(ok, people_see("# leakacct ghost 1 age=1s\n# term kB note\nGhost -2048 -\n", true,
			      "term      kB  note\nGhost  -2048  -\n"));
	EXPECT(ok, people_see("# leakacct stats 1 age=1s\n# name value\nown_bytes 2048\nlooks 9\n",
			      false,
			      "name         value\nown_bytes  2.0 KiB\nlooks            9\n"));
	EXPECT(ok, people_see("# leakacct stats 1 age=1s\n# name value\n", false,
			      "name  value\n(no rows)\n"));
	return ok;
}

static bool errors_stand_beside_what_they_are_of(void)
{
	static const char text[] = "# leakacct callers 1 age=1s\n"
				   "# bytes bytes_error objects caller\n"
				   "# estimates: 1 object in 1024 bytes tracked\n"
				   "20480 2048 >=12 f+0x1/0x2\n7 - 3 g\n";
	bool ok = true;

	EXPECT(ok, people_see(text, false,
			      "   bytes \302\261   error  objects  caller\n"
			      "20.0 KiB \302\261 2.0 KiB     >=12  f+0x1/0x2\n"
			      "     7 B \302\261       -        3  g\n"
			      "note: estimates: 1 object in 1024 bytes tracked\n"));
	EXPECT(ok, people_see(text, true,
			      "bytes \302\261 error  objects  caller\n"
			      "20480 \302\261  2048     >=12  f+0x1/0x2\n"
			      "    7 \302\261     -        3  g\n"
			      "note: estimates: 1 object in 1024 bytes tracked\n"));
	EXPECT(ok, json_holds(text, "\"notes\":[\"estimates: 1 object in 1024 bytes tracked\"]"));
	EXPECT(ok, json_holds(text, "{\"bytes\":20480,\"bytes_error\":2048,\"objects\":12,"));
	EXPECT(ok, json_holds(text, "{\"bytes\":7,\"bytes_error\":null,\"objects\":3,"));
	/* Elsewhere it is a column like any other. */
	EXPECT(ok, people_see("# leakacct callers 1 age=1s\n# bytes_error bytes caller\n2 1 f\n",
			      true, "bytes_error  bytes  caller\n          2      1  f\n"));
	return ok;
}

static bool stats_may_be_unknown(void)
{
	static const char text[] = "# leakacct stats 1 age=1s\n# name value\n"
				   "heals unknown\nmemory_stacks 4096\nsample_interval 524288\n";
	bool ok = true;

	EXPECT(ok, people_see(text, false,
			      "name                 value\n"
			      "heals              unknown\n"
			      "memory_stacks      4.0 KiB\n"
			      "sample_interval  512.0 KiB\n"));
	EXPECT(ok, json_holds(text, "{\"name\":\"heals\",\"value\":\"unknown\","));
	EXPECT(ok, json_holds(text, "{\"name\":\"memory_stacks\",\"value\":4096,"));
	return ok;
}

static const struct ktap_test tests[] = {
	{ "checker_can_fail", checker_can_fail },
	{ "kinds_become_json_types", kinds_become_json_types },
	{ "huge_and_odd_numbers_stay_valid", huge_and_odd_numbers_stay_valid },
	{ "names_are_unescaped_and_escaped", names_are_unescaped_and_escaped },
	{ "every_byte_in_a_name_is_valid_json", every_byte_in_a_name_is_valid_json },
	{ "fixtures_become_valid_json", fixtures_become_valid_json },
	{ "tables_align_and_scale", tables_align_and_scale },
	{ "tables_show_kb_and_stats_as_bytes", tables_show_kb_and_stats_as_bytes },
	{ "errors_stand_beside_what_they_are_of", errors_stand_beside_what_they_are_of },
	{ "stats_may_be_unknown", stats_may_be_unknown },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
