// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space says of memory (ask.c), from files as the kernel's sources print them, and
 * how its rows stand in the ledger. No balloon but virtio's can be had under emulation.
 */
#include "parse_support.h"
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[32] = "/tmp/parse_ask.XXXXXX";

/* A file below the root, with its directories. */
static void put(const char *path, const char *text)
{
	char name[512];
	char *at;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (at = name + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		if (mkdir(name, 0700) && errno != EEXIST)
			abort();
	}
	f = fopen(name, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static void take(const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	unlink(name);
}

/* All that is said of the files below the root. */
static bool says(const char *want)
{
	struct la_ask ask = { 0 };
	bool ok = true;

	ask_machine(&ask, root);
	EXPECT_STRING(ok, ask.text ? ask.text : "", want);
	ask_free(&ask);
	return ok;
}

static bool nothing_is_said_of_nothing(void)
{
	return says("");
}

static bool zram_takes_its_third_figure(void)
{
	const char *path = "/sys/block/zram0/mm_stat";
	bool ok = true;

	put(path, " 10485760  3145728  4194304        0  4194304        1        0\n");
	ok &= says("asked_zram 4096 zram0: of 10240 kB of data (within zsmalloc)\n");
	put(path, "0 0 0\n");
	ok &= says("");
	put(path, "not a number\n");
	ok &= says("");
	take(path);
	return ok;
}

static bool a_trace_ring_not_yet_expanded_counts_as_it_is(void)
{
	const char *path = "/sys/kernel/tracing/buffer_total_size_kb";
	bool ok = true;

	put(path, "7 (expanded: 1408)\n");
	ok &= says("asked_trace_ring 7 ring of the tracer: "
		   "/sys/kernel/tracing/buffer_total_size_kb\n");
	put(path, "2816\n");
	ok &= says("asked_trace_ring 2816 ring of the tracer: "
		   "/sys/kernel/tracing/buffer_total_size_kb\n");
	take(path);
	return ok;
}

static bool virtio_tells_by_its_features_whether_it_is_ghost(void)
{
	const char *path = "/sys/bus/virtio/drivers/virtio_balloon/virtio3/features";
	const char *vmstat = "nr_free_pages 1\nballoon_inflate 76800\nballoon_deflate 25600\n"
			     "balloon_migrate 3\n";
	bool ok = true;

	put("/proc/vmstat", vmstat);
	ok &= says("");
	put(path, "0010000000000000000000000000110010000000000000000000000000000000\n");
	ok &= says("asked_balloon 204800 virtio: the host has it; MemTotal still has it, so it is "
		   "ghost (deflates on OOM)\n");
	put(path, "0100000000000000000000000000110010000000000000000000000000000000\n");
	ok &= says("asked_balloon 204800 virtio: the host has it; MemTotal is less by it, so it is "
		   "no ghost\n");
	put("/proc/vmstat", "nr_free_pages 1\n");
	ok &= says("asked_balloon - virtio: this kernel does not count it\n");
	put("/proc/vmstat", "balloon_inflate 5\nballoon_deflate 5\n");
	ok &= says("");
	take(path);
	return ok;
}

static bool balloons_of_others_are_read(void)
{
	const char *vmware = "/sys/kernel/debug/vmmemctl";
	const char *hyperv = "/sys/kernel/debug/hv-balloon";
	const char *xen = "/sys/devices/system/xen_memory/xen_memory0/info/low_kb";
	bool ok = true;

	put(vmware, "balloon capabilities  :             0x1e\n"
		    "used capabilities     :              0x6\n"
		    "is resetting          :                n\ntarget                :            65536\n"
		    "current               :            25600\n");
	ok &= says("asked_balloon 102400 VMware: the host has it; MemTotal still has it, so it is "
		   "ghost\n");
	take(vmware);
	put(hyperv, "host_version          : 2.0\ncapabilities          : enabled hot_add\n"
		    "state                 : 1 (Initialized)\npage_size             : 4096\n"
		    "pages_added           : 0\npages_onlined         : 0\n"
		    "pages_ballooned       : 131072\n");
	ok &= says("asked_balloon 524288 Hyper-V: the host has it; MemTotal is less by it, so it "
		   "is no ghost\n");
	take(hyperv);
	put(xen, "262144\n");
	put("/sys/devices/system/xen_memory/xen_memory0/info/high_kb", "0\n");
	ok &= says("asked_balloon 262144 Xen: the host has it; MemTotal is less by it, so it is "
		   "no ghost\n");
	take(xen);
	return ok;
}

static bool graphics_have_a_pool(void)
{
	const char *path = "/sys/kernel/debug/ttm/page_pool";
	bool ok = true;

	put(path, "\t ---0--- ---1--- ---2---\nwc\t:       0       4       0\n"
		  "uc\t:       0       0       0\n\ntotal\t:      512 of   123456\n");
	ok &= says("asked_gpu_pool 2048 pages that TTM keeps for graphics\n");
	take(path);
	return ok;
}

static bool figures_that_overflow_are_none(void)
{
	bool ok = true;

	put("/sys/kernel/debug/vmmemctl", "current : 99999999999999999999999\n");
	ok &= says("");
	put("/sys/kernel/debug/vmmemctl", "current :\n");
	ok &= says("");
	put("/sys/kernel/debug/vmmemctl", "currently : 5\n");
	ok &= says("");
	take("/sys/kernel/debug/vmmemctl");
	return ok;
}

/* The rows of user space are rows of the ledger: they split, whatever is in a name. */
static bool rows_split(void)
{
	static const char head[] = "# leakacct ghost 1 age=0.000s\n# term kB note\n"
				   "total 1024 MemTotal\n";
	struct la_ask ask = { 0 };
	struct la_doc doc;
	char text[512];
	bool ok = true;

	ask_row(&ask, "packet_ring", 8192, "%s, inode %u", "a\nb c/12", 7);
	ask_unknown(&ask, "sockets", "not asked");
	snprintf(text, sizeof(text), "%s%s", head, ask.text);
	EXPECT(ok, support_parse_table(&doc, text) == LA_PARSE_OK);
	EXPECT(ok, doc.nrows == 3 && !doc.bad_rows);
	EXPECT_STRING(ok, la_doc_cell(&doc, 1, 0), "asked_packet_ring");
	EXPECT_STRING(ok, la_doc_cell(&doc, 1, 2), "a?b c/12, inode 7");
	EXPECT_STRING(ok, la_doc_cell(&doc, 2, 1), "-");
	la_doc_free(&doc);
	ask_free(&ask);
	return ok;
}

static const struct ktap_test tests[] = {
	{ "nothing is said of nothing", nothing_is_said_of_nothing },
	{ "zram takes its third figure", zram_takes_its_third_figure },
	{ "a trace ring not yet expanded counts as it is",
	  a_trace_ring_not_yet_expanded_counts_as_it_is },
	{ "virtio tells by its features whether it is ghost",
	  virtio_tells_by_its_features_whether_it_is_ghost },
	{ "balloons of others are read", balloons_of_others_are_read },
	{ "graphics have a pool", graphics_have_a_pool },
	{ "figures that overflow are none", figures_that_overflow_are_none },
	{ "rows split", rows_split },
};

int main(void)
{
	char command[64];
	int status;

	if (!mkdtemp(root))
		return 1;
	status = ktap_run(tests, ARRAY_SIZE(tests));
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) ? 1 : status;
}
