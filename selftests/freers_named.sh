#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `suspects` and `verdict` say who frees the objects of a caller that are freed: by kfree(),
# in bulk, through RCU, and also if few frees of many are of it; and nothing of a caller whose
# objects nobody frees.
#
# Red when: a stack begins within the allocator; frees are booked on another caller; the
# countdown to the next look starts again too early or never; suspects' frees are not watched
# after a look, or are although nothing is suspect.
. ./_ktap.sh
. ./_leakacct.sh

paths="kmalloc_node kmem_cache_free_bulk kfree_rcu"
# On a debug kernel each takes a hundred times as long; of a suspect fewer will do.
many=40000
very_many=300000
! debug_kernel || { many=20000; very_many=100000; }

# Each keeps few of many, more at each look.
step()
{
	for path in $paths; do
		leaker_run churn "$path" "$many"
		leaker_run leak "$path" 20
	done
	leaker_run leak kmalloc_const 20	# nobody frees these
	echo look >"$la/control"
}

# freers FUNCTION: the lines under its row of suspects
freers()
{
	query suspects rows=0 | awk -v f="$1+" '
		!/^#/ { ours = index($0, f) }
		ours && /freed by/'
}

named_after_looks()
{
	for _ in 1 2 3 4; do
		step
	done
	for path in $paths; do
		ktap_expect "who frees what leak_$path allocates" like \
			'^#   freed by [^ ]+ \[la_leaker\] < .*: [0-9]+ of [0-9]+ frees' \
			"$(freers "leak_$path")" "the leaker frees nearly all of them"
	done
}

nobody_frees()
{
	ktap_expect "score of leak_kmalloc_const" gt 0 \
		"$(query suspects rows=0 | column score "$(of leak_kmalloc_const)")" "all are kept"
	ktap_expect "who frees them" is "" "$(freers leak_kmalloc_const)" "nobody does"
}

# few_step: 100 frees among thousands, where one in 16,384 is looked at.
few_step()
{
	leaker_run churn kmem_cache_alloc 2000
	leaker_run churn kfree 100
	leaker_run leak kfree 20
	echo look >"$la/control"
}

# One may have been looked at by chance before anything was watched.
few_are_known()
{
	[ -n "$(freers leak_kfree)" ] && [ "$(stat frees_watched)" -gt "$before" ]
}

few_are_watched()
{
	before=$(stat frees_watched)
	for look in 1 2 3 4 5 6 7 8 9 10; do
		few_step
		! few_are_known || break
	done
	ktap_diag "$look looks, $(($(stat frees_watched) - before)) frees watched"
	ktap_expect "who frees what leak_kfree allocates" like \
		'^#   freed by [^ ]+ \[la_leaker\] < .*: [0-9]+ of [0-9]+ frees' "$(freers leak_kfree)" \
		"it is a suspect"
	ktap_expect "frees that were watched" gt 0 $(($(stat frees_watched) - before)) "for its sake"
	ktap_expect "frees that were looked at" le 20 \
		"$(freers leak_kfree | sed 's/.* of \([0-9]*\) frees.*/\1/' | head -n 1)" "16 are enough, and one in thousands is looked at anyway"
}

one_in_thousands()
{
	# What is watched for is not counted here.
	echo clear >"$la/control"
	watched=$(stat frees_watched)
	before=$(stat frees_looked_at)
	frees=$(stat events_free)
	leaker_run churn kmalloc_node "$very_many"
	looked=$(($(stat frees_looked_at) - before))
	frees=$(($(stat events_free) - frees))
	ktap_expect "frees that were looked at" ge $((very_many / 17000 - 2)) "$looked" "one in 16,384"
	ktap_expect "frees that were looked at" le $((frees / 8000 + 16)) "$looked" \
		"no more than that, and each free of an area"
	ktap_expect "frees that were watched" eq 0 $(($(stat frees_watched) - watched)) \
		"nobody is suspect"
	ktap_expect "freers_refused" eq 0 "$(stat freers_refused)" "there is room"
}

each_tracked_one()
{
	reload sample_interval=65536
	before=$(stat frees_looked_at)
	leaker_run churn kmalloc_node 20000
	ktap_expect "frees that were looked at" gt 20 $(($(stat frees_looked_at) - before)) \
		"each free of a tracked object is"
}

ktap_plan 6
load
insmod ./la_leaker.ko
ktap_case "who frees the others of a caller is named" named_after_looks
ktap_case "where nobody frees nobody is named" nobody_frees
ktap_case "who frees few among many is found once it is a suspect" few_are_watched
ktap_case "one free in some thousands is looked at" one_in_thousands
reload hooks=kprobe
ktap_case "with hooks=kprobe they are named as well" named_after_looks
ktap_case "with sampling each free of a tracked object is looked at" each_tracked_one
ktap_end
