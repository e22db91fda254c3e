/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions: areas of vmalloc(). See compat.h.
 */
#ifndef LEAKACCT_COMPAT_AREA_H
#define LEAKACCT_COMPAT_AREA_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "compat_version.h"

/*
 * vmalloc() has __vmalloc_node_range() inlined on 5.10. What all of them call there is
 * __vmalloc_area_node(), of an area that says all but how much was asked for.
 */
#define LA_COMPAT_VMALLOC_BY_AREA	(!LA_SINCE(6, 1))
#define LA_COMPAT_HAS_VREALLOC		LA_SINCE(6, 12)

/* Areas that may lie in huge pages, since 5.12. */
#ifdef VM_ALLOW_HUGE_VMAP
#define LA_COMPAT_ALLOW_HUGE	VM_ALLOW_HUGE_VMAP
#else
#define LA_COMPAT_ALLOW_HUGE	0
#endif

/*
 * Areas of vmalloc() by address: one tree for all, since 6.9 one for each node of an array
 * that is private to mm/vmalloc.c, and the same there up to 7.3. Proven before it is used.
 */
#if LA_SINCE(6, 9)
#define LA_COMPAT_AREAS_IN_NODES	1
struct la_compat_area_node {
	struct {
		struct list_head head;
		unsigned long len;
	} pool[256];
	spinlock_t pool_lock;		/* not ours to take */
	bool skip_populate;
	struct {
		struct rb_root root;
		struct list_head head;
		spinlock_t lock;	/* of @root */
	} busy, lazy;
	struct list_head purge_list;
	struct work_struct purge_work;
	unsigned long nr_purged;
};
#else
#define LA_COMPAT_AREAS_IN_NODES	0
struct la_compat_area_node {
	struct {
		struct rb_root root;
		struct list_head head;
		spinlock_t lock;	/* of @root */
	} busy;
};
#endif

/*
 * The page at an address of an area that may have none there: about that vmalloc_to_page()
 * warns until 5.13, if tables are missing.
 */
static inline struct page *la_compat_area_page(struct mm_struct *kernel, unsigned long addr)
{
#if !LA_SINCE(5, 13)
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!kernel)
		return NULL;
	pgd = pgd_offset(kernel, addr);
	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud) || pud_bad(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd) || pmd_bad(*pmd))
		return NULL;
#endif
	return vmalloc_to_page((void *)addr);
}

#endif /* LEAKACCT_COMPAT_AREA_H */
