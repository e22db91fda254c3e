/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module parameters that other parts read; defined and checked in params.c.
 */
#ifndef LEAKACCT_PARAMS_H
#define LEAKACCT_PARAMS_H

#include <linux/types.h>

#define LA_SAMPLE_MAX	256u

unsigned int la_param_rows(void);
unsigned int la_param_look_s(void);
unsigned int la_param_sample_bytes(void);
unsigned long la_param_max_objects(void);
unsigned int la_param_stack_depth(void);
u64 la_param_sample_interval(void);
unsigned long la_param_stack_check(void);
bool la_param_kprobes_only(void);
bool la_param_stopped(void);

#endif /* LEAKACCT_PARAMS_H */
