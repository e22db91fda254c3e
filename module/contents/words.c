// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words: what the words that objects hold point to.
 *
 * A symbol says so itself. Of a slab or a large kmalloc the page tells where it begins, of a
 * block of pages the words in frames.c, and struct pages lie in an array of their own. Areas
 * of vmalloc have no mark that we could read, so those in the table are listed first.
 *
 * What is pointed to may be gone by now. So it is said to be an object only as long as it
 * has a record, and the text there is shown only if it has the same one afterwards.
 */
#include "words.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "caches.h"
#include "compat.h"
#include "layout.h"
#include "objects.h"
#include "pages.h"
#include "samples.h"
#include "sites.h"
#include "symbols.h"

/* Addresses of the kernel begin here, and those of its text, data and modules here. */
#define KERNEL_FROM	0xff00000000000000ul
#define IMAGE_FROM	0xffffffff80000000ul
/* A shorter text is chance; of a longer one so much is shown. */
#define TEXT_WORTH	6u
#define TEXT_MOST	40u

/* What is said of a word. */
struct answer {
	unsigned long word;
	char *buf;
	size_t size;
};

static void add(struct answer *a, const char *fmt, ...) __printf(2, 3);

static void add(struct answer *a, const char *fmt, ...)
{
	size_t at = strlen(a->buf);
	va_list args;

	va_start(args, fmt);
	vscnprintf(a->buf + at, a->size - at, fmt, args);
	va_end(args);
}

/* What the word points to, if it reads as a text that ends: then "..." at the end. */
static void add_text(struct answer *a)
{
	char text[TEXT_MOST + 1];
	size_t n;

	if (copy_from_kernel_nofault(text, (void *)a->word, sizeof(text)))
		return;
	for (n = 0; n < TEXT_MOST && text[n] >= ' ' && text[n] < 0x7f; n++)
		;
	if (n < TEXT_WORTH || (n < TEXT_MOST && text[n]))
		return;
	add(a, " \"%.*s\"%s", (int)n, text, n < TEXT_MOST ? "" : "...");
}

static const char *name_of(u32 site)
{
	la_sites_resolve(site);
	return la_sites_table[site].name ?: "?";
}

/* Where the object begins that the word points into, if it is a slab's or an area. */
static const void *start_of(const struct la_words *w, unsigned long word)
{
	const char *start;
	const struct kmem_cache *s;
	u32 size, low, high;

	if (!virt_addr_valid((void *)word)) {
		for (low = 0, high = w->nr; low < high;) {
			u32 middle = (low + high) / 2;

			if (w->areas[middle].end <= word)
				low = middle + 1;
			else
				high = middle;
		}
		return low < w->nr && w->areas[low].begin <= word ?
		       (void *)w->areas[low].begin : (void *)word;
	}
	start = la_compat_slab_start((void *)word);
	if (!PageSlab(virt_to_head_page((void *)word)))
		return start;
	s = READ_ONCE(*(struct kmem_cache **)((char *)virt_to_head_page((void *)word) +
					      la_layout_slab_cache));
	if (copy_from_kernel_nofault(&size, (const char *)s + LA_COMPAT_CACHE_SIZE_AT,
				     sizeof(size)) || !size)
		return start;
	return start + (word - (unsigned long)start) / size * size;
}

static bool is_object(const struct la_words *w, struct answer *a)
{
	const void *start = start_of(w, a->word);
	struct la_record rec, now;
	const struct la_site *site;
	size_t n;
	u32 id;

	if (!la_objects_find(start, &rec))
		return false;
	id = la_record_site(&rec);
	site = &la_sites_table[id];
	add(a, "+%lu in %s 0x%lx of %s", a->word - (unsigned long)start,
	    site->class == LA_CLASS_VMALLOC ? "area" : "object", (unsigned long)start, name_of(id));
	if (site->cache != LA_CACHE_NONE)
		add(a, " in %s", la_caches_get(site->cache)->name);
	else if (site->class == LA_CLASS_LARGE)
		add(a, ", a large kmalloc");
	n = strlen(a->buf);
	if (la_samples_secret(id))
		return true;
	add_text(a);
	/* What was read may be another's by now. */
	if (!la_objects_find(start, &now) || !la_record_is_same(&now, &rec))
		a->buf[n] = '\0';
	return true;
}

