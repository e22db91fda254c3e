/* SPDX-License-Identifier: GPL-2.0-only */
/* Included before everything else: how our lines in the kernel log begin. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
