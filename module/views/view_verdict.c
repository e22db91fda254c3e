// SPDX-License-Identifier: GPL-2.0-only
/*
 * `verdict`: the whole in words, for a person at night.
 */
#include <linux/mm.h>
#include <linux/sort.h>

#include "audit.h"
#include "caches.h"
#include "compat.h"
#include "counters.h"
#include "events.h"
#include "ghost.h"
#include "groups.h"
#include "hooks.h"
#include "looks.h"
#include "objects.h"
#include "own.h"
#include "sampler.h"
#include "sites.h"
#include "slabs.h"
#include "text.h"
#include "unknown.h"
#include "views.h"
#include "waiting.h"

#define TOP_SUSPECTS	6
/* The third look has the first survivors; then they must grow. */
#define LOOKS_NEEDED	(2 + LA_SCORE_MIN_STEADY)

struct verdict {
	struct la_ledger ledger;
	unsigned int nr_top;
	unsigned int nr_suspects;
	struct {
		u32 site;
		struct la_suspicion s;
	} top[TOP_SUSPECTS];
	struct la_slab *slabs;
	unsigned int nr_slabs;
};

static u64 bytes_of(const struct la_snapshot *snap, u32 site)
{
	return la_snapshot_bytes(site, &snap->sites[site]).value;
}

/*
 * Of two with the same score that is worse which keeps more of what it allocates:
 * everybody's helpers serve the innocent as well.
 */
static bool worse(const struct la_snapshot *snap, u32 a, const struct la_suspicion *sa,
		  u32 b, const struct la_suspicion *sb)
{
	u64 kept_a = la_score_kept_permille(&sa->e), kept_b = la_score_kept_permille(&sb->e);

	if (sa->score != sb->score)
		return sa->score > sb->score;
	return kept_a != kept_b ? kept_a > kept_b : bytes_of(snap, a) > bytes_of(snap, b);
}

/* A part of a leak that is called by another caller, as long as that one is a suspect. */
static bool is_folded(const struct la_snapshot *snap, const struct la_suspicion *s)
{
	struct la_suspicion leader;

	if (!s->leader)
		return false;
	la_looks_judge(s->leader, snap, &leader);
	return leader.score >= LA_SCORE_SUSPECT;
}

static void consider(struct verdict *v, const struct la_snapshot *snap, u32 site)
{
	struct la_suspicion s;
	unsigned int i;

	la_looks_judge(site, snap, &s);
	if (s.score < LA_SCORE_SUSPECT || is_folded(snap, &s))
		return;
	v->nr_suspects++;
	for (i = 0; i < v->nr_top; i++)
		if (worse(snap, site, &s, v->top[i].site, &v->top[i].s))
			break;
	if (i == TOP_SUSPECTS)
		return;
	if (v->nr_top < TOP_SUSPECTS)
		v->nr_top++;
	memmove(&v->top[i + 1], &v->top[i], (v->nr_top - 1 - i) * sizeof(v->top[0]));
	v->top[i].site = site;
	v->top[i].s = s;
}

static int prepare_verdict(struct la_reading *r)
{
	struct verdict *v = kvzalloc(sizeof(*v), GFP_KERNEL);
	bool no_sysfs;
	u32 id;

	if (!v)
		return -ENOMEM;
	r->rows = v;
	la_ghost_read(&v->ledger);
	for (id = LA_SITE_FIRST; id < r->snap->nr_sites; id++)
		consider(v, r->snap, id);
	/* For other names of their caches; without, they have none. */
	if (v->nr_top)
		la_slabs_list(&v->slabs, &v->nr_slabs, &no_sysfs);
	/* One row: the page. */
	r->n = 1;
	r->total = 1;
	return 0;
}

static void show_bytes(struct seq_file *m, u64 bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned int u = 0;
	u64 tenths = bytes * 10;

	while (tenths >= 10240 && u + 1 < ARRAY_SIZE(units)) {
		tenths /= 1024;
		u++;
	}
	if (u)
		seq_printf(m, "%llu.%llu %s", tenths / 10, tenths % 10, units[u]);
	else
		seq_printf(m, "%llu bytes", bytes);
}

/* Nobody is acquitted of what was not seen. */
static void show_no_suspect(struct seq_file *m)
{
	u64 refused = la_counters_sum(LA_REFUSED) + la_counters_sum(LA_PAGES_REFUSED), missed;
	unsigned int rows, working;

	la_hooks_health(&rows, &working, &missed);
	if (refused)
		seq_printf(m, "NO ANSWER: no caller is suspect, but %llu objects found no room, and may be the leak.\n",
			   refused);
	else if (working < rows)
		seq_printf(m, "NO ANSWER: no caller is suspect, but %u of %u paths are not watched, and may be the leak's.\n",
			   rows - working, rows);
	else
		seq_puts(m, "NO SUSPECT: no caller's objects keep growing older and more.\n");
}

