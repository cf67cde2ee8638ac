#!/usr/bin/env python3
"""frames.py DIRECTORY: frames of the set protocol as docs/set-protocol.md has them, and what Wireshark should make of them.

good.txt    what tshark -V says of each well-formed frame, in the order of the captures
frames.pcap TCP stream 0 on port 6800 has the well-formed frames; each further stream ends with a malformed one
bad.txt     of each of those streams: its number, which expert info, and its text
other.pcap  the well-formed frames on port 7000
tls.pcap    the same in TLS on port 6801, with its keys in tls.keys; not written where the TLS library has no suite without certificates
cut.pcap    the same on port 6800, of each packet the first octets only
secrets     what must stand in no info column, one a line
"""
import os
import ssl
import struct
import sys

PIN, CODE, TOKEN = "73916482", "ZxCode7391", bytes(range(0xA0, 0xB0))
OURS, THEIRS = bytes(range(0x40, 0x5E)), bytes(range(0xC0, 0xDE))
SET, CONTROLLER = True, False


def text(of):
    octets = of if isinstance(of, bytes) else of.encode()
    return bytes([len(octets)]) + octets


def header(length, kind, sequence=1, acknowledged=0, zero=0):
    return struct.pack(">HBBII", length, kind, zero, sequence, acknowledged)


IPV4 = bytes([4, 127, 0, 0, 1]) + struct.pack(">H", 4000)
IPV6 = bytes([6]) + bytes.fromhex("20010db8000000000000000000000007") + struct.pack(">H", 4002)
IPV4_LINES = ["Address: 127.0.0.1", "    Family: IPv4 (4)", "    IPv4: 127.0.0.1", "    Port: 4000"]
IPV6_LINES = ["Address: 2001:db8::7", "    Family: IPv6 (6)", "    IPv6: 2001:db8::7", "    Port: 4002"]
STREAM, STREAM_LINES = struct.pack(">BH", 0, 1), ["Stream: 0", "Generation: 1"]
LINES = {1: "line 1", 2: "line 2", 3: "line 3", 4: "line 4", 0x10: "Hold", 0x11: "Transfer", 0x12: "Cancel", 0x13: "Redial"}
KEYS = {ord(digit): digit for digit in "0123456789*#"} | LINES
CODECS = ["PCMU", "PCMA", "G.722", "G.729", "Opus"]
TONES = ["silence", "dial", "second dial", "ring back", "busy", "reorder", "account code wanted", "confirmation", "warning", "camp-on",
         "intrusion", "on hold"]
REFUSALS = ["BadPin", "UnknownDn", "DnInUse", "MacInUse", "SetTypeMismatch", "LockedOut", "NotHere", "Transport", "NotNow"]
BYES = ["as wished", "no version in common", "a frame that cannot be read", "sequence", "silence",
        "another connection of the same set, or another set of the number", "the controller stops", "the number is not in the policy any more",
        "too slow"]
DIRECTIONS = {3: ("send and receive", "", "yes", "yes"), 1: ("send", ", send only", "yes", "no"), 2: ("receive", ", receive only", "no", "yes"),
              0: ("neither", ", neither", "no", "no")}


def hello(token=bytes(16), settype=text("desk"), rows=2, columns=24, keys=4, srtp=1, codecs=bytes([5, 4, 2, 0, 1, 3])):
    return bytes([1, 1]) + bytes.fromhex("02005e10000a") + settype + token + bytes([rows, columns, keys, srtp]) + codecs


def register(kind=1, code=CODE, number="301", pin=PIN):
    return bytes([kind]) + text(code) + text(number) + text(pin)


def registered(how=0, number="301", name="Ann"):
    return bytes([how]) + TOKEN + struct.pack(">H", 30) + text(number) + text(name)


def send(address=IPV4, codec=0, payload=0, events=101, direction=3, keys=b"\0"):
    return STREAM + address + bytes([codec, payload, events, direction]) + keys


def snapshot(*actuations, count=None):
    return bytes([len(actuations) if count is None else count]) + b"".join(
        struct.pack(">BH", kind, len(body)) + body for kind, body in actuations)


def shown(name, of):
    return [f"{name}: {of}", f"    Octets of text: {len(of.encode())}"]


