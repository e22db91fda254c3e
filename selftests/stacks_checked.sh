#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# No remembered stack is ever taken for another one: each is unwound as well and
# compared, under a load of all kinds, while return addresses are patched by
# kretprobes and by the function graph tracer, and with BPF programs on the stack.
#
# Red when: words are compared that are not live; a patched return address is
# remembered; a trampoline is taken for the caller; chains of text that was unloaded
# are still found.
#
# Timeout: 400
# Boots: onethread
. ./_ktap.sh
. ./_leakacct.sh

tracing=/sys/kernel/tracing
trampolines='arch_rethook_trampoline|__kretprobe_trampoline|return_to_handler'
# Of each list the first that this kernel has; the first row is one of kmem_cache_alloc().
probed=$(while read -r names; do
	for name in $names; do
		! grep -q " $name\$" /proc/kallsyms || { printf '%s ' "$name"; break; }
	done
done <<X
kmem_cache_alloc_noprof kmem_cache_alloc
__kmalloc_cache_noprof kmalloc_trace kmem_cache_alloc_trace
__kmalloc_noprof __kmalloc
__alloc_skb
vfs_read
do_filp_open do_file_open
alloc_inode
X
)
www=
bpf=

# A few thousand allocations of each kind.
load_processes()
{
	for _ in $(seq 50); do
		/bin/busybox true
	done
}

load_files()
{
	mkdir "$ktap_tmp/files"
	for i in $(seq 200); do
		echo "$i" >"$ktap_tmp/files/$i"
	done
	(cd "$ktap_tmp" && tar cf files.tar files && rm -r files && tar xf files.tar)
	rm -r "$ktap_tmp/files" "$ktap_tmp/files.tar"
}

load_proc()
{
	find /proc/sys /proc/1 -name nothing >/dev/null 2>&1
}

load_tcp()
{
	for _ in $(seq 10); do
		wget -q -O /dev/null http://127.0.0.1:8000/page || ktap_fail "expected the page"
	done
}

# Each time another module's text is at the same address.
load_modules()
{
	for ko in la_first la_second la_stack la_init_leaker; do
		insmod "./$ko.ko" || ktap_fail "expected that $ko loads"
		[ "$ko" != la_stack ] || for way in task softirq hardirq places pad8 pad16 shift; do
			echo "$way 64" >/sys/module/la_stack/parameters/leak
		done
		rmmod "$ko"
	done
}

load_all()
{
	load_processes
	load_files
	load_proc
	load_tcp
	load_modules
}

# since FILE NAME: what a value of stats has grown by since it was copied there.
since()
{
	echo $(($(stat "$2") - $(column value "col(\"name\") == \"$2\"" <"$1")))
}

# checked SINCE: what must hold after each part.
checked()
{
	ktap_expect "stack_checks" gt 0 "$(since "$1" stack_checks)" "stack_check=1"
	ktap_expect "stack_differences" eq 0 "$(since "$1" stack_differences)" \
		"a remembered stack is the one that is there"
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
}

# No caller and no frame may be a trampoline.
no_trampoline()
{
	query callers rows=0 since_mark=0 >"$ktap_tmp/callers"
	query stacks rows=0 since_mark=0 >"$ktap_tmp/stacks"
	ktap_expect "callers" ge 50 "$(column caller <"$ktap_tmp/callers" | wc -l)" \
		"the load has that many"
	ktap_expect "trampolines in callers" is "" "$(grep -E "$trampolines" "$ktap_tmp/callers" | sort -u)" \
		"a trampoline calls nobody"
	ktap_expect "trampolines in stacks" is "" "$(grep -E "$trampolines" "$ktap_tmp/stacks" | sort -u)" \
		"a trampoline calls nobody"
}

quiet()
{
	load_all		# the first time stacks are new
	cp "$la/stats" "$ktap_tmp/before"
	for _ in 1 2; do
		load_all
	done
	checked "$ktap_tmp/before"
	hits=$(since "$ktap_tmp/before" stack_hits)
	unwinds=$(since "$ktap_tmp/before" stack_unwinds)
	ktap_diag "$hits remembered, $unwinds unwound"
	# What a debug kernel does of its own accord, in interrupts above all, is new more often.
	debug_kernel || ktap_expect "per cent remembered" ge 90 $((hits * 100 / (hits + unwinds))) \
		"the same was done before"
}

kretprobes_set()
{
	i=0
	for function in $probed; do
		i=$((i + 1))
		echo "r:la_$i $function" >>"$tracing/kprobe_events" ||
			ktap_diag "no kretprobe on $function"
	done
}

