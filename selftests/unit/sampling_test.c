// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sampling: the arithmetic against libm, and the estimates against the truth,
 * over 1,000 runs of the hook's algorithm with a known mix of sites.
 */
#include <math.h>
#include <stdlib.h>

#include "unit.h"
#include "sampling.h"

#define KIB	(1ull << 10)
#define MIB	(1ull << 20)
#define GIB	(1ull << 30)

static const u64 intervals[] = {
	KIB, 1500, 64 * KIB, 512 * KIB, 777777, 64 * MIB, 3 * GIB, 1ull << 40,
};

static double probability(u64 size, u64 interval)
{
	return -expm1(-(double)size / interval);
}

static void weights_agree_with_libm(void)
{
	double worst = 0;
	unsigned int i;
	u64 size;

	for (i = 0; i < ARRAY_SIZE(intervals); i++) {
		for (size = 8; size <= GIB; size += size / 100 + 1) {
			double want = 1 / probability(size, intervals[i]);
			double got = la_sampling_weight(size, intervals[i]) / (double)LA_WEIGHT_ONE;

			worst = fmax(worst, fabs(got / want - 1));
		}
	}
	printf("# the worst weight is %.4f %% off\n", worst * 100);
	CHECK(worst < 0.0001);
}

static void weights_at_the_edges(void)
{
	u64 most = la_sampling_weight(1, LA_INTERVAL_MAX), size, last = ~0ull;

	CHECK_EQ(la_sampling_weight(64, 0), LA_WEIGHT_ONE);
	CHECK_EQ(la_sampling_weight(0, 0), LA_WEIGHT_ONE);
	CHECK_EQ(la_sampling_weight(~0ull, LA_INTERVAL_MAX), LA_WEIGHT_ONE);
	CHECK_EQ(la_sampling_weight(0, LA_INTERVAL_MAX), most);
	CHECK_EQ(la_sampling_weight(1, ~0ull), most);
	CHECK_EQ(most >> LA_WEIGHT_SHIFT, LA_INTERVAL_MAX);
	CHECK_EQ(la_sampling_weight(16 * LA_INTERVAL_MAX - 1, LA_INTERVAL_MAX), LA_WEIGHT_ONE);
	/* No step up where the series meets the halvings. */
	for (size = 1; size < 20 * KIB; size++) {
		u64 w = la_sampling_weight(size, KIB);

		CHECK(w <= last && w >= LA_WEIGHT_ONE);
		last = w;
	}
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The largest distance of the distribution of 1e6 draws from what it should be. */
static double kolmogorov_smirnov(u64 *draws, unsigned int n, u64 interval)
{
	double worst = 0;
	unsigned int i;

	qsort(draws, n, sizeof(*draws), by_value);
	for (i = 0; i < n; i++)
		if (i + 1 == n || draws[i + 1] != draws[i])
			worst = fmax(worst, fabs((i + 1.0) / n - probability(draws[i], interval)));
	return worst;
}

static void draws_are_exponential(void)
{
	enum { N = 1000000 };
	static u64 draws[N];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(intervals); i++) {
		u64 state = i, interval = intervals[i];
		double pairs = 0, d;

		for (j = 0; j < N; j++) {
			draws[j] = la_sampling_draw(&state, interval);
			if (j)
				pairs += ((double)draws[j] / interval - 1) *
					 ((double)draws[j - 1] / interval - 1);
		}
		d = kolmogorov_smirnov(draws, N, interval);
		/* Both at 1 %: one draw says nothing of the next, either. */
		CHECK(d * sqrt(N) < 1.63);
		CHECK(fabs(pairs) / sqrt(N) < 2.58);
		CHECK(draws[0] >= 1 && draws[N - 1] < 45 * interval);
	}
}

static void draws_have_the_mean(void)
{
	enum { N = 20000000 };
	double sum = 0;
	u64 state = 1;
	int i;

	for (i = 0; i < N; i++)
		sum += la_sampling_draw(&state, 512 * KIB);
	printf("# the mean is %.4f %% off, of which one standard error is %.4f %%\n",
	       (sum / N / (512 * KIB) - 1) * 100, 100 / sqrt(N));
	CHECK(fabs(sum / N / (512 * KIB) - 1) < 0.001);
}

static void every_object_is_picked_without_an_interval(void)
{
	u64 state = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		CHECK_EQ(la_sampling_draw(&state, 0), 1);
		CHECK(la_sampling_pick(&state, 1, 0));
	}
}

