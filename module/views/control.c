// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control: the verbs that root can write.
 */
#include "control.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "audit.h"
#include "census_walk.h"
#include "changes.h"
#include "events.h"
#include "ghost.h"
#include "looks.h"
#include "objects.h"
#include "secrets.h"
#include "snapshot.h"
#include "unknown.h"
#include "views.h"
#include "wrappers.h"

static int start(void)
{
	if (!la_events_recording()) {
		la_events_record(LA_RECORDING_ON);
		la_unknown_rebase();
	}
	return 0;
}

static int stop(void)
{
	la_events_record(LA_RECORDING_STOPPED);
	return 0;
}

static int clear(void)
{
	la_objects_clear();
	la_unknown_rebase();
	la_looks_forget();
	la_ghost_forget();
	la_changes_forget();
	la_snapshot_drop_shared();
	return 0;
}

static int mark(void)
{
	int err = la_changes_mark();

	/* The others can't fail. */
	if (err)
		return err;
	la_ghost_mark();
	la_views_mark();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
	const char *help;
	int (*run_on)(const char *function);
} verbs[] = {
	{ "start", start, "record new allocations" },
	{ "stop", stop, "record no new allocations; frees stay watched" },
	{ "clear", clear, "forget all records, and count from zero" },
	{ "mark", mark, "remember this moment, for queries with since_mark=1 and for ghost" },
	{ "look", la_looks_take_now, "take a look for suspects now" },
	{ "audit", la_audit_all, "ask the allocator for each object; forget those that are free" },
	{ "census", la_census_take, "count every page frame by its owner, for ghost" },
	{ "wrapper", NULL, "NAME from now on this function's callers are shown instead of it",
	  la_wrappers_add },
	{ "secret", NULL, "NAME callers with this in their name handle secrets: no samples of them",
	  la_secrets_add },
	{ "unsecret", NULL, "NAME they do not: takes back `secret`", la_secrets_remove },
	{ "unwrapper", NULL, "NAME this function is a caller like others again",
	  la_wrappers_remove },
};

static int run_on(unsigned int i, const char *function)
{
	return *function && !strpbrk(function, " \t\n") ? verbs[i].run_on(function) : -EINVAL;
}

/**
 * la_control_run() - do what a verb says
 * @line: the verb; behind it, if it is about a function, that one's name
 *
 * Context: process; may sleep.
 * Return: 0, -EINVAL for an unknown verb, which changes nothing, or the verb's error.
 */
int la_control_run(char *line)
{
	const char *verb = strsep(&line, " ");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, verb) || !verbs[i].run != !!line)
			continue;
		return line ? run_on(i, skip_spaces(line)) : verbs[i].run();
	}
	return -EINVAL;
}

/**
 * la_control_show() - the state, how many wrappers, and the verbs that there are
 * @m: the file
 */
void la_control_show(struct seq_file *m)
{
	unsigned int i, added, wrappers = la_wrappers_count(&added);

	seq_printf(m, "state %s\n", la_events_recording() ? "running" : "stopped");
	seq_printf(m, "wrappers %u added %u\n", wrappers, added);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		seq_printf(m, "verb %s %s\n", verbs[i].name, verbs[i].help);
}
