// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an open file holds, told by its type.
 *
 * A socket is told by what the kernel exports; other types by the address of their
 * file_operations, found by symbol. Everything is read without a lock while the file can't
 * be closed: figures of one moment may be off by what is just under way. The one exception
 * are unix sockets: what is unread there is charged to who sent it, so the receiver's queue
 * is walked, if its lock is free.
 */
#include "holders.h"

#include <linux/bpf.h>
#include <linux/dma-buf.h>
#include <linux/pipe_fs_i.h>
#include <linux/skbuff.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include "compat.h"
#include "symbols.h"

/* Of a unix socket's queue so many are summed; the rest counts as the mean of these. */
#define MAX_QUEUED	256u

typedef bool (*look_fn)(struct file *file, struct la_holder *h);

static u64 unix_unread(struct sock *sk)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;
	unsigned int n = 0, len = READ_ONCE(q->qlen);
	const struct sk_buff *skb;
	unsigned long flags;
	u64 sum = 0;

	if (!len || !spin_trylock_irqsave(&q->lock, flags))
		return 0;
	skb_queue_walk(q, skb) {
		sum += skb->truesize;
		if (++n == MAX_QUEUED)
			break;
	}
	len = q->qlen;
	spin_unlock_irqrestore(&q->lock, flags);
	return n == MAX_QUEUED ? div_u64(sum * len, n) : sum;
}

/* "/run/x", "@abstract", or nothing. */
static void unix_name(const struct sock *sk, char *to, size_t size)
{
	/* Pairs with the store when it is bound; then it stays as long as the socket. */
	const struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);
	int i, len = addr ? addr->len - (int)offsetof(struct sockaddr_un, sun_path) : 0;

	for (i = 0; i < len && i < (int)size - 1; i++) {
		char c = addr->name->sun_path[i];

		if (i && !c)
			break;
		to[i] = c > ' ' && c < 0x7f ? c : i ? '?' : '@';
	}
	to[i] = '\0';
}

static const char *family_name(unsigned int family)
{
	switch (family) {
	case AF_UNIX:		return "unix";
	case AF_INET:		return "inet";
	case AF_INET6:		return "inet6";
	case AF_NETLINK:	return "netlink";
	case AF_PACKET:		return "packet";
	case AF_VSOCK:		return "vsock";
	case AF_XDP:		return "xdp";
	case AF_ALG:		return "alg";
	case AF_BLUETOOTH:	return "bluetooth";
	case AF_CAN:		return "can";
	case AF_TIPC:		return "tipc";
	case AF_KEY:		return "key";
	default:		return "family";
	}
}

static void socket_address(struct sock *sk, char *to, size_t size)
{
	int len;

	switch (sk->sk_family) {
	case AF_INET:
		len = snprintf(to, size, "%pI4:%u", &sk->sk_rcv_saddr, sk->sk_num);
		if (sk->sk_dport)
			snprintf(to + len, size - len, "-%pI4:%u", &sk->sk_daddr,
				 ntohs(sk->sk_dport));
		break;
#if IS_ENABLED(CONFIG_IPV6)
	case AF_INET6:
		len = snprintf(to, size, "[%pI6c]:%u", &sk->sk_v6_rcv_saddr, sk->sk_num);
		if (sk->sk_dport)
			snprintf(to + len, size - len, "-[%pI6c]:%u", &sk->sk_v6_daddr,
				 ntohs(sk->sk_dport));
		break;
#endif
	case AF_UNIX:
		unix_name(sk, to, size);
		break;
	case AF_PACKET:
		snprintf(to, size, "device %d", sk->sk_bound_dev_if);
		break;
	default:
		snprintf(to, size, "%u", sk->sk_protocol);
	}
}

static bool look_at_socket(struct socket *sock, struct la_holder *h)
{
	struct sock *sk = READ_ONCE(sock->sk);
	unsigned int family;
	char address[96];
	u64 in, out;

	if (!sk)
		return false;
	family = READ_ONCE(sk->sk_family);
	h->id = sk;
	/* A stream keeps what it has sent until that is acknowledged. */
	out = max_t(int, READ_ONCE(sk->sk_wmem_queued), sk_wmem_alloc_get(sk));
	in = sk_rmem_alloc_get(sk) + (u64)READ_ONCE(sk->sk_backlog.len);
	if (family == AF_UNIX) {
		in = unix_unread(sk);
		out = 0;
	}
	h->bytes = in + out;
	h->by_mapping = family == AF_PACKET || family == AF_XDP;
	h->kind = h->by_mapping ? LA_HELD_PACKET_RING : LA_HELD_SOCKET;
	if (!h->bytes && !h->by_mapping)
		return false;
	socket_address(sk, address, sizeof(address));
	snprintf(h->text, sizeof(h->text), "%s %s %s inode %llu: %llu kB unread, %llu kB unsent",
		 READ_ONCE(sk->sk_prot)->name, family_name(family), *address ? address : "-",
		 (u64)SOCK_INODE(sock)->i_ino, in >> 10, out >> 10);
	return true;
}

