// SPDX-License-Identifier: GPL-2.0-only
/*
 * `hooks`, `wrappers` and `stats`: leakacct's own state.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "counters.h"
#include "events.h"
#include "hooks.h"
#include "looks.h"
#include "objects.h"
#include "own.h"
#include "pages.h"
#include "params.h"
#include "probe.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "stacks.h"
#include "tasks.h"
#include "unknown.h"
#include "views.h"
#include "waiting.h"
#include "wrappers.h"

static int prepare_hooks(struct la_reading *r)
{
	struct la_hook_row row;
	unsigned int n = 0;

	while (la_hooks_row(n, &row))
		n++;
	la_reading_all_rows(r, n);
	return 0;
}

static void hooks_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	static const char *const trials[] = {
		[LA_TRIAL_NONE] = "-",
		[LA_TRIAL_PASS] = "pass",
		[LA_TRIAL_FAIL] = "fail",
	};
	struct la_hook_row row;

	if (!la_hooks_row(i, &row))
		return;
	seq_printf(m, "%s %s %s %s %s %llu %llu\n", row.path, row.probe->symbol,
		   la_probe_kind_name(row.probe->kind),
		   la_probe_state_name(row.probe->state), trials[row.trial],
		   la_probe_hits(row.probe), la_probe_missed(row.probe));
}

const struct la_view la_view_hooks = {
	.name	 = "hooks",
	.columns = "path symbol probe state selftest hits missed",
	.sorts	 = "",
	.prepare = prepare_hooks,
	.row	 = hooks_row,
};

static int prepare_wrappers(struct la_reading *r)
{
	unsigned int n;

	r->rows = la_wrappers_copy(&n);
	if (!r->rows)
		return -ENOMEM;
	la_reading_all_rows(r, n);
	return 0;
}

static void wrappers_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	static const char *const kinds[] = {
		[LA_WRAPPER_KMALLOC] = "allocator",
		[LA_WRAPPER_LISTED] = "listed",
		[LA_WRAPPER_ADDED] = "added",
	};
	const struct la_wrapper *w = (const struct la_wrapper *)r->rows + i;

	seq_printf(m, "%s %u %ps\n", kinds[w->kind], w->size, (void *)w->start);
}

const struct la_view la_view_wrappers = {
	.name	 = "wrappers",
	.columns = "kind size wrapper",
	.sorts	 = "",
	.query_only = true,
	.prepare = prepare_wrappers,
	.row	 = wrappers_row,
};

static u64 objects_live(void)
{
	return max_t(s64, la_room_live(), 0);
}

static s64 waiting_objects(void)
{
	s64 objects, bytes;

	la_waiting_sum(&objects, &bytes);
	return objects;
}

static s64 waiting_bytes(void)
{
	s64 objects, bytes;

	la_waiting_sum(&objects, &bytes);
	return bytes;
}

static u64 hooks_missed(void)
{
	unsigned int rows, working;
	u64 missed;

	la_hooks_health(&rows, &working, &missed);
	return missed;
}

static u64 sites_used(void)
{
	return la_sites_count() - LA_SITE_FIRST;
}

static u64 tasks_used(void)
{
	return la_tasks_used();
}

static u64 sites_max(void)
{
	return la_sites_max() - 1;
}

static u64 tasks_max(void)
{
	return LA_MAX_TASKS - LA_TASK_FIRST;
}

static u64 events_alloc(void)
{
	struct la_event_sums sums;

	la_events_sum(&sums);
	return sums.allocs;
}

static u64 events_free(void)
{
	struct la_event_sums sums;

	la_events_sum(&sums);
	return sums.frees;
}

static u64 inserts(void)
{
	struct la_event_sums sums;

	la_events_sum(&sums);
	return sums.inserts;
}

static u64 removes(void)
{
	struct la_event_sums sums;

	la_events_sum(&sums);
	return sums.removes;
}

static u64 page_allocs(void)
{
	struct la_event_sums sums;

	la_events_sum(&sums);
	return sums.page_allocs;
}

static u64 page_frees(void)
{
	struct la_event_sums sums;

	la_events_sum(&sums);
	return sums.page_frees;
}

static u64 stacks_used(void)
{
	return la_stacks_count() - 1;
}

static u64 stacks_max(void)
{
	return la_stacks_max() - 1;
}

/* Every recorded allocation has its stack recalled, or unwound. */
static u64 stack_hits(void)
{
	struct la_event_sums sums;
	u64 recorded;

	if (!la_param_stack_depth())
		return 0;
	la_events_sum(&sums);
	recorded = sums.allocs - la_counters_sum(LA_NOT_RECORDED);
	return recorded - min(recorded, la_counters_sum(LA_STACK_UNWINDS));
}

