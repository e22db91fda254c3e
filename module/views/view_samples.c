// SPDX-License-Identifier: GPL-2.0-only
/*
 * `samples`: what objects of the suspects and of the top callers hold.
 *
 * Of each caller the oldest objects are read. What they share comes first, then two of
 * them in full; below the first one of a cache stands what all objects of that cache look
 * like, those from before the load too.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "alias_sites.h"
#include "caches.h"
#include "fingerprints.h"
#include "looks.h"
#include "objects.h"
#include "pages.h"
#include "sampler.h"
#include "samples.h"
#include "secrets.h"
#include "sites.h"
#include "text.h"
#include "views.h"
#include "words.h"

#define DEFAULT_CALLERS	10
#define MAX_CALLERS	250		/* an index of one byte */
#define PER_CALLER	16		/* are read */
#define SHOWN		2		/* in full, of a caller */
#define MIN_AGE		(2 * LA_TICKS_HZ)
#define TEXT_WORTH	6		/* a shorter run is chance */
#define LINE_BYTES	32u
#define WHAT		(KSYM_SYMBOL_LEN + 160)
/* Caches whose objects are read, in the file and when somebody asks, and for how long. */
#define CACHES_PLAIN	3
#define CACHES_ASKED	10
#define NS_PLAIN	(100 * NSEC_PER_MSEC)
#define NS_ASKED	NSEC_PER_SEC
#define CLUSTERS_SHOWN	4
#define SECRETS_SHOWN	10u
#define CLUSTER_WORTH	4u		/* objects */

enum { SECRET_UNKNOWN, SECRET_NO, SECRET_YES };

struct pick {
	u32 site;
	u64 order;
	unsigned int n;
	struct la_object objects[PER_CALLER];	/* the oldest, oldest first */
	u32 read;
	u32 alike;				/* of them */
	u32 text_at;
	char text[LA_CLUSTER_BYTES + 1];	/* that those share */
};

struct samples {
	struct pick picks[MAX_CALLERS];
	unsigned int nr_picks;
	u8 *pick_of;			/* by site; 0: not picked */
	u8 *secrets;			/* by site, SECRET_* */
	u32 nr_sites;
	u32 born_before;
	unsigned int dropped;		/* changed hands, or could not be read */
	unsigned int secret;		/* callers left out */
	u32 secret_sites[SECRETS_SHOWN];	/* the first of them */
	struct la_words *words;
	struct la_fingerprints *caches;
	unsigned int nr_caches;
	bool cut;
	unsigned int n;
	struct la_sample samples[];
};

static int by_order(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	return x->order < y->order ? 1 : x->order > y->order ? -1 : 0;
}

/* Suspects come first, then the largest. */
static u64 order_of(const struct la_reading *r, u32 id)
{
	u64 bytes = r->snap->sites[id].bytes;
	struct la_suspicion s;

	la_looks_judge(id, r->snap, &s);
	return (s.score >= LA_SCORE_SUSPECT ? 1ull << 62 : 0) + bytes;
}

static void pick_callers(struct la_reading *r, struct samples *p, unsigned int most)
{
	struct pick *all = p->picks;
	u32 id;

	for (id = LA_SITE_FIRST; id < r->snap->nr_sites; id++) {
		unsigned int least = 0, i;
		u64 order;

		if (!r->snap->sites[id].objects || la_sites_table[id].own ||
		    (r->filter.sites && !test_bit(id, r->filter.sites)))
			continue;
		order = order_of(r, id);
		if (p->nr_picks < most) {
			all[p->nr_picks].site = id;
			all[p->nr_picks++].order = order;
			continue;
		}
		for (i = 1; i < most; i++)
			if (all[i].order < all[least].order)
				least = i;
		if (order > all[least].order) {
			all[least].site = id;
			all[least].order = order;
		}
	}
	sort(all, p->nr_picks, sizeof(*all), by_order, NULL);
}

static bool is_secret(void *ctx, u32 head)
{
	struct samples *p = ctx;

	if (head >= p->nr_sites)
		return la_samples_secret(head);
	if (p->secrets[head] == SECRET_UNKNOWN)
		p->secrets[head] = la_samples_secret(head) ? SECRET_YES : SECRET_NO;
	return p->secrets[head] == SECRET_YES;
}

