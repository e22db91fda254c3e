// SPDX-License-Identifier: GPL-2.0-only
/* Tables of the views and columns of format version 1. */
#include "view.h"

#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SITE_SORT "bytes objects requested allocs frees oldest_s"

static const struct la_view views[] = {
	{ .name = "callers", .list = true, .sort = SITE_SORT },
	{ .name = "stacks", .shape = LA_SHAPE_STACKS, .list = true, .sort = SITE_SORT,
	  .added = true, .ten = true },
	{ .name = "objects", .list = true, .sort = "age_s bytes address" },
	{ .name = "suspects", .list = true, .sort = "score bytes objects" },
	{ .name = "slabs", .list = true, .sort = "slab_bytes objects tracked" },
	{ .name = "samples", .list = true, .reasons = "content", .ten = true, .content = true },
	{ .name = "unloaded", .shape = LA_SHAPE_STACKS, .list = true, .added = true, .ten = true },
	{ .name = "ghost" },
	{ .name = "hooks" },
	{ .name = "stats" },
	{ .name = "verdict", .shape = LA_SHAPE_PROSE },
	{ .name = "control", .shape = LA_SHAPE_PROSE },
};

/*
 * Names stay strings even where they look like numbers (comm "123"), so each
 * known column has its kind. A column that a later module adds is a number
 * wherever it looks like one.
 */
static const struct {
	enum la_kind kind;
	const char *columns;
} kinds[] = {
	{ LA_KIND_TEXT, "class cache caller comm aliases top_caller term note path symbol probe "
			"state selftest name" },
	{ LA_KIND_ADDRESS, "address" },
	{ LA_KIND_NUMBER, "objects allocs frees oldest_s age_s pid score hits missed object_size "
			  "tracked" },
	{ LA_KIND_BYTES, "bytes bytes_error requested slab_bytes growth_bytes_per_s" },
	{ LA_KIND_KB, "kB" },
};

const struct la_view *view_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(views); i++) {
		if (!strcmp(views[i].name, name))
			return &views[i];
	}
	return NULL;
}

bool view_has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	if (!len || strchr(word, ' '))
		return false;
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == len && !memcmp(words, word, n))
			return true;
		words += n;
		words += strspn(words, " ");
	}
	return false;
}

enum la_kind view_column_kind(const char *column)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (view_has_word(kinds[i].columns, column))
			return kinds[i].kind;
	}
	return LA_KIND_AUTO;
}