static u64 chains(void)
{
	return la_recall_count();
}

static u64 memory_stacks(void)
{
	return la_stacks_memory() + la_recall_memory();
}

static u64 sample_interval(void)
{
	return la_sampler_interval();
}

static u64 unknown_older(void)
{
	struct la_unknown_sums sums;

	la_unknown_sum(&sums);
	return sums.all.older;
}

static u64 unknown_unexplained(void)
{
	struct la_unknown_sums sums;

	la_unknown_sum(&sums);
	return sums.unexplained;
}

static u64 walk_came(const struct la_snapshot *snap)
{
	return snap->came;
}

static u64 walk_went(const struct la_snapshot *snap)
{
	return snap->went;
}

/* Figures that are not event counters. */
static const struct {
	const char *name;
	u64 (*value)(void);
	s64 (*signed_value)(void);
	u64 (*of_walk)(const struct la_snapshot *snap);
} figures[] = {
	{ "events_alloc", events_alloc },
	{ "events_free", events_free },
	{ "inserts", inserts },
	{ "removes", removes },
	{ "pages_alloc", page_allocs },
	{ "pages_free", page_frees },
	{ "memory_pages", la_pages_memory },
	{ "objects_live", objects_live },
	{ "objects_max", la_room_max },
	{ "objects_capacity", la_objects_capacity },
	{ "grows", la_objects_grows },
	{ "rcu_waiting_objects", .signed_value = waiting_objects },
	{ "rcu_waiting_bytes", .signed_value = waiting_bytes },
	{ "sites", sites_used },
	{ "sites_max", sites_max },
	{ "stacks", stacks_used },
	{ "stacks_max", stacks_max },
	{ "stack_hits", stack_hits },
	{ "chains", chains },
	{ "memory_stacks", memory_stacks },
	{ "sample_interval", sample_interval },
	{ "tasks", tasks_used },
	{ "tasks_max", tasks_max },
	{ "hooks_missed", hooks_missed },
	{ "looks", la_looks_count },
	{ "unknown_older", unknown_older },
	{ "unknown_unexplained", unknown_unexplained },
	{ "walk_came", .of_walk = walk_came },
	{ "walk_went", .of_walk = walk_went },
	{ "own_bytes", la_own_bytes },
};

/* What can't be known of events that are not tracked. */
static bool is_unknown(const char *name)
{
	static const char *const names[] = {
		"events_alloc", "events_free", "heals", "unknown_frees",
		"unknown_older", "unknown_unexplained",
		"rcu_waiting_objects", "rcu_waiting_bytes",
	};

	if (LA_COMPAT_RCU_HAS_NO_ECHO && !strncmp(name, "rcu_waiting_", strlen("rcu_waiting_")))
		return true;
	return la_sampler_interval() && match_string(names, ARRAY_SIZE(names), name) >= 0;
}

static int prepare_stats(struct la_reading *r)
{
	la_reading_all_rows(r, 1 + ARRAY_SIZE(figures) + LA_NR_COUNTERS);
	return 0;
}

static void stats_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	if (!i) {
		seq_printf(m, "state %s\n", la_events_recording() ? "running" : "stopped");
		return;
	}
	i--;
	if (i >= ARRAY_SIZE(figures)) {
		i -= ARRAY_SIZE(figures);
		if (is_unknown(la_counters_name(i)))
			seq_printf(m, "%s unknown\n", la_counters_name(i));
		else
			seq_printf(m, "%s %llu\n", la_counters_name(i), la_counters_sum(i));
	} else if (is_unknown(figures[i].name)) {
		seq_printf(m, "%s unknown\n", figures[i].name);
	} else if (figures[i].value) {
		seq_printf(m, "%s %llu\n", figures[i].name, figures[i].value());
	} else if (figures[i].of_walk) {
		seq_printf(m, "%s %llu\n", figures[i].name, figures[i].of_walk(r->snap));
	} else {
		seq_printf(m, "%s %lld\n", figures[i].name, figures[i].signed_value());
	}
}

const struct la_view la_view_stats = {
	.name	 = "stats",
	.columns = "name value",
	.sorts	 = "",
	.prepare = prepare_stats,
	.row	 = stats_row,
};
