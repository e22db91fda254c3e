// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembered chains against a model: a stack that was added is found again, a
 * stack that was not is never taken for one.
 */
#include "unit.h"
#include "chains_model.h"

static struct la_chains chains;
static u64 seed = 1;
static unsigned int nr_plain;	/* found without following a frame pointer */
static char stack[MODEL_STACK] __attribute__((aligned(64)));

/* Memory for chains; all goes at once. */
static void *taken[1 << 20];
static unsigned int nr_taken, may_take;

static void *take(unsigned int bytes)
{
	if (nr_taken == may_take)
		return NULL;
	return taken[nr_taken++] = malloc(bytes);
}

static void start(void)
{
	while (nr_taken)
		free(taken[--nr_taken]);
	may_take = ARRAY_SIZE(taken);
	la_chains_clear(&chains);
}

static const struct la_chain *match_from(const struct model_stack *s, unsigned long caller,
					 u64 what, unsigned long room)
{
	const struct la_link *root = la_chains_find(&chains, caller, what, la_chains_salt(what));
	const struct la_link *link = root;
	const struct la_chain *chain, *plain;
	const struct la_word *stop;

	if (!root)
		return NULL;
	room = room ? room - 1 : 0;
	chain = la_chains_tell(&chains, root, s->place, room);
	if (chain && !la_chain_matches(chain, chain->words, s->place, room))
		chain = NULL;
	/* What follows no frame pointer may not know it, but not know better. */
	switch (la_chains_match_plain(&chains, &link, s->place, room, &plain, &stop)) {
	case LA_PLAIN_MATCH:
		CHECK(plain == chain);
		nr_plain++;
		break;
	case LA_PLAIN_LINK:
		CHECK(!chain || chain == la_chains_tell(&chains, link, s->place, room));
		break;
	case LA_PLAIN_CHAIN:
		CHECK(!chain || chain == plain);
		CHECK(la_chain_matches(plain, stop, s->place, room) == !!chain);
		break;
	case LA_PLAIN_WORDS:
		CHECK(!"said here");
	}
	return chain;
}

static const struct la_chain *match(const struct model_stack *s, u64 what)
{
	return match_from(s, s->frames[0], what, s->room);
}

static enum la_chain_added add(const struct model_stack *s, u64 what, u32 site)
{
	const struct la_chain_key key = { .a = s->frames[0], .b = what };

	return la_chains_add(&chains, &key, s->words, s->nr_words, site, NULL, take);
}

/* What the model knows: the stacks that were added, and for which objects. */
struct known {
	unsigned int nr;
	u64 what;
	unsigned long frames[MODEL_DEPTH];
};

static struct known known[20000];
static u32 nr_known;

static bool same_frames(const struct model_stack *s, const struct known *k)
{
	return k->nr == s->nr && !memcmp(k->frames, s->frames, s->nr * sizeof(*s->frames));
}

static u32 site_of(const struct model_stack *s, u64 what)
{
	u32 i;

	for (i = 0; i < nr_known; i++)
		if (known[i].what == what && same_frames(s, &known[i]))
			return i + 1;
	known[nr_known] = (struct known){ .nr = s->nr, .what = what };
	memcpy(known[nr_known].frames, s->frames, sizeof(s->frames));
	return ++nr_known;
}

/* Few callers, so that most stacks come again, at any alignment. */
static void what_was_added_is_found_and_nothing_else(void)
{
	unsigned int i, found = 0, added = 0;
	struct model_stack s;

	start();
	nr_known = 0;
	for (i = 0; i < 60000; i++) {
		u64 what = 64 + 8 * model_dice(&seed, 2) + 64 * model_dice(&seed, 3);
		const struct la_chain *chain;
		u32 site;

		model_draw(&s, &seed, 3);
		/* Some paths are taken more often than others. */
		if (s.nr > 6 && model_dice(&seed, 50))
			continue;
		model_write(&s, stack, MODEL_STACK, model_dice(&seed, 8) * 8, &seed);
		site = site_of(&s, what);
		chain = match(&s, what);
		found += !!chain;
		if (chain) {
			CHECK_EQ(chain->site, site);
		} else {
			CHECK_EQ(add(&s, what, site), LA_CHAIN_ADDED);
			added++;
			chain = match(&s, what);
			CHECK(chain && chain->site == site);
		}
		CHECK_EQ(add(&s, what, site), LA_CHAIN_KNOWN);
	}
	printf("# %u found, %u plainly, %u added, of %u stacks\n",
	       found, nr_plain, added, nr_known);
	CHECK(found > 1000 && added > 1000 && nr_plain > 1000);
	CHECK_EQ(chains.nr, added);
}

