// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples: the content of live objects.
 *
 * An object says nothing when it is allocated (it is zeroed), so its content is
 * read when somebody looks. It may be freed meanwhile: the copy is made with
 * fault protection, and is kept only if the table still has the very same
 * record afterwards.
 *
 * Content can be a secret. Nothing is read with sample_bytes=0 or when lockdown
 * forbids to show kernel memory, nor of the callers and caches in secrets.c.
 */
#include "samples.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "areas.h"
#include "caches.h"
#include "compat.h"
#include "layout.h"
#include "objects.h"
#include "pages.h"
#include "secrets.h"
#include "sites.h"
#include "symbols.h"

/* Addresses of the kernel begin here, and those of its text, data and modules here. */
#define KERNEL_FROM	0xff00000000000000ul
#define IMAGE_FROM	0xffffffff80000000ul
/* A shorter text is chance; of a longer one so much is shown. */
#define TEXT_WORTH	6u
#define TEXT_MOST	40u

/**
 * la_samples_allowed() - may content be shown at all?
 */
bool la_samples_allowed(void)
{
	return la_param_sample_bytes() && !security_locked_down(LOCKDOWN_KCORE);
}

/**
 * la_samples_why_secret() - why are objects of a site never read?
 * @site: the site
 *
 * What can't be judged, for want of a name or of a site, counts as secret.
 *
 * Context: process.
 * Return: a reason, or NULL: they may be.
 */
const char *la_samples_why_secret(u32 site)
{
	const struct la_site *s = &la_sites_table[site];

	la_sites_resolve(site);
	if (la_site_is_overflow(site) || !s->name)
		return "not known";
	/* Stacks and text hold what their tasks and programs do. */
	if (la_areas_label(site))
		return "stack or text";
	if (la_secrets_were_freed(site))
		return "freed by kfree_sensitive";
	if (la_secrets_has_cache(la_caches_get(s->cache)->name))
		return "in a cache of secrets";
	return la_secrets_has_caller(s->name) ? "named as one who handles secrets" : NULL;
}

/**
 * la_samples_secret() - is this a site whose objects are never read?
 * @site: the site
 *
 * Context: process.
 */
bool la_samples_secret(u32 site)
{
	return la_samples_why_secret(site);
}

/**
 * la_samples_take() - read an object
 * @s: @s->object is set; gets the rest
 *
 * Context: process.
 * Return: false when the object has changed hands, or can't be read.
 */
bool la_samples_take(struct la_sample *s)
{
	const void *addr = (void *)la_table_key_addr(s->object.key);
	u64 size = la_sites_object_bytes(la_record_site(&s->object.rec),
					 la_record_requested(&s->object.rec));
	struct la_record now;

	s->len = min_t(u64, size, la_param_sample_bytes());
	if (copy_from_kernel_nofault(s->bytes, addr, s->len))
		return false;
	if (la_table_key_space(s->object.key) == LA_SPACE_PAGE)
		return la_pages_find(addr, &now) && now.who == s->object.rec.who &&
		       now.born == s->object.rec.born;
	return la_objects_find(addr, &now) && now.who == s->object.rec.who &&
	       (u32)now.what == (u32)s->object.rec.what;
}

/* Start of the slot, or the large kmalloc, that @word points into; it may be gone by now. */
static const void *slot_of(unsigned long word)
{
	const char *start = la_compat_slab_start((void *)word);
	unsigned long offset = word - (unsigned long)start;
	const struct kmem_cache *s;
	u32 size;

	if (!PageSlab(virt_to_head_page((void *)word)))
		return start;
	s = READ_ONCE(*(struct kmem_cache **)((char *)virt_to_head_page((void *)word) +
					      la_layout_slab_cache));
	if (copy_from_kernel_nofault(&size, (const char *)s + LA_COMPAT_CACHE_SIZE_AT,
				     sizeof(size)) || !size)
		return start;
	return start + offset / size * size;
}

/* What @word points to, if it reads as a text that ends: then "..." at the end of @buf. */
static void add_text(unsigned long word, char *buf, size_t size)
{
	size_t at = strlen(buf), n;
	char text[TEXT_MOST + 1];

	if (copy_from_kernel_nofault(text, (void *)word, sizeof(text)))
		return;
	for (n = 0; n < TEXT_MOST && text[n] >= ' ' && text[n] < 0x7f; n++)
		;
	if (n < TEXT_WORTH || (n < TEXT_MOST && text[n]))
		return;
	snprintf(buf + at, size - at, " \"%.*s\"%s", (int)n, text, n < TEXT_MOST ? "" : "...");
}

static bool describe_object(unsigned long word, char *buf, size_t size)
{
	const void *slot = virt_addr_valid((void *)word) ? slot_of(word) : (void *)word;
	struct la_record rec, now;
	const struct la_site *site;
	size_t n;
	u32 id;

	if (!la_objects_find(slot, &rec))
		return false;
	id = la_record_site(&rec);
	site = &la_sites_table[id];
	la_sites_resolve(id);
	n = scnprintf(buf, size, "+%lu in object 0x%lx of %s", word - (unsigned long)slot,
		      (unsigned long)slot, site->name ?: "?");
	if (site->cache != LA_CACHE_NONE)
		n += scnprintf(buf + n, size - n, " in %s", la_caches_get(site->cache)->name);
	if (la_samples_secret(id))
		return true;
	add_text(word, buf, size);
	/* What was read may be another's by now. */
	if (!la_objects_find(slot, &now) || now.who != rec.who || (u32)now.what != (u32)rec.what)
		buf[n] = '\0';
	return true;
}

/**
 * la_samples_resolve() - say what a word of an object is
 * @word: the word
 * @buf: gets a symbol, or the caller and cache of the live object that it points into, and
 *	the text that it points to
 * @size: of @buf
 *
 * Context: process.
 * Return: false when it is none of them.
 */
bool la_samples_resolve(unsigned long word, char *buf, size_t size)
{
	buf[0] = '\0';
	/* No address of the kernel. */
	if (word < KERNEL_FROM || word > (unsigned long)-MAX_ERRNO)
		return false;
	if (la_symbols_describe(word, buf, size))
		add_text(word, buf, size);
	else if (!describe_object(word, buf, size) && word >= IMAGE_FROM)
		add_text(word, buf, size);
	return buf[0];
}
