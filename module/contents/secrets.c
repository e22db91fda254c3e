// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secrets: who handles them, as secret_names.h and root say.
 */
#include "secrets.h"

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "secret_names.h"

#define MAX_ADDED	64u
#define PART		48u

/* What root has added; an empty one is free. */
static char added[MAX_ADDED][PART];
static DEFINE_MUTEX(added_mutex);

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
 * la_secrets_has_cache() - are the objects of this cache secrets?
 * @name: the cache
 */
bool la_secrets_has_cache(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(secret_caches); i++)
		if (!strcmp(name, secret_caches[i]))
			return true;
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

/**
 * la_secrets_get() - one name after the other
 * @i: from 0
 * @kind: gets what it is
 * @buf: gets the name; empty: there is none in this place
 * @size: of @buf
 *
 * Context: process.
 * Return: @buf, or NULL behind the last.
 */
const char *la_secrets_get(unsigned int i, const char **kind, char *buf, size_t size)
{
	*kind = "caller";
	if (i < ARRAY_SIZE(secret_callers)) {
		strscpy(buf, secret_callers[i], size);
		return buf;
	}
	i -= ARRAY_SIZE(secret_callers);
	if (i < ARRAY_SIZE(secret_caches)) {
		*kind = "cache";
		strscpy(buf, secret_caches[i], size);
		return buf;
	}
	i -= ARRAY_SIZE(secret_caches);
	*kind = "added";
	if (i >= MAX_ADDED)
		return NULL;
	mutex_lock(&added_mutex);
	strscpy(buf, added[i], size);
	mutex_unlock(&added_mutex);
	return buf;
}
