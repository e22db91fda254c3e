// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in /sys/kernel/debug/leakacct: a read-only one per view (but some are seen
 * through `query` only), `control` and `query`. No numbers are made here.
 */
#include "debugfs.h"

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "control.h"
#include "leakacct.h"
#include "query.h"
#include "views.h"

static struct dentry *dir;

static int view_open(struct inode *inode, struct file *file)
{
	const struct la_view *view = inode->i_private;
	struct la_reading *r;
	struct la_query q;
	int err;

	la_views_default_query(view, &q);
	r = la_reading_open(view, &q);
	if (IS_ERR(r))
		return PTR_ERR(r);
	err = seq_open(file, &la_reading_seq_ops);
	if (err)
		la_reading_close(r);
	else
		((struct seq_file *)file->private_data)->private = r;
	return err;
}

static int view_release(struct inode *inode, struct file *file)
{
	la_reading_close(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

static const struct file_operations view_fops = {
	.owner	 = THIS_MODULE,
	.open	 = view_open,
	.read	 = seq_read,
	.llseek	 = seq_lseek,
	.release = view_release,
};

static int control_show(struct seq_file *m, void *v)
{
	seq_printf(m, "# leakacct control %d age=0.000s\n", LA_FORMAT_VERSION);
	la_control_show(m);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, NULL);
}

static ssize_t control_write(struct file *file, const char __user *from, size_t len,
			     loff_t *pos)
{
	char line[LA_CONTROL_LINE + 1];
	int err;

	if (!len || len > LA_CONTROL_LINE)
		return -EINVAL;
	if (copy_from_user(line, from, len))
		return -EFAULT;
	line[len] = '\0';
	if (strlen(line) != len)
		return -EINVAL;
	err = la_control_run(strim(line));
	return err ?: len;
}

static const struct file_operations control_fops = {
	.owner	 = THIS_MODULE,
	.open	 = control_open,
	.read	 = seq_read,
	.write	 = control_write,
	.llseek	 = seq_lseek,
	.release = single_release,
};

static void show_help(struct seq_file *m)
{
	const struct la_view *view;
	unsigned int i = 0, k;

	seq_printf(m, "# leakacct query %d age=0.000s\n", LA_FORMAT_VERSION);
	seq_puts(m, "# view keys; `sort` takes the columns in brackets\n");
	while ((view = la_views_next(&i))) {
		seq_puts(m, view->name);
		for (k = 0; k < LA_NR_KEYS; k++) {
			if (!(view->keys & BIT(k)))
				continue;
			seq_printf(m, " %s=", la_query_key_name(k));
			if (k == LA_KEY_SORT)
				seq_printf(m, "[%s]", view->sorts);
		}
		seq_putc(m, '\n');
	}
}

static void *query_start(struct seq_file *m, loff_t *pos)
{
	if (m->private)
		return la_reading_seq_ops.start(m, pos);
	return *pos ? NULL : pos;
}

static void *query_next(struct seq_file *m, void *v, loff_t *pos)
{
	if (m->private)
		return la_reading_seq_ops.next(m, v, pos);
	++*pos;
	return NULL;
}

static void query_stop(struct seq_file *m, void *v)
{
}

static int query_show(struct seq_file *m, void *v)
{
	if (m->private)
		return la_reading_seq_ops.show(m, v);
	show_help(m);
	return 0;
}

static const struct seq_operations query_seq_ops = {
	.start	= query_start,
	.next	= query_next,
	.stop	= query_stop,
	.show	= query_show,
};

static int query_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &query_seq_ops);
}

static int parse(const char *line, size_t len, const struct la_view **view,
		 struct la_query *q)
{
	int err = la_query_parse(q, line, len);

	if (err)
		return err;
	*view = la_views_find(q->view);
	if (!*view)
		return -EINVAL;
	return la_views_check(*view, q);
}

static ssize_t query_write(struct file *file, const char __user *from, size_t len,
			   loff_t *pos)
{
	struct seq_file *m = file->private_data;
	const struct la_view *view;
	struct la_reading *r, *old;
	struct la_query q;
	char *line;
	int err;

	if (!len || len > LA_QUERY_LINE)
		return -EINVAL;
	line = memdup_user_nul(from, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	err = parse(line, len, &view, &q);
	kfree(line);
	if (err)
		return err;
	r = la_reading_open(view, &q);
	if (IS_ERR(r))
		return PTR_ERR(r);

	/* The answer starts afresh; a read of another thread ends first. */
	mutex_lock(&m->lock);
	old = m->private;
	m->private = r;
	m->index = 0;
	m->count = 0;
	m->from = 0;
	m->read_pos = 0;
	mutex_unlock(&m->lock);
	la_reading_close(old);
	*pos = 0;
	return len;
}

static int query_release(struct inode *inode, struct file *file)
{
	la_reading_close(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

static const struct file_operations query_fops = {
	.owner	 = THIS_MODULE,
	.open	 = query_open,
	.read	 = seq_read,
	.write	 = query_write,
	.llseek	 = seq_lseek,
	.release = query_release,
};

/**
 * la_debugfs_init() - make the files
 *
 * Context: process; everything that they show must be set up.
 * Return: 0, or -errno when debugfs is not there: then nobody could read us.
 */
int la_debugfs_init(void)
{
	const struct la_view *view;
	unsigned int i = 0;

	dir = debugfs_create_dir("leakacct", NULL);
	if (IS_ERR(dir)) {
		pr_err("debugfs can't be used (debugfs=off?): error %ld\n", PTR_ERR(dir));
		return PTR_ERR(dir);
	}
	while ((view = la_views_next(&i)))
		if (!view->query_only)
			debugfs_create_file(view->name, 0400, dir, (void *)view,
					    &view_fops);
	debugfs_create_file("control", 0600, dir, NULL, &control_fops);
	debugfs_create_file("query", 0600, dir, NULL, &query_fops);
	return 0;
}

/**
 * la_debugfs_exit() - remove the files; waits for readers
 */
void la_debugfs_exit(void)
{
	debugfs_remove_recursive(dir);
}
