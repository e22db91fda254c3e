// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters. A value that makes no sense is refused with the reason in
 * the kernel log, at load and at run time, and changes nothing.
 */
#include "params.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "sampling.h"
#include "unwind.h"

/**
 * struct bounded - an unsigned parameter with bounds
 * @value: what it is
 * @min: least
 * @max: most
 */
struct bounded {
	unsigned long value;
	unsigned long min;
	unsigned long max;
};

static int set_bounded(const char *text, const struct kernel_param *kp)
{
	struct bounded *b = kp->arg;
	unsigned long v;
	int err = kstrtoul(text, 10, &v);

	if (err || v < b->min || v > b->max) {
		pr_err("%s=%s: a number from %lu to %lu is needed\n",
		       kp->name, text, b->min, b->max);
		return -EINVAL;
	}
	WRITE_ONCE(b->value, v);
	return 0;
}

static int get_bounded(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", ((struct bounded *)kp->arg)->value);
}

static const struct kernel_param_ops bounded_ops = {
	.set = set_bounded,
	.get = get_bounded,
};

static struct bounded max_objects = { .value = 0, .min = 0, .max = 1ul << 31 };
module_param_cb(max_objects, &bounded_ops, &max_objects, 0444);
MODULE_PARM_DESC(max_objects, "live objects to keep at most (default 0: one per 256 bytes of RAM)");

static struct bounded sample_bytes = { .value = 64, .min = 0, .max = LA_SAMPLE_MAX };
module_param_cb(sample_bytes, &bounded_ops, &sample_bytes, 0444);
MODULE_PARM_DESC(sample_bytes, "bytes of content that `samples` shows (default 64, at most 256; 0: never any)");

static struct bounded rows = { .value = 40, .min = 1, .max = 100000 };
module_param_cb(rows, &bounded_ops, &rows, 0644);
MODULE_PARM_DESC(rows, "rows that a list shows (default 40)");

static struct bounded look_s = { .value = 5, .min = 1, .max = 3600 };
module_param_cb(look_s, &bounded_ops, &look_s, 0644);
MODULE_PARM_DESC(look_s, "seconds between two looks for suspects (default 5)");

static struct bounded stack_depth = { .value = 16, .min = 0, .max = LA_STACK_MAX_DEPTH };
module_param_cb(stack_depth, &bounded_ops, &stack_depth, 0444);
MODULE_PARM_DESC(stack_depth, "frames of a stack to tell sites by (default 16, at most 32; 0: the caller alone)");

static struct bounded stack_check = { .value = 1000, .min = 0, .max = 1ul << 31 };
module_param_cb(stack_check, &bounded_ops, &stack_check, 0644);
MODULE_PARM_DESC(stack_check, "one in so many remembered stacks is unwound and compared (default 1000; 0: none)");

/* 0, or from 1 KiB to 1 TiB. */
static unsigned long sample_interval;

static int set_interval(const char *text, const struct kernel_param *kp)
{
	unsigned long v;

	if (kstrtoul(text, 10, &v) || (v && (v < LA_INTERVAL_MIN || v > LA_INTERVAL_MAX))) {
		pr_err("sample_interval=%s: 0 or a number of bytes from %llu to %llu is needed\n",
		       text, LA_INTERVAL_MIN, LA_INTERVAL_MAX);
		return -EINVAL;
	}
	sample_interval = v;
	return 0;
}

static int get_interval(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", sample_interval);
}

static const struct kernel_param_ops interval_ops = {
	.set = set_interval,
	.get = get_interval,
};

module_param_cb(sample_interval, &interval_ops, NULL, 0444);
MODULE_PARM_DESC(sample_interval, "mean bytes between tracked allocations (default 0: track all)");

static bool kprobes_only;

static int set_hooks(const char *text, const struct kernel_param *kp)
{
	if (sysfs_streq(text, "auto")) {
		kprobes_only = false;
	} else if (sysfs_streq(text, "kprobe")) {
		kprobes_only = true;
	} else {
		pr_err("hooks=%s: `auto` or `kprobe` is needed\n", text);
		return -EINVAL;
	}
	return 0;
}

static int get_hooks(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%s\n", kprobes_only ? "kprobe" : "auto");
}

static const struct kernel_param_ops hooks_ops = {
	.set = set_hooks,
	.get = get_hooks,
};

module_param_cb(hooks, &hooks_ops, NULL, 0444);
MODULE_PARM_DESC(hooks, "auto: the probe that loses least (default); kprobe: kprobes on everything");

static bool stopped;
module_param(stopped, bool, 0444);
MODULE_PARM_DESC(stopped, "load without recording (default 0); write `start` to control");

/**
 * la_param_rows() - rows that a list shows
 */
unsigned int la_param_rows(void)
{
	return READ_ONCE(rows.value);
}

/**
 * la_param_look_s() - seconds between two looks
 */
unsigned int la_param_look_s(void)
{
	return READ_ONCE(look_s.value);
}

/**
 * la_param_sample_bytes() - bytes of content to show; 0: none
 */
unsigned int la_param_sample_bytes(void)
{
	return sample_bytes.value;
}

/**
 * la_param_stack_depth() - frames that sites are told by; 0: the caller alone
 */
unsigned int la_param_stack_depth(void)
{
	return stack_depth.value;
}

/**
 * la_param_sample_interval() - mean bytes between tracked allocations; 0: all are
 */
u64 la_param_sample_interval(void)
{
	return sample_interval;
}

/**
 * la_param_stack_check() - one in so many remembered stacks is checked; 0: none
 */
unsigned long la_param_stack_check(void)
{
	return READ_ONCE(stack_check.value);
}

/**
 * la_param_max_objects() - objects to keep at most; 0: by RAM
 */
unsigned long la_param_max_objects(void)
{
	return max_objects.value;
}

/**
 * la_param_kprobes_only() - hooks=kprobe?
 */
bool la_param_kprobes_only(void)
{
	return kprobes_only;
}

/**
 * la_param_stopped() - load without recording?
 */
bool la_param_stopped(void)
{
	return stopped;
}
