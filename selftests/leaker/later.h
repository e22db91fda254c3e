/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frees that la_later makes for others, which may have gone by then.
 */
#ifndef LA_TEST_LATER_H
#define LA_TEST_LATER_H

#include <linux/rcupdate.h>
#include <linux/workqueue.h>

/* What la_later can free. */
struct la_later {
	union {
		struct rcu_head rcu;
		struct delayed_work work;
	};
};

void la_later_free_by_work(struct la_later *object, unsigned int ms);
void la_later_free_by_rcu(struct la_later *object);

#endif /* LA_TEST_LATER_H */
