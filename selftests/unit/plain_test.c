// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other plain C parts: text, query, ledger.
 */
#include "unit.h"

#include "ledger.h"
#include "query.h"
#include "text.h"

static void names_become_one_word(void)
{
	char to[64];

	CHECK_EQ(la_text_escape(to, sizeof(to), "kworker/0:1"), 11);
	CHECK_STR(to, "kworker/0:1");
	la_text_escape(to, sizeof(to), "a b\tc\nd");
	CHECK_STR(to, "a\\040b\\011c\\012d");
	la_text_escape(to, sizeof(to), "\\");
	CHECK_STR(to, "\\134");
	la_text_escape(to, sizeof(to), "");
	CHECK_STR(to, "-");
	la_text_escape(to, sizeof(to), "-");
	CHECK_STR(to, "\\055");
	la_text_escape(to, sizeof(to), "-x");
	CHECK_STR(to, "-x");
	la_text_escape(to, sizeof(to), "#x#");
	CHECK_STR(to, "\\043x#");
	la_text_escape(to, sizeof(to), "\xff");
	CHECK_STR(to, "\\377");
}

static void a_name_too_long_is_cut_whole(void)
{
	char to[6];

	CHECK_EQ(la_text_escape(to, sizeof(to), "abcdefgh"), 5);
	CHECK_STR(to, "abcde");
	CHECK_EQ(la_text_escape(to, sizeof(to), "ab c"), 2);
	CHECK_STR(to, "ab");
	CHECK_EQ(la_text_escape(to, 1, "ab"), 0);
	CHECK_STR(to, "");
	CHECK_EQ(la_text_escape(to, 0, "ab"), 0);
}

static void content_is_shown_as_hex_and_text(void)
{
	static const u8 bytes[] = { 0, 1, 0xff, 'a', 'b', ' ', '~', 0x7f, 'z', 'Z' };
	char to[64];
	size_t at;

	la_text_hex(to, sizeof(to), bytes, sizeof(bytes));
	CHECK_STR(to, "0001ff6162207e7f 7a5a");
	la_text_printable(to, sizeof(to), bytes, sizeof(bytes));
	CHECK_STR(to, "...ab ~.zZ");
	CHECK_EQ(la_text_printable(to, 4, bytes, sizeof(bytes)), 3);
	CHECK_EQ(la_text_longest_run(bytes, sizeof(bytes), &at), 4);
	CHECK_EQ(at, 3);
	CHECK_EQ(la_text_longest_run(bytes, 3, &at), 0);
	CHECK_EQ(la_text_longest_run(bytes, 0, &at), 0);
}

static int parse(struct la_query *q, const char *line)
{
	return la_query_parse(q, line, strlen(line));
}

static void a_query_is_understood(void)
{
	struct la_query q;

	CHECK_EQ(parse(&q, "callers"), 0);
	CHECK_STR(q.view, "callers");
	CHECK_EQ(q.has, 0);
	CHECK_EQ(parse(&q, " callers  rows=0\tcaller=foo+0x1 min_bytes=4096\n"), 0);
	CHECK_EQ(q.rows, 0);
	CHECK(la_query_has(&q, LA_KEY_ROWS));
	CHECK_STR(q.caller, "foo+0x1");
	CHECK_EQ(q.min_bytes, 4096);
	CHECK_EQ(parse(&q, "objects module=a=b since_mark=1 older_s=60 pid=12"), 0);
	CHECK_STR(q.module, "a=b");
	CHECK_EQ(q.since_mark, 1);
	CHECK_EQ(q.older_s, 60);
	CHECK_EQ(q.pid, 12);
	CHECK_EQ(parse(&q, "objects sort=bytes class=slab cache=x"), 0);
	CHECK_STR(q.sort, "bytes");
	CHECK_STR(q.class, "slab");
	CHECK_STR(q.cache, "x");
}

static void bad_queries_are_refused(void)
{
	static const char *const bad[] = {
		"", "\n", "   ", "callers foo", "callers foo=1", "callers rows=", "callers rows=-1",
		"callers rows=1x", "callers rows=+1", "callers rows=0x10", "callers rows= 1",
		"callers rows=99999999999999999999", "callers rows=18446744073709551617",
		"callers since_mark=2", "callers pid=4294967296", "callers caller=",
		"callers rows=1 rows=2", "callers =1", "callers Rows=1", "callers row=1",
		"callers rows=1\ncallers rows=2", "a\nb",
	};
	struct la_query q;
	char line[LA_QUERY_LINE + 8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_EQ(parse(&q, bad[i]), -EINVAL);
		if (parse(&q, bad[i]) != -EINVAL)
			printf("# accepted: %s\n", bad[i]);
	}
	CHECK_EQ(la_query_parse(&q, "callers caller=a\0b", 18), -EINVAL);
	memset(line, 'a', sizeof(line));
	CHECK_EQ(la_query_parse(&q, line, sizeof(line)), -EINVAL);
	CHECK_EQ(la_query_parse(&q, line, LA_QUERY_TEXT), -EINVAL);
	CHECK_EQ(la_query_parse(&q, line, LA_QUERY_TEXT - 1), 0);
}

