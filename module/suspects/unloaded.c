// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unloaded: what modules left behind.
 *
 * When a module goes its sites leave the index for good: no event is booked on them any
 * more, and whatever is alive of them was left behind. So no list of objects is needed:
 * each site gets the number of the unload, and what its objects are is read from the
 * table, from which those drop out that are freed late.
 *
 * They have a while for that: frees that wait for RCU, for a work or for a packet to be
 * sent. After it, and after an RCU barrier, the allocator is asked for what is still
 * there, and one line of the log says what it is. Until then `unloaded` says that it is not
 * confirmed.
 *
 * Locking: unloads_mutex guards the ring; sites' numbers are written by the notifier
 * alone, of which there is one at a time.
 */
#include "unloaded.h"

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "audit.h"
#include "leakacct.h"
#include "sampler.h"
#include "sites.h"
#include "snapshot.h"

/* From the unload to the look that confirms, and the same in ticks, which are coarser. */
#define DELAY		(2 * HZ + HZ / 10)
#define DELAY_TICKS	(2 * LA_TICKS_HZ)

static struct la_unload unloads[LA_UNLOADS];
static DEFINE_MUTEX(unloads_mutex);
static u16 last_life;

static void confirm_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(confirm_work, confirm_all);

static struct la_unload *slot_of(u16 life)
{
	return &unloads[life % LA_UNLOADS];
}

/* Number the sites of the life that ends. False: it never allocated. */
static bool number_sites(const struct module *mod, u16 life)
{
	u32 id, n = la_sites_count();
	bool any = false;

	for (id = LA_SITE_FIRST; id < n; id++) {
		struct la_site *site = &la_sites_table[id];

		if (site->life != LA_SITE_UNLOADED || site->unload || !site->module ||
		    strcmp(site->module, mod->name))
			continue;
		WRITE_ONCE(site->unload, life);
		any = true;
	}
	return any;
}

/**
 * la_unloaded_module_going() - a module goes
 * @mod: the module
 *
 * Context: the module notifier, one at a time, behind la_sites_module_going().
 */
void la_unloaded_module_going(struct module *mod)
{
	/* 0 is nobody. */
	u16 life = (u16)(last_life + 1) ?: 1;

	if (!number_sites(mod, life))
		return;
	last_life = life;
	mutex_lock(&unloads_mutex);
	*slot_of(life) = (struct la_unload){ .life = life, .ticks = la_ticks() };
	strscpy(slot_of(life)->name, mod->name, MODULE_NAME_LEN);
	mutex_unlock(&unloads_mutex);
	/* What its exit freed must not be taken for a candidate. */
	la_snapshot_drop_shared();
	queue_delayed_work(system_long_wq, &confirm_work, DELAY);
}

/**
 * la_unloaded_get() - one of the unloads that are remembered
 * @i: below LA_UNLOADS
 * @unload: gets a copy
 *
 * Context: process.
 * Return: false when there is none.
 */
bool la_unloaded_get(unsigned int i, struct la_unload *unload)
{
	mutex_lock(&unloads_mutex);
	*unload = unloads[i];
	mutex_unlock(&unloads_mutex);
	return unload->life;
}

/**
 * la_unloaded_is_confirmed() - had late frees of that unload their time?
 * @life: of a site
 *
 * Context: process.
 */
bool la_unloaded_is_confirmed(u16 life)
{
	const struct la_unload *u = slot_of(life);
	bool confirmed;

	mutex_lock(&unloads_mutex);
	/* What is no longer remembered went long ago. */
	confirmed = u->life != life || u->confirmed;
	mutex_unlock(&unloads_mutex);
	return confirmed;
}

/* Of @life, what is alive, and who has most of it. */
static u32 sum_life(const struct la_snapshot *snap, u16 life, struct la_unload *u)
{
	u32 id, most = 0;
	u64 most_bytes = 0;

	u->objects = 0;
	u->bytes = 0;
	for (id = LA_SITE_FIRST; id < snap->nr_sites; id++) {
		const struct la_site_row *row = &snap->stacks[id];
		u64 bytes;

		if (READ_ONCE(la_sites_table[id].unload) != life)
			continue;
		bytes = la_snapshot_bytes(id, row).value;
		u->objects += la_sampler_scale(row->objects, la_sites_table[id].size);
		u->bytes += bytes;
		if (bytes > most_bytes) {
			most_bytes = bytes;
			most = id;
		}
	}
	return most;
}

static void confirm(const struct la_snapshot *snap, unsigned int i)
{
	struct la_unload u;
	u32 most;

	if (!la_unloaded_get(i, &u) || u.confirmed ||
	    la_ticks() - u.ticks < DELAY_TICKS)
		return;
	most = sum_life(snap, u.life, &u);
	u.confirmed = true;
	mutex_lock(&unloads_mutex);
	if (unloads[i].life == u.life)
		unloads[i] = u;
	mutex_unlock(&unloads_mutex);
	if (u.objects)
		pr_warn("%s left %llu objects, %llu bytes, when it was unloaded; most by %s\n",
			u.name, u.objects, u.bytes, la_sites_table[most].name ?: "?");
}

/* The sites of all unloads that are not confirmed; NULL when memory is short. */
static unsigned long *pending_sites(void)
{
	unsigned long *sites = kvcalloc(BITS_TO_LONGS(la_sites_max()), sizeof(long), GFP_KERNEL);
	u32 id, n = la_sites_count();

	for (id = LA_SITE_FIRST; sites && id < n; id++) {
		u16 life = READ_ONCE(la_sites_table[id].unload);

		if (life && !la_unloaded_is_confirmed(life))
			__set_bit(id, sites);
	}
	return sites;
}

static bool any_pending(void)
{
	struct la_unload u;
	unsigned int i;

	for (i = 0; i < LA_UNLOADS; i++)
		if (la_unloaded_get(i, &u) && !u.confirmed)
			return true;
	return false;
}

static void confirm_all(struct work_struct *work)
{
	struct la_filter filter = LA_FILTER_ALL;
	struct la_snapshot *snap = NULL;
	struct la_audit audit;
	unsigned int i;

	rcu_barrier();
	filter.sites = pending_sites();
	if (filter.sites) {
		la_audit_run(&filter, LA_AUDIT_SOME, &audit);
		snap = la_snapshot_take(&filter, 0);
	}
	for (i = 0; snap && i < LA_UNLOADS; i++)
		confirm(snap, i);
	la_snapshot_put(snap);
	kvfree(filter.sites);
	/* One that went meanwhile; or memory was short. */
	if (any_pending())
		queue_delayed_work(system_long_wq, &confirm_work, DELAY);
}

/**
 * la_unloaded_stop() - look no more; no module's going is told any more
 */
void la_unloaded_stop(void)
{
	cancel_delayed_work_sync(&confirm_work);
}
