// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trend, score and twins: what a leak is told by, and what it is not.
 *
 * Where chance is concerned thousands of histories are drawn: how often the innocent are
 * accused, and after how many leaked objects the guilty are, is counted.
 */
#include "draw.h"
#include "twins.h"
#include "unit.h"

/* A look at which survivors of all ages came and went alike. */
static void add(struct la_trend *t, u32 in, u32 out)
{
	struct la_flow flows[LA_TREND_LEVELS];
	u32 i;

	for (i = 0; i < LA_TREND_LEVELS; i++)
		flows[i] = (struct la_flow){ in, out, 0 };
	la_trend_add(t, flows);
}

static struct la_trend evenly(u32 looks, u32 in, u32 out)
{
	struct la_trend t = { 0 };

	while (looks--)
		add(&t, in, out);
	return t;
}

static void even_growth_counts_its_windows(void)
{
	struct la_trend t;
	u32 n;

	for (n = 1; n <= 16; n++) {
		t = evenly(n, 5, 0);
		CHECK_EQ(judged(&t).steady, 10 * n);
		CHECK_EQ(judged(&t).in, 5 * n);
		CHECK_EQ(judged(&t).looks, 1);
	}
	t = evenly(100000, 0xffffffff, 0);
	CHECK_EQ(judged(&t).steady, 160);
}

static void a_burst_is_one_window(void)
{
	struct la_trend t = { 0 };
	u32 i;

	add(&t, 5000, 0);
	CHECK_EQ(judged(&t).steady, 10);
	add(&t, 1, 0);
	CHECK_EQ(judged(&t).steady, 10);
	add(&t, 0, 0);
	add(&t, 0, 0);
	CHECK_EQ(judged(&t).steady, 0);
	/* Three programs that started, at different times. */
	for (i = 0; i < 200; i++) {
		add(&t, i % 60 ? 0 : 300, 0);
		CHECK(score(&t, 1000, false) < LA_SCORE_SUSPECT);
	}
}

/* Who has stood still before is told as soon. */
static void a_leak_may_begin_late(void)
{
	struct la_trend t = { .looks = 1000 };

	CHECK_EQ(la_trend_windows(&t, 0), 16);
	while (t.looks < 1008)
		add(&t, 30, 0);
	CHECK_EQ(judged(&t).windows, 8);
	CHECK(score(&t, 1000, true) >= LA_SCORE_SUSPECT);
}

static void growth_that_ends_is_forgiven(void)
{
	struct la_trend t = evenly(60, 10, 0);
	u32 i;

	CHECK(score(&t, 600, true) >= LA_SCORE_SUSPECT);
	for (i = 0; i < 16; i++)
		add(&t, 0, 0);
	CHECK(score(&t, 600, true) < LA_SCORE_SUSPECT);
	t = evenly(60, 10, 0);
	for (i = 0; i < 3; i++)
		add(&t, 0, 200);
	CHECK(score(&t, 600, true) < LA_SCORE_SUSPECT);
}

static void long_windows_are_sums_of_short_ones(void)
{
	struct la_trend t = { 0 };
	struct la_flow f;
	u32 i;

	for (i = 1; i <= 64 * 9; i++)
		add(&t, i, 1);
	CHECK_EQ(la_trend_windows(&t, 1), 16);
	CHECK_EQ(la_trend_windows(&t, 2), 9);
	f = la_trend_flow(&t, 1, 0);
	CHECK_EQ(f.in, 8 * 576 - 28);
	CHECK_EQ(f.out, 8);
	f = la_trend_flow(&t, 2, 0);
	CHECK_EQ(f.in, 64 * 576 - 63 * 32);
	f = la_trend_flow(&t, 2, 7);
	CHECK_EQ(f.in, 64 * 128 - 63 * 32);
}

/*
 * leaked_when_told() - objects leaked until the score is above the threshold: a leak of @rate a
 * look in a population of @noise that comes and goes at each look.
 */
static u32 leaked_when_told(double rate, double noise, u32 limit)
{
	struct la_trend t = { 0 };
	double leaked = 0;

	while (leaked < limit) {
		u32 leak = poisson(rate);

		leaked += leak;
		add(&t, leak + poisson(noise), poisson(noise));
		/* Those that come and go live for 20 looks. */
		if (score(&t, leaked + 20 * noise, true) >= LA_SCORE_SUSPECT)
			break;
	}
	return leaked;
}

/*
 * One in 10,000 of a caller that allocates 2,500 to 1,000,000 times between two looks. It takes
 * eight windows: of what leaks faster more is lost by then, but not more looks.
 */
