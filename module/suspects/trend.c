// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trend: does a population keep growing, or does it wander?
 *
 * Of each look two numbers are known: so many objects became survivors, so many survivors
 * were freed. Let d be the difference, in each of the last n windows, 16 at most. The
 * test is the self-normalized sum
 *
 *	T = (sum of d) / sqrt(sum of d^2),	steady = T^2
 *
 * If objects come and go as they like, plus and minus are equally likely, whatever the
 * sizes: then P(T >= t) <= exp(-t^2 / 2), without any assumption about how the numbers are
 * distributed (0.2 % at T^2 = 8 for many windows, 0.4 % for eight). If n windows grow evenly
 * T^2 is n; if the growth is one burst it is 1, and if as many go as come it is about 0. So
 * `steady` is over how many windows the growth is spread.
 *
 * A leak that is slow, or hidden in much coming and going, needs more time, not more luck: T^2
 * grows with the number of windows times rate^2 / (rate^2 + noise^2), or rate / (1 + rate)
 * for the plain chance of when one leaks. So there are windows of 1, 8 and 64 looks, and a
 * survivor is who has outlived 2, 8 and 64: what lives for a minute is noise in short windows
 * and gone from long ones, where a leak then stands alone. The largest of the three counts; what
 * stood still in the last two windows of a length has bent, and counts nothing there.
 *
 * Who is watched from the middle of his life on seems to grow: what comes is seen, and what goes
 * is older than the load. Such frees are known by cache (older.c shares them out). In a
 * window they take off from growth, but never make it less than none.
 *
 * `batch` is how much d differs from window to window, by the squares of successive
 * differences, as a part of what came and went: 1 if objects come and go one by one, 10 if it is
 * in tens. score.c takes it for the size of chance.
 */
#include "trend.h"

/* Less by this part with each window: see population_test.c for what it costs and saves. */
#define OWED_FADES	4

static u32 add_clamped(u32 a, u32 b)
{
	return a + b < a ? U32_MAX : a + b;
}

/* Windows of a level that were over, ever. */
static u32 windows_over(const struct la_trend *t, unsigned int level)
{
	u32 n = t->looks;

	while (level--)
		n /= LA_TREND_FACTOR;
	return n;
}

static void add_flow(struct la_flow *sum, const struct la_flow *flow)
{
	sum->in = add_clamped(sum->in, flow->in);
	sum->out = add_clamped(sum->out, flow->out);
	sum->older = add_clamped(sum->older, flow->older);
}

/*
 * A window is over. Those that are older explain no more than there is; by chance the others
 * may come in the next. More than comes in a window is no chance, but some who went at once;
 * and for whom nobody has come for some windows, those were somebody else's.
 */
static struct la_flow close_window(struct la_flow f, u32 *owed)
{
	u32 grown = f.in > f.out ? f.in - f.out : 0, older = add_clamped(f.older, *owed);

	f.older = older < grown ? older : grown;
	*owed = older - f.older < f.in ? older - f.older : f.in;
	*owed -= *owed / OWED_FADES;
	return f;
}

/**
 * la_trend_add() - a look was taken
 * @t: the trend
 * @flows: since the look before, of the survivors of each length of windows
 */
void la_trend_add(struct la_trend *t, const struct la_flow *flows)
{
	u32 looks = 1;
	unsigned int level;

	t->looks++;
	for (level = 0; level < LA_TREND_LEVELS; level++, looks *= LA_TREND_FACTOR) {
		add_flow(&t->sums[level], &flows[level]);
		if (t->looks % looks)
			continue;
		t->windows[level][(t->looks / looks - 1) % LA_TREND_WINDOWS] =
			close_window(t->sums[level], &t->owed[level]);
		t->sums[level] = (struct la_flow){ 0, 0, 0 };
	}
}

/**
 * la_trend_windows() - how many windows are remembered
 * @t: the trend
 * @level: of which length
 */
u32 la_trend_windows(const struct la_trend *t, unsigned int level)
{
	u32 over = windows_over(t, level);

	return over < LA_TREND_WINDOWS ? over : LA_TREND_WINDOWS;
}

