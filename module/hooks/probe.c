// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: tracepoints, ftrace_ops, kprobes and kretprobes behind one face.
 *
 * A kprobe that fires while another kprobe's handler runs on the CPU is skipped
 * by the kernel, which counts it in nmissed; tracepoints and ftrace_ops are not.
 * There is one ftrace_ops for all entries, as the kernel waits for RCU's tasks with each
 * that goes: a tenth of a second, on 5.10 a whole one. It is permanent, as direct calls
 * are: kernel.ftrace_enabled=0 can't switch it off behind our back.
 */
#include "probe.h"

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/slab.h>

#include "compat.h"
#include "symbols.h"

/* Calls of one function that can be under way: allocators sleep in reclaim. */
#define KRETPROBE_MIN_ACTIVE	256
#define KRETPROBE_PER_CPU	32

#define MAX_ENTRIES		16
#define ENDBR_SIZE		4

static const char *const kind_names[] = {
	[LA_PROBE_TRACEPOINT]	= "tracepoint",
	[LA_PROBE_FTRACE]	= "ftrace",
	[LA_PROBE_DIRECT_ENTRY]	= "ftrace",
	[LA_PROBE_DIRECT_RETURN] = "ftrace",
	[LA_PROBE_DIRECT_RETURN_OF_NINE] = "ftrace",
	[LA_PROBE_KPROBE]	= "kprobe",
	[LA_PROBE_KRETPROBE]	= "kretprobe",
};

static const char *const state_names[] = {
	[LA_PROBE_UNUSED]	= "off",
	[LA_PROBE_ABSENT]	= "absent",
	[LA_PROBE_FAILED]	= "failed",
	[LA_PROBE_ARMED]	= "armed",
};

/**
 * la_probe_kind_name() - as `hooks` shows it
 * @kind: the kind
 */
const char *la_probe_kind_name(enum la_probe_kind kind)
{
	return kind_names[kind];
}

/**
 * la_probe_state_name() - as `hooks` shows it
 * @state: the state
 */
const char *la_probe_state_name(enum la_probe_state state)
{
	return state_names[state];
}

struct wanted {
	const char *name;
	struct tracepoint *found;
};

static void compare_name(struct tracepoint *tp, void *data)
{
	struct wanted *wanted = data;

	if (!strcmp(tp->name, wanted->name))
		wanted->found = tp;
}

/**
 * la_probe_tracepoint() - find a tracepoint of the kernel that is not exported
 * @name: its name
 *
 * Context: process.
 * Return: NULL when there is none.
 */
struct tracepoint *la_probe_tracepoint(const char *name)
{
	struct wanted wanted = { .name = name };

	for_each_kernel_tracepoint(compare_name, &wanted);
	return wanted.found;
}

static int kprobe_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct la_probe *p = container_of(kp, struct la_probe, kp);

	la_probe_hit(p);
	p->entry(p, regs, la_compat_entry_caller(regs));
	return 0;
}

NOKPROBE_SYMBOL(kprobe_entry);

/* Those whose entries @entry_ops reports: all that were armed since it was registered. */
static struct entry {
	unsigned long addr;
	struct la_probe *probe;
} entries[MAX_ENTRIES];
static unsigned int nr_entries, nr_armed_entries;
static atomic64_t misplaced;	/* entries reported at an address that is none of those */

static void ftrace_entry(unsigned long ip, unsigned long caller,
			 struct ftrace_ops *ops, la_compat_fregs *fregs)
{
	const struct entry *e = entries;

	/* The call of ftrace may stand behind an ENDBR. */
	while (ip - e->addr > ENDBR_SIZE)
		if (++e == &entries[MAX_ENTRIES]) {
			atomic64_inc(&misplaced);
			return;
		}
	/* With one ftrace_ops on a function nothing else switches preemption off. */
	preempt_disable_notrace();
	la_probe_hit(e->probe);
	e->probe->entry(e->probe, la_compat_ftrace_regs(fregs), caller);
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(ftrace_entry);

static int kretprobe_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct la_probe *p = container_of(la_compat_kretprobe(ri), struct la_probe, rp);

	p->call(p, regs, ri->data);
	return 0;
}

NOKPROBE_SYMBOL(kretprobe_entry);

static int kretprobe_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct la_probe *p = container_of(la_compat_kretprobe(ri), struct la_probe, rp);

	preempt_disable_notrace();
	la_probe_hit(p);
	p->ret(p, regs, la_compat_return_address(ri, regs), ri->data);
	preempt_enable_notrace();
	return 0;
}

NOKPROBE_SYMBOL(kretprobe_return);

static struct ftrace_ops entry_ops;

static int arm_ftrace(struct la_probe *p)
{
	unsigned long addr = la_symbols_address(p->symbol);
	int err;

	if (!addr)
		return -ENOENT;
	if (nr_entries == MAX_ENTRIES)
		return -ENOSPC;
	if (!nr_armed_entries)
		entry_ops = (struct ftrace_ops) {
			.func = ftrace_entry,
			.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_PERMANENT |
				 LA_COMPAT_FTRACE_FLAGS,
		};
	/* Known before the first of its calls. */
	entries[nr_entries] = (struct entry) { addr, p };
	err = ftrace_set_filter_ip(&entry_ops, addr, 0, 0);
	if (!err && !nr_armed_entries)
		err = register_ftrace_function(&entry_ops);
	if (!err) {
		nr_entries++;
		nr_armed_entries++;
	} else if (!nr_armed_entries) {
		la_compat_ftrace_forget(&entry_ops);
	}
	return err;
}

