#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""
Take a dump of a guest.

usage: qmp.py SOCKET FILE

The guest stands still meanwhile. Addresses are written as the guest maps them
(paging), as drgn finds nothing in a file that has only physical ones.
"""
import json
import socket
import sys


class Monitor:
    """QEMU's monitor protocol: one command, one answer, and events between."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r")
        self.answer()
        self.run("qmp_capabilities")

    def answer(self):
        """The next answer, or the greeting."""
        for line in self.lines:
            message = json.loads(line)
            if "error" in message:
                sys.exit(f"qmp.py: {message['error']['desc']}")
            if "event" not in message:
                return message
        sys.exit("qmp.py: the guest has gone")

    def run(self, command, **arguments):
        """Does it, and waits until it is done."""
        message = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(message).encode())
        return self.answer()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: qmp.py SOCKET FILE")
    monitor = Monitor(sys.argv[1])
    monitor.run("stop")
    monitor.run("dump-guest-memory", paging=True, protocol=f"file:{sys.argv[2]}", format="elf")
    monitor.run("cont")


main()
