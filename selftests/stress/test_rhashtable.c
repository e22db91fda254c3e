// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's test of rhashtables. Its objects lie in vmalloc areas, one for each run;
 * tables up to 512 KiB are allocated by lib/rhashtable.c as they grow, for the module
 * and in a work item. By kmalloc it has one rhltable.
 */
#include "forget.h"

#define kfree(object)	kfree_or_forget(object)

#include <lib/test_rhashtable.c>
