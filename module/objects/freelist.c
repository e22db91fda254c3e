// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freelists of slabs.
 *
 * A free object holds the address of the next one, at the cache's offset. With
 * CONFIG_SLAB_FREELIST_HARDENED it is mixed with a random number of the cache and
 * with the address of that word, its bytes in reverse order, so what its owner
 * wrote there decodes to a slot of the slab once in 2^50 times or so.
 *
 * Lists are read while the allocator changes them: each word may be wrong, none is
 * trusted to lie in the slab, and no walk is longer than the slab has slots.
 */
#include "freelist.h"

/**
 * la_freelist_is_slot() - does an object of the slab begin there?
 * @f: the slab
 * @object: the address
 */
bool la_freelist_is_slot(const struct la_freelist *f, u64 object)
{
	u64 at = object - f->start;

	return object >= f->start && f->size && at / f->size < f->slots && at % f->size == 0;
}

/**
 * la_freelist_next() - what the word in an object leads to, if the object is free
 * @f: the slab
 * @object: a slot of it
 * @next: the result: maybe 0, maybe nonsense
 *
 * Return: false when the word can't be read.
 */
bool la_freelist_next(const struct la_freelist *f, u64 object, u64 *next)
{
	u64 at = object + f->offset, word;

	if (!f->read(at, &word))
		return false;
	*next = f->hardened ? word ^ f->random ^ __builtin_bswap64(at) : word;
	return true;
}

/**
 * la_freelist_may_hold() - can an object be free, by its own word?
 * @f: the slab
 * @object: a slot of it
 *
 * A free one always can. A live one can too: the word of a free object stays when it
 * is allocated, until its owner writes there; in caches with a constructor, or
 * SLAB_TYPESAFE_BY_RCU, where it lies behind the object, for good.
 */
bool la_freelist_may_hold(const struct la_freelist *f, u64 object)
{
	u64 next;

	return la_freelist_next(f, object, &next) && (!next || la_freelist_is_slot(f, next));
}

/**
 * la_freelist_find() - is an object on a list?
 * @f: the slab
 * @head: the first free object of the list, or 0
 * @object: the object
 */
enum la_listed la_freelist_find(const struct la_freelist *f, u64 head, u64 object)
{
	u64 at = head;
	u32 i;

	for (i = 0; i < f->slots && at; i++) {
		if (!la_freelist_is_slot(f, at))
			return LA_LISTED_TORN;
		if (at == object)
			return LA_LISTED_YES;
		if (!la_freelist_next(f, at, &at))
			return LA_LISTED_TORN;
	}
	/* More than there are slots: it goes in a circle. */
	return at ? LA_LISTED_TORN : LA_LISTED_NO;
}
