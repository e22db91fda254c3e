/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas: what vmalloc and percpu give out. They differ in size, are rare and large, and
 * all are tracked, whatever sample_interval says.
 */
#ifndef LEAKACCT_AREAS_H
#define LEAKACCT_AREAS_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "leakacct.h"

struct la_probe;
struct la_direct_frame;
struct pt_regs;

/* What is known of an area when it is allocated; part of a site's @what. */
enum la_area_kind {
	LA_AREA_PLAIN,
	LA_AREA_STACK,		/* of a task */
	LA_AREA_TEXT,		/* where modules and BPF programs lie */
};

#define LA_AREA_WHAT(kind)	LA_WHAT(LA_CLASS_VMALLOC, (u64)(kind) << 3)

static inline enum la_area_kind la_area_kind(u64 what)
{
	return la_what_class(what) == LA_CLASS_VMALLOC ? (u8)what >> 3 : LA_AREA_PLAIN;
}

/*
 * How many bytes were asked for, in the 32 bits that a record has: from 1 GiB on as
 * pages. And whether huge pages were taken, all of the last one too.
 */
#define LA_AREA_IN_PAGES	BIT(31)
#define LA_AREA_HUGE		BIT(30)

static inline u64 la_area_requested(u32 coded)
{
	u64 n = coded & ~(LA_AREA_IN_PAGES | LA_AREA_HUGE);

	return coded & LA_AREA_IN_PAGES ? n << PAGE_SHIFT : n;
}

static inline u64 la_area_taken(u32 coded)
{
	return ALIGN(la_area_requested(coded), coded & LA_AREA_HUGE ? PMD_SIZE : PAGE_SIZE);
}

/**
 * struct la_area_call - what a kretprobe keeps of a call
 * @caller: who is to be named, if the call says so
 * @size: bytes that are wanted
 * @align: bytes
 * @flags: of a struct vm_struct
 * @area: that is to be resized; of la_areas_area_call(), a struct vm_struct to be filled
 */
struct la_area_call {
	unsigned long caller;
	unsigned long size;
	unsigned long align;
	unsigned long flags;
	const void *area;
};

void la_areas_init(void);
const char *la_areas_label(u32 site);
u64 la_areas_requested(u32 site, u32 requested);

/* Handlers: any context, preemption off. */
void la_areas_vmalloc_direct(void *hits, const struct la_direct_frame *frame);
void la_areas_vmalloc_call(struct la_probe *p, struct pt_regs *regs, void *data);
void la_areas_vmalloc_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			     const void *data);
void la_areas_area_direct(void *hits, const struct la_direct_frame *frame);
void la_areas_area_call(struct la_probe *p, struct pt_regs *regs, void *data);
void la_areas_area_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			  const void *data);
void la_areas_vfree_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller);
void la_areas_vrealloc_call(struct la_probe *p, struct pt_regs *regs, void *data);
void la_areas_vrealloc_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			      const void *data);
void la_areas_percpu_direct(void *hits, const struct la_direct_frame *frame);
void la_areas_percpu_call(struct la_probe *p, struct pt_regs *regs, void *data);
void la_areas_percpu_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			    const void *data);
void la_areas_percpu_free_entry(struct la_probe *p, struct pt_regs *regs,
				unsigned long caller);

#endif /* LEAKACCT_AREAS_H */
