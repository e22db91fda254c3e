// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutations of the fixtures through parser and printers, under sanitizers. The
 * seed is fixed, so a failure comes back; FUZZ_SEED and FUZZ_ROUNDS change it.
 */
#include "parse_support.h"
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INPUT 65536

static const char * const names[] = {
	"busy/callers", "busy/objects", "busy/suspects", "busy/slabs", "busy/samples",
	"busy/stacks", "full_table/stacks", "sampled/stacks", "sampled/callers",
	"busy/ghost", "busy/hooks", "busy/stats", "busy/verdict", "busy/control",
	"full_table/callers", "quiet/callers", "stock_busy/suspects", "stock_busy/samples",
	"stock_full_table/callers",
};

static const char * const tokens[] = {
	"\n", "#", "# ", "#   ", " ", "\t", "-", ">=", ">=1", "\\040", "\\000", "\\", "\"",
	"18446744073709551616", "-1", "0.5", "# 7 more rows\n", "# lower bounds: 1\n",
	"# leakacct callers 2 age=1s\n", "\033[2J", "\xc2\x9b", "\xff\xfe", "\xe2\x82\xac",
	"caller", "age=", "1 2 3 4 5 6 7 8 9 10\n", "    ", "    f+0x1/0x2 [m]\n", "    ...\n",
	"    (softirq)\n", "(", ")", ";", "+0x",
};

static struct {
	char *text;
	size_t len;
} seeds[ARRAY_SIZE(names)];

static unsigned long long state;
static struct {
	unsigned long rounds, accepted, refused, versions, bad_json, bad_text, bad_limit;
	unsigned long folded, bad_folded, bad_frames;
} seen;

/* xorshift64*: small, and the same everywhere. */
static size_t pick(size_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return below ? (size_t)((state * 2685821657736338717ull) >> 33) % below : 0;
}

static size_t insert(char *text, size_t len, size_t at, const char *what, size_t n)
{
	if (len + n > MAX_INPUT)
		return len;
	memmove(text + at + n, text + at, len - at);
	memmove(text + at, what, n);
	return len + n;
}

static size_t erase(char *text, size_t len, size_t at, size_t n)
{
	if (n > len - at)
		n = len - at;
	memmove(text + at, text + at + n, len - at - n);
	return len - n;
}

static size_t mutate(char *text, size_t len)
{
	static char filler[4096];
	size_t at = pick(len + 1);
	const char *token;
	size_t other;

	switch (pick(8)) {
	case 0:
		if (at < len)
			text[at] = (char)pick(256);
		return len;
	case 1:
		if (at < len)
			text[at] ^= (char)(1u << pick(8));
		return len;
	case 2:
		token = tokens[pick(ARRAY_SIZE(tokens))];
		return insert(text, len, at, token, strlen(token));
	case 3:
		return erase(text, len, at, 1 + pick(40));
	case 4:
		return pick(4) ? len : at;
	case 5:
		memset(filler, 'A' + (int)pick(26), sizeof(filler));
		return insert(text, len, at, filler, pick(sizeof(filler)));
	case 6:
		other = pick(ARRAY_SIZE(names));
		return insert(text, len, at, seeds[other].text, pick(seeds[other].len));
	default:
		other = pick(256);
		memset(filler, (int)other, 4);
		return insert(text, len, at, filler, 1 + pick(4));
	}
}

/* What a terminal may get: lines of UTF-8 without controls. */
static bool is_clean(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\n') || c == 0x7f)
			return false;
		if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)
			return false;
	}
	return true;
}

/* "frame;frame 12": no frame is empty, none holds a blank, and nothing else is there. */
static bool is_folded(const char *line)
{
	const char *count = strchr(line, ' ');
	const char *at;

	if (!count || count == line || *line == ';' || count[-1] == ';' || strstr(line, ";;"))
		return false;
	for (at = ++count; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
	}
	return at > count && *count != '0';
}

/* Last of all: it changes the frames. */
static void fold(struct la_doc *doc)
{
	bool clean;
	size_t len;
	char *line;
	int status;
	char *text = support_folded(doc, pick(2) ? "bytes" : "objects", pick(2), &status, &len);

	clean = is_clean(text, len) && (!len || text[len - 1] == '\n');
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		clean = clean && is_folded(line);
		seen.folded++;
	}
	seen.bad_folded += !clean;
	free(text);
}

