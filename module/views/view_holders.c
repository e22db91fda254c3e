// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of `ghost` that says who holds it: open files, and callers of pages.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "holders.h"
#include "ledger.h"
#include "pages.h"
#include "text.h"
#include "views.h"

#define TOP_CALLERS	10u
/* What is said in the first lines. */
#define FIRST_CALLERS	3u
#define FIRST_BYTES	SZ_1M	/* less is not */

static u64 to_kb(u64 bytes)
{
	return bytes >> 10;
}

static void show_holder(struct seq_file *m, const struct la_holder *o)
{
	char comm[4 * TASK_COMM_LEN];

	la_text_escape(comm, sizeof(comm), o->comm);
	seq_printf(m, "held_%s %llu %s/%d fd %u, ", la_holders_kind_name(o->kind),
		   to_kb(o->bytes), comm, o->pid, o->fd);
	if (o->kind == LA_HELD_PIPE)
		seq_printf(m, "%u pipes with something in it, ", o->n);
	seq_printf(m, "%s\n", o->text);
}

/* Many small ones of one process can be more than the largest. */
static void show_most(struct seq_file *m, const struct la_holders_kind *kind, enum la_held k)
{
	char comm[4 * TASK_COMM_LEN];

	if (kind->most.bytes <= kind->top[0].bytes)
		return;
	la_text_escape(comm, sizeof(comm), kind->most.comm);
	seq_printf(m, "#   %s/%d has %llu of %s, %llu kB\n", comm, kind->most.pid, kind->most.n,
		   la_holders_kind_name(k), to_kb(kind->most.bytes));
}

static void show_kind(struct seq_file *m, const struct la_holders_kind *kind, enum la_held k)
{
	u64 rest = kind->bytes, more = kind->n;
	unsigned int i;

	for (i = 0; i < kind->nr_top; i++) {
		show_holder(m, &kind->top[i]);
		rest -= kind->top[i].bytes;
		more -= kind->top[i].n;
	}
	if (more)
		seq_printf(m, "held_%s_rest %llu %llu more of them\n", la_holders_kind_name(k),
			   to_kb(rest), more);
	show_most(m, kind, k);
}

static void show_files(struct seq_file *m, const struct la_holders *h)
{
	unsigned int k;

	seq_printf(m, "# held by open files: %llu files of %llu threads looked at in %llu us\n",
		   h->files, h->tasks, h->us);
	if (h->tasks_left)
		seq_printf(m, "#   %llu more threads were left out: no time\n", h->tasks_left);
	if (h->missed)
		seq_printf(m, "#   %llu files were not counted: no room, or a lock was held\n",
			   h->missed);
	for (k = 0; k < LA_NR_HELD; k++)
		show_kind(m, &h->kinds[k], k);
}

static bool has_pages(const struct la_snapshot *snap, u32 id)
{
	return snap->sites[id].objects && la_sites_table[id].class == LA_CLASS_PAGE;
}

/* All callers with pages, those with most first, for kvfree(). */
static struct la_caller_bytes *find_callers(const struct la_snapshot *snap, u32 *nr)
{
	struct la_caller_bytes *c;
	u32 id, n = 0;

	for (id = 1; id < snap->nr_sites; id++)
		n += has_pages(snap, id);
	c = kvcalloc(n + 1, sizeof(*c), GFP_KERNEL);
	if (!c)
		return NULL;
	n = 0;
	for (id = 1; id < snap->nr_sites; id++)
		if (has_pages(snap, id))
			c[n++] = (struct la_caller_bytes){
				.site = id,
				.bytes = la_snapshot_bytes(id, &snap->sites[id]).value,
			};
	*nr = la_snapshot_sum_callers(c, n);
	return c;
}

static void show_name(struct seq_file *m, const struct la_caller_bytes *c)
{
	const char *label = la_pages_label(c->site);

	la_show_caller(m, c->site);
	if (label)
		seq_printf(m, " (%s)", label);
}

static void show_caller(struct seq_file *m, const struct la_caller_bytes *c)
{
	seq_printf(m, "held_pages %llu ", to_kb(c->bytes));
	show_name(m, c);
	seq_putc(m, '\n');
}

/* Pages that have a term of their own where the kernel counts them: they are no ghost then. */
static const struct {
	const char *label;
	enum la_term term;
} counted[] = {
	{ "zsmalloc", LA_TERM_ZSMALLOC },
	{ "gpu", LA_TERM_GPU_ACTIVE },
	{ "memmap", LA_TERM_MEMMAP },
	{ "sec_page_tables", LA_TERM_SEC_PAGETABLES },
};