/* One return address is another: never the old stack, whatever is compared at a time. */
static void each_word_counts(void)
{
	struct model_stack s;
	unsigned int i, w;

	for (i = 0; i < 300; i++) {
		start();
		model_draw(&s, &seed, MODEL_FUNCTIONS - MODEL_ROOTS);
		model_write(&s, stack, MODEL_STACK, model_dice(&seed, 8) * 8, &seed);
		CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
		for (w = 0; w < s.nr_words; w++) {
			long was = *s.at[w];

			*s.at[w] = was ^ 8;
			CHECK(!match(&s, 64));
			*s.at[w] = was;
			CHECK(match(&s, 64));
		}
		CHECK(!match(&s, 72));
		CHECK(!match_from(&s, s.frames[0] ^ 8, 64, s.room));
	}
}

/* What a frame pointer was saved as may be anything: it is not followed out of the stack. */
static void no_base_leads_out_of_the_stack(void)
{
	static const unsigned long anything[] = { 0, 8, -8, 1, -1, 1ul << 63, ~(1ul << 63) };
	struct model_stack s;
	unsigned int i, w, k, bases = 0;

	for (i = 0; i < 300; i++) {
		start();
		model_draw(&s, &seed, MODEL_FUNCTIONS - MODEL_ROOTS);
		model_write(&s, stack, MODEL_STACK, 0, &seed);
		CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
		for (w = 0; w < s.nr_words; w++) {
			if (s.words[w].value != LA_WORD_BASE)
				continue;
			bases++;
			for (k = 0; k < ARRAY_SIZE(anything); k++) {
				*s.at[w] = anything[k];
				CHECK(!match(&s, 64));
				*s.at[w] = (unsigned long)s.place + anything[k];
				CHECK(!match(&s, 64));
				*s.at[w] = (unsigned long)s.place + s.room + anything[k];
				CHECK(!match(&s, 64));
			}
			break;
		}
	}
	CHECK(bases > 50);
}

/* With the stack's last word the last that there is. */
static void nothing_beyond_the_room_is_read(void)
{
	struct model_stack s;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		unsigned int alignment = model_dice(&seed, 8) * 8;
		void *exact;

		start();
		model_draw(&s, &seed, MODEL_FUNCTIONS - MODEL_ROOTS);
		model_write(&s, stack, MODEL_STACK, alignment, &seed);
		CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
		CHECK(match_from(&s, s.frames[0], 64, s.end));
		/* The sanitizer sees what is read behind this. */
		if (posix_memalign(&exact, 64, MODEL_STACK / 4 + alignment + s.end))
			return;
		model_write(&s, exact, MODEL_STACK / 4 + alignment + s.end, alignment, &seed);
		CHECK_EQ(s.room, s.end);
		CHECK(match(&s, 64));
		for (s.room--; s.room > 8; s.room -= s.room / 4)
			CHECK(!match(&s, 64));
		free(exact);
	}
}

/* The same caller, once from deep down, once from near the end of the stack. */
static void a_shallow_stack_is_found_beside_a_deep_one(void)
{
	struct model_stack deep, shallow;
	unsigned int i, shorter = 0;
	void *exact;

	for (i = 0; i < 1000; i++) {
		start();
		model_draw(&deep, &seed, 1);
		model_draw(&shallow, &seed, 1);
		if (shallow.frames[0] != deep.frames[0] || deep.frames[1] == shallow.frames[1])
			continue;
		model_write(&deep, stack, MODEL_STACK, 0, &seed);
		CHECK_EQ(add(&deep, 64, 1), LA_CHAIN_ADDED);
		model_write(&shallow, stack, MODEL_STACK, 0, &seed);
		if (posix_memalign(&exact, 64, MODEL_STACK / 4 + shallow.end))
			return;
		model_write(&shallow, exact, MODEL_STACK / 4 + shallow.end, 0, &seed);
		CHECK_EQ(add(&shallow, 64, 2), LA_CHAIN_ADDED);
		CHECK(match(&shallow, 64) && match(&shallow, 64)->site == 2);
		shorter += shallow.end < deep.end;
		free(exact);
	}
	CHECK(shorter > 50);
}

