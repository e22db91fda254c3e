// SPDX-License-Identifier: GPL-2.0-only
/* Does the same and forgets nothing. */
#include "busy.h"
