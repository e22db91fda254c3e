#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""
What leakacct holds against what lives, cache by cache, as KTAP.

usage: compare.py BEGIN END STATS TABLE VMLINUX MODULE

BEGIN and END are dumps of one guest: after leakacct was loaded and before the load
began, and when it had ended. STATS holds leakacct's own `stats` as of END. The figures
of all caches are written to TABLE.

Which objects are older than leakacct? With slub_debug=U each object says when it was
allocated. Without, they are those that lived and were not held at BEGIN: where one was
freed since, and its address given to another that is not held, nobody can tell.
"""
import collections
import sys

from held import Held
from memory import Memory

# Off by so much of a cache, or so many events under way on each CPU, is no error.
SHARE = 0.001
EVENTS_PER_CPU = 2
# Objects of a cache that are told of when it fails.
EXAMPLES = 5

COLUMNS = ("alive", "since", "held", "waiting", "dead", "missed", "stale")


class Row(collections.Counter):
    """
    The figures of a cache: alive objects, of them since the load; held ones; of those
    that wait for RCU, how many are alive. Then what is off: held and not alive (dead),
    alive since the load and neither held nor waiting (missed), and, where it can be
    told, held by a record that is older than the object which lives there (stale).
    """

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.examples = []

    def off(self):
        return self["dead"] + self["missed"] + self["stale"]


class Comparison:
    """Of one dump; since: jiffies of the first record, old: addresses that were not held."""

    def __init__(self, memory, held, since, old):
        self.memory = memory
        self.held = held
        self.since = since
        self.old = old
        self.rows = {}
        # Not known whether it is a miss; see above.
        self.untold = 0
        # Booked on a cache that is not the object's.
        self.wrong_cache = 0
        self.tracked = any(c.track is not None for c in memory.caches.values())
        for cache in memory.caches.values():
            self._alive(cache)
        for address, record in held.objects.items():
            self._held(address, record)
        for address, record in held.waiting.items():
            self._waiting(address, record)

    def row(self, name):
        return self.rows.setdefault(name, Row(name))

    def _is_new(self, o):
        if self.tracked:
            return o.when >= self.since
        return o.address not in self.old

    def _alive(self, cache):
        row = self.row(cache.name)
        for address, o in cache.live.items():
            row["alive"] += 1
            new = self._is_new(o)
            held = address in self.held.objects
            row["since"] += new or held
            if held:
                continue
            if address in self.held.waiting:
                row["waiting"] += 1
            elif new:
                row["missed"] += 1
                row.examples.append(("missed", o))
            elif not self.tracked:
                self.untold += 1

    def _held(self, address, record):
        cache = self.memory.cache_of(address)
        if cache is None:
            self._held_elsewhere(address, record)
            return
        row = self.row(cache.name)
        row["held"] += 1
        o = cache.live.get(address)
        if o is None:
            row["dead"] += 1
            row.examples.append(("dead", record))
        elif o.when is not None and self._is_older(record, o):
            row["stale"] += 1
            row.examples.append(("stale", record))
        self.wrong_cache += record.cache != cache.address

    def _is_older(self, record, o):
        """
        Is the record of an object that was there before? It can well be younger: who
        allocates may be preempted before the tracepoint.
        """
        return (record.born - self.held.ticks(o.when)) & 0xffffffff >= 1 << 31

    def _held_elsewhere(self, address, record):
        """Held, but in no slab: a large kmalloc() is pages that somebody holds."""
        cache = self.memory.caches.get(record.cache)
        if self.memory.is_large(address):
            row = self.row("(large kmalloc)")
            row["alive"] += 1
            row["since"] += 1
            self.wrong_cache += not record.large
        else:
            row = self.row(cache.name if cache else "(no slab)")
            row["dead"] += 1
            row.examples.append(("dead", record))
        row["held"] += 1

    def _waiting(self, address, record):
        """What waits for RCU is alive, or it is held for nothing too."""
        cache = self.memory.cache_of(address)
        if address in cache.live if cache else self.memory.is_large(address):
            return
        row = self.row(cache.name if cache else "(no slab)")
        row["dead"] += 1
        row.examples.append(("dead", record))

    def not_held(self):
        """Addresses of what is alive and neither held nor waiting."""
        return {address for cache in self.memory.caches.values() for address in cache.live
                if address not in self.held.objects and address not in self.held.waiting}


def first_record(held):
    """The jiffies from which on all was recorded: one tick after the oldest record."""
    return held.jiffies(min(r.born for r in held.objects.values()) + 1)


class Report:
    """KTAP, one case a line."""

    def __init__(self):
        self.cases = []
        self.failed = 0

    def case(self, good, name, diagnostics=()):
        self.cases.append((good, name, list(diagnostics)))
        self.failed += not good

    def show(self):
        print("KTAP version 1")
        print(f"1..{len(self.cases)}")
        for number, (good, name, diagnostics) in enumerate(self.cases, 1):
            for line in diagnostics:
                print(f"# {line}")
            print(f"{'ok' if good else 'not ok'} {number} {name}")


def figures(row):
    return " ".join(f"{row[c]:9}" for c in COLUMNS)


def describe(memory, kind, what):
    """One object that is off, and who allocated it."""
    if kind == "missed":
        frames = " < ".join(memory.stack(what.stack)[:10])
        return f"missed {what.address:#x} of pid {what.pid} at {what.when}: {frames or 'no track'}"
    return f"{kind}: record of {memory.name(what.caller)}, site {what.site}, born {what.born}"


def sum_of(rows, column):
    return sum(row[column] for row in rows)


def write_table(path, rows):
    with open(path, "w", encoding="ascii") as f:
        print(f"{'cache':28}" + " ".join(f"{c:>9}" for c in COLUMNS), file=f)
        for row in sorted(rows, key=lambda row: -row["held"]):
            if row["alive"] or row["held"]:
                print(f"{row.name:28}{figures(row)}", file=f)
        total = Row("sum")
        for row in rows:
            total.update(row)
        print(f"{'sum':28}{figures(total)}", file=f)


def judge(report, comparison, stats):
    memory, rows = comparison.memory, list(comparison.rows.values())
    spare = EVENTS_PER_CPU * len(memory.cpus)
    for row in sorted(rows, key=lambda row: row.name):
        if not row["alive"] and not row["held"]:
            continue
        bound = max(SHARE * row["alive"], spare)
        told = [describe(memory, *e) for e in row.examples[:EXAMPLES]]
        report.case(row["dead"] + row["stale"] <= bound and row["missed"] <= bound,
                    f"{row.name}: {row['held']} held, {row['since']} alive since, "
                    f"{row['dead']} dead, {row['missed']} missed, {row['stale']} stale",
                    told)
    off = sum(row.off() for row in rows)
    # A heal is mended and excuses nothing that is off.
    admitted = sum(stats[name] for name in ("refused", "hooks_missed", "rcu_unkept",
                                            "not_recorded"))
    report.case(off <= admitted + spare,
                f"{off} objects are off, the trust line admits {admitted}",
                [f"and {spare} may be under way"])
    # Tracepoints and ftrace_ops, by which frees are watched here, lose none.
    report.case(stats["heals"] == 0, f"{stats['heals']} frees were missed and healed")
    report.case(memory.broken == 0, f"{memory.broken} slabs have broken lists")
    report.case(comparison.wrong_cache <= SHARE * len(comparison.held.objects),
                f"{comparison.wrong_cache} objects are booked on another cache than theirs")
    since = sum_of(rows, "since")
    report.case(since >= 20000, f"{since} objects were alive and allocated since the load")
    # Said some seconds before the dump, while the load may go on.
    live = stats["objects_live"]
    report.case(abs(live - len(comparison.held.objects)) <= live / 20,
                f"{len(comparison.held.objects)} records were found, stats said {live}")


def main():
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    begin, end, stats_file, table, *programs = sys.argv[1:]
    stats = collections.Counter()
    with open(stats_file, encoding="ascii") as f:
        for line in f:
            name, value = line.split()[:2]
            if value.lstrip("-").isdigit():
                stats[name] = int(value)
    memory = Memory(begin, *programs)
    held = Held(memory)
    since = first_record(held)
    old = Comparison(memory, held, since, set()).not_held()
    memory = Memory(end, *programs)
    comparison = Comparison(memory, Held(memory), since, old)
    write_table(table, list(comparison.rows.values()))
    report = Report()
    judge(report, comparison, stats)
    report.show()
    print(f"# CPUs {len(memory.cpus)}, slots that an event owned {comparison.held.busy}, "
          f"growing {comparison.held.growing}; older than the load, or nobody can tell: "
          f"{comparison.untold} objects", file=sys.stderr)
    sys.exit(report.failed != 0)


main()