static bool look_at_pipe(struct file *file, struct la_holder *h)
{
	const struct pipe_inode_info *pipe = file->private_data;
	unsigned int used;

	if (!pipe)
		return false;
	used = pipe_occupancy(READ_ONCE(pipe->head), READ_ONCE(pipe->tail));
	used = min(used, READ_ONCE(pipe->ring_size));
	h->kind = LA_HELD_PIPE;
	h->id = pipe;
	h->bytes = (u64)used << PAGE_SHIFT;
	snprintf(h->text, sizeof(h->text), "the first is inode %llu",
		 (u64)file_inode(file)->i_ino);
	return true;
}

static bool look_at_io_uring(struct file *file, struct la_holder *h)
{
	unsigned int sq = 0, cq = 0;

	h->kind = LA_HELD_IO_URING;
	h->id = file;
	h->bytes = la_compat_io_uring_bytes(file->private_data, &sq, &cq);
	h->by_mapping = !h->bytes;
	snprintf(h->text, sizeof(h->text), "io_uring of %u and %u entries", sq, cq);
	return true;
}

#ifdef CONFIG_BPF_SYSCALL
static const char *map_type_name(unsigned int type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:			return "hash";
	case BPF_MAP_TYPE_ARRAY:		return "array";
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:	return "perf_event_array";
	case BPF_MAP_TYPE_PERCPU_HASH:		return "percpu_hash";
	case BPF_MAP_TYPE_PERCPU_ARRAY:		return "percpu_array";
	case BPF_MAP_TYPE_STACK_TRACE:		return "stack_trace";
	case BPF_MAP_TYPE_LRU_HASH:		return "lru_hash";
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:	return "lru_percpu_hash";
	case BPF_MAP_TYPE_LPM_TRIE:		return "lpm_trie";
	case BPF_MAP_TYPE_RINGBUF:		return "ringbuf";
	default:				return "map";
	}
}

static bool look_at_bpf_map(struct file *file, struct la_holder *h)
{
	const struct bpf_map *map = file->private_data;
	char name[BPF_OBJ_NAME_LEN];

	if (!map)
		return false;
	h->kind = LA_HELD_BPF;
	h->id = map;
	h->bytes = la_compat_bpf_map_bytes(map);
	strscpy(name, map->name, sizeof(name));
	snprintf(h->text, sizeof(h->text), "BPF %s (type %u) %s of %u entries",
		 map_type_name(map->map_type), map->map_type, *name ? name : "-",
		 map->max_entries);
	return true;
}
#else
static bool look_at_bpf_map(struct file *file, struct la_holder *h)
{
	return false;
}
#endif

static bool look_at_perf(struct file *file, struct la_holder *h)
{
	h->kind = LA_HELD_PERF;
	h->id = file;
	h->by_mapping = true;
	strscpy(h->text, "perf event, what is mapped of its ring", sizeof(h->text));
	return true;
}

static bool look_at_dma_buf(struct file *file, struct la_holder *h)
{
	const struct dma_buf *buf = file->private_data;

	if (!buf)
		return false;
	h->kind = LA_HELD_DMABUF;
	h->id = buf;
	h->bytes = READ_ONCE(buf->size);
	snprintf(h->text, sizeof(h->text), "DMA buffer of %s", READ_ONCE(buf->exp_name) ?: "-");
	return true;
}

static struct {
	const char *name;	/* of its file_operations */
	look_fn look;
	const void *fops;
} types[] = {
	{ "pipefifo_fops", look_at_pipe },
	{ "pipeanon_fops", look_at_pipe },
	{ "io_uring_fops", look_at_io_uring },
	{ "bpf_map_fops", look_at_bpf_map },
	{ "perf_fops", look_at_perf },
	{ "dma_buf_fops", look_at_dma_buf },
};

/**
 * la_holder_files_init() - find the types
 */
void la_holder_files_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		types[i].fops = (const void *)la_symbols_address(types[i].name);
}

/**
 * la_holder_of_file() - what does it hold?
 * @file: an open file that stays open meanwhile
 * @h: zeroed; gets kind, id, bytes and text
 *
 * Context: any in which the file can't go; never sleeps.
 * Return: false when nothing that we know of.
 */
bool la_holder_of_file(struct file *file, struct la_holder *h)
{
	struct socket *sock = la_compat_socket(file);
	unsigned int i;

	if (sock)
		return look_at_socket(sock, h);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].fops && types[i].fops == file->f_op)
			return types[i].look(file, h);
	return false;
}
