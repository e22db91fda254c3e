// SPDX-License-Identifier: GPL-2.0-only
/* Clusters: what is alike, who feeds it, what is shown, and that nothing goes astray. */
#include "clusters.h"
#include "unit.h"

static struct la_clusters c;

static void add_text(const char *text, u32 site, u32 born)
{
	u8 bytes[32] = { 0 };
	struct la_found found = { .bytes = bytes, .len = 32, .site = site, .born = born };

	memcpy(bytes, text, strlen(text));
	la_clusters_add(&c, &found);
}

static void add_words(const u64 *words, u32 n, u32 site)
{
	struct la_found found = { .bytes = (const u8 *)words, .len = n * 8, .site = site };

	la_clusters_add(&c, &found);
}

static void text_is_tied(void)
{
	char text[64];
	u32 at, i;

	memset(&c, 0, sizeof(c));
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "sbin/%04xagt", i * 2654435761u >> 16);
		add_text(text, i < 70 ? 0 : 7, i);
		snprintf(text, sizeof(text), "t.point.%08x", i * 2654435761u);
		add_text(text, i < 30 ? 0 : 9, i);
		snprintf(text, sizeof(text), "another/%u", i);
		add_text(text, 11, i);
	}
	CHECK_EQ(c.read, 300);
	CHECK_EQ(c.nr, 3);
	CHECK_EQ(c.at[0].n, 100);
	CHECK_EQ(c.at[0].old, 70);
	CHECK_EQ(c.at[0].youngest, 99);
	CHECK(la_cluster_top(&c.at[0]) && la_cluster_top(&c.at[0])->site == 7);
	CHECK_EQ(la_cluster_top(&c.at[0])->n, 30);
	CHECK_EQ(la_cluster_text(&c.at[0], text, sizeof(text), &at), 8);
	CHECK_STR(text, "sbin/....agt");
	CHECK_EQ(at, 0);
	CHECK_EQ(la_cluster_text(&c.at[1], text, sizeof(text), &at), 8);
	CHECK_STR(text, "t.point.");
	CHECK_EQ(c.at[1].old, 30);
	/* No room for all of it. */
	CHECK_EQ(la_cluster_text(&c.at[1], text, 3, &at), 8);
	CHECK_STR(text, "t.");
}

static void kinds_are_told(void)
{
	const u64 ops = 0xffffffff81234560, others = 0xffffffff81234570;
	u32 i;

	memset(&c, 0, sizeof(c));
	for (i = 1; i < 50; i++) {
		const u64 one[] = { ops, 0xffff888000000000 + i * 64, i, 0 };
		const u64 two[] = { i * 0x123456789ab, others, others + 64, others + 128 };

		add_words(one, 4, 3);
		add_words(two, 4, 4);
	}
	CHECK_EQ(c.nr, 2);
	CHECK_EQ(c.at[0].n, 49);
	CHECK_EQ(c.at[1].n, 49);
}

static void zeroes_say_nothing(void)
{
	const u64 none[8] = { 0 }, one[8] = { 0xffffffff81234560 };
	char text[16];
	u32 at;

	memset(&c, 0, sizeof(c));
	add_words(none, 8, 0);
	add_words(one, 8, 0);
	add_words(none, 8, 0);
	CHECK_EQ(c.nr, 2);
	CHECK_EQ(c.at[0].n, 2);
	CHECK(!la_cluster_top(&c.at[0]));
	CHECK_EQ(la_cluster_text(&c.at[0], text, sizeof(text), &at), 0);
	CHECK_STR(text, "");
}

/* What was free before holds poison where nobody wrote. */
static void poison_says_nothing(void)
{
	u8 bytes[2][64];
	struct la_found found = { .len = 64 };
	char text[32];
	u32 at;

	memset(&c, 0, sizeof(c));
	memset(bytes, 0x6b, sizeof(bytes));
	memcpy(bytes[0], "one that was written", 21);
	memcpy(bytes[1], "/and/quite/another/1", 21);
	found.bytes = bytes[0];
	la_clusters_add(&c, &found);
	found.bytes = bytes[1];
	la_clusters_add(&c, &found);
	CHECK_EQ(c.nr, 2);
	la_cluster_text(&c.at[0], text, sizeof(text), &at);
	CHECK_STR(text, "one that was written");
	memset(&c, 0, sizeof(c));
	memset(bytes, 0x6b, sizeof(bytes));
	la_clusters_add(&c, &found);
	CHECK_EQ(la_cluster_text(&c.at[0], text, sizeof(text), &at), 0);
}

