// SPDX-License-Identifier: GPL-2.0-only
/*
 * `samples`: what objects of the suspects and of the top callers hold.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "looks.h"
#include "objects.h"
#include "samples.h"
#include "sites.h"
#include "text.h"
#include "views.h"

#define DEFAULT_CALLERS	10
#define MAX_CALLERS	250		/* an index of one byte */
#define PER_CALLER	2
#define MIN_AGE		(2 * LA_TICKS_HZ)
#define TEXT_WORTH	6		/* a shorter run is chance */
#define LINE_BYTES	32u

struct pick {
	u32 site;
	u64 order;
	unsigned int n;
	struct la_object objects[PER_CALLER];	/* the oldest, oldest first */
};

struct samples {
	struct pick picks[MAX_CALLERS];
	unsigned int nr_picks;
	u8 *pick_of;			/* by site; 0: not picked */
	u32 born_before;
	unsigned int dropped;		/* changed hands, or could not be read */
	unsigned int secret;		/* callers left out */
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
		struct pick new = { .site = id };
		unsigned int least = 0, i;

		if (!r->snap->sites[id].objects || la_sites_table[id].own ||
		    la_sites_table[id].class == LA_CLASS_PERCPU ||
		    (r->filter.sites && !test_bit(id, r->filter.sites)))
			continue;
		new.order = order_of(r, id);
		if (p->nr_picks < most) {
			all[p->nr_picks++] = new;
			continue;
		}
		for (i = 1; i < most; i++)
			if (all[i].order < all[least].order)
				least = i;
		if (new.order > all[least].order)
			all[least] = new;
	}
	sort(all, p->nr_picks, sizeof(*all), by_order, NULL);
}

static void leave_out_secrets(struct samples *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < p->nr_picks; i++) {
		if (la_samples_secret(p->picks[i].site)) {
			p->secret++;
			continue;
		}
		p->picks[n] = p->picks[i];
		p->pick_of[p->picks[n].site] = n + 1;
		n++;
	}
	p->nr_picks = n;
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

	if (!p->pick_of[head] || born >= p->born_before)
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

static void take_samples(struct samples *p)
{
	unsigned int i, j;

	for (i = 0; i < p->nr_picks; i++) {
		for (j = 0; j < p->picks[i].n; j++) {
			struct la_sample *s = &p->samples[p->n];

			s->object = p->picks[i].objects[j];
			if (la_samples_take(s))
				p->n++;
			else
				p->dropped++;
		}
	}
}

static int prepare_samples(struct la_reading *r)
{
	unsigned int most = DEFAULT_CALLERS;
	struct samples *p;

	if (la_query_has(&r->query, LA_KEY_ROWS))
		most = r->query.rows ? min_t(u64, r->query.rows, MAX_CALLERS) : MAX_CALLERS;
	if (!la_samples_allowed())
		return 0;
	p = kvzalloc(struct_size(p, samples, most * PER_CALLER), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	r->rows = p;
	p->pick_of = kvzalloc(r->snap->nr_sites, GFP_KERNEL);
	if (!p->pick_of)
		return -ENOMEM;
	p->born_before = r->now - min_t(u32, r->now, MIN_AGE);
	pick_callers(r, p, most);
	leave_out_secrets(p);
	la_objects_walk(keep_oldest, r);
	take_samples(p);
	r->n = p->n;
	r->total = p->n;
	return 0;
}

static void samples_release(struct la_reading *r)
{
	struct samples *p = r->rows;

	if (p)
		kvfree(p->pick_of);
	kvfree(p);
}

static void samples_notes(struct seq_file *m, struct la_reading *r)
{
	const struct samples *p = r->rows;

	if (!p) {
		seq_puts(m, la_param_sample_bytes() ?
			 "# none: the kernel is locked down\n" : "# none: sample_bytes=0\n");
		return;
	}
	if (p->secret)
		seq_printf(m, "# %u callers left out: they may hold secrets\n", p->secret);
	if (p->dropped)
		seq_printf(m, "# %u objects left out: freed while they were read\n", p->dropped);
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

static void show_words(struct seq_file *m, const struct la_sample *s)
{
	char *what = kmalloc(KSYM_SYMBOL_LEN + 64, GFP_KERNEL);
	unsigned int at;

	for (at = 0; what && at + sizeof(long) <= s->len; at += sizeof(long)) {
		unsigned long word = *(const unsigned long *)(s->bytes + at);

		if (la_samples_resolve(word, what, KSYM_SYMBOL_LEN + 64))
			seq_printf(m, "#   +%-3u 0x%lx %s\n", at, word, what);
	}
	kfree(what);
}

static void samples_row(struct seq_file *m, struct la_reading *r, u64 i)
{
	const struct samples *p = r->rows;
	const struct la_sample *s = &p->samples[i];
	u32 site = la_record_site(&s->object.rec);
	u32 born = la_record_born(&s->object.rec);

	seq_printf(m, "0x%lx %llu ", la_table_key_addr(s->object.key),
		   la_sites_object_bytes(site, la_record_requested(&s->object.rec)));
	la_show_age(m, r->now > born ? r->now - born : 0);
	seq_putc(m, ' ');
	la_show_cache(m, site);
	seq_putc(m, ' ');
	la_show_caller(m, site);
	seq_putc(m, '\n');
	show_content(m, s);
	show_text(m, s);
	show_words(m, s);
}

const struct la_view la_view_samples = {
	.name	 = "samples",
	.columns = "address bytes age_s cache caller",
	.keys	 = LA_KEYS_SITE | BIT(LA_KEY_ROWS),
	.sorts	 = "",
	.prepare = prepare_samples,
	.notes	 = samples_notes,
	.row	 = samples_row,
	.release = samples_release,
};
