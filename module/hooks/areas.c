// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas.
 *
 * All vmalloc areas come from __vmalloc_node_range(): those of vmalloc() and its kin, of
 * kvmalloc() when there is no slab for it, of modules and BPF programs, the stacks
 * of tasks. Its last argument says who is to be named, so that whatever lies between is
 * passed over; it calls itself for the array of pages of a large area, which then has
 * the same caller. kretprobes on it would end stacks through both on 5.10; by a
 * direct call nothing is lost either. On 5.10 it is inlined: see
 * LA_COMPAT_VMALLOC_BY_AREA.
 *
 * An area is freed in remove_vm_area(), be it by vfree(), by the worker that has what
 * was freed in an interrupt or waited for RCU, or by vrealloc(). Compilers let
 * the latter two pass vfree() by.
 *
 * percpu has a tracepoint, which does not name the caller on 5.10 and is silent when
 * memory is short; pcpu_alloc() is one function with four arguments everywhere.
 */
#include "areas.h"

#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <linux/thread_info.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "counters.h"
#include "direct.h"
#include "events.h"
#include "objects.h"
#include "probe.h"
#include "sites.h"
#include "symbols.h"
#include "unwind.h"

/* Places in the arguments, from 0. */
enum {
	VMALLOC_SIZE	= 0,
	VMALLOC_ALIGN	= 1,
	VMALLOC_FLAGS	= 6,
	VMALLOC_CALLER	= 8,
	FILLED_AREA	= 0,
	VREALLOC_AREA	= 0,
	VREALLOC_SIZE	= 1,
	PERCPU_SIZE	= 0,
	FREE_OBJECT	= 0,
	ON_STACK	= 6,	/* the first that is in no register */
};

/* Who asks for the stacks of tasks. */
static unsigned long forks, forks_size;

/**
 * la_areas_init() - find who asks for the stacks of tasks
 */
void la_areas_init(void)
{
	forks = la_symbols_address("kernel_clone");
	forks_size = la_symbols_size(forks);
}

/**
 * la_areas_requested() - bytes that were asked for
 * @site: of the object
 * @requested: as its record has it
 */
u64 la_areas_requested(u32 site, u32 requested)
{
	return la_sites_table[site].class == LA_CLASS_VMALLOC ? la_area_requested(requested) :
								requested;
}

/**
 * la_areas_label() - what the areas of a site are for, where that is known
 * @site: the site
 *
 * Context: process.
 * Return: a word, or NULL.
 */
const char *la_areas_label(u32 site)
{
	const char *name;

	switch (la_area_kind(la_sites_table[site].what)) {
	case LA_AREA_STACK:
		return "kernel_stack";
	case LA_AREA_TEXT:
		la_sites_resolve(site);
		/* Pairs with resolve_locked() in sites.c. */
		name = smp_load_acquire(&la_sites_table[site].name);
		return name && !strncmp(name, "bpf_", 4) ? "bpf" : "module";
	default:
		return NULL;
	}
}

static bool is_module_place(const void *addr)
{
#ifdef MODULES_VADDR
	return (unsigned long)addr >= MODULES_VADDR && (unsigned long)addr < MODULES_END;
#else
	return false;
#endif
}

static enum la_area_kind kind_of(const struct la_area_call *call, const void *addr)
{
	if (is_module_place(addr))
		return LA_AREA_TEXT;
	/* Nobody else has reason to want that alignment. */
	if (call->size == THREAD_SIZE && call->align == THREAD_ALIGN &&
	    !is_module_place((void *)call->caller))
		return LA_AREA_STACK;
	return LA_AREA_PLAIN;
}

/* Is there a page? Takes no lock: the area is the caller's, and there is a gap behind. */
static bool has_page(const void *addr)
{
	return vmalloc_to_page(addr);
}

static u32 coded(size_t size, bool huge)
{
	u32 n = size < LA_AREA_HUGE ? size : LA_AREA_IN_PAGES | PFN_UP(size);

	return huge ? n | LA_AREA_HUGE : n;
}

/* What was allocated in huge pages ends with one, of which only a part was asked for. */
static bool ends_huge(const void *addr, size_t size, unsigned long flags)
{
	size = PAGE_ALIGN(size);
	return (flags & LA_COMPAT_ALLOW_HUGE) && size > PMD_SIZE && size % PMD_SIZE &&
	       has_page(addr + size);
}

static void vmalloced(const struct la_area_call *call, const void *addr, const void *place,
		      struct pt_regs *regs)
{
	void *const areas[] = { (void *)addr };
	const struct la_allocation a = {
		.caller = call->caller,
		.what = LA_AREA_WHAT(kind_of(call, addr)),
		.requested = coded(call->size, addr && ends_huge(addr, call->size, call->flags)),
		.regs = regs,
	};

	if (addr)
		la_events_alloc(&a, place, areas, 1);
	else
		la_count(LA_ALLOC_FAILED);
}

void la_areas_vmalloc_direct(void *hits, const struct la_direct_frame *frame)
{
	const struct la_area_call call = {
		.caller = frame->on_stack[VMALLOC_CALLER - ON_STACK] ?: frame->caller,
		.size = frame->args[VMALLOC_SIZE],
		.align = frame->args[VMALLOC_ALIGN],
		.flags = frame->on_stack[VMALLOC_FLAGS - ON_STACK],
	};

	la_probe_hit_of(hits);
	vmalloced(&call, (void *)frame->result, la_unwind_place(), NULL);
}