def good():
    """Of each well-formed frame: who sends it, kind, its name, body, the line of the info column, and the lines of the tree."""
    token = {bytes(16): "", TOKEN: ", with a token"}
    for value, said in token.items():
        yield SET, 0x01, "Hello", hello(value), "Hello versions 1 to 1, 02:00:5e:10:00:0a desk, display 2x24, line keys 4, Opus G.722 PCMU PCMA " \
            "G.729, SRTP" + said, ["Oldest version: 1", "Newest version: 1", "MAC: 02:00:5e:10:00:0a", *shown("Set type", "desk"),
                                   f"Token: {value.hex()}", "Display rows: 2", "Display columns: 24", "Line keys: 4",
                                   "SRTP: AES_CM_128_HMAC_SHA1_80 (1)", "Codecs: 5", "Codec: Opus (4)", "Codec: G.722 (2)", "Codec: PCMU (0)",
                                   "Codec: PCMA (1)", "Codec: G.729 (3)"]
    yield SET, 0x01, "Hello", hello(srtp=0, settype=text("s" * 16), rows=4, columns=40, keys=1, codecs=bytes([1, 0])), \
        f"Hello versions 1 to 1, 02:00:5e:10:00:0a {'s' * 16}, display 4x40, line keys 1, PCMU", \
        ["Oldest version: 1", "Newest version: 1", "MAC: 02:00:5e:10:00:0a", *shown("Set type", "s" * 16),
         f"Token: {bytes(16).hex()}", "Display rows: 4", "Display columns: 40", "Line keys: 1", "SRTP: no (0)", "Codecs: 1", "Codec: PCMU (0)"]
    yield CONTROLLER, 0x81, "Welcome", b"\x01\x00\x14", "Welcome version 1, heartbeat 20 s", ["Version: 1", "Heartbeat in seconds: 20"]
    for kind, said in enumerate(["none", "registration", "replacement"]):
        code = CODE if kind else ""
        yield SET, 0x02, "Register", register(kind, code), f"Register 301 code {said}", \
            [f"Kind of code: {said} ({kind})", *shown("Code", code), *shown("Number", "301"), *shown("PIN", PIN)]
    yield SET, 0x02, "Register", register(0, "", "3" * 16, ""), f"Register {'3' * 16} code none", \
        ["Kind of code: none (0)", *shown("Code", ""), *shown("Number", "3" * 16), *shown("PIN", "")]
    for how, said in enumerate(["known", "bound", "replaced", "resumed"]):
        name = ["Ann", "", "Zoë Łuć", "n" * 40][how]
        yield CONTROLLER, 0x82, "Registered", registered(how, name=name), f'Registered 301 "{name}" {said}, grace 30 s', \
            [f"How: {said} ({how})", f"Token: {TOKEN.hex()}", "Grace in seconds: 30", *shown("Number", "301"), *shown("Name", name)]
    for reason, said in enumerate(REFUSALS, 1):
        where = "pbx.example:6801" if reason == 7 else ""
        yield CONTROLLER, 0x83, "Refused", bytes([reason]) + text(where), f"Refused {said}" + (f", go to {where}" if where else ""), \
            [f"Reason: {said} ({reason})", *shown("Where to", where)]
    for value, said in enumerate(["on", "off"]):
        yield SET, 0x03, "Hook", bytes([value]), f"Hook {said}", [f"Hook: {said} ({value})"]
    for key, said in KEYS.items():
        for value, how in enumerate(["released", "pressed"]):
            yield SET, 0x04, "Key", bytes([key, value]), f"Key {said} {how}", [f"Key: {said} (0x{key:02x})", f"Pressed: {how} ({value})"]
    for address, said, lines in ((IPV4, "127.0.0.1:4000", IPV4_LINES), (IPV6, "[2001:db8::7]:4002", IPV6_LINES),
                                 (b"\0", "no address", ["Address: none", "    Family: none (0)"])):
        yield SET, 0x05, "Opened", struct.pack(">BH", 3, 65535) + address, f"Opened stream 3 generation 65535 at {said}", \
            ["Stream: 3", "Generation: 65535", *lines]
    yield SET, 0x06, "Alive", b"", "Alive", []
    yield CONTROLLER, 0x8E, "Alive", b"", "Alive", []
    for sender, kind in ((SET, 0x07), (CONTROLLER, 0x8F)):
        for reason, said in enumerate(BYES):
            yield sender, kind, "Bye", bytes([reason]), f"Bye: {said}", [f"Reason: {said} ({reason})"]
    actuations = list(actuated())
    yield from actuations
    for kind, name, do in ((0x8B, "Close", "Close"), (0x8D, "Stop", "Stop")):
        yield CONTROLLER, kind, name, STREAM, f"{do} stream 0 generation 1", STREAM_LINES
    yield CONTROLLER, 0x84, "Snapshot", b"\0", "Snapshot of 0", ["Actuations: 0"]
    for part in (actuations[:30], actuations[30:]):
        yield CONTROLLER, 0x84, "Snapshot", snapshot(*((kind, body) for _, kind, _, body, _, _ in part)), f"Snapshot of {len(part)}", \
            [f"Actuations: {len(part)}"] + [line for _, kind, name, body, said, lines in part for line in (
                f"Actuation: {said}", f"    Kind: {name} (0x{kind:02x})", f"    Length: {len(body)}", *("    " + line for line in lines))]


