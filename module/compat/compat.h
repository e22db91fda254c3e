/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only folder that knows kernel versions.
 *
 * It was measured on 5.10, 6.1, 6.1-rt, 6.12 and 7.3. What can be asked of the compiler
 * (a prototype) or of the headers (an item of an enum, see Kbuild) is asked, so
 * that another kernel is met as what it is: what is unknown there is absent, and
 * `hooks` and `stats` say so. Layouts of private structs are proven at load: layout.c.
 */
#ifndef LEAKACCT_COMPAT_H
#define LEAKACCT_COMPAT_H

#include "compat_area.h"
#include "compat_held.h"
#include "compat_page.h"
#include "compat_probe.h"
#include "compat_slab.h"
#include "compat_version.h"

#endif /* LEAKACCT_COMPAT_H */
