// SPDX-License-Identifier: GPL-2.0-only
/* The module that was there first: see twin.h. */
#define LEAK_FUNCTION leak_of_first
#include "twin.h"
