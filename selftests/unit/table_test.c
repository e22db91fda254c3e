// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table against a model, one thread: what is inserted is found until it is
 * removed, at every fill, while records spill, and while the table grows.
 */
#include "unit.h"
#include "segment.h"
#include "table_fast.h"

static struct la_table table_new(unsigned int bits)
{
	struct la_table t;

	la_table_init(&t, segment_new(bits));
	return t;
}

static u64 key_of(unsigned long addr)
{
	return la_table_key(addr, 0);
}

static enum la_insert insert(struct la_table *t, unsigned long addr, u32 site)
{
	struct la_record stale;

	return la_table_insert(t, key_of(addr), la_record_make(site, 7, 9, 100), &stale);
}

static void keys_give_back_the_address(void)
{
	static const unsigned long addrs[] = {
		0xffff888000000000ul, 0xff11000004af8500ul, 0xffffffffc0000008ul,
		0xfffffffffffffff8ul, 0xff00000000000000ul,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++)
		CHECK(la_table_key_addr(key_of(addrs[i])) == addrs[i]);
	CHECK(la_table_key(addrs[0], 0) != la_table_key(addrs[0], 1));
}

static void records_keep_their_fields(void)
{
	struct la_record r = la_record_make(0xfedcba98, 0xabcd, 0x12345678, 0xfedcba98);

	CHECK_EQ(la_record_site(&r), 0xfedcba98);
	CHECK_EQ(la_record_task(&r), 0xabcd);
	CHECK_EQ(la_record_born(&r), 0x12345678);
	CHECK_EQ(la_record_requested(&r), 0xfedcba98);
	CHECK_EQ(la_record_gen(&r), 0);
}

static void one_object_comes_and_goes(void)
{
	struct la_table t = table_new(1);
	struct la_record r;

	CHECK(!la_table_remove(&t, key_of(0xffff888000001000), &r));
	CHECK_EQ(insert(&t, 0xffff888000001000, 5), LA_INSERT_NEW);
	CHECK(la_table_find(&t, key_of(0xffff888000001000), &r));
	CHECK_EQ(la_record_site(&r), 5);
	CHECK(!la_table_find(&t, key_of(0xffff888000001008), &r));
	CHECK(la_table_set_requested(&t, key_of(0xffff888000001000), 77));
	CHECK(la_table_remove(&t, key_of(0xffff888000001000), &r));
	CHECK_EQ(la_record_requested(&r), 77);
	CHECK_EQ(la_record_born(&r), 9);
	CHECK(!la_table_remove(&t, key_of(0xffff888000001000), &r));
	CHECK(!la_table_set_requested(&t, key_of(0xffff888000001000), 1));
	segment_delete(t.cur);
}

static void a_missed_free_is_healed(void)
{
	struct la_table t = table_new(4);
	struct la_record stale, r;

	CHECK_EQ(insert(&t, 0xffff888000001000, 5), LA_INSERT_NEW);
	CHECK_EQ(la_table_insert(&t, key_of(0xffff888000001000),
				 la_record_make(6, 0, 0, 1), &stale), LA_INSERT_HEALED);
	CHECK_EQ(la_record_site(&stale), 5);
	CHECK(la_table_remove(&t, key_of(0xffff888000001000), &r));
	CHECK_EQ(la_record_site(&r), 6);
	CHECK(!la_table_remove(&t, key_of(0xffff888000001000), &r));
	segment_delete(t.cur);
}

static void a_slot_used_again_has_a_new_generation(void)
{
	struct la_table t = table_new(1);
	struct la_record first, second;

	insert(&t, 0xffff888000001000, 5);
	la_table_remove(&t, key_of(0xffff888000001000), &first);
	insert(&t, 0xffff888000001000, 5);
	la_table_remove(&t, key_of(0xffff888000001000), &second);
	CHECK(la_record_gen(&first) != la_record_gen(&second));
	segment_delete(t.cur);
}

static void count_one(void *ctx, u64 key, const struct la_record *rec)
{
	(void)key;
	(void)rec;
	++*(u64 *)ctx;
}