static void slow_leaks_are_told_soon(void)
{
	static const double rates[] = { 0.25, 0.5, 1, 2, 5, 10, 100 };
	u32 i, run, n, worst, late, sum;

	seed = 1;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		worst = 0;
		late = 0;
		sum = 0;
		for (run = 0; run < 1000; run++) {
			n = leaked_when_told(rates[i], 0, 2000);
			worst = n > worst ? n : worst;
			sum += n;
			late += n > 200;
		}
		printf("# %.2f leak: told after %u on average, %u at most; ", rates[i], sum / 1000,
		       worst);
		printf("after more than 200 in %u of 1000\n", late);
		CHECK(rates[i] <= 10 ? late <= 10 : worst <= 12 * rates[i]);
	}
	for (i = 2; i < 6; i++) {
		late = 0;
		sum = 0;
		for (run = 0; run < 200; run++) {
			n = leaked_when_told(rates[i], rates[i], 2000);
			sum += n;
			late += n > 200;
		}
		printf("# %.2f more come, and go: told after %u on average", rates[i], sum / 200);
		printf("; after more than 200 in %u of 200\n", late);
		CHECK(late <= 10);
	}
}

/* How many of 200 that come and go, of 500 looks each, are accused at some look? */
static u32 accused(double rate, double batch, bool fills)
{
	u32 run, look, n = 0;

	for (run = 0; run < 200; run++) {
		struct la_trend t = { 0 };
		double held = fills ? 0 : rate * 20;
		bool bad = false;

		for (look = 0; look < 500; look++) {
			/* Each lives for 20 looks, on average. */
			u32 in = poisson(rate / batch) * batch;
			u32 out = poisson(held / 20 / batch) * batch;

			out = out > held ? held : out;
			held += in - (double)out;
			add(&t, in, out);
			bad = bad || score(&t, held, true) >= LA_SCORE_SUSPECT;
		}
		n += bad;
	}
	return n;
}

static void comings_and_goings_are_not_accused(void)
{
	static const double rates[] = { 1, 5, 50, 1000 };
	u32 i;

	seed = 2;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		u32 one = accused(rates[i], 1, false), ten = accused(rates[i], 10, false);

		printf("# %.0f come and go, singly or in tens: ", rates[i]);
		printf("accused in 500 looks: %u and %u of 200\n", one, ten);
		CHECK(one <= 2 && ten <= 10);
	}
}

static void what_fell_is_freed_by_somebody(void)
{
	struct la_trend t = evenly(8, 100, 0);
	struct la_evidence e = { .survivors = 1000, .objects = 1000, .allocs = 1000,
				 .growth = judged(&t), .fell = true };

	CHECK_EQ(la_score(&e), LA_SCORE_RECLAIMABLE);
	e.fell = false;
	CHECK_EQ(la_score(&e), 100);
}

static void few_are_not_enough(void)
{
	struct la_trend t = evenly(8, 1, 0);

	CHECK(score(&t, 8, false) <= LA_SCORE_UNPROVEN);
	t = evenly(8, 2, 0);
	CHECK(score(&t, 16, true) >= LA_SCORE_SUSPECT);
	/* Eight more, but of eight hundred that came and went: such is chance. */
	t = evenly(8, 100, 99);
	CHECK(score(&t, 8, false) <= LA_SCORE_UNPROVEN);
}

static void a_leak_is_a_suspect(void)
{
	struct la_trend three = evenly(3, 20, 0), four = evenly(4, 20, 0);
	struct la_trend eight = evenly(8, 125, 0);
	struct la_evidence never_freed = {
		.allocs = 120, .objects = 120, .survivors = 80, .growth = judged(&four)
	};
	struct la_evidence some = {
		.allocs = 1000000, .objects = 1100, .survivors = 1000, .growth = judged(&eight)
	};

	CHECK_EQ(la_score(&never_freed), 70);
	CHECK_EQ(la_score_kept_permille(&never_freed), 1000);
	CHECK_EQ(la_score(&some), 60);
	/* A program that starts may rise for as long. */
	never_freed.growth = judged(&three);
	CHECK_EQ(la_score(&never_freed), LA_SCORE_UNPROVEN);
}

static void a_cache_is_not(void)
{
	struct la_trend two = evenly(2, 2500, 0), five = evenly(5, 80, 0);
	struct la_trend many = evenly(50, 1000, 0);
	struct la_evidence burst = {
		.allocs = 5000, .objects = 5000, .survivors = 5000, .growth = judged(&two)
	};
	struct la_evidence still = { .allocs = 5000, .objects = 5000, .survivors = 5000 };
	struct la_evidence dentries = { .allocs = 90000, .objects = 50000, .survivors = 50000,
					.growth = judged(&many), .reclaimable = true };
	struct la_evidence busy = { .allocs = 1000000, .objects = 40 };
	struct la_evidence partly = {
		.allocs = 10000, .objects = 500, .survivors = 400, .growth = judged(&five)
	};

	CHECK(la_score(&burst) < LA_SCORE_SUSPECT);
	CHECK(la_score(&still) < LA_SCORE_SUSPECT);
	CHECK(la_score(&dentries) < LA_SCORE_SUSPECT);
	CHECK_EQ(la_score(&busy), 0);
	CHECK(la_score(&partly) < LA_SCORE_SUSPECT);
}

