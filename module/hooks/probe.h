/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: the mechanism by which a hook hears of an event.
 */
#ifndef LEAKACCT_PROBE_H
#define LEAKACCT_PROBE_H

#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/tracepoint.h>

#include "direct.h"

enum la_probe_kind {
	LA_PROBE_TRACEPOINT,	/* loses nothing */
	LA_PROBE_FTRACE,	/* function entry; loses nothing */
	LA_PROBE_DIRECT_ENTRY,	/* the same, by a direct call */
	LA_PROBE_DIRECT_RETURN,	/* function return; loses nothing */
	LA_PROBE_DIRECT_RETURN_OF_NINE, /* likewise, see direct.h */
	LA_PROBE_KPROBE,	/* function entry; skipped inside another kprobe's handler */
	LA_PROBE_KRETPROBE,	/* and return value; skipped likewise */
};

enum la_probe_state {
	LA_PROBE_UNUSED,
	LA_PROBE_ABSENT,	/* this kernel has no such symbol */
	LA_PROBE_FAILED,	/* registering it failed */
	LA_PROBE_ARMED,
};

struct la_probe;

/*
 * The arguments of a probed function. @regs stays valid during the call only.
 * Handlers run with preemption off, in any context.
 */
typedef void (*la_entry_fn)(struct la_probe *p, struct pt_regs *regs,
			    unsigned long caller);

/* At entry fill @data, at return use it: a kretprobe's two halves. */
typedef void (*la_call_fn)(struct la_probe *p, struct pt_regs *regs, void *data);
typedef void (*la_return_fn)(struct la_probe *p, struct pt_regs *regs,
			     unsigned long caller, const void *data);

/**
 * struct la_probe - one tracepoint or function that is watched
 * @kind: how
 * @state: whether it is
 * @symbol: the tracepoint or function
 * @error: why registering failed, -errno
 * @hits: per-CPU count of events
 * @user: for the handlers: how the arguments lie
 * @tracepoint: what a tracepoint probe is on
 * @tracepoint_fn: and its function, which calls la_probe_hit_of()
 * @entry: handler of an ftrace or kprobe probe
 * @call: handlers of a kretprobe
 * @ret: likewise
 * @data_size: of a kretprobe's data
 * @direct: handler of a direct call; when that can't be had it becomes an ftrace or
 *	kretprobe one
 * @kp: the kernel's part, one of the two
 * @rp: likewise
 */
struct la_probe {
	enum la_probe_kind kind;
	enum la_probe_state state;
	const char *symbol;
	int error;
	u64 __percpu *hits;
	const void *user;
	struct tracepoint *tracepoint;
	void *tracepoint_fn;
	la_entry_fn entry;
	la_call_fn call;
	la_return_fn ret;
	size_t data_size;
	la_direct_fn direct;
	union {
		struct kprobe kp;
		struct kretprobe rp;
	};
};

static __always_inline void la_probe_hit(struct la_probe *p)
{
	this_cpu_inc(*p->hits);
}

/* The same for a tracepoint's function, whose data are the hits: one instruction. */
static __always_inline void la_probe_hit_of(void *data)
{
	this_cpu_inc(*(u64 __percpu __force *)data);
}

struct tracepoint *la_probe_tracepoint(const char *name);
const char *la_probe_kind_name(enum la_probe_kind kind);
const char *la_probe_state_name(enum la_probe_state state);
int la_probe_arm(struct la_probe *p);
void la_probe_disarm(struct la_probe *p);
u64 la_probe_hits(const struct la_probe *p);
u64 la_probe_missed(const struct la_probe *p);
u64 la_probe_misplaced(void);

#endif /* LEAKACCT_PROBE_H */
