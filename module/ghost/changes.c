// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes.
 *
 * At the mark the bytes of each caller are kept, eight bytes for each site that there is
 * then, and what open files hold, by kind. A site is never removed, so a later one is of
 * a caller that had nothing. Locking: kept_mutex guards what is kept.
 */
#include "changes.h"

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "holders.h"
#include "pages.h"
#include "sites.h"
#include "snapshot.h"
#include "views.h"

#define TOP_CALLERS	10u

/**
 * struct kept - of the mark
 * @held: bytes, by kind of open file
 * @nr_sites: in @bytes
 * @bytes: of each caller, by its head
 */
struct kept {
	u64 held[LA_NR_HELD];
	u32 nr_sites;
	u64 bytes[];
};

static struct kept *kept;
static DEFINE_MUTEX(kept_mutex);

static void keep_held(struct kept *k)
{
	struct la_holders *h;
	unsigned int i;

	/* What was found up to a second before the mark may be gone, and would count. */
	la_holders_drop_shared();
	h = la_holders_get();
	for (i = 0; h && i < LA_NR_HELD; i++)
		k->held[i] = h->kinds[i].bytes;
	la_holders_put(h);
}

static void replace(struct kept *k)
{
	mutex_lock(&kept_mutex);
	swap(kept, k);
	mutex_unlock(&kept_mutex);
	kvfree(k);
}

/**
 * la_changes_mark() - keep what everybody holds now
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOMEM: what was kept before stays.
 */
int la_changes_mark(void)
{
	static const struct la_filter all = LA_FILTER_ALL;
	struct la_snapshot *snap = la_snapshot_take(&all, 0);
	struct kept *k = NULL;
	u32 id;

	if (snap)
		k = kvzalloc(struct_size(k, bytes, snap->nr_sites), GFP_KERNEL);
	if (!k) {
		la_snapshot_put(snap);
		return -ENOMEM;
	}
	k->nr_sites = snap->nr_sites;
	for (id = 0; id < snap->nr_sites; id++)
		k->bytes[id] = la_snapshot_bytes(id, &snap->sites[id]).value;
	la_snapshot_put(snap);
	keep_held(k);
	replace(k);
	/* Nobody shall see a change to what was before. */
	la_snapshot_drop_shared();
	return 0;
}

/**
 * la_changes_forget() - there is no mark any more
 */
void la_changes_forget(void)
{
	replace(NULL);
}

/**
 * la_changes_memory() - bytes that are kept
 */
u64 la_changes_memory(void)
{
	u64 bytes;

	mutex_lock(&kept_mutex);
	bytes = kept ? struct_size(kept, bytes, kept->nr_sites) : 0;
	mutex_unlock(&kept_mutex);
	return bytes;
}

static s64 change_of(u32 id, const struct la_snapshot *snap)
{
	u64 since = id < kept->nr_sites ? kept->bytes[id] : 0;

	return la_snapshot_bytes(id, &snap->sites[id]).value - since;
}

static s64 to_kb(s64 bytes)
{
	return bytes / 1024;
}

/* All callers by their change; @c has room for those. Returns how many changed by a kB. */
static u32 find_changes(struct la_caller_bytes *c, const struct la_snapshot *snap)
{
	u32 id, n = 0, nr;

	for (id = 0; id < snap->nr_sites; id++) {
		s64 bytes = change_of(id, snap);

		/* What we take ourselves to look is in `stats`. */
		if (bytes && !la_sites_table[id].own)
			c[n++] = (struct la_caller_bytes){ .site = id, .bytes = bytes };
	}
	nr = la_snapshot_sum_callers(c, n);
	while (nr && !to_kb(c[nr - 1].bytes))
		nr--;
	return nr;
}

static void show_caller(struct seq_file *m, const struct la_caller_bytes *c)
{
	seq_printf(m, "change_by %lld ", to_kb(c->bytes));
	la_show_caller(m, c->site);
	seq_printf(m, " (%s)\n", la_pages_label(c->site) ?:
		   la_class_name(la_sites_table[c->site].class));
}

static void show_callers(struct seq_file *m, const struct la_snapshot *snap)
{
	struct la_caller_bytes *c = kvcalloc(snap->nr_sites, sizeof(*c), GFP_KERNEL);
	s64 rest = 0;
	u32 i, n;

	if (!c) {
		seq_puts(m, "# change by caller: no memory to compare\n");
		return;
	}
	n = find_changes(c, snap);
	seq_puts(m, "# change since the mark, by callers of all allocators, the largest first\n");
	for (i = 0; i < n; i++) {
		if (i < TOP_CALLERS)
			show_caller(m, &c[i]);
		else
			rest += c[i].bytes;
	}
	if (n > TOP_CALLERS)
		seq_printf(m, "change_by_rest %lld %u more callers\n", to_kb(rest),
			   n - TOP_CALLERS);
	kvfree(c);
}

static void show_held(struct seq_file *m, const struct la_holders *h)
{
	unsigned int i;

	for (i = 0; i < LA_NR_HELD; i++) {
		s64 bytes = h->kinds[i].bytes - kept->held[i];

		if (to_kb(bytes))
			seq_printf(m, "change_held_%s %lld held by open files, %llu kB now\n",
				   la_holders_kind_name(i), to_kb(bytes), h->kinds[i].bytes >> 10);
	}
}

/**
 * la_changes_show() - who holds more, or less, than at the mark
 * @m: the file
 * @snap: what callers hold now
 * @holders: what open files hold now, or NULL
 */
void la_changes_show(struct seq_file *m, const struct la_snapshot *snap,
		     const struct la_holders *holders)
{
	mutex_lock(&kept_mutex);
	if (kept) {
		show_callers(m, snap);
		if (holders)
			show_held(m, holders);
	}
	mutex_unlock(&kept_mutex);
}
