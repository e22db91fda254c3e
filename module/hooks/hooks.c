// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks: one row for each path by which objects come and go.
 *
 * A row names the tracepoint that reports the path faithfully, if there is one,
 * else the functions to probe, one candidate per kernel family with the places
 * of its arguments. What is preferred: a tracepoint, which loses nothing; for
 * entries a direct call or an ftrace_ops, which lose nothing either; a kretprobe only
 * where a return value is needed and no direct call is to be had, since an allocation
 * lost there is merely an unknown free later, while a lost free would be a false leak.
 * hooks=kprobe puts kprobes on everything.
 */
#include "hooks.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "areas.h"
#include "compat.h"
#include "direct.h"
#include "events.h"
#include "handlers.h"
#include "objects.h"
#include "page_events.h"
#include "probe.h"
#include "prototypes.h"
#include "sampler.h"
#include "symbols.h"
#include "traced.h"
#include "trials.h"

struct candidate {
	const char *symbol;
	struct la_args args;
};

#define MAX_CANDIDATES 4

/**
 * struct hook - a path
 * @path: its name
 * @expected: this kernel should have it: where it is found absent that is a row, and told;
 *	another may be a row all the same, when its function is there
 * @event: what happens there
 * @traced: the tracepoint
 * @trial: takes it once; NULL where that would cost others too much
 * @candidates: the functions
 */
struct hook {
	const char *path;
	bool expected;
	enum la_event event;
	const struct la_traced *traced;
	la_trial_fn trial;
	struct candidate candidates[MAX_CANDIDATES];
};

#define LRU_TRACED	(LA_COMPAT_HAS_ALLOC_LRU ? &la_traced_cache_alloc : NULL)
#define SHEAF_TRACED	(LA_COMPAT_HAS_FROM_SHEAF ? &la_traced_cache_alloc : NULL)
#define KVMALLOC_TRACED	(LA_COMPAT_KVMALLOC_IN_SLUB ? &la_traced_kmalloc : NULL)
#define FLAGS_TRACED	(LA_COMPAT_HAS_KMALLOC_FLAGS ? &la_traced_kmalloc : NULL)

