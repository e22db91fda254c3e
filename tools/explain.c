// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why there is nothing to read. The kernel gives the same few error numbers
 * for very different states of a machine, so the state is asked for first.
 */
#include "cmd.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The start of a small /proc or /sys file, "" if it cannot be read. */
static void slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

void source_facts(struct la_facts *facts)
{
	char text[4096];
	struct statfs fs;

	facts->is_root = geteuid() == 0;
	facts->debugfs_mounted = !statfs(LA_DEBUGFS, &fs) && fs.f_type == DEBUGFS_MAGIC;
	facts->module_loaded = !access("/sys/module/leakacct", F_OK);
	/* "[none] integrity": the word in brackets is in force. */
	slurp("/sys/kernel/security/lockdown", text, sizeof(text));
	facts->lockdown = *text && !strstr(text, "[none]");
	/* debugfs=off and =no-mount keep the file system from being registered. */
	slurp("/proc/filesystems", text, sizeof(text));
	facts->debugfs_off = *text && !strstr(text, "\tdebugfs\n");
}

/* Our directory on the running kernel is not to be had. */
static int explain_directory(const struct la_facts *facts, char *error, size_t size)
{
	if (!facts->is_root) {
		snprintf(error, size, "only root may read %s: run it with sudo", facts->path);
		return LA_EXIT_READ;
	}
	if (facts->debugfs_off) {
		snprintf(error, size, "debugfs is switched off: boot without debugfs=off "
			 "(and without debugfs=no-mount), then load leakacct again");
		return LA_EXIT_READ;
	}
	if (!facts->debugfs_mounted) {
		snprintf(error, size, "debugfs is not mounted: run "
			 "\"mount -t debugfs none " LA_DEBUGFS "\"");
		return LA_EXIT_READ;
	}
	if (!facts->module_loaded) {
		snprintf(error, size, "the leakacct module is not loaded: run "
			 "\"insmod leakacct.ko\" (or \"modprobe leakacct\" if it is installed)");
		return LA_EXIT_NO_MODULE;
	}
	snprintf(error, size, "the leakacct module is loaded but has no directory in debugfs: "
		 "see the kernel log (dmesg), then unload it and load it again");
	return LA_EXIT_READ;
}

static bool is_refusal(int error_number)
{
	return error_number == EPERM || error_number == EACCES;
}

int source_explain(const struct la_facts *facts, char *error, size_t size)
{
	bool refused = is_refusal(facts->error_number);

	if (facts->copied) {
		bool missing = facts->error_number == ENOENT && !facts->directory;

		snprintf(error, size, "cannot read %s: %s%s", facts->path,
			 strerror(facts->error_number), missing ?
			 "; the copy is not whole, or of a module that has no such file" : "");
		return LA_EXIT_READ;
	}
	if (facts->directory && (refused || facts->error_number == ENOENT))
		return explain_directory(facts, error, size);
	if (refused && !facts->is_root) {
		snprintf(error, size, "only root may use %s: run it with sudo", facts->path);
		return LA_EXIT_READ;
	}
	if (refused) {
		/* Without securityfs nobody can say which; lockdown is the usual one. */
		snprintf(error, size, "kernel lockdown %s %s: boot without lockdown "
			 "(it comes with Secure Boot, or with lockdown= on the command line)",
			 facts->lockdown ? "closes" : "probably closes", facts->path);
		return LA_EXIT_READ;
	}
	if (facts->error_number == ENOENT) {
		snprintf(error, size, "%s does not exist: the loaded module is of another version "
			 "than this reader, use the leakacct that came with it", facts->path);
		return LA_EXIT_READ;
	}
	snprintf(error, size, "cannot read %s: %s", facts->path, strerror(facts->error_number));
	return LA_EXIT_READ;
}
