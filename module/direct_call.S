/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What functions call before anything else, by ftrace: see direct.c.
 *
 * To the unwinder these look like what they are: on the stack there is the function,
 * which has called us, who may have called the function. The frame pointer is
 * saved and not used, so that chains find it at a fixed place.
 */
#include <linux/linkage.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

	.text

/* A struct la_direct_frame, from its end on, but for the result. */
.macro push_frame
	pushq	%rbp
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
.endm

/*
 * Calls the rest of the function itself, so that it sees what is returned, and then
 * returns to the caller in its place.
 */
SYM_FUNC_START(la_direct_return_call)
	push_frame
	/* It may sleep: we can't be unloaded meanwhile. */
	incq	PER_CPU_VAR(la_direct_begun)
	call	la_direct_rest
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
SYM_FUNC_END(la_direct_return_call)

/* Only looks at the arguments. */
SYM_FUNC_START(la_direct_entry_call)
	push_frame
	pushq	%rax
	movq	%rsp, %rdi
	call	la_direct_entered
	popq	%rax
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbp
	RET
SYM_FUNC_END(la_direct_entry_call)
