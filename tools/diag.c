// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sockets hold, as the kernel says over netlink (sock_diag, through libmnl), and whose
 * they are, by /proc/PID/fd. The second opinion on the module's held_socket, and the only
 * one on packet rings that nobody has mapped.
 */
#include "ask.h"

#ifdef LEAKACCT_MNL

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ALL_STATES 0xffffffffu
#define MAX_RINGS 8
#define OWNER_SIZE 64

struct ring {
	unsigned int inode;
	unsigned long long kb;
	unsigned int blocks;
	unsigned int block_kb;
	const char *way;
};

/* What one family was asked for, and what came. */
struct tally {
	const char *name;
	int family;
	int protocol;
	unsigned long long n;
	unsigned long long bytes;
	unsigned int largest_inode;
	unsigned long long largest;
	struct ring rings[MAX_RINGS];
	size_t nrings;
	unsigned long long other_rings_kb;
};

static void add_meminfo(struct tally *t, unsigned int inode, const struct nlattr *attr)
{
	const uint32_t *mem = mnl_attr_get_payload(attr);
	unsigned long long bytes, out;

	if (mnl_attr_get_payload_len(attr) < (SK_MEMINFO_BACKLOG + 1) * sizeof(*mem))
		return;
	out = mem[SK_MEMINFO_WMEM_QUEUED] > mem[SK_MEMINFO_WMEM_ALLOC] ?
		mem[SK_MEMINFO_WMEM_QUEUED] : mem[SK_MEMINFO_WMEM_ALLOC];
	bytes = mem[SK_MEMINFO_RMEM_ALLOC] + out + mem[SK_MEMINFO_BACKLOG];
	t->bytes += bytes;
	t->n += bytes > 0;
	if (bytes > t->largest) {
		t->largest = bytes;
		t->largest_inode = inode;
	}
}

static void add_ring(struct tally *t, unsigned int inode, const struct nlattr *attr,
		     const char *way)
{
	const struct packet_diag_ring *r = mnl_attr_get_payload(attr);
	unsigned long long kb;

	if (mnl_attr_get_payload_len(attr) < sizeof(*r))
		return;
	kb = (unsigned long long)r->pdr_block_size * r->pdr_block_nr / 1024;
	if (t->nrings == MAX_RINGS) {
		t->other_rings_kb += kb;
		return;
	}
	t->rings[t->nrings++] = (struct ring){
		.inode = inode,
		.kb = kb,
		.blocks = r->pdr_block_nr,
		.block_kb = r->pdr_block_size / 1024,
		.way = way,
	};
}

/* Where attributes begin, which one is the meminfo, and the inode: by family. */
static bool describe(const struct tally *t, const struct nlmsghdr *nlh, unsigned int *skip,
		     unsigned int *meminfo, unsigned int *inode)
{
	const void *msg = mnl_nlmsg_get_payload(nlh);

	switch (t->family) {
	case AF_PACKET:
		*skip = sizeof(struct packet_diag_msg);
		*meminfo = PACKET_DIAG_MEMINFO;
		*inode = ((const struct packet_diag_msg *)msg)->pdiag_ino;
		break;
	case AF_UNIX:
		*skip = sizeof(struct unix_diag_msg);
		*meminfo = UNIX_DIAG_MEMINFO;
		*inode = ((const struct unix_diag_msg *)msg)->udiag_ino;
		break;
	case AF_NETLINK:
		*skip = sizeof(struct netlink_diag_msg);
		*meminfo = NETLINK_DIAG_MEMINFO;
		*inode = ((const struct netlink_diag_msg *)msg)->ndiag_ino;
		break;
	default:
		*skip = sizeof(struct inet_diag_msg);
		*meminfo = INET_DIAG_SKMEMINFO;
		*inode = ((const struct inet_diag_msg *)msg)->idiag_inode;
	}
	return mnl_nlmsg_get_payload_len(nlh) >= *skip;
}

static int take_socket(const struct nlmsghdr *nlh, void *data)
{
	struct tally *t = data;
	unsigned int skip, meminfo, inode;
	const struct nlattr *attr;
	const char *end;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct unix_diag_msg) ||
	    !describe(t, nlh, &skip, &meminfo, &inode))
		return MNL_CB_OK;
	end = mnl_nlmsg_get_payload_tail(nlh);
	attr = mnl_nlmsg_get_payload_offset(nlh, skip);
	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr)) {
		unsigned int type = mnl_attr_get_type(attr);

		if (type == meminfo)
			add_meminfo(t, inode, attr);
		else if (t->family == AF_PACKET && type == PACKET_DIAG_RX_RING)
			add_ring(t, inode, attr, "to read");
		else if (t->family == AF_PACKET && type == PACKET_DIAG_TX_RING)
			add_ring(t, inode, attr, "to send");
	}
	return MNL_CB_OK;
}

