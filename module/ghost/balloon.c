// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon.
 *
 * The kernel counts what balloons inflate and deflate, as events, and since 7.x the pages.
 * Neither says whether MemTotal still has them, and that is what matters to the ledger:
 * VMware's driver leaves them in, virtio's takes them out, unless it was told to deflate
 * rather than to run out of memory (DEFLATE_ON_OOM). So the device is asked for that.
 * Those of Hyper-V and Xen take theirs out and count no events.
 */
#include "balloon.h"

#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/percpu.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/vmstat.h>
#include <uapi/linux/virtio_balloon.h>
#include <uapi/linux/virtio_ids.h>

#include "symbols.h"

/**
 * la_balloon_events() - pages inflated and not deflated, by the events
 * @inflated: the result
 *
 * Return: false where they are not counted.
 */
bool la_balloon_events(s64 *inflated)
{
#if IS_ENABLED(CONFIG_VM_EVENT_COUNTERS) && \
	(IS_ENABLED(CONFIG_MEMORY_BALLOON) || IS_ENABLED(CONFIG_BALLOON))
	int cpu;

	*inflated = 0;
	/* One that goes offline leaves its events to another. */
	for_each_online_cpu(cpu) {
		const unsigned long *event = per_cpu(vm_event_states, cpu).event;

		*inflated += (s64)(READ_ONCE(event[BALLOON_INFLATE]) -
				   READ_ONCE(event[BALLOON_DEFLATE]));
	}
	return true;
#else
	return false;
#endif
}

struct devices {
	unsigned int keep;
	unsigned int take;
};

static int look_at(struct device *dev, void *data)
{
	struct devices *devices = data;

	/* What it can do is settled with its driver. */
	if (dev_to_virtio(dev)->id.device != VIRTIO_ID_BALLOON || !READ_ONCE(dev->driver))
		return 0;
	if (__virtio_test_bit(dev_to_virtio(dev), VIRTIO_BALLOON_F_DEFLATE_ON_OOM))
		devices->keep++;
	else
		devices->take++;
	return 0;
}

static struct devices virtio_devices(void)
{
	struct devices devices = { };
	struct bus_type *bus = (struct bus_type *)la_symbols_address("virtio_bus");

	/* Of the bus and not of the driver, which may be unloaded meanwhile. */
	if (bus && bus_for_each_dev(bus, NULL, &devices, look_at))
		devices = (struct devices){ };
	return devices;
}

/**
 * la_balloon_read() - is what is inflated part of MemTotal?
 * @inflated: pages
 * @within: gets those that are
 * @taken: gets those that are not
 *
 * Context: process.
 * Return: false when that can't be told: there are devices of both kinds.
 */
bool la_balloon_read(s64 inflated, s64 *within, s64 *taken)
{
	struct devices devices = { };

	if (inflated)
		devices = virtio_devices();
	*within = devices.take ? 0 : inflated;
	*taken = devices.take ? inflated : 0;
	return !(devices.take && devices.keep);
}
