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
#define LA_SPACE_KMALLOC	0

/*
 * Time in records: 32 bits of about 1/16 s since some minutes before boot, eight years.
 */
#define LA_TICK_SHIFT	(ilog2(HZ) - 4)
#define LA_TICKS_HZ	(HZ >> LA_TICK_SHIFT)

static inline u32 la_ticks(void)
{
	u64 now = get_jiffies_64();

	return now >> LA_TICK_SHIFT;
}

static inline u64 la_ticks_to_ms(u32 ticks)
{
	return ((u64)ticks << LA_TICK_SHIFT) * 1000 / HZ;
}

#endif /* LEAKACCT_H */