def actuated():
    """The same of what may stand in a snapshot."""
    for row, of in enumerate(["Ready", "", "Zoë ruft an", "ż" * 40]):
        yield CONTROLLER, 0x85, "Display", bytes([row]) + text(of), f'Display {row} "{of}"', [f"Row: {row}", *shown("Text", of)]
    for mode, said in enumerate(["off", "on", "wink", "flash", "blink"]):
        key = list(LINES)[mode]
        yield CONTROLLER, 0x86, "Lamp", bytes([key, mode]), f"Lamp {LINES[key]} {said}", [f"Lamp of key: {LINES[key]} (0x{key:02x})",
                                                                                      f"Mode: {said} ({mode})"]
    for tone, said in enumerate(TONES):
        yield CONTROLLER, 0x87, "Tone", bytes([tone]), f"Tone {said}", [f"Tone: {said} ({tone})"]
    for ring, said in enumerate(["silent", "a call from inside", "a call from outside"]):
        yield CONTROLLER, 0x88, "Ringer", bytes([ring]), f"Ringer {said}", [f"Ring: {said} ({ring})"]
    for path, said in enumerate(["none", "handset or speaker"]):
        yield CONTROLLER, 0x89, "Audio", bytes([path]), f"Audio {said}", [f"Path: {said} ({path})"]
    yield CONTROLLER, 0x8A, "Open", STREAM, "Open stream 0 generation 1", STREAM_LINES
    for codec, said in enumerate(CODECS):
        direction = (3, 1, 2, 0, 3)[codec]
        way, suffix, sends, receives = DIRECTIONS[direction]
        six, secure, events = codec == 1, codec == 4, 255 if codec == 2 else 101
        yield CONTROLLER, 0x8C, "Send", send(IPV6 if six else IPV4, codec, 127, events, direction, b"\1" + OURS + THEIRS if secure else b"\0"), \
            f"Send stream 0 generation 1 -> {'[2001:db8::7]:4002' if six else '127.0.0.1:4000'} {said}{suffix}" + (", SRTP" if secure else ""), \
            [*STREAM_LINES, *(IPV6_LINES if six else IPV4_LINES), f"Codec: {said} ({codec})", "Payload type: 127",
             "Payload type of events: " + ("255 (none)" if events == 255 else "101"), f"Direction: {way} ({direction})",
             f"    .... ...{direction & 1} = Send: {sends}", f"    .... ..{direction >> 1}. = Receive: {receives}",
             "Keys: " + ("ours and theirs (1)" if secure else "none (0)"),
             *([f"Our master key and salt: {OURS.hex()}", f"Their master key and salt: {THEIRS.hex()}"] if secure else [])]
    for seconds, minutes, said in ((1_700_000_000, 60, "2023-11-14 22:13:20"), (1 << 63, -210, str(1 << 63))):
        yield CONTROLLER, 0x90, "Clock", struct.pack(">Qh", seconds, minutes), f"Clock {said} UTC, {minutes} minutes east", \
            [f"Seconds since 1970 UTC: {seconds}", f"Minutes east of UTC: {minutes}"]


