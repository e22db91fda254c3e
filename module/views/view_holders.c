// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of `ghost` that says who holds it: open files, and callers of pages.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "holders.h"
#include "pages.h"
#include "text.h"
#include "views.h"

#define TOP_CALLERS	10u

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

/* A caller with pages in our own table, of all orders. */
struct caller {
	u32 site;
	u64 bytes;
};

/* At one address there can be a module now, and one that is gone. */
static int by_caller(const void *a, const void *b)
{
	const struct la_site *x = &la_sites_table[((const struct caller *)a)->site];
	const struct la_site *y = &la_sites_table[((const struct caller *)b)->site];

	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	return (int)x->life - (int)y->life;
}

static int by_bytes(const void *a, const void *b)
{
	const struct caller *x = a, *y = b;

	return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

static bool has_pages(const struct la_snapshot *snap, u32 id)
{
	return snap->sites[id].objects && la_sites_table[id].class == LA_CLASS_PAGE;
}

/* Of all callers; @c has room for them. Returns how many. */
static unsigned int find_callers(struct caller *c, const struct la_snapshot *snap)
{
	unsigned int i, n = 0, nr = 0;
	u32 id;

	for (id = 1; id < snap->nr_sites; id++)
		if (has_pages(snap, id))
			c[n++] = (struct caller){
				.site = id,
				.bytes = la_snapshot_bytes(id, &snap->sites[id]).value,
			};
	sort(c, n, sizeof(*c), by_caller, NULL);
	for (i = 0; i < n; i++) {
		if (nr && !by_caller(&c[nr - 1], &c[i]))
			c[nr - 1].bytes += c[i].bytes;
		else
			c[nr++] = c[i];
	}
	sort(c, nr, sizeof(*c), by_bytes, NULL);
	return nr;
}

static void show_caller(struct seq_file *m, const struct caller *c)
{
	const char *label = la_pages_label(c->site);

	seq_printf(m, "held_pages %llu ", to_kb(c->bytes));
	la_show_caller(m, c->site);
	if (label)
		seq_printf(m, " (%s)", label);
	seq_putc(m, '\n');
}

static void show_callers(struct seq_file *m, const struct la_snapshot *snap, s64 ghost_kb)
{
	struct caller *c;
	unsigned int i, n = 0;
	u64 total = 0, rest = 0;
	u32 id;

	for (id = 1; id < snap->nr_sites; id++)
		n += has_pages(snap, id);
	c = kvcalloc(n + 1, sizeof(*c), GFP_KERNEL);
	if (!c)
		return;
	n = find_callers(c, snap);
	seq_puts(m, "# held by callers of the page allocator, of what was taken since the load\n");
	for (i = 0; i < n; i++) {
		if (i < TOP_CALLERS)
			show_caller(m, &c[i]);
		else
			rest += c[i].bytes;
		total += c[i].bytes;
	}
	if (n > TOP_CALLERS)
		seq_printf(m, "held_pages_rest %llu %u more callers\n", to_kb(rest),
			   n - TOP_CALLERS);
	seq_printf(m, "held_before_load %lld the ghost less all held_pages: older than leakacct\n",
		   ghost_kb - (s64)to_kb(total));
	kvfree(c);
}

/**
 * la_holders_show() - the holders' rows
 * @m: the file
 * @h: of la_holders_get(), or NULL
 * @snap: of the same reading
 * @ghost_kb: the ledger's ghost
 */
void la_holders_show(struct seq_file *m, const struct la_holders *h,
		     const struct la_snapshot *snap, s64 ghost_kb)
{
	show_callers(m, snap, ghost_kb);
	if (h)
		show_files(m, h);
	else
		seq_puts(m, "# held by open files: no memory to look\n");
}