static void show_answer(struct seq_file *m, const struct verdict *v)
{
	u64 looks = la_looks_count();

	if (v->nr_suspects)
		seq_printf(m, "LEAK SUSPECTED: %u leak%s of what is allocated and not freed.\n",
			   v->nr_suspects, v->nr_suspects == 1 ? "" : "s");
	else if (!la_events_recording())
		seq_puts(m, "NO ANSWER: leakacct is stopped, so nobody sees what grows.\n");
	else if (looks < LOOKS_NEEDED)
		seq_printf(m, "TOO EARLY: %llu of the %d looks that a verdict needs were taken.\n",
			   looks, LOOKS_NEEDED);
	else
		show_no_suspect(m);
}

/* A merged cache goes by one of its names; the right one may be another. */
static void show_other_names(struct seq_file *m, const struct verdict *v, u32 site)
{
	const struct la_cache *cache = la_caches_get(la_sites_table[site].cache);
	unsigned int i;

	for (i = 0; cache->s && i < v->nr_slabs; i++)
		if (v->slabs[i].s == cache->s && v->slabs[i].nr_aliases > 1)
			seq_printf(m, ", which is %s", v->slabs[i].aliases);
}

static void show_holding(struct seq_file *m, const struct la_snapshot *snap,
			 const struct verdict *v, u32 site)
{
	const struct la_site_row *row = &snap->sites[site];
	const struct la_site *info = &la_sites_table[site];

	seq_printf(m, "%llu objects of %llu bytes (%s ",
		   la_sampler_scale(row->objects, info->size), la_snapshot_mean_bytes(row),
		   info->cache ? "cache" : la_class_name(info->class));
	la_show_cache(m, site);
	show_other_names(m, v, site);
	seq_puts(m, "), ");
	show_bytes(m, bytes_of(snap, site));
}

static void show_group(struct seq_file *m, const struct la_snapshot *snap,
		       const struct verdict *v, const struct la_group *g)
{
	unsigned int i;

	seq_puts(m, "     one leak: ");
	la_show_event(m, snap, g);
	seq_putc(m, '\n');
	for (i = 0; i < g->n; i++) {
		if (g->parts[i].site == g->leader)
			continue;
		seq_puts(m, "     with ");
		la_show_caller(m, g->parts[i].site);
		seq_puts(m, ": ");
		show_holding(m, snap, v, g->parts[i].site);
		seq_putc(m, '\n');
	}
}

static void show_suspect(struct seq_file *m, const struct la_snapshot *snap,
			 const struct verdict *v, unsigned int i)
{
	const struct la_suspicion *s = &v->top[i].s;
	u32 site = v->top[i].site, size = la_sites_table[site].size;
	const struct la_site_counts *counts = &snap->sites[site].counts;
	u64 kept = la_score_kept_permille(&s->e);
	struct la_group group;

	seq_printf(m, "  %u. ", i + 1);
	la_show_caller(m, site);
	seq_printf(m, ", score %u%s\n     holds ", s->score,
		   la_audit_is_uncertain(la_sites_table[site].class) ? ", uncertain" : "");
	show_holding(m, snap, v, site);
	seq_printf(m, ", growing by %lld bytes/s;\n", s->growth);
	seq_printf(m, "     %llu allocated, %llu freed; %llu outlived two looks (%llu.%llu%% of what could be gone),\n",
		   la_sampler_scale(counts->allocs, size), la_sampler_scale(counts->frees, size),
		   la_sampler_scale(s->e.survivors, size), kept / 10, kept % 10);
	seq_printf(m, "     growth spread over %u.%u windows of %u look%s: %llu more, %llu of such freed\n",
		   s->e.growth.steady / 10, s->e.growth.steady % 10, s->e.growth.looks,
		   s->e.growth.looks == 1 ? "" : "s", la_sampler_scale(s->e.growth.in, size),
		   la_sampler_scale(s->e.growth.out, size));
	la_show_freers(m, site, "     ");
	la_groups_get(site, snap->nr_sites, &group);
	if (group.n)
		show_group(m, snap, v, &group);
}

static void show_suspects(struct seq_file *m, const struct la_reading *r,
			  const struct verdict *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_top; i++)
		show_suspect(m, r->snap, v, i);
	if (v->nr_suspects > v->nr_top)
		seq_printf(m, "  and %u more: see `suspects`\n", v->nr_suspects - v->nr_top);
}

