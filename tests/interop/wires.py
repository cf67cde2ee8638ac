#!/usr/bin/env python3
"""wires.py INTERFACE OTHER PORT...: for each three, Ethernet frames between one end of a veth pair and an emulator's datagrams.

Frames that come out at OTHER go to 127.0.0.1:PORT, and what comes to PORT + 1000 goes in there. INTERFACE, the pair's end at the bridge, is
told to write checksums itself, since nobody behind the emulator's wire does.
"""
import array
import fcntl
import select
import socket
import struct
import sys

SIOCETHTOOL, ETHTOOL_STXCSUM, ETH_P_ALL = 0x8946, 0x17, 3

ways = {}
for interface, other, port in zip(sys.argv[1::3], sys.argv[2::3], map(int, sys.argv[3::3])):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    off = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, 0))
    fcntl.ioctl(raw, SIOCETHTOOL, struct.pack("16sP", interface.encode(), off.buffer_info()[0]))
    raw.bind((other, 0))
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind(("127.0.0.1", port + 1000))
    ways[raw] = lambda frame, wire=wire, port=port: wire.sendto(frame, ("127.0.0.1", port))
    ways[wire] = raw.send
print("ready", flush=True)
while True:
    for ready, _, _ in [select.select(list(ways), [], [])]:
        for one in ready:
            try:
                ways[one](one.recv(65536))
            except OSError:  # an emulator that is switched off hears nothing
                pass
