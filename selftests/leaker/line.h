/* SPDX-License-Identifier: GPL-2.0-only */
/* What is written to a file that takes commands, one a line. */
#ifndef LA_TEST_LINE_H
#define LA_TEST_LINE_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#define LA_LINE	80

/* Into @line, of LA_LINE bytes. */
static inline int la_line_get(char *line, const char __user *user, size_t count)
{
	if (count >= LA_LINE)
		return -EINVAL;
	if (copy_from_user(line, user, count))
		return -EFAULT;
	line[count] = '\0';
	return 0;
}

/* "VERB [N [M]]", one at a time; what is not given is 0. */
static inline ssize_t la_line_run(const char __user *user, size_t count, struct mutex *lock,
				  int (*run)(const char *verb, unsigned long n, unsigned long m))
{
	unsigned long n = 0, m = 0;
	char line[LA_LINE], verb[16];
	int err;

	err = la_line_get(line, user, count);
	if (err)
		return err;
	if (sscanf(line, "%15s %lu %lu", verb, &n, &m) < 1)
		return -EINVAL;
	mutex_lock(lock);
	err = run(verb, n, m);
	mutex_unlock(lock);
	return err ?: count;
}

#endif /* LA_TEST_LINE_H */
