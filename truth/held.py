# SPDX-License-Identifier: GPL-2.0-only
"""
What leakacct holds, out of the same dump: its table of live objects and that of those
which wait for RCU. See module/objects/table.c for keys and slots.
"""
import collections
import struct

Record = collections.namedtuple("Record", "site born cache caller own large")

SPACE = 0x003
SHADOW = 0x004
META = 0x3f8
BUSY = SHADOW
ADDRESS_SHIFT = 7
SLOTS = 8
# Of the classes: slab objects and large kmallocs come first, areas are in no slab.
LARGE = 1


def address_of(key):
    """The address in a key, of which the sign was shifted out."""
    key &= ~(SPACE | SHADOW | META)
    if key >> 63:
        key -= 1 << 64
    return (key >> ADDRESS_SHIFT) & ((1 << 64) - 1)


class Held:
    """The tables of one dump; objects, waiting: records by address."""

    def __init__(self, memory):
        self.prog = memory.prog
        # Slots that somebody owns: an event was under way there.
        self.busy = 0
        self.growing = False
        # la_ticks_base and LA_TICK_SHIFT of module/leakacct.h: ticks are of 1/16 to 1/32 s.
        self._base = self.prog["la_ticks_base"].value_()
        hz = round(10**9 / self.prog["tick_nsec"].value_())
        self._shift = hz.bit_length() - 1 - 4
        self._sites = {}
        self.objects = self._table(self.prog["la_objects_table"])
        self.waiting = self._table(self.prog["la_objects_waiting_table"])

    def ticks(self, jiffies):
        """The time in records; all of it is after la_ticks_base."""
        return (jiffies - self._base) % (1 << 64) >> self._shift

    def jiffies(self, ticks):
        """When that tick began."""
        return (self._base + (ticks << self._shift)) % (1 << 64)

    def _table(self, table):
        records = {}
        segment = table.cur
        self.growing = self.growing or bool(segment.prev)
        # While it grows a record is in one of the two, or a shadow in the other too.
        for part in (segment.prev, segment):
            if part:
                self._segment(part, records)
        return records

    def _segment(self, segment, records):
        slots = SLOTS << segment.bits.value_()
        keys = struct.iter_unpack("<Q", self.prog.read(segment.keys.value_(), slots * 8))
        data = self.prog.read(segment.recs.value_(), slots * 16)
        for i, (key,) in enumerate(keys):
            if not i % SLOTS:
                key &= ~META
            if key == BUSY:
                self.busy += 1
            elif key:
                site, _, _, born, _ = struct.unpack_from("<IHHII", data, i * 16)
                if self._class(site) <= LARGE:
                    records[address_of(key)] = self._record(site, born)

    def _class(self, site):
        return self.prog["la_sites_table"][site].member_("class").value_()

    def _record(self, site, born):
        if site not in self._sites:
            s = self.prog["la_sites_table"][site]
            cache = self.prog.variable("caches", "caches.c")[s.cache]
            self._sites[site] = (cache.s.value_(), s.caller.value_(), bool(s.own),
                                 self._class(site) == LARGE)
        return Record(site, born, *self._sites[site])
