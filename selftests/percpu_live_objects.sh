#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each path by which a percpu area comes and goes: what is leaked is live, with the right
# number, bytes and caller, and what is freed is not. In the long form with hooks=kprobe, too.
#
# Red when: a percpu pointer is taken for an address; it counts for one CPU only; an
# allocation that may not sleep is not seen.
#
# Timeout: 200
# Long: 400
. ./_ktap.sh
. ./_leakacct.sh
. ./_paths.sh

paths_of percpu
ktap_plan "$(live_objects_cases)"
live_objects_are_exact
ktap_end