/* Frames follow each other without a gap, and each stack has one at least. */
static bool has_frames_of_its_own(const struct la_doc *doc)
{
	bool stacks = doc->shape == LA_SHAPE_STACKS;
	size_t next = 0;
	size_t i;

	for (i = 0; i < doc->nrows; i++) {
		const struct la_row *r = &doc->rows[i];

		if (r->first_frame != next)
			return false;
		if (stacks ? !r->frames : r->frames)
			return false;
		next += r->frames;
	}
	return next == doc->frames.count;
}

static void print_all(struct la_doc *doc)
{
	unsigned long long total = doc->nrows;
	unsigned long long before = doc->more_rows;
	size_t len, max = 1 + pick(4);
	char *text;

	seen.bad_frames += !has_frames_of_its_own(doc);
	text = support_json(doc, &len);
	seen.bad_json += !support_is_json(text, len);
	free(text);
	text = support_people(doc, pick(2), &len);
	seen.bad_text += !is_clean(text, len);
	free(text);
	la_doc_limit(doc, max);
	seen.bad_limit += doc->nrows > max;
	seen.bad_limit += before < (1ull << 62) && doc->nrows + doc->more_rows != total + before;
	text = support_people(doc, false, &len);
	free(text);
	if (doc->shape == LA_SHAPE_STACKS)
		fold(doc);
}

static void one_round(char *text)
{
	size_t from = pick(ARRAY_SIZE(names));
	size_t len = seeds[from].len;
	size_t times = 1 + pick(6);
	enum la_shape shape = view_find(strchr(names[from], '/') + 1)->shape;
	struct la_doc doc;

	memcpy(text, seeds[from].text, len);
	while (times--)
		len = mutate(text, len);
	switch (support_parse(&doc, text, len, pick(6) ? shape : (enum la_shape)pick(3))) {
	case LA_PARSE_OK:
		seen.accepted++;
		print_all(&doc);
		break;
	case LA_PARSE_VERSION:
		seen.versions++;
		break;
	default:
		seen.refused++;
		break;
	}
	la_doc_free(&doc);
	seen.rounds++;
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static bool survives_mutations(void)
{
	unsigned long rounds = setting("FUZZ_ROUNDS", 20000);
	char *text = malloc(MAX_INPUT);
	bool ok = true;
	size_t i;

	if (!text)
		return false;
	state = setting("FUZZ_SEED", 20250405) | 1;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		seeds[i].text = support_fixture(names[i], &seeds[i].len);
	while (seen.rounds < rounds)
		one_round(text);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		free(seeds[i].text);
	free(text);
	printf("# %lu rounds: %lu accepted, %lu refused, %lu of another version; %lu folded\n",
	       seen.rounds, seen.accepted, seen.refused, seen.versions, seen.folded);
	EXPECT(ok, seen.rounds == rounds);
	return ok;
}

static bool reached_both_sides_of_the_parser(void)
{
	bool ok = true;

	EXPECT(ok, seen.accepted > seen.rounds / 10);
	EXPECT(ok, seen.refused > seen.rounds / 10);
	EXPECT(ok, seen.versions > 0);
	return ok;
}

static bool json_was_always_valid(void)
{
	bool ok = true;

	EXPECT(ok, seen.accepted && !seen.bad_json);
	return ok;
}

static bool text_was_always_clean(void)
{
	bool ok = true;

	EXPECT(ok, seen.accepted && !seen.bad_text);
	return ok;
}

static bool folded_lines_were_always_valid(void)
{
	bool ok = true;

	EXPECT(ok, seen.folded > seen.rounds / 10 && !seen.bad_folded);
	return ok;
}

static bool frames_were_of_their_row(void)
{
	bool ok = true;

	EXPECT(ok, seen.accepted && !seen.bad_frames);
	return ok;
}

static bool limits_kept_the_count(void)
{
	bool ok = true;

	EXPECT(ok, seen.accepted && !seen.bad_limit);
	return ok;
}

/* In this order: the first runs the rounds, the others judge them. */
static const struct ktap_test tests[] = {
	{ "survives_mutations", survives_mutations },
	{ "reached_both_sides_of_the_parser", reached_both_sides_of_the_parser },
	{ "json_was_always_valid", json_was_always_valid },
	{ "text_was_always_clean", text_was_always_clean },
	{ "folded_lines_were_always_valid", folded_lines_were_always_valid },
	{ "frames_were_of_their_row", frames_were_of_their_row },
	{ "limits_kept_the_count", limits_kept_the_count },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
