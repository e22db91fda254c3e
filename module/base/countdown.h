/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU countdowns: one word is changed and looked at by one instruction and a
 * jump, where this_cpu_dec_return() takes four.
 */
#ifndef LEAKACCT_COUNTDOWN_H
#define LEAKACCT_COUNTDOWN_H

#include <linux/percpu.h>

/*
 * la_countdown_down(), la_countdown_up() - change a per-CPU s64 of this CPU by one;
 * is it below 0 now?
 * la_countdown_take() - take so many from it; is it 0 or below now?
 * Context: any, preemption off.
 */
#if defined(CONFIG_X86_64) && defined(CONFIG_SMP)
#define la_countdown_step(op, var)					\
({									\
	bool __below;							\
									\
	asm volatile(op "q %%gs:%1"					\
		     : "=@ccs" (__below), "+m" (*(__force s64 *)&(var))); \
	__below;							\
})
#define la_countdown_down(var)	la_countdown_step("dec", var)
#define la_countdown_up(var)	la_countdown_step("inc", var)
#define la_countdown_take(var, n)					\
({									\
	bool __out;							\
									\
	asm volatile("subq %2, %%gs:%1"					\
		     : "=@ccle" (__out), "+m" (*(__force s64 *)&(var))	\
		     : "r" ((s64)(n)));					\
	__out;								\
})
#else
#define la_countdown_down(var)		(this_cpu_dec_return(var) < 0)
#define la_countdown_up(var)		(this_cpu_inc_return(var) < 0)
#define la_countdown_take(var, n)	(this_cpu_sub_return(var, (s64)(n)) <= 0)
#endif

#endif /* LEAKACCT_COUNTDOWN_H */