static void leave_out_secrets(struct samples *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < p->nr_picks; i++) {
		if (is_secret(p, p->picks[i].site)) {
			if (p->secret < SECRETS_SHOWN)
				p->secret_sites[p->secret] = p->picks[i].site;
			p->secret++;
			continue;
		}
		p->picks[n] = p->picks[i];
		p->pick_of[p->picks[n].site] = n + 1;
		n++;
	}
	p->nr_picks = n;
}

/* With an address: is it in this object? */
static bool is_asked_for(const struct la_reading *r, u64 key, const struct la_record *rec)
{
	u64 start = la_objects_address(key), address;

	if (!la_query_has(&r->query, LA_KEY_ADDRESS))
		return true;
	if (kstrtou64(r->query.address, 0, &address))
		return false;
	return address >= start && address - start <
	       la_sites_object_bytes(la_record_site(rec), la_record_requested(rec));
}

static void keep_oldest(void *ctx, u64 key, const struct la_record *rec)
{
	struct la_reading *r = ctx;
	struct samples *p = r->rows;
	u32 site = la_record_site(rec), born = la_record_born(rec);
	u32 head = site < r->snap->nr_sites ? la_sites_table[site].head : LA_SITE_OVERFLOW;
	struct la_object o = { .key = key, .rec = *rec };
	struct pick *pick;
	unsigned int i;

	la_words_note(p->words, key, rec);
	if (!p->pick_of[head] || born >= p->born_before || !is_asked_for(r, key, rec))
		return;
	pick = &p->picks[p->pick_of[head] - 1];
	for (i = 0; i < pick->n; i++)
		if (born < la_record_born(&pick->objects[i].rec))
			break;
	if (i == PER_CALLER)
		return;
	if (pick->n < PER_CALLER)
		pick->n++;
	memmove(&pick->objects[i + 1], &pick->objects[i],
		(pick->n - 1 - i) * sizeof(pick->objects[0]));
	pick->objects[i] = o;
}

/* What most of a caller's samples share. */
static void find_shared(struct pick *pick, struct la_clusters *c)
{
	la_clusters_sort(c);
	pick->read = c->read;
	pick->alike = c->nr ? c->at[0].n : 0;
	if (pick->alike < 2 || pick->alike * 2 < pick->read ||
	    !la_cluster_text(&c->at[0], pick->text, sizeof(pick->text), &pick->text_at))
		pick->alike = 0;
}

static void take_samples_of(struct samples *p, struct pick *pick, struct la_clusters *c)
{
	struct la_sample one;
	unsigned int i, shown = 0;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < pick->n; i++) {
		struct la_found found = { .bytes = one.bytes, .site = pick->site };

		one.object = pick->objects[i];
		if (!la_samples_take(&one)) {
			p->dropped++;
			continue;
		}
		found.len = one.len;
		la_clusters_add(c, &found);
		if (shown++ < SHOWN)
			p->samples[p->n++] = one;
	}
	find_shared(pick, c);
}

/* Of what has no record the caller can't be asked: all names of the cache must be harmless. */
static void add_cache(struct samples *p, unsigned int most, u32 site)
{
	u16 cache = la_sites_table[site].cache;
	unsigned int i;

	if (la_sites_table[site].class != LA_CLASS_SLAB || cache == LA_CACHE_NONE ||
	    la_names_any(cache, la_secrets_has_cache))
		return;
	for (i = 0; i < p->nr_caches; i++)
		if (p->caches[i].cache == cache)
			return;
	if (p->nr_caches < most)
		p->caches[p->nr_caches++].cache = cache;
}

static int take_fingerprints(struct la_reading *r, struct samples *p)
{
	bool asked = r->query.has;
	unsigned int most = asked ? CACHES_ASKED : CACHES_PLAIN, i;
	struct la_fingers f = {
		.born_before = p->born_before,
		.most_ns = asked ? NS_ASKED : NS_PLAIN,
		.is_secret = is_secret,
		.ctx = p,
	};

	p->caches = kvcalloc(most, sizeof(*p->caches), GFP_KERNEL);
	if (!p->caches)
		return -ENOMEM;
	for (i = 0; i < p->n; i++)
		add_cache(p, most, la_record_site(&p->samples[i].object.rec));
	la_fingerprints_take(&f, p->caches, p->nr_caches);
	p->cut = f.cut;
	return 0;
}

