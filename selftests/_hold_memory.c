// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds memory, one kind a run, until a signal comes: the kernel's by open files, but for the last
 * two.
 *
 * usage: _hold_memory KIND KB
 *
 *   udp unix packet   so much unread in a socket's queue
 *   sockets           the same on many UDP sockets, 60 kB each
 *   ring              an AF_PACKET ring, mapped
 *   pipes             full pipes of 64 kB
 *   io_uring          rings of as many entries as fit
 *   ringbuf           a BPF ring buffer
 *   programs          BPF programs, as the processor runs them
 *   perf              a perf event's ring
 *   pinned            pages of its own that a pipe refers to as well, so that nobody can move them
 *   anonymous         pages of its own, huge ones where the kernel likes to
 *   tables            page tables: of each 2 MB of a mapping one page was read, the zero page
 *
 * Prints "ready PID KB" with what the kernel itself says it is, or the size that was asked for
 * where nobody can be asked. Status 4: this kernel has no such thing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO	55
#endif
/* Of SO_MEMINFO, see linux/sock_diag.h. */
#define RMEM_ALLOC	0
#define WMEM_ALLOC	2
#define NR_MEMINFO	9
/* What the entries of one page table map. */
#define TABLE_SPAN	(2ul << 20)

static char block[60000];

static void die(const char *what)
{
	bool absent = errno == EAFNOSUPPORT || errno == EPERM;

	perror(what);
	exit(absent ? 4 : 1);
}

static int need(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static unsigned long meminfo_kb(int fd, unsigned int item)
{
	uint32_t info[NR_MEMINFO] = { 0 };
	socklen_t len = sizeof(info);

	need(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len), "SO_MEMINFO");
	return info[item] / 1024;
}

static void make_room(int fd, unsigned long kb)
{
	int bytes = kb * 1024 * 4;

	need(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)), "SO_RCVBUFFORCE");
	need(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)), "SO_SNDBUFFORCE");
}

/* A UDP socket that is bound to loopback, and one that sends there. */
static int make_udp(int *out)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int in = need(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	*out = need(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	need(bind(in, (struct sockaddr *)&address, sizeof(address)), "bind");
	need(getsockname(in, (struct sockaddr *)&address, &length), "getsockname");
	need(connect(*out, (struct sockaddr *)&address, length), "connect");
	return in;
}

static unsigned long hold_udp(unsigned long kb)
{
	int out, in = make_udp(&out);
	unsigned long sent = 0;

	make_room(in, kb);
	for (; sent < kb * 1024; sent += sizeof(block))
		need(send(out, block, sizeof(block), 0), "send");
	return meminfo_kb(in, RMEM_ALLOC);
}

static unsigned long hold_sockets(unsigned long kb)
{
	unsigned long i, held = 0;

	for (i = 0; i < kb * 1024 / sizeof(block); i++) {
		int out, in = make_udp(&out);

		need(send(out, block, sizeof(block), 0), "send");
		close(out);
		held += meminfo_kb(in, RMEM_ALLOC);
	}
	return held;
}

static unsigned long hold_unix(unsigned long kb)
{
	unsigned long sent = 0;
	int pair[2];

	need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	make_room(pair[0], kb);
	for (; sent < kb * 1024; sent += sizeof(block))
		need(send(pair[0], block, sizeof(block), MSG_DONTWAIT), "send");
	return meminfo_kb(pair[0], WMEM_ALLOC);
}

static unsigned long hold_packet(unsigned long kb)
{
	int raw = need(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), "packet socket");
	int out, in = make_udp(&out);

	make_room(raw, kb);
	while (meminfo_kb(raw, RMEM_ALLOC) < kb) {
		need(send(out, block, sizeof(block), 0), "send");
		need(recv(in, block, sizeof(block), 0), "recv");
	}
	return meminfo_kb(raw, RMEM_ALLOC);
}

static void *map(int fd, size_t size, off_t at)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, at);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static unsigned long hold_ring(unsigned long kb)
{
	struct tpacket_req req = {
		.tp_block_size = 65536,
		.tp_block_nr = kb / 64,
		.tp_frame_size = 2048,
		.tp_frame_nr = kb / 2,
	};
	int fd = need(socket(AF_PACKET, SOCK_RAW, 0), "packet socket");

	need(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)), "PACKET_RX_RING");
	map(fd, kb * 1024, 0);
	return kb;
}

static void set_limit(int resource, rlim_t limit)
{
	const struct rlimit both = { .rlim_cur = limit, .rlim_max = limit };

	need(setrlimit(resource, &both), "setrlimit");
}

static unsigned long hold_pipes(unsigned long kb)
{
	unsigned long i;
	int fds[2];

	set_limit(RLIMIT_NOFILE, 65536);
	for (i = 0; i < kb / 64; i++) {
		need(pipe(fds), "pipe");
		need(write(fds[1], block, 32768), "write");
		need(write(fds[1], block, 32768), "write");
	}
	return kb / 64 * 64;
}