static void show_live(struct seq_file *m, const struct la_reading *r)
{
	s64 objects, bytes;
	int c;

	seq_puts(m, "Live since load:");
	for (c = 0; c < LA_NR_CLASSES; c++) {
		struct la_estimate bytes = la_estimate_sum_bytes(&r->snap->classes[c]);
		u64 objects = la_estimate_sum_objects(&r->snap->classes[c]);

		if (c > LA_CLASS_LARGE && !objects)
			continue;
		seq_printf(m, "%s %llu %s objects, ", c ? ";" : "", objects, la_class_name(c));
		show_bytes(m, bytes.value);
		if (la_sampler_interval()) {
			seq_puts(m, " give or take ");
			show_bytes(m, bytes.error);
		}
	}
	if (la_sampler_interval()) {
		seq_puts(m, " (estimated).\n");
		return;
	}
	if (LA_COMPAT_RCU_HAS_NO_ECHO) {
		seq_puts(m, "; how many more wait for RCU this kernel does not show.\n");
		return;
	}
	la_waiting_sum(&objects, &bytes);
	seq_printf(m, "; %lld more wait for RCU, ", objects);
	show_bytes(m, max_t(s64, bytes, 0));
	seq_puts(m, ".\n");
}

static void show_ghost(struct seq_file *m, const struct la_ledger *l)
{
	u32 page_kb = PAGE_SIZE / 1024;

	seq_printf(m, "Ghost memory: %lld kB of %lld kB, bound %lld kB (the classic formula says %lld kB).\n",
		   la_ledger_kb(la_ledger_ghost(l), page_kb), la_ledger_kb(l->total, page_kb),
		   la_ledger_kb(la_ledger_bound(l), page_kb),
		   la_ledger_kb(la_ledger_classic_ghost(l), page_kb));
}

static void show_unknown(struct seq_file *m, const struct la_unknown_sums *u)
{
	char worst[4 * LA_CACHE_NAME_LEN];

	seq_printf(m, "  %llu frees were of objects without a record: ", u->all.frees);
	if (!u->known) {
		seq_puts(m, "older than the load, cleared, or never seen.\n");
		return;
	}
	if (!u->unexplained) {
		seq_printf(m, "older than the load, %s.\n", u->all.frees == u->all.older ?
			   "or cleared" : "cleared, or not kept");
		return;
	}
	la_text_escape(worst, sizeof(worst), u->worst);
	seq_printf(m, "of those objects %llu are more than lived when recording began, most in %s. Something allocates there unseen",
		   u->unexplained, *worst ? worst : "no cache");
	/* What a sheaf had no room for is freed like other objects, and nothing tells it. */
	if (LA_COMPAT_RCU_HAS_NO_ECHO && la_counters_sum(LA_RCU_HANDED))
		seq_printf(m, ", or they are some of %llu that kfree_rcu() was given and this kernel frees later",
			   la_counters_sum(LA_RCU_HANDED));
	seq_puts(m, ".\n");
}

/* Nobody counts which pages were in use, and what moves one has its new place from no allocator. */
static void show_unknown_pages(struct seq_file *m)
{
	u64 frees = la_counters_sum(LA_PAGES_UNKNOWN);

	if (frees)
		seq_printf(m, "  %llu frees were of pages without a block: older than the load, cleared, where others were moved to, or never seen; which is not known.\n",
			   frees);
}

/* Whether objects live was asked, of the allocators that tell. */
static void show_audit(struct seq_file *m)
{
	u64 pages = la_counters_sum(LA_AUDIT_REMOVED_OF + LA_CLASS_PAGE);
	u64 removed = la_counters_sum(LA_AUDIT_REMOVED) + pages;
	u64 asked = la_counters_sum(LA_AUDITED) +
		    la_counters_sum(LA_AUDITED_OF + LA_CLASS_PAGE);
	const char *before = ": ";
	int c;

	if (removed) {
		seq_printf(m, "  The allocator was asked %llu times whether an object lives; %llu were free and are removed",
			   asked, removed);
		for (c = 0; c < LA_NR_CLASSES; c++) {
			u64 of_class = la_counters_sum(LA_AUDIT_REMOVED_OF + c);

			if (of_class) {
				seq_printf(m, "%s%llu %s", before, of_class, la_class_name(c));
				before = ", ";
			}
		}
		seq_puts(m, ".\n");
	}
	if (la_audit_is_uncertain(LA_CLASS_SLAB))
		seq_puts(m, "  Live figures are uncertain: frees can be among the missed events, and this kernel does not tell free objects from live ones.\n");
	if (la_audit_is_uncertain(LA_CLASS_PERCPU))
		seq_puts(m, "  Live figures of percpu areas are uncertain: frees of such were missed, and nobody tells free ones from live ones.\n");
}

