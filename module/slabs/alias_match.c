// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alias match.
 *
 * SLUB keeps caches of alike size and flags as one, under the name of the first. Nothing
 * in an object tells which of the names it was allocated by, but the caller does: it
 * is a function that is known (alias_names.h), or of the module that created the cache of that
 * name, or its own name has all that the cache's says. What none of that tells stays untold.
 */
#include "alias_match.h"

#include "alias_names.h"

#define MAX_WORDS	8u
#define MAX_WORD	24u

/* Is @word, @len long, in the space-separated @list? */
static bool is_listed(const char *list, const char *word, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && !memcmp(list, word, n))
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

/* "do_epoll_ctl" of "do_epoll_ctl.constprop.0": what the compiler adds is no name. */
static size_t function_len(const char *function)
{
	return strcspn(function, ".+");
}

static u64 known_mask(const struct la_alias *names, unsigned int n, const char *function)
{
	size_t len = function_len(function);
	unsigned int i, k;
	u64 mask = 0;

	for (k = 0; k < ARRAY_SIZE(known); k++) {
		if (strncmp(known[k].function, function, len) || known[k].function[len])
			continue;
		for (i = 0; i < n; i++)
			if (is_listed(known[k].caches, names[i].name, strlen(names[i].name)))
				mask |= 1ull << i;
	}
	return mask;
}

static u64 made_mask(const struct la_alias *names, unsigned int n)
{
	unsigned int i;
	u64 mask = 0;

	for (i = 0; i < n; i++)
		if (names[i].made)
			mask |= 1ull << i;
	return mask;
}

struct words {
	char at[MAX_WORDS][MAX_WORD];
	unsigned int n;
};

/* Lower-case words of letters; numbers, as in biovec-16, are sizes. */
static void split(struct words *w, const char *name, size_t len)
{
	size_t i, at = 0;

	w->n = 0;
	for (i = 0; i <= len && w->n < MAX_WORDS; i++) {
		unsigned char c = i < len ? name[i] : '\0';

		if (isalpha(c) || (isdigit(c) && at)) {
			if (at < MAX_WORD - 1)
				w->at[w->n][at++] = tolower(c);
			continue;
		}
		w->at[w->n][at] = '\0';
		w->n += at > 0;
		at = 0;
	}
}

/* A word and its plural are one. */
static bool same_word(const char *a, const char *b)
{
	size_t n = strlen(a);

	return !strncmp(a, b, n) && (!b[n] || (b[n] == 's' && !b[n + 1]));
}

static bool has_word(const struct words *w, const char *word)
{
	unsigned int i;

	for (i = 0; i < w->n; i++)
		if (same_word(word, w->at[i]) || same_word(w->at[i], word))
			return true;
	return false;
}

/*
 * How many telling words of a cache's name are in those of the caller; 0 when one is missing. A
 * module's function must share a word with the cache through the module's own name: what
 * its functions are called says nothing of other people's caches.
 */
static unsigned int alike(const char *name, const struct words *function,
			  const struct words *module)
{
	struct words cache;
	unsigned int i, told = 0;
	bool its_own = !module->n;

	split(&cache, name, strlen(name));
	for (i = 0; i < cache.n; i++) {
		const char *word = cache.at[i];
		bool common = is_listed(common_words, word, strlen(word));

		if (has_word(module, word)) {
			its_own = its_own || !common;
			told += !common;
		} else if (has_word(function, word)) {
			told += !common;
		} else if (!common) {
			return 0;
		}
	}
	return its_own ? told : 0;
}

static u64 alike_mask(const struct la_alias *names, unsigned int n, const char *function,
		      const char *module)
{
	struct words of_function, of_module = { .n = 0 };
	unsigned int i, told, most = 0;
	u64 mask = 0;

	split(&of_function, function, function_len(function));
	if (module)
		split(&of_module, module, strlen(module));
	for (i = 0; i < n; i++) {
		told = names[i].leftover ? 0 : alike(names[i].name, &of_function, &of_module);
		if (told > most) {
			most = told;
			mask = 0;
		}
		if (told && told == most)
			mask |= 1ull << i;
	}
	return mask;
}

/**
 * la_alias_judge() - which of a cache's names are the objects of a caller?
 * @names: the names
 * @n: how many
 * @function: the caller, as symbols are named; what begins with '+' or '.' is left out
 * @module: its module, or NULL for the kernel itself
 * @how: gets how it is known
 *
 * Return: a bit for each name that it can be: several when they can't be told apart, 0 when it
 * is not told at all.
 */
u64 la_alias_judge(const struct la_alias *names, unsigned int n, const char *function,
		   const char *module, enum la_alias_how *how)
{
	u64 mask;

	if (n > LA_ALIAS_MAX)
		n = LA_ALIAS_MAX;
	*how = LA_ALIAS_KNOWN;
	mask = known_mask(names, n, function);
	if (mask)
		return mask;
	*how = LA_ALIAS_MADE;
	mask = made_mask(names, n);
	if (mask)
		return mask;
	*how = LA_ALIAS_ALIKE;
	mask = alike_mask(names, n, function, module);
	if (mask)
		return mask;
	*how = LA_ALIAS_UNTOLD;
	return 0;
}

/* Bytes that the end of a kmalloc cache's name says: "96", "2k", "1M"; 0 is none. */
static u64 size_of_name(const char *at)
{
	u64 size = 0;

	if (*at == '0')
		return 0;
	for (; isdigit((unsigned char)*at) && size < 100000; at++)
		size = size * 10 + (*at - '0');
	if (*at == 'k') {
		size <<= 10;
		at++;
	} else if (*at == 'M') {
		size <<= 20;
		at++;
	}
	return *at ? 0 : size;
}

/* The beginnings of families: those of kmalloc's types, and of kmem_buckets_create(). */
static const char *const families[] = {
	"kmalloc", "kmalloc-cg", "kmalloc-rcl", "kmalloc-dma", "dma-kmalloc", "kmalloc-rnd-",
	"kmalloc-part-", "memdup_user", "msg_msg",
};

/**
 * la_alias_family() - the family that a cache belongs to
 * @name: the cache's
 * @object_size: bytes of an object
 * @family: gets "kmalloc-256" for any kind of kmalloc of that size
 * @size: of @family
 *
 * Return: whether it is a cache of kmalloc().
 */
bool la_alias_family(const char *name, u32 object_size, char *family, size_t size)
{
	const char *dash = strrchr(name, '-');
	size_t len = dash ? (size_t)(dash - name) : 0;
	unsigned int i;

	/* With a red zone or KASAN an object has the size that its name says all the same. */
	if (!dash || !object_size || size_of_name(dash + 1) != object_size)
		return false;
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		size_t n = strlen(families[i]);
		bool numbered = families[i][n - 1] == '-';

		if (numbered ? len <= n : len != n)
			continue;
		if (memcmp(name, families[i], n))
			continue;
		if (numbered && strspn(name + n, "0123456789") != len - n)
			continue;
		snprintf(family, size, "kmalloc%s", dash);
		return true;
	}
	return false;
}
