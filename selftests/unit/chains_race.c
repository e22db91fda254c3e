// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that recall and learn chains at once, for the thread sanitizer: as hooks
 * do on several CPUs, while another forgets some, and clears all now and then.
 *
 * Whatever they meet, a chain that matches is one of their stack: its site is
 * computed from the frames, so each thread knows what to expect.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"
#include "chains_model.h"

enum { HOOKS = 2, EVENTS = 60000 };

static struct la_chains chains;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of those who add */
static unsigned long entered[HOOKS];	/* odd: a chain may be in use */
static int done;

/* Memory comes back a grace period after all were cleared. */
static void *taken[1 << 18];
static unsigned int nr_taken;

static void *take(unsigned int bytes)
{
	return nr_taken < ARRAY_SIZE(taken) ? taken[nr_taken++] = malloc(bytes) : NULL;
}

static u32 site_of(const struct model_stack *s, u64 what)
{
	u32 site = what;
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		site = site * 31 + (u32)s->frames[i];
	return site;
}

struct hook {
	pthread_t id;
	int who;
	u64 matched, added, wrong;
};

static void one_event(struct hook *h, struct model_stack *s, void *stack, u64 *seed)
{
	u64 what = 64 + 8 * model_dice(seed, 3);
	struct la_chain_key key = { .b = what };
	const struct la_chain *chain = NULL;
	const struct la_link *root;

	model_draw(s, seed, 2);
	model_write(s, stack, MODEL_STACK, model_dice(seed, 8) * 8, seed);
	key.a = s->frames[0];

	__atomic_add_fetch(&entered[h->who], 1, __ATOMIC_SEQ_CST);
	root = la_chains_find(&chains, key.a, what, la_chains_salt(what));
	if (root)
		chain = model_recall(&chains, root, s->place, s->room - 1);
	if (chain) {
		h->matched++;
		h->wrong += chain->site != site_of(s, what);
	} else {
		pthread_mutex_lock(&lock);
		h->added += la_chains_add(&chains, &key, s->words, s->nr_words,
					  site_of(s, what), NULL, take) == LA_CHAIN_ADDED;
		pthread_mutex_unlock(&lock);
	}
	__atomic_add_fetch(&entered[h->who], 1, __ATOMIC_SEQ_CST);
}

static void *hook(void *arg)
{
	static char stacks[HOOKS][MODEL_STACK] __attribute__((aligned(64)));
	struct hook *h = arg;
	u64 seed = h->who + 1, i;
	struct model_stack s;

	for (i = 0; i < EVENTS; i++) {
		/* Half of them of the few that come all the time. */
		u64 often = h->who + 10 + model_dice(&seed, 20);

		one_event(h, &s, stacks[h->who], i % 2 ? &seed : &often);
	}
	return NULL;
}

static void wait_for_all(void)
{
	int i;

	for (i = 0; i < HOOKS; i++) {
		unsigned long seen = __atomic_load_n(&entered[i], __ATOMIC_SEQ_CST);

		while (seen % 2 && __atomic_load_n(&entered[i], __ATOMIC_SEQ_CST) == seen)
			sched_yield();
	}
}

/* As when modules go: chains with their text are forgotten, and in the end all. */
static void *forget(void *arg)
{
	u64 *turns = arg, seed = 9;
	void **old = malloc(sizeof(taken));
	unsigned int n, i;

	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
		unsigned long text = model_call(model_dice(&seed, MODEL_FUNCTIONS), 0);
		struct la_link *link;

		pthread_mutex_lock(&lock);
		for (link = chains.last; link; link = link->next)
			if (la_link_has_text(link, text, 256))
				la_chains_forget(&chains, link);
		n = 0;
		if (++*turns % 8 == 0) {
			la_chains_clear(&chains);
			n = nr_taken;
			memcpy(old, taken, n * sizeof(*old));
			nr_taken = 0;
		}
		pthread_mutex_unlock(&lock);
		if (n)
			wait_for_all();
		for (i = 0; i < n; i++)
			free(old[i]);
		usleep(2000);
	}
	free(old);
	return NULL;
}

static void what_matches_is_right_whoever_learns_and_forgets(void)
{
	struct hook hooks[HOOKS] = { 0 };
	u64 turns = 0, matched = 0, added = 0;
	pthread_t forgetter;
	int i;

	la_chains_clear(&chains);
	for (i = 0; i < HOOKS; i++) {
		hooks[i].who = i;
		pthread_create(&hooks[i].id, NULL, hook, &hooks[i]);
	}
	pthread_create(&forgetter, NULL, forget, &turns);
	for (i = 0; i < HOOKS; i++) {
		pthread_join(hooks[i].id, NULL);
		CHECK_EQ(hooks[i].wrong, 0);
		matched += hooks[i].matched;
		added += hooks[i].added;
	}
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	pthread_join(forgetter, NULL);
	printf("# %llu matched, %llu added, %llu turns of forgetting\n",
	       (unsigned long long)matched, (unsigned long long)added, (unsigned long long)turns);
	CHECK(matched > EVENTS / 10 && added > EVENTS / 10 && turns > 16);
	while (nr_taken)
		free(taken[--nr_taken]);
}

static const struct unit_test tests[] = {
	{ "what matches is right, whoever learns and forgets",
	  what_matches_is_right_whoever_learns_and_forgets },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
