/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trials: does a hook that is armed really fire?
 */
#ifndef LEAKACCT_TRIALS_H
#define LEAKACCT_TRIALS_H

#include <linux/types.h>

/* Takes the path once with an object of our own; true when the table saw it. */
typedef bool (*la_trial_fn)(void);

int la_trials_begin(void);
void la_trials_end(void);

bool la_trial_kmalloc_const(void);
bool la_trial_kmalloc_variable(void);
bool la_trial_kmalloc_node(void);
bool la_trial_kmalloc_node_const(void);
bool la_trial_kmalloc_track_caller(void);
bool la_trial_kmalloc_node_track_caller(void);
bool la_trial_kvmalloc(void);
bool la_trial_kmalloc_nolock(void);
bool la_trial_kmalloc_large(void);
bool la_trial_kmalloc_large_node(void);
bool la_trial_cache_alloc(void);
bool la_trial_cache_alloc_lru(void);
bool la_trial_cache_alloc_node(void);
bool la_trial_cache_alloc_from_sheaf(void);
bool la_trial_cache_alloc_bulk(void);
bool la_trial_kfree(void);
bool la_trial_cache_free(void);
bool la_trial_cache_free_bulk(void);
bool la_trial_kfree_bulk(void);
bool la_trial_krealloc(void);
bool la_trial_kfree_rcu(void);
bool la_trial_kfree_sensitive(void);
bool la_trial_kvfree_sensitive(void);
bool la_trial_kfree_nolock(void);
bool la_trial_kfree_rcu_nolock(void);
bool la_trial_cache_destroy(void);
bool la_trial_page_alloc(void);
bool la_trial_page_alloc_bulk(void);
bool la_trial_page_free(void);
bool la_trial_page_free_high(void);
bool la_trial_page_free_batch(void);
bool la_trial_vmalloc(void);
bool la_trial_vfree(void);
bool la_trial_vrealloc(void);
bool la_trial_alloc_percpu(void);
bool la_trial_free_percpu(void);

#endif /* LEAKACCT_TRIALS_H */
