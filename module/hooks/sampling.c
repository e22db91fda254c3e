// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sampling: which allocations are tracked, and what the tracked ones say of all.
 *
 * Allocated bytes are a line with points on it, exponentially distributed
 * distances with a mean of the interval apart: a Poisson process. An object is
 * tracked when a point falls into it, so with p = 1 - exp(-size / interval),
 * whatever was allocated before. A CPU counts down the bytes to its next point:
 *
 *	left -= size;
 *	if (left > 0)
 *		return;			the common case
 *	left = la_sampling_draw(&state, interval);
 *	track the object
 *
 * One tracked object stands for 1/p objects, its weight w. All that follows is
 * in terms of w, so that one function knows about exponentials: of N objects n
 * are tracked, binomially, and
 *	n * w			is an unbiased estimate of N
 *	n * w * (w - 1)		is one of its variance
 * The size has to be the one that the hook counted down by, and the same for
 * all objects of one call.
 *
 * Intervals. Few tracked objects are the rule (a leak of some MB at an interval of
 * 512 KiB), and there n +- 1.96 sqrt(n) fails. The score interval does not: all N
 * for which n is within z standard deviations, with u = w - 1
 *	n * w + z^2 * u / 2 +- z * sqrt(n * w * u + z^2 * u^2 / 4)
 * Its upper side is the longer one, and what we print on both: symmetric around
 * the estimate, and it reaches down to 0 up to n = 7, so it also holds for rows
 * that are shown only because one rare object of theirs was tracked.
 *
 * That is for few that are tracked. When few are not, N is a whole number and they
 * are too: half an object makes up for it, which is what a u of 1/4 does. So u is
 * at least that, but not in the variance.
 *
 * For sums the variances add up, and u is the largest of the parts', in bytes:
 * with sizes far below the interval that is the interval, for all of them.
 */
#include "sampling.h"

/* Fraction bits while a weight is computed: LA_INTERVAL_MAX << 4 still fits. */
#define FRACTION	19
#define ONE		524288ull

/* From here an object is certain to be tracked, as far as a weight can say. */
#define CERTAIN		16

/* z = 1.96, and what the score interval makes of it, 16 bits of fraction. */
#define Z		128451ull	/* z */
#define Z2_HALF		125882ull	/* z^2 / 2 */
#define Z2_QUARTER	62941ull	/* z^2 / 4 */

static u64 saturate(__uint128_t v)
{
	return v >> 64 ? ~0ull : (u64)v;
}

static u64 add(u64 a, u64 b)
{
	return saturate((__uint128_t)a + b);
}

static u64 multiply(u64 a, u64 b, unsigned int shift)
{
	return saturate((__uint128_t)a * b >> shift);
}

/* Square root, rounded down: a bit of it in each step, no division. */
static u64 root_of(__uint128_t v)
{
	__uint128_t root = 0, bit = (__uint128_t)1 << 126;

	while (bit > v)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		__uint128_t next = root + bit;

		root >>= 1;
		if (v >= next) {
			v -= next;
			root += bit;
		}
	}
	return root;
}

