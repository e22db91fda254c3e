/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each path by which vmalloc areas and percpu areas come and go, like paths.h does for
 * slab objects. An object of percpu is its percpu pointer.
 */
#ifndef LA_TEST_AREAS_H
#define LA_TEST_AREAS_H

#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/vmalloc.h>

#include "paths.h"

/* None is a number of pages, and no two paths share a size. */
enum {
	SIZE_VMALLOC	   = 20011,
	SIZE_VZALLOC	   = 16411,
	SIZE_VMALLOC_NODE  = 12301,
	SIZE_VMALLOC_GFP   = 8209,
	SIZE_KVMALLOC	   = KMALLOC_MAX_SIZE + 1,
	SIZE_KVFREE	   = 4099,
	SIZE_VFREE_ATOMIC  = 8219,
	SIZE_BEFORE_VREALLOC = 4111,
	SIZE_VREALLOC	   = 12323,
	SIZE_KVFREE_RCU_OF_AREA = 4127,
	SIZE_PERCPU	   = 64,
	SIZE_PERCPU_ATOMIC = 40,
};

/* All that there are of that size are few pages of a chunk, which it may not add to. */
#define MOST_PERCPU_ATOMIC	50

static noinline void *leak_vmalloc(void)
{
	return made(vmalloc(SIZE_VMALLOC));
}

static noinline void *leak_vzalloc(void)
{
	return made(vzalloc(SIZE_VZALLOC));
}

static noinline void *leak_vmalloc_node(void)
{
	return made(vmalloc_node(SIZE_VMALLOC_NODE, numa_mem_id()));
}

static noinline void *leak_vmalloc_gfp(void)
{
	return made(__vmalloc(SIZE_VMALLOC_GFP, GFP_KERNEL | __GFP_ZERO));
}

/*
 * No kmalloc() is as large. Its pages may be huge; and the array of them is an area as well,
 * of the same caller.
 */
static noinline void *leak_kvmalloc(void)
{
	return made(kvmalloc(variable(SIZE_KVMALLOC), GFP_KERNEL));
}

/* The pages that are mapped from @area on. */
static inline unsigned long area_pages(void *area)
{
	unsigned long n = 0;

	while (vmalloc_to_page(area + n * PAGE_SIZE))
		n++;
	return n;
}

/* What the array of its pages takes, if that is an area. */
static inline size_t area_array(void *area)
{
	size_t size = area_pages(area) * sizeof(struct page *);

	return size > PAGE_SIZE ? size : 0;
}

/* From here on it is the free that makes the path. */

static noinline void *leak_kvfree(void)
{
	return made(vmalloc(SIZE_KVFREE));
}

static noinline void *leak_vfree_in_interrupt(void)
{
	return made(vmalloc(SIZE_VFREE_ATOMIC));
}

static noinline void *leak_kvfree_rcu_of_area(void)
{
	return made(vmalloc(SIZE_KVFREE_RCU_OF_AREA));
}

#ifdef la_compat_vrealloc
static noinline void *leak_vrealloc(void)
{
	void *old = vmalloc(SIZE_BEFORE_VREALLOC);
	void *new = old ? la_compat_vrealloc(old, SIZE_VREALLOC) : NULL;

	if (!new)
		vfree(old);
	return made(new);
}
#endif

static noinline void *leak_alloc_percpu(void)
{
	return made((__force void *)__alloc_percpu(SIZE_PERCPU, 8));
}

static noinline void *leak_alloc_percpu_atomic(void)
{
	return made((__force void *)__alloc_percpu_gfp(SIZE_PERCPU_ATOMIC, 8, GFP_ATOMIC));
}

static void free_by_vfree(void *object)
{
	vfree(object);
}

static LLIST_HEAD(to_vfree);

static void vfree_all(struct irq_work *work)
{
	struct llist_node *node = llist_del_all(&to_vfree), *next;

	for (; node; node = next) {
		next = node->next;
		vfree(node);
	}
}

/* In a hard interrupt, from which it is put off; on PREEMPT_RT in a task. */
static void free_in_interrupt(void **objects, unsigned int n)
{
	static struct irq_work work = LA_COMPAT_IRQ_WORK(vfree_all);
	unsigned int i;

	for (i = 0; i < n; i++)
		llist_add(objects[i], &to_vfree);
	irq_work_queue(&work);
	irq_work_sync(&work);
}

static void free_by_free_percpu(void *object)
{
	free_percpu((void __percpu __force *)object);
}

/* Where a percpu object's content is: on the first of the CPUs. */
static struct la_object *percpu_content(void *object)
{
	return per_cpu_ptr((struct la_object __percpu __force *)object,
			   cpumask_first(cpu_possible_mask));
}

#define LA_VMALLOC_PATH(_name, _size, _free)				\
	{ .name = #_name, .class = "vmalloc", .requested = (_size),	\
	  .alloc = leak_##_name, .free = (_free) }

static const struct la_path la_area_paths[] = {
	LA_VMALLOC_PATH(vmalloc, SIZE_VMALLOC, free_by_vfree),
	LA_VMALLOC_PATH(vzalloc, SIZE_VZALLOC, free_by_vfree),
	LA_VMALLOC_PATH(vmalloc_node, SIZE_VMALLOC_NODE, free_by_vfree),
	LA_VMALLOC_PATH(vmalloc_gfp, SIZE_VMALLOC_GFP, free_by_vfree),
	{ .name = "kvmalloc", .class = "vmalloc", .requested = SIZE_KVMALLOC, .most = 8,
	  .pieces = 2, .allocs = 2, .alloc = leak_kvmalloc, .free = free_by_kvfree },
	LA_VMALLOC_PATH(kvfree, SIZE_KVFREE, free_by_kvfree),
	{ .name = "vfree_in_interrupt", .class = "vmalloc", .requested = SIZE_VFREE_ATOMIC,
	  .alloc = leak_vfree_in_interrupt, .free_bulk = free_in_interrupt },
	LA_VMALLOC_PATH(kvfree_rcu_of_area, SIZE_KVFREE_RCU_OF_AREA, free_by_kvfree_rcu),
#ifdef la_compat_vrealloc
	/* What it was before it moved is of another line, which has nothing live to show. */
	{ .name = "vrealloc", .class = "vmalloc", .requested = SIZE_VREALLOC,
	  .alloc = leak_vrealloc, .free = free_by_vfree },
#endif
	{ .name = "alloc_percpu", .class = "percpu", .requested = SIZE_PERCPU,
	  .alloc = leak_alloc_percpu, .free = free_by_free_percpu, .content = percpu_content },
	{ .name = "alloc_percpu_atomic", .class = "percpu", .requested = SIZE_PERCPU_ATOMIC,
	  .most = MOST_PERCPU_ATOMIC, .alloc = leak_alloc_percpu_atomic,
	  .free = free_by_free_percpu, .content = percpu_content },
};

#define LA_NR_AREA_PATHS ARRAY_SIZE(la_area_paths)

#endif /* LA_TEST_AREAS_H */