kretprobes()
{
	[ -w "$tracing/kprobe_events" ] || { ktap_skip "no kprobe_events"; return 4; }
	cp "$la/stats" "$ktap_tmp/before"
	kretprobes_set
	echo 1 >"$tracing/events/kprobes/enable"
	load_all
	no_trampoline
	echo 0 >"$tracing/events/kprobes/enable"
	ktap_expect "hits of the kretprobe on kmem_cache_alloc" gt 1000 \
		"$(awk '$1 == "la_1" { print $2 }' "$tracing/kprobe_profile")" "it was on"
	# While others sleep in what is patched.
	for _ in 1 2 3; do
		echo 1 >"$tracing/events/kprobes/enable"
		load_tcp
		echo 0 >"$tracing/events/kprobes/enable"
	done
	echo >"$tracing/kprobe_events"
	load_all
	checked "$ktap_tmp/before"
}

function_graph()
{
	grep -q function_graph "$tracing/available_tracers" ||
		{ ktap_skip "no function_graph tracer"; return 4; }
	cp "$la/stats" "$ktap_tmp/before"
	# As much as is looked at.
	echo 64 >"$tracing/buffer_size_kb"
	echo 'vfs_*' >"$tracing/set_ftrace_filter"
	echo "$probed do_sys_openat2 tcp_sendmsg" >>"$tracing/set_ftrace_filter"
	echo function_graph >"$tracing/current_tracer"
	load_all
	no_trampoline
	ktap_expect "lines of the trace" ge 100 "$(head -n 200 "$tracing/trace" | wc -l)" \
		"it was on"
	echo nop >"$tracing/current_tracer"
	for _ in 1 2 3; do
		echo function_graph >"$tracing/current_tracer"
		load_tcp
		echo nop >"$tracing/current_tracer"
	done
	echo >"$tracing/set_ftrace_filter"
	load_all
	checked "$ktap_tmp/before"
}

ready()
{
	grep ready "$ktap_tmp/bpf" || ! kill -0 "$bpf"
}

bpf_program()
{
	cp "$la/stats" "$ktap_tmp/before"
	./_bpf_clone 1000 >"$ktap_tmp/bpf" 2>&1 &
	bpf=$!
	ktap_poll 30 ready >/dev/null
	if ! grep -q ready "$ktap_tmp/bpf"; then
		status=0
		wait "$bpf" || status=$?
		bpf=
		[ "$status" -ne 4 ] || { ktap_skip "$(cat "$ktap_tmp/bpf")"; return 4; }
		ktap_fail "expected that the program runs, got $(cat "$ktap_tmp/bpf")"
		return 1
	fi
	# Rows with a frame of a program, and their objects.
	query stacks rows=0 since_mark=0 | awk '
		/^[^ #]/ { objects = $2 }
		/^    \[bpf\]$/ { total += objects; objects = 0 }
		END { print total + 0 }' >"$ktap_tmp/objects"
	ktap_expect "objects allocated by the program" ge 1000 "$(cat "$ktap_tmp/objects")" \
		"it has cloned 1000 packets, and they are in a queue"
	kill "$bpf"
	wait "$bpf" 2>/dev/null
	bpf=
	load_modules		# maybe to where the program was
	checked "$ktap_tmp/before"
}

all_in_all()
{
	ktap_diag "$(stat stack_checks) checks, $(stat stacks) stacks, $(stat chains) chains, $(stat stack_unremembered) not remembered"
	ktap_expect "stack_checks" ge 80000 "$(stat stack_checks)" "that was the load"
	ktap_expect "stack_differences" eq 0 "$(stat stack_differences)" \
		"a remembered stack is the one that is there"
	ktap_expect "heals" eq 0 "$(stat heals)" "no free was missed"
	ktap_expect "stacks_refused" eq 0 "$(stat stacks_refused)" "there was room"
}

# What would outlive the test; then as _leakacct.sh does.
ktap_cleanup()
{
	echo nop >"$tracing/current_tracer"
	echo >"$tracing/set_ftrace_filter"
	if [ -e "$tracing/events/kprobes/enable" ]; then
		echo 0 >"$tracing/events/kprobes/enable"
		echo >"$tracing/kprobe_events"
	fi
	[ -z "$www" ] || kill "$www" 2>/dev/null
	[ -z "$bpf" ] || kill "$bpf" 2>/dev/null
	for module in la_first la_second la_stack la_init_leaker leakacct; do
		[ ! -d "/sys/module/$module" ] || rmmod "$module"
	done
}

ktap_plan 5
load stack_check=1
mkdir "$ktap_tmp/www"
echo page >"$ktap_tmp/www/page"
httpd -f -p 127.0.0.1:8000 -h "$ktap_tmp/www" &
www=$!
ktap_poll 10 wget -q -O /dev/null http://127.0.0.1:8000/page
ktap_case "under load every remembered stack is the one that is there" quiet
ktap_case "also while kretprobes come and go, and none is a caller" kretprobes
ktap_case "also while the function graph tracer is on, and none is a caller" function_graph
ktap_case "also with a BPF program on the stack, which is shown" bpf_program
ktap_case "no difference in 80000 checks" all_in_all
ktap_end