/* Candidates: 6.1, then since 6.10, then before 6.1; the first that there is. */
static const struct hook hooks[] = {
	{ "kmalloc_const", true, LA_EVENT_ALLOC, &la_traced_kmalloc, la_trial_kmalloc_const,
	  { { "kmalloc_trace", { .cache = 1, .size = 3 } },
	    { "__kmalloc_cache_noprof", { .cache = 1, .size = 3 } },
	    { "kmem_cache_alloc_trace", { .cache = 1, .size = 3 } } } },
	{ "kmalloc_variable", true, LA_EVENT_ALLOC, &la_traced_kmalloc, la_trial_kmalloc_variable,
	  { { "__kmalloc", { .size = 1, .small = LA_COMPAT_LARGE_BY_ORDER } },
	    { "__kmalloc_noprof", { .size = 1 } } } },
	{ "kmalloc_node", true, LA_EVENT_ALLOC, &la_traced_kmalloc_node, la_trial_kmalloc_node,
	  { { "__kmalloc_node", { .size = 1 } },
	    { "__kmalloc_node_noprof", { .size = 1 } } } },
	{ "kmalloc_node_const", true, LA_EVENT_ALLOC, &la_traced_kmalloc_node,
	  la_trial_kmalloc_node_const,
	  { { "kmalloc_node_trace", { .cache = 1, .size = 4 } },
	    { "__kmalloc_cache_node_noprof", { .cache = 1, .size = 4 } },
	    { "kmem_cache_alloc_node_trace", { .cache = 1, .size = 4 } } } },
	/* Where there is one without a node, all callers but few take that one. */
	{ "kmalloc_track_caller", true, LA_EVENT_ALLOC, &la_traced_kmalloc,
	  la_trial_kmalloc_track_caller,
	  { { "__kmalloc_track_caller", { .size = 1, .caller = 3, .small = true } },
	    { "__kmalloc_node_track_caller", { .size = 1, .caller = 4 } },
	    { "__kmalloc_node_track_caller_noprof", { .size = 1, .caller = 5 } } } },
	{ "kmalloc_node_track_caller", true, LA_EVENT_ALLOC, &la_traced_kmalloc_node,
	  la_trial_kmalloc_node_track_caller,
	  { { "__kmalloc_node_track_caller", { .size = 1, .caller = 4 } },
	    { "__kmalloc_node_track_caller_noprof", { .size = 1, .caller = 5 } } } },
	{ "kmalloc_large", true, LA_EVENT_ALLOC, &la_traced_kmalloc, la_trial_kmalloc_large,
	  { { "kmalloc_large", { .size = 1 } },
	    { "__kmalloc_large_noprof", { .size = 1 } },
	    { "kmalloc_order_trace", { .size = 1 } } } },
	{ "kmalloc_large_node", true, LA_EVENT_ALLOC, &la_traced_kmalloc_node,
	  la_trial_kmalloc_large_node,
	  { { "kmalloc_large_node", { .size = 1 } },
	    { "__kmalloc_large_node_noprof", { .size = 1 } } } },
	/* Elsewhere it calls one of those above. What it takes of vmalloc is that row's. */
	{ "kvmalloc", LA_COMPAT_KVMALLOC_IN_SLUB, LA_EVENT_ALLOC, KVMALLOC_TRACED,
	  la_trial_kvmalloc,
	  { { LA_COMPAT_KVMALLOC_IN_SLUB ? "__kvmalloc_node_noprof" : NULL,
	      { .size = 1, .area = true } } } },
	/* Nobody outside of the allocator can call it. */
	{ "kmalloc_flags", LA_COMPAT_HAS_KMALLOC_FLAGS, LA_EVENT_ALLOC, FLAGS_TRACED, NULL,
	  { { LA_COMPAT_HAS_KMALLOC_FLAGS ? "__kmalloc_flags_noprof" : NULL, { .size = 1 } } } },
	{ "kmalloc_nolock", LA_COMPAT_HAS_NOLOCK, LA_EVENT_ALLOC, NULL, la_trial_kmalloc_nolock,
	  { { "_kmalloc_nolock_noprof", { .size = 1 } },
	    { "kmalloc_nolock_noprof", { .size = 1 } } } },
	{ "kmem_cache_alloc", true, LA_EVENT_ALLOC, &la_traced_cache_alloc, la_trial_cache_alloc,
	  { { "kmem_cache_alloc", { .cache = 1 } },
	    { "kmem_cache_alloc_noprof", { .cache = 1 } } } },
	{ "kmem_cache_alloc_lru", LA_COMPAT_HAS_ALLOC_LRU, LA_EVENT_ALLOC, LRU_TRACED,
	  la_trial_cache_alloc_lru,
	  { { "kmem_cache_alloc_lru", { .cache = 1 } },
	    { "kmem_cache_alloc_lru_noprof", { .cache = 1 } } } },
	{ "kmem_cache_alloc_node", true, LA_EVENT_ALLOC, &la_traced_cache_alloc_node,
	  la_trial_cache_alloc_node,
	  { { "kmem_cache_alloc_node", { .cache = 1 } },
	    { "kmem_cache_alloc_node_noprof", { .cache = 1 } } } },
	{ "kmem_cache_alloc_from_sheaf", LA_COMPAT_HAS_FROM_SHEAF, LA_EVENT_ALLOC, SHEAF_TRACED,
	  la_trial_cache_alloc_from_sheaf,
	  { { LA_COMPAT_HAS_FROM_SHEAF ? "kmem_cache_alloc_from_sheaf_noprof" : NULL,
	      { .cache = 1 } } } },
	{ "kmem_cache_alloc_bulk", true, LA_EVENT_ALLOC_BULK, NULL, la_trial_cache_alloc_bulk,
	  { { "kmem_cache_alloc_bulk", { .cache = 1, .count = 3, .array = 4 } },
	    { "kmem_cache_alloc_bulk_noprof", { .cache = 1, .count = 3, .array = 4 } } } },
	{ "kfree", true, LA_EVENT_FREE, &la_traced_kfree, la_trial_kfree,
	  { { "kfree", { .object = 1 } } } },
	{ "kfree_nolock", LA_COMPAT_HAS_NOLOCK, LA_EVENT_FREE, NULL, la_trial_kfree_nolock,
	  { { "kfree_nolock", { .object = 1 } } } },
	{ "kmem_cache_free", true, LA_EVENT_FREE, &la_traced_cache_free, la_trial_cache_free,
	  { { "kmem_cache_free", { .object = 2 } } } },
	{ "kmem_cache_free_bulk", true, LA_EVENT_FREE_BULK, NULL, la_trial_cache_free_bulk,
	  { { "kmem_cache_free_bulk", { .count = 2, .array = 3 } } } },
	{ "kfree_bulk", true, LA_EVENT_FREE_BULK, NULL, la_trial_kfree_bulk,
	  { { "kmem_cache_free_bulk", { .count = 2, .array = 3 } } } },
	{ "krealloc", true, LA_EVENT_RESIZE, NULL, la_trial_krealloc,
	  { { "krealloc", { .object = 1, .size = 2 } },
	    { "krealloc_noprof", { .object = 1, .size = 2 } },
	    { "krealloc_node_align_noprof", { .object = 1, .size = 2 } } } },
	{ "kfree_rcu", true, LA_EVENT_FREE_RCU, NULL, la_trial_kfree_rcu,
	  { { LA_COMPAT_RCU_IS_KNOWN ? "kvfree_call_rcu" : NULL, { } } } },
	{ "kfree_rcu_nolock", LA_COMPAT_HAS_RCU_NOLOCK, LA_EVENT_FREE_RCU, NULL,
	  la_trial_kfree_rcu_nolock,
	  { { LA_COMPAT_RCU_TAKES_OBJECT ? "kfree_call_rcu_nolock" : NULL, { } } } },
	/* Frees who say that what they free is a secret. */
	{ "kfree_sensitive", true, LA_EVENT_FREE_SECRET, NULL, la_trial_kfree_sensitive,
	  { { "kfree_sensitive", { .object = 1 } } } },
	{ "kvfree_sensitive", true, LA_EVENT_FREE_SECRET, NULL, la_trial_kvfree_sensitive,
	  { { "kvfree_sensitive", { .object = 1 } } } },
	{ "kmem_cache_destroy", true, LA_EVENT_CACHE_GONE, NULL, la_trial_cache_destroy,
	  { { "kmem_cache_destroy", { .cache = 1 } } } },
	/* Candidates: since 6.13, since 6.10, since 5.13, before. */
	{ "page_alloc", true, LA_EVENT_PAGE_ALLOC, &la_traced_page_alloc, la_trial_page_alloc,
	  { { "__alloc_frozen_pages_noprof", { .size = 2 } },
	    { "__alloc_pages_noprof", { .size = 2 } },
	    { "__alloc_pages", { .size = 2 } },
	    { "__alloc_pages_nodemask", { .size = 2 } } } },
	{ "page_alloc_bulk", LA_COMPAT_HAS_BULK_PAGES, LA_EVENT_PAGE_ALLOC_BULK, NULL,
	  la_trial_page_alloc_bulk,
	  { { "__alloc_pages_bulk", { .count = 4, .list = 5, .array = 6 } },
	    { "alloc_pages_bulk_noprof", { .count = 4,
		.list = LA_COMPAT_BULK_PAGES_HAVE_LIST ? 5 : 0,
		.array = LA_COMPAT_BULK_PAGES_HAVE_LIST ? 6 : 5 } } } },
	{ "page_alloc_contig", LA_COMPAT_HAS_CONTIG_RANGE, LA_EVENT_PAGE_ALLOC_RANGE, NULL, NULL,
	  { { "alloc_contig_frozen_range_noprof", { .size = 1, .end = 2 } },
	    { "alloc_contig_range_noprof", { .size = 1, .end = 2 } },
	    { "alloc_contig_range", { .size = 1, .end = 2 } } } },
	{ "page_free", true, LA_EVENT_PAGE_FREE, &la_traced_page_free, la_trial_page_free,
	  { { "__free_frozen_pages", { .page = 1, .order = 2 } },
	    { "free_unref_page", { .page = 1, .order = LA_COMPAT_UNREF_HAS_ORDER ? 2 : 0 } } } },
	{ "page_free_high", true, LA_EVENT_PAGE_FREE, &la_traced_page_free, la_trial_page_free_high,
	  { { "__free_pages_ok", { .page = 1, .order = 2, .inside = true } } } },
	{ "page_free_batch", true, LA_EVENT_PAGE_FREE_LIST, &la_traced_page_free,
	  la_trial_page_free_batch,
	  { { "free_unref_folios", { .list = 1 } },
	    { "free_unref_page_list", { .list = 1 } } } },
#if LA_COMPAT_VMALLOC_BY_AREA
	{ "vmalloc", true, LA_EVENT_VMALLOC_AREA, NULL, la_trial_vmalloc,
	  { { "__vmalloc_area_node", { .object = 1 } } } },
#else
	{ "vmalloc", true, LA_EVENT_VMALLOC, NULL, la_trial_vmalloc,
	  { { "__vmalloc_node_range", { .size = 1 } },
	    { "__vmalloc_node_range_noprof", { .size = 1 } } } },
#endif
	{ "vfree", true, LA_EVENT_VFREE, NULL, la_trial_vfree,
	  { { "remove_vm_area", { .object = 1 } } } },
	{ "vrealloc", LA_COMPAT_HAS_VREALLOC, LA_EVENT_VREALLOC, NULL, la_trial_vrealloc,
	  { { "vrealloc_noprof", { .object = 1, .size = 2 } },
	    { "vrealloc_node_align_noprof", { .object = 1, .size = 2 } } } },
	{ "alloc_percpu", true, LA_EVENT_PERCPU, NULL, la_trial_alloc_percpu,
	  { { "pcpu_alloc", { .size = 1 } }, { "pcpu_alloc_noprof", { .size = 1 } } } },
	{ "free_percpu", true, LA_EVENT_PERCPU_FREE, NULL, la_trial_free_percpu,
	  { { "free_percpu", { .object = 1 } } } },
};