void la_areas_vmalloc_call(struct la_probe *p, struct pt_regs *regs, void *data)
{
	struct la_area_call *call = data;

	call->caller = regs_get_kernel_argument(regs, VMALLOC_CALLER);
	call->size = regs_get_kernel_argument(regs, VMALLOC_SIZE);
	call->align = regs_get_kernel_argument(regs, VMALLOC_ALIGN);
	call->flags = regs_get_kernel_argument(regs, VMALLOC_FLAGS);
}

void la_areas_vmalloc_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			     const void *data)
{
	struct la_area_call call = *(const struct la_area_call *)data;

	call.caller = call.caller ?: caller;
	vmalloced(&call, (void *)regs_return_value(regs), NULL, regs);
}

static void area_filled(const struct vm_struct *area, const void *addr, const void *place,
			struct pt_regs *regs)
{
	struct la_area_call call = { };

	/* When it could not be, @area is gone. */
	if (addr) {
		call.caller = (unsigned long)area->caller;
		call.size = get_vm_area_size(area);
		/* As far as one can tell: the place of a stack, and who asked for it. */
		if (IS_ALIGNED((unsigned long)addr, THREAD_ALIGN) &&
		    call.caller - forks < forks_size)
			call.align = THREAD_ALIGN;
	}
	vmalloced(&call, addr, place, regs);
}

void la_areas_area_direct(void *hits, const struct la_direct_frame *frame)
{
	la_probe_hit_of(hits);
	area_filled((void *)frame->args[FILLED_AREA], (void *)frame->result, la_unwind_place(),
		    NULL);
}

void la_areas_area_call(struct la_probe *p, struct pt_regs *regs, void *data)
{
	struct la_area_call *call = data;

	call->area = (void *)regs_get_kernel_argument(regs, FILLED_AREA);
}

void la_areas_area_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			  const void *data)
{
	const struct la_area_call *call = data;

	area_filled(call->area, (void *)regs_return_value(regs), NULL, regs);
}

/* Of what vmap() and ioremap() have mapped there is no record, which says nothing. */
void la_areas_vfree_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	la_events_free_area(LA_SPACE_VIRTUAL,
			    (void *)regs_get_kernel_argument(regs, FREE_OBJECT), false, caller);
}

/*
 * An area has been resized where it is. Some kernels give pages back, unless there are
 * reasons not to; else what was asked for is left as it was, and what is taken is right.
 */
static void resized(const void *addr, size_t size, const void *result)
{
	struct la_record rec;
	u64 taken;
	u32 old, new;

	if (!addr || !size || result != addr || !la_objects_find(addr, &rec))
		return;		/* or it moved: an allocation and a free have been seen */
	old = la_record_requested(&rec);
	new = coded(size, old & LA_AREA_HUGE);
	taken = la_area_taken(old);
	if (la_area_taken(new) != taken && has_page(addr + taken - PAGE_SIZE))
		return;
	la_events_set_requested(la_objects_key(addr), new);
}

void la_areas_vrealloc_call(struct la_probe *p, struct pt_regs *regs, void *data)
{
	struct la_area_call *call = data;

	call->area = (void *)regs_get_kernel_argument(regs, VREALLOC_AREA);
	call->size = regs_get_kernel_argument(regs, VREALLOC_SIZE);
}

void la_areas_vrealloc_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			      const void *data)
{
	const struct la_area_call *call = data;

	resized(call->area, call->size, (void *)regs_return_value(regs));
}

static void percpu_alloced(unsigned long caller, const void *ptr, size_t size,
			   const void *place, struct pt_regs *regs)
{
	void *const areas[] = { (void *)ptr };
	const struct la_allocation a = {
		.caller = caller,
		.what = LA_WHAT(LA_CLASS_PERCPU, 0),
		.requested = size,
		.regs = regs,
	};

	if (ptr)
		la_events_alloc(&a, place, areas, 1);
	else
		la_count(LA_ALLOC_FAILED);
}

void la_areas_percpu_direct(void *hits, const struct la_direct_frame *frame)
{
	la_probe_hit_of(hits);
	percpu_alloced(frame->caller, (void *)frame->result, frame->args[PERCPU_SIZE],
		       la_unwind_place(), NULL);
}

void la_areas_percpu_call(struct la_probe *p, struct pt_regs *regs, void *data)
{
	struct la_area_call *call = data;

	call->size = regs_get_kernel_argument(regs, PERCPU_SIZE);
}

void la_areas_percpu_return(struct la_probe *p, struct pt_regs *regs, unsigned long caller,
			    const void *data)
{
	const struct la_area_call *call = data;

	percpu_alloced(caller, (void *)regs_return_value(regs), call->size, NULL, regs);
}

void la_areas_percpu_free_entry(struct la_probe *p, struct pt_regs *regs, unsigned long caller)
{
	la_events_free_area(LA_SPACE_PERCPU,
			    (void *)regs_get_kernel_argument(regs, FREE_OBJECT), true, caller);
}