static void picks_have_the_probability(void)
{
	static const u64 sizes[] = { 8, 64, 1000, 4 * KIB, 64 * KIB, 300 * KIB };
	enum { N = 1000000 };
	unsigned int i, j;
	u64 state = 5;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		double p = probability(sizes[i], 64 * KIB), picked = 0;

		for (j = 0; j < N; j++)
			picked += la_sampling_pick(&state, sizes[i], 64 * KIB);
		CHECK(fabs(picked - N * p) < 3 * sqrt(N * p * (1 - p)));
	}
}

static bool close_to(double got, double want, double part)
{
	return fabs(got - want) <= want * part + 1;
}

static double score_error(double n, double w)
{
	double u = w - 1 < 0.5 / LA_WEIGHT_ONE ? 0 : fmax(w - 1, 0.25), z = 1.96;

	return z * z * u / 2 + z * sqrt(n * w * (u ? w - 1 : 0) + z * z * u * u / 4);
}

static void estimates_agree_with_libm(void)
{
	static const u64 sizes[] = { 8, 64, 192, 4 * KIB, 100000, MIB, 4 * GIB };
	static const u64 counts[] = { 0, 1, 2, 7, 100, 12345, 10000000 };
	unsigned int i, s, c;

	for (i = 0; i < ARRAY_SIZE(intervals); i++) {
		for (s = 0; s < ARRAY_SIZE(sizes); s++) {
			for (c = 0; c < ARRAY_SIZE(counts); c++) {
				u64 n = counts[c], size = sizes[s], interval = intervals[i];
				double w = 1 / probability(size, interval), error;
				struct la_estimate e = la_estimate_objects(n, size, interval);
				struct la_estimate_sum sum = { 0 };

				if (n * w > 1ull << 47 || n * w * size > 1ull << 60)
					continue;	/* more than there can be */
				/* So near to 1 a weight's fraction has few bits left. */
				if (w < 1.01 && w > 1 + 0.5 / LA_WEIGHT_ONE)
					continue;
				error = score_error(n, w);
				CHECK(close_to(e.value, n * w, 0.0001));
				CHECK(close_to(e.error, error, 0.001));
				la_estimate_add(&sum, n, size, interval);
				CHECK_EQ(la_estimate_sum_objects(&sum), e.value);
				e = la_estimate_sum_bytes(&sum);
				CHECK(close_to(e.value, n * w * size, 0.0001));
				/* Less than a byte is cut off, of what may be a hundred. */
				CHECK(close_to(e.error, error * size, 0.005));
			}
		}
	}
}

static void nothing_overflows(void)
{
	struct la_estimate_sum sum = { 0 };
	struct la_estimate e;
	unsigned int i;

	e = la_estimate_objects(~0ull, 1, ~0ull);
	CHECK(e.value == ~0ull >> LA_WEIGHT_SHIFT && e.error > 0);
	/* 10 million objects of 4 GiB, as many times as there are sites. */
	for (i = 0; i < 65536; i++)
		la_estimate_add(&sum, 10000000, 4 * GIB, LA_INTERVAL_MAX);
	e = la_estimate_sum_bytes(&sum);
	CHECK(e.value == ~0ull);
	CHECK(e.error > 0 && e.error < 1ull << 63);
	for (i = 0; i < 65536; i++)
		la_estimate_add(&sum, ~0ull, ~0ull >> i % 64, LA_INTERVAL_MAX >> i % 30);
	e = la_estimate_sum_bytes(&sum);
	CHECK(e.value == ~0ull && e.error > 1ull << 40);
}

static void tracking_all_is_exact(void)
{
	struct la_estimate_sum sum = { 0 };
	struct la_estimate e = la_estimate_objects(12345, 64, 0);

	CHECK(e.value == 12345 && e.error == 0);
	la_estimate_add(&sum, 3, 64, 0);
	la_estimate_add(&sum, 1, 4096, 0);
	e = la_estimate_sum_bytes(&sum);
	CHECK(e.value == 3 * 64 + 4096 && e.error == 0);
	CHECK_EQ(la_estimate_sum_objects(&sum), 4);
}

/*
 * The mix: what 24 sites allocate and free on two CPUs, the same in every run;
 * a run differs only in which objects are tracked.
 */
