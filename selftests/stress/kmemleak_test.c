// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's sample of leaks, as it is: see callers_kmemleak_sample.sh. */
#include <samples/kmemleak/kmemleak-test.c>