/* A longer stack that begins like this one, or one cut shorter, is no branch. */
static void a_beginning_alone_is_no_match(void)
{
	struct model_stack s, shorter;

	start();
	do
		model_draw(&s, &seed, MODEL_FUNCTIONS - MODEL_ROOTS);
	while (s.nr < 8);
	model_write(&s, stack, MODEL_STACK, 0, &seed);
	shorter = s;
	shorter.nr_words -= 3;
	if (shorter.words[shorter.nr_words - 1].value == LA_WORD_BASE)
		shorter.nr_words--;
	CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
	CHECK_EQ(add(&shorter, 64, 2), LA_CHAIN_CONFLICT);
	CHECK_EQ(match(&s, 64)->site, 1);
	start();
	CHECK_EQ(add(&shorter, 64, 2), LA_CHAIN_ADDED);
	CHECK_EQ(add(&s, 64, 1), LA_CHAIN_CONFLICT);
	CHECK_EQ(add(&shorter, 64, 3), LA_CHAIN_CONFLICT);
	/* The same frames at another distance: the assumption does not hold there. */
	shorter.words[1].distance += 8;
	CHECK_EQ(add(&shorter, 64, 2), LA_CHAIN_CONFLICT);
}

static void what_is_forgotten_is_found_no_more(void)
{
	struct model_stack s, other;
	struct la_link *link;
	u64 again = 77;

	start();
	model_draw(&s, &again, 1);
	do
		model_draw(&other, &seed, MODEL_FUNCTIONS - MODEL_ROOTS);
	while (other.frames[0] == s.frames[0]);
	model_write(&s, stack, MODEL_STACK, 0, &seed);
	CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
	CHECK_EQ(add(&s, 72, 2), LA_CHAIN_ADDED);
	link = la_chains_find(&chains, s.frames[0], 64, la_chains_salt(64));
	CHECK(la_link_has_text(link, model_call(model_function(s.frames[0]), 0), 256));
	CHECK(!la_link_has_text(link, 0xffffffffc0000000ul, 1 << 20));
	CHECK(la_link_has_objects(link, 64));
	CHECK(!la_link_has_objects(link, 128));
	la_chains_forget(&chains, link);
	CHECK(!match(&s, 64));
	CHECK_EQ(match(&s, 72)->site, 2);
	CHECK_EQ(add(&s, 64, 3), LA_CHAIN_ADDED);
	CHECK_EQ(match(&s, 64)->site, 3);
	model_write(&other, stack, MODEL_STACK, 0, &seed);
	CHECK(!match(&other, 64));
	la_chains_clear(&chains);
	CHECK_EQ(chains.nr, 0);
	model_write(&s, stack, MODEL_STACK, 0, &seed);
	CHECK(!match(&s, 64) && !match(&s, 72));
}

/* Stacks of one caller that differ later and later, or earlier and earlier. */
static void forks_come_in_any_order(void)
{
	static struct model_stack many[400];
	unsigned int i, n = 0, order;
	struct model_stack s;
	u64 draw = 5;

	while (n < ARRAY_SIZE(many)) {
		model_draw(&s, &draw, 1);
		for (i = 0; i < n; i++)
			if (many[i].nr == s.nr &&
			    !memcmp(many[i].frames, s.frames, s.nr * sizeof(*s.frames)))
				break;
		if (i == n)
			many[n++] = s;
	}
	for (order = 0; order < 3; order++) {
		start();
		for (i = 0; i < n; i++) {
			u32 nth = order == 0 ? i : order == 1 ? n - 1 - i : i * 7919 % n;

			model_write(&many[nth], stack, MODEL_STACK, i % 8 * 8, &seed);
			CHECK(!match(&many[nth], 64));
			CHECK_EQ(add(&many[nth], 64, nth + 1), LA_CHAIN_ADDED);
		}
		for (i = 0; i < n; i++) {
			model_write(&many[i], stack, MODEL_STACK, 0, &seed);
			CHECK(match(&many[i], 64) && match(&many[i], 64)->site == i + 1);
			CHECK_EQ(add(&many[i], 64, i + 1), LA_CHAIN_KNOWN);
		}
		CHECK_EQ(chains.nr, n);
	}
}

/* What is forgotten beyond a fork, or with the fork, is learnt again. */
static void what_is_forgotten_is_learnt_again(void)
{
	static struct model_stack many[300];
	unsigned int i, round, forgotten = 0, kept = 0;
	u64 draw = 5;

	start();
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		model_draw(&many[i], &draw, 2);
		model_write(&many[i], stack, MODEL_STACK, 0, &seed);
		add(&many[i], 64, i + 1);
	}
	for (round = 0; round < 20; round++) {
		unsigned long text = model_call(model_dice(&seed, MODEL_FUNCTIONS), 0);
		const struct la_link *link;

		for (link = chains.last; link; link = link->next)
			if (la_link_has_text(link, text, 256))
				la_chains_forget(&chains, link);
		for (i = 0; i < ARRAY_SIZE(many); i++) {
			const struct la_chain *chain;
			unsigned int k, has = 0;

			model_write(&many[i], stack, MODEL_STACK, 0, &seed);
			chain = match(&many[i], 64);
			for (k = 0; k < many[i].nr; k++)
				has |= many[i].frames[k] - text < 256;
			CHECK(!has || !chain);
			forgotten += has;
			kept += !!chain;
		}
		for (i = 0; i < ARRAY_SIZE(many); i++) {
			model_write(&many[i], stack, MODEL_STACK, 0, &seed);
			if (!match(&many[i], 64))
				CHECK_EQ(add(&many[i], 64, i + 1), LA_CHAIN_ADDED);
			CHECK(match(&many[i], 64));
		}
	}
	CHECK(forgotten > 100 && kept > 100);
}