static void scores_stay_in_range(void)
{
	static const u64 some[] = { 0, 1, 9, 10, 1000, 1ull << 32, 1ull << 53 };
	unsigned int a, o, s, r;

	for (a = 0; a < ARRAY_SIZE(some); a++)
		for (o = 0; o < ARRAY_SIZE(some); o++)
			for (s = 0; s < ARRAY_SIZE(some); s++)
				for (r = 0; r < 20; r++) {
					struct la_trend t = evenly(r, some[s], some[o]);
					struct la_evidence e = {
						.allocs = some[a], .objects = some[o],
						.survivors = some[s], .growth = judged(&t),
					};

					CHECK(la_score(&e) <= 100);
					CHECK(la_score_kept_permille(&e) <= 1000);
				}
}

static struct la_ratio ratio_of(u32 p, u32 q, double rate, u32 looks, u32 slip)
{
	struct la_trend a = { 0 }, b = { 0 };
	u32 carried = 0;

	while (looks--) {
		u32 events = poisson(rate), late = slip && events ? slip : 0;

		add(&a, events * p, 0);
		/* A part is born a moment later than the other: it is in the next window. */
		add(&b, events * q + carried - late, 0);
		carried = late;
	}
	return la_twins_ratio(&a, &b);
}

static void twins_are_told_by_their_ratio(void)
{
	u32 p, q;

	seed = 3;
	for (p = 1; p <= LA_TWINS_MOST; p++)
		for (q = 1; q <= LA_TWINS_MOST; q++) {
			struct la_ratio r = ratio_of(p, q, 20, 8, 0);

			CHECK_EQ(r.mine * q, r.theirs * p);
			CHECK(r.mine <= p && r.theirs <= q && r.theirs);
		}
	CHECK_EQ(ratio_of(1, 1, 30, 8, 1).theirs, 1);
	CHECK_EQ(ratio_of(1, 1, 1000000, 8, 1).theirs, 1);
	/* One every ten looks: long windows tell. */
	CHECK_EQ(ratio_of(1, 1, 0.1, 512, 0).theirs, 1);
	CHECK_EQ(ratio_of(1, 5, 20, 8, 0).theirs, 0);
}

static void strangers_are_not_grouped(void)
{
	static const double rates[] = { 2, 10, 100, 5000 };
	u32 i, run;

	seed = 4;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		u32 same = 0, double_rate = 0;

		for (run = 0; run < 10000; run++) {
			struct la_trend a = { 0 }, b = { 0 }, c = { 0 };
			u32 look;

			for (look = 0; look < 8; look++) {
				add(&a, poisson(rates[i]), 0);
				add(&b, poisson(rates[i]), 0);
				add(&c, poisson(rates[i] * 1.7), 0);
			}
			same += !!la_twins_ratio(&a, &b).theirs;
			double_rate += !!la_twins_ratio(&a, &c).theirs;
		}
		printf("# strangers at %.0f a look are twins in %u of 10000, ", rates[i], same);
		printf("with 1.7 times that in %u\n", double_rate);
		CHECK(same <= 100);
		CHECK(double_rate <= 100);
	}
}

static void events_have_whole_parts(void)
{
	const struct la_ratio some[] = { { 1, 1 }, { 1, 2 }, { 2, 3 }, { 4, 1 }, { 3, 4 } };

	CHECK_EQ(la_twins_per_event(some, 0), 1);
	CHECK_EQ(la_twins_per_event(some, 2), 1);
	CHECK_EQ(la_twins_per_event(some, 3), 2);
	CHECK_EQ(la_twins_per_event(some, 4), 4);
	CHECK_EQ(la_twins_per_event(some, 5), 12);
}

static const struct unit_test tests[] = {
	{ "even growth counts its windows", even_growth_counts_its_windows },
	{ "a burst is one window", a_burst_is_one_window },
	{ "a leak may begin late", a_leak_may_begin_late },
	{ "growth that ends is forgiven", growth_that_ends_is_forgiven },
	{ "long windows are sums of short ones", long_windows_are_sums_of_short_ones },
	{ "slow leaks are told soon", slow_leaks_are_told_soon },
	{ "comings and goings are not accused", comings_and_goings_are_not_accused },
	{ "what fell is freed by somebody", what_fell_is_freed_by_somebody },
	{ "few are not enough", few_are_not_enough },
	{ "a leak is a suspect", a_leak_is_a_suspect },
	{ "a cache is not", a_cache_is_not },
	{ "scores stay in range", scores_stay_in_range },
	{ "twins are told by their ratio", twins_are_told_by_their_ratio },
	{ "strangers are not grouped", strangers_are_not_grouped },
	{ "events have whole parts", events_have_whole_parts },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
