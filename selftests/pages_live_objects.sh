#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each path by which a page comes and goes: what is leaked is live, with the right
# number, bytes and caller, and what is freed is not. In the long form with hooks=kprobe, too.
#
# Red when: an order is taken for all that a block has; a free of a part is one of the whole, or
# none; pages of the bulk allocator are not seen, or those of a range; what is freed in a
# batch is not.
#
# Timeout: 300
# Long: 600
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

paths_of page
ktap_plan "$(live_objects_cases)"
live_objects_are_exact
ktap_end