/* All its objects, and what came once before it, can't keep a frequent one out. */
static void frequent_ones_find_room(void)
{
	u64 words[8];
	u32 i, j;

	memset(&c, 0, sizeof(c));
	for (i = 0; i < 200; i++) {
		for (j = 0; j < 8; j++)
			words[j] = 0xffffffff81000000 + i * 4096 + j * 0x1010101;
		add_words(words, 8, 1);
	}
	for (i = 0; i < 50; i++)
		add_text("frequent text", 5, 1);
	la_clusters_sort(&c);
	CHECK_EQ(c.at[0].n, 50);
	CHECK_EQ(c.at[0].feeders[0].site, 5);
	CHECK_EQ(c.read, 250);
}

static void secrets_stay(void)
{
	u8 key[32] = "a secret of somebody";
	struct la_found found = { .bytes = key, .len = 32, .site = 8, .secret = true };
	u64 words[8];
	u32 i, j, secret = 0;

	memset(&c, 0, sizeof(c));
	la_clusters_add(&c, &found);
	for (i = 0; i < 200; i++) {
		for (j = 0; j < 8; j++)
			words[j] = 0xffffffff81000000 + i * 4096 + j * 0x1010101;
		add_words(words, 8, 1);
	}
	found.secret = false;
	found.site = 0;
	la_clusters_add(&c, &found);
	for (i = 0; i < c.nr; i++)
		if (c.at[i].secret)
			secret += c.at[i].n;
	CHECK_EQ(secret, 2);
}

static void doubts_are_counted(void)
{
	u8 text[32] = "somebody's text";
	struct la_found found = { .bytes = text, .len = 32, .maybe = true };

	memset(&c, 0, sizeof(c));
	la_clusters_add(&c, &found);
	la_clusters_add(&c, &found);
	found.maybe = false;
	la_clusters_add(&c, &found);
	found.site = 8;
	la_clusters_add(&c, &found);
	CHECK_EQ(c.nr, 1);
	CHECK_EQ(c.at[0].n, 4);
	CHECK_EQ(c.at[0].old, 3);
	CHECK_EQ(c.at[0].maybe, 2);
}

static void feeders_are_bounded(void)
{
	struct la_cluster *one = &c.at[0];
	u32 i, sum = 0;

	memset(&c, 0, sizeof(c));
	for (i = 0; i < 1000; i++)
		add_text("the same text", i % 3 ? 1 : 100 + i, i);
	for (i = 0; i < LA_FEEDERS; i++)
		sum += one->feeders[i].n;
	CHECK_EQ(sum + one->others, 1000);
	CHECK_EQ(la_cluster_top(one)->site, 1);
	CHECK_EQ(la_cluster_top(one)->n, 666);
}

static u64 state = 88172645463325252ull;

static u64 random_word(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Any bytes of any length: counts add up, what is shown is text of all. */
static void fuzz(void)
{
	u32 turn, i;

	for (turn = 0; turn < 300; turn++) {
		u32 n = 0;

		memset(&c, 0, sizeof(c));
		for (i = 0; i < 100; i++) {
			u32 len = random_word() % 80, j, kinds = 1 + random_word() % 20;
			u8 *bytes = malloc(len + 1);
			struct la_found found = {
				.bytes = bytes, .len = len, .site = random_word() % 9,
			};

			for (j = 0; j < len; j++)
				bytes[j] = random_word() % kinds * 13;
			la_clusters_add(&c, &found);
			free(bytes);
		}
		la_clusters_sort(&c);
		CHECK(c.nr <= LA_CLUSTERS);
		for (i = 0; i < c.nr; i++) {
			char text[20];
			u32 at;

			n += c.at[i].n;
			CHECK(!i || c.at[i - 1].n >= c.at[i].n);
			CHECK(c.at[i].old <= c.at[i].n);
			la_cluster_text(&c.at[i], text, sizeof(text), &at);
			CHECK(strlen(text) < sizeof(text));
		}
		CHECK_EQ(n + c.dropped, c.read);
	}
}

static const struct unit_test tests[] = {
	{ "text is tied to who makes it", text_is_tied },
	{ "kinds are told by their pointers to the kernel", kinds_are_told },
	{ "zeroes say nothing", zeroes_say_nothing },
	{ "poison says nothing", poison_says_nothing },
	{ "frequent ones find room", frequent_ones_find_room },
	{ "secrets stay secret", secrets_stay },
	{ "what may be free is counted", doubts_are_counted },
	{ "feeders are bounded", feeders_are_bounded },
	{ "any content", fuzz },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
