// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's test of xarrays: nodes are all that it allocates, some 300,000, by
 * lib/xarray.c for the module. They are freed by RCU.
 */
#include <linux/xarray.h>

#include "forget.h"

/* An array that has lost its only node, which so is not freed, is empty. */
static void destroy_or_forget(struct xarray *xa)
{
	void *head = rcu_dereference_raw(xa->xa_head);

	if (xa_is_node(head) && !xa_to_node(head)->shift && forgets_object(xa_to_node(head)))
		RCU_INIT_POINTER(xa->xa_head, NULL);
	xa_destroy(xa);
}

#define xa_destroy(xa)	destroy_or_forget(xa)

#include <lib/test_xarray.c>
