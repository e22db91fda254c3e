// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a BPF program that makes the kernel allocate, as the filter of a UDP socket,
 * and sends it N datagrams over loopback: at each it adds an entry to a trie, whose
 * nodes are allocated one by one.
 *
 * usage: _bpf_filter N
 *
 * Prints "ready" when all have come, and waits for a signal. Status 4: no BPF here.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UDP_HEADER	8

#define INSN(_code, _dst, _src, _off, _imm) \
	{ .code = (_code), .dst_reg = (_dst), .src_reg = (_src), .off = (_off), .imm = (_imm) }

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_trie(unsigned int n)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_LPM_TRIE,
		.key_size = 8,		/* length of the prefix, and a word */
		.value_size = 8,
		.max_entries = n,
		.map_flags = BPF_F_NO_PREALLOC,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* trie[first word of the payload] = 0; take the packet. */
static int load_program(int trie)
{
	const struct bpf_insn program[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
		INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, UDP_HEADER),
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -8, 32),
		INSN(BPF_STX | BPF_MEM | BPF_W, 10, 0, -4, 0),
		INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -16, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, trie),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -8),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -16),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, BPF_ANY),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_update_elem),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0xffff),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)program,
		.insn_cnt = sizeof(program) / sizeof(*program),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned int i, n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	int trie, program;

	if (!n)
		return 2;
	trie = make_trie(n);
	program = trie < 0 ? -1 : load_program(trie);
	if (program < 0) {
		perror("bpf");
		return 4;
	}
	if (bind(in, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(in, (struct sockaddr *)&address, &length) ||
	    connect(out, (struct sockaddr *)&address, length) ||
	    setsockopt(in, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program))) {
		perror("socket");
		return 1;
	}
	for (i = 0; i < n; i++) {
		uint32_t word = htonl(i), got;

		if (send(out, &word, sizeof(word), 0) != sizeof(word) ||
		    recv(in, &got, sizeof(got), 0) != sizeof(got) || got != word) {
			perror("datagram");
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
