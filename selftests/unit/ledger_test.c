// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger on files of /proc as they were on real kernels: fixtures/proc/NAME has
 * meminfo, vmstat, zoneinfo and two lines of the log, and `ghost` as leakacct showed it
 * a moment later (see record_proc.sh). And on whatever numbers.
 *
 * The fuzzer's seed is fixed; FUZZ_SEED and FUZZ_ROUNDS change it.
 */
#include "unit.h"

#include "ledger.h"
#include "procfiles.h"

#define MAX_TEXT	65536

struct recorded {
	char meminfo[MAX_TEXT], vmstat[MAX_TEXT], zoneinfo[MAX_TEXT], log[MAX_TEXT];
	char ghost[MAX_TEXT];
	struct procfiles files;
	struct la_ledger ledger;
};

/* Of QEMU guests, and of one machine on which leakacct never was: it has no `ghost`. */
static const struct {
	const char *name;
	unsigned int batch;
	bool has_ghost;
} kernels[] = {
	{ "5.10", 15, true },
	{ "6.1", 15, true },
	{ "6.1-rt", 15, true },
	{ "6.12", 31, true },
	{ "7.x", 31, true },
	{ "host", 31, false },
};

static struct recorded r;

static void load(const char *kernel, const char *file, char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), FIXTURES "/proc/%s/%s", kernel, file);
	f = fopen(path, "r");
	text[0] = '\0';
	if (!f) {
		printf("# no %s\n", path);
		unit_bad++;
		return;
	}
	text[fread(text, 1, MAX_TEXT - 1, f)] = '\0';
	fclose(f);
}

static void take(unsigned int k)
{
	load(kernels[k].name, "meminfo", r.meminfo);
	load(kernels[k].name, "vmstat", r.vmstat);
	load(kernels[k].name, "zoneinfo", r.zoneinfo);
	load(kernels[k].name, "log", r.log);
	r.ghost[0] = '\0';
	if (kernels[k].has_ghost)
		load(kernels[k].name, "ghost", r.ghost);
	r.files = (struct procfiles){
		.meminfo = r.meminfo, .vmstat = r.vmstat, .zoneinfo = r.zoneinfo, .log = r.log,
		.page_kb = 4, .vmap_stack = true, .batch = kernels[k].batch,
	};
	procfiles_ledger(&r.files, &r.ledger);
}

/* A row of `ghost`, in pages. */
static s64 shown(const char *name)
{
	s64 kb;

	if (!procfiles_value(r.ghost, name, &kb)) {
		printf("# no row %s\n", name);
		unit_bad++;
	}
	return kb / 4;
}

static s64 magnitude(s64 a)
{
	return a < 0 ? -a : a;
}

static void zones_are_all_of_memory(void)
{
	unsigned int k, n;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		take(k);
		/* Of the host as much of MemTotal as of MemFree is in no zone. */
		if (!kernels[k].has_ghost)
			continue;
		CHECK_EQ(procfiles_sum(r.zoneinfo, "managed", &n), r.ledger.total);
		CHECK(n >= 2);
	}
}

/*
 * The files have no LRU batches, which `ghost` shows as a term; beyond that and the bound
 * that it printed the two may not differ.
 */
static void files_give_the_ghost_that_was_shown(void)
{
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		s64 ghost, bound, off;

		if (!kernels[k].has_ghost)
			continue;
		take(k);
		ghost = shown("ghost");
		bound = shown("bound");
		off = la_ledger_ghost(&r.ledger) - shown("lru_batches") - ghost;
		printf("# %s: ghost %lld pages, from the files %+lld, bound %lld\n",
		       kernels[k].name, (long long)ghost, (long long)off, (long long)bound);
		CHECK_EQ(r.ledger.total, shown("total"));
		CHECK(magnitude(off) <= bound);
		CHECK(bound > 0);
		/* 1 MB of each GB. */
		CHECK(bound * 1024 <= r.ledger.total + 1023);
	}
}

/* Computed by the module, counted in the log: two ways to what is not in MemTotal. */
static void the_first_chunk_is_what_the_log_says(void)
{
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		take(k);
		CHECK(la_ledger_tells(&r.ledger, LA_INFO_FIRST_CHUNK));
		CHECK(r.ledger.infos[LA_INFO_FIRST_CHUNK] > 0);
		if (kernels[k].has_ghost)
			CHECK_EQ(r.ledger.infos[LA_INFO_FIRST_CHUNK], shown("percpu_first_chunk"));
	}
}

static void no_term_is_negative(void)
{
	unsigned int k;
	int t;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		take(k);
		for (t = 0; t < LA_NR_TERMS; t++)
			if (la_ledger_counted(&r.ledger, t) < 0) {
				printf("# %s: %s\n", kernels[k].name, la_ledger_name(t));
				unit_bad++;
			}
		CHECK_EQ(la_ledger_ghost(&r.ledger) + la_ledger_claimed(&r.ledger), r.ledger.total);
		CHECK(la_ledger_ghost(&r.ledger) >= -la_ledger_bound(&r.ledger));
	}
}

