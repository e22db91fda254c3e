/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since which version, and what leakacct can't do without.
 */
#ifndef LEAKACCT_COMPAT_VERSION_H
#define LEAKACCT_COMPAT_VERSION_H

#include <linux/kconfig.h>
#include <linux/version.h>

#if !defined(CONFIG_SLUB) || !defined(CONFIG_KPROBES) || !defined(CONFIG_DEBUG_FS)
#error "leakacct needs CONFIG_SLUB, CONFIG_KPROBES and CONFIG_DEBUG_FS"
#endif

#define LA_SINCE(major, minor)	(KERNEL_VERSION(major, minor, 0) <= LINUX_VERSION_CODE)

/* The series that it was measured on, where functions have the arguments that hooks.c says. */
#define LA_IS(major, minor)	(KERNEL_VERSION(major, minor, 0) >> 8 == LINUX_VERSION_CODE >> 8)
#define LA_COMPAT_IS_MEASURED	(LA_IS(5, 10) || LA_IS(6, 1) || LA_IS(6, 12) || LA_IS(7, 3))

#endif /* LEAKACCT_COMPAT_VERSION_H */
