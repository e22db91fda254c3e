// SPDX-License-Identifier: GPL-2.0-only
/* Stacks: what belongs to which row, damage, and what flame graph tools get. */
#include "parse_support.h"
#include "cmd.h"
#include "fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "# leakacct stacks 1 age=0.120s\n# bytes objects class cache caller\n"
#define ROW "1 2 slab a f+0x1/0x2\n"
#define FRAME "    f+0x1/0x2\n"

static bool parses(struct la_doc *doc, const char *text)
{
	return support_parse(doc, text, strlen(text), LA_SHAPE_STACKS) == LA_PARSE_OK;
}

static const char *frame_at(const struct la_doc *doc, size_t row, size_t i)
{
	const struct la_row *r = &doc->rows[row];

	return i < r->frames ? doc->frames.at[r->first_frame + i] : "(none)";
}

static bool frames_belong_to_the_row_above(void)
{
	struct la_doc doc;
	bool ok = true;
	size_t len;
	char *text = support_fixture("busy/stacks", &len);

	EXPECT(ok, support_parse(&doc, text, len, LA_SHAPE_STACKS) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 7 && la_doc_intact(&doc) && doc.more_rows == 417);
	EXPECT(ok, doc.rows[0].frames == 4 && !doc.rows[0].context && !doc.rows[0].cut);
	EXPECT_STRING(ok, frame_at(&doc, 0, 0), "alloc_pipe_info+0x5c/0x240");
	EXPECT_STRING(ok, frame_at(&doc, 0, 3), "__x64_sys_pipe2+0x14/0x20");
	EXPECT(ok, doc.rows[1].frames == 6 && !doc.rows[1].cut);
	EXPECT_STRING(ok, doc.rows[1].context, "softirq");
	EXPECT_STRING(ok, frame_at(&doc, 1, 0), "ts_rx+0x8a/0x130 [tspacket]");
	EXPECT(ok, doc.rows[2].frames == 4 && doc.rows[2].cut && doc.rows[2].context);
	EXPECT(ok, doc.rows[3].frames == 3 && doc.rows[3].cut && !doc.rows[3].context);
	EXPECT_STRING(ok, frame_at(&doc, 3, 0), "load_tables+0x21/0x60 [gone] (unloaded)");
	la_doc_free(&doc);
	free(text);
	return ok;
}

/* A later module may say more: it is shown, not dropped and not obeyed. */
static bool unknown_content_is_kept(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, parses(&doc, HEAD ROW "\t f+0x1/0x2\t\n    (two words)\n  ()\n    (x\n    ....\n"
			  "    # no remark\n    5 6 slab b g\n    (Task)\n"));
	EXPECT(ok, doc.nrows == 1 && la_doc_intact(&doc) && doc.rows[0].frames == 8);
	EXPECT_STRING(ok, frame_at(&doc, 0, 0), "f+0x1/0x2");
	EXPECT_STRING(ok, frame_at(&doc, 0, 1), "(two words)");
	EXPECT_STRING(ok, frame_at(&doc, 0, 5), "# no remark");
	EXPECT(ok, !doc.rows[0].context && !doc.rows[0].cut && !doc.notes.count);
	la_doc_free(&doc);
	EXPECT(ok, parses(&doc, HEAD ROW FRAME "    (preempt_rt2)\n    ...\n"));
	EXPECT_STRING(ok, doc.rows[0].context, "preempt_rt2");
	EXPECT(ok, doc.rows[0].cut && la_doc_intact(&doc));
	la_doc_free(&doc);
	return ok;
}

static bool remarks_and_empty_lines_may_stand_between(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, parses(&doc, HEAD "# lower bounds: 1 inserts refused\n" ROW "#   why\n" FRAME
			  "\n    g+0x1/0x2\n#   more\n# a note\n" ROW FRAME "# 3 more rows\n"));
	EXPECT(ok, doc.nrows == 2 && doc.rows[0].frames == 2 && doc.rows[0].reasons == 2);
	EXPECT(ok, doc.rows[1].frames == 1 && !doc.rows[1].reasons);
	EXPECT(ok, doc.notes.count == 2 && doc.lower_bounds && doc.more_rows == 3);
	EXPECT(ok, la_doc_intact(&doc));
	la_doc_free(&doc);
	return ok;
}

