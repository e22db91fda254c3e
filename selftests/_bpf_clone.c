// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a BPF program that makes the kernel allocate, and runs it N times: each time it
 * clones the packet that it is given, and lets the clone come in where a socket listens of
 * which nobody reads, in a network namespace of its own.
 *
 * Entries of maps would be no good: where they come from a map's own store, as those of
 * tries do since 6.14, that is filled by interrupts and workers.
 *
 * usage: _bpf_clone N
 *
 * Prints "ready" when all have come, and waits for a signal. Status 4: no BPF here.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOM		(64 << 20)	/* of the socket, in bytes */

#define INSN(_code, _dst, _src, _off, _imm) \
	{ .code = (_code), .dst_reg = (_dst), .src_reg = (_src), .off = (_off), .imm = (_imm) }

struct packet {
	struct ethhdr eth;
	char rest[64];
};

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* bpf_clone_redirect(packet, interface, as if it came in); return what that does. */
static int load_program(int interface)
{
	const struct bpf_insn program[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, interface),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, BPF_F_INGRESS),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_clone_redirect),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = (uintptr_t)program,
		.insn_cnt = sizeof(program) / sizeof(*program),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* On the loopback interface of nobody else; a socket that takes all that comes. */
static int listen_in_namespace(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_802_EX1),
	};
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int in, room = ROOM;

	if (unshare(CLONE_NEWNET))
		return -1;
	address.sll_ifindex = if_nametoindex("lo");
	in = socket(AF_PACKET, SOCK_RAW, 0);
	if (ioctl(in, SIOCSIFFLAGS, &up) ||
	    setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(in, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return in;
}

/* Status of main(). */
static int run(int program, unsigned int n)
{
	struct packet p = { .eth.h_proto = htons(ETH_P_802_EX1) };
	union bpf_attr attr = {
		.test.prog_fd = program,
		.test.data_in = (uintptr_t)&p,
		.test.data_size_in = sizeof(p),
		.test.repeat = 1,
	};
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (bpf(BPF_PROG_TEST_RUN, &attr) || attr.test.retval) {
			fprintf(stderr, "packet %u: %s, %d\n", i, strerror(errno),
				(int)attr.test.retval);
			return i ? 1 : 4;
		}
	}
	return 0;
}

/* What they take of the socket's room. */
static unsigned int queued(int in)
{
	uint32_t memory[SK_MEMINFO_VARS] = { };
	socklen_t length = sizeof(memory);

	getsockopt(in, SOL_SOCKET, SO_MEMINFO, memory, &length);
	return memory[SK_MEMINFO_RMEM_ALLOC];
}

int main(int argc, char **argv)
{
	unsigned int n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	int in, program, status;

	if (!n)
		return 2;
	in = listen_in_namespace();
	program = in < 0 ? -1 : load_program(if_nametoindex("lo"));
	if (program < 0) {
		perror("namespace or bpf");
		return 4;
	}
	status = run(program, n);
	if (status)
		return status;
	/* Each takes more than it is long. */
	if (queued(in) < n * sizeof(struct packet)) {
		fprintf(stderr, "expected %u packets in the queue, got %u bytes\n", n, queued(in));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
