// SPDX-License-Identifier: GPL-2.0-only
/*
 * leakacct: who holds the memory of this machine?
 *
 * The table of contents. Each part is set up after those that it stands on, and
 * taken down in the reverse order:
 *
 *   symbols	addresses of what is not exported; names that outlive modules
 *   ghost, slabs	the kernel's own counters and caches
 *   shrinkers	what modules can give back
 *   layout	where private fields of caches and slabs lie
 *   alive	whether the allocator tells what is free
 *   unknown	frees of objects without a record, by cache
 *   sites	where objects are allocated, with exact counts
 *   tasks	who allocated them
 *   stacks	the unique stacks that sites are told by
 *   recall	the site of an event, from memory where its stack was seen before
 *   objects	the table of live objects
 *   pages	the same for blocks of pages, a word per frame
 *   history	of each caller, from which looks tell suspects
 *   hooks	the allocation paths, the probes on them, and the events they report
 *   makers	which module created which cache
 *   unloaded	what modules left behind when they went
 *   oom		what goes into the kernel log when memory is short
 *   debugfs	the files: views of a snapshot
 */
#include <linux/module.h>
#include <linux/timekeeping.h>

#include "alias_makers.h"
#include "alias_sites.h"
#include "alive.h"
#include "census_walk.h"
#include "changes.h"
#include "debugfs.h"
#include "events.h"
#include "ghost.h"
#include "history.h"
#include "holders.h"
#include "hooks.h"
#include "layout.h"
#include "looks.h"
#include "objects.h"
#include "older.h"
#include "oom.h"
#include "own.h"
#include "pages.h"
#include "params.h"
#include "recall.h"
#include "shrinkers.h"
#include "sites.h"
#include "slabs.h"
#include "snapshot.h"
#include "stacks.h"
#include "symbols.h"
#include "tasks.h"
#include "unknown.h"
#include "unloaded.h"

u64 la_ticks_base __read_mostly;
static time64_t loaded;

/**
 * la_own_uptime_s() - seconds since leakacct was loaded
 */
u64 la_own_uptime_s(void)
{
	return ktime_get_boottime_seconds() - loaded;
}

static int __init leakacct_init(void)
{
	int err;

	loaded = ktime_get_boottime_seconds();
	la_ticks_base = get_jiffies_64() - BIT_ULL(32);
	la_symbols_init();
	la_ghost_init();
	la_holders_init();
	la_slabs_init();
	la_shrinkers_init();
	err = la_layout_init();
	if (err)
		return err;
	err = la_alive_init();
	if (err)
		return err;
	err = la_unknown_init();
	if (err)
		return err;
	err = la_sites_init();
	if (err)
		goto err_exit_unknown;
	err = la_tasks_init();
	if (err)
		goto err_exit_sites;
	err = la_stacks_init();
	if (err)
		goto err_exit_tasks;
	err = la_recall_init();
	if (err)
		goto err_exit_stacks;
	err = la_objects_init(la_param_max_objects());
	if (err)
		goto err_exit_recall;
	err = la_pages_init();
	if (err)
		goto err_exit_objects;
	err = la_census_init();
	if (err)
		goto err_exit_pages;
	err = la_history_init();
	if (err)
		goto err_exit_census;
	err = la_older_init();
	if (err)
		goto err_exit_history;
	err = la_symbols_watch();
	if (err)
		goto err_exit_older;

	err = la_hooks_init(la_param_kprobes_only());
	if (err)
		goto err_unwatch_symbols;
	la_makers_init();
	la_unknown_rebase();
	if (la_param_stopped())
		la_events_record(LA_RECORDING_STOPPED);
	err = la_oom_init();
	if (err)
		goto err_exit_hooks;
	la_looks_start();
	err = la_debugfs_init();
	if (err)
		goto err_stop_looks;
	return 0;

err_stop_looks:
	la_looks_stop();
	la_names_drop_shared();
	la_oom_exit();
err_exit_hooks:
	la_makers_exit();
	la_hooks_exit();
err_unwatch_symbols:
	la_symbols_unwatch();
	la_unloaded_stop();
	la_objects_stop_work();
	la_sampler_exit();
err_exit_older:
	la_older_exit();
err_exit_history:
	la_history_exit();
err_exit_census:
	la_census_exit();
err_exit_pages:
	la_pages_exit();
err_exit_objects:
	la_objects_exit();
err_exit_recall:
	la_recall_exit();
err_exit_stacks:
	la_stacks_exit();
err_exit_tasks:
	la_tasks_exit();
err_exit_sites:
	la_sites_exit();
err_exit_unknown:
	la_unknown_exit();
	return err;
}

static void __exit leakacct_exit(void)
{
	la_debugfs_exit();
	la_snapshot_drop_shared();
	la_holders_drop_shared();
	la_changes_forget();
	la_looks_stop();
	la_names_drop_shared();
	la_oom_exit();
	la_makers_exit();
	/* Before the hooks: what a module frees when they are gone is no leak of its. */
	la_symbols_unwatch();
	la_unloaded_stop();
	la_hooks_exit();
	la_objects_stop_work();
	la_sampler_exit();
	la_older_exit();
	la_history_exit();
	la_census_exit();
	la_pages_exit();
	la_objects_exit();
	la_recall_exit();
	la_stacks_exit();
	la_tasks_exit();
	la_sites_exit();
	la_unknown_exit();
}

module_init(leakacct_init);
module_exit(leakacct_exit);

MODULE_DESCRIPTION("Who holds kernel memory: live objects by caller, ghost memory, leak suspects");
MODULE_AUTHOR("The leakacct authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
