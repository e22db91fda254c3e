/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For race tests, included before everything else: at the points where threads
 * meet, one gives way to another now and then. What would take a preemption or an
 * interrupt between two instructions, once in a day, happens all the time.
 */
#ifndef RACE_POINTS_H
#define RACE_POINTS_H

#include <sched.h>

#include "plain.h"

static inline void race_point(void)
{
	static __thread u32 seed;

	seed = seed * 1664525 + 1013904223;
	if (seed < 1u << 25)	/* of 128 one */
		sched_yield();
}

#ifdef RACE_DEPENDENCIES
/*
 * The kernel's READ_ONCE() also orders what is reached through the pointer that was
 * read; the sanitizer has to be told, where that is relied on.
 */
#undef READ_ONCE
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_CONSUME)
#endif

/* All as in plain.h, with such a point before. */
#undef smp_load_acquire
/* Who pairs with whom is said in place. */
#define smp_load_acquire(p)						\
({									\
	race_point();							\
	__atomic_load_n((p), __ATOMIC_ACQUIRE);				\
})

#undef smp_store_release
/* Likewise. */
#define smp_store_release(p, v)						\
({									\
	race_point();							\
	__atomic_store_n((p), (v), __ATOMIC_RELEASE);			\
})

#undef cmpxchg
#define cmpxchg(p, old, new)						\
({									\
	__auto_type __p = (p);						\
	__typeof__(*__p) __old = (old);					\
									\
	race_point();							\
	__atomic_compare_exchange_n(__p, &__old, (new), false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);\
	__old;								\
})

#undef la_add_word
#define la_add_word(p, v)						\
({									\
	race_point();							\
	(void)__atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST);		\
})

#undef smp_rmb
/* Likewise. */
#define smp_rmb()							\
({									\
	race_point();							\
	__atomic_thread_fence(__ATOMIC_ACQUIRE);			\
})

#undef smp_wmb
/* Likewise. */
#define smp_wmb()							\
({									\
	race_point();							\
	__atomic_thread_fence(__ATOMIC_RELEASE);			\
})

#endif /* RACE_POINTS_H */
