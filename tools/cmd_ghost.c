// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ghost`: the module's ledger and what user space can be asked, as one table. For people
 * a bar of the whole memory stands above it, and each row has its share.
 */
#include "ask.h"
#include "load.h"
#include "out.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAR_WIDTH 72

/* What the bar is made of, in its order. Terms of no other part are the kernel's. */
static const struct part {
	char sign;
	const char *name;
	const char *terms;
} parts[] = {
	{ 'u', "user memory and page cache", "lru lru_batches isolated hugetlb zsmalloc" },
	{ 's', "slab", "slab" },
	{ 'v', "vmalloc", "vmalloc" },
	{ 'k', "other of the kernel", "" },
	{ '?', "ghost", "ghost" },
	{ '.', "free", "free free_percpu_lists free_isolated" },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))
#define REST 3

static const struct {
	const char *prefix;
	const char *title;
} sections[] = {
	{ "classic_", "The formula that people copy" },
	{ "census_", "Every page frame" },
	{ "held_", "Who holds it" },
	{ "asked_", "What user space says" },
	{ "changed_", "Since the mark" },
	{ "change_", "Since the mark, by whom" },
};

static bool row_kb(const struct la_doc *doc, size_t row, long long *kb)
{
	const char *cell = la_doc_cell(doc, row, la_doc_column(doc, "kB"));
	char *end;

	*kb = strtoll(cell, &end, 10);
	return *cell != '-' || end != cell ? !*end && end != cell : false;
}

static bool find_kb(const struct la_doc *doc, const char *term, long long *kb)
{
	size_t row, column = la_doc_column(doc, "term");

	for (row = 0; row < doc->nrows; row++)
		if (!strcmp(la_doc_cell(doc, row, column), term))
			return row_kb(doc, row, kb);
	return false;
}

/* kB of each part; what is in none of the named terms is the kernel's. */
static long long sum_parts(const struct la_doc *doc, long long *kb)
{
	long long total, rest, value;
	char words[64];
	size_t i;

	if (!find_kb(doc, "total", &total) || total <= 0)
		return 0;
	rest = total;
	for (i = 0; i < PARTS; i++) {
		char *word;

		kb[i] = 0;
		snprintf(words, sizeof(words), "%s", parts[i].terms);
		for (word = strtok(words, " "); word; word = strtok(NULL, " "))
			if (find_kb(doc, word, &value) && value > 0)
				kb[i] += value;
		rest -= kb[i];
	}
	kb[REST] = rest > 0 ? rest : 0;
	return total;
}

static const char *size_text(const struct la_style *style, long long kb, char *buf, size_t size)
{
	char plain[32];

	snprintf(plain, sizeof(plain), "%lld", kb);
	if (style->bytes || !text_scale(plain, 1024, buf, size))
		snprintf(buf, size, "%lld kB", kb);
	return buf;
}

static void print_bar(const struct la_style *style, const struct la_doc *doc)
{
	long long kb[PARTS], total = sum_parts(doc, kb), seen = 0;
	char size[32];
	int drawn = 0;
	size_t i;

	if (!total)
		return;
	fprintf(style->f, "%s\n[", size_text(style, total, size, sizeof(size)));
	for (i = 0; i < PARTS; i++) {
		int until;

		/* By the sum so far, so that what is rounded does not add up. */
		seen += kb[i];
		until = (int)((seen * BAR_WIDTH + total / 2) / total);
		for (; drawn < until && drawn < BAR_WIDTH; drawn++)
			putc(parts[i].sign, style->f);
	}
	for (; drawn < BAR_WIDTH; drawn++)
		putc(' ', style->f);
	fputs("]\n", style->f);
	for (i = 0; i < PARTS; i++)
		fprintf(style->f, " %c %-28s %12s %5.1f %%\n", parts[i].sign, parts[i].name,
			size_text(style, kb[i], size, sizeof(size)),
			100.0 * (double)kb[i] / (double)total);
}

static const char *section_of(const char *term)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (text_after(term, sections[i].prefix))
			return sections[i].title;
	return "Ledger";
}

static void print_title(const struct la_style *style, const char *title)
{
	fprintf(style->f, "\n%s%s%s\n", style->colour ? "\033[1m" : "", title,
		style->colour ? "\033[0m" : "");
}

/* What the module says in its first lines: who reads no further has read that. */
static const char *first_line(const struct la_doc *doc, size_t note)
{
	return text_after(doc->notes.at[note], "ghost: ");
}

