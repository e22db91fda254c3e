// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clusters.
 *
 * Two objects of one kind differ in their counts, addresses and names, and are the same
 * in their pointers to operations, their flags and the words around a number. So what
 * differs is masked: digits of text, also hexadecimal ones; addresses of objects;
 * numbers. An object belongs to the first cluster whose first object has five eighths
 * of what either of the two has that is not zero.
 *
 * There is room for few clusters: one with a single object gives way to a new one, so what
 * comes often gets one, whenever it comes.
 *
 * What is shown of a cluster is what all of its objects have, byte by byte, so no
 * object's own content.
 */
#include "clusters.h"

#define MASKED_DIGIT	'0'
/* No text, and not what masking of text leaves. */
#define MASKED_ADDRESS	0xa0a0a0a0a0a0a0a0ull
#define MASKED_NUMBER	0xb0b0b0b0b0b0b0b0ull
#define MASKED_OTHER	0xc0c0c0c0c0c0c0c0ull
/* A bit that no byte of text has, and all that is masked, or an address, has somewhere. */
#define NO_TEXT		0x8080808080808080ull
#define SMALL_NUMBER	0x100000000ull
/* Addresses of the kernel begin here, and those of its text, data and modules here. */
#define KERNEL_FROM	0xff00000000000000ull
#define IMAGE_FROM	0xffffffff80000000ull
/* A shorter text is chance. */
#define TEXT_WORTH	4u
#define TEXT_GAP	'.'

static bool is_text(u8 c)
{
	return c >= ' ' && c < 0x7f;
}

static bool is_digit(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Text, maybe to its end: then zeroes follow. A letter is a number, unless it ends a text. */
static bool is_text_word(const u8 *bytes, bool continues)
{
	u32 i, n = 0;

	while (n < 8 && is_text(bytes[n]))
		n++;
	for (i = n; i < 8; i++)
		if (bytes[i])
			return false;
	return n > !continues;
}

static u64 mask_text(const u8 *bytes)
{
	u8 masked[8];
	u64 word;
	u32 i;

	for (i = 0; i < 8; i++)
		masked[i] = is_digit(bytes[i]) ? MASKED_DIGIT : bytes[i];
	memcpy(&word, masked, sizeof(word));
	return word;
}

/* Eight times the same byte, and no digits: nobody has written there, and it says nothing. */
static bool is_filler(u64 word)
{
	return !is_digit(word & 0xff) && word == (word & 0xff) * 0x0101010101010101ull;
}

static u64 mask_word(const u8 *bytes, bool continues)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	if (is_filler(word))
		return 0;
	if (is_text_word(bytes, continues))
		return mask_text(bytes);
	if (word >= IMAGE_FROM)
		return word;
	if (word >= KERNEL_FROM)
		return MASKED_ADDRESS;
	return word < SMALL_NUMBER ? MASKED_NUMBER : MASKED_OTHER;
}

/**
 * la_cluster_mask() - what objects of one kind have in common
 * @print: the result
 * @bytes: the content
 * @len: bytes of it; a part of a word at the end does not count
 */
void la_cluster_mask(struct la_print *print, const u8 *bytes, u32 len)
{
	u32 i;

	memset(print, 0, sizeof(*print));
	for (i = 0; i < LA_CLUSTER_WORDS && (i + 1) * 8 <= len; i++)
		print->words[i] = mask_word(bytes + i * 8, i && is_text(bytes[i * 8 - 1]));
}

/* How many bytes of a word are zero. */
static u32 zeroes(u64 word)
{
	u32 i, n = 0;

	for (i = 0; i < 8; i++, word >>= 8)
		n += !(word & 0xff);
	return n;
}

/**
 * la_cluster_is_alike() - are these of one kind?
 * @a: an object
 * @b: another one
 */
bool la_cluster_is_alike(const struct la_print *a, const struct la_print *b)
{
	u32 i, either = 0, equal = 0;

	for (i = 0; i < LA_CLUSTER_WORDS; i++) {
		u64 x = a->words[i], y = b->words[i];
		u32 filled = 8 - zeroes(x | y);

		either += filled;
		if (x == y)
			equal += filled;
		else if (!((x | y) & NO_TEXT))
			/* Equal bytes of text, but for those that are zero in both. */
			equal += zeroes(x ^ y) - (8 - filled);
	}
	return equal * 8 >= either * 5;
}

static struct la_cluster *find(struct la_clusters *c, const struct la_print *print)
{
	u32 i;

	for (i = 0; i < c->nr; i++)
		if (la_cluster_is_alike(&c->at[i].print, print))
			return &c->at[i];
	return NULL;
}

/* Room for one more, maybe that of one that came once. */
static struct la_cluster *make_room(struct la_clusters *c)
{
	u32 i;