/**
 * la_trend_flow() - a window
 * @t: the trend
 * @level: of which length
 * @back: 0 for the last one, less than la_trend_windows()
 */
struct la_flow la_trend_flow(const struct la_trend *t, unsigned int level, u32 back)
{
	return t->windows[level][(windows_over(t, level) - 1 - back) % LA_TREND_WINDOWS];
}

static s64 net(struct la_flow f)
{
	return (s64)f.in - f.out - f.older;
}

/**
 * la_trend_weight() - how much of a growth may be explained by those that are older
 * @t: the trend
 * @level: of which length
 *
 * Return: what came and did not go again in the windows that are remembered, if that is twice
 * what chance has: of who only wanders it is nothing.
 */
u64 la_trend_weight(const struct la_trend *t, unsigned int level)
{
	u32 i, n = la_trend_windows(t, level);
	u64 in = t->sums[level].in, out = t->sums[level].out, grown;

	for (i = 0; i < n; i++) {
		struct la_flow f = la_trend_flow(t, level, i);

		in += f.in;
		out += f.out;
	}
	grown = in > out ? in - out : 0;
	return grown >> 32 || grown * grown >= 4 * (in + out) ? grown : 0;
}

static s64 scaled(const struct la_trend *t, unsigned int level, u32 back, unsigned int shift)
{
	s64 d = net(la_trend_flow(t, level, back));

	return d < 0 ? -(-d >> shift) : d >> shift;
}

/* T^2 in tenths, rounded, and the batch. Flows of 2^24 and more are scaled: squares must fit. */
static void measure(const struct la_trend *t, u64 most, struct la_growth *g)
{
	u64 sum, squares = 0, scatter = 0;
	unsigned int shift = 0;
	s64 d, last = 0;
	u32 i;

	while (most >> shift >= 1u << 24)
		shift++;
	for (i = 0; i < g->windows; i++) {
		d = scaled(t, g->level, i, shift);
		squares += d * d;
		scatter += i ? (d - last) * (d - last) : 0;
		last = d;
	}
	sum = (g->in - g->out - g->older) >> shift;
	if (!squares)
		return;
	g->steady = div64_u64(sum * sum * 10 + squares / 2, squares);
	/* The differences of two have twice the variance of one. */
	g->batch = div64_u64((scatter / 2) << shift,
			     ((g->in + g->out + g->older) >> shift) + 1) + 1;
}

static void judge_level(const struct la_trend *t, unsigned int level, struct la_growth *g)
{
	u32 i, n = la_trend_windows(t, level);
	u64 most = 0;

	*g = (struct la_growth){ .level = level, .looks = 1, .batch = 1 };
	for (i = 0; i < level; i++)
		g->looks *= LA_TREND_FACTOR;
	for (i = 0; i < n; i++) {
		struct la_flow f = la_trend_flow(t, level, i);
		u64 d = net(f) < 0 ? -net(f) : net(f);

		if (f.in || f.out)
			g->windows = i + 1;
		g->in += f.in;
		g->out += f.out;
		g->older += f.older;
		most = d > most ? d : most;
	}
	if (g->in <= g->out + g->older)
		return;
	/* What grows no more has grown. */
	if (net(la_trend_flow(t, level, 0)) + (n > 1 ? net(la_trend_flow(t, level, 1)) : 0) <= 0)
		return;
	measure(t, most, g);
}

/**
 * la_trend_judge() - does it keep growing?
 * @t: the trend
 * @g: the answer, of the length of windows that says so most clearly
 */
void la_trend_judge(const struct la_trend *t, struct la_growth *g)
{
	struct la_growth best, other;
	unsigned int level;

	judge_level(t, 0, &best);
	for (level = 1; level < LA_TREND_LEVELS; level++) {
		judge_level(t, level, &other);
		if (other.steady > best.steady)
			best = other;
	}
	/* At once, as others may be reading. */
	*g = best;
}
