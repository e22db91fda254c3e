/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LA_BENCH_MEASURE_H
#define LA_BENCH_MEASURE_H

#include <linux/types.h>

#include "operations.h"

#define MEASURE_ROUNDS	64u	/* a batch: too short to hide a tick of the clock */

void measure_operation(struct operation *op, bool in_steps);
void measure_init(void);
void measure_exit(void);

#endif /* LA_BENCH_MEASURE_H */
