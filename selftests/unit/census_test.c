// SPDX-License-Identifier: GPL-2.0-only
/*
 * Census: each frame of a memory that was laid out here gets the owner that was planted.
 */
#include <stdlib.h>

#include "census.h"
#include "unit.h"

enum { FRAMES = 1 << 16 };

static u64 seed;

static u32 dice(u32 n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % n;
}

static u32 sign(enum la_sign s)
{
	return 1u << s;
}

static enum la_census_class alone(struct la_seen seen)
{
	struct la_census_sums sums = { };
	struct la_census_cursor c;

	if (!seen.frames)
		seen.frames = 1;
	la_census_begin(&c, &sums);
	return la_census_frame(&c, &seen);
}

#define ALONE(...) alone((struct la_seen){ __VA_ARGS__ })

static void each_mark_has_its_class(void)
{
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_BUDDY)), LA_CENSUS_FREE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_SLAB)), LA_CENSUS_SLAB);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LARGE)), LA_CENSUS_LARGE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_TABLE)), LA_CENSUS_TABLES);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_HUGETLB)), LA_CENSUS_HUGETLB);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_OFFLINE)), LA_CENSUS_OFFLINE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_POISONED)), LA_CENSUS_POISONED);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_MOVABLE)), LA_CENSUS_MOVABLE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LRU)), LA_CENSUS_LRU_FILE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LRU) | sign(LA_SIGN_SWAPBACKED)),
		 LA_CENSUS_LRU_ANON);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LRU) | sign(LA_SIGN_SWAPBACKED) |
				sign(LA_SIGN_UNEVICTABLE)), LA_CENSUS_UNEVICTABLE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_MAPPING) | sign(LA_SIGN_REFERENCED)),
		 LA_CENSUS_OFF_LRU);
}

/* A balloon's pages can be moved; what is poisoned is nothing else. */
static void the_first_mark_decides(void)
{
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_OFFLINE) | sign(LA_SIGN_MOVABLE)),
		 LA_CENSUS_OFFLINE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_POISONED) | sign(LA_SIGN_LRU)),
		 LA_CENSUS_POISONED);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LRU), .area = LA_TOLD_VMALLOC),
		 LA_CENSUS_LRU_FILE);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_REFERENCED) | sign(LA_SIGN_MAPPING),
		       .area = LA_TOLD_VMALLOC), LA_CENSUS_VMALLOC);
}

static void reserved_frames_are_the_boots_or_a_drivers(void)
{
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_RESERVED)), LA_CENSUS_UNMANAGED);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_RESERVED), .area = LA_TOLD_PERCPU),
		 LA_CENSUS_UNMANAGED);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_RESERVED) | sign(LA_SIGN_REFERENCED), .site = 7),
		 LA_CENSUS_RESERVED);
}

static void areas_and_sites_tell_what_has_no_mark(void)
{
	u32 used = sign(LA_SIGN_REFERENCED);

	CHECK_EQ(ALONE(.signs = used, .area = LA_TOLD_VMALLOC), LA_CENSUS_VMALLOC);
	CHECK_EQ(ALONE(.signs = used, .area = LA_TOLD_STACK), LA_CENSUS_STACKS);
	CHECK_EQ(ALONE(.signs = used, .area = LA_TOLD_PERCPU), LA_CENSUS_PERCPU);
	CHECK_EQ(ALONE(.signs = used, .owner = LA_TOLD_VMALLOC, .site = 1), LA_CENSUS_VMALLOC);
	CHECK_EQ(ALONE(.signs = used, .owner = LA_TOLD_PERCPU, .site = 1), LA_CENSUS_PERCPU);
	CHECK_EQ(ALONE(.signs = used, .owner = LA_TOLD_LARGE, .site = 1), LA_CENSUS_LARGE);
	CHECK_EQ(ALONE(.signs = used, .site = 1), LA_CENSUS_GHOST);
	CHECK_EQ(ALONE(.signs = used), LA_CENSUS_GHOST);
}