/* The kernel's own block that a page lies in; not what is a part of something else. */
static const struct page *block_of(struct page *page, struct la_record *rec)
{
	struct page *first = la_pages_find_block(page, rec);

	if (!first || la_pages_is_owned(la_sites_table[la_record_site(rec)].what) ||
	    !la_compat_page_is_kernels(first))
		return NULL;
	return first;
}

static void add_block(struct answer *a, const struct page *first, const struct la_record *rec)
{
	add(a, "pages 0x%lx of %s, order %u", (unsigned long)page_address(first),
	    name_of(la_record_site(rec)),
	    (unsigned int)ilog2(la_record_requested(rec) >> PAGE_SHIFT));
}

/* In a page itself. */
static bool is_in_pages(struct answer *a)
{
	struct page *page = virt_addr_valid((void *)a->word) ? virt_to_page((void *)a->word) : NULL;
	struct la_record rec, now;
	const struct page *first = page ? block_of(page, &rec) : NULL;
	size_t n;

	if (!first)
		return false;
	add(a, "+%lu in ", a->word - (unsigned long)page_address(first));
	add_block(a, first, &rec);
	n = strlen(a->buf);
	if (la_samples_secret(la_record_site(&rec)))
		return true;
	add_text(a);
	if (block_of(page, &now) != first || !la_record_is_same(&now, &rec))
		a->buf[n] = '\0';
	return true;
}

/* In what the kernel knows of a page. */
static bool is_struct_page(struct answer *a)
{
	struct page *page = la_compat_struct_page(a->word);
	const struct page *first;
	struct la_record rec;

	if (!page)
		return false;
	if (a->word != (unsigned long)page)
		add(a, "+%lu in ", a->word - (unsigned long)page);
	add(a, "struct page of 0x%lx", (unsigned long)page_address(page));
	first = block_of(page, &rec);
	if (first) {
		add(a, " in ");
		add_block(a, first, &rec);
	}
	return true;
}

/**
 * la_words_note() - an object that is alive
 * @w: gets it, if it is one that has to be listed
 * @key: its key
 * @rec: its record
 */
void la_words_note(struct la_words *w, u64 key, const struct la_record *rec)
{
	u32 site = la_record_site(rec);
	unsigned long begin = la_objects_address(key);

	if (la_sites_table[site].class != LA_CLASS_VMALLOC || w->nr == LA_WORDS_AREAS)
		return;
	w->areas[w->nr].begin = begin;
	w->areas[w->nr++].end = begin + la_sites_object_bytes(site, la_record_requested(rec));
}

static int by_address(const void *a, const void *b)
{
	const struct la_words_area *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/**
 * la_words_sort() - all have been noted
 * @w: them
 */
void la_words_sort(struct la_words *w)
{
	sort(w->areas, w->nr, sizeof(w->areas[0]), by_address, NULL);
}

/**
 * la_words_resolve() - say what a word of an object is
 * @w: see la_words_note()
 * @word: the word
 * @buf: gets a symbol, or the caller and cache of the live object that it points into, and
 *	the text that it points to; or of which page it is the struct page
 * @size: of @buf
 *
 * Context: process.
 * Return: false when it is none of them.
 */
bool la_words_resolve(const struct la_words *w, unsigned long word, char *buf, size_t size)
{
	struct answer a = { .word = word, .buf = buf, .size = size };

	buf[0] = '\0';
	/* No address of the kernel. */
	if (word < KERNEL_FROM || word > (unsigned long)-MAX_ERRNO)
		return false;
	if (la_symbols_describe(word, buf, size))
		add_text(&a);
	else if (!is_object(w, &a) && !is_in_pages(&a) && !is_struct_page(&a) &&
		 word >= IMAGE_FROM)
		add_text(&a);
	return buf[0];
}