/* Damaged at @line: @rows are left, none with a frame too many, and it is said. */
static bool damaged(const char *text, size_t bad, size_t line, size_t rows)
{
	struct la_doc doc;
	bool ok = parses(&doc, text);
	size_t i;

	ok = ok && doc.bad_rows == bad && doc.first_bad_line == line && doc.nrows == rows &&
	     !la_doc_intact(&doc);
	for (i = 0; ok && i < doc.nrows; i++)
		ok = doc.rows[i].frames == 1 && !strcmp(frame_at(&doc, i, 0), "f+0x1/0x2");
	if (!ok)
		printf("# expected %zu bad from line %zu, %zu rows; got %zu, %zu, %zu of:\n# %s\n",
		       bad, line, rows, doc.bad_rows, doc.first_bad_line, doc.nrows, text);
	la_doc_free(&doc);
	return ok;
}

static bool stacks_in_pieces_are_left_out(void)
{
	bool ok = true;

	/* Frames without a row: before all rows, and below one that is too short. */
	EXPECT(ok, damaged(HEAD FRAME FRAME ROW FRAME, 1, 3, 1));
	EXPECT(ok, damaged(HEAD ROW FRAME "1 2 slab\n    g\n    h\n" ROW FRAME, 1, 5, 2));
	/* Rows without a frame: before another one, at the end, and with only an end. */
	EXPECT(ok, damaged(HEAD ROW ROW FRAME, 1, 3, 1));
	EXPECT(ok, damaged(HEAD ROW FRAME ROW, 1, 5, 1));
	EXPECT(ok, damaged(HEAD ROW ROW ROW, 3, 3, 0));
	EXPECT(ok, damaged(HEAD ROW "    (softirq)\n    ...\n" ROW FRAME, 1, 3, 1));
	EXPECT(ok, damaged(HEAD ROW "    (nmi)\n    (nmi)\n    ...\n" ROW FRAME, 1, 5, 1));
	/* A row was lost: what followed it does not lengthen the stack above. */
	EXPECT(ok, damaged(HEAD ROW FRAME "    (nmi)\n    g\n    h\n" ROW FRAME, 1, 6, 2));
	EXPECT(ok, damaged(HEAD ROW FRAME "    ...\n    g\n    (nmi)\n", 1, 6, 1));
	EXPECT(ok, damaged(HEAD ROW FRAME "    (nmi)\n    (softirq)\n", 1, 6, 1));
	EXPECT(ok, damaged(HEAD ROW FRAME "    ...\n    ...\n    g\n", 1, 6, 1));
	return ok;
}

/* However a good file is cut off, no half stack is taken for a stack. */
static bool no_half_stack_at_any_byte(void)
{
	static const char text[] = HEAD "10 2 slab a f+0x1/0x2\n    f+0x1/0x2\n    g+0x1/0x2\n"
				   "    (softirq)\n30 4 slab b f+0x1/0x2\n    f+0x1/0x2\n";
	const char *second = strstr(text, "30 4");
	bool ok = true;
	size_t len;

	for (len = sizeof(HEAD) - 1; len < sizeof(text); len++) {
		bool at_line_end = text[len - 1] == '\n';
		bool whole = text + len > second;
		struct la_doc doc;

		EXPECT(ok, support_parse(&doc, text, len, LA_SHAPE_STACKS) == LA_PARSE_OK);
		EXPECT(ok, doc.truncated == !at_line_end);
		/* Nothing tells that lines are missing after a whole one. */
		if (!at_line_end || whole)
			EXPECT(ok, doc.nrows == (size_t)whole + (len == sizeof(text) - 1));
		if (doc.nrows && whole)
			EXPECT(ok, doc.rows[0].frames == 2 && doc.rows[0].context);
		la_doc_free(&doc);
	}
	return ok;
}

static bool tables_have_no_frames(void)
{
	struct la_doc doc;
	bool ok = true;

	EXPECT(ok, support_parse_table(&doc, HEAD ROW FRAME) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 1 && doc.bad_rows == 1 && !doc.frames.count);
	la_doc_free(&doc);
	return ok;
}

static bool json_has_frames_and_context(void)
{
	struct la_doc doc;
	bool ok = true;
	size_t len;
	char *json;

	EXPECT(ok, parses(&doc, HEAD ROW FRAME "    g \"q\"\n    ...\n    (nmi)\n" ROW FRAME));
	json = support_json(&doc, &len);
	EXPECT(ok, support_is_json(json, len));
	EXPECT(ok, strstr(json, "\"caller\":\"f+0x1/0x2\","
				"\"frames\":[\"f+0x1/0x2\",\"g \\\"q\\\"\"],"
				"\"cut\":true,\"context\":\"nmi\",\"reasons\":[]}"));
	EXPECT(ok, strstr(json, "\"frames\":[\"f+0x1/0x2\"],\"cut\":false,\"context\":null,"));
	free(json);
	la_doc_free(&doc);
	return ok;
}