/* The tail of a compound page has no reference of its own, and is not free. */
static void what_has_no_reference_is_not_free_yet(void)
{
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_COMPOUND)), LA_CENSUS_GHOST);
	CHECK_EQ(ALONE(.signs = 0), LA_CENSUS_GHOST);
	CHECK_EQ(ALONE(.signs = 0, .site = 3), LA_CENSUS_GHOST);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LISTED)), LA_CENSUS_FREE_PCP);
	CHECK_EQ(ALONE(.signs = sign(LA_SIGN_LISTED) | sign(LA_SIGN_REFERENCED)),
		 LA_CENSUS_GHOST);
}

static void a_marked_frame_needs_no_closer_look(void)
{
	struct la_seen seen = { .signs = sign(LA_SIGN_SLAB) };

	CHECK(la_census_is_marked(&seen));
	seen.signs = sign(LA_SIGN_RESERVED);
	CHECK(!la_census_is_marked(&seen));
	seen.signs = sign(LA_SIGN_SWAPBACKED);
	CHECK(!la_census_is_marked(&seen));
}

/* A memory as the page allocator makes it. */
static struct la_seen memory[FRAMES];
static u8 planted[FRAMES];
static struct la_census_sums want;

static void plant(u32 i, u32 n, enum la_census_class class, u32 head, u32 tail, u32 site)
{
	u32 k;

	for (k = i; k < i + n; k++) {
		memory[k] = (struct la_seen){ .signs = k == i ? head : tail, .frames = 1,
					      .site = site };
		planted[k] = class;
	}
	want.of[class] += n;
	if (class != LA_CENSUS_GHOST)
		return;
	if (site)
		want.known += n;
	else if (head & sign(LA_SIGN_COMPOUND))
		want.compound += n;
}

static void plant_any(u32 i, unsigned int order)
{
	u32 n = 1u << order, used = sign(LA_SIGN_REFERENCED), comp = sign(LA_SIGN_COMPOUND);

	switch (dice(8)) {
	case 0:
		plant(i, n, LA_CENSUS_FREE, sign(LA_SIGN_BUDDY), 0, 0);
		memory[i].frames = n;
		break;
	case 1:
		plant(i, n, LA_CENSUS_FREE_PCP, sign(LA_SIGN_LISTED), 0, 0);
		break;
	case 2:
		plant(i, n, LA_CENSUS_GHOST, used, 0, 0);
		break;
	case 3:
		plant(i, n, LA_CENSUS_GHOST, used, 0, 1 + dice(100));
		break;
	case 4:
		plant(i, n, LA_CENSUS_GHOST, used | comp, used | comp, 0);
		break;
	case 5:
		plant(i, n, LA_CENSUS_SLAB, sign(LA_SIGN_SLAB), sign(LA_SIGN_SLAB), 0);
		break;
	case 6:
		plant(i, n, LA_CENSUS_LRU_FILE, sign(LA_SIGN_LRU), sign(LA_SIGN_LRU), 0);
		break;
	case 7:
		plant(i, n, LA_CENSUS_FREE_PCP, sign(LA_SIGN_LISTED), 0, 0);
		break;
	}
}

static void lay_out(u64 with)
{
	u32 i = 0;

	seed = with;
	memset(&want, 0, sizeof(want));
	while (i < FRAMES) {
		unsigned int order = dice(5);

		while (i & ((1u << order) - 1))
			order--;
		plant_any(i, order);
		i += 1u << order;
	}
}

static void walk(struct la_census_sums *sums, bool check)
{
	struct la_census_cursor c;
	u32 i = 0;

	la_census_begin(&c, sums);
	while (i < FRAMES) {
		enum la_census_class class = la_census_frame(&c, &memory[i]);

		if (check && class != planted[i]) {
			CHECK_EQ(class, planted[i]);
			return;
		}
		i += memory[i].frames;
	}
	la_census_gap(&c);
}

