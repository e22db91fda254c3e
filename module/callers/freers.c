// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freers.
 *
 * Of a leak one wants to see the path that forgets to free, and the paths beside it that
 * do not: who frees the objects of the same caller that are freed. One free in some
 * thousands is looked at, see la_objects_give_back_room(); its stack is unwound as far as is
 * shown and counted for the caller of the allocation. Of areas each free is, and with
 * sampling each of a tracked object.
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
