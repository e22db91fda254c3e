// SPDX-License-Identifier: GPL-2.0-only
/*
 * LRU batches.
 *
 * A new page of the page cache or of a process is put into a batch of its CPU first,
 * and is counted as LRU memory when the batch is full and goes to the lists. Pages that
 * are locked when they are new wait in a second one. Other batches hold pages that stay
 * on their list meanwhile. Large pages never wait: they make the batch go at once.
 *
 * The batches are private to mm/, and their layout is taken for what it is on the
 * kernels that were measured; each is looked at when leakacct is loaded, and one that
 * does not hold what it should is not read. Then it counts for the bound.
 */
#include "lru_batches.h"

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "compat.h"
#include "symbols.h"

/* The low bits of a pointer: mlock() notes there whether the page was on a list. */
#define MARKS		3ul
#define MLOCK_NEW	2ul

static struct la_compat_lru_batch __percpu *adding, *locking;

static const struct la_compat_batch *batch_of(struct la_compat_lru_batch __percpu *b, int cpu)
{
	return &per_cpu_ptr(b, cpu)->batch;
}

static bool is_page(unsigned long pointer)
{
	const struct page *page = (const struct page *)(pointer & ~MARKS);
	unsigned long pfn = page_to_pfn(page);

	return pfn_valid(pfn) && pfn_to_page(pfn) == page;
}

static bool is_sane(struct la_compat_lru_batch __percpu *b)
{
	unsigned int i, n;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct la_compat_batch *batch = batch_of(b, cpu);

		n = READ_ONCE(batch->nr);
		if (n > LA_COMPAT_BATCH_SIZE)
			return false;
		for (i = 0; i < n; i++)
			if (!is_page(la_compat_batch_at(batch, i)))
				return false;
	}
	return true;
}

static struct la_compat_lru_batch __percpu *find(const char *name, const char *older_name)
{
	unsigned long addr = la_symbols_address(name) ?: la_symbols_address(older_name);
	struct la_compat_lru_batch __percpu *b = (void __percpu __force *)addr;

	return b && is_sane(b) ? b : NULL;
}

/**
 * la_lru_batches_init() - find them
 */
void la_lru_batches_init(void)
{
	adding = find("cpu_fbatches", "lru_pvecs");
	locking = LA_COMPAT_MLOCK_BATCHES ? find("mlock_fbatch", "mlock_pvec") : NULL;
}

static unsigned int new_ones(const struct la_compat_batch *batch)
{
	unsigned int i, nr = 0, n = min_t(unsigned int, READ_ONCE(batch->nr), LA_COMPAT_BATCH_SIZE);

	for (i = 0; i < n; i++)
		nr += !!(la_compat_batch_at(batch, i) & MLOCK_NEW);
	return nr;
}

/**
 * la_lru_batches_read() - pages that wait now
 * @pages: the result
 *
 * Return: whether it could be read.
 */
bool la_lru_batches_read(s64 *pages)
{
	int cpu;

	*pages = 0;
	for_each_possible_cpu(cpu) {
		if (adding)
			*pages += READ_ONCE(batch_of(adding, cpu)->nr);
		if (locking)
			*pages += new_ones(batch_of(locking, cpu));
	}
	return adding;
}

/**
 * la_lru_batches_unread() - pages that may wait where nothing could be read
 */
s64 la_lru_batches_unread(void)
{
	unsigned int kinds = !adding + (LA_COMPAT_MLOCK_BATCHES && !locking);

	return (s64)kinds * LA_COMPAT_BATCH_SIZE * num_online_cpus();
}
