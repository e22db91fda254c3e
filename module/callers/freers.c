// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freers.
 *
 * Of a leak one wants to see the path that forgets to free, and the paths beside it that
 * do not: who frees the objects of the same caller that are freed. One free in some
 * thousands is looked at, see la_room_give_back(); its stack is unwound as far as is
 * shown and counted for the caller of the allocation. Of areas each free is, and with
 * sampling each of a tracked object.
 *
 * Of a caller that few of all frees are of that finds nobody. So when a look finds callers
 * that begin to look suspect, and of which no freer is known, each free is watched for a
 * while: whose object it is, a comparison or a few. Those of these callers are looked at, the
 * first few of each. A look that has found none of one has the next one watch twice as long.
 *
 * Nothing is ever removed, so what is full stays full, and what finds no room is counted.
 * Pages are not in here: who frees one need not be who held it.
 *
 * Locking: none. An entry is claimed by a compare-and-exchange of its key.
 */
#include "freers.h"

#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "counters.h"
#include "objects.h"
#include "sites.h"
#include "stacks.h"
#include "tasks.h"

#define ENTRY_BITS	10
#define PROBES		8
/* Frames between us and who frees, the hook's and the allocator's: as a rule, at most. */
#define OURS		4
#define OURS_MAX	8

/* The key has the head of the site in its upper half, the stack in the lower. */
static struct entry {
	u64 key;
	atomic_t count;
} entries[BIT(ENTRY_BITS)];

/* Frees of a caller that are looked at because it is wanted. */
#define WANTED_FREES	16
/* Frees of a CPU that are watched after a look. */
#define WATCH_MIN	8192
#define WATCH_MAX	131072

static struct wanted {
	u32 head;		/* 0: none */
	atomic_t left;		/* may be below 0 */
} wanted[LA_FREERS_WANTED];
static u32 watch = WATCH_MIN;

static struct entry *claim(u64 key)
{
	u32 i, at = hash_64(key, ENTRY_BITS);

	for (i = 0; i < PROBES; i++) {
		struct entry *e = &entries[(at + i) % ARRAY_SIZE(entries)];
		u64 old = READ_ONCE(e->key);

		if (!old)
			old = cmpxchg64(&e->key, 0, key);
		if (!old || old == key)
			return e;
	}
	return NULL;
}

/* Where @caller stands in @frames; @n if it does not. */
static unsigned int place_of(unsigned long caller, const unsigned long *frames, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && frames[i] != caller; i++)
		;
	return i;
}

/* The part of the stack from @caller on; at least that. Most of what it costs are frames. */
static u32 stack_of(unsigned long caller)
{
	enum la_context context = la_tasks_in_irq() ? la_tasks_irq() : LA_CONTEXT_TASK;
	unsigned long frames[OURS_MAX + LA_FREERS_DEPTH];
	unsigned int n = stack_trace_save(frames, OURS + LA_FREERS_DEPTH, 1);
	unsigned int first = place_of(caller, frames, n);

	if (first >= OURS) {
		n = stack_trace_save(frames, ARRAY_SIZE(frames), 1);
		first = place_of(caller, frames, n);
	}
	if (first == n)
		return la_stacks_intern(&caller, 1, true, context);
	n -= first;
	return la_stacks_intern(&frames[first], min_t(u32, n, LA_FREERS_DEPTH),
				n > LA_FREERS_DEPTH, context);
}

/**
 * la_freers_is_wanted() - is a free of an object of this site to be looked at in any case?
 * @site: where it was allocated
 *
 * Context: any.
 */
bool la_freers_is_wanted(u32 site)
{
	u32 head = la_sites_table[site].head;
	unsigned int i;

	for (i = 0; i < LA_FREERS_WANTED && READ_ONCE(wanted[i].head); i++)
		if (READ_ONCE(wanted[i].head) == head)
			return atomic_dec_return(&wanted[i].left) >= 0;
	return false;
}

static u32 next_watch(void)
{
	unsigned int i;

	for (i = 0; i < LA_FREERS_WANTED && wanted[i].head; i++)
		if (atomic_read(&wanted[i].left) == WANTED_FREES)
			return min_t(u32, 2 * watch, WATCH_MAX);
	return WATCH_MIN;
}

/**
 * la_freers_want() - watch who frees the objects of these callers
 * @heads: the callers' heads
 * @n: how many, LA_FREERS_WANTED at most
 *
 * Instead of those before. A hook that sees this half done looks at a few frees too many.
 *
 * Context: process, one at a time.
 */
void la_freers_want(const u32 *heads, unsigned int n)
{
	unsigned int i;

	watch = next_watch();
	for (i = 0; i < LA_FREERS_WANTED; i++) {
		WRITE_ONCE(wanted[i].head, i < n ? heads[i] : 0);
		atomic_set(&wanted[i].left, WANTED_FREES);
	}
	la_room_watch_frees(n ? watch : 0);
}

/**
 * la_freers_is_known() - was any free of a caller's objects looked at?
 * @head: the caller's head
 *
 * Context: any.
 */
bool la_freers_is_known(u32 head)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		if (READ_ONCE(entries[i].key) >> 32 == head)
			return true;
	return false;
}

/**
 * la_freers_note() - an object is being freed, and this free is looked at
 * @site: where it was allocated
 * @caller: who calls the allocator to free it
 *
 * Context: any, preemption off.
 */
void la_freers_note(u32 site, unsigned long caller)
{
	struct entry *e = NULL;
	u32 stack;

	la_count(LA_FREES_LOOKED_AT);
	stack = stack_of(caller);
	if (stack)
		e = claim((u64)la_sites_table[site].head << 32 | stack);
	if (e)
		atomic_inc(&e->count);
	else
		la_count(LA_FREERS_REFUSED);
}

/**
 * la_freers_top() - who frees the objects of a caller, the most frequent first
 * @head: the caller's head
 * @top: gets up to LA_FREERS_TOP
 * @all: gets the frees of its objects that were looked at
 *
 * Context: any.
 * Return: how many are in @top.
 */
unsigned int la_freers_top(u32 head, struct la_freer *top, u64 *all)
{
	unsigned int i, at, n = 0;

	*all = 0;
	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		u64 key = READ_ONCE(entries[i].key);
		u32 count = atomic_read(&entries[i].count);

		if (key >> 32 != head || !count)
			continue;
		*all += count;
		for (at = 0; at < n && top[at].count >= count; at++)
			;
		if (at == LA_FREERS_TOP)
			continue;
		n = min_t(unsigned int, n + 1, LA_FREERS_TOP);
		memmove(&top[at + 1], &top[at], (n - 1 - at) * sizeof(*top));
		top[at] = (struct la_freer){ key, count };
	}
	return n;
}

/**
 * la_freers_memory() - bytes that this takes
 */
u64 la_freers_memory(void)
{
	return sizeof(entries);
}
