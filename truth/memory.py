# SPDX-License-Identifier: GPL-2.0-only
"""
Every live object of every slab cache, out of a dump of the guest.

An object of a slab is alive when it is on no list of free ones: neither on that of its
slab nor on that of a CPU which allocates from it. This is SLUB as of 6.1; fields are
found by the kernel's debug information.
"""
import collections
import struct

import drgn
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.percpu import per_cpu_ptr
from drgn.helpers.linux.slab import for_each_slab_cache

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT
U64 = (1 << 64) - 1
# Pages whose descriptors are read at once.
PAGES_AT_ONCE = 1 << 15
STORE_USER = 0x10000
RED_ZONE = 0x400

Object = collections.namedtuple("Object", "address when pid stack")


class Cache:
    """A cache as it stands in memory; live: its objects by address."""

    def __init__(self, s, depot, hardened):
        self.s = s
        self.address = s.value_()
        self.name = s.name.string_().decode()
        self.size = s.size.value_()
        self.offset = s.offset.value_()
        self.random = s.random.value_() if hardened else 0
        flags = s.flags.value_()
        self.pad = s.red_left_pad.value_() if flags & RED_ZONE else 0
        inuse = s.inuse.value_()
        self.track = None
        if flags & STORE_USER and depot:
            # As get_track() has it, of the allocation.
            self.track = inuse + (8 if self.offset >= inuse else 0)
        self.live = {}


class Memory:
    """One dump."""

    def __init__(self, dump, *programs):
        self.prog = drgn.Program()
        self.prog.set_core_dump(dump)
        self.prog.load_debug_info(programs)
        self.type = self.prog.type
        self.cpus = list(for_each_online_cpu(self.prog))
        self.direct = self.prog["page_offset_base"].value_()
        self.memmap = self.prog["vmemmap_base"].value_()
        # Slabs whose lists of free objects make no sense: how many.
        self.broken = 0
        # Frames of a slab, to its cache.
        self.frames = {}
        self.caches = {}
        self._read_caches()
        self._read_slabs()

    def _offset(self, name, member):
        return drgn.offsetof(self.type(name), member)

    def _has(self, name, member):
        return self.type(name).has_member(member)

    def _read_caches(self):
        hardened = self._has("struct kmem_cache", "random")
        depot = self._has("struct track", "handle")
        # What a CPU has taken off the list of its slab, by the slab.
        self._cpu_lists = {}
        for s in for_each_slab_cache(self.prog):
            cache = Cache(s, depot, hardened)
            self.caches[cache.address] = cache
            for cpu in self.cpus:
                c = per_cpu_ptr(s.cpu_slab, cpu)
                if c.slab and c.freelist:
                    self._cpu_lists[c.slab.value_()] = c.freelist.value_()

    def _page_descriptors(self):
        """(address, words) of every struct page that is mapped."""
        size = drgn.sizeof(self.type("struct page"))
        words = struct.Struct(f"<{size // 8}Q")
        end = self.prog["max_pfn"].value_()
        for first in range(0, end, PAGES_AT_ONCE):
            at = self.memmap + first * size
            try:
                data = self.prog.read(at, min(PAGES_AT_ONCE, end - first) * size)
            except drgn.FaultError:
                continue
            for i, page in enumerate(words.iter_unpack(data)):
                yield first + i, at + i * size, page

    def _read_slabs(self):
        slab_bit = 1 << self.prog["PG_slab"].value_()
        head_bit = 1 << self.prog["PG_head"].value_()
        cache_at = self._offset("struct slab", "slab_cache") // 8
        list_at = self._offset("struct slab", "freelist") // 8
        counters_at = self._offset("struct slab", "counters") // 8
        refs_at = self._offset("struct page", "_refcount")
        # Head pages that somebody holds: what a large kmalloc() is.
        self.heads = set()
        for frame, address, page in self._page_descriptors():
            if page[0] & slab_bit:
                cache = self.caches.get(page[cache_at])
                if cache:
                    # inuse : 16, objects : 15, frozen : 1
                    objects = page[counters_at] >> 16 & 0x7fff
                    self._read_slab(cache, frame, address, page[list_at], objects)
            elif page[0] & head_bit and page[refs_at // 8] >> refs_at % 8 * 8 & 0xffffffff:
                self.heads.add(frame)

    def _read_slab(self, cache, frame, slab, first_free, objects):
        base = self.direct + frame * PAGE_SIZE
        data = self.prog.read(base, cache.pad + objects * cache.size)
        for page in range((len(data) + PAGE_SIZE - 1) // PAGE_SIZE):
            self.frames[frame + page] = cache
        free = set()
        for start in (first_free, self._cpu_lists.get(slab, 0)):
            at = start
            while at:
                place = at - base - cache.pad
                if at in free or place % cache.size or not 0 <= place < objects * cache.size:
                    self.broken += 1
                    break
                free.add(at)
                word = at + cache.offset
                at = struct.unpack_from("<Q", data, word - base)[0]
                if cache.random:
                    at ^= cache.random ^ int.from_bytes(word.to_bytes(8, "little"), "big")
        for i in range(objects):
            at = base + cache.pad + i * cache.size
            if at not in free:
                cache.live[at] = self._track(cache, at, data, at - base)

    def _track(self, cache, address, data, place):
        if cache.track is None:
            return Object(address, None, None, 0)
        # addr, handle, cpu, pid, when
        _, handle, _, pid, when = struct.unpack_from("<QIii4xQ", data, place + cache.track)
        return Object(address, when, pid, handle)

    def cache_of(self, address):
        """The cache of an object, or None; address is in the direct map or not."""
        return self.frames.get((address - self.direct) >> PAGE_SHIFT)

    def is_large(self, address):
        """Is it the begin of a page block that somebody holds?"""
        return (address - self.direct) >> PAGE_SHIFT in self.heads

    def stack(self, handle):
        """The return addresses that the depot keeps under a handle, as names."""
        if not handle:
            return []
        parts = drgn.Object(self.prog, "union handle_parts", value={"handle": handle})
        slab = self.prog["stack_slabs"][parts.slabindex]
        record = drgn.Object(self.prog, "struct stack_record *",
                             value=slab.value_() + (parts.offset.value_() << 4))
        return [self.name(record.entries[i].value_()) for i in range(record.size)]

    def name(self, text):
        """symbol+offset of a return address."""
        try:
            symbol = self.prog.symbol(text)
        except LookupError:
            return f"{text:#x}"
        return f"{symbol.name}+{text - symbol.address:#x}"
