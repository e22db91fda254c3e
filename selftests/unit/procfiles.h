/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger out of files of /proc: of machines that the tests have nothing else of.
 *
 * They lack what only the module reads: pages in LRU batches, the huge page of zeros,
 * what each CPU has not folded into the counters yet, and whether a balloon's pages are
 * part of MemTotal. The bound has room for the first and the third.
 */
#ifndef LEAKACCT_PROCFILES_H
#define LEAKACCT_PROCFILES_H

#include "../../module/ghost/ledger.h"

/**
 * struct procfiles - texts, each ends with a NUL; what is NULL is not there
 * @meminfo: of /proc/meminfo
 * @vmstat: of /proc/vmstat
 * @zoneinfo: of /proc/zoneinfo
 * @log: lines of the kernel log: "percpu: Embedded" and "nr_cpu_ids:"
 * @page_kb: kB of a page
 * @vmap_stack: kernel stacks are vmalloc areas (CONFIG_VMAP_STACK)
 * @balloon_within: pages of balloons are still part of MemTotal
 * @batch: slots of an LRU batch: 15, or 31 since 6.7
 */
struct procfiles {
	const char *meminfo;
	const char *vmstat;
	const char *zoneinfo;
	const char *log;
	u32 page_kb;
	bool vmap_stack;
	bool balloon_within;
	unsigned int batch;
};

void procfiles_ledger(const struct procfiles *files, struct la_ledger *l);
bool procfiles_value(const char *text, const char *name, s64 *value);
s64 procfiles_sum(const char *text, const char *name, unsigned int *lines);

#endif /* LEAKACCT_PROCFILES_H */
