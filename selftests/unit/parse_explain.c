// SPDX-License-Identifier: GPL-2.0-only
/* Each state of a machine in which nothing can be read: its code, sentence, fix. */
#include "parse_support.h"
#include "cmd.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A machine on which everything is right, and our directory cannot be opened. */
static struct la_facts good_machine(int error_number)
{
	return (struct la_facts){
		.error_number = error_number,
		.path = LA_DIRECTORY,
		.directory = true,
		.is_root = true,
		.debugfs_mounted = true,
		.module_loaded = true,
	};
}

/* One sentence, of the right code, that holds @what and the fix. */
static bool explains(const struct la_facts *facts, int code, const char *what, const char *fix)
{
	char error[256];
	int got = source_explain(facts, error, sizeof(error));
	bool ok = got == code && strstr(error, what) && strstr(error, fix) &&
		  !strchr(error, '\n') && strlen(error) < sizeof(error) - 1;

	if (!ok)
		printf("# expected %d, \"%s\", \"%s\"; got %d: %s\n", code, what, fix, got, error);
	return ok;
}

static bool says_not_root(void)
{
	struct la_facts facts = good_machine(EACCES);
	bool ok = true;

	facts.is_root = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "only root", "sudo"));
	/* Whatever else is wrong: without root nobody can tell. */
	facts.debugfs_mounted = false;
	facts.module_loaded = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "only root", "sudo"));
	facts = good_machine(EACCES);
	facts.is_root = false;
	facts.directory = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "only root", "sudo"));
	return ok;
}

static bool says_module_not_loaded(void)
{
	struct la_facts facts = good_machine(ENOENT);
	bool ok = true;

	facts.module_loaded = false;
	EXPECT(ok, explains(&facts, LA_EXIT_NO_MODULE, "not loaded", "insmod leakacct.ko"));
	return ok;
}

static bool says_debugfs_not_mounted(void)
{
	struct la_facts facts = good_machine(ENOENT);
	bool ok = true;

	facts.debugfs_mounted = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "not mounted",
			    "mount -t debugfs none /sys/kernel/debug"));
	facts.module_loaded = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "not mounted", "mount -t debugfs"));
	return ok;
}

static bool says_debugfs_is_off(void)
{
	struct la_facts facts = good_machine(ENOENT);
	bool ok = true;

	/* Then it is not mounted either, and mounting it would fail. */
	facts.debugfs_off = true;
	facts.debugfs_mounted = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "switched off", "boot without debugfs=off"));
	return ok;
}

static bool says_loaded_without_directory(void)
{
	struct la_facts facts = good_machine(ENOENT);
	bool ok = true;

	EXPECT(ok, explains(&facts, LA_EXIT_READ, "loaded but has no directory", "dmesg"));
	return ok;
}

static bool says_lockdown(void)
{
	struct la_facts facts = good_machine(EPERM);
	bool ok = true;

	facts.directory = false;
	facts.path = LA_DIRECTORY "/query";
	facts.lockdown = true;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "lockdown closes", "boot without lockdown"));
	facts.lockdown = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "lockdown probably closes", "boot without"));
	return ok;
}

static bool says_what_is_left(void)
{
	struct la_facts facts = good_machine(EIO);
	bool ok = true;

	EXPECT(ok, explains(&facts, LA_EXIT_READ, "cannot read", "Input/output"));
	facts.directory = false;
	facts.error_number = ENOENT;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "does not exist", "came with it"));
	facts.copied = true;
	facts.is_root = false;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "cannot read", "that has no such file"));
	facts.directory = true;
	EXPECT(ok, explains(&facts, LA_EXIT_READ, "cannot read", "No such file"));
	return ok;
}

static const struct ktap_test tests[] = {
	{ "says_not_root", says_not_root },
	{ "says_module_not_loaded", says_module_not_loaded },
	{ "says_debugfs_not_mounted", says_debugfs_not_mounted },
	{ "says_debugfs_is_off", says_debugfs_is_off },
	{ "says_loaded_without_directory", says_loaded_without_directory },
	{ "says_lockdown", says_lockdown },
	{ "says_what_is_left", says_what_is_left },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
