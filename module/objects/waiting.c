// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting.
 *
 * An object handed to kfree_rcu() is freed for its owner, but its memory comes back
 * later. It has a record in a table of its own meanwhile, so that its real free is
 * known for the echo that it is, and so that what waits is a figure of its own.
 */
#include "waiting.h"

#include <linux/percpu.h>

#include "counters.h"
#include "objects.h"
#include "sites.h"
#include "tasks.h"

struct waiting {
	s64 objects;
	s64 bytes;
};

static DEFINE_PER_CPU(struct waiting, waiting);

/**
 * la_waiting_begin() - an object was handed to kfree_rcu()
 * @object: its address
 * @site: that it was allocated at; LA_SITE_OVERFLOW, of no size: not known
 *
 * Context: any, preemption off.
 */
void la_waiting_begin(const void *object, u32 site)
{
	struct la_record rec = la_record_make(site, LA_TASK_UNKNOWN, la_ticks(), 0), stale;

	switch (la_table_insert(&la_objects_waiting_table, la_objects_key(object), rec, &stale)) {
	case LA_INSERT_NEW:
		this_cpu_inc(waiting.objects);
		this_cpu_add(waiting.bytes, la_sites_table[site].size);
		break;
	case LA_INSERT_HEALED:
		this_cpu_add(waiting.bytes, (s64)la_sites_table[site].size -
					    la_sites_table[la_record_site(&stale)].size);
		break;
	case LA_INSERT_HEALED_REFUSED:
		this_cpu_dec(waiting.objects);
		this_cpu_sub(waiting.bytes, la_sites_table[la_record_site(&stale)].size);
		fallthrough;
	default:
		la_count(LA_RCU_UNKEPT);
	}
}

/**
 * la_waiting_end() - is this free the echo of a kfree_rcu()?
 * @object: its address
 *
 * Context: any, preemption off.
 */
bool la_waiting_end(const void *object)
{
	struct la_record rec;

	if (!la_table_remove(&la_objects_waiting_table, la_objects_key(object), &rec))
		return false;
	la_count(LA_RCU_DONE);
	this_cpu_dec(waiting.objects);
	this_cpu_sub(waiting.bytes, la_sites_table[la_record_site(&rec)].size);
	return true;
}

/**
 * la_waiting_sum() - what waits for RCU
 * @objects: how many
 * @bytes: that they take; of objects older than the load this is not known
 */
void la_waiting_sum(s64 *objects, s64 *bytes)
{
	int cpu;

	*objects = 0;
	*bytes = 0;
	for_each_possible_cpu(cpu) {
		*objects += READ_ONCE(per_cpu(waiting.objects, cpu));
		*bytes += READ_ONCE(per_cpu(waiting.bytes, cpu));
	}
}
