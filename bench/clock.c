// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock: instructions, and empty probes on the allocator.
 *
 * Under QEMU -icount shift=0,sleep=off the time stamp counter advances by one an
 * instruction, and by the time to the next timer while the CPU is halted; so what is not
 * halted time is instructions. Time is taken from it directly, as the kernel's clock
 * scales it by what it measured at boot.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "clock.h"

#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <asm/msr.h>

static u64 halted;
static u64 halted_since;

/* An interrupt ends the halt: what its handler does is work. */
static void halt_ends(void *unused)
{
	if (halted_since)
		halted += rdtsc_ordered() - halted_since;
	halted_since = 0;
}

static void cpu_idle(void *unused, unsigned int state, unsigned int cpu)
{
	if (state == (unsigned int)-1)
		halt_ends(NULL);
	else
		halted_since = rdtsc_ordered();
}

/* Instructions since the boot. */
u64 clock_busy(void)
{
	return rdtsc_ordered() - READ_ONCE(halted);
}

/* Of all time the halted part. */
u64 clock_halted(void)
{
	return READ_ONCE(halted);
}

/* All arguments are passed in registers, and it looks at none. */
static void empty(void *unused)
{
}

static struct hook {
	const char *name;
	void *probe;
	struct tracepoint *tp;
	bool on;
} clock_hooks[] = {
	{ "cpu_idle", cpu_idle },
	{ "local_timer_entry", halt_ends },
	{ "irq_work_entry", halt_ends },
	{ "reschedule_entry", halt_ends },
	{ "call_function_entry", halt_ends },
	{ "call_function_single_entry", halt_ends },
	{ "irq_handler_entry", halt_ends },
}, empty_hooks[] = {
	{ "kmalloc", empty },
	{ "kfree", empty },
	{ "kmem_cache_alloc", empty },
	{ "kmem_cache_free", empty },
};

static void find_hook(struct tracepoint *tp, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(clock_hooks); i++)
		if (!strcmp(tp->name, clock_hooks[i].name))
			clock_hooks[i].tp = tp;
	for (i = 0; i < ARRAY_SIZE(empty_hooks); i++)
		if (!strcmp(tp->name, empty_hooks[i].name))
			empty_hooks[i].tp = tp;
}

static void hooks_off(struct hook *hooks, unsigned int n)
{
	for (; n--; hooks++) {
		if (hooks->on)
			tracepoint_probe_unregister(hooks->tp, hooks->probe, NULL);
		hooks->on = false;
	}
	tracepoint_synchronize_unregister();
}

static int hooks_on(struct hook *hooks, unsigned int n)
{
	struct hook *h;
	int err;

	for (h = hooks; h < hooks + n; h++) {
		err = h->tp ? tracepoint_probe_register(h->tp, h->probe, NULL) : -ENOENT;
		if (err) {
			pr_err("no probe on %s: %d\n", h->name, err);
			hooks_off(hooks, n);
			return err;
		}
		h->on = true;
	}
	return 0;
}

/* Probes that do nothing on the tracepoints of the allocator. */
int clock_probes_on(void)
{
	return hooks_on(empty_hooks, ARRAY_SIZE(empty_hooks));
}

void clock_probes_off(void)
{
	hooks_off(empty_hooks, ARRAY_SIZE(empty_hooks));
}

int clock_init(void)
{
	for_each_kernel_tracepoint(find_hook, NULL);
	return hooks_on(clock_hooks, ARRAY_SIZE(clock_hooks));
}

void clock_exit(void)
{
	hooks_off(clock_hooks, ARRAY_SIZE(clock_hooks));
}