static bool people_see_frames_below(void)
{
	struct la_doc doc;
	bool ok = true;
	size_t len;
	char *text;

	EXPECT(ok, parses(&doc, HEAD ROW FRAME "    (nmi)\n    ...\n2048 3 large - g\n    g\n"));
	text = support_people(&doc, false, &len);
	EXPECT_STRING(ok, text,
		      "  bytes  objects  class  cache  caller\n"
		      "    1 B        2  slab   a      f+0x1/0x2\n"
		      "    f+0x1/0x2\n"
		      "    ...\n"
		      "    (nmi)\n"
		      "\n"
		      "2.0 KiB        3  large  -      g\n"
		      "    g\n");
	free(text);
	la_doc_free(&doc);
	return ok;
}

static bool folds(const char *from, const char *want)
{
	char text[128];
	bool ok;

	snprintf(text, sizeof(text), "%s", from);
	fold_frame(text);
	ok = !strcmp(text, want);
	if (!ok)
		printf("# \"%s\": expected \"%s\", got \"%s\"\n", from, want, text);
	return ok;
}

static bool frames_lose_their_offset(void)
{
	bool ok = true;

	EXPECT(ok, folds("f+0x1/0x2", "f"));
	EXPECT(ok, folds("ts_rx+0x8a/0x130 [tspacket]", "ts_rx_[tspacket]"));
	EXPECT(ok, folds("f.part.0+0x1/0x2 [m] (unloaded)", "f.part.0_[m]_(unloaded)"));
	EXPECT(ok, folds("bpf_prog_6deef7357e7b4530+0x31/0x60 [bpf]",
			 "bpf_prog_6deef7357e7b4530_[bpf]"));
	EXPECT(ok, folds("f+0x1f", "f"));
	EXPECT(ok, folds("0xffffffffc0a31f20", "0xffffffffc0a31f20"));
	EXPECT(ok, folds("[bpf]", "[bpf]"));
	EXPECT(ok, folds("a;b\tc d", "a:b_c_d"));
	/* Not an offset, or not of anything. */
	EXPECT(ok, folds("f+0x", "f+0x"));
	EXPECT(ok, folds("f+0x1/0x", "f+0x1/0x"));
	EXPECT(ok, folds("f+0x1/0xg", "f+0x1/0xg"));
	EXPECT(ok, folds("f+0x1z", "f+0x1z"));
	EXPECT(ok, folds("f+1", "f+1"));
	EXPECT(ok, folds("+0x1/0x2", "+0x1/0x2"));
	EXPECT(ok, folds("", ""));
	return ok;
}

/* @text folded is exactly @want. */
static bool becomes(const char *text, const char *count, bool cache_frame, const char *want)
{
	struct la_doc doc;
	bool ok = parses(&doc, text);
	size_t len;
	int status;
	char *got;

	got = support_folded(&doc, count, cache_frame, &status, &len);
	ok = ok && status == LA_EXIT_OK && !strcmp(got, want);
	if (!ok)
		printf("# expected:\n%sgot %d:\n%s", want, status, got);
	free(got);
	la_doc_free(&doc);
	return ok;
}

static const char folded_busy[] =
	"__x64_sys_pipe2;do_pipe2;create_pipe_files;alloc_pipe_info 134217728\n"
	"(softirq);__do_softirq;net_rx_action;__napi_poll;process_backlog;"
	"__netif_receive_skb_one_core;ts_rx_[tspacket] 4718592\n"
	"(softirq);...;__netif_receive_skb_one_core;ts_rx_[tspacket];ts_clone.isra.0_[tspacket];"
	"__alloc_skb 589824\n"
	"...;do_one_initcall;gone_init_[gone]_(unloaded);load_tables_[gone]_(unloaded) 81920\n"
	"odd:_frame__of_tomorrow;0xffffffffc0a31f20;bpf_prog_6deef7357e7b4530_sd_fw_[bpf] 8192\n"
	"setup_once_[tspacket]_(init) 4096\n"
	"(hardirq);hrtimer_tick;do_odd 512\n";

