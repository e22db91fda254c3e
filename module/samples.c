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
 * forbids to show kernel memory, nor of callers and caches named below.
 */
#include "samples.h"

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
#include "sites.h"
#include "symbols.h"

/* Parts of names of callers that handle keys and secrets. */
static const char *const secret_callers[] = {
	"crypt", "keyring", "key_alloc", "key_instantiate", "user_preparse", "keyctl",
	"add_key", "tls_", "wg_", "passw", "secret", "cipher", "aead", "hmac",
	"random_", "big_key", "trusted_", "xfrm_", "asymmetric_", "macsec_", "fscrypt_",
};

/* Names of caches whose content is never shown. */
static const char *const secret_caches[] = { "key_jar" };

/**
 * la_samples_allowed() - may content be shown at all?
 */
bool la_samples_allowed(void)
{
	return la_param_sample_bytes() && !security_locked_down(LOCKDOWN_KCORE);
}

/**
 * la_samples_secret() - is this a site whose objects are never read?
 * @site: the site
 *
 * A site without a name can't be judged, and counts as secret.
 */
bool la_samples_secret(u32 site)
{
	const struct la_site *s = &la_sites_table[site];
	unsigned int i;

	la_sites_resolve(site);
	/* Stacks and text hold what their tasks and programs do. */
	if (!s->name || la_areas_label(site))
		return true;
	for (i = 0; i < ARRAY_SIZE(secret_callers); i++)
		if (strstr(s->name, secret_callers[i]))
			return true;
	for (i = 0; i < ARRAY_SIZE(secret_caches); i++)
		if (!strcmp(la_caches_get(s->cache)->name, secret_caches[i]))
			return true;
	return false;
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

/* Start of the slot that @word points into. */
static const void *slot_of(unsigned long word)
{
	struct kmem_cache *s = la_layout_object_cache((void *)word);
	const char *start = la_compat_slab_start((void *)word);
	unsigned long offset = word - (unsigned long)start;

	if (!s)
		return start;
	return start + offset / la_compat_cache_size(s) * la_compat_cache_size(s);
}

/**
 * la_samples_resolve() - say what a word of an object is
 * @word: the word
 * @buf: gets a symbol, or the caller of the live object that it points into
 * @size: of @buf
 *
 * Context: process.
 * Return: false when it is neither.
 */
bool la_samples_resolve(unsigned long word, char *buf, size_t size)
{
	struct la_record rec;
	const void *slot;

	if (la_symbols_describe(word, buf, size))
		return true;
	if (!virt_addr_valid((void *)word))
		return false;
	slot = slot_of(word);
	if (!la_objects_find(slot, &rec))
		return false;
	la_sites_resolve(la_record_site(&rec));
	snprintf(buf, size, "+%lu in object 0x%lx of %s", word - (unsigned long)slot,
		 (unsigned long)slot, la_sites_table[la_record_site(&rec)].name ?: "?");
	return true;
}