/* Free lists of CPUs and percpu forgotten, stacks doubled: on each kernel the larger one. */
static void the_classic_ghost_is_worse(void)
{
	unsigned int k;
	s64 off;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		take(k);
		CHECK(la_ledger_classic_ghost(&r.ledger) > la_ledger_ghost(&r.ledger));
		if (!kernels[k].has_ghost)
			continue;
		off = la_ledger_classic_ghost(&r.ledger) - shown("classic_ghost");
		CHECK(magnitude(off) <= shown("bound") + shown("lru_batches"));
	}
}

static void a_leak_of_nobodys_pages_is_ghost(void)
{
	struct la_ledger before;
	s64 change;
	int t, changed = 0;

	take(1);
	before = r.ledger;
	r.ledger.terms[LA_TERM_FREE] -= 16384;
	for (t = 0; t < LA_NR_TERMS; t++)
		changed += la_ledger_change(&before, &r.ledger, t, &change);
	CHECK_EQ(changed, 1);
	CHECK(la_ledger_change(&before, &r.ledger, LA_TERM_FREE, &change));
	CHECK_EQ(change, -16384);
	CHECK_EQ(la_ledger_ghost(&r.ledger) - la_ledger_ghost(&before), 16384);
	CHECK_EQ(la_ledger_moved(&before, &r.ledger), 16384);
	CHECK_EQ(la_ledger_moved(&r.ledger, &before), 16384);
}

/* Of a block that is to go offline the free pages are in another term. */
static void what_is_isolated_is_no_ghost(void)
{
	struct la_ledger before;

	take(1);
	before = r.ledger;
	r.ledger.terms[LA_TERM_FREE] -= 32000;
	CHECK_EQ(la_ledger_ghost(&r.ledger) - la_ledger_ghost(&before), 32000);
	la_ledger_set(&r.ledger, LA_TERM_FREE_ISOLATED, 32000);
	CHECK_EQ(la_ledger_ghost(&r.ledger), la_ledger_ghost(&before));
	CHECK_EQ(la_ledger_moved(&before, &r.ledger), 64000);
}

/* VMware's pages are within MemTotal and claimed, virtio's are gone from both. */
static void a_balloon_is_no_ghost(void)
{
	struct procfiles files;
	struct la_ledger l, without;
	char vmstat[] = "balloon_inflate 700\nballoon_deflate 200\n";
	char none[] = "balloon_inflate 200\nballoon_deflate 200\n";

	memset(&files, 0, sizeof(files));
	files.page_kb = 4;
	files.meminfo = "MemTotal: 8000 kB\nMemFree: 4000 kB\n";
	files.vmstat = vmstat;
	files.balloon_within = true;
	procfiles_ledger(&files, &l);
	CHECK_EQ(la_ledger_ghost(&l), 500);
	CHECK_EQ(l.terms[LA_TERM_BALLOON], 500);
	CHECK_EQ(l.infos[LA_INFO_BALLOON_OUT], 0);
	files.vmstat = none;
	procfiles_ledger(&files, &without);
	CHECK_EQ(la_ledger_ghost(&without), 1000);

	files.vmstat = vmstat;
	files.balloon_within = false;
	files.meminfo = "MemTotal: 6000 kB\nMemFree: 4000 kB\n";
	procfiles_ledger(&files, &l);
	CHECK_EQ(la_ledger_ghost(&l), 500);
	CHECK_EQ(l.terms[LA_TERM_BALLOON], 0);
	CHECK_EQ(l.infos[LA_INFO_BALLOON_OUT], 500);
}

static void huge_pages_of_all_sizes_count(void)
{
	struct procfiles files;
	struct la_ledger l;

	memset(&files, 0, sizeof(files));
	files.page_kb = 4;
	files.meminfo = "MemTotal: 8388608 kB\nHugePages_Total: 3\nHugepagesize: 2048 kB\n"
			"Hugetlb: 1054720 kB\n";
	procfiles_ledger(&files, &l);
	CHECK_EQ(l.hugepages, 3 * 512);
	CHECK_EQ(l.terms[LA_TERM_HUGETLB], 3 * 512 + 262144);
	CHECK_EQ(la_ledger_classic_ghost(&l) - la_ledger_ghost(&l), 262144);
}

static unsigned long long state;

/* xorshift64* */
static u64 any(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ull;
}

