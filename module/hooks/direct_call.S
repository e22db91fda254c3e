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

#include "direct.h"

/* Nobody calls these indirectly, but objtool can't know. */
#ifndef ENDBR
#define ENDBR
#endif

	.text

/* A struct la_direct_frame, from its end on, but for the result. */
.macro push_frame
	pushq	%rbp
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
.endm

/* As many words as are @words further up than the frame's caller: arguments, copied. */
.macro copy_arguments words
	.rept \words
	pushq	(8 + \words) * 8(%rsp)
	.endr
.endm

/*
 * Calls the rest of the function itself, so that it sees what is returned, and then
 * returns to the caller in its place. What the function has on the stack it finds where
 * it looks for it: we copy that.
 */
.macro return_call slot words
SYM_FUNC_START(la_direct_call_\slot)
	ENDBR
	push_frame
	/* It may sleep: we can't be unloaded meanwhile. */
	incq	PER_CPU_VAR(la_direct_begun + 8 * \slot)
	copy_arguments \words
	call	la_direct_rest_\slot
	.if \words
	addq	$(8 * \words), %rsp
	.endif
	pushq	%rax
	movq	%rsp, %rdi
	movl	$\slot, %esi
	call	la_direct_handle
	popq	%rax
	incq	PER_CPU_VAR(la_direct_ended + 8 * \slot)
	addq	$48, %rsp
	popq	%rbp
	/* Not to where the function goes on, it has. */
	addq	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(la_direct_call_\slot)
.endm

/* Only looks at the arguments. */
.macro entry_call slot
SYM_FUNC_START(la_direct_call_\slot)
	ENDBR
	push_frame
	pushq	%rax
	movq	%rsp, %rdi
	movl	$\slot, %esi
	call	la_direct_handle
	popq	%rax
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%r8
	popq	%r9
	popq	%rbp
	RET
SYM_FUNC_END(la_direct_call_\slot)
.endm

/* As the slots of direct.c are. */
return_call 0 0
return_call 1 0
return_call 2 0
return_call 3 0
return_call 4 0
return_call 5 LA_DIRECT_STACK_WORDS
entry_call 6
