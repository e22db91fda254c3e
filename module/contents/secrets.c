// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secrets: who handles them, as secret_names.h and root say, and whoever frees objects so
 * that nothing of them is left: kfree_sensitive() says of the caller that allocated one that
 * it makes secrets, from its first one on, whatever it is called.
 *
 * Locking: of what was freed none. A place in its list is taken by an increment, and nothing
 * is ever removed from it.
 */
#include "secrets.h"

#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "counters.h"
#include "objects.h"
#include "secret_names.h"
#include "sites.h"

#define MAX_ADDED	64u
#define PART		48u
#define MAX_FREED	512u

/* What root has added; an empty one is free. */
static char added[MAX_ADDED][PART];
static DEFINE_MUTEX(added_mutex);

/* Heads of sites whose objects were freed as secrets; 0: not there yet. */
static u32 freed[MAX_FREED];
static atomic_t nr_freed;

/**
 * la_secrets_has_caller() - does this function handle secrets?
 * @name: "function+0x1/0x2 [module]"
 *
 * Context: process.
 */
bool la_secrets_has_caller(const char *name)
{
	bool has = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(secret_callers); i++)
		if (strstr(name, secret_callers[i]))
			return true;
	mutex_lock(&added_mutex);
	for (i = 0; i < MAX_ADDED && !has; i++)
		has = added[i][0] && strstr(name, added[i]);
	mutex_unlock(&added_mutex);
	return has;
}

/**
 * la_secrets_has_cache() - are the objects of a cache of this name secrets?
 * @name: one of its names
 */
bool la_secrets_has_cache(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(secret_caches); i++)
		if (!strcmp(name, secret_caches[i]))
			return true;
	return false;
}

/**
 * la_secrets_freed() - an object is about to be freed, and nothing must be left of it
 * @object: its address
 *
 * Context: any, preemption off.
 */
void la_secrets_freed(const void *object)
{
	struct la_record rec;
	struct la_site *head;
	unsigned int at;
	u32 id;

	if (!la_objects_find(object, &rec))
		return;
	id = la_sites_table[la_record_site(&rec)].head;
	head = &la_sites_table[id];
	/* Of the overflow site everything counts as secret, see samples.c. */
	if (la_site_is_overflow(id) || READ_ONCE(head->secret) || xchg(&head->secret, true))
		return;
	at = atomic_inc_return(&nr_freed) - 1;
	if (at < MAX_FREED)
		WRITE_ONCE(freed[at], id);
	else
		la_count(LA_SECRETS_REFUSED);	/* its other sites are not found by name */
}

/**
 * la_secrets_were_freed() - were objects of this site freed as secrets?
 * @site: the site; its name is there
 *
 * Or of another one of the same name: of another size, or of its module's last life.
 *
 * Context: process.
 */
bool la_secrets_were_freed(u32 site)
{
	const struct la_site *s = &la_sites_table[site];
	unsigned int i;

	if (READ_ONCE(la_sites_table[s->head].secret))
		return true;
	for (i = 0; i < MAX_FREED; i++) {
		u32 id = READ_ONCE(freed[i]);

		if (!id)
			continue;
		la_sites_resolve(id);
		if (la_sites_table[id].name && !strcmp(la_sites_table[id].name, s->name))
			return true;
	}
	return false;
}

static bool is_part(const char *part)
{
	size_t i, len = strlen(part);

	/* One letter would be most of the kernel. */
	if (len < 2 || len >= PART)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum(part[i]) && !strchr("_.[]-", part[i]))
			return false;
	return true;
}

static int find(const char *part)
{
	unsigned int i;

	for (i = 0; i < MAX_ADDED; i++)
		if (!strcmp(added[i], part))
			return i;
	return -ENOENT;
}

/**
 * la_secrets_add() - callers with this in their name handle secrets
 * @part: of "function+0x1/0x2 [module]"
 *
 * Context: process.
 * Return: 0; -EINVAL: no such name can be; -EEXIST: it is there; -ENOSPC.
 */
int la_secrets_add(const char *part)
{
	int free, err = 0;

	if (!is_part(part))
		return -EINVAL;
	mutex_lock(&added_mutex);
	free = find("");
	if (find(part) >= 0)
		err = -EEXIST;
	else if (free < 0)
		err = -ENOSPC;
	else
		strscpy(added[free], part, PART);
	mutex_unlock(&added_mutex);
	return err;
}

/**
 * la_secrets_remove() - they don't: take back what was added
 * @part: of la_secrets_add()
 *
 * Return: 0; -ENOENT: it was not added; -EBUSY: it is of leakacct's own list, which stays.
 */
int la_secrets_remove(const char *part)
{
	unsigned int i;
	int at;

	for (i = 0; i < ARRAY_SIZE(secret_callers); i++)
		if (!strcmp(secret_callers[i], part))
			return -EBUSY;
	mutex_lock(&added_mutex);
	at = *part ? find(part) : -ENOENT;
	if (at >= 0)
		added[at][0] = '\0';
	mutex_unlock(&added_mutex);
	return min(at, 0);
}

static const char *get_added(unsigned int i, char *buf, size_t size)
{
	mutex_lock(&added_mutex);
	strscpy(buf, added[i], size);
	mutex_unlock(&added_mutex);
	return buf;
}

/* What leakacct itself frees so, to try it, is nobody's business. */
static const char *get_freed(unsigned int i)
{
	u32 id = READ_ONCE(freed[i]);

	if (!id || la_sites_table[id].own)
		return "";
	la_sites_resolve(id);
	return la_sites_table[id].name ?: "";
}

/**
 * la_secrets_get() - one name after the other
 * @i: from 0
 * @kind: gets what it is
 * @buf: for the name
 * @size: of @buf
 *
 * Context: process.
 * Return: the name; empty: there is none in this place; NULL behind the last.
 */
const char *la_secrets_get(unsigned int i, const char **kind, char *buf, size_t size)
{
	*kind = "caller";
	if (i < ARRAY_SIZE(secret_callers))
		return secret_callers[i];
	i -= ARRAY_SIZE(secret_callers);
	*kind = "cache";
	if (i < ARRAY_SIZE(secret_caches))
		return secret_caches[i];
	i -= ARRAY_SIZE(secret_caches);
	*kind = "added";
	if (i < MAX_ADDED)
		return get_added(i, buf, size);
	i -= MAX_ADDED;
	*kind = "freed";
	return i < MAX_FREED ? get_freed(i) : NULL;
}
