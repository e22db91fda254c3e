// SPDX-License-Identifier: GPL-2.0-only
/*
 * What files of the machine say about memory that no counter claims. What is not there, or
 * can't be read, is no row: most machines have no balloon. Forms of files are those of
 * Linux 5.10 to 7.3.
 */
#include "ask.h"
#include "text.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE 65536
#define DEFLATE_ON_OOM 2	/* a feature of virtio's balloon, by its bit */

void ask_free(struct la_ask *ask)
{
	free(ask->text);
	memset(ask, 0, sizeof(*ask));
}

static void append(struct la_ask *ask, const char *line)
{
	size_t len = strlen(line);

	if (ask->len + len + 1 > ask->room) {
		size_t room = 2 * (ask->len + len + 1);
		char *text = realloc(ask->text, room);

		if (!text) {
			ask->no_memory = true;
			return;
		}
		ask->text = text;
		ask->room = room;
	}
	memcpy(ask->text + ask->len, line, len + 1);
	ask->len += len;
}

/* What comes from names of processes must not end the line. */
static void make_plain(char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			*s = '?';
}

void ask_row(struct la_ask *ask, const char *kind, unsigned long long kb, const char *format, ...)
{
	char note[512], line[640];
	va_list ap;

	va_start(ap, format);
	vsnprintf(note, sizeof(note), format, ap);
	va_end(ap);
	make_plain(note);
	snprintf(line, sizeof(line), "asked_%s %llu %s\n", kind, kb, note);
	append(ask, line);
}

void ask_unknown(struct la_ask *ask, const char *kind, const char *why)
{
	char line[256];

	snprintf(line, sizeof(line), "asked_%s - %s\n", kind, why);
	append(ask, line);
}

/* A small file as a string, malloc'd; NULL when it can't be read. */
static char *read_file(const char *root, const char *path)
{
	char name[PATH_MAX];
	char *buf = NULL;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", root, path);
	f = fopen(name, "re");
	if (!f)
		return NULL;
	buf = malloc(MAX_FILE + 1);
	if (buf) {
		size_t len = fread(buf, 1, MAX_FILE, f);

		buf[ferror(f) ? 0 : len] = '\0';
	}
	fclose(f);
	return buf;
}

/* The number that follows @name and blanks or a colon, at the begin of a line. */
static bool find_number(const char *text, const char *name, unsigned long long *ret)
{
	const char *at = text;
	char digits[24];

	while (at && *at) {
		const char *rest = text_after(at, name);

		if (rest && strchr(" \t:", *rest)) {
			size_t len;

			rest += strspn(rest, " \t:");
			len = strspn(rest, "0123456789");
			if (!len || len >= sizeof(digits))
				return false;
			memcpy(digits, rest, len);
			digits[len] = '\0';
			return text_u64(digits, ret);
		}
		at = strchr(at, '\n');
		at += at ? 1 : 0;
	}
	return false;
}

/* The same of a file whose whole content is a number. */
static bool read_number(const char *root, const char *path, unsigned long long *ret)
{
	char *text = read_file(root, path);
	bool ok = false;

	if (text) {
		text[strspn(text, "0123456789")] = '\0';
		ok = text_u64(text, ret);
	}
	free(text);
	return ok;
}

static unsigned long long page_kb(void)
{
	return (unsigned long long)sysconf(_SC_PAGESIZE) / 1024;
}

