// SPDX-License-Identifier: GPL-2.0-only
/*
 * Populations, whose objects live for a while by chance: is a leak told among them, and are they
 * accused when the load comes in the middle of their lives?
 */
#include "draw.h"
#include "unit.h"

static u32 binomial(u32 n, double p)
{
	u32 i, k = 0;

	if (n > 200) {
		k = poisson(n * p);
		return k < n ? k : n;
	}
	for (i = 0; i < n; i++)
		k += uniform() < p;
	return k;
}

/*
 * A population whose objects live for @life looks on average, by chance. Those from before the
 * load have no record: what goes of them is counted.
 */
#define OLDEST	(LA_TREND_MAX_AGE + 1)

struct population {
	struct la_trend trend;
	double life;
	double older;			/* from before the load, alive */
	u32 by_age[OLDEST + 1];		/* in looks; who is older is in the last */
	u64 leaked;
};

/* Return: objects from before the load that went. */
static u32 live_on(struct population *p, u32 born, u32 leaked, struct la_flow *flows)
{
	static const u32 ages[LA_TREND_LEVELS] = LA_TREND_AGES;
	double goes = 1 - exp(-1 / p->life);
	u32 age, level, gone, older;

	memset(flows, 0, LA_TREND_LEVELS * sizeof(*flows));
	for (age = OLDEST; age; age--) {
		gone = binomial(p->by_age[age - 1] + (age == OLDEST ? p->by_age[age] : 0), goes);
		p->by_age[age] = p->by_age[age - 1] + (age == OLDEST ? p->by_age[age] : 0) - gone;
		for (level = 0; level < LA_TREND_LEVELS; level++) {
			if (age > ages[level])
				flows[level].out += gone;
			if (age == ages[level])
				flows[level].in = p->by_age[age];
		}
	}
	p->by_age[0] = born;
	/* All that leaks is counted when it has the age; the tests have no use for the delay. */
	for (level = 0; level < LA_TREND_LEVELS; level++)
		flows[level].in += p->trend.looks >= ages[level] ? leaked : 0;
	p->leaked += leaked;
	older = binomial(p->older, goes);
	p->older -= older;
	return older;
}

static u64 survivors(const struct population *p)
{
	u64 n = p->leaked;
	u32 age;

	for (age = 2; age <= OLDEST; age++)
		n += p->by_age[age];
	return n;
}

/* As older.c does with one caller in the cache. */
static void explain(const struct la_trend *t, struct la_flow *flows, u32 older)
{
	u32 level;

	for (level = 0; level < LA_TREND_LEVELS; level++)
		flows[level].older = la_trend_weight(t, level) ? older : 0;
}

/* The load comes in the middle of the life of all that is there. */
static void who_is_watched_from_the_middle_on_is_not_accused(void)
{
	static const double lives[] = { 10, 60, 400, 3000 };
	static const double rates[] = { 3, 30, 300 };
	u32 i, k, run, look, bad, ignorant;

	seed = 5;
	for (i = 0; i < ARRAY_SIZE(lives); i++) {
		bad = 0;
		ignorant = 0;
		for (k = 0; k < ARRAY_SIZE(rates); k++)
			for (run = 0; run < 20; run++) {
				struct population p = { .life = lives[i] };
				struct la_trend without = { 0 };
				struct la_flow flows[LA_TREND_LEVELS];
				bool accused = false, wronged = false;

				p.older = rates[k] * lives[i];
				for (look = 0; look < 400; look++) {
					u32 older = live_on(&p, poisson(rates[k]), 0, flows);

					la_trend_add(&without, flows);
					wronged |= score(&without, survivors(&p), true) >=
						   LA_SCORE_SUSPECT;
					explain(&p.trend, flows, older);
					la_trend_add(&p.trend, flows);
					accused |= score(&p.trend, survivors(&p), true) >=
						   LA_SCORE_SUSPECT;
				}
				bad += accused;
				ignorant += wronged;
			}
		printf("# they live for %.0f looks: %u of 60 accused, ", lives[i], bad);
		printf("%u if nothing were known of older ones\n", ignorant);
		CHECK(bad <= 1);
		CHECK(lives[i] < 60 || ignorant >= 30);
	}
}

/* A leak among objects that live longer than two looks: long windows see only what is older. */
static void a_leak_among_the_long_lived_is_told(void)
{
	static const double lives[] = { 1, 3, 6, 12 };
	u32 i, run, look, told;

	seed = 6;
	for (i = 0; i < ARRAY_SIZE(lives); i++) {
		u64 leaked = 0, looks = 0;

		told = 0;
		for (run = 0; run < 20; run++) {
			struct population p = { .life = lives[i], .older = 500 * lives[i] };
			struct la_flow flows[LA_TREND_LEVELS];
			u32 older;

			for (look = 0; look < 1500; look++) {
				/* One in a thousand. */
				older = live_on(&p, poisson(500), poisson(0.5), flows);
				explain(&p.trend, flows, older);
				la_trend_add(&p.trend, flows);
				if (score(&p.trend, survivors(&p), true) >= LA_SCORE_SUSPECT)
					break;
			}
			told += look < 1500;
			leaked += p.leaked;
			looks += look;
		}
		printf("# one in 1000 among such as live for %.0f looks: told in %u of 20, ",
		       lives[i], told);
		printf("after %llu leaked and %llu looks\n", (unsigned long long)leaked / 20,
		       (unsigned long long)looks / 20);
		CHECK(told >= 18);
	}
}

#define BEFORE	300

/* Looks until who keeps one at each is told, if @freed others that are older go as it begins. */
static u32 looks_until_told(double rate, double life, u32 freed)
{
	struct population p = { .life = life, .older = rate * life };
	struct la_flow flows[LA_TREND_LEVELS];
	u32 look, older;

	for (look = 0; look < 3000; look++) {
		older = live_on(&p, poisson(rate), look >= BEFORE, flows);
		explain(&p.trend, flows, older + (look == BEFORE ? freed : 0));
		la_trend_add(&p.trend, flows);
		if (look > BEFORE && score(&p.trend, survivors(&p), true) >= LA_SCORE_SUSPECT)
			break;
	}
	return look - BEFORE;
}

/* What goes at once may have been somebody else's: it explains little that comes later. */
static void what_went_at_once_hides_no_leak(void)
{
	static const double lives[] = { 2, 5, 20 };
	static const double rates[] = { 10, 100, 400 };
	u32 i, k, run, bare, after;

	seed = 7;
	for (i = 0; i < ARRAY_SIZE(lives); i++)
		for (k = 0; k < ARRAY_SIZE(rates); k++) {
			bare = 0;
			after = 0;
			for (run = 0; run < 20; run++) {
				bare += looks_until_told(rates[k], lives[i], 0);
				after += looks_until_told(rates[k], lives[i], 5000);
			}
			printf("# %.0f a look that live for %.0f: told after %u looks, ", rates[k],
			       lives[i], bare / 20);
			printf("%u if 5,000 older ones went\n", after / 20);
			CHECK(after <= bare * 2);
		}
}

static const struct unit_test tests[] = {
	{ "who is watched from the middle on is not accused",
		who_is_watched_from_the_middle_on_is_not_accused },
	{ "a leak among the long-lived is told", a_leak_among_the_long_lived_is_told },
	{ "what went at once hides no leak", what_went_at_once_hides_no_leak },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
