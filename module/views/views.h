/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Views: what the files show. A view makes rows out of a snapshot; a reading is
 * one view as one open file sees it.
 */
#ifndef LEAKACCT_VIEWS_H
#define LEAKACCT_VIEWS_H

#include <linux/seq_file.h>
#include <linux/types.h>

#include "audit.h"
#include "query.h"
#include "snapshot.h"

struct la_group;
struct la_reading;

/**
 * struct la_view - one kind of file
 * @name: of the file
 * @columns: for line 2; NULL: none
 * @estimates: likewise, with sampling; NULL: no different
 * @keys: bit per enum la_query_key that a query may use
 * @sorts: columns that it may be sorted by, space-separated; the first is the default
 * @rows: shown by default; 0: as the parameter says
 * @query_only: it has no file
 * @summed: it shows sums per site, so filters of objects need a walk of their own
 * @by_stack: its rows are of whole stacks
 * @prepare: set @rows and @n of the reading; 0 or -errno
 * @notes: lines after the column line; may be NULL
 * @row: row @i, with its reasons
 * @release: free @rows; NULL: kvfree()
 */
struct la_view {
	const char *name;
	const char *columns;
	const char *estimates;
	u32 keys;
	const char *sorts;
	u32 rows;
	bool query_only;
	bool summed;
	bool by_stack;
	int (*prepare)(struct la_reading *r);
	void (*notes)(struct seq_file *m, struct la_reading *r);
	void (*row)(struct seq_file *m, struct la_reading *r, u64 i);
	void (*release)(struct la_reading *r);
};

/**
 * struct la_reading - a view as one open file sees it
 * @view: the view
 * @query: what was asked for; without a query, the defaults
 * @snap: the numbers
 * @filter: which objects; its bitmap belongs to the reading
 * @audit: what the allocator said of them, with older_s
 * @now: la_ticks when it was opened: ages of its own walks count from here
 * @rows: the view's own
 * @n: rows to show
 * @total: rows that there would be
 */
struct la_reading {
	const struct la_view *view;
	struct la_query query;
	struct la_snapshot *snap;
	struct la_filter filter;
	struct la_audit audit;
	u32 now;
	void *rows;
	u64 n;
	u64 total;
};

extern const struct la_view la_view_callers, la_view_stacks, la_view_suspects, la_view_objects,
	la_view_samples, la_view_secrets, la_view_slabs, la_view_ghost, la_view_hooks,
	la_view_stats, la_view_unloaded, la_view_verdict, la_view_wrappers;

#define LA_KEYS_SITE	(BIT(LA_KEY_CALLER) | BIT(LA_KEY_MODULE) | BIT(LA_KEY_CACHE) | \
			 BIT(LA_KEY_CLASS))
#define LA_KEYS_OBJECT	(BIT(LA_KEY_PID) | BIT(LA_KEY_OLDER_S) | BIT(LA_KEY_SINCE_MARK))
#define LA_KEYS_LIST	(BIT(LA_KEY_SORT) | BIT(LA_KEY_ROWS) | BIT(LA_KEY_MIN_BYTES))

const struct la_view *la_views_find(const char *name);
const struct la_view *la_views_next(unsigned int *i);
int la_views_check(const struct la_view *view, const struct la_query *q);
void la_views_default_query(const struct la_view *view, struct la_query *q);
void la_views_mark(void);
bool la_views_has_word(const char *words, char between, const char *word);

struct la_reading *la_reading_open(const struct la_view *view, const struct la_query *q);
void la_reading_close(struct la_reading *r);
void la_reading_limit(struct la_reading *r, u64 total);
void la_reading_all_rows(struct la_reading *r, u64 total);
bool la_reading_sorts_by(const struct la_reading *r, const char *column);
extern const struct seq_operations la_reading_seq_ops;

/* Pieces that several views print. */
const char *la_class_name(enum la_class class);
void la_show_caller(struct seq_file *m, u32 site);
void la_show_stack(struct seq_file *m, u32 stack);
void la_show_freers(struct seq_file *m, u32 site, const char *indent);
void la_show_stack_row(struct seq_file *m, struct la_reading *r, u32 site);
void la_show_cache(struct seq_file *m, u32 site);
void la_show_age(struct seq_file *m, u32 ticks);
void la_show_estimate(struct seq_file *m, struct la_estimate e);
void la_show_sampling(struct seq_file *m);
void la_show_event(struct seq_file *m, const struct la_snapshot *snap,
		   const struct la_group *g);
void la_census_show(struct seq_file *m);

#endif /* LEAKACCT_VIEWS_H */
