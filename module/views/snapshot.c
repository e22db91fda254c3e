// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshot: one walk of the table, summed per site and per caller.
 *
 * All files read the shared snapshot, which is renewed at most once a second:
 * they agree with one another, and `cat *` walks the table once. Locking:
 * shared_mutex guards the shared pointer and lets one reader at a time renew it.
 */
#include "snapshot.h"

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "areas.h"
#include "counters.h"
#include "looks.h"
#include "objects.h"
#include "pages.h"
#include "params.h"
#include "sampler.h"
#include "tasks.h"

#define RENEW_AFTER	HZ
/* Room for objects that are born between counting and collecting. */
#define COLLECT_SLACK	1024

static struct la_snapshot *shared;
static DEFINE_MUTEX(shared_mutex);

/**
 * la_filter_passes() - is it one of those objects?
 * @f: which objects
 * @rec: the record
 */
bool la_filter_passes(const struct la_filter *f, const struct la_record *rec)
{
	u32 born = la_record_born(rec);

	if (born >= f->born_before || born < f->born_since)
		return false;
	if (f->sites && !test_bit(la_record_site(rec), f->sites))
		return false;
	return f->pid == LA_ANY_PID ||
	       la_tasks_get(la_record_task(rec))->pid == f->pid;
}

struct sum {
	struct la_snapshot *snap;
	const struct la_filter *filter;
	u32 max_oldest;
};

static bool older(const struct la_object *a, const struct la_object *b)
{
	u32 born_a = la_record_born(&a->rec), born_b = la_record_born(&b->rec);

	return born_a != born_b ? born_a < born_b : a->key < b->key;
}

static void sift_down(struct la_object *heap, u32 n, u32 i)
{
	for (;;) {
		u32 young = i, child = 2 * i + 1;

		if (child < n && older(&heap[young], &heap[child]))
			young = child;
		if (child + 1 < n && older(&heap[young], &heap[child + 1]))
			young = child + 1;
		if (young == i)
			return;
		swap(heap[i], heap[young]);
		i = young;
	}
}