#define NR_HOOKS ARRAY_SIZE(hooks)

/* Several rows can share a probe: one tracepoint serves the kmalloc family. */
static struct la_probe probes[NR_HOOKS];
static struct la_probe *row_probe[NR_HOOKS];
static enum la_trial row_trial[NR_HOOKS];
static const char *row_refused[NR_HOOKS];	/* why, or NULL */

/* Is there such a path, or should there be one? */
static bool exists(unsigned int i)
{
	return hooks[i].expected || row_probe[i]->state != LA_PROBE_ABSENT;
}

static struct la_probe *shared_probe(const struct la_probe *like, unsigned int before)
{
	unsigned int i;

	for (i = 0; i < before; i++)
		if (row_probe[i] && row_probe[i]->kind == like->kind &&
		    !strcmp(row_probe[i]->symbol, like->symbol))
			return row_probe[i];
	return NULL;
}

/* What a direct call can pass on. */
static unsigned int most_arguments(enum la_probe_kind kind)
{
	switch (kind) {
	case LA_PROBE_DIRECT_RETURN:
		return 6;
	case LA_PROBE_DIRECT_RETURN_OF_NINE:
		return 6 + LA_DIRECT_STACK_WORDS;
	default:
		return 0;
	}
}

/* The one that this kernel has; else the first. */
static unsigned int candidate(const struct hook *h)
{
	unsigned int c;

	for (c = 0; c < MAX_CANDIDATES && h->candidates[c].symbol; c++)
		if (la_symbols_address(h->candidates[c].symbol))
			return c;
	return 0;
}