static const struct site {
	u32 size;
	u32 allocs;
	u32 freed;	/* of 100 */
} sites[] = {
	{ 8, 9000, 50 },	{ 16, 6000, 0 },	{ 24, 3000, 90 },
	{ 32, 8000, 30 },	{ 64, 12000, 75 },	{ 64, 500, 0 },
	{ 72, 2000, 50 },	{ 96, 3000, 10 },	{ 128, 700, 0 },
	{ 192, 4000, 95 },	{ 256, 2000, 50 },	{ 512, 1500, 0 },
	{ 704, 900, 80 },	{ 1024, 1000, 0 },	{ 2048, 800, 40 },
	{ 4096, 300, 0 },	{ 8192, 400, 70 },	{ 16384, 60, 0 },
	{ 32768, 100, 50 },	{ 65536, 30, 0 },	{ 131072, 40, 60 },
	{ 262144, 12, 0 },	{ 524288, 9, 30 },	{ 1048576, 20, 75 },
};

#define SITES	ARRAY_SIZE(sites)

struct event {
	u32 object;
	u8 site;
	u8 cpu;
	bool frees;
	bool interrupts;	/* cuts into a redraw: decided on its own */
};

static struct event *events;
static unsigned int nr_events, nr_objects;
static u64 live[SITES];

/* Any random numbers but those under test. */
static u64 dice(u64 sides)
{
	static u64 seed = 20;

	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % sides;
}

static void mix_make(void)
{
	unsigned int s, i;
	struct event e;

	if (events)
		return;
	for (s = 0; s < SITES; s++)
		nr_objects += sites[s].allocs;
	events = calloc(2 * nr_objects, sizeof(*events));
	nr_objects = 0;
	for (s = 0; s < SITES; s++)
		for (i = 0; i < sites[s].allocs; i++)
			events[nr_events++] = (struct event){
				.object = nr_objects++, .site = s,
				.cpu = dice(2), .interrupts = !dice(50),
			};
	/* In any order, and some are freed, at once or at the very end. */
	for (i = nr_events - 1; i; i--) {
		unsigned int j = dice(i + 1);

		e = events[i];
		events[i] = events[j];
		events[j] = e;
	}
	for (i = 0; i < nr_objects; i++) {
		e = events[i];
		e.frees = dice(100) < sites[e.site].freed;
		if (e.frees)
			events[nr_events++] = e;
		else
			live[e.site]++;
	}
}

/* One run of the hook's algorithm: counts of the tracked objects that are live. */
static void run(u64 seed, u64 interval, u64 n[SITES])
{
	s64 left[2];
	u64 state[2];
	bool *tracked = calloc(nr_objects, sizeof(*tracked));
	unsigned int i;

	for (i = 0; i < 2; i++) {
		state[i] = seed * 2 + i;
		left[i] = la_sampling_draw(&state[i], interval);
	}
	memset(n, 0, SITES * sizeof(*n));
	for (i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];
		u32 size = sites[e->site].size;

		if (e->frees) {
			n[e->site] -= tracked[e->object];
			continue;
		}
		if (e->interrupts) {
			tracked[e->object] = la_sampling_pick(&state[e->cpu], size, interval);
		} else {
			left[e->cpu] -= size;
			if (left[e->cpu] > 0)
				continue;
			left[e->cpu] = la_sampling_draw(&state[e->cpu], interval);
			tracked[e->object] = true;
		}
		n[e->site] += tracked[e->object];
	}
	free(tracked);
}

/* How an estimate did, over the runs in which there was one to show. */
struct score {
	unsigned int shown, inside;
	double sum;
};

static void score(struct score *s, bool shown, struct la_estimate e, u64 truth)
{
	u64 off = e.value > truth ? e.value - truth : truth - e.value;

	s->sum += e.value;
	if (!shown)
		return;
	s->shown++;
	s->inside += off <= e.error;
}

/* Rows are judged that were shown in so many runs: below, 92 % means nothing. */
enum { RUNS = 1000, SHOWN_MIN = 100 };

/* @variance: of one run, as it should be; @size: of the largest objects. */
static void judge(const char *what, const struct score *s, u64 truth, double variance,
		  u32 size, double *worst)
{
	double mean = s->sum / RUNS, deviation = sqrt(variance / RUNS);
	bool covers = s->shown < SHOWN_MIN || s->inside * 100 >= s->shown * 92;
	/* One object missed once is no bias, nor what 16 bits of a weight cannot say. */
	bool unbiased = fabs(mean - truth) <= 3 * deviation + (double)size / RUNS + truth * 0.00001;

	if (s->shown >= SHOWN_MIN)
		*worst = fmin(*worst, 100.0 * s->inside / s->shown);
	if (covers && unbiased)
		return;
	printf("# %s: %u of %u inside; truth %llu, mean %.1f, standard error %.1f\n", what,
	       s->inside, s->shown, (unsigned long long)truth, mean, deviation);
	CHECK(covers);
	CHECK(unbiased);
}

