// SPDX-License-Identifier: GPL-2.0-only
/*
 * `secrets`: whose objects are never read.
 */
#include "secrets.h"
#include "views.h"

static int prepare_secrets(struct la_reading *r)
{
	const char *kind;
	char part[64];
	u64 n = 0;

	while (la_secrets_get(n, &kind, part, sizeof(part)))
		n++;
	la_reading_all_rows(r, n);
	return 0;
}

static void secrets_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const char *kind, *name;
	char part[64];

	name = la_secrets_get(i, &kind, part, sizeof(part));
	if (name && *name)
		seq_printf(m, "%s %s\n", kind, name);
}

const struct la_view la_view_secrets = {
	.name	 = "secrets",
	.columns = "kind secret",
	.sorts	 = "",
	.query_only = true,
	.prepare = prepare_secrets,
	.row	 = secrets_row,
};
