/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plain C parts stand on, in the kernel and in user space.
 *
 * The plain C parts, as table.c, ledger.c or score.c, include this and nothing
 * else, so that the unit tests can build the very same files under sanitizers and
 * race them on real threads. Keep it to what those files need.
 */
#ifndef LEAKACCT_PLAIN_H
#define LEAKACCT_PLAIN_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

/*
 * A word that others may change, where any recent value will do: unlike READ_ONCE()
 * this may be an operand of a comparison.
 */
#define la_peek(x)		data_race(x)
/* Add to a word that others change by compare-and-exchange; a full barrier. */
#define la_add_word(p, v)	((void)atomic64_add_return((v), (atomic64_t *)(p)))

struct la_spinlock {
	raw_spinlock_t raw;
};

#define la_spin_init(l)		raw_spin_lock_init(&(l)->raw)
#define la_spin_lock(l)		raw_spin_lock(&(l)->raw)
#define la_spin_trylock(l)	raw_spin_trylock(&(l)->raw)
#define la_spin_unlock(l)	raw_spin_unlock(&(l)->raw)
#else
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define U32_MAX UINT32_MAX

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define __aligned(x)	__attribute__((__aligned__(x)))
#ifndef noinline
#define noinline	__attribute__((__noinline__))
#endif
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define la_peek(x)		READ_ONCE(x)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
/* As strong as the kernel's of that name; who pairs with whom is said in place. */
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
/* Likewise. */
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
/* Likewise. */
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
/* Likewise. */
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define la_add_word(p, v)	((void)__atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST))

/* Like the kernel's: returns what was there, a full barrier when it swapped. */
#define cmpxchg(p, old, new)						\
({									\
	__auto_type __p = (p);						\
	__typeof__(*__p) __old = (old);					\
									\
	__atomic_compare_exchange_n(__p, &__old, (new), false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);\
	__old;								\
})

/* Likewise: true when it swapped; else *@old is what was there. */
#define try_cmpxchg(p, old, new)					\
	__atomic_compare_exchange_n((p), (old), (new), false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Like the kernel's. */
#define xchg(p, v)		__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define set_bit(nr, p)		((void)__atomic_fetch_or((p), 1ul << (nr), __ATOMIC_SEQ_CST))
#define clear_bit(nr, p)	\
	((void)__atomic_fetch_and((p), ~(1ul << (nr)), __ATOMIC_SEQ_CST))
#define test_bit(nr, p)		(READ_ONCE(*(p)) >> (nr) & 1)
/* Who it pairs with is said in place. */
#define smp_mb__after_atomic()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

struct la_spinlock {
	bool locked;
};

#define la_spin_init(l)		__atomic_clear(&(l)->locked, __ATOMIC_RELAXED)
#define la_spin_trylock(l)	(!__atomic_test_and_set(&(l)->locked, __ATOMIC_ACQUIRE))
#define la_spin_unlock(l)	__atomic_clear(&(l)->locked, __ATOMIC_RELEASE)
#define la_spin_lock(l)		do { } while (!la_spin_trylock(l))

static inline void barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

static inline s64 div64_s64(s64 a, s64 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}
#endif /* __KERNEL__ */

#endif /* LEAKACCT_PLAIN_H */