/* splitmix64: a Weyl sequence, scrambled. Any state will do, 0 included. */
static u64 random_of(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/*
 * -ln(r / 2^64), 32 bits of fraction, for @r not 0.
 *
 * The leading zeros are the whole part of the binary logarithm. Squaring what is
 * left, in [1, 2), doubles its logarithm: each time it passes 2 there is a bit.
 */
static u64 minus_log(u64 r)
{
	unsigned int zeros = __builtin_clzll(r), i;
	u64 x = r << zeros >> 32, log = 0;

	for (i = 0; i < 32; i++) {
		x = x * x >> 31;
		log = log << 1 | x >> 32;
		x >>= x >> 32;
	}
	log = ((u64)(zeros + 1) << 32) - log;
	return multiply(log, 2977044472ull, 32);	/* ln 2 */
}

/**
 * la_sampling_draw() - bytes to the next object that is to be tracked
 * @state: of the random numbers; a CPU has its own
 * @interval: their mean; 0: everything is tracked
 *
 * Rounded up, so that a draw is at most @size with exactly the probability with
 * which an object of @size is tracked. When an interrupt draws from the same
 * state in between, both may get the same number, which does no harm.
 *
 * Context: any.
 * Return: at least 1, less than 45 intervals.
 */
u64 la_sampling_draw(u64 *state, u64 interval)
{
	return multiply(minus_log(random_of(state) | 1), interval, 32) + 1;
}

/**
 * la_sampling_pick() - decide on one object alone
 * @state: of the random numbers
 * @size: bytes of the object
 * @interval: as la_sampling_draw()
 *
 * For an event that cannot take part in the counting, as it interrupted it.
 *
 * Context: any.
 * Return: true with the probability 1 - exp(-@size / @interval), to 2^-30.
 */
bool la_sampling_pick(u64 *state, u64 size, u64 interval)
{
	return la_sampling_draw(state, interval) <= size;
}

/**
 * la_sampling_weight() - how many objects a tracked one stands for
 * @size: its bytes
 * @interval: as la_sampling_draw(); one above LA_INTERVAL_MAX is taken for that
 *
 * 1 / (1 - exp(-x)) with x = @size / @interval. Up to x = 1 by its series,
 * 1/x + 1/2 + x/12 - x^3/720; x above that is halved until it is not, and the
 * weight at twice an x comes from the weight w at x: w^2 / (2w - 1).
 *
 * Return: LA_WEIGHT_SHIFT bits of fraction, at least LA_WEIGHT_ONE; within 0.01 %.
 */
u64 la_sampling_weight(u64 size, u64 interval)
{
	unsigned int halved = 0;
	u64 x, w;

	interval = interval < LA_INTERVAL_MAX ? interval : LA_INTERVAL_MAX;
	if (size >= interval * CERTAIN)
		return LA_WEIGHT_ONE;
	size = size ? size : 1;

	while (size > interval << halved)
		halved++;
	x = div64_u64(size << FRACTION, interval << halved);
	w = div64_u64(interval << (FRACTION + halved), size) + ONE / 2 + x / 12 -
	    (x * x * x >> 2 * FRACTION) / 720;
	while (halved--)
		w = div64_u64(w * w, 2 * w - ONE);
	return (w + (1 << (FRACTION - LA_WEIGHT_SHIFT - 1))) >> (FRACTION - LA_WEIGHT_SHIFT);
}

/* Of @w, one tracked object stands for so much besides itself: see the top. */
static u64 unit_of(u64 w)
{
	u64 unit = w - LA_WEIGHT_ONE;

	return unit && unit < LA_WEIGHT_ONE / 4 ? LA_WEIGHT_ONE / 4 : unit;
}

/* The longer side of the score interval. */
static u64 half_width(__uint128_t variance, u64 unit)
{
	u64 root = root_of(variance + (((__uint128_t)unit * unit >> 8) * Z2_QUARTER >> 8));

	return add(multiply(unit, Z2_HALF, 16), multiply(root, Z, 16));
}

/**
 * la_estimate_objects() - how many objects there are of one size
 * @n: how many of them are tracked
 * @size: bytes of each
 * @interval: as la_sampling_draw()
 */
struct la_estimate la_estimate_objects(u64 n, u64 size, u64 interval)
{
	u64 w = la_sampling_weight(size, interval), all = multiply(n, w, 0);
	u64 error = half_width((__uint128_t)all * (w - LA_WEIGHT_ONE), unit_of(w));

	return (struct la_estimate){
		.value = add(all, LA_WEIGHT_ONE / 2) >> LA_WEIGHT_SHIFT,
		.error = add(error, LA_WEIGHT_ONE - 1) >> LA_WEIGHT_SHIFT,
	};
}

/**
 * la_estimate_add() - add what the tracked objects of one size stand for
 * @s: to this
 * @n: how many are tracked
 * @size: bytes of each
 * @interval: as la_sampling_draw()
 *
 * With an @n of 0 the error allows for objects of @size of which none happened to
 * be tracked. The total of a machine has such, of unknown sites: add none of size 1.
 */
void la_estimate_add(struct la_estimate_sum *s, u64 n, u64 size, u64 interval)
{
	u64 w = la_sampling_weight(size, interval), all = multiply(n, w, 0);
	u64 bytes = multiply(all, size, LA_WEIGHT_SHIFT);

	la_estimate_merge(s, &(struct la_estimate_sum){
		.objects = all,
		.bytes = bytes,
		.unit = multiply(size, unit_of(w), LA_WEIGHT_SHIFT),
		.variance = (__uint128_t)bytes * multiply(size, w - LA_WEIGHT_ONE, LA_WEIGHT_SHIFT),
	});
}

/**
 * la_estimate_merge() - add a sum to another
 * @s: to this
 * @from: that one
 */
void la_estimate_merge(struct la_estimate_sum *s, const struct la_estimate_sum *from)
{
	s->objects = add(s->objects, from->objects);
	s->bytes = add(s->bytes, from->bytes);
	s->unit = s->unit > from->unit ? s->unit : from->unit;
	s->variance += from->variance;	/* 2^22 times the most that one can be */
}

/**
 * la_estimate_sum_objects() - how many objects a sum stands for
 * @s: the sum
 */
u64 la_estimate_sum_objects(const struct la_estimate_sum *s)
{
	return add(s->objects, LA_WEIGHT_ONE / 2) >> LA_WEIGHT_SHIFT;
}

/**
 * la_estimate_sum_bytes() - how many bytes a sum stands for, and its error
 * @s: the sum
 */
struct la_estimate la_estimate_sum_bytes(const struct la_estimate_sum *s)
{
	return (struct la_estimate){
		.value = s->bytes,
		.error = half_width(s->variance, s->unit),
	};
}
