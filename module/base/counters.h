/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU event counters: what `stats` shows and the trust line sums up.
 */
#ifndef LEAKACCT_COUNTERS_H
#define LEAKACCT_COUNTERS_H

#include <linux/percpu.h>

#include "leakacct.h"

enum la_counter {
	LA_ALLOC_FAILED,	/* allocations that returned NULL */
	LA_REFUSED,		/* allocations counted, but not stored: limit or no slot */
	LA_HEALS,		/* an address came again: the free in between was missed */
	LA_UNKNOWN_FREES,	/* frees of addresses without a record */
	LA_CLEARED,		/* records removed by `clear` */
	LA_AUDITED,		/* objects that the allocator was asked for */
	LA_AUDIT_REMOVED,	/* of those, that were free: the free was missed */
	LA_AUDIT_UNCERTAIN,	/* of those, that the allocator does not tell */
	/* The same by class: of pages, which are not among the above, too. */
	LA_AUDITED_OF,
	LA_AUDIT_REMOVED_OF = LA_AUDITED_OF + LA_NR_CLASSES,
	LA_AUDIT_UNCERTAIN_OF = LA_AUDIT_REMOVED_OF + LA_NR_CLASSES,
	LA_AFTER_AUDIT = LA_AUDIT_UNCERTAIN_OF + LA_NR_CLASSES - 1,
	LA_RESIZED,		/* krealloc in place */
	LA_RESIZE_LOST,		/* likewise, while the table grew: `requested` is the old size */
	LA_RCU_HANDED,		/* objects handed to kfree_rcu() */
	LA_RCU_DONE,		/* of those, freed for real */
	LA_RCU_UNKEPT,		/* handed over while the list of waiting ones was full */
	LA_NOT_RECORDED,	/* allocations while stopped */
	LA_SITES_REFUSED,	/* events booked on the overflow site */
	LA_TASKS_REFUSED,	/* records without pid and comm: table of tasks full */
	LA_STACKS_REFUSED,	/* allocations whose stack found no room: booked on its caller */
	LA_STACK_UNWINDS,	/* stacks that had to be unwound */
	LA_STACK_UNREMEMBERED,	/* of those, that can't be remembered */
	LA_STACK_CHECKS,	/* remembered stacks that were unwound all the same */
	LA_STACK_DIFFERENCES,	/* of those, that were not what was remembered */
	LA_CHAINS_REFUSED,	/* chains that found no room to be remembered */
	LA_NMI_LOST,		/* NMI: a lock was held; no site or task, or pages not freed */
	LA_FREES_LOOKED_AT,	/* frees of which it was found out who frees */
	LA_FREES_WATCHED,	/* frees that a suspect's freer was looked for at */
	LA_FREERS_REFUSED,	/* of those, that found no room, they or their stack */
	LA_SECRETS_REFUSED,	/* callers whose objects are secrets, that found no room */
	LA_PAGES_UNKNOWN,	/* frees of pages of no known block */
	LA_PAGES_BROKEN,	/* blocks of which a part was freed first */
	LA_PAGES_HEALED,	/* a frame came again: the free in between was missed */
	LA_PAGES_REFUSED,	/* blocks counted, but not stored: memory without words */
	LA_NR_COUNTERS
};

struct la_counters {
	u64 v[LA_NR_COUNTERS];
};

DECLARE_PER_CPU(struct la_counters, la_counters);

static __always_inline void la_count(enum la_counter c)
{
	this_cpu_inc(la_counters.v[c]);
}

static __always_inline void la_count_many(enum la_counter c, u64 n)
{
	this_cpu_add(la_counters.v[c], n);
}

u64 la_counters_sum(enum la_counter c);
const char *la_counters_name(enum la_counter c);

#endif /* LEAKACCT_COUNTERS_H */