static void set_up_row(unsigned int i, bool kprobes_only)
{
	const struct hook *h = &hooks[i];
	const struct la_handlers *handlers = &la_handlers[h->event];
	unsigned int c = candidate(h);
	struct la_probe *p = &probes[i];

	memset(p, 0, sizeof(*p));
	row_trial[i] = LA_TRIAL_NONE;
	row_refused[i] = NULL;
	if (h->traced && h->traced->fn && !kprobes_only) {
		p->kind = LA_PROBE_TRACEPOINT;
		p->tracepoint = h->traced->tp ?: la_probe_tracepoint(h->traced->name);
		p->tracepoint_fn = la_sampler_interval() ? h->traced->sampling_fn : h->traced->fn;
		p->symbol = h->traced->tp ? h->traced->tp->name : h->traced->name;
	} else {
		p->kind = kprobes_only ? handlers->kprobe : handlers->kind;
		p->symbol = h->candidates[c].symbol ?: "-";
		p->user = &h->candidates[c].args;
		p->entry = handlers->entry;
		p->call = handlers->call;
		p->ret = handlers->ret;
		p->direct = handlers->direct;
		p->data_size = la_handlers_data_size;
		if (la_symbols_address(p->symbol))
			row_refused[i] = la_prototypes_refuse(p->symbol, p->user,
							      most_arguments(p->kind));
	}
	row_probe[i] = shared_probe(p, i) ?: p;
}

static void arm_row(unsigned int i)
{
	const struct hook *h = &hooks[i];
	struct la_probe *p = row_probe[i];
	int err;

	if (p != &probes[i])
		return;
	if (row_refused[i]) {
		p->state = LA_PROBE_FAILED;
		p->error = -ENOEXEC;
		pr_warn("%s can't be watched: %s %s\n", h->path, p->symbol, row_refused[i]);
		return;
	}
	err = la_probe_arm(p);
	if (err && exists(i))
		pr_warn("%s can't be watched: %s on %s: error %d\n", h->path,
			la_probe_kind_name(p->kind), p->symbol, err);
}