/* Any bytes at all: no crash, no write past the query (the sanitizers see it). */
static void random_queries_do_no_harm(void)
{
	static const char *const parts[] = {
		"callers", " ", "rows=", "caller=", "1", "=", "\t", "\n", "0", "999999999999",
		"sort=", "x", "pid=", "older_s=", "\x80", "module=m",
	};
	u64 seed = 1, good = 0;
	int n;

	for (n = 0; n < 200000; n++) {
		char line[96];
		size_t len = 0;

		while (len < 80) {
			const char *part;

			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			part = parts[(seed >> 40) % ARRAY_SIZE(parts)];
			memcpy(line + len, part, strlen(part));
			len += strlen(part);
			if ((seed >> 50) % 8 == 0)
				break;
		}
		struct la_query q;

		good += !la_query_parse(&q, line, len);
	}
	CHECK(good > 1000);
}

/* Pages of an idle machine with 1 GiB, as its counters were read. */
static struct la_ledger idle(void)
{
	struct la_ledger l = {
		.total = 240761, .active = 600, .inactive = 1027,
	};

	la_ledger_set(&l, LA_TERM_FREE, 228763);
	la_ledger_set(&l, LA_TERM_PCP_FREE, 3070);
	la_ledger_set(&l, LA_TERM_LRU, 1627);
	la_ledger_set(&l, LA_TERM_SLAB, 3961);
	la_ledger_set(&l, LA_TERM_VMALLOC, 2616);
	la_ledger_set(&l, LA_TERM_STACKS, 228);
	la_ledger_set(&l, LA_TERM_PAGETABLES, 29);
	la_ledger_set(&l, LA_TERM_PERCPU, 148);
	la_ledger_tell(&l, LA_INFO_FIRST_CHUNK, 124);
	la_ledger_tell(&l, LA_INFO_STACKS_IN_VMALLOC, 228);
	return l;
}

static void the_ledger_adds_up(void)
{
	struct la_ledger l = idle();

	CHECK_EQ(la_ledger_claimed(&l), 228763 + 3070 + 1627 + 3961 + 2616 + 29 + 24);
	CHECK_EQ(la_ledger_ghost(&l), 671);
	CHECK_EQ(la_ledger_ghost(&l) + la_ledger_claimed(&l), l.total);
	/* The classic formula takes per-CPU lists for ghosts, and stacks twice. */
	CHECK_EQ(la_ledger_classic_ghost(&l),
		 240761 - 228763 - 3961 - 2616 - 29 - 228 - 1627);
}

static void a_ghost_moves_by_what_leaks(void)
{
	struct la_ledger before = idle(), after = idle();

	after.terms[LA_TERM_FREE] -= 16384;
	CHECK_EQ(la_ledger_ghost(&after) - la_ledger_ghost(&before), 16384);
}

static void a_ghost_may_be_negative(void)
{
	struct la_ledger l = idle();

	l.terms[LA_TERM_SLAB] += 10000;
	CHECK_EQ(la_ledger_ghost(&l), 671 - 10000);
}

static void a_term_that_is_unknown_counts_nothing(void)
{
	struct la_ledger l = idle();

	CHECK(!la_ledger_knows(&l, LA_TERM_HUGETLB));
	l.terms[LA_TERM_HUGETLB] = 12345;
	CHECK_EQ(la_ledger_ghost(&l), 671);
	la_ledger_set(&l, LA_TERM_HUGETLB, 512);
	CHECK_EQ(la_ledger_ghost(&l), 671 - 512);
}

static const struct unit_test tests[] = {
	{ "names become one word", names_become_one_word },
	{ "a name too long is cut whole", a_name_too_long_is_cut_whole },
	{ "content is shown as hex and text", content_is_shown_as_hex_and_text },
	{ "a query is understood", a_query_is_understood },
	{ "bad queries are refused", bad_queries_are_refused },
	{ "random queries do no harm", random_queries_do_no_harm },
	{ "the ledger adds up", the_ledger_adds_up },
	{ "a ghost moves by what leaks", a_ghost_moves_by_what_leaks },
	{ "a ghost may be negative", a_ghost_may_be_negative },
	{ "a term that is unknown counts nothing", a_term_that_is_unknown_counts_nothing },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
