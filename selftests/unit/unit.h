/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit test program: a list of functions, KTAP on stdout, exit status 1 when
 * one of them failed. No test stops the others.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdio.h>
#include <string.h>

static int unit_bad;

#define CHECK(cond)							\
do {									\
	if (!(cond)) {							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		unit_bad++;						\
	}								\
} while (0)

#define CHECK_EQ(got, want)						\
do {									\
	long long g_ = (long long)(got), w_ = (long long)(want);	\
									\
	if (g_ != w_) {							\
		printf("# %s:%d: %s: expected %lld, got %lld\n",	\
		       __FILE__, __LINE__, #got, w_, g_);		\
		unit_bad++;						\
	}								\
} while (0)

#define CHECK_STR(got, want)						\
do {									\
	const char *g_ = (got), *w_ = (want);				\
									\
	if (strcmp(g_, w_)) {						\
		printf("# %s:%d: %s: expected \"%s\", got \"%s\"\n",	\
		       __FILE__, __LINE__, #got, w_, g_);		\
		unit_bad++;						\
	}								\
} while (0)

struct unit_test {
	const char *name;
	void (*run)(void);
};

static inline int unit_main(const struct unit_test *tests, int n)
{
	int i, failed = 0;

	printf("KTAP version 1\n1..%d\n", n);
	for (i = 0; i < n; i++) {
		unit_bad = 0;
		tests[i].run();
		printf("%sok %d %s\n", unit_bad ? "not " : "", i + 1, tests[i].name);
		fflush(stdout);
		failed += !!unit_bad;
	}
	return failed ? 1 : 0;
}

#endif /* UNIT_H */
