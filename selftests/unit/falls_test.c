// SPDX-License-Identifier: GPL-2.0-only
/*
 * Falls: who was seen to give much back is excused while it rises again, and not for ever.
 */
#include "draw.h"
#include "falls.h"
#include "unit.h"

static bool excused(const struct la_falls *f)
{
	return f->from;
}

/* Rises by @rate a look for @looks. */
static void rise(struct la_falls *f, u32 *look, u64 *survivors, u64 rate, u32 looks)
{
	while (looks--) {
		*survivors += rate;
		la_falls_note(f, *survivors, ++*look);
	}
}

static void fall(struct la_falls *f, u32 *look, u64 *survivors, u64 to)
{
	*survivors = to;
	la_falls_note(f, *survivors, ++*look);
}

static void a_fall_excuses(void)
{
	struct la_falls f = { 0 };
	u64 survivors = 0;
	u32 look = 0;

	rise(&f, &look, &survivors, 10, 100);
	CHECK(!excused(&f));
	fall(&f, &look, &survivors, 501);
	CHECK(!excused(&f));
	fall(&f, &look, &survivors, 400);
	CHECK(excused(&f));
	CHECK_EQ(f.from, 1000);
	CHECK_EQ(f.to, 400);
	CHECK_EQ(f.at, 102);
	/* It falls on. */
	fall(&f, &look, &survivors, 20);
	CHECK_EQ(f.from, 1000);
	CHECK_EQ(f.to, 20);
}

/* Of a few it may be chance. */
static void few_fall_by_chance(void)
{
	struct la_falls f = { 0 };
	u64 survivors = 0;
	u32 look = 0;

	rise(&f, &look, &survivors, 1, 31);
	fall(&f, &look, &survivors, 0);
	CHECK(!excused(&f));
	rise(&f, &look, &survivors, 1, 32);
	fall(&f, &look, &survivors, 0);
	CHECK(excused(&f));
}

static void who_outgrows_it_is_excused_no_more(void)
{
	struct la_falls f = { 0 };
	u64 survivors = 0;
	u32 look = 0;

	rise(&f, &look, &survivors, 10, 100);
	fall(&f, &look, &survivors, 0);
	rise(&f, &look, &survivors, 100, 20);
	CHECK(excused(&f));
	rise(&f, &look, &survivors, 100, 1);
	CHECK(!excused(&f));
}

/* Looks for which one that fell is excused: a slow leak begins then. */
static u32 excused_for(u32 rise_looks, u64 peak)
{
	struct la_falls f = { 0 };
	u64 survivors = 0;
	u32 look = 0, n = 0;

	rise(&f, &look, &survivors, peak / rise_looks, rise_looks);
	fall(&f, &look, &survivors, 0);
	while (excused(&f) && n < 100000) {
		rise(&f, &look, &survivors, 1, 1);
		n++;
	}
	return n;
}

static void a_leak_after_a_fall_is_told(void)
{
	CHECK_EQ(excused_for(5, 1000000), LA_FALLS_SHORTEST);
	CHECK_EQ(excused_for(100, 1000000), 202);
	CHECK_EQ(excused_for(5000, 1000000), LA_FALLS_LONGEST);
	/* Before that if it is more than was there. */
	CHECK_EQ(excused_for(100, 100), 201);
	CHECK_EQ(excused_for(10, 50), 64);
}

/* A small fall renews nothing, and ends nothing. */
static void small_falls_say_little(void)
{
	struct la_falls f = { 0 };
	u64 survivors = 0;
	u32 look = 0, i;

	rise(&f, &look, &survivors, 100, 100);
	fall(&f, &look, &survivors, 0);
	for (i = 0; i < 5; i++) {
		rise(&f, &look, &survivors, 5, 38);
		CHECK(excused(&f));
		fall(&f, &look, &survivors, 0);
		CHECK_EQ(f.from, 10000);
	}
	rise(&f, &look, &survivors, 5, 8);
	CHECK(!excused(&f));
	/* It has a scale of its own now. */
	fall(&f, &look, &survivors, 0);
	rise(&f, &look, &survivors, 5, 38);
	fall(&f, &look, &survivors, 0);
	CHECK(excused(&f));
	CHECK_EQ(f.from, 190);
}

/*
 * drawn_caches() - of 200 caches, which are emptied after @mean looks or at most half as much
 * more or less, how many are accused after their first fall
 */
static u32 drawn_caches(u32 mean, bool excuse)
{
	u32 run, n = 0;

	for (run = 0; run < 200; run++) {
		struct la_falls f = { 0 };
		struct la_trend t = { 0 };
		u32 look = 0, next = mean, falls = 0;
		u64 held = 0;
		bool bad = false;

		while (falls < 6) {
			u32 in = poisson(20), out = 0;
			struct la_flow flow;
			struct la_flow flows[LA_TREND_LEVELS];
			u32 i;

			if (++look == next) {
				out = held;
				falls++;
				next += mean / 2 + uniform() * mean;
			}
			held += in - (u64)out;
			flow = (struct la_flow){ in, out, 0 };
			for (i = 0; i < LA_TREND_LEVELS; i++)
				flows[i] = flow;
			la_trend_add(&t, flows);
			la_falls_note(&f, held, look);
			bad |= falls && score(&t, held, true) >= LA_SCORE_SUSPECT &&
			       !(excuse && excused(&f));
		}
		n += bad;
	}
	return n;
}

/* Without the excuse they would be. */
static void caches_are_excused_while_they_fill_again(void)
{
	static const u32 means[] = { 20, 60, 200, 500 };
	u32 i;

	seed = 7;
	for (i = 0; i < ARRAY_SIZE(means); i++) {
		u32 with = drawn_caches(means[i], true), without = drawn_caches(means[i], false);

		printf("# emptied every %u looks: accused %u of 200, ", means[i], with);
		printf("%u if falls were no excuse\n", without);
		CHECK(with <= 2);
		CHECK(means[i] < 60 || without >= 100);
	}
}

static const struct unit_test tests[] = {
	{ "a fall excuses", a_fall_excuses },
	{ "few fall by chance", few_fall_by_chance },
	{ "who outgrows it is excused no more", who_outgrows_it_is_excused_no_more },
	{ "a leak after a fall is told", a_leak_after_a_fall_is_told },
	{ "small falls say little", small_falls_say_little },
	{ "caches are excused while they fill again", caches_are_excused_while_they_fill_again },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
