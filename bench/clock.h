/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LA_BENCH_CLOCK_H
#define LA_BENCH_CLOCK_H

#include <linux/types.h>

u64 clock_busy(void);
u64 clock_halted(void);
int clock_probes_on(void);
void clock_probes_off(void);
int clock_init(void);
void clock_exit(void);

#endif /* LA_BENCH_CLOCK_H */
