// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alias makers.
 *
 * The name of a merged cache is a link in /sys/kernel/slab and says nothing of who made
 * it. So the functions that create caches have a probe at their entry, which takes
 * the name and the first module on the stack; many create caches long after their
 * init (at a mount, for a namespace, on demand), so comparing the links before and after a
 * module's init would miss them. A kprobe does, as caches are created by processes only,
 * never while another kprobe's handler runs.
 *
 * Locking: makers_lock for additions and marks, taken in the probe; readers take no lock.
 */
#include "alias_makers.h"

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "probe.h"
#include "symbols.h"

#define MAX_MAKERS	512u
/* The kernel's own functions between a module and the creation, and those of the probe. */
#define MAX_FRAMES	32u

static void on_create(struct la_probe *p, struct pt_regs *regs, unsigned long caller);

/* All take the name first. The first two until 6.11, where one may call the other. */
static struct la_probe probes[] = {
	{ .kind = LA_PROBE_KPROBE, .symbol = "kmem_cache_create", .entry = on_create },
	{ .kind = LA_PROBE_KPROBE, .symbol = "kmem_cache_create_usercopy", .entry = on_create },
	{ .kind = LA_PROBE_KPROBE, .symbol = "__kmem_cache_create_args", .entry = on_create },
};

static struct la_maker makers[MAX_MAKERS];
static unsigned int nr_makers;
static unsigned int lost;
static DEFINE_RAW_SPINLOCK(makers_lock);

static struct la_maker *find(const char *name, const char *module)
{
	unsigned int i;

	for (i = 0; i < nr_makers; i++)
		if (!strcmp(makers[i].name, name) && !strcmp(makers[i].module, module))
			return &makers[i];
	return NULL;
}

static void add(const char *name, const char *module)
{
	char word[LA_CACHE_NAME_LEN];
	struct la_maker *maker;
	unsigned long flags;

	strscpy(word, name, sizeof(word));
	raw_spin_lock_irqsave(&makers_lock, flags);
	maker = find(word, module);
	if (maker) {
		WRITE_ONCE(maker->gone, false);
	} else if (nr_makers == MAX_MAKERS) {
		lost++;
	} else {
		maker = &makers[nr_makers];
		strscpy(maker->name, word, sizeof(maker->name));
		strscpy(maker->module, module, sizeof(maker->module));
		/* Pairs with la_makers_next(): the entry is whole. */
		smp_store_release(&nr_makers, nr_makers + 1);
	}
	raw_spin_unlock_irqrestore(&makers_lock, flags);
}

/* The next one up, as with proto_register() between a protocol and its cache. */
static bool module_on_stack(char *module, size_t size)
{
	unsigned long frames[MAX_FRAMES];
	unsigned int i, n = stack_trace_save(frames, MAX_FRAMES, 0);

	for (i = 0; i < n; i++)
		if (la_symbols_module(frames[i], module, size))
			return true;
	return false;
}

static void on_create(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	const char *name = (const char *)regs_get_kernel_argument(regs, 0);
	char module[MODULE_NAME_LEN];

	if (name && (la_symbols_module(caller, module, sizeof(module)) ||
		     module_on_stack(module, sizeof(module))))
		add(name, module);
}

/**
 * la_makers_module_going() - a module is being unloaded, or its init has failed
 * @mod: the module
 */
void la_makers_module_going(const struct module *mod)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&makers_lock, flags);
	for (i = 0; i < nr_makers; i++)
		if (!strcmp(makers[i].module, mod->name))
			WRITE_ONCE(makers[i].gone, true);
	raw_spin_unlock_irqrestore(&makers_lock, flags);
}

/**
 * la_makers_next() - who created caches of a name, one after the other
 * @name: the name
 * @at: 0 at first
 *
 * Return: NULL after the last.
 */
const struct la_maker *la_makers_next(const char *name, unsigned int *at)
{
	/* Pairs with add(). */
	unsigned int n = smp_load_acquire(&nr_makers);

	while (*at < n) {
		const struct la_maker *maker = &makers[(*at)++];

		if (!strcmp(maker->name, name))
			return maker;
	}
	return NULL;
}

/**
 * la_makers_made() - has a module created a cache of that name?
 * @name: the name
 * @module: the module's
 */
bool la_makers_made(const char *name, const char *module)
{
	const struct la_maker *maker;
	unsigned int at = 0;

	while ((maker = la_makers_next(name, &at)))
		if (!strcmp(maker->module, module))
			return true;
	return false;
}

/**
 * la_makers_are_gone() - are all that created a cache of that name, as far as was seen, gone?
 * @name: the name
 *
 * Return: false also when nobody was seen to create it.
 */
bool la_makers_are_gone(const char *name)
{
	const struct la_maker *maker;
	unsigned int at = 0;
	bool gone = false;

	while ((maker = la_makers_next(name, &at))) {
		gone = READ_ONCE(maker->gone);
		if (!gone)
			return false;
	}
	return gone;
}

/**
 * la_makers_lost() - creations that found no room
 */
unsigned int la_makers_lost(void)
{
	return READ_ONCE(lost);
}

/**
 * la_makers_watch() - is the creation of caches watched?
 */
bool la_makers_watch(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (probes[i].state == LA_PROBE_ARMED)
			return true;
	return false;
}

/**
 * la_makers_init() - watch from now on; without, no name has a maker
 *
 * Context: process.
 */
void la_makers_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		la_probe_arm(&probes[i]);
}

/**
 * la_makers_exit() - no more
 */
void la_makers_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		la_probe_disarm(&probes[i]);
		free_percpu(probes[i].hits);
		probes[i].hits = NULL;
	}
}