static double variance_of(unsigned int s, u64 interval)
{
	double p = probability(sites[s].size, interval);

	return (double)sites[s].size * sites[s].size * live[s] * (1 - p) / p;
}

static void hold_in_1000_runs(u64 interval, u64 seed)
{
	struct score objects[SITES] = { 0 }, bytes[SITES] = { 0 }, pairs[SITES] = { 0 };
	struct score total = { 0 };
	u64 truth = 0, n[SITES], all_shown = 0, all_inside = 0;
	double worst = 100, variance = 0;
	unsigned int r, s;
	char name[64];

	mix_make();
	for (s = 0; s < SITES; s++)
		truth += live[s] * sites[s].size;
	for (r = 0; r < RUNS; r++) {
		struct la_estimate_sum everything = { 0 };

		run(seed + r, interval, n);
		for (s = 0; s < SITES; s++) {
			struct la_estimate_sum one = { 0 }, two;
			unsigned int t = (s + 7) % SITES;

			score(&objects[s], n[s], la_estimate_objects(n[s], sites[s].size, interval),
			      live[s]);
			la_estimate_add(&one, n[s], sites[s].size, interval);
			score(&bytes[s], n[s], la_estimate_sum_bytes(&one),
			      live[s] * sites[s].size);
			la_estimate_merge(&everything, &one);
			/* A row of two sites, of any two sizes. */
			two = one;
			la_estimate_add(&two, n[t], sites[t].size, interval);
			score(&pairs[s], n[s] + n[t], la_estimate_sum_bytes(&two),
			      live[s] * sites[s].size + live[t] * sites[t].size);
		}
		la_estimate_add(&everything, 0, 1, interval);
		score(&total, true, la_estimate_sum_bytes(&everything), truth);
	}

	for (s = 0; s < SITES; s++) {
		unsigned int t = (s + 7) % SITES;

		snprintf(name, sizeof(name), "bytes of size %u", sites[s].size);
		judge(name, &bytes[s], live[s] * sites[s].size, variance_of(s, interval),
		      sites[s].size, &worst);
		snprintf(name, sizeof(name), "bytes of sizes %u and %u", sites[s].size,
			 sites[t].size);
		judge(name, &pairs[s], live[s] * sites[s].size + live[t] * sites[t].size,
		      variance_of(s, interval) + variance_of(t, interval),
		      sites[s].size > sites[t].size ? sites[s].size : sites[t].size, &worst);
		variance += variance_of(s, interval);
		/* Rounded to whole objects, so biased by up to half of one. */
		CHECK(objects[s].shown < SHOWN_MIN ||
		      objects[s].inside * 100 >= objects[s].shown * 92);
		all_shown += objects[s].shown + bytes[s].shown + pairs[s].shown;
		all_inside += objects[s].inside + bytes[s].inside + pairs[s].inside;
	}
	judge("total", &total, truth, variance, MIB, &worst);
	CHECK(all_inside * 100 >= all_shown * 94);
	printf("# interval %llu: inside: all rows %.1f %%, worst row %.1f %%, total %.1f %%\n",
	       (unsigned long long)interval, 100.0 * all_inside / all_shown, worst,
	       100.0 * total.inside / total.shown);
}

static void estimates_hold_at_16_kib(void)
{
	hold_in_1000_runs(16 * KIB, 1000);
}

static void estimates_hold_at_128_kib(void)
{
	hold_in_1000_runs(128 * KIB, 2000);
}

static void estimates_hold_at_512_kib(void)
{
	hold_in_1000_runs(512 * KIB, 3000);
}

static const struct unit_test tests[] = {
	{ "weights agree with libm", weights_agree_with_libm },
	{ "weights at the edges", weights_at_the_edges },
	{ "draws are exponential", draws_are_exponential },
	{ "draws have the mean", draws_have_the_mean },
	{ "every object is picked without an interval",
	  every_object_is_picked_without_an_interval },
	{ "picks have the probability", picks_have_the_probability },
	{ "estimates agree with libm", estimates_agree_with_libm },
	{ "nothing overflows", nothing_overflows },
	{ "tracking all is exact", tracking_all_is_exact },
	{ "estimates hold in 1,000 runs at 16 KiB", estimates_hold_at_16_kib },
	{ "estimates hold in 1,000 runs at 128 KiB", estimates_hold_at_128_kib },
	{ "estimates hold in 1,000 runs at 512 KiB", estimates_hold_at_512_kib },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
