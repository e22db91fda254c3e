// SPDX-License-Identifier: GPL-2.0-only
/*
 * `unloaded`: what modules left behind when they went, by stack.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "sampler.h"
#include "sites.h"
#include "unloaded.h"
#include "views.h"

struct left {
	u32 site;
	u64 bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->site < y->site ? -1 : 1;
}

static bool is_left(const struct la_reading *r, u32 id)
{
	return READ_ONCE(la_sites_table[id].unload) && r->snap->stacks[id].objects &&
	       (!r->filter.sites || test_bit(id, r->filter.sites));
}

static int prepare_unloaded(struct la_reading *r)
{
	struct left *left;
	u32 id, n = 0;

	for (id = 0; id < r->snap->nr_sites; id++)
		n += is_left(r, id);
	/* Of what comes meanwhile the next reader hears. */
	left = kvcalloc(n + 1, sizeof(*left), GFP_KERNEL);
	if (!left)
		return -ENOMEM;
	r->rows = left;
	for (id = 0, r->n = 0; id < r->snap->nr_sites && r->n < n; id++) {
		u64 bytes = la_snapshot_bytes(id, &r->snap->stacks[id]).value;

		if (is_left(r, id) && bytes >= r->query.min_bytes)
			left[r->n++] = (struct left){ .site = id, .bytes = bytes };
	}
	sort(left, r->n, sizeof(*left), by_bytes, NULL);
	la_reading_limit(r, r->n);
	return 0;
}

/* Of each module that left something, what is still there. */
static void unloaded_notes(struct seq_file *m, struct la_reading *r)
{
	u64 *objects = kcalloc(LA_UNLOADS, sizeof(*objects), GFP_KERNEL);
	struct la_unload u;
	unsigned int i;
	u32 id;

	if (!objects)
		return;
	for (id = 0; id < r->snap->nr_sites; id++) {
		u16 life = READ_ONCE(la_sites_table[id].unload);

		if (life && la_unloaded_get(life % LA_UNLOADS, &u) && u.life == life)
			objects[life % LA_UNLOADS] +=
				la_sampler_scale(r->snap->stacks[id].objects,
						 la_sites_table[id].size);
	}
	for (i = 0; i < LA_UNLOADS; i++) {
		u64 ms;

		if (!objects[i] || !la_unloaded_get(i, &u))
			continue;
		ms = la_ticks_to_ms(r->now > u.ticks ? r->now - u.ticks : 0);
		seq_printf(m, "# %s went %llu.%llu s ago: ", u.name, ms / 1000, ms % 1000 / 100);
		if (u.confirmed)
			seq_printf(m, "left %llu objects, %llu bytes; %llu objects are there\n",
				   u.objects, u.bytes, objects[i]);
		else
			seq_printf(m, "%llu objects are there; late frees still have time\n",
				   objects[i]);
	}
	kfree(objects);
}

static void unloaded_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct left *left = (struct left *)r->rows + i;

	la_show_stack_row(m, r, left->site);
	if (!la_unloaded_is_confirmed(READ_ONCE(la_sites_table[left->site].unload)))
		seq_puts(m, "#   not confirmed yet: may still be freed late\n");
}

const struct la_view la_view_unloaded = {
	.name	 = "unloaded",
	.columns = "bytes objects requested allocs frees oldest_s class cache caller",
	.estimates = "bytes bytes_error objects requested allocs frees oldest_s class cache caller",
	.keys	 = LA_KEYS_SITE | LA_KEYS_OBJECT | BIT(LA_KEY_ROWS) | BIT(LA_KEY_MIN_BYTES),
	.sorts	 = "",
	.rows	 = 10,
	.summed	 = true,
	.by_stack = true,
	.prepare = prepare_unloaded,
	.notes	 = unloaded_notes,
	.row	 = unloaded_row,
};
