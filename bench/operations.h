/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LA_BENCH_OPERATIONS_H
#define LA_BENCH_OPERATIONS_H

#include <linux/types.h>

#define OBJECT_SIZE	64u
#define BLOCK_ORDER	10u	/* the largest there is everywhere */

struct result {
	u64 operations;
	u64 instructions;
	unsigned int batch;	/* operations */
	u64 worst;		/* the instructions of the worst batch */
};

/* Its run() in batches if there is something to hold(), a block's pages if there is nth(). */
struct operation {
	const char *name;
	void (*run)(unsigned int n);
	unsigned int least;	/* of which it does so many at once */
	void *(*hold)(void);	/* an object, so that the next batch has another */
	void (*let_go)(void *object);
	unsigned int (*nth)(unsigned int n);	/* which page of a block is freed as the n-th */
	struct result result;
};

struct operation *operation_find(const char *name);
int operations_init(void);
void operations_exit(void);

#endif /* LA_BENCH_OPERATIONS_H */