def bad():
    """Of each malformed connection: the expert info and text of its last frame, and what is sent."""
    def body(kind, of, said):
        return "body", said, [(SET if kind < 0x80 else CONTROLLER, header(len(of), kind) + of)]
    yield "long", "1201 octets, not at most 1200", [(SET, header(1201, 0x02) + register())]
    yield "long", "65535 octets, not at most 1200", [(CONTROLLER, header(65535, 0x84)), (CONTROLLER, bytes(40))]
    for kind in (0x00, 0x08, 0x7F, 0x80, 0x91, 0xFF):
        yield "kind", f"kind 0x{kind:02x} is not defined", [(kind < 0x80, header(len(register()), kind) + register())]
    yield "zero", "octet 3 is 1, not 0", [(SET, header(0, 0x06, zero=1))]
    yield "zero", "octet 3 is 255, not 0", [(CONTROLLER, header(1, 0x87, zero=255) + b"\1")]
    yield "direction", "Key comes from the controller", [(CONTROLLER, header(2, 0x04) + b"5\1")]
    yield "direction", "Welcome comes from the set", [(SET, header(3, 0x81) + b"\1\0\x14")]
    yield "sequence", "sequence 2, not 1", [(SET, header(len(hello()), 0x01, 2) + hello())]
    yield "sequence", "sequence 3, not 2", [(SET, header(0, 0x06, 1)), (SET, header(0, 0x06, 3))]
    yield "sequence", "sequence 7, not 8", [(CONTROLLER, header(0, 0x8E, 7)), (CONTROLLER, header(0, 0x8E, 7))]
    yield "acknowledged", "2 is acknowledged, and the last that was sent is 1", [(SET, header(0, 0x06)), (CONTROLLER, header(0, 0x8E, 1, 2))]

    # A body that ends at each of its octets but the last, and one that goes on behind it.
    whole = {0x01: hello(TOKEN), 0x02: register(), 0x03: b"\1", 0x04: b"5\1", 0x05: STREAM + IPV6, 0x07: b"\0", 0x81: b"\1\0\x14",
             0x82: registered(), 0x83: b"\7" + text("a:1"), 0x84: snapshot((0x87, b"\1"), (0x8A, STREAM)), 0x85: b"\0" + text("Ready"),
             0x86: b"\1\1", 0x87: b"\1", 0x88: b"\1", 0x89: b"\1", 0x8A: STREAM, 0x8B: STREAM, 0x8C: send(keys=b"\1" + OURS + THEIRS),
             0x8D: STREAM, 0x8F: b"\0", 0x90: struct.pack(">Qh", 1, 1)}
    for kind, of in whole.items():
        for end in range(len(of)):
            yield body(kind, of[:end], "the body ends within *")
    for kind, of in (whole | {0x06: b"", 0x8E: b""}).items():
        yield body(kind, of + b"\0\0", "2 octets too many")

    for of, said in ((hello(settype=text("")), "set type of 0 octets, not 1 to 16"), (hello(settype=text("s" * 17)), "set type of 17 octets, not 1 to 16"),
                     (hello(settype=text("de\nsk")), "set type is not UTF-8 without control characters"),
                     (hello(rows=0), "display rows 0 is not 1 to 4"), (hello(rows=5), "display rows 5 is not 1 to 4"),
                     (hello(columns=15), "display columns 15 is not 16 to 40"), (hello(columns=41), "display columns 41 is not 16 to 40"),
                     (hello(keys=0), "line keys 0 is not 1 to 4"), (hello(keys=5), "line keys 5 is not 1 to 4"),
                     (hello(srtp=2), "SRTP 2 is not defined"), (hello(codecs=b"\0"), "number of codecs 0 is not 1 to 5"),
                     (hello(codecs=bytes([6, 0, 1, 2, 3, 4, 0])), "number of codecs 6 is not 1 to 5"), (hello(codecs=b"\1\5"), "codec 5 is not defined")):
        yield body(0x01, of, said)
    for of, said in ((register(3), "kind of code 3 is not defined"), (register(code=CODE + "1"), "code of 11 octets, not 0 to 10"),
                     (register(number=""), "number of 0 octets, not 1 to 16"), (register(number="3" * 17), "number of 17 octets, not 1 to 16"),
                     (register(pin=PIN + "1"), "PIN of 9 octets, not 0 to 8")):
        yield body(0x02, of, said)
    yield body(0x03, b"\2", "hook 2 is not defined")
    for key in (0, 5, 0x0F, 0x14, 0x2F, 0x3A, 0xFF):
        yield body(0x04, bytes([key, 1]), f"key {key} is not defined")
    yield body(0x04, b"5\2", "pressed 2 is not defined")
    yield body(0x05, STREAM + b"\5" + IPV4[1:], "address family 5 is not defined")
    yield body(0x07, b"\x09", "reason 9 is not defined")
    yield body(0x82, registered(4), "how 4 is not defined")
    yield body(0x82, registered(number="3" * 17), "number of 17 octets, not 0 to 16")
    yield body(0x82, registered(name="n" * 41), "name of 41 octets, not 0 to 40")
    for reason in (0, 10):
        yield body(0x83, bytes([reason, 0]), f"reason {reason} is not defined")
    yield body(0x83, b"\7" + text("w" * 65), "where to of 65 octets, not 0 to 64")
    yield body(0x83, b"\1" + text("a:1"), "where to is told with another reason than 7")
    yield body(0x84, snapshot((0x87, b"\1"), count=0), "4 octets too many")
    yield body(0x84, snapshot((0x87, b"")), "the body ends within *")
    yield body(0x84, snapshot((0x87, b"\1\1")), "1 octets too many")
    for kind, name in ((0x8B, "Close"), (0x8D, "Stop"), (0x81, "Welcome"), (0x84, "Snapshot"), (0x04, "Key"), (0xEE, "kind 0xee")):
        yield body(0x84, snapshot((kind, STREAM)), f"{name} does not stand in a snapshot")
    for of in (b"\x1f", b"\x7f", b"\xc2\x9f", b"\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80",
               b"\xf8\x88\x80\x80\x80", b"\xe2\x82", b"a\xc3"):
        yield body(0x85, b"\0" + text(of), "text is not UTF-8 without control characters")
    yield body(0x85, b"\0" + text("a" * 41), "text of 41 characters, not at most 40")
    yield body(0x86, b"\5\1", "key 5 is not defined")
    yield body(0x86, b"\1\5", "lamp mode 5 is not defined")
    yield body(0x87, b"\x0c", "tone 12 is not defined")
    yield body(0x88, b"\3", "ring 3 is not defined")
    yield body(0x89, b"\2", "path 2 is not defined")
    for of, said in ((send(b"\0"), "nowhere to send to"), (send(codec=5), "codec 5 is not defined"), (send(payload=128), "payload type 128 is not 0 to 127"),
                     (send(events=128), "payload type of events 128 is neither 0 to 127 nor 255"), (send(direction=4), "direction 4 is not defined"),
                     (send(keys=b"\2"), "keys 2 is not defined")):
        yield body(0x8C, of, said)
    yield body(0x8F, b"\x09", "reason 9 is not defined")