/* For each path that fits @pattern, without the root. */
static void each_path(struct la_ask *ask, const char *root, const char *pattern,
		      void (*fn)(struct la_ask *ask, const char *root, const char *path))
{
	char name[PATH_MAX];
	glob_t found;
	size_t i;

	snprintf(name, sizeof(name), "%s%s", root, pattern);
	if (glob(name, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		fn(ask, root, found.gl_pathv[i] + strlen(root));
	globfree(&found);
}

/* mm_stat: bytes that were stored, as how many bytes, in how many bytes of pages, ... */
static void ask_zram(struct la_ask *ask, const char *root, const char *path)
{
	char *text = read_file(root, path);
	unsigned long long stored, used;
	const char *name = path + strlen("/sys/block/");

	if (text && sscanf(text, "%llu %*u %llu", &stored, &used) == 2 && used)
		ask_row(ask, "zram", used / 1024, "%.*s: of %llu kB of data (within zsmalloc)",
			(int)strcspn(name, "/"), name, stored / 1024);
	free(text);
}

/* "7 (expanded: 1408)": of all CPUs; it becomes that large when somebody traces. */
static void ask_trace(struct la_ask *ask, const char *root, const char *path)
{
	unsigned long long kb;

	if (read_number(root, path, &kb) && kb)
		ask_row(ask, "trace_ring", kb, "ring of the tracer: %s", path);
}

static void ask_virtio(struct la_ask *ask, const char *root, const char *path)
{
	char *features = read_file(root, path);
	char *vmstat = read_file(root, "/proc/vmstat");
	unsigned long long in = 0, out = 0;
	bool on_oom = features && strlen(features) > DEFLATE_ON_OOM &&
		      features[DEFLATE_ON_OOM] == '1';

	if (!vmstat || !find_number(vmstat, "balloon_inflate", &in) ||
	    !find_number(vmstat, "balloon_deflate", &out))
		ask_unknown(ask, "balloon", "virtio: this kernel does not count it");
	else if (in > out)
		ask_row(ask, "balloon", (in - out) * page_kb(),
			"virtio: the host has it; MemTotal %s",
			on_oom ? "still has it, so it is ghost (deflates on OOM)" :
				 "is less by it, so it is no ghost");
	free(features);
	free(vmstat);
}

static void ask_vmware(struct la_ask *ask, const char *root, const char *path)
{
	char *text = read_file(root, path);
	unsigned long long pages;

	if (text && find_number(text, "current", &pages) && pages)
		ask_row(ask, "balloon", pages * page_kb(),
			"VMware: the host has it; MemTotal still has it, so it is ghost");
	free(text);
}

static void ask_hyperv(struct la_ask *ask, const char *root, const char *path)
{
	char *text = read_file(root, path);
	unsigned long long pages, size = 4096;

	if (text && find_number(text, "pages_ballooned", &pages) && pages) {
		find_number(text, "page_size", &size);
		ask_row(ask, "balloon", pages * (size / 1024),
			"Hyper-V: the host has it; MemTotal is less by it, so it is no ghost");
	}
	free(text);
}

/* Pages in the balloon are info/low_kb and, on 32 bits, high_kb. */
static void ask_xen(struct la_ask *ask, const char *root, const char *path)
{
	unsigned long long low, high = 0;

	if (!read_number(root, path, &low))
		return;
	read_number(root, "/sys/devices/system/xen_memory/xen_memory0/info/high_kb", &high);
	if (low + high)
		ask_row(ask, "balloon", low + high,
			"Xen: the host has it; MemTotal is less by it, so it is no ghost");
}

/* "total : 12 of 3456": pages that graphics drivers keep to use again. */
static void ask_ttm(struct la_ask *ask, const char *root, const char *path)
{
	char *text = read_file(root, path);
	unsigned long long pages;

	if (text && find_number(text, "total", &pages) && pages)
		ask_row(ask, "gpu_pool", pages * page_kb(), "pages that TTM keeps for graphics");
	free(text);
}

void ask_machine(struct la_ask *ask, const char *root)
{
	static const struct {
		const char *pattern;
		void (*fn)(struct la_ask *ask, const char *root, const char *path);
	} asked[] = {
		{ "/sys/block/zram*/mm_stat", ask_zram },
		{ "/sys/kernel/tracing/buffer_total_size_kb", ask_trace },
		{ "/sys/kernel/tracing/instances/*/buffer_total_size_kb", ask_trace },
		{ "/sys/bus/virtio/drivers/virtio_balloon/virtio*/features", ask_virtio },
		{ "/sys/kernel/debug/vmmemctl", ask_vmware },
		{ "/sys/kernel/debug/hv-balloon", ask_hyperv },
		{ "/sys/devices/system/xen_memory/xen_memory0/info/low_kb", ask_xen },
		{ "/sys/kernel/debug/ttm/page_pool", ask_ttm },
	};
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		each_path(ask, root, asked[i].pattern, asked[i].fn);
}