static int fill(struct la_reading *r, struct samples *p, unsigned int most)
{
	struct la_clusters *c;
	unsigned int i;

	p->nr_sites = r->snap->nr_sites;
	p->pick_of = kvzalloc(p->nr_sites, GFP_KERNEL);
	p->secrets = kvzalloc(p->nr_sites, GFP_KERNEL);
	p->words = kvzalloc(sizeof(*p->words), GFP_KERNEL);
	c = kvzalloc(sizeof(*c), GFP_KERNEL);
	if (!p->pick_of || !p->secrets || !p->words || !c) {
		kvfree(c);
		return -ENOMEM;
	}
	p->born_before = r->now - min_t(u32, r->now, MIN_AGE);
	pick_callers(r, p, most);
	leave_out_secrets(p);
	la_objects_walk(keep_oldest, r);
	la_pages_walk(keep_oldest, r);
	la_words_sort(p->words);
	for (i = 0; i < p->nr_picks; i++)
		take_samples_of(p, &p->picks[i], c);
	kvfree(c);
	return take_fingerprints(r, p);
}

static int prepare_samples(struct la_reading *r)
{
	unsigned int most = DEFAULT_CALLERS;
	struct samples *p;
	u64 address;
	int err;

	if (la_query_has(&r->query, LA_KEY_ADDRESS)) {
		if (kstrtou64(r->query.address, 0, &address))
			return -EINVAL;
		most = MAX_CALLERS;
	}
	if (la_query_has(&r->query, LA_KEY_ROWS))
		most = r->query.rows ? min_t(u64, r->query.rows, MAX_CALLERS) : MAX_CALLERS;
	if (!la_samples_allowed())
		return 0;
	p = kvzalloc(struct_size(p, samples, most * SHOWN), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	r->rows = p;
	err = fill(r, p, most);
	r->n = p->n;
	r->total = p->n;
	return err;
}

static void samples_release(struct la_reading *r)
{
	struct samples *p = r->rows;

	if (p) {
		kvfree(p->pick_of);
		kvfree(p->secrets);
		kvfree(p->words);
		kvfree(p->caches);
	}
	kvfree(p);
}

static void show_secrets(struct seq_file *m, const struct samples *p)
{
	unsigned int i;

	if (!p->secret)
		return;
	seq_printf(m, "# %u callers left out: they may hold secrets\n", p->secret);
	for (i = 0; i < min(p->secret, SECRETS_SHOWN); i++) {
		/* Root may have changed its mind meanwhile. */
		const char *why = la_samples_why_secret(p->secret_sites[i]);

		seq_puts(m, "#   ");
		la_show_caller(m, p->secret_sites[i]);
		seq_printf(m, ": %s\n", why ?: "not any more");
	}
}

static void samples_notes(struct seq_file *m, struct la_reading *r)
{
	const struct samples *p = r->rows;

	if (!p) {
		seq_puts(m, la_param_sample_bytes() ?
			 "# none: the kernel is locked down\n" : "# none: sample_bytes=0\n");
		return;
	}
	show_secrets(m, p);
	if (p->dropped)
		seq_printf(m, "# %u objects left out: freed while they were read\n", p->dropped);
	if (p->cut)
		seq_puts(m, "# not all slabs were read: there was no time for more\n");
}

static void show_content(struct seq_file *m, const struct la_sample *s)
{
	char hex[3 * LINE_BYTES], text[LINE_BYTES + 1];
	unsigned int at;

	for (at = 0; at < s->len; at += LINE_BYTES) {
		unsigned int n = min(s->len - at, LINE_BYTES);

		la_text_hex(hex, sizeof(hex), s->bytes + at, n);
		la_text_printable(text, sizeof(text), s->bytes + at, n);
		seq_printf(m, "#   %03x  %-67s |%s|\n", at, hex, text);
	}
}

static void show_text(struct seq_file *m, const struct la_sample *s)
{
	size_t at, len = la_text_longest_run(s->bytes, s->len, &at);

	if (len >= TEXT_WORTH)
		seq_printf(m, "#   text \"%.*s\"\n", (int)len, s->bytes + at);
}

static void show_words(struct seq_file *m, const struct samples *p, const struct la_sample *s)
{
	char *what = kmalloc(WHAT, GFP_KERNEL);
	unsigned int at;

	for (at = 0; what && at + sizeof(long) <= s->len; at += sizeof(long)) {
		unsigned long word = *(const unsigned long *)(s->bytes + at);

		if (la_words_resolve(p->words, word, what, WHAT))
			seq_printf(m, "#   +%-3u 0x%lx %s\n", at, word, what);
	}
	kfree(what);
}

static u32 head_of(const struct la_sample *s)
{
	return la_sites_table[la_record_site(&s->object.rec)].head;
}

static void show_shared(struct seq_file *m, const struct samples *p, u64 i)
{
	const struct pick *pick = &p->picks[p->pick_of[head_of(&p->samples[i])] - 1];

	if ((!i || head_of(&p->samples[i - 1]) != pick->site) && pick->alike)
		seq_printf(m, "#   %u of %u share \"%s\" at +%u\n", pick->alike, pick->read,
			   pick->text, pick->text_at);
}

/* The last of it is free text. */
static void show_feeder(struct seq_file *m, struct la_reading *r, const struct la_cluster *c)
{
	const struct la_feeder *top = la_cluster_top(c);
	u32 since = c->n - c->old;

	if (!top)
		return;
	seq_printf(m, ", %u since, the last ", since);
	la_show_age(m, r->now > c->youngest ? r->now - c->youngest : 0);
	seq_puts(m, " s ago, ");
	if (top->n == since)
		seq_puts(m, "all by ");
	else
		seq_printf(m, "%u of them by ", top->n);
	la_show_caller(m, top->site);
}

static void show_cluster(struct seq_file *m, struct la_reading *r, const struct la_cluster *c)
{
	char text[LA_CLUSTER_BYTES + 1];
	u32 at;

	seq_printf(m, "#     %u ", c->n);
	if (c->secret) {
		seq_puts(m, "that may hold secrets: not shown\n");
		return;
	}
	if (c->maybe && c->n == c->old) {
		seq_puts(m, "of which all may be free: not shown\n");
		return;
	}
	if (la_cluster_text(c, text, sizeof(text), &at))
		seq_printf(m, "with \"%s\" at +%u", text, at);
	else
		seq_puts(m, "of one kind");
	seq_printf(m, ": %u %s%s", c->old,
		   la_sampler_interval() ? "not tracked" : "from before recording",
		   c->maybe ? " or parked free" : "");
	show_feeder(m, r, c);
	seq_putc(m, '\n');
}

/* Below the first sample of a cache. */
static void show_fingerprints(struct seq_file *m, struct la_reading *r, u64 row)
{
	const struct samples *p = r->rows;
	u16 cache = la_sites_table[head_of(&p->samples[row])].cache;
	const struct la_fingerprints *of = NULL;
	u32 i;

	for (i = 0; i < row; i++)
		if (la_sites_table[head_of(&p->samples[i])].cache == cache)
			return;
	for (i = 0; i < p->nr_caches; i++)
		if (p->caches[i].cache == cache)
			of = &p->caches[i];
	if (!of || !of->clusters.nr || of->clusters.at[0].n < CLUSTER_WORTH)
		return;
	seq_printf(m, "#   alike among %u objects of ", of->clusters.read);
	la_show_cache(m, head_of(&p->samples[row]));
	if (of->unknown)
		seq_printf(m, "; %u without a record may be free, and are not read", of->unknown);
	seq_putc(m, '\n');
	for (i = 0; i < CLUSTERS_SHOWN && i < of->clusters.nr; i++)
		if (of->clusters.at[i].n >= CLUSTER_WORTH)
			show_cluster(m, r, &of->clusters.at[i]);
}

static void samples_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct samples *p = r->rows;
	const struct la_sample *s = &p->samples[i];
	u32 site = la_record_site(&s->object.rec);
	u32 born = la_record_born(&s->object.rec);

	seq_printf(m, "0x%lx %llu ", la_objects_address(s->object.key),
		   la_sites_object_bytes(site, la_record_requested(&s->object.rec)));
	la_show_age(m, r->now > born ? r->now - born : 0);
	seq_putc(m, ' ');
	la_show_cache(m, site);
	seq_putc(m, ' ');
	la_show_caller(m, site);
	seq_putc(m, '\n');
	show_shared(m, p, i);
	show_content(m, s);
	show_text(m, s);
	show_words(m, p, s);
	show_fingerprints(m, r, i);
}

const struct la_view la_view_samples = {
	.name	 = "samples",
	.columns = "address bytes age_s cache caller",
	.keys	 = LA_KEYS_SITE | BIT(LA_KEY_ROWS) | BIT(LA_KEY_ADDRESS),
	.sorts	 = "",
	.prepare = prepare_samples,
	.notes	 = samples_notes,
	.row	 = samples_row,
	.release = samples_release,
};
