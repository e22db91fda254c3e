// SPDX-License-Identifier: GPL-2.0-only
/* The module that is loaded where la_first was: see twin.h. */
#define LEAK_FUNCTION leak_of_second
#include "twin.h"