/* What a walk sees while all else goes on is no moment in time. */
static void show_walk(struct seq_file *m, const struct la_snapshot *snap)
{
	seq_printf(m, "  While the live figures were read, %llu records came and %llu went: so many can be in them or not.\n",
		   snap->came, snap->went);
}

/* Every way in which the numbers above can be wrong, or that there is none. */
static void show_trust(struct seq_file *m, const struct la_snapshot *snap)
{
	u64 heals = la_counters_sum(LA_HEALS) + la_counters_sum(LA_PAGES_HEALED);
	u64 refused = la_counters_sum(LA_REFUSED), wordless = la_counters_sum(LA_PAGES_REFUSED);
	u64 sites = la_counters_sum(LA_SITES_REFUSED), nmi = la_counters_sum(LA_NMI_LOST);
	u64 idle = la_counters_sum(LA_NOT_RECORDED), missed;
	u64 wrong = la_counters_sum(LA_STACK_DIFFERENCES);
	u64 unkept = la_counters_sum(LA_STACKS_REFUSED);
	u64 removed = la_counters_sum(LA_AUDIT_REMOVED) +
		      la_counters_sum(LA_AUDIT_REMOVED_OF + LA_CLASS_PAGE);
	struct la_unknown_sums unknown;
	unsigned int rows, working;

	la_hooks_health(&rows, &working, &missed);
	la_unknown_sum(&unknown);
	seq_puts(m, "Trust: ");
	if (working == rows && !missed && !refused && !heals && !removed && !sites && !nmi &&
	    !idle && !wordless && !unknown.unexplained)
		seq_printf(m, "all %u paths are watched, and no event is known to be lost.\n",
			   rows);
	else
		seq_printf(m, "%u of %u paths are watched; %llu events missed by probes, %llu frees missed and healed.\n",
			   working, rows, missed, heals);
	show_audit(m);
	show_walk(m, snap);
	if (refused)
		seq_printf(m, "  Live figures are lower bounds: %llu inserts were refused, the table holds at most %llu objects, and fewer while it grows.\n",
			   refused, la_room_max());
	if (wordless)
		seq_printf(m, "  %llu page blocks lie in memory that was added, and are counted but not kept.\n",
			   wordless);
	if (sites)
		seq_printf(m, "  %llu allocations have no caller of their own: no room for more callers.\n",
			   sites);
	if (nmi)
		seq_printf(m, "  %llu times an NMI found a lock held: what it allocated has no caller or task of its own, and of pages that it freed a part may still count as live.\n",
			   nmi);
	if (wrong)
		seq_printf(m, "  %llu of %llu stacks that were looked at again were not what was remembered: don't trust stacks, and report this.\n",
			   wrong, la_counters_sum(LA_STACK_CHECKS));
	if (unkept)
		seq_printf(m, "  %llu times a stack found no room: what is allocated there is told by its caller alone.\n",
			   unkept);
	if (idle)
		seq_printf(m, "  %llu allocations were not recorded: leakacct was stopped.\n",
			   idle);
	if (la_sampler_interval())
		seq_printf(m, "  Sampling: 1 object in %llu bytes is tracked; frees of others, missed frees and what waits for RCU are not known.\n",
			   la_sampler_interval());
	if (!la_sampler_interval()) {
		show_unknown(m, &unknown);
		show_unknown_pages(m);
	}
	seq_puts(m, "  leakacct itself takes ");
	show_bytes(m, la_own_bytes());
	seq_puts(m, ".\n");
}

static void verdict_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct verdict *v = r->rows;
	u64 up = la_own_uptime_s();

	show_answer(m, v);
	show_suspects(m, r, v);
	seq_printf(m, "Watching for %llu s, %llu looks taken; recording is %s.\n", up,
		   la_looks_count(), la_events_recording() ? "on" : "off");
	show_live(m, r);
	show_ghost(m, &v->ledger);
	show_trust(m, r->snap);
}

static void verdict_release(struct la_reading *r)
{
	struct verdict *v = r->rows;

	if (v)
		la_slabs_free(v->slabs, v->nr_slabs);
	kvfree(v);
}

const struct la_view la_view_verdict = {
	.name	 = "verdict",
	.sorts	 = "",
	.prepare = prepare_verdict,
	.row	 = verdict_row,
	.release = verdict_release,
};