static void every_frame_gets_the_owner_that_was_planted(void)
{
	u64 with;
	u32 k;

	for (with = 1; with <= 50; with++) {
		struct la_census_sums sums = { };
		s64 runs = 0;

		lay_out(with);
		walk(&sums, true);
		CHECK_EQ(la_census_total(&sums), FRAMES);
		for (k = 0; k < LA_NR_CENSUS; k++)
			CHECK_EQ(sums.of[k], want.of[k]);
		CHECK_EQ(sums.known, want.known);
		CHECK_EQ(sums.compound, want.compound);
		for (k = 0; k < LA_CENSUS_RUNS; k++)
			runs += sums.runs[k];
		CHECK_EQ(runs, sums.of[LA_CENSUS_GHOST] - sums.known);
	}
}

/* A page changes while it is read: nothing is lost or counted twice. */
static void any_signs_are_somebodys(void)
{
	struct la_census_sums sums = { };
	struct la_census_cursor c;
	s64 frames = 0;
	u32 i;

	seed = 4711;
	la_census_begin(&c, &sums);
	for (i = 0; i < 2000000; i++) {
		struct la_seen seen = {
			.signs = dice(1u << 17), .frames = 1 + dice(3),
			.area = dice(8), .owner = dice(8), .site = dice(3),
		};

		if (!dice(1000))
			la_census_gap(&c);
		la_census_frame(&c, &seen);
		frames += seen.frames;
	}
	la_census_gap(&c);
	CHECK_EQ(la_census_total(&sums) + sums.unmanaged, frames);
	CHECK(sums.known + sums.compound <= sums.of[LA_CENSUS_GHOST]);
}

static void a_gap_ends_what_follows(void)
{
	struct la_seen listed = { .signs = sign(LA_SIGN_LISTED), .frames = 1 };
	struct la_seen nothing = { .frames = 1 };
	struct la_census_sums sums = { };
	struct la_census_cursor c;

	la_census_begin(&c, &sums);
	CHECK_EQ(la_census_frame(&c, &listed), LA_CENSUS_FREE_PCP);
	CHECK_EQ(la_census_frame(&c, &nothing), LA_CENSUS_FREE_PCP);
	la_census_gap(&c);
	CHECK_EQ(la_census_frame(&c, &nothing), LA_CENSUS_GHOST);
}

static void runs_are_by_their_length(void)
{
	struct la_seen used = { .signs = sign(LA_SIGN_REFERENCED), .frames = 1 };
	struct la_seen slab = { .signs = sign(LA_SIGN_SLAB), .frames = 1 };
	struct la_census_sums sums = { };
	struct la_census_cursor c;
	u32 i;

	la_census_begin(&c, &sums);
	for (i = 0; i < 5; i++)
		la_census_frame(&c, &used);
	la_census_frame(&c, &slab);
	la_census_frame(&c, &used);
	la_census_gap(&c);
	for (i = 0; i < 5000; i++)
		la_census_frame(&c, &used);
	la_census_gap(&c);
	CHECK_EQ(sums.runs[0], 1);
	CHECK_EQ(sums.runs[2], 5);
	CHECK_EQ(sums.runs[LA_CENSUS_RUNS - 1], 5000);
}

static struct la_census_counter counter(s64 before, s64 after, s64 slack)
{
	return (struct la_census_counter){ true, before, after, slack };
}

