/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers: what is done at each kind of path, by functions that are watched.
 */
#ifndef LEAKACCT_HANDLERS_H
#define LEAKACCT_HANDLERS_H

#include "probe.h"

/* Which argument is what, counted from 1; 0: the function has none such. */
struct la_args {
	u8 size;
	u8 cache;
	u8 object;
	u8 count;
	u8 array;
	u8 end;
	u8 caller;
	u8 page;
	u8 order;
	u8 list;
	bool small;	/* large kmallocs are seen elsewhere as well */
	bool area;	/* it may be a vmalloc area, which is */
	bool inside;	/* another function that is watched may have it do the work */
};

enum la_event {
	LA_EVENT_ALLOC,
	LA_EVENT_ALLOC_BULK,
	LA_EVENT_FREE,
	LA_EVENT_FREE_BULK,
	LA_EVENT_FREE_RCU,
	LA_EVENT_FREE_SECRET,
	LA_EVENT_RESIZE,
	LA_EVENT_CACHE_GONE,
	LA_EVENT_PAGE_ALLOC,
	LA_EVENT_PAGE_ALLOC_BULK,
	LA_EVENT_PAGE_ALLOC_RANGE,
	LA_EVENT_PAGE_FREE,
	LA_EVENT_PAGE_FREE_LIST,
	LA_EVENT_VMALLOC,
	LA_EVENT_VMALLOC_AREA,
	LA_EVENT_VFREE,
	LA_EVENT_VREALLOC,
	LA_EVENT_PERCPU,
	LA_EVENT_PERCPU_FREE,
	LA_NR_EVENTS
};

/**
 * struct la_handlers - of one kind of path
 * @kind: how it is watched, without a tracepoint
 * @kprobe: the same with hooks=kprobe
 * @entry: at a function's entry; @p->user are its struct la_args
 * @ret: at its return
 * @direct: in a direct call
 * @call: at the entry of one whose return is watched
 */
struct la_handlers {
	enum la_probe_kind kind;
	enum la_probe_kind kprobe;
	la_entry_fn entry;
	la_return_fn ret;
	la_direct_fn direct;
	la_call_fn call;
};

extern const struct la_handlers la_handlers[LA_NR_EVENTS];
/* Of what @call keeps until @ret. */
extern const size_t la_handlers_data_size;

void la_handlers_init(void);

/* Does something come there, which may go elsewhere? */
static inline bool la_event_is_alloc(enum la_event event)
{
	switch (event) {
	case LA_EVENT_ALLOC:
	case LA_EVENT_ALLOC_BULK:
	case LA_EVENT_PAGE_ALLOC:
	case LA_EVENT_PAGE_ALLOC_BULK:
	case LA_EVENT_PAGE_ALLOC_RANGE:
	case LA_EVENT_VMALLOC:
	case LA_EVENT_VMALLOC_AREA:
	case LA_EVENT_PERCPU:
		return true;
	default:
		return false;
	}
}

#endif /* LEAKACCT_HANDLERS_H */
