// SPDX-License-Identifier: GPL-2.0-only
/* The ledger out of files of /proc. */
#include "procfiles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Counters that are folded late, of nodes and of zones: what a ledger is made of. */
#define NODE_COUNTERS	14
#define ZONE_COUNTERS	3
/* Kinds of LRU batches in which pages wait uncounted: new ones, and new locked ones. */
#define BATCH_KINDS	2

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* What follows the name at the begin of a line, behind one ':' or blanks; else NULL. */
static const char *behind(const char *line, const char *name)
{
	size_t len = strlen(name);

	line = skip_blanks(line);
	if (strncmp(line, name, len))
		return NULL;
	line += len;
	if (*line == ':')
		line++;
	else if (*line != ' ' && *line != '\t')
		return NULL;
	return skip_blanks(line);
}

static const char *next_line(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

/* strtoll() saturates, which is what the ledger does, too. */
static bool number(const char *at, s64 *value)
{
	char *end;

	*value = strtoll(at, &end, 10);
	return end != at;
}

/**
 * procfiles_value() - the number of the first line of that name
 * @text: a file, or NULL
 * @name: with a ':' or blanks behind it
 * @value: the result; 0 if there is none
 */
bool procfiles_value(const char *text, const char *name, s64 *value)
{
	const char *at;

	*value = 0;
	for (at = text; at && *at; at = next_line(at)) {
		const char *rest = behind(at, name);

		if (rest)
			return number(rest, value);
	}
	return false;
}

/**
 * procfiles_sum() - the sum over all lines of that name
 * @text: a file, or NULL
 * @name: with a ':' or blanks behind it
 * @lines: gets how many there are
 */
s64 procfiles_sum(const char *text, const char *name, unsigned int *lines)
{
	const char *at;
	s64 value, sum = 0;

	*lines = 0;
	for (at = text; at && *at; at = next_line(at)) {
		const char *rest = behind(at, name);

		if (!rest || !number(rest, &value))
			continue;
		sum = la_ledger_plus(sum, value);
		(*lines)++;
	}
	return sum;
}

static s64 pages(const struct procfiles *files, s64 kb)
{
	return files->page_kb ? kb / files->page_kb : kb;
}

/* Terms that are a line of their own: of vmstat in pages, of meminfo in kB. */
static const struct {
	enum la_term term;
	bool is_kb;
	const char *name;
} lines[] = {
	{ LA_TERM_FREE, true, "MemFree" },
	{ LA_TERM_SLAB, true, "Slab" },
	{ LA_TERM_VMALLOC, true, "VmallocUsed" },
	{ LA_TERM_STACKS, true, "KernelStack" },
	{ LA_TERM_PAGETABLES, false, "nr_page_table_pages" },
	{ LA_TERM_SEC_PAGETABLES, false, "nr_sec_page_table_pages" },
	{ LA_TERM_PERCPU, true, "Percpu" },
	{ LA_TERM_HUGETLB, true, "Hugetlb" },
	{ LA_TERM_ZSMALLOC, false, "nr_zspages" },
	{ LA_TERM_MISC, false, "nr_kernel_misc_reclaimable" },
	{ LA_TERM_GPU_ACTIVE, true, "GPUActive" },
	{ LA_TERM_GPU_RECLAIM, true, "GPUReclaim" },
	{ LA_TERM_MEMMAP, false, "nr_memmap_pages" },
	{ LA_TERM_BOUNCE, false, "nr_bounce" },
	{ LA_TERM_WRITEBACK_TEMP, false, "nr_writeback_temp" },
	{ LA_TERM_POISONED, true, "HardwareCorrupted" },
};

static const struct {
	enum la_info info;
	bool is_kb;
	const char *name;
} info_lines[] = {
	{ LA_INFO_CMA, true, "CmaTotal" },
	{ LA_INFO_CMA_FREE, true, "CmaFree" },
	{ LA_INFO_UNACCEPTED, true, "Unaccepted" },
	{ LA_INFO_IOMMU, false, "nr_iommu_pages" },
};

static bool in_pages(const struct procfiles *files, bool is_kb, const char *name, s64 *value)
{
	if (!is_kb)
		return procfiles_value(files->vmstat, name, value);
	if (!procfiles_value(files->meminfo, name, value))
		return false;
	*value = pages(files, *value);
	return true;
}

static s64 sum_of(const struct procfiles *files, const char *a, const char *b)
{
	s64 one, other;

	procfiles_value(files->vmstat, a, &one);
	procfiles_value(files->vmstat, b, &other);
	return la_ledger_plus(one, other);
}

static void read_lines(const struct procfiles *files, struct la_ledger *l)
{
	size_t i;
	s64 value;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (in_pages(files, lines[i].is_kb, lines[i].name, &value))
			la_ledger_set(l, lines[i].term, value);
	for (i = 0; i < ARRAY_SIZE(info_lines); i++)
		if (in_pages(files, info_lines[i].is_kb, info_lines[i].name, &value))
			la_ledger_tell(l, info_lines[i].info, value);
	if (files->vmap_stack)
		la_ledger_tell(l, LA_INFO_STACKS_IN_VMALLOC, l->terms[LA_TERM_STACKS]);
}

static void read_user(const struct procfiles *files, struct la_ledger *l)
{
	s64 size, value;

	if (procfiles_value(files->vmstat, "nr_unevictable", &l->unevictable)) {
		l->active = sum_of(files, "nr_active_anon", "nr_active_file");
		l->inactive = sum_of(files, "nr_inactive_anon", "nr_inactive_file");
		value = la_ledger_plus(l->active, l->inactive);
		la_ledger_set(l, LA_TERM_LRU, la_ledger_plus(value, l->unevictable));
		la_ledger_set(l, LA_TERM_ISOLATED,
			      sum_of(files, "nr_isolated_anon", "nr_isolated_file"));
		la_ledger_tell(l, LA_INFO_MAPPED, sum_of(files, "nr_file_pages", "nr_anon_pages"));
	}
	if (procfiles_value(files->vmstat, "nr_foll_pin_released", &size) &&
	    procfiles_value(files->vmstat, "nr_foll_pin_acquired", &value))
		la_ledger_tell(l, LA_INFO_PINNED, la_ledger_minus(value, size));
	procfiles_value(files->meminfo, "Hugepagesize", &size);
	procfiles_value(files->meminfo, "HugePages_Total", &value);
	/* Sizes are powers of two below 2^21 kB; what is not is no size. */
	if (size > 0 && size < 1 << 22)
		l->hugepages = la_ledger_kb(value, (u32)pages(files, size));
}

static void read_balloon(const struct procfiles *files, struct la_ledger *l)
{
	s64 inflated, deflated;

	if (!procfiles_value(files->vmstat, "nr_balloon_pages", &inflated)) {
		if (!procfiles_value(files->vmstat, "balloon_inflate", &inflated))
			return;
		procfiles_value(files->vmstat, "balloon_deflate", &deflated);
		inflated = la_ledger_minus(inflated, deflated);
	}
	la_ledger_set(l, LA_TERM_BALLOON, files->balloon_within ? inflated : 0);
	la_ledger_tell(l, LA_INFO_BALLOON_OUT, files->balloon_within ? 0 : inflated);
}

/* The log has pages per unit; there is a unit for each possible CPU. */
static void read_first_chunk(const struct procfiles *files, struct la_ledger *l)
{
	const char *size = files->log ? strstr(files->log, "percpu: Embedded ") : NULL;
	const char *cpus = files->log ? strstr(files->log, "nr_cpu_ids:") : NULL;
	s64 per_unit, units;

	if (!size || !cpus || !number(size + strlen("percpu: Embedded "), &per_unit) ||
	    !number(cpus + strlen("nr_cpu_ids:"), &units))
		return;
	if (units > 0 && units < 1 << 20)
		la_ledger_tell(l, LA_INFO_FIRST_CHUNK, la_ledger_kb(per_unit, (u32)units));
}

/* CPUs online are numbered from 0, and none is left out of the last zone. */
static s64 count_cpus(const char *zoneinfo)
{
	s64 most = -1, cpu;
	const char *at;

	for (at = zoneinfo; at && *at; at = next_line(at)) {
		const char *rest = behind(at, "cpu");

		if (rest && number(rest, &cpu) && cpu > most && cpu < 1 << 20)
			most = cpu;
	}
	return most + 1;
}

static void read_zones(const struct procfiles *files, struct la_ledger *l)
{
	unsigned int pagesets, thresholds;
	s64 value, lag;

	value = procfiles_sum(files->zoneinfo, "count", &pagesets);
	if (pagesets)
		la_ledger_set(l, LA_TERM_PCP_FREE, value);
	lag = procfiles_sum(files->zoneinfo, "vm stats threshold", &thresholds);
	l->skew = la_ledger_kb(lag, NODE_COUNTERS + ZONE_COUNTERS);
	l->batches = count_cpus(files->zoneinfo) * BATCH_KINDS * files->batch;
}

/**
 * procfiles_ledger() - a ledger of the files
 * @files: the files; any text is safe
 * @l: the result: what no file has stays unknown
 */
void procfiles_ledger(const struct procfiles *files, struct la_ledger *l)
{
	s64 total;

	memset(l, 0, sizeof(*l));
	procfiles_value(files->meminfo, "MemTotal", &total);
	l->total = pages(files, total);
	read_lines(files, l);
	read_user(files, l);
	read_balloon(files, l);
	read_first_chunk(files, l);
	read_zones(files, l);
	/* KernelStack, and what meminfo rounds: nothing else is in other units than pages. */
	l->rounding = 1;
}
