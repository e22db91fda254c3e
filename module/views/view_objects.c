// SPDX-License-Identifier: GPL-2.0-only
/*
 * `objects`: a row per live object.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "objects.h"
#include "tasks.h"
#include "text.h"
#include "views.h"

static u64 bytes_of(const struct la_object *o)
{
	return la_sites_object_bytes(la_record_site(&o->rec), la_record_requested(&o->rec));
}

static int by_age(const void *a, const void *b)
{
	const struct la_object *x = a, *y = b;
	u32 born_x = la_record_born(&x->rec), born_y = la_record_born(&y->rec);

	if (born_x != born_y)
		return born_x < born_y ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static int by_bytes(const void *a, const void *b)
{
	u64 x = bytes_of(a), y = bytes_of(b);

	return x != y ? (x < y ? 1 : -1) : by_age(a, b);
}

static int by_address(const void *a, const void *b)
{
	const struct la_object *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static u64 keep_large(struct la_object *objects, u64 n, u64 min_bytes)
{
	u64 i, kept = 0;

	for (i = 0; i < n; i++)
		if (bytes_of(&objects[i]) >= min_bytes)
			objects[kept++] = objects[i];
	return kept;
}

/* Without a query the snapshot has the oldest ones, sorted. */
static bool plain(const struct la_reading *r)
{
	return !r->query.has;
}

static int prepare_objects(struct la_reading *r)
{
	struct la_object *objects;
	cmp_func_t order = by_age;
	u64 n;

	if (plain(r)) {
		/* Not above what was kept, should `rows` have grown since. */
		la_reading_limit(r, r->snap->objects);
		r->n = min_t(u64, r->n, r->snap->nr_oldest);
		r->now = r->snap->now;
		return 0;
	}
	objects = la_snapshot_collect(&r->filter, &n);
	if (!objects)
		return -ENOMEM;
	r->rows = objects;
	n = keep_large(objects, n, r->query.min_bytes);
	if (la_reading_sorts_by(r, "bytes"))
		order = by_bytes;
	else if (la_reading_sorts_by(r, "address"))
		order = by_address;
	sort(objects, n, sizeof(*objects), order, NULL);
	la_reading_limit(r, n);
	return 0;
}

static void objects_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct la_object *o = plain(r) ? &r->snap->oldest[i] :
					       (struct la_object *)r->rows + i;
	const struct la_task *task = la_tasks_get(la_record_task(&o->rec));
	u32 site = la_record_site(&o->rec), born = la_record_born(&o->rec);
	char comm[4 * TASK_COMM_LEN];

	la_text_escape(comm, sizeof(comm), task->comm.s);
	seq_printf(m, "0x%lx %llu ", la_objects_address(o->key), bytes_of(o));
	/* It can have been born during the walk. */
	la_show_age(m, r->now > born ? r->now - born : 0);
	seq_printf(m, " %u %s %s ", task->pid,
		   la_record_task(&o->rec) == LA_TASK_UNKNOWN ? "-" : comm,
		   la_class_name(la_sites_table[site].class));
	la_show_cache(m, site);
	seq_putc(m, ' ');
	la_show_caller(m, site);
	seq_putc(m, '\n');
}

const struct la_view la_view_objects = {
	.name	 = "objects",
	.columns = "address bytes age_s pid comm class cache caller",
	.keys	 = LA_KEYS_SITE | LA_KEYS_OBJECT | LA_KEYS_LIST,
	.sorts	 = "age_s bytes address",
	.prepare = prepare_objects,
	.row	 = objects_row,
};
