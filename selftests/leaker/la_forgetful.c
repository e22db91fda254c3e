// SPDX-License-Identifier: GPL-2.0-only
/* Forgets to free one object in many. */
#define FORGETS
#include "busy.h"