static void put_request(struct nlmsghdr *nlh, const struct tally *t)
{
	const uint8_t family = (uint8_t)t->family, protocol = (uint8_t)t->protocol;

	if (t->family == AF_PACKET) {
		struct packet_diag_req *r = mnl_nlmsg_put_extra_header(nlh, sizeof(*r));

		r->sdiag_family = family;
		r->pdiag_show = PACKET_SHOW_RING_CFG | PACKET_SHOW_MEMINFO;
	} else if (t->family == AF_UNIX) {
		struct unix_diag_req *r = mnl_nlmsg_put_extra_header(nlh, sizeof(*r));

		r->sdiag_family = family;
		r->udiag_states = ALL_STATES;
		r->udiag_show = UDIAG_SHOW_MEMINFO;
	} else if (t->family == AF_NETLINK) {
		struct netlink_diag_req *r = mnl_nlmsg_put_extra_header(nlh, sizeof(*r));

		r->sdiag_family = family;
		r->sdiag_protocol = NDIAG_PROTO_ALL;
		r->ndiag_show = NDIAG_SHOW_MEMINFO;
	} else {
		struct inet_diag_req_v2 *r = mnl_nlmsg_put_extra_header(nlh, sizeof(*r));

		r->sdiag_family = family;
		r->sdiag_protocol = protocol;
		r->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
		r->idiag_states = ALL_STATES;
	}
}

/* The whole answer about one family; false when it can't be had. */
static bool dump(struct mnl_socket *nl, struct tally *t)
{
	char buf[32768];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	unsigned int seq = (unsigned int)time(NULL) + (unsigned int)t->family;
	int more;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	put_request(nlh, t);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	do {
		ssize_t len = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (len < 0)
			return false;
		more = mnl_cb_run(buf, (size_t)len, seq, mnl_socket_get_portid(nl), take_socket, t);
	} while (more > MNL_CB_STOP);
	return more == MNL_CB_STOP;
}

static void read_comm(const char *pid, char *comm, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	snprintf(comm, size, "-");
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(comm, (int)size, f))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(f);
}

/* Does one of its files lead to that socket? */
static bool has_socket(const char *pid, const char *wanted)
{
	char path[64], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (len <= 0)
			continue;
		target[len] = '\0';
		found = !strcmp(target, wanted);
	}
	closedir(dir);
	return found;
}

/* "name/pid" of the first process that has the socket open. */
static void find_owner(unsigned int inode, char *owner, size_t size)
{
	char wanted[32], comm[32];
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	snprintf(owner, size, "no process");
	snprintf(wanted, sizeof(wanted), "socket:[%u]", inode);
	while (proc && (entry = readdir(proc))) {
		if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name) ||
		    !has_socket(entry->d_name, wanted))
			continue;
		read_comm(entry->d_name, comm, sizeof(comm));
		snprintf(owner, size, "%s/%.16s", comm, entry->d_name);
		break;
	}
	if (proc)
		closedir(proc);
}

static void tell(struct la_ask *ask, const struct tally *t)
{
	char owner[OWNER_SIZE];
	size_t i;

	if (t->bytes) {
		find_owner(t->largest_inode, owner, sizeof(owner));
		ask_row(ask, t->name, t->bytes / 1024,
			"queues of %llu sockets; the largest, inode %u, %llu kB: %s", t->n,
			t->largest_inode, t->largest / 1024, owner);
	}
	for (i = 0; i < t->nrings; i++) {
		const struct ring *r = &t->rings[i];

		find_owner(r->inode, owner, sizeof(owner));
		ask_row(ask, "packet_ring", r->kb, "%s, inode %u: %u blocks of %u kB %s", owner,
			r->inode, r->blocks, r->block_kb, r->way);
	}
	if (t->other_rings_kb)
		ask_row(ask, "packet_ring_rest", t->other_rings_kb, "more of them");
}

void ask_sockets(struct la_ask *ask)
{
	struct tally asked[] = {
		{ .name = "tcp", .family = AF_INET, .protocol = IPPROTO_TCP },
		{ .name = "tcp6", .family = AF_INET6, .protocol = IPPROTO_TCP },
		{ .name = "udp", .family = AF_INET, .protocol = IPPROTO_UDP },
		{ .name = "udp6", .family = AF_INET6, .protocol = IPPROTO_UDP },
		{ .name = "unix", .family = AF_UNIX },
		{ .name = "netlink", .family = AF_NETLINK },
		{ .name = "packet", .family = AF_PACKET },
	};
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		/* One that was refused would leave the rest of its answer to the next. */
		struct mnl_socket *nl = mnl_socket_open(NETLINK_SOCK_DIAG);

		if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
		    !dump(nl, &asked[i]))
			ask_unknown(ask, asked[i].name,
				    "the kernel does not tell (its diag module is not there)");
		else
			tell(ask, &asked[i]);
		if (nl)
			mnl_socket_close(nl);
	}
}

#else

void ask_sockets(struct la_ask *ask)
{
	ask_unknown(ask, "sockets", "not asked: this reader was built without libmnl");
}

#endif
