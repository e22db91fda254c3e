/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parameter `leak` of a module that leaks in several ways: "WAY N". Included behind
 * ways[], whose entries have a name, and leak_by(), which is called with an index of it, one
 * call at a time.
 */
static int set_leak(const char *text, const struct kernel_param *kp)
{
	static DEFINE_MUTEX(lock);
	unsigned int i, n;
	char name[16];
	int err;

	if (sscanf(text, "%15s %u", name, &n) != 2)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(ways) && strcmp(name, ways[i].name); i++)
		;
	if (i == ARRAY_SIZE(ways))
		return -EINVAL;
	mutex_lock(&lock);
	err = leak_by(i, n);
	mutex_unlock(&lock);
	return err;
}

static const struct kernel_param_ops leak_ops = {
	.set = set_leak,
};

module_param_cb(leak, &leak_ops, NULL, 0200);
MODULE_PARM_DESC(leak, "WAY N: objects to allocate and keep");
