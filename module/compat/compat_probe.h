/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: tracepoints, ftrace, kprobes, symbols. See compat.h.
 */
#ifndef LEAKACCT_COMPAT_PROBE_H
#define LEAKACCT_COMPAT_PROBE_H

#include <linux/ftrace.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/tracepoint.h>

#include "compat_version.h"

/*
 * Tracepoints. An event is only used by a handler whose type is the event's own:
 * see la_compat_takes(). kmalloc_node and kmem_cache_alloc_node are part of
 * kmalloc and kmem_cache_alloc since 11e9734bcb6a in 6.1.
 */
#define LA_COMPAT_NODE_EVENTS		(!LA_SINCE(6, 1))
#define la_compat_takes(event, fn)					\
	__builtin_types_compatible_p(typeof(check_trace_callback_type_##event),	\
				     void (typeof(fn) *))

/*
 * Handlers of tracepoints run with preemption off, or on: see Kbuild. Then what they do
 * is a function of its own, so that it can end in a jump either way.
 */
#ifdef LA_HAS_PREEMPTIBLE_EVENTS
#define LA_COMPAT_HANDLERS_CALL	1
#define la_compat_event	noinline
#else
#define LA_COMPAT_HANDLERS_CALL	0
#define la_compat_event	__always_inline
#endif

static __always_inline void la_compat_event_begin(void)
{
#ifdef LA_HAS_PREEMPTIBLE_EVENTS
	preempt_disable_notrace();
#endif
}

static __always_inline void la_compat_event_end(void)
{
#ifdef LA_HAS_PREEMPTIBLE_EVENTS
	preempt_enable_notrace();
#endif
}

/* Where a module's core or init text lies. */
static inline void la_compat_module_area(const struct module *mod, bool init,
					 unsigned long *start, unsigned long *size)
{
#if LA_SINCE(6, 4)
	const struct module_memory *mem = &mod->mem[init ? MOD_INIT_TEXT : MOD_TEXT];

	*start = (unsigned long)mem->base;
	*size = mem->size;
#else
	*start = (unsigned long)(init ? mod->init_layout.base : mod->core_layout.base);
	*size = init ? mod->init_layout.size : mod->core_layout.size;
#endif
}

/*
 * kallsyms_on_each_symbol() and module_kallsyms_on_each_symbol(): whether their callback
 * is told the module, and whether the latter is told in which one to look.
 */
typedef int (*la_compat_symbol_fn)(void *, const char *, unsigned long);
typedef int (*la_compat_symbol_of_fn)(void *, const char *, struct module *, unsigned long);

#define LA_COMPAT_SYMBOLS_HAVE_MODULE					\
	__builtin_types_compatible_p(typeof(kallsyms_on_each_symbol),	\
				     int(la_compat_symbol_of_fn, void *))
#define LA_COMPAT_SYMBOLS_IN_MODULE						\
	(__builtin_types_compatible_p(typeof(module_kallsyms_on_each_symbol),	\
				      int(const char *, la_compat_symbol_fn, void *)) || \
	 __builtin_types_compatible_p(typeof(module_kallsyms_on_each_symbol),	\
				      int(const char *, la_compat_symbol_of_fn, void *)))

/* At the first instruction of a function: the return address is on top of the stack. */
static __always_inline unsigned long la_compat_entry_caller(struct pt_regs *regs)
{
	return *(unsigned long *)kernel_stack_pointer(regs);
}

/*
 * ftrace_ops. A handler may nest in itself and must hear of all: before 5.11 one
 * had to ask for that, since then one asks for the contrary.
 */
#if LA_SINCE(5, 11)
#define LA_COMPAT_FTRACE_FLAGS	0
#define la_compat_fregs	struct ftrace_regs

static __always_inline struct pt_regs *la_compat_ftrace_regs(la_compat_fregs *fregs)
{
	return ftrace_get_regs(fregs);
}
#else
#define LA_COMPAT_FTRACE_FLAGS	FTRACE_OPS_FL_RECURSION_SAFE
#define la_compat_fregs	struct pt_regs

static __always_inline struct pt_regs *la_compat_ftrace_regs(la_compat_fregs *fregs)
{
	return fregs;
}
#endif

/* Free the filter of a disarmed one; ftrace_free_filter() is exported since 6.1 or so. */
static inline void la_compat_ftrace_forget(struct ftrace_ops *ops)
{
#if LA_SINCE(6, 1)
	ftrace_free_filter(ops);
#else
	ftrace_set_filter(ops, NULL, 0, 1);
#endif
}

/* Direct calls: of an address, since 6.4 of an ftrace_ops that is set on one. */
#if defined(CONFIG_X86_64) && defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
#define LA_COMPAT_HAS_DIRECT

struct la_compat_direct {
	struct ftrace_ops ops;
	unsigned long ip;
};

static inline int la_compat_direct_register(struct la_compat_direct *d, unsigned long ip,
					    unsigned long call)
{
	d->ip = ip;
#if LA_SINCE(6, 4)
	{
		int err = ftrace_set_filter_ip(&d->ops, ip, 0, 0);

		if (!err)
			err = register_ftrace_direct(&d->ops, call);
		if (err)
			ftrace_free_filter(&d->ops);
		return err;
	}
#else
	return register_ftrace_direct(ip, call);
#endif
}

static inline void la_compat_direct_unregister(struct la_compat_direct *d, unsigned long call)
{
#if LA_SINCE(6, 4)
	unregister_ftrace_direct(&d->ops, call, true);
#else
	unregister_ftrace_direct(d->ip, call);
#endif
}
#endif

/* kretprobes: the return address, and who is asked for it. */
static __always_inline struct kretprobe *la_compat_kretprobe(struct kretprobe_instance *ri)
{
#if LA_SINCE(5, 11)
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

static __always_inline unsigned long la_compat_return_address(struct kretprobe_instance *ri,
							      struct pt_regs *regs)
{
#if LA_SINCE(5, 18)
	return get_kretprobe_retaddr(ri);
#else
	/* Who unwinds from @regs starts where the function returns to. */
	regs->ip = (unsigned long)ri->ret_addr;
	return (unsigned long)ri->ret_addr;
#endif
}

#ifndef IRQ_WORK_INIT_HARD
#define IRQ_WORK_INIT_HARD(_func) \
	{ .flags = ATOMIC_INIT(IRQ_WORK_HARD_IRQ), .func = (_func) }
#endif

#if !LA_SINCE(5, 11)
#define in_hardirq()	in_irq()
#endif

#endif /* LEAKACCT_COMPAT_PROBE_H */
