/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What leakacct itself takes.
 */
#ifndef LEAKACCT_OWN_H
#define LEAKACCT_OWN_H

#include "changes.h"
#include "freers.h"
#include "history.h"
#include "objects.h"
#include "older.h"
#include "oom.h"
#include "pages.h"
#include "recall.h"
#include "sampler.h"
#include "sites.h"
#include "stacks.h"
#include "tasks.h"
#include "unknown.h"

static inline u64 la_own_bytes(void)
{
	return la_objects_memory() + la_sites_memory() + la_tasks_memory() +
	       la_stacks_memory() + la_recall_memory() +
	       la_history_memory() + la_older_memory() + la_sampler_memory() +
	       la_pages_memory() + la_oom_memory() +
	       la_unknown_memory() + la_freers_memory() + la_changes_memory();
}

u64 la_own_uptime_s(void);

#endif /* LEAKACCT_OWN_H */