/* Blocks of pages come in powers of two. */
static unsigned long blocks_kb(size_t bytes)
{
	unsigned long kb = 4;

	while (kb * 1024 < bytes)
		kb *= 2;
	return kb;
}

static unsigned long hold_io_uring(unsigned long kb)
{
	struct io_uring_params params = { 0 };
	unsigned int entries = 1;
	size_t rings;
	int fd;

	/* An entry takes 64 bytes, its two completions 32, and an index. */
	while (entries * 2 * 100 <= kb * 1024 && entries < 32768)
		entries *= 2;
	fd = need(syscall(SYS_io_uring_setup, entries, &params), "io_uring_setup");
	rings = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	if (rings < params.sq_off.array + params.sq_entries * sizeof(uint32_t))
		rings = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	map(fd, rings, IORING_OFF_SQ_RING);
	map(fd, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	return blocks_kb(rings) + blocks_kb(params.sq_entries * sizeof(struct io_uring_sqe));
}

static unsigned long hold_ringbuf(unsigned long kb)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_RINGBUF,
		.max_entries = kb * 1024,
		.map_name = "held",
	};

	/* What maps take was charged to this before 5.11. */
	set_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	need(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)), "bpf");
	return kb;
}

/* Loads of constants into a register; status 4 where they are not compiled. */
static unsigned long load_program(struct bpf_insn *insns, unsigned int n)
{
	struct bpf_prog_info info = { };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t)"GPL",
	};
	int fd = need(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), "bpf");

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	need(syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), "bpf");
	if (!info.jited_prog_len)
		exit(4);
	return info.jited_prog_len;
}

static unsigned long hold_programs(unsigned long kb)
{
	static struct bpf_insn insns[32001];
	unsigned int i, n = sizeof(insns) / sizeof(*insns);
	unsigned long bytes = 0;

	/* Each is two, the second with the upper half of a constant. */
	for (i = 0; i < n - 1; i += 2) {
		insns[i] = (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM, .imm = i };
		insns[i + 1] = (struct bpf_insn){ .imm = n };
	}
	insns[n - 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	/* What programs take was charged to this before 5.11. */
	set_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	while (bytes < kb * 1024)
		bytes += load_program(insns, n);
	return bytes / 1024;
}

static unsigned long hold_perf(unsigned long kb)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
	};
	int fd = need(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0), "perf_event_open");

	map(fd, kb * 1024 + sysconf(_SC_PAGESIZE), 0);
	return kb;
}

static void *map_own(size_t size, int protection, int flags)
{
	void *p = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static unsigned long hold_pinned(unsigned long kb)
{
	struct iovec pages = { .iov_len = kb * 1024 };
	int fds[2];

	pages.iov_base = map_own(pages.iov_len, PROT_READ | PROT_WRITE, MAP_POPULATE);
	need(pipe(fds), "pipe");
	need(fcntl(fds[1], F_SETPIPE_SZ, (int)pages.iov_len), "F_SETPIPE_SZ");
	return need(vmsplice(fds[1], &pages, 1, 0), "vmsplice") / 1024;
}

static unsigned long hold_anonymous(unsigned long kb)
{
	map_own(kb * 1024, PROT_READ | PROT_WRITE, MAP_POPULATE);
	return kb;
}

static unsigned long hold_tables(unsigned long kb)
{
	size_t span = kb / 4 * TABLE_SPAN, i;
	char *at = map_own(span, PROT_READ, MAP_NORESERVE);
	unsigned long held = 0;

	/* A kernel without huge pages refuses that, and needs it not. */
	madvise(at, span, MADV_NOHUGEPAGE);
	/* All that is read are zeroes. */
	for (i = 0; i < span; i += TABLE_SPAN)
		held += 4 + at[i];
	return held;
}

static const struct {
	const char *name;
	unsigned long (*hold)(unsigned long kb);
} kinds[] = {
	{ "udp", hold_udp }, { "unix", hold_unix }, { "packet", hold_packet },
	{ "sockets", hold_sockets },
	{ "ring", hold_ring }, { "pipes", hold_pipes }, { "io_uring", hold_io_uring },
	{ "ringbuf", hold_ringbuf }, { "programs", hold_programs }, { "perf", hold_perf },
	{ "pinned", hold_pinned }, { "anonymous", hold_anonymous }, { "tables", hold_tables },
};

int main(int argc, char **argv)
{
	unsigned long kb = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned int i;

	if (!kb)
		return 2;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(argv[1], kinds[i].name))
			continue;
		printf("ready %d %lu\n", getpid(), kinds[i].hold(kb));
		fflush(stdout);
		pause();
		return 0;
	}
	return 2;
}