static s64 extreme(void)
{
	static const s64 ends[] = {
		0, 1, -1, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1, UINT32_MAX,
		INT32_MIN, INT64_MAX / 4, INT64_MAX / 4 + 1, INT64_MIN / 4 - 1,
	};

	return any() % 3 ? ends[any() % ARRAY_SIZE(ends)] : (s64)any() >> any() % 64;
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static void garbage(struct la_ledger *l)
{
	u8 *bytes = (u8 *)l;
	int i;

	for (i = 0; i < (int)sizeof(*l); i++)
		bytes[i] = (u8)any();
	for (i = 0; i < LA_NR_TERMS; i++)
		l->terms[i] = extreme();
	for (i = 0; i < LA_NR_INFOS; i++)
		l->infos[i] = extreme();
	l->total = extreme();
	l->batches = extreme();
	l->skew = extreme();
}

/* __int128 does not overflow here: the sums must be its own, cut to 64 bits at each step. */
static s64 cut(__int128 value)
{
	return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (s64)value;
}

static void numbers_of_any_size_do_no_harm(void)
{
	unsigned long round, rounds = setting("FUZZ_ROUNDS", 200000), cuts = 0;
	struct la_ledger a, b;
	s64 change, sum;
	__int128 exact;
	int t;

	state = setting("FUZZ_SEED", 20261121) | 1;
	for (round = 0; round < rounds; round++) {
		garbage(&a);
		garbage(&b);
		sum = 0;
		exact = 0;
		for (t = 0; t < LA_NR_TERMS; t++) {
			sum = cut((__int128)sum + la_ledger_counted(&a, t));
			exact += la_ledger_counted(&a, t);
			CHECK_EQ(la_ledger_change(&a, &b, t, &change), change != 0);
			CHECK_EQ(change, cut((__int128)la_ledger_counted(&b, t) -
					     la_ledger_counted(&a, t)));
		}
		cuts += exact != sum;
		CHECK_EQ(la_ledger_claimed(&a), sum);
		CHECK_EQ(la_ledger_ghost(&a), cut((__int128)a.total - sum));
		CHECK(la_ledger_moved(&a, &b) >= 0);
		CHECK_EQ(la_ledger_moved(&a, &b), la_ledger_moved(&b, &a));
		CHECK_EQ(la_ledger_moved(&a, &a), 0);
		la_ledger_bound(&a);
		la_ledger_classic_ghost(&a);
		CHECK_EQ(la_ledger_kb(a.total, 4), cut((__int128)a.total * 4));
		if (unit_bad)
			return;
	}
	printf("# %lu rounds, in %lu sums were cut\n", round, cuts);
	CHECK(cuts > rounds / 10);
}

static void mutate(char *text)
{
	static const char * const tokens[] = {
		"\n", ":", "-", "999999999999999999999", "-9223372036854775808", " ", "\t",
		"9223372036854775807", "nr_free_pages", "count:", "cpu: 99999999999", "MemTotal: ",
		"Hugepagesize: ", "percpu: Embedded ", "nr_cpu_ids:",
	};
	const char *token = tokens[any() % ARRAY_SIZE(tokens)];
	size_t len = strlen(text), at = any() % (len + 1), n = strlen(token);

	switch (any() % 4) {
	case 0:
		text[at] = at < len ? (char)any() : '\0';
		break;
	case 1:
		text[at] = '\0';
		break;
	case 2:
		if (at + n < len)
			memcpy(text + at, token, n);
		break;
	default:
		if (len + n + 1 < MAX_TEXT) {
			memmove(text + at + n, text + at, len - at + 1);
			memcpy(text + at, token, n);
		}
	}
}

static void texts_of_any_kind_do_no_harm(void)
{
	unsigned long round, rounds = setting("FUZZ_ROUNDS", 200000) / 100;
	char *texts[4] = { r.meminfo, r.vmstat, r.zoneinfo, r.log };
	unsigned long known = 0;
	unsigned int i;

	state = setting("FUZZ_SEED", 20261121) | 1;
	for (round = 0; round < rounds; round++) {
		take(round % ARRAY_SIZE(kernels));
		if (unit_bad)
			return;
		for (i = 1 + any() % 20; i; i--)
			mutate(texts[any() % ARRAY_SIZE(texts)]);
		r.files.page_kb = any() % 8 ? 4 : 0;
		r.files.meminfo = any() % 16 ? r.meminfo : NULL;
		r.files.zoneinfo = any() % 16 ? r.zoneinfo : NULL;
		procfiles_ledger(&r.files, &r.ledger);
		known += __builtin_popcount(r.ledger.known);
		la_ledger_ghost(&r.ledger);
		la_ledger_bound(&r.ledger);
	}
	printf("# %lu rounds, %lu terms were known\n", round, known);
	CHECK(known > rounds);
}

static const struct unit_test tests[] = {
	{ "zones are all of memory", zones_are_all_of_memory },
	{ "files give the ghost that was shown", files_give_the_ghost_that_was_shown },
	{ "the first chunk is what the log says", the_first_chunk_is_what_the_log_says },
	{ "no term is negative", no_term_is_negative },
	{ "the classic ghost is worse", the_classic_ghost_is_worse },
	{ "a leak of nobody's pages is ghost", a_leak_of_nobodys_pages_is_ghost },
	{ "what is isolated is no ghost", what_is_isolated_is_no_ghost },
	{ "a balloon is no ghost", a_balloon_is_no_ghost },
	{ "huge pages of all sizes count", huge_pages_of_all_sizes_count },
	{ "numbers of any size do no harm", numbers_of_any_size_do_no_harm },
	{ "texts of any kind do no harm", texts_of_any_kind_do_no_harm },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