def checksum(of):
    return ~(sum(struct.unpack(f">{len(of) // 2}H", of)) % 0xFFFF) & 0xFFFF


class Capture:
    """A pcap file of IPv4 packets; keeps of each at most so many octets."""

    def __init__(self, path, most=65535):
        self.file, self.most, self.time, self.sequences = open(path, "wb"), most, 1_700_000_000_000, {}
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))

    def segment(self, sender, of, set_port, port):
        ends = (b"\x0a\0\0\2", set_port), (b"\x0a\0\0\1", port)
        (source, source_port), (target, target_port) = ends if sender == SET else ends[::-1]
        sent = self.sequences.setdefault((set_port, port), {SET: 1000, CONTROLLER: 5000})
        tcp = struct.pack(">HHIIBBHHH", source_port, target_port, sent[sender], sent[not sender], 5 << 4, 0x18, 65535, 0, 0)
        pseudo = source + target + struct.pack(">HH", 6, len(tcp + of)) + tcp + of
        tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + bytes(len(pseudo) % 2))) + tcp[18:]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp + of), 0, 0x4000, 64, 6, 0) + source + target
        packet = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + tcp + of
        sent[sender] += len(of)
        self.time += 1
        self.file.write(struct.pack("<IIII", self.time // 1000, self.time % 1000 * 1000, len(packet[:self.most]), len(packet)) + packet[:self.most])


def talk(examples):
    """The segments of a connection with these frames, and what tshark should say of each frame."""
    sent, segments, told = {SET: 0, CONTROLLER: 0}, [], []

    def built(sender, kind, name, body, line, lines):
        sent[sender] += 1
        told.append("\n    ".join([f"Strowger set protocol, {line}", f"Length: {len(body)}", f"Kind: {name} (0x{kind:02x})", "Zero: 0",
                                   f"Sequence: {sent[sender]}", f"Acknowledged: {sent[not sender]}", *lines]))
        return header(len(body), kind, sent[sender], sent[not sender]) + body
    for example in examples:
        segments.append((example[0], built(*example)))
    # Frames and segments need not end together: two in one, one in two with the other side between them, three in three.
    up, down = ([example for example in examples if example[0] == sender][1:4] for sender in (SET, CONTROLLER))
    segments.append((SET, built(*up[0]) + built(*up[1])))
    between = built(*down[0])
    split = built(*up[2])
    segments += [(SET, split[:5]), (CONTROLLER, between), (SET, split[5:])]
    three = [built(*example) for example in down]
    segments += [(CONTROLLER, three[0][:-1]), (CONTROLLER, three[0][-1:] + three[1] + three[2][:13]), (CONTROLLER, three[2][13:])]
    return segments, told


def secure(segments, keys):
    """The same segments in TLS, behind its handshake; suites without certificates are all that the standard library has nothing to make for."""
    sides = {}
    for side, way in ((SET, ssl.PROTOCOL_TLS_CLIENT), (CONTROLLER, ssl.PROTOCOL_TLS_SERVER)):
        context = ssl.SSLContext(way)
        context.check_hostname, context.verify_mode, context.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ADH-AES128-GCM-SHA256:AECDH-AES128-SHA:@SECLEVEL=0")
        if side == SET:
            context.keylog_filename = keys
        inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        sides[side] = context.wrap_bio(inward, outward, server_side=side == CONTROLLER), inward, outward

    def passed(sender):
        of = sides[sender][2].read()
        sides[not sender][1].write(of)
        return [(sender, of)] if of else []
    all_of_it, ready = [], set()
    while len(ready) < 2:
        for side in (SET, CONTROLLER):
            try:
                sides[side][0].do_handshake()
                ready.add(side)
            except ssl.SSLWantReadError:
                pass
            all_of_it += passed(side)
    for sender, of in segments:
        sides[sender][0].write(of)
        all_of_it += passed(sender)
    return all_of_it


def main(directory):
    def path(name):
        return os.path.join(directory, name)
    segments, told = talk(list(good()))
    with open(path("good.txt"), "w", encoding="utf-8") as file:
        file.write("".join(block + "\n" for block in told))
    with open(path("secrets"), "w", encoding="utf-8") as file:
        hidden = [octets.hex() for octets in (TOKEN, OURS, THEIRS)]
        file.write("\n".join([PIN, CODE, *hidden, *(":".join(of[at:at + 2] for at in range(0, len(of), 2)) for of in hidden)]) + "\n")
    frames, other, cut = Capture(path("frames.pcap")), Capture(path("other.pcap")), Capture(path("cut.pcap"), 40 + 15)
    for sender, of in segments:
        frames.segment(sender, of, 50000, 6800)
        other.segment(sender, of, 50000, 7000)
    # A frame that is split cannot be put together from what was cut: what it goes on with would be taken for a frame.
    for sender, of in segments[:-7]:
        cut.segment(sender, of, 50000, 6800)
    # Here the cut is between two frames.
    for of in (header(3, 0x81, 1) + b"\1\0\x14" + header(0, 0x8E, 2), header(0, 0x8E, 3)):
        cut.segment(CONTROLLER, of, 50001, 6800)
    with open(path("bad.txt"), "w", encoding="utf-8") as file:
        for stream, (which, said, parts) in enumerate(bad(), 1):
            file.write(f"{stream}\t{which}\t{said}\n")
            for sender, of in parts:
                frames.segment(sender, of, 50000 + stream, 6800)
    try:
        encrypted = secure(segments, path("tls.keys"))
    except ssl.SSLError as error:
        print(f"no TLS: {error}")
    else:
        tls = Capture(path("tls.pcap"))
        for sender, of in encrypted:
            tls.segment(sender, of, 50000, 6801)


main(sys.argv[1])
