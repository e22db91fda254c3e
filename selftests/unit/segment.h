/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments of the table in user space. */
#ifndef UNIT_SEGMENT_H
#define UNIT_SEGMENT_H

#include <stdlib.h>

#include "table.h"

static inline struct la_segment *segment_new(unsigned int bits)
{
	struct la_segment *seg = calloc(1, sizeof(*seg));
	size_t slots = (size_t)LA_BUCKET_SLOTS << bits;

	la_segment_set_bits(seg, bits);
	seg->keys = aligned_alloc(128, slots * sizeof(*seg->keys));
	seg->recs = calloc(slots, sizeof(*seg->recs));
	memset(seg->keys, 0, slots * sizeof(*seg->keys));
	return seg;
}

static inline void segment_delete(struct la_segment *seg)
{
	free(seg->keys);
	free(seg->recs);
	free(seg);
}

/* Addresses as a slab allocator gives them: slabs of objects, in the direct map. */
static inline unsigned long slab_address(unsigned long i, unsigned int size)
{
	unsigned int per_page = 4096 / size;

	return 0xffff888100000000ul + i / per_page * 4096 + i % per_page * size;
}

#endif /* UNIT_SEGMENT_H */
