// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU event counters.
 */
#include "counters.h"

#include <linux/build_bug.h>
#include <linux/kernel.h>

DEFINE_PER_CPU(struct la_counters, la_counters);

static const char *const counter_names[] = {
	[LA_ALLOC_FAILED]	= "alloc_failed",
	[LA_REFUSED]		= "refused",
	[LA_HEALS]		= "heals",
	[LA_UNKNOWN_FREES]	= "unknown_frees",
	[LA_CLEARED]		= "cleared",
	[LA_AUDITED]		= "audited",
	[LA_AUDIT_REMOVED]	= "audit_removed",
	[LA_AUDIT_UNCERTAIN]	= "audit_uncertain",
	[LA_AUDITED_OF + LA_CLASS_SLAB]			= "audited_slab",
	[LA_AUDITED_OF + LA_CLASS_LARGE]		= "audited_large",
	[LA_AUDITED_OF + LA_CLASS_PAGE]			= "audited_page",
	[LA_AUDITED_OF + LA_CLASS_VMALLOC]		= "audited_vmalloc",
	[LA_AUDITED_OF + LA_CLASS_PERCPU]		= "audited_percpu",
	[LA_AUDIT_REMOVED_OF + LA_CLASS_SLAB]		= "audit_removed_slab",
	[LA_AUDIT_REMOVED_OF + LA_CLASS_LARGE]		= "audit_removed_large",
	[LA_AUDIT_REMOVED_OF + LA_CLASS_PAGE]		= "audit_removed_page",
	[LA_AUDIT_REMOVED_OF + LA_CLASS_VMALLOC]	= "audit_removed_vmalloc",
	[LA_AUDIT_REMOVED_OF + LA_CLASS_PERCPU]		= "audit_removed_percpu",
	[LA_AUDIT_UNCERTAIN_OF + LA_CLASS_SLAB]		= "audit_uncertain_slab",
	[LA_AUDIT_UNCERTAIN_OF + LA_CLASS_LARGE]	= "audit_uncertain_large",
	[LA_AUDIT_UNCERTAIN_OF + LA_CLASS_PAGE]		= "audit_uncertain_page",
	[LA_AUDIT_UNCERTAIN_OF + LA_CLASS_VMALLOC]	= "audit_uncertain_vmalloc",
	[LA_AUDIT_UNCERTAIN_OF + LA_CLASS_PERCPU]	= "audit_uncertain_percpu",
	[LA_RESIZED]		= "resized",
	[LA_RESIZE_LOST]	= "resize_lost",
	[LA_RCU_HANDED]		= "rcu_handed",
	[LA_RCU_DONE]		= "rcu_done",
	[LA_RCU_UNKEPT]		= "rcu_unkept",
	[LA_NOT_RECORDED]	= "not_recorded",
	[LA_SITES_REFUSED]	= "sites_refused",
	[LA_TASKS_REFUSED]	= "tasks_refused",
	[LA_STACKS_REFUSED]	= "stacks_refused",
	[LA_STACK_UNWINDS]	= "stack_unwinds",
	[LA_STACK_UNREMEMBERED]	= "stack_unremembered",
	[LA_STACK_CHECKS]	= "stack_checks",
	[LA_STACK_DIFFERENCES]	= "stack_differences",
	[LA_CHAINS_REFUSED]	= "chains_refused",
	[LA_NMI_LOST]		= "nmi_lost",
	[LA_FREES_LOOKED_AT]	= "frees_looked_at",
	[LA_FREES_WATCHED]	= "frees_watched",
	[LA_FREERS_REFUSED]	= "freers_refused",
	[LA_SECRETS_REFUSED]	= "secrets_refused",
	[LA_PAGES_UNKNOWN]	= "pages_unknown_frees",
	[LA_PAGES_BROKEN]	= "pages_broken",
	[LA_PAGES_HEALED]	= "pages_healed",
	[LA_PAGES_REFUSED]	= "pages_refused",
};

static_assert(ARRAY_SIZE(counter_names) == LA_NR_COUNTERS);

/**
 * la_counters_sum() - one counter over all CPUs, those that went offline too
 * @c: which
 */
u64 la_counters_sum(enum la_counter c)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(la_counters, cpu).v[c]);
	return sum;
}

/**
 * la_counters_name() - the name of a counter in `stats`
 * @c: which
 */
const char *la_counters_name(enum la_counter c)
{
	return counter_names[c];
}