static bool stacks_fold_outermost_first(void)
{
	bool ok = true;
	size_t len;
	char *text = support_fixture("busy/stacks", &len);

	EXPECT(ok, becomes(text, "bytes", false, folded_busy));
	free(text);
	EXPECT(ok, becomes(HEAD ROW FRAME "    g+0x3/0x4\n", "objects", false, "g;f 2\n"));
	EXPECT(ok, becomes(HEAD ROW FRAME, "bytes", true, "f;a 1\n"));
	EXPECT(ok, becomes(HEAD "4 3 large - f\n" FRAME, "bytes", true, "f;large 4\n"));
	EXPECT(ok, becomes(HEAD "4 3 - - f\n" FRAME, "bytes", true, "f 4\n"));
	EXPECT(ok, becomes(HEAD "4 3 slab a;\\040b f\n" FRAME, "bytes", true, "f;a:\\040b 4\n"));
	EXPECT(ok, becomes(HEAD ">=4 >=3 slab a f\n" FRAME, "objects", false, "f 3\n"));
	/* Tools take no empty stack, and no zero. */
	EXPECT(ok, becomes(HEAD "0 0 slab a f\n" FRAME, "bytes", false, ""));
	EXPECT(ok, becomes(HEAD, "bytes", false, ""));
	EXPECT(ok, becomes(HEAD ROW "    f\x01\x9bx\n", "bytes", false, "f\\001\\233x 1\n"));
	return ok;
}

static bool what_is_no_count_is_refused(void)
{
	static const char * const counts[] = {
		"-", "x", "-1", "1.5", ">=", "18446744073709551616",
	};
	struct la_doc doc;
	bool ok = true;
	size_t i, len;
	int status;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		char text[256];

		snprintf(text, sizeof(text), HEAD ROW FRAME "%s 2 slab a f\n" FRAME, counts[i]);
		EXPECT(ok, parses(&doc, text));
		free(support_folded(&doc, "bytes", false, &status, &len));
		EXPECT(ok, status == LA_EXIT_FORMAT && len == strlen("f 1\n"));
		EXPECT(ok, strstr(support_error, "line 5 of stacks"));
		EXPECT(ok, strstr(support_error, counts[i]));
		la_doc_free(&doc);
	}
	EXPECT(ok, parses(&doc, "# leakacct stacks 1 age=1s\n# objects caller\n1 f\n" FRAME));
	free(support_folded(&doc, "bytes", false, &status, &len));
	EXPECT(ok, status == LA_EXIT_FORMAT && !len);
	EXPECT(ok, strstr(support_error, "no column \"bytes\""));
	la_doc_free(&doc);
	return ok;
}

static bool very_deep_stacks_are_taken(void)
{
	size_t frames = 200000, used, i, len;
	char *text = malloc(frames * 16 + 256);
	struct la_doc doc;
	bool ok = true;
	int status;
	char *out;

	if (!text)
		return false;
	used = (size_t)sprintf(text, HEAD ROW);
	for (i = 0; i < frames; i++)
		used += (size_t)sprintf(text + used, "    f%zu\n", i);
	EXPECT(ok, support_parse(&doc, text, used, LA_SHAPE_STACKS) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 1 && doc.rows[0].frames == frames);
	out = support_json(&doc, &len);
	EXPECT(ok, support_is_json(out, len));
	free(out);
	out = support_folded(&doc, "bytes", false, &status, &len);
	EXPECT(ok, !strncmp(out, "f199999;f199998;", 16) && !strcmp(out + len - 6, ";f0 1\n"));
	free(out);
	la_doc_free(&doc);
	free(text);
	return ok;
}

static const struct ktap_test tests[] = {
	{ "frames_belong_to_the_row_above", frames_belong_to_the_row_above },
	{ "unknown_content_is_kept", unknown_content_is_kept },
	{ "remarks_and_empty_lines_may_stand_between", remarks_and_empty_lines_may_stand_between },
	{ "stacks_in_pieces_are_left_out", stacks_in_pieces_are_left_out },
	{ "no_half_stack_at_any_byte", no_half_stack_at_any_byte },
	{ "tables_have_no_frames", tables_have_no_frames },
	{ "json_has_frames_and_context", json_has_frames_and_context },
	{ "people_see_frames_below", people_see_frames_below },
	{ "frames_lose_their_offset", frames_lose_their_offset },
	{ "stacks_fold_outermost_first", stacks_fold_outermost_first },
	{ "what_is_no_count_is_refused", what_is_no_count_is_refused },
	{ "very_deep_stacks_are_taken", very_deep_stacks_are_taken },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