static void print_first(const struct la_style *style, const struct la_doc *doc)
{
	size_t i, n = 0;

	for (i = 0; i < doc->notes.count; i++) {
		const char *line = first_line(doc, i);

		if (!line)
			continue;
		if (!n++)
			print_title(style, "Ghost");
		fputs("  ", style->f);
		out_text(style->f, line);
		putc('\n', style->f);
	}
}

static void print_row(const struct la_style *style, const struct la_doc *doc, size_t row,
		      long long total)
{
	const struct la_row *r = &doc->rows[row];
	char size[32] = "-", share[16] = "-";
	long long kb;
	size_t i;

	if (row_kb(doc, row, &kb)) {
		size_text(style, kb, size, sizeof(size));
		if (total > 0)
			snprintf(share, sizeof(share), "%.1f %%",
				 100.0 * (double)kb / (double)total);
	}
	fprintf(style->f, "  %-24s %12s %8s  ",
		la_doc_cell(doc, row, la_doc_column(doc, "term")), size, share);
	out_text(style->f, la_doc_cell(doc, row, la_doc_column(doc, "note")));
	putc('\n', style->f);
	for (i = 0; i < r->reasons; i++) {
		fputs("    ", style->f);
		out_text(style->f, doc->reasons.at[r->first_reason + i]);
		putc('\n', style->f);
	}
}

static void print_people(const struct la_style *style, const struct la_doc *doc)
{
	const char *section = NULL;
	long long total = 0;
	size_t row, i;

	find_kb(doc, "total", &total);
	print_bar(style, doc);
	print_first(style, doc);
	for (row = 0; row < doc->nrows && !ferror(style->f); row++) {
		const char *now = section_of(la_doc_cell(doc, row, la_doc_column(doc, "term")));

		if (now != section)
			print_title(style, now);
		section = now;
		print_row(style, doc, row, total);
	}
	for (i = 0; i < doc->notes.count; i++) {
		if (first_line(doc, i))
			continue;
		fputs("note: ", style->f);
		out_text(style->f, doc->notes.at[i]);
		putc('\n', style->f);
	}
}

static int show(const struct la_args *args, const struct la_doc *doc)
{
	struct la_style style = {
		.f = stdout,
		.bytes = args->value[OPT_BYTES],
		.colour = out_wants_colour(stdout),
	};
	struct la_json json = { .f = stdout };

	if (args->value[OPT_JSON]) {
		out_json(&json, NULL, doc);
		return LA_EXIT_OK;
	}
	if (la_doc_column(doc, "term") == LA_NO_COLUMN ||
	    la_doc_column(doc, "kB") == LA_NO_COLUMN ||
	    la_doc_column(doc, "note") == LA_NO_COLUMN)
		out_people(&style, doc);
	else
		print_people(&style, doc);
	return LA_EXIT_OK;
}

/* Of a file that ends in the middle of a line, the parser shall see just that. */
static void add_rows(char **buf, size_t *len, const struct la_ask *ask)
{
	char *text;

	if (!ask->len || !*len || (*buf)[*len - 1] != '\n')
		return;
	text = realloc(*buf, *len + ask->len + 1);
	if (!text)
		return;
	memcpy(text + *len, ask->text, ask->len + 1);
	*buf = text;
	*len += ask->len;
}

static int load(struct la_source *src, struct la_doc *doc)
{
	struct la_ask ask = { 0 };
	char *buf;
	size_t len;
	int status = source_read(src, "ghost", &buf, &len);

	if (status) {
		la_error("%s", src->error);
		return status;
	}
	/* What this machine says has nothing to do with a copy from another one. */
	if (!src->copied) {
		ask_machine(&ask, "");
		ask_sockets(&ask);
		if (ask.no_memory)
			la_error("not enough memory for all that user space says");
	}
	add_rows(&buf, &len, &ask);
	ask_free(&ask);
	return load_text(src, view_find("ghost"), buf, len, doc);
}

int cmd_ghost(const struct la_args *args)
{
	struct la_source src;
	struct la_doc doc;
	int status = source_open(&src, args->value[OPT_ROOT]);

	if (status) {
		la_error("%s", src.error);
		return status;
	}
	status = load(&src, &doc);
	if (!status) {
		status = show(args, &doc);
		if (!status)
			status = load_verify(&src, &doc);
		la_doc_free(&doc);
	}
	source_close(&src);
	return status;
}
