// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver with a leak, for the demo: it forwards packets of a transport stream.
 *
 * It takes each packet that arrives on the loopback device, copies it into an
 * skb of its own and queues that, described by a 72-byte TSPacket, to a work
 * that would send it on and frees both. One packet in `leak_every` takes the
 * error path of tspkt_rx(), as if it were out of sequence; there both are
 * forgotten, which is the bug to be found. `leaked` says how often that was.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_ether.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#define QUEUE_MAX	1000

static unsigned int leak_every = 50;
module_param(leak_every, uint, 0644);
MODULE_PARM_DESC(leak_every, "forget one packet in so many; 0: none");

/* Under the lock of the queue. */
static unsigned long received, forwarded, dropped, leaked;
module_param(received, ulong, 0444);
module_param(forwarded, ulong, 0444);
module_param(dropped, ulong, 0444);
module_param(leaked, ulong, 0444);

struct tspacket {
	struct list_head list;
	struct sk_buff *skb;
	ktime_t arrival;
	u32 sequence;
	u16 pid;		/* of the stream */
	u16 length;
	char stream[32];
};

static_assert(sizeof(struct tspacket) == 72);

static struct kmem_cache *tspacket_cache;
static LIST_HEAD(queue);
static unsigned int queued;
static DEFINE_SPINLOCK(queue_lock);

static void free_packet(struct tspacket *packet)
{
	kfree_skb(packet->skb);
	kmem_cache_free(tspacket_cache, packet);
}

static void forward(struct work_struct *work)
{
	struct tspacket *packet, *next;
	unsigned int n = 0;
	LIST_HEAD(batch);

	spin_lock_bh(&queue_lock);
	list_splice_init(&queue, &batch);
	queued = 0;
	spin_unlock_bh(&queue_lock);

	list_for_each_entry_safe(packet, next, &batch, list) {
		list_del(&packet->list);
		free_packet(packet);
		n++;
	}

	spin_lock_bh(&queue_lock);
	forwarded += n;
	spin_unlock_bh(&queue_lock);
}

static DECLARE_DELAYED_WORK(forward_work, forward);

/* False: the queue is full. */
static bool enqueue(struct tspacket *packet)
{
	if (queued == QUEUE_MAX)
		return false;
	list_add_tail(&packet->list, &queue);
	queued++;
	return true;
}

static bool fill_packet(struct tspacket *packet, struct sk_buff *skb)
{
	packet->skb = skb_copy(skb, GFP_ATOMIC);
	if (!packet->skb)
		return false;
	packet->arrival = ktime_get();
	packet->sequence = received;
	packet->pid = 0x100 + received % 3;
	packet->length = skb->len;
	strscpy(packet->stream, "TSPacket of mpegts://lo:5004", sizeof(packet->stream));
	return true;
}

static int tspkt_rx(struct sk_buff *skb, struct net_device *dev, struct packet_type *type,
		    struct net_device *orig_dev)
{
	struct tspacket *packet;

	if (skb->pkt_type == PACKET_OUTGOING)
		goto out;
	spin_lock_bh(&queue_lock);
	received++;
	packet = kmem_cache_zalloc(tspacket_cache, GFP_ATOMIC);
	if (!packet) {
		dropped++;
	} else if (!fill_packet(packet, skb)) {
		dropped++;
		kmem_cache_free(tspacket_cache, packet);
	} else if (leak_every && received % leak_every == 0) {
		/* Out of sequence. The bug: nobody frees the packet. */
		leaked++;
	} else if (!enqueue(packet)) {
		dropped++;
		free_packet(packet);
	}
	spin_unlock_bh(&queue_lock);
	schedule_delayed_work(&forward_work, msecs_to_jiffies(20));
out:
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type tspkt_type = {
	.type = htons(ETH_P_ALL),
	.func = tspkt_rx,
};

static int __init tspkt_init(void)
{
	tspacket_cache = kmem_cache_create("TSPacket", sizeof(struct tspacket), 0, 0, NULL);
	if (!tspacket_cache)
		return -ENOMEM;
	tspkt_type.dev = init_net.loopback_dev;
	dev_add_pack(&tspkt_type);
	return 0;
}

static void __exit tspkt_exit(void)
{
	dev_remove_pack(&tspkt_type);
	cancel_delayed_work_sync(&forward_work);
	forward(NULL);
	/* One that is in use can't be destroyed. */
	if (!leaked)
		kmem_cache_destroy(tspacket_cache);
}

module_init(tspkt_init);
module_exit(tspkt_exit);
MODULE_DESCRIPTION("A driver that forwards transport stream packets, and leaks some");
MODULE_LICENSE("GPL");
