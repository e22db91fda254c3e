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
#include "events.h"
#include "looks.h"
#include "objects.h"
#include "snapshot.h"
#include "views.h"

static int start(void)
{
	la_events_record(LA_RECORDING_ON);
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
	la_looks_forget();
	la_snapshot_drop_shared();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
	const char *help;
} verbs[] = {
	{ "start", start, "record new allocations" },
	{ "stop", stop, "record no new allocations; frees stay watched" },
	{ "clear", clear, "forget all records, and count from zero" },
	{ "mark", la_views_mark, "remember this moment, for queries with since_mark=1" },
	{ "look", la_looks_take_now, "take a look for suspects now" },
	{ "audit", la_audit_all, "ask the allocator for each object; forget those that are free" },
};

/**
 * la_control_run() - do what a verb says
 * @verb: the verb
 *
 * Context: process; may sleep.
 * Return: 0, -EINVAL for an unknown verb, which changes nothing, or the verb's error.
 */
int la_control_run(const char *verb)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, verb))
			return verbs[i].run();
	return -EINVAL;
}

/**
 * la_control_show() - the state, and the verbs that there are
 * @m: the file
 */
void la_control_show(struct seq_file *m)
{
	unsigned int i;

	seq_printf(m, "state %s\n", la_events_recording() ? "running" : "stopped");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		seq_printf(m, "verb %s %s\n", verbs[i].name, verbs[i].help);
}