/* The oldest so far are a heap with the youngest of them on top. */
static void keep_oldest(struct sum *s, const struct la_object *o)
{
	struct la_object *heap = s->snap->oldest;
	u32 i = s->snap->nr_oldest;

	if (i == s->max_oldest) {
		if (!i || !older(o, &heap[0]))
			return;
		heap[0] = *o;
		sift_down(heap, i, 0);
		return;
	}
	heap[i] = *o;
	s->snap->nr_oldest++;
	while (i && older(&heap[(i - 1) / 2], &heap[i])) {
		swap(heap[i], heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void add_object(void *ctx, u64 key, const struct la_record *rec)
{
	struct sum *s = ctx;
	struct la_object o = { .key = key, .rec = *rec };
	u32 id = la_record_site(rec), born = la_record_born(rec);
	struct la_site_row *row;
	unsigned int level;

	/* A site that is newer than the snapshot comes with the next one. */
	if (id >= s->snap->nr_sites || !la_filter_passes(s->filter, rec))
		return;
	row = &s->snap->stacks[id];
	/* One that came during the walk is as old as the walk. */
	if (!row->objects || born < row->oldest)
		row->oldest = min(born, s->snap->now);
	row->objects++;
	row->bytes += la_sites_object_bytes(id, la_record_requested(rec));
	row->requested += la_areas_requested(id, la_record_requested(rec));
	/* The first cutoff is the latest. */
	for (level = 0; level < LA_TREND_LEVELS && born < s->snap->cutoffs[level]; level++) {
		row->survivors[level]++;
		row->matured[level] += born >= s->snap->matured_since[level];
	}
	s->snap->objects++;
	keep_oldest(s, &o);
}

static void add_row(struct la_site_row *sum, const struct la_site_row *row)
{
	unsigned int level;

	if (row->objects && (!sum->objects || row->oldest < sum->oldest))
		sum->oldest = row->oldest;
	sum->objects += row->objects;
	sum->bytes += row->bytes;
	sum->requested += row->requested;
	for (level = 0; level < LA_TREND_LEVELS; level++) {
		sum->survivors[level] += row->survivors[level];
		sum->matured[level] += row->matured[level];
	}
	sum->counts.allocs += row->counts.allocs;
	sum->counts.frees += row->counts.frees;
	sum->refused += row->refused;
}

static void sum_classes(struct la_snapshot *snap)
{
	u32 id;

	for (id = 0; id < snap->nr_sites; id++)
		la_sampler_add(&snap->classes[la_sites_table[id].class], snap->sites[id].objects,
			       la_sites_table[id].size, snap->sites[id].bytes);
}

/* How many records, of objects and of page blocks, were stored so far, and removed. */
static void count_changes(s64 *came, s64 *went)
{
	struct la_site_counts objects, pages;

	la_sites_total(&objects, &pages);
	*came = objects.allocs + pages.allocs - la_counters_sum(LA_REFUSED) -
		la_counters_sum(LA_PAGES_REFUSED);
	*went = objects.frees + pages.frees + la_counters_sum(LA_CLEARED);
}

static void walk(struct la_snapshot *snap, const struct la_filter *filter, u32 nr_oldest)
{
	struct sum s = { .snap = snap, .filter = filter, .max_oldest = nr_oldest };
	s64 came_before, went_before, came, went;

	count_changes(&came_before, &went_before);
	la_objects_walk(add_object, &s);
	la_pages_walk(add_object, &s);
	count_changes(&came, &went);
	/* What is refused is counted a moment before, or after, it was. */
	snap->came = max_t(s64, came - came_before, 0);
	snap->went = went - went_before;
}

static void snapshot_free(struct la_snapshot *snap)
{
	kvfree(snap->sites);
	kvfree(snap->stacks);
	kvfree(snap->oldest);
	kfree(snap);
}

static void release(struct kref *ref)
{
	snapshot_free(container_of(ref, struct la_snapshot, ref));
}

/**
 * la_snapshot_put() - a reader is done
 * @snap: the snapshot, or NULL
 */
void la_snapshot_put(struct la_snapshot *snap)
{
	if (snap)
		kref_put(&snap->ref, release);
}

/**
 * la_snapshot_take() - walk the table now
 * @filter: which objects count
 * @nr_oldest: how many of the oldest to keep
 *
 * Context: process.
 * Return: a snapshot, or NULL when memory is short.
 */
struct la_snapshot *la_snapshot_take(const struct la_filter *filter, u32 nr_oldest)
{
	struct la_snapshot *snap = kzalloc(sizeof(*snap), GFP_KERNEL);
	u32 id;

	if (!snap)
		return NULL;
	kref_init(&snap->ref);
	snap->nr_sites = la_sites_count();
	snap->sites = kvcalloc(snap->nr_sites, sizeof(*snap->sites), GFP_KERNEL);
	snap->stacks = kvcalloc(snap->nr_sites, sizeof(*snap->stacks), GFP_KERNEL);
	snap->oldest = kvcalloc(nr_oldest + 1, sizeof(*snap->oldest), GFP_KERNEL);
	if (!snap->sites || !snap->stacks || !snap->oldest) {
		snapshot_free(snap);
		return NULL;
	}
	snap->now = la_ticks();
	la_looks_cutoffs(snap->cutoffs, snap->matured_since);
	walk(snap, filter, nr_oldest);
	/* After the walk: what it saw has been counted. */
	for (id = 0; id < snap->nr_sites; id++) {
		struct la_site_row *row = &snap->stacks[id];

		la_sites_sum(id, &row->counts);
		row->refused = atomic_long_read(&la_sites_table[id].refused);
		add_row(&snap->sites[la_sites_table[id].head], row);
	}
	sum_classes(snap);
	/* Take the heap down: the youngest of the rest goes to the end. */
	for (id = snap->nr_oldest; id > 1; id--) {
		swap(snap->oldest[0], snap->oldest[id - 1]);
		sift_down(snap->oldest, id - 1, 0);
	}
	snap->taken = jiffies;
	return snap;
}

/**
 * la_snapshot_get() - the shared snapshot, renewed when it is a second old
 *
 * Context: process.
 * Return: to be given to la_snapshot_put(); NULL when memory is short.
 */
struct la_snapshot *la_snapshot_get(void)
{
	static const struct la_filter all = LA_FILTER_ALL;
	struct la_snapshot *snap;

	mutex_lock(&shared_mutex);
	if (!shared || time_after_eq(jiffies, shared->taken + RENEW_AFTER)) {
		snap = la_snapshot_take(&all, la_param_rows());
		if (snap) {
			la_snapshot_put(shared);
			shared = snap;
		}
	}
	snap = shared;
	if (snap)
		kref_get(&snap->ref);
	mutex_unlock(&shared_mutex);
	return snap;
}

/**
 * la_snapshot_drop_shared() - the next reader sees what is now
 */
void la_snapshot_drop_shared(void)
{
	mutex_lock(&shared_mutex);
	la_snapshot_put(shared);
	shared = NULL;
	mutex_unlock(&shared_mutex);
}

/**
 * la_snapshot_bytes() - bytes that the objects of a row take, tracked or not
 * @site: whose row it is
 * @row: the row
 */
struct la_estimate la_snapshot_bytes(u32 site, const struct la_site_row *row)
{
	struct la_estimate_sum sum = { };

	la_sampler_add(&sum, row->objects, la_sites_table[site].size, row->bytes);
	return la_estimate_sum_bytes(&sum);
}

/* At one address there can be a module now, and one that is gone. */
static int by_caller(const void *a, const void *b)
{
	const struct la_site *x = &la_sites_table[((const struct la_caller_bytes *)a)->site];
	const struct la_site *y = &la_sites_table[((const struct la_caller_bytes *)b)->site];

	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	return x->life != y->life ? (int)x->life - (int)y->life : (int)x->class - (int)y->class;
}

static u64 magnitude(s64 bytes)
{
	return bytes < 0 ? -(u64)bytes : bytes;
}

static int by_magnitude(const void *a, const void *b)
{
	u64 x = magnitude(((const struct la_caller_bytes *)a)->bytes);
	u64 y = magnitude(((const struct la_caller_bytes *)b)->bytes);

	return x > y ? -1 : x < y;
}

/**
 * la_snapshot_sum_callers() - make one of all sites that a caller has of a class
 * @c: sites with their bytes; gets callers, those with most first, whatever the sign
 * @n: how many sites
 *
 * Return: how many callers.
 */
u32 la_snapshot_sum_callers(struct la_caller_bytes *c, u32 n)
{
	u32 i, nr = 0;

	sort(c, n, sizeof(*c), by_caller, NULL);
	for (i = 0; i < n; i++) {
		if (nr && !by_caller(&c[nr - 1], &c[i]))
			c[nr - 1].bytes += c[i].bytes;
		else
			c[nr++] = c[i];
	}
	sort(c, nr, sizeof(*c), by_magnitude, NULL);
	return nr;
}

/**
 * la_snapshot_age_ms() - how old it is
 * @snap: the snapshot
 */
unsigned int la_snapshot_age_ms(const struct la_snapshot *snap)
{
	return jiffies_to_msecs(jiffies - snap->taken);
}

struct collect {
	const struct la_filter *filter;
	struct la_object *objects;
	u64 n;
	u64 max;
};

static void count_object(void *ctx, u64 key, const struct la_record *rec)
{
	struct collect *c = ctx;

	c->n += la_filter_passes(c->filter, rec);
}

static void collect_object(void *ctx, u64 key, const struct la_record *rec)
{
	struct collect *c = ctx;

	if (c->n < c->max && la_filter_passes(c->filter, rec))
		c->objects[c->n++] = (struct la_object){ .key = key, .rec = *rec };
}

/**
 * la_snapshot_collect() - all objects that pass a filter
 * @filter: the filter
 * @n: gets how many
 *
 * Context: process.
 * Return: an array for kvfree(), or NULL when memory is short.
 */
struct la_object *la_snapshot_collect(const struct la_filter *filter, u64 *n)
{
	struct collect c = { .filter = filter };

	la_objects_walk(count_object, &c);
	la_pages_walk(count_object, &c);
	c.max = c.n + COLLECT_SLACK;
	c.n = 0;
	/* It can be much, and who asks may do so because there is little left. */
	c.objects = __vmalloc(array_size(c.max, sizeof(*c.objects)),
			      GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!c.objects)
		return NULL;
	la_objects_walk(collect_object, &c);
	la_pages_walk(collect_object, &c);
	*n = c.n;
	return c.objects;
}
