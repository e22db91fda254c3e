/* SPDX-License-Identifier: GPL-2.0-only */
/* What is written to a file that takes commands, one a line. */
#ifndef LA_TEST_LINE_H
#define LA_TEST_LINE_H

#include <linux/errno.h>
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

#endif /* LA_TEST_LINE_H */
