/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmem_cache_alloc_bulk() calls before anything else, by ftrace.
 *
 * It calls the rest of the function itself, so that it sees what is returned, and then
 * returns to the caller in its place. To the unwinder it looks like what it is: the
 * function, which has called us, who have called the function.
 */
#include <linux/linkage.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

	.text

SYM_FUNC_START(la_direct_call)
	/*
	 * A struct la_direct_frame, from its end on. The frame pointer is saved and not
	 * used, so that chains find it at a fixed place.
	 */
	pushq	%rbp
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	/* It may sleep: we can't be unloaded meanwhile. */
	incq	PER_CPU_VAR(la_direct_begun)
	call	la_direct_body
	pushq	%rax
	movq	%rsp, %rdi
	call	la_direct_returned
	popq	%rax
	incq	PER_CPU_VAR(la_direct_ended)
	addq	$32, %rsp
	popq	%rbp
	/* Not to where the function goes on, it has. */
	addq	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(la_direct_call)