/* They go together, with the last one: till then their events are still reported. */
static void disarm_ftrace(void)
{
	if (--nr_armed_entries)
		return;
	unregister_ftrace_function(&entry_ops);
	la_compat_ftrace_forget(&entry_ops);
	nr_entries = 0;
}

static int arm_kprobe(struct la_probe *p)
{
	memset(&p->kp, 0, sizeof(p->kp));
	p->kp.symbol_name = p->symbol;
	p->kp.pre_handler = kprobe_entry;
	return register_kprobe(&p->kp);
}

static int arm_kretprobe(struct la_probe *p)
{
	memset(&p->rp, 0, sizeof(p->rp));
	p->rp.kp.symbol_name = p->symbol;
	p->rp.entry_handler = kretprobe_entry;
	p->rp.handler = kretprobe_return;
	p->rp.data_size = p->data_size;
	p->rp.maxactive = max_t(int, KRETPROBE_MIN_ACTIVE,
				KRETPROBE_PER_CPU * num_possible_cpus());
	return register_kretprobe(&p->rp);
}

/* Or another kind, when it is taken. */
static int arm_direct(struct la_probe *p, enum la_direct_kind kind)
{
	unsigned long addr = la_symbols_address(p->symbol);

	if (!addr)
		return -ENOENT;
	if (!la_direct_arm(kind, addr, p->direct, (void __force *)p->hits))
		return 0;
	p->kind = kind == LA_DIRECT_ENTRY ? LA_PROBE_FTRACE : LA_PROBE_KRETPROBE;
	return kind == LA_DIRECT_ENTRY ? arm_ftrace(p) : arm_kretprobe(p);
}

static int register_function(struct la_probe *p)
{
	switch (p->kind) {
	case LA_PROBE_TRACEPOINT:
		if (!p->tracepoint)
			return -ENOENT;
		return tracepoint_probe_register(p->tracepoint, p->tracepoint_fn,
						 (void __force *)p->hits);
	case LA_PROBE_FTRACE:
		return arm_ftrace(p);
	case LA_PROBE_DIRECT_ENTRY:
		return arm_direct(p, LA_DIRECT_ENTRY);
	case LA_PROBE_DIRECT_RETURN:
		return arm_direct(p, LA_DIRECT_RETURN);
	case LA_PROBE_DIRECT_RETURN_OF_NINE:
		return arm_direct(p, LA_DIRECT_RETURN_OF_NINE);
	case LA_PROBE_KPROBE:
		return arm_kprobe(p);
	case LA_PROBE_KRETPROBE:
		return arm_kretprobe(p);
	}
	return -EINVAL;
}

static int arm(struct la_probe *p)
{
	int err = register_function(p);

	/* Some kernels find fault with a symbol that they don't have. */
	if (err == -EINVAL && p->kind != LA_PROBE_TRACEPOINT && !la_symbols_address(p->symbol))
		err = -ENOENT;
	return err;
}

/**
 * la_probe_arm() - start to watch
 * @p: kind, symbol and handlers are set
 *
 * Context: process.
 * Return: 0, or -errno; @p->state says it too.
 */
int la_probe_arm(struct la_probe *p)
{
	int err = -ENOMEM;

	p->hits = alloc_percpu(u64);
	if (p->hits)
		err = arm(p);
	p->error = err;
	if (!err) {
		p->state = LA_PROBE_ARMED;
		return 0;
	}
	p->state = err == -ENOENT ? LA_PROBE_ABSENT : LA_PROBE_FAILED;
	free_percpu(p->hits);
	p->hits = NULL;
	return err;
}

/**
 * la_probe_disarm() - stop to watch
 * @p: the probe
 *
 * Context: process. Handlers may still run until all are disarmed, and
 * tracepoint_synchronize_unregister() and la_direct_wait() were called; the caller waits
 * once for all.
 */
void la_probe_disarm(struct la_probe *p)
{
	if (p->state != LA_PROBE_ARMED)
		return;
	switch (p->kind) {
	case LA_PROBE_TRACEPOINT:
		tracepoint_probe_unregister(p->tracepoint, p->tracepoint_fn,
					    (void __force *)p->hits);
		break;
	case LA_PROBE_FTRACE:
		disarm_ftrace();
		break;
	case LA_PROBE_DIRECT_ENTRY:
	case LA_PROBE_DIRECT_RETURN:
	case LA_PROBE_DIRECT_RETURN_OF_NINE:
		la_direct_disarm(la_symbols_address(p->symbol));
		break;
	case LA_PROBE_KPROBE:
		unregister_kprobe(&p->kp);
		break;
	case LA_PROBE_KRETPROBE:
		unregister_kretprobe(&p->rp);
		break;
	}
	p->state = LA_PROBE_UNUSED;
}

/**
 * la_probe_hits() - events seen
 * @p: the probe
 */
u64 la_probe_hits(const struct la_probe *p)
{
	u64 sum = 0;
	int cpu;

	if (!p->hits)
		return 0;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(p->hits, cpu));
	return sum;
}

/**
 * la_probe_missed() - events that the kernel did not let us see
 * @p: the probe
 */
u64 la_probe_missed(const struct la_probe *p)
{
	if (p->state != LA_PROBE_ARMED)
		return 0;
	if (p->kind == LA_PROBE_KPROBE)
		return p->kp.nmissed;
	if (p->kind == LA_PROBE_KRETPROBE)
		return p->rp.nmissed + p->rp.kp.nmissed;
	return 0;
}

/**
 * la_probe_misplaced() - function entries that no probe could be told from
 */
u64 la_probe_misplaced(void)
{
	return atomic64_read(&misplaced);
}
