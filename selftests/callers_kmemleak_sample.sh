#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own sample of leaks, kmemleak-test: each leak is a caller of its name with
# exact objects and bytes, while it is loaded and when it is not any more.
#
# One form, the same in make check and make check-all.
#
# Red when: callers in init text lose their names; one of two leaks of a size is booked
# on the other; sizes are those that were asked for instead of slots.
. ./_ktap.sh
. ./_leakacct.sh

# A row a leak in the order of the source: its class, how many callers there are of it,
# objects, bytes that were asked for and bytes that are taken, of all of them.
leaks()
{
	# 5.10 does not keep how much of an area's last page was asked for.
	area=64
	case $(uname -r) in
	5.10.*)	area=4096 ;;
	esac
	# SLUB's slots of these sizes; struct test_node has 52 words.
	cat <<-TABLE
	kmalloc_32     slab  2  2   $((2 * 32))     $((2 * 32))
	kmalloc_1024   slab  2  2   $((2 * 1024))   $((2 * 1024))
	kmalloc_2048   slab  2  2   $((2 * 2048))   $((2 * 2048))
	kmalloc_4096   slab  2  2   $((2 * 4096))   $((2 * 4096))
	kzalloc_node   slab  1  10  $((10 * 416))   $((10 * 512))
	kmalloc_129    slab  1  $cpus   $((cpus * 129))  $((cpus * 192))
	vmalloc_64     vmalloc  5  5  $((5 * area))  $((5 * 4096))
	TABLE
	# Newer samples leak this as well.
	! grep -q '__alloc_percpu(64' kmemleak_test.ko ||
		echo "percpu_64      percpu  1  1  64  $((cpus * 64))"
}

# possible_cpus: of a list of ranges, as the loop of the sample goes.
possible_cpus()
{
	tr ',' '\n' </sys/devices/system/cpu/possible |
		awk -F - '{ n += NF == 2 ? $2 - $1 + 1 : 1 } END { print n }'
}

# sums CLASS SLOT REQUEST: "callers objects requested bytes" of callers of that class,
# of objects of these sizes.
sums()
{
	awk -v class="$1" -v slot="$2" -v request="$3" '
		/^#/ {
			if (FNR == 2)
				for (i = 2; i <= NF; i++)
					at[$i] = i - 1
			next
		}
		$at["class"] == class && $at["bytes"] == slot * $at["objects"] &&
				$at["requested"] == request * $at["objects"] {
			callers++
			objects += $at["objects"]
			requested += $at["requested"]
			bytes += $at["bytes"]
		}
		END { print callers + 0, objects + 0, requested + 0, bytes + 0 }' "$ktap_tmp/callers"
}

read_callers()
{
	query callers module=kmemleak_test rows=0 since_mark=0 >"$ktap_tmp/callers"
}

# is_reported NAME CLASS CALLERS OBJECTS REQUESTED BYTES
is_reported()
{
	ktap_expect "callers, objects, bytes asked for and taken by $1" is "$3 $4 $5 $6" \
		"$(sums "$2" $(($6 / $4)) $(($5 / $4)))" "the sample leaks so many"
}

# each_is_reported WHEN: a case a leak.
each_is_reported()
{
	read_callers
	leaks >"$ktap_tmp/leaks"
	while read -r leak <&5; do
		# shellcheck disable=SC2086 # a list of words
		ktap_case "leak ${leak%% *} of the sample is exact $1" is_reported $leak
	done 5<"$ktap_tmp/leaks"
}

# has_its_name SUFFIXES: all callers of the module are its init.
has_its_name()
{
	ktap_expect "callers of other forms" is "" \
		"$(column caller <"$ktap_tmp/callers" |
			grep -Ev "^kmemleak_test_init\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[kmemleak_test\\]$1\$")" \
		"the sample leaks from its init alone"
	# The one pointer to a page that each vmalloc area has is held for its caller as well.
	ktap_expect "callers" eq "$(leaks | awk '{ n += $3 } END { print n }')" \
		"$(column caller 'col("requested") != 8 * col("objects")' <"$ktap_tmp/callers" | wc -l)" \
		"it leaks nothing else"
	ktap_expect "frees" eq 0 "$(column frees <"$ktap_tmp/callers" | sum)" "it frees nothing"
}

[ ! -w /sys/kernel/debug/kmemleak ] ||
	ktap_skip_all "the kernel's own kmemleak would report these leaks, as it should"
cpus=$(possible_cpus)
ktap_plan $((2 * ($(leaks | wc -l) + 1)))
load
insmod ./kmemleak_test.ko
each_is_reported "while it is loaded"
ktap_case "all callers have the sample's name while it is loaded" has_its_name '( \(init\))?'
rmmod kmemleak_test
each_is_reported "when it was unloaded"
ktap_case "all callers have the sample's name when it was unloaded" \
	has_its_name ' \((init|unloaded)\)'
ktap_end
