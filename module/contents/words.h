/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words: what the words that objects hold point to.
 */
#ifndef LEAKACCT_WORDS_H
#define LEAKACCT_WORDS_H

#include <linux/types.h>

#include "table.h"

/* Areas of vmalloc that are known at most. */
#define LA_WORDS_AREAS	4096u

/**
 * struct la_words - what can't be found from inside, but for by its beginning
 * @nr: areas
 * @areas: of vmalloc, by address once la_words_sort() was called
 */
struct la_words {
	u32 nr;
	struct la_words_area {
		unsigned long begin;
		unsigned long end;
	} areas[LA_WORDS_AREAS];
};

void la_words_note(struct la_words *w, u64 key, const struct la_record *rec);
void la_words_sort(struct la_words *w);
bool la_words_resolve(const struct la_words *w, unsigned long word, char *buf, size_t size);

#endif /* LEAKACCT_WORDS_H */
