// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens if another CPU comes in between: frames.c is built in here with a step before each
 * of its accesses to memory that is shared, and at one after the other of these steps something
 * else is done as a whole.
 */
#include "plain.h"

static void step(void);

#undef READ_ONCE
#define READ_ONCE(x)		(step(), __atomic_load_n(&(x), __ATOMIC_RELAXED))
#undef set_bit
#define set_bit(nr, p)		\
	(step(), (void)__atomic_fetch_or((p), 1ul << (nr), __ATOMIC_SEQ_CST))
#undef clear_bit
#define clear_bit(nr, p)	\
	(step(), (void)__atomic_fetch_and((p), ~(1ul << (nr)), __ATOMIC_SEQ_CST))
#undef try_cmpxchg
#define try_cmpxchg(p, old, new)					\
	(step(), __atomic_compare_exchange_n((p), (old), (new), false,	\
					     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))

#include "frames.c"
#include "unit.h"

/* Half way through what is looked at. */
#define BLOCK	(1u << (LA_FRAME_MAX_ORDER - 1))

static struct la_section section;
static u32 steps, put_at, lost;
static bool is_inside;

/* A block of two frames is put at one of the steps, and is known at each later one. */
static void step(void)
{
	if (is_inside)
		return;
	is_inside = true;
	if (steps == put_at)
		la_section_put(&section, BLOCK, la_frame_make(1, 0, 1, 1));
	if (steps >= put_at)
		lost += !la_section_knows(&section, BLOCK + 1);
	steps++;
	is_inside = false;
}

/* There was one before, which is gone. */
static void begin(u32 at)
{
	u64 word;

	memset(&section, 0, sizeof(section));
	la_section_init(&section);
	put_at = U32_MAX;
	la_section_put(&section, BLOCK, la_frame_make(1, 0, 1, 1));
	CHECK(la_section_take(&section, BLOCK, 1, &word));
	steps = 0;
	put_at = at;
}

static void what_is_put_while_one_looks_is_known(void)
{
	u32 at, all;

	lost = 0;
	begin(U32_MAX);
	la_section_uncover(&section);
	CHECK(!la_section_covers(&section, BLOCK));
	all = steps;
	CHECK(all > 1u << LA_FRAME_MAX_ORDER);
	for (at = 0; at < all; at++) {
		begin(at);
		la_section_uncover(&section);
		lost += !la_section_knows(&section, BLOCK + 1);
	}
	CHECK_EQ(lost, 0);
}

static void what_is_there_stays_known(void)
{
	lost = 0;
	begin(0);
	la_section_uncover(&section);
	la_section_uncover(&section);
	CHECK(la_section_knows(&section, BLOCK + 1));
	CHECK_EQ(lost, 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{ "a block that is put while one looks for such is known",
		  what_is_put_while_one_looks_is_known },
		{ "a block that is there stays known", what_is_there_stays_known },
	};

	return unit_main(tests, ARRAY_SIZE(tests));
}
