/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of a merged cache, as `slabs` and `callers` show them.
 */
#ifndef LEAKACCT_VIEW_ALIASES_H
#define LEAKACCT_VIEW_ALIASES_H

#include <linux/seq_file.h>

#include "slabs.h"
#include "snapshot.h"

void la_aliases_show(struct seq_file *m, const struct la_slab *slab);
void la_aliases_notes(struct seq_file *m, const struct la_slab *slab,
		      const struct la_snapshot *snap, const char *word);
void la_aliases_note_site(struct seq_file *m, u32 id);
bool la_aliases_show_name(struct seq_file *m, u32 id);

#endif /* LEAKACCT_VIEW_ALIASES_H */