static void large_kmallocs_are_no_more_than_look_alike(void)
{
	struct la_census_sums sums = { .compound = 100 };
	struct la_census_counter c = counter(60, 60, 0);

	sums.of[LA_CENSUS_GHOST] = 300;
	sums.of[LA_CENSUS_LARGE] = 20;
	CHECK_EQ(la_census_infer_large(&sums, &c), 40);
	CHECK_EQ(sums.of[LA_CENSUS_LARGE], 60);
	CHECK_EQ(sums.of[LA_CENSUS_GHOST], 260);
	CHECK_EQ(sums.compound, 60);
	CHECK_EQ(la_census_infer_large(&sums, &c), 0);
	c.after = 1000;
	CHECK_EQ(la_census_infer_large(&sums, &c), 60);
	CHECK_EQ(la_census_total(&sums), 320);
	c.known = false;
	CHECK_EQ(la_census_infer_large(&sums, &c), 0);
	c = counter(-5, -5, 0);
	CHECK_EQ(la_census_infer_large(&sums, &c), 0);
}

static void differences_are_signed(void)
{
	struct la_census_counter c = counter(100, 120, 3);

	CHECK_EQ(la_census_difference(110, &c), 0);
	CHECK_EQ(la_census_difference(100, &c), -10);
	CHECK_EQ(la_census_difference(0, &c), -110);
	CHECK_EQ(la_census_bound(&c), 23);
	c = counter(120, 100, 3);
	CHECK_EQ(la_census_difference(110, &c), 0);
	CHECK_EQ(la_census_bound(&c), 23);
	c = counter(-7, -7, 0);
	CHECK_EQ(la_census_difference(-7, &c), 0);
}

static void costs_scale_without_overflow(void)
{
	/* 20 ms for 1 GiB, and so 20 s for 1 TiB, 12 hours for 2 PiB. */
	CHECK_EQ(la_census_scale(20000000, 1 << 18, 1ull << 28) / 1000000, 20480);
	CHECK_EQ(la_census_scale(20000000, 1 << 18, 1ull << 39) / 1000000000, 41943);
	CHECK_EQ(la_census_scale(20000000, 0, 1 << 18), 0);
	CHECK_EQ(la_census_scale(0, 5, 1 << 18), 0);
	CHECK_EQ(la_census_scale(86400ull * 1000000000, 1, 1ull << 50), ~0ull >> 10);
}

static void the_largest_callers_stay(void)
{
	struct la_census_caller top[3] = { };
	u32 i;

	seed = 5;
	for (i = 1; i <= 1000; i++)
		la_census_rank(top, 3, (struct la_census_caller){ i, (i * 7919) % 1009 });
	CHECK_EQ(top[0].frames, 1008);
	CHECK_EQ(top[1].frames, 1007);
	CHECK_EQ(top[2].frames, 1006);
}

static void every_class_has_a_name(void)
{
	int i, k;

	for (i = 0; i < LA_NR_CENSUS; i++) {
		CHECK(la_census_name(i));
		for (k = 0; k < i; k++)
			CHECK(strcmp(la_census_name(i), la_census_name(k)));
	}
}

static const struct unit_test tests[] = {
	{ "each mark has its class", each_mark_has_its_class },
	{ "the first mark decides", the_first_mark_decides },
	{ "reserved frames are the boot's or a driver's",
	  reserved_frames_are_the_boots_or_a_drivers },
	{ "areas and sites tell what has no mark", areas_and_sites_tell_what_has_no_mark },
	{ "what has no reference is not free yet", what_has_no_reference_is_not_free_yet },
	{ "a marked frame needs no closer look", a_marked_frame_needs_no_closer_look },
	{ "every frame gets the owner that was planted",
	  every_frame_gets_the_owner_that_was_planted },
	{ "any signs are somebody's", any_signs_are_somebodys },
	{ "a gap ends what follows", a_gap_ends_what_follows },
	{ "runs are by their length", runs_are_by_their_length },
	{ "large kmallocs are no more than look alike",
	  large_kmallocs_are_no_more_than_look_alike },
	{ "differences are signed", differences_are_signed },
	{ "costs scale without overflow", costs_scale_without_overflow },
	{ "the largest callers stay", the_largest_callers_stay },
	{ "every class has a name", every_class_has_a_name },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