/* Allocations or frees. */
static void for_rows(bool allocs, void (*fn)(unsigned int i))
{
	unsigned int i;

	for (i = 0; i < NR_HOOKS; i++)
		if (la_event_is_alloc(hooks[i].event) == allocs)
			fn(i);
}

static void disarm_row(unsigned int i)
{
	if (row_probe[i] == &probes[i])
		la_probe_disarm(&probes[i]);
}

static void try_row(unsigned int i)
{
	if (row_probe[i]->state != LA_PROBE_ARMED || !hooks[i].trial)
		return;
	row_trial[i] = hooks[i].trial() ? LA_TRIAL_PASS : LA_TRIAL_FAIL;
	if (row_trial[i] == LA_TRIAL_FAIL)
		pr_warn("%s is armed, but a try of it was not seen\n", hooks[i].path);
}

/**
 * la_hooks_init() - arm everything, and try each row
 * @kprobes_only: no tracepoints, no ftrace_ops
 *
 * Frees are armed first and disarmed last: an object whose allocation is seen
 * but whose free is not would be a false leak. Recording is on afterwards.
 *
 * Context: process.
 * Return: 0; -errno when the trials could not be set up.
 */
int la_hooks_init(bool kprobes_only)
{
	unsigned int i;
	int err;

	err = la_sampler_init();
	if (err)
		return err;
	la_handlers_init();
	la_areas_init();
	la_page_events_init(kprobes_only);
	la_prototypes_begin();
	for (i = 0; i < NR_HOOKS; i++)
		set_up_row(i, kprobes_only);
	la_prototypes_end();
	for_rows(false, arm_row);
	for_rows(true, arm_row);

	/* From here on: what arming took is ours, and in nobody's way. */
	la_events_record(LA_RECORDING_ON);
	err = la_trials_begin();
	if (err) {
		la_hooks_exit();
		return err;
	}
	for (i = 0; i < NR_HOOKS; i++)
		try_row(i);
	la_trials_end();
	if (la_sampler_interval()) {
		la_sampler_begin();
		la_objects_clear();
	}
	return 0;
}

/**
 * la_hooks_exit() - disarm everything and wait until no handler runs
 *
 * What was sampled can be asked for still: la_sampler_exit() comes later.
 *
 * Context: process.
 */
void la_hooks_exit(void)
{
	unsigned int i;

	for_rows(true, disarm_row);
	for_rows(false, disarm_row);
	tracepoint_synchronize_unregister();
	la_direct_wait();
	synchronize_rcu();
	for (i = 0; i < NR_HOOKS; i++) {
		free_percpu(probes[i].hits);
		probes[i].hits = NULL;
	}
}

/**
 * la_hooks_row() - one row of `hooks`
 * @i: which
 * @row: the result
 */
bool la_hooks_row(unsigned int i, struct la_hook_row *row)
{
	unsigned int at;

	for (at = 0; at < NR_HOOKS; at++) {
		if (!exists(at) || i--)
			continue;
		row->path = hooks[at].path;
		row->probe = row_probe[at];
		row->trial = row_trial[at];
		return true;
	}
	return false;
}

/**
 * la_hooks_health() - for the trust line
 * @rows: paths that there are
 * @working: of them armed and not found dead at load
 * @missed: events that the kernel did not let us see
 */
void la_hooks_health(unsigned int *rows, unsigned int *working, u64 *missed)
{
	unsigned int i;

	*rows = 0;
	*working = 0;
	*missed = la_probe_misplaced();
	for (i = 0; i < NR_HOOKS; i++) {
		if (exists(i))
			(*rows)++;
		if (row_probe[i]->state == LA_PROBE_ARMED &&
		    (row_trial[i] == LA_TRIAL_PASS || !hooks[i].trial))
			(*working)++;
		if (row_probe[i] == &probes[i])
			*missed += la_probe_missed(&probes[i]);
	}
}

/**
 * la_hooks_may_miss_percpu_frees() - can a percpu area be free, and we have not heard of it?
 */
bool la_hooks_may_miss_percpu_frees(void)
{
	bool may = la_probe_misplaced();
	unsigned int i;

	for (i = 0; i < NR_HOOKS; i++)
		if (hooks[i].event == LA_EVENT_PERCPU_FREE)
			may |= row_probe[i]->state != LA_PROBE_ARMED ||
			       la_probe_missed(row_probe[i]);
	return may;
}