static u64 walk_count(struct la_table *t)
{
	u64 n = 0;

	if (t->cur->prev)
		la_table_walk(t->cur->prev, 0, 1ull << t->cur->prev->bits, count_one, &n);
	la_table_walk(t->cur, 0, 1ull << t->cur->bits, count_one, &n);
	return n;
}

/* Fill to @percent, take everything out again in another order. */
static void fill(unsigned int size, unsigned int percent, u64 may_refuse)
{
	struct la_table t = table_new(10);
	u64 n = la_segment_slots(t.cur) * percent / 100, i, refused = 0, left = 0, bad = 0;
	bool *in = calloc(n, sizeof(*in));
	struct la_record r;

	for (i = 0; i < n; i++) {
		in[i] = insert(&t, slab_address(i, size), i) == LA_INSERT_NEW;
		refused += !in[i];
	}
	CHECK(refused <= may_refuse);
	CHECK_EQ(walk_count(&t), n - refused);
	for (i = 0; i < n; i++)
		bad += la_table_find(&t, key_of(slab_address(i, size)), &r) != in[i] ||
		       (in[i] && la_record_site(&r) != i);
	for (i = 0; i < n; i++) {
		u64 j = (i * 7919 + 13) % n;

		bad += la_table_remove(&t, key_of(slab_address(j, size)), &r) != in[j];
		in[j] = false;
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ(walk_count(&t), 0);
	/* Spill counts went back to nothing, but the few that saturated. */
	for (i = 0; i < la_segment_slots(t.cur); i++)
		left += !!(t.cur->keys[i] & ~LA_META_BUDDY);	/* the buddy was needed: stays */
	CHECK(left * 50 <= la_segment_slots(t.cur) / LA_BUCKET_SLOTS);
	free(in);
	segment_delete(t.cur);
}

static void three_quarters_full_keeps_everything(void)
{
	static const unsigned int sizes[] = { 8, 32, 64, 72, 96, 192, 256, 1024, 4096 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		fill(sizes[i], 75, 0);
}

static void nearly_full_spills_and_keeps_everything(void)
{
	fill(64, 90, 10);
	fill(192, 90, 10);
}

static void a_full_table_refuses_and_stays_right(void)
{
	struct la_table t = table_new(4);
	u64 i, kept = 0, n = 200, back = 0;
	bool in[200] = { false };
	struct la_record r;

	for (i = 0; i < n; i++) {
		in[i] = insert(&t, slab_address(i, 64), i) == LA_INSERT_NEW;
		kept += in[i];
	}
	CHECK_EQ(kept, la_segment_slots(t.cur));
	CHECK(kept < n);
	CHECK_EQ(walk_count(&t), kept);
	for (i = 0; i < n; i++) {
		bool removed = la_table_remove(&t, key_of(slab_address(i, 64)), &r);

		CHECK(removed == in[i]);
		back += removed;
	}
	CHECK_EQ(back, kept);
	segment_delete(t.cur);
}

/* Objects come and go in each phase of growth; the model is a bool each. */
static void growth_loses_nothing(void)
{
	struct la_table t = table_new(6);
	enum { N = 900 };
	static bool in[N];
	u64 live = 0, bucket, i, seed = 42;
	struct la_segment *old = t.cur;
	struct la_record r;

	for (i = 0; i < N; i++)
		in[i] = false;
	for (i = 0; i < 380; i++) {
		CHECK_EQ(insert(&t, slab_address(i, 64), i), LA_INSERT_NEW);
		in[i] = true;
		live++;
	}
	la_table_push(&t, segment_new(8));
	for (bucket = 0; bucket < 64; bucket++) {
		for (i = 0; i < 20; i++) {
			u64 j;

			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			j = (seed >> 33) % N;
			if (in[j]) {
				CHECK(la_table_find(&t, key_of(slab_address(j, 64)), &r));
				CHECK(la_table_remove(&t, key_of(slab_address(j, 64)), &r));
				CHECK_EQ(la_record_site(&r), j);
				live--;
			} else {
				CHECK_EQ(insert(&t, slab_address(j, 64), j), LA_INSERT_NEW);
				live++;
			}
			in[j] = !in[j];
		}
		CHECK_EQ(walk_count(&t), live);
		CHECK_EQ(la_table_move(&t, bucket, 1), 0);
	}
	CHECK(la_table_pop_prev(&t) == old);
	CHECK_EQ(walk_count(&t), live);
	for (i = 0; i < N; i++)
		CHECK(la_table_remove(&t, key_of(slab_address(i, 64)), &r) == in[i]);
	segment_delete(old);
	segment_delete(t.cur);
}

/* While a table grows a resize may be let pass, but what is said holds. */
static void resizing_survives_growth(void)
{
	struct la_table t = table_new(2);
	struct la_segment *old = t.cur;
	struct la_record r;
	bool done;

	insert(&t, slab_address(1, 64), 1);
	CHECK(la_table_set_requested(&t, key_of(slab_address(1, 64)), 54));
	la_table_push(&t, segment_new(3));
	done = la_table_set_requested(&t, key_of(slab_address(1, 64)), 55);
	la_table_move(&t, 0, 4);
	CHECK(la_table_find(&t, key_of(slab_address(1, 64)), &r));
	CHECK_EQ(la_record_requested(&r), done ? 55 : 54);
	la_table_pop_prev(&t);
	CHECK(la_table_set_requested(&t, key_of(slab_address(1, 64)), 56));
	CHECK(la_table_remove(&t, key_of(slab_address(1, 64)), &r));
	CHECK_EQ(la_record_requested(&r), 56);
	segment_delete(old);
	segment_delete(t.cur);
}

static void a_missed_free_is_healed_while_growing(void)
{
	struct la_table t = table_new(2);
	struct la_segment *old = t.cur;
	struct la_record stale;

	insert(&t, slab_address(1, 64), 1);
	la_table_push(&t, segment_new(3));
	CHECK_EQ(la_table_insert(&t, key_of(slab_address(1, 64)),
				 la_record_make(2, 0, 0, 1), &stale), LA_INSERT_HEALED);
	CHECK_EQ(la_record_site(&stale), 1);
	la_table_move(&t, 0, 4);
	CHECK_EQ(walk_count(&t), 1);
	segment_delete(old);
	segment_delete(t.cur);
}

static void an_audit_removes_only_what_it_read(void)
{
	struct la_table t = table_new(2);
	u64 key = key_of(slab_address(1, 64));
	struct la_record old, now, r;
	u32 site;

	insert(&t, slab_address(1, 64), 1);
	la_table_find(&t, key, &old);
	la_table_remove(&t, key, &r);
	insert(&t, slab_address(1, 64), 1);
	la_table_find(&t, key, &now);

	la_table_audit_begin(&t);
	/* The same address, site and time, but another object. */
	CHECK(!la_table_remove_if(&t, key, &old));
	CHECK(la_table_find(&t, key, &r));
	CHECK(la_table_remove_if(&t, key, &now));
	CHECK(!la_table_find(&t, key, &r));
	CHECK(!la_table_remove_if(&t, key, &now));
	/* Meanwhile nothing is fast, and all goes well. */
	CHECK(!la_table_insert_fast(&t, key, 3, 0, 0, 8));
	CHECK_EQ(insert(&t, slab_address(1, 64), 3), LA_INSERT_NEW);
	CHECK_EQ(insert(&t, slab_address(1, 64), 4), LA_INSERT_HEALED);
	CHECK(!la_table_remove_fast(&t, key, &site));
	CHECK(la_table_remove(&t, key, &r));
	CHECK_EQ(la_record_site(&r), 4);
	la_table_audit_end(&t);

	CHECK(la_table_insert_fast(&t, key, 5, 0, 0, 8));
	CHECK(la_table_remove_fast(&t, key, &site));
	CHECK_EQ(site, 5);
	segment_delete(t.cur);
}

/* What is fast and what is not are used in turn, until the table is full. */
static void fast_and_slow_agree(void)
{
	struct la_table t = table_new(6);
	u64 n = la_segment_slots(t.cur), i, bad = 0, fast = 0, kept = 0;
	bool *in = calloc(n, sizeof(*in));
	struct la_record r;
	u32 site;

	for (i = 0; i < n; i++) {
		u64 key = key_of(slab_address(i, 192));

		in[i] = i % 2 && la_table_insert_fast(&t, key, i, 1, 1, 1);
		fast += in[i];
		in[i] |= !in[i] && insert(&t, slab_address(i, 192), i) == LA_INSERT_NEW;
		kept += in[i];
	}
	CHECK(fast * 3 > n);
	CHECK_EQ(walk_count(&t), kept);
	for (i = 0; i < n; i++) {
		u64 j = (i * 7919 + 13) % n, key = key_of(slab_address(j, 192));

		/* What is there is not put there again. */
		bad += in[j] && la_table_insert_fast(&t, key, 1, 1, 1, 1);
		if (j % 3 && la_table_remove_fast(&t, key, &site))
			bad += !in[j] || site != j;
		else
			bad += la_table_remove(&t, key, &r) != in[j] ||
			       (in[j] && la_record_site(&r) != j);
		bad += la_table_remove_fast(&t, key, &site);
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ(walk_count(&t), 0);
	free(in);
	segment_delete(t.cur);
}

static void nothing_is_fast_while_the_table_grows(void)
{
	struct la_table t = table_new(2);
	struct la_segment *old = t.cur;
	u64 key = key_of(slab_address(1, 64));
	u32 site;

	CHECK(la_table_insert_fast(&t, key, 7, 0, 0, 8));
	la_table_push(&t, segment_new(3));
	CHECK(!la_table_insert_fast(&t, key_of(slab_address(2, 64)), 7, 0, 0, 8));
	CHECK(!la_table_remove_fast(&t, key, &site));
	la_table_move(&t, 0, 4);
	la_table_pop_prev(&t);
	CHECK(la_table_remove_fast(&t, key, &site));
	CHECK_EQ(site, 7);
	segment_delete(old);
	segment_delete(t.cur);
}

static void objects_cost_what_is_promised(void)
{
	/* 32 bytes per live object at three quarters. */
	CHECK((sizeof(u64) + sizeof(struct la_record)) * 4 <= 32 * 3);
}

/* Strides of slab objects must not crowd into few buckets. */
static void slab_addresses_spread(void)
{
	static const unsigned int sizes[] = { 8, 32, 64, 72, 128, 192, 256, 1024, 2048, 4096 };
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct la_table t = table_new(12);
		u64 i, b, spilled = 0, n = la_segment_slots(t.cur) * 3 / 4;

		for (i = 0; i < n; i++)
			insert(&t, slab_address(i, sizes[s]), 1);
		for (b = 0; b < 1ull << 12; b++)
			spilled += !!(t.cur->keys[b * LA_BUCKET_SLOTS] & LA_META_BUDDY);
		/* Of random keys 15 % of the buckets would spill some. */
		CHECK(spilled * 100 <= (1ull << 12) * 25);
		segment_delete(t.cur);
	}
}

static const struct unit_test tests[] = {
	{ "keys give back the address", keys_give_back_the_address },
	{ "records keep their fields", records_keep_their_fields },
	{ "one object comes and goes", one_object_comes_and_goes },
	{ "a missed free is healed", a_missed_free_is_healed },
	{ "a slot used again has a new generation", a_slot_used_again_has_a_new_generation },
	{ "three quarters full keeps everything", three_quarters_full_keeps_everything },
	{ "nearly full spills and keeps everything", nearly_full_spills_and_keeps_everything },
	{ "a full table refuses and stays right", a_full_table_refuses_and_stays_right },
	{ "growth loses nothing", growth_loses_nothing },
	{ "resizing survives growth", resizing_survives_growth },
	{ "a missed free is healed while growing", a_missed_free_is_healed_while_growing },
	{ "an audit removes only what it read", an_audit_removes_only_what_it_read },
	{ "fast and slow agree", fast_and_slow_agree },
	{ "nothing is fast while the table grows", nothing_is_fast_while_the_table_grows },
	{ "objects cost what is promised", objects_cost_what_is_promised },
	{ "slab addresses spread", slab_addresses_spread },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
