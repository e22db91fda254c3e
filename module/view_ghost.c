// SPDX-License-Identifier: GPL-2.0-only
/*
 * `ghost`: the ledger of MemTotal, term by term.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "ghost.h"
#include "views.h"

static s64 kb(s64 pages)
{
	return pages * (s64)(PAGE_SIZE / 1024);
}

static int prepare_ghost(struct la_reading *r)
{
	struct la_ledger *l = kvzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	r->rows = l;
	la_ghost_read(l);
	/* MemTotal, the terms, and six lines of result. */
	la_reading_all_rows(r, 1 + LA_NR_TERMS + 6);
	return 0;
}

static void ghost_result(struct seq_file *m, const struct la_ledger *l, u64 i)
{
	switch (i) {
	case 0:
		seq_printf(m, "percpu_first_chunk %lld within percpu above: not in MemTotal, taken off\n",
			   kb(l->percpu_first_chunk));
		break;
	case 1:
		seq_printf(m, "stacks_in_vmalloc %lld within kernel_stacks above: counted in vmalloc, taken off\n",
			   kb(l->stacks_in_vmalloc));
		break;
	case 2:
		seq_printf(m, "claimed %lld the sum, each page once\n", kb(la_ledger_claimed(l)));
		break;
	case 3:
		seq_printf(m, "ghost %lld MemTotal less claimed: what no counter of the kernel claims\n",
			   kb(la_ledger_ghost(l)));
		break;
	case 4:
		seq_printf(m, "bound %lld the ghost can be off by this much: LRU batches, counters read one after another\n",
			   kb(l->bound));
		break;
	case 5:
		seq_printf(m, "classic_ghost %lld by the formula that people copy: no per-CPU lists, no percpu, stacks twice\n",
			   kb(la_ledger_classic_ghost(l)));
		break;
	}
}

static void ghost_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct la_ledger *l = r->rows;

	if (!i) {
		seq_printf(m, "total %lld MemTotal\n", kb(l->total));
		return;
	}
	i--;
	if (i >= LA_NR_TERMS)
		ghost_result(m, l, i - LA_NR_TERMS);
	else if (la_ledger_knows(l, i))
		seq_printf(m, "%s %lld %s\n", la_ledger_name(i), kb(l->terms[i]),
			   la_ghost_note(i));
	else
		seq_printf(m, "%s - not to be had on this kernel\n", la_ledger_name(i));
}

const struct la_view la_view_ghost = {
	.name	 = "ghost",
	.columns = "term kB note",
	.sorts	 = "",
	.prepare = prepare_ghost,
	.row	 = ghost_row,
};