/* A frame pointer is followed between two return addresses only. */
static void words_that_make_no_sense_are_refused(void)
{
	struct la_word w[] = {
		{ -5, 64 }, { LA_WORD_BASE, 72 }, { -6, 8 }, { -7, 24 },
	};
	struct model_stack s = { .nr_words = 4 };
	unsigned int i;

	start();
	s.frames[0] = -5ul;
	memcpy(s.words, w, sizeof(w));
	CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
	s.nr_words = 2;
	CHECK_EQ(add(&s, 72, 1), LA_CHAIN_CONFLICT);
	s.nr_words = 4;
	for (i = 0; i < 4; i += 2) {
		memcpy(s.words, w, sizeof(w));
		s.words[i].value = LA_WORD_BASE;
		CHECK_EQ(add(&s, 72, 1), LA_CHAIN_CONFLICT);
	}
	CHECK_EQ(chains.nr, 1);
	start();
}

/* The context is a part of the key: an interrupt's stacks are its own. */
static void contexts_are_told_apart(void)
{
	struct model_stack s;
	u64 context;

	start();
	model_draw(&s, &seed, MODEL_FUNCTIONS - MODEL_ROOTS);
	model_write(&s, stack, MODEL_STACK, 0, &seed);
	for (context = 0; context < 4; context++)
		CHECK_EQ(add(&s, 64 | context, context + 1), LA_CHAIN_ADDED);
	for (context = 0; context < 4; context++) {
		CHECK_EQ(match(&s, 64 | context)->site, context + 1);
		CHECK(la_link_has_objects(la_chains_find(&chains, s.frames[0], 64 | context,
							 la_chains_salt(64 | context)), 64));
	}
}

/* Without memory, and with a full index, what was added before is still right. */
static void refusals_do_no_harm(void)
{
	unsigned int i, refused = 0;
	struct model_stack s;

	start();
	model_draw(&s, &seed, 1);
	model_write(&s, stack, MODEL_STACK, 0, &seed);
	CHECK_EQ(add(&s, 64, 1), LA_CHAIN_ADDED);
	may_take = nr_taken;
	CHECK_EQ(add(&s, 72, 2), LA_CHAIN_NO_ROOM);
	CHECK(!match(&s, 72));
	CHECK_EQ(match(&s, 64)->site, 1);

	may_take = ARRAY_SIZE(taken);
	for (i = 1; i < 80000; i++)
		refused += add(&s, 64 + 8 * i, i + 1) == LA_CHAIN_NO_ROOM;
	CHECK(refused > 1000 && chains.nr > 50000);
	CHECK_EQ(chains.nr, 80000 - refused);
	for (i = 0; i < 80000; i++) {
		const struct la_chain *chain = match(&s, 64 + 8 * i);

		refused -= !chain;
		CHECK(!chain || chain->site == i + 1);
	}
	CHECK_EQ(refused, 0);
	start();
}

static const struct unit_test tests[] = {
	{ "what was added is found and nothing else", what_was_added_is_found_and_nothing_else },
	{ "each word counts", each_word_counts },
	{ "no base leads out of the stack", no_base_leads_out_of_the_stack },
	{ "nothing beyond the room is read", nothing_beyond_the_room_is_read },
	{ "a shallow stack is found beside a deep one",
	  a_shallow_stack_is_found_beside_a_deep_one },
	{ "a beginning alone is no match", a_beginning_alone_is_no_match },
	{ "what is forgotten is found no more", what_is_forgotten_is_found_no_more },
	{ "forks come in any order", forks_come_in_any_order },
	{ "what is forgotten is learnt again", what_is_forgotten_is_learnt_again },
	{ "words that make no sense are refused", words_that_make_no_sense_are_refused },
	{ "contexts are told apart", contexts_are_told_apart },
	{ "refusals do no harm", refusals_do_no_harm },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
