// SPDX-License-Identifier: GPL-2.0-only
/*
 * Twins: populations that grow together.
 *
 * If every event leaks p of one and q of another kind of object, q times the growth of the
 * first is p times that of the second, in each window and not only in all. Two strangers
 * may have the same rate, but each has its own chance: if x of one and y of the other come
 * or go in a window, the difference q x - p y has a variance of q^2 x + p^2 y at least, that
 * of single objects which come one by one; more, if they come in bursts. So
 *
 *	F = sum of (q x - p y)^2 / sum of (q^2 x + p^2 y)
 *
 * over the windows is 1 or more for strangers, on average, and 0 for twins. They are twins
 * if it is 1/8 at most: with eight windows two strangers with the same rate have that once in
 * 500 times, with four once in 40. (n F is a chi square with n degrees of freedom.) Strangers
 * whose rates differ by more than what chance explains are never near.
 *
 * p and q are 1 to 4, as the sums of both say. What this can't tell: two that leak at just the
 * same beat, as if driven by one clock. They are shown as one, since nothing sets them apart.
 */
#include "twins.h"

struct pair {
	u32 windows;		/* where one of them has changed */
	s64 net[2];
};

static s64 net(struct la_flow f)
{
	return (s64)f.in - f.out;
}

static u32 shortest(const struct la_trend *a, const struct la_trend *b, unsigned int level)
{
	u32 n = la_trend_windows(a, level), m = la_trend_windows(b, level);

	return n < m ? n : m;
}

static struct pair sum_up(const struct la_trend *a, const struct la_trend *b, unsigned int level)
{
	u32 i, n = shortest(a, b, level);
	struct pair sum = { 0 };

	for (i = 0; i < n; i++) {
		struct la_flow x = la_trend_flow(a, level, i), y = la_trend_flow(b, level, i);

		sum.windows += x.in || x.out || y.in || y.out;
		sum.net[0] += net(x);
		sum.net[1] += net(y);
	}
	return sum;
}

static u64 distance(s64 a, s64 b)
{
	return a > b ? a - b : b - a;
}

/* The ratio of small numbers that is next to that of the sums. */
static struct la_ratio nearest(const struct pair *sum)
{
	struct la_ratio best = { 0, 0 }, r;
	u64 least = ~0ull;

	for (r.mine = 1; r.mine <= LA_TWINS_MOST; r.mine++) {
		for (r.theirs = 1; r.theirs <= LA_TWINS_MOST; r.theirs++) {
			u64 d = distance(sum->net[0] * r.theirs, sum->net[1] * r.mine);

			/* Of the differences: 2:2 is as far as 1:1, twice over. */
			if (d < least) {
				least = d;
				best = r;
			}
		}
	}
	return best;
}

static bool is_together(const struct la_trend *a, const struct la_trend *b, unsigned int level,
			struct la_ratio r)
{
	u32 i, n = shortest(a, b, level);
	u64 squares = 0, chance = 0;

	for (i = 0; i < n; i++) {
		struct la_flow x = la_trend_flow(a, level, i), y = la_trend_flow(b, level, i);
		u64 d = distance(net(x) * r.theirs, net(y) * r.mine);

		/* Far from any chance, and its square would not fit. */
		if (d >> 24)
			return false;
		squares += d * d;
		chance += (u64)r.theirs * r.theirs * ((u64)x.in + x.out) +
			  (u64)r.mine * r.mine * ((u64)y.in + y.out);
	}
	return squares * LA_TWINS_PART <= chance;
}

/* Enough of both for an answer? */
static bool tells(const struct pair *sum)
{
	return sum->windows >= LA_TWINS_MIN_WINDOWS && sum->net[0] >= LA_TWINS_MIN_OBJECTS &&
	       sum->net[1] >= LA_TWINS_MIN_OBJECTS;
}

/**
 * la_twins_ratio() - do two populations grow together?
 * @a: one, which grows
 * @b: the other
 *
 * The shortest windows that tell are asked; where little leaks those are long ones.
 *
 * Return: in which numbers; the second is 0 if they don't.
 */
struct la_ratio la_twins_ratio(const struct la_trend *a, const struct la_trend *b)
{
	static const struct la_ratio none = { 0, 0 };
	unsigned int level;

	for (level = 0; level < LA_TREND_LEVELS; level++) {
		struct pair sum = sum_up(a, b, level);
		struct la_ratio r;

		if (!tells(&sum))
			continue;
		r = nearest(&sum);
		return is_together(a, b, level, r) ? r : none;
	}
	return none;
}

/**
 * la_twins_per_event() - how many of the first there are in each event
 * @ratios: between the first and each other
 * @n: how many others
 *
 * Return: the least number of which each ratio makes whole others: 2 for 1:1 and 2:3.
 */
u32 la_twins_per_event(const struct la_ratio *ratios, unsigned int n)
{
	unsigned int i;
	u32 per_event;

	/* 12 is a multiple of all. */
	for (per_event = 1; per_event < 12; per_event++) {
		for (i = 0; i < n; i++)
			if (per_event * ratios[i].theirs % ratios[i].mine)
				break;
		if (i == n)
			break;
	}
	return per_event;
}
