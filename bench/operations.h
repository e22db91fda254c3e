/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LA_BENCH_OPERATIONS_H
#define LA_BENCH_OPERATIONS_H

#include <linux/types.h>

#define OBJECT_SIZE	64u

struct result {
	u64 operations;
	u64 instructions;
	u64 worst;		/* the instructions of the worst batch */
};

struct operation {
	const char *name;
	void (*run)(unsigned int n);
	unsigned int least;	/* of which it does so many at once */
	void *(*hold)(void);	/* an object, so that the next batch has another */
	void (*let_go)(void *object);
	struct result result;
};

struct operation *operation_find(const char *name);
int operations_init(void);
void operations_exit(void);

#endif /* LA_BENCH_OPERATIONS_H */
