// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples: the content of live objects.
 *
 * An object says nothing when it is allocated (it is zeroed), so its content is
 * read when somebody looks. It may be freed meanwhile: the copy is made with
 * fault protection, and is kept only if the table still has the very same
 * record afterwards, and pages are still the kernel's: nobody's memory of a process, nor
 * what is in a file.
 *
 * Content can be a secret. Nothing is read with sample_bytes=0 or when lockdown
 * forbids to show kernel memory, nor of the callers and caches in secrets.c.
 */
#include "samples.h"

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/security.h>
#include <linux/uaccess.h>

#include "alias_sites.h"
#include "areas.h"
#include "compat.h"
#include "objects.h"
#include "pages.h"
#include "secrets.h"
#include "sites.h"

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
	if (la_names_may_be(site, la_secrets_has_cache))
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

/* Is it still the object that the record is of, and nobody else's pages? */
static bool is_still(const struct la_object *o)
{
	const void *addr = (void *)la_table_key_addr(o->key);
	struct la_record now;
	bool found;

	if (la_table_key_space(o->key) == LA_SPACE_PAGE)
		return la_pages_find(addr, &now) && la_record_is_same(&now, &o->rec) &&
		       la_compat_page_is_kernels(virt_to_page(addr));
	preempt_disable();
	found = la_table_find(&la_objects_table, o->key, &now);
	preempt_enable();
	return found && la_record_is_same(&now, &o->rec);
}

/* Where its bytes are: of what each CPU has a part of, the first one's. */
static const void *content_of(const struct la_object *o)
{
	unsigned long addr = la_objects_address(o->key);

	if (la_table_key_space(o->key) == LA_SPACE_PERCPU)
		return per_cpu_ptr((void __percpu __force *)addr, cpumask_first(cpu_possible_mask));
	return (void *)addr;
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
	u32 site = la_record_site(&s->object.rec), requested = la_record_requested(&s->object.rec);
	bool is_percpu = la_table_key_space(s->object.key) == LA_SPACE_PERCPU;
	u64 size = is_percpu ? requested : la_sites_object_bytes(site, requested);

	s->len = min_t(u64, size, la_param_sample_bytes());
	return !copy_from_kernel_nofault(s->bytes, content_of(&s->object), s->len) &&
	       is_still(&s->object);
}
