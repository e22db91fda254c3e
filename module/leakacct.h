/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vocabulary that every part shares. Prototypes live in each part's header.
 */
#ifndef LEAKACCT_H
#define LEAKACCT_H

#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/types.h>

/* Version of the text format that line 1 of every file states. */
#define LA_FORMAT_VERSION	1

/* What an object is. Slab objects and large kmallocs are freed by one kfree(). */
enum la_class {
	LA_CLASS_SLAB,
	LA_CLASS_LARGE,
	LA_CLASS_PAGE,
	LA_CLASS_VMALLOC,
	LA_CLASS_PERCPU,
	LA_NR_CLASSES
};

/* Which address space a key is of: see la_table_key(). */
enum la_space {
	LA_SPACE_VIRTUAL,	/* the kernel's addresses: slab objects, vmalloc areas */
	LA_SPACE_PERCPU,	/* what alloc_percpu() returns */
	LA_SPACE_PAGE,		/* struct pages; they are in no table: see pages.c */
};

/*
 * What the objects of a site are, see struct la_site: a cache (an address, so negative),
 * or a kmalloc's slot size and the kind of its cache, or of another class, with more that
 * tells one from the other in the bits below. The lowest three are 0.
 */
#define LA_WHAT_CLASS_SHIFT	56
#define LA_WHAT(class, more)	((u64)(class) << LA_WHAT_CLASS_SHIFT | (more))

static inline enum la_class la_what_class(u64 what)
{
	return (s64)what < 0 ? LA_CLASS_SLAB : what >> LA_WHAT_CLASS_SHIFT;
}

static inline enum la_space la_what_space(u64 what)
{
	return la_what_class(what) == LA_CLASS_PERCPU ? LA_SPACE_PERCPU : LA_SPACE_VIRTUAL;
}

/*
 * Time in records: 32 bits of about 1/31 s. They begin at the load with 2^32 jiffies, longer
 * than any look goes back, and last for 3.8 years with HZ=250.
 */
#define LA_TICK_SHIFT	(ilog2(HZ) - 4)
#define LA_TICKS_HZ	(HZ >> LA_TICK_SHIFT)

extern u64 la_ticks_base;	/* jiffies */

static inline u32 la_ticks(void)
{
	return (get_jiffies_64() - la_ticks_base) >> LA_TICK_SHIFT;
}

static inline u64 la_ticks_to_ms(u32 ticks)
{
	return ((u64)ticks << LA_TICK_SHIFT) * 1000 / HZ;
}

#endif /* LEAKACCT_H */