static bool is_counted(const char *label, const struct la_ledger *l)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counted); i++)
		if (!strcmp(label, counted[i].label))
			return la_ledger_knows(l, counted[i].term);
	return false;
}

/*
 * What of the ghost nobody has taken since the load. Pages of a perf ring are taken for a
 * file's once they were touched: they are known by who maps them.
 */
static void show_before_load(struct seq_file *m, const struct la_caller_bytes *c, u32 n,
			     const struct la_holders *h, const struct la_ledger *l)
{
	s64 ghost = la_ledger_kb(la_ledger_ghost(l), PAGE_SIZE / 1024);
	u64 held = 0, counted_bytes = 0, rings = 0, mapped = h ? h->kinds[LA_HELD_PERF].bytes : 0;
	u32 i;

	for (i = 0; i < n; i++) {
		const char *label = la_pages_label(c[i].site) ?: "";

		held += c[i].bytes;
		if (is_counted(label, l))
			counted_bytes += c[i].bytes;
		else if (!strcmp(label, "perf_ring"))
			rings += c[i].bytes;
	}
	mapped -= min(mapped, rings);
	seq_printf(m, "held_before_load %lld the ghost less all held_pages",
		   ghost - (s64)to_kb(held - counted_bytes + mapped));
	if (counted_bytes)
		seq_printf(m, " but %llu kB that have a term", to_kb(counted_bytes));
	if (mapped)
		seq_printf(m, ", less %llu kB of perf rings", to_kb(mapped));
	seq_puts(m, ": older than leakacct\n");
}

static void show_callers(struct seq_file *m, const struct la_snapshot *snap,
			 const struct la_holders *h, const struct la_ledger *l)
{
	struct la_caller_bytes *c;
	u64 rest = 0;
	u32 i, n;

	c = find_callers(snap, &n);
	if (!c)
		return;
	seq_puts(m, "# held by callers of the page allocator, of what was taken since the load\n");
	for (i = 0; i < n; i++) {
		if (i < TOP_CALLERS)
			show_caller(m, &c[i]);
		else
			rest += c[i].bytes;
	}
	if (n > TOP_CALLERS)
		seq_printf(m, "held_pages_rest %llu %u more callers\n", to_kb(rest),
			   n - TOP_CALLERS);
	show_before_load(m, c, n, h, l);
	kvfree(c);
}

static void show_first_callers(struct seq_file *m, const struct la_snapshot *snap,
			       const struct la_ledger *l)
{
	struct la_caller_bytes *c;
	u32 i, n, shown = 0;

	c = find_callers(snap, &n);
	for (i = 0; c && i < n && shown < FIRST_CALLERS; i++) {
		if (c[i].bytes < FIRST_BYTES)
			break;
		if (is_counted(la_pages_label(c[i].site) ?: "", l))
			continue;
		seq_printf(m, "# ghost: %llu kB taken since the load by ", to_kb(c[i].bytes));
		show_name(m, &c[i]);
		seq_putc(m, '\n');
		shown++;
	}
	kvfree(c);
}

/**
 * la_holders_show_first() - the largest ones in a few lines
 * @m: the file
 * @h: of la_holders_get(), or NULL
 * @snap: of the same reading
 * @l: the ledger
 */
void la_holders_show_first(struct seq_file *m, const struct la_holders *h,
			   const struct la_snapshot *snap, const struct la_ledger *l)
{
	char comm[4 * TASK_COMM_LEN];
	unsigned int k;

	show_first_callers(m, snap, l);
	for (k = 0; h && k < LA_NR_HELD; k++) {
		const struct la_holders_kind *kind = &h->kinds[k];

		if (kind->bytes < FIRST_BYTES)
			continue;
		la_text_escape(comm, sizeof(comm), kind->most.comm);
		seq_printf(m, "# ghost: %llu kB of %s held by open files, %llu kB by %s/%d\n",
			   to_kb(kind->bytes), la_holders_kind_name(k),
			   to_kb(kind->most.bytes), comm, kind->most.pid);
	}
}

/**
 * la_holders_show() - the holders' rows
 * @m: the file
 * @h: of la_holders_get(), or NULL
 * @snap: of the same reading
 * @l: the ledger
 */
void la_holders_show(struct seq_file *m, const struct la_holders *h,
		     const struct la_snapshot *snap, const struct la_ledger *l)
{
	show_callers(m, snap, h, l);
	if (h)
		show_files(m, h);
	else
		seq_puts(m, "# held by open files: no memory to look\n");
}