	if (c->nr < LA_CLUSTERS)
		return &c->at[c->nr++];
	for (i = 0; i < LA_CLUSTERS; i++) {
		/* What is secret about it must be remembered. */
		if (c->at[i].n == 1 && !c->at[i].secret) {
			c->dropped++;
			return &c->at[i];
		}
	}
	return NULL;
}

static void feed(struct la_cluster *to, u32 site)
{
	struct la_feeder *least = &to->feeders[0];
	u32 i;

	for (i = 0; i < LA_FEEDERS; i++) {
		if (to->feeders[i].n && to->feeders[i].site == site) {
			to->feeders[i].n++;
			return;
		}
		if (to->feeders[i].n < least->n)
			least = &to->feeders[i];
	}
	if (least->n > 1) {
		to->others++;
		return;
	}
	to->others += least->n;
	*least = (struct la_feeder){ .site = site, .n = 1 };
}

static void join(struct la_cluster *to, const struct la_found *found, u32 len)
{
	u32 i;

	if (len < to->len)
		to->len = len;
	for (i = 0; i < to->len; i++)
		if (to->bytes[i] != found->bytes[i])
			to->same &= ~(1ull << i);
	to->n++;
	to->secret |= found->secret;
	if (!found->site) {
		to->old++;
		to->maybe += found->maybe;
		return;
	}
	if (found->born > to->youngest)
		to->youngest = found->born;
	feed(to, found->site);
}

/**
 * la_clusters_add() - one more object
 * @c: the clusters, zeroed at first
 * @found: the object
 */
void la_clusters_add(struct la_clusters *c, const struct la_found *found)
{
	u32 len = found->len < LA_CLUSTER_BYTES ? found->len : LA_CLUSTER_BYTES;
	struct la_cluster *to;
	struct la_print print;

	c->read++;
	la_cluster_mask(&print, found->bytes, len);
	to = find(c, &print);
	if (!to) {
		to = make_room(c);
		if (!to) {
			c->dropped++;
			return;
		}
		memset(to, 0, sizeof(*to));
		to->print = print;
		to->len = len;
		to->same = ~0ull;
		memcpy(to->bytes, found->bytes, len);
	}
	join(to, found, len);
}

/**
 * la_clusters_sort() - the largest first
 * @c: the clusters
 */
void la_clusters_sort(struct la_clusters *c)
{
	u32 i, j;

	for (i = 1; i < c->nr; i++) {
		struct la_cluster moved = c->at[i];

		for (j = i; j && c->at[j - 1].n < moved.n; j--)
			c->at[j] = c->at[j - 1];
		c->at[j] = moved;
	}
}

/**
 * la_cluster_top() - who allocated most of it
 * @c: the cluster
 *
 * Return: NULL when none of its objects has a record.
 */
const struct la_feeder *la_cluster_top(const struct la_cluster *c)
{
	const struct la_feeder *top = &c->feeders[0];
	u32 i;

	for (i = 1; i < LA_FEEDERS; i++)
		if (c->feeders[i].n > top->n)
			top = &c->feeders[i];
	return top->n ? top : NULL;
}

static bool is_same(const struct la_cluster *c, u32 i)
{
	return c->same >> i & 1;
}

/*
 * Up to where a text goes on that begins at @from; how much of it is in all objects: none, if
 * it is one character over and over.
 */
static u32 run_from(const struct la_cluster *c, u32 from, u32 *shared)
{
	u32 i, end = from;
	bool filler = true;

	*shared = 0;
	for (i = from; i < c->len && is_text(c->bytes[i]); i++) {
		if (!is_same(c, i))
			continue;
		++*shared;
		end = i + 1;
		filler &= c->bytes[i] == c->bytes[from];
	}
	if (filler)
		*shared = 0;
	return end;
}

/**
 * la_cluster_text() - the longest text that all of its objects share
 * @c: the cluster
 * @to: gets it, with a dot for what is text but differs
 * @size: of @to
 * @at: gets its place in the object
 *
 * Return: how many characters are shared, 0 when there is no text to speak of.
 */
u32 la_cluster_text(const struct la_cluster *c, char *to, u32 size, u32 *at)
{
	u32 best = 0, best_end = 0, i = 0, n = 0;

	*at = 0;
	while (i < c->len) {
		u32 shared, end;

		if (!is_text(c->bytes[i]) || !is_same(c, i)) {
			i++;
			continue;
		}
		end = run_from(c, i, &shared);
		if (shared > best) {
			best = shared;
			best_end = end;
			*at = i;
		}
		i = end;
		while (i < c->len && is_text(c->bytes[i]))
			i++;
	}
	if (best < TEXT_WORTH) {
		best = 0;
		best_end = 0;
	}
	for (i = *at; i < best_end && n + 1 < size; i++)
		to[n++] = is_same(c, i) ? c->bytes[i] : TEXT_GAP;
	if (size)
		to[n] = '\0';
	return best;
}
