#!/usr/bin/env python3
"""killed.py GATEWAY POLICY DATA PORT PHONES how COUNT: phones register once, and call each other as fast as they are answered; meanwhile

  kill COUNT   the gateway is killed (SIGKILL) at COUNT random moments, and started again;
  full COUNT   the disk takes no more after 48 KiB in a file until COUNT calls are over, and then takes everything.

Whoever was told that his call is over must have exactly one record of it; who had said so when the gateway was killed, and was not told, may have one;
nobody else has any. Nobody registers again. Prints what
it has counted, and fails if that is not so."""
import collections
import csv
import hashlib
import random
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time

GATEWAY, POLICY, DATA, PORT, PHONES, HOW, COUNT = sys.argv[1:4] + [int(sys.argv[4]), int(sys.argv[5]), sys.argv[6], int(sys.argv[7])]
SERVER = ("127.0.0.1", PORT)
FULL = 48 * 1024
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
refusals = collections.Counter()
log = open(f"{DATA}.log", "ab")


def md5(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def header(text, name):
    found = re.search(rf"^{name}:[ \t]*(.*)\r$", text, re.M | re.I)
    return found.group(1) if found else ""


class Phone:
    """One number on a socket of its own; a caller also calls."""

    def __init__(self, dn, calls):
        self.dn, self.calls = dn, calls
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.us = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.answers = {}
        self.challenge = None
        self.nc = 0
        self.registered = False
        self.acked = self.doubtful = self.refused = self.torn = 0
        self.begin("REGISTER", f"sip:{dn}@127.0.0.1:{PORT}")

    def begin(self, method, uri):
        """A new call, or the registration."""
        self.method, self.uri, self.to_tag = method, uri, ""
        self.call_id = f"{self.dn}-{random.getrandbits(64):x}"
        self.tag = f"{random.getrandbits(48):x}"
        self.cseq = random.randrange(1, 1000)
        self.send(method)

    def send(self, method):
        """A new request of this call, sent again until it is answered."""
        self.method = method
        self.cseq += method != "ACK"
        proof = ""
        if self.challenge and method in ("REGISTER", "INVITE"):
            self.nc += 1
            fields, nc = self.challenge, f"{self.nc:08x}"
            secret = md5(self.dn, fields["realm"], f"Plum-{int(self.dn) * 7}-orchard")
            answer = md5(secret, fields["nonce"], nc, "killed", "auth", md5(method, self.uri))
            proof = (
                f'Authorization: Digest username="{self.dn}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{self.uri}", '
                f'response="{answer}", algorithm=MD5, qop=auth, nc={nc}, cnonce="killed"\r\n'
            )
        target = f"sip:{self.dn}@127.0.0.1:{PORT}" if method == "REGISTER" else self.uri
        body = SDP if method == "INVITE" else ""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.message = (
            f"{method} {self.uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.us};branch=z9hG4bK{random.getrandbits(64):x}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{self.dn}@127.0.0.1>;tag={self.tag}\r\nTo: <{target}>{self.to_tag}\r\nCall-ID: {self.call_id}\r\n"
            f"CSeq: {self.cseq} {method}\r\nContact: <sip:{self.dn}@{self.us}>\r\nExpires: 3600\r\n{proof}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self.begun = time.monotonic()
        self.again = self.begun + 0.2
        self.socket.sendto(self.message, SERVER)

    def hear(self, text):
        first = text.split("\r\n", 1)[0]
        if not first.startswith("SIP/2.0 "):
            return self.asked(text, first.split(" ", 1)[0])
        status, method = int(first[8:11]), header(text, "CSeq").split()[-1]
        if status < 200 or header(text, "Call-ID") != self.call_id or not header(text, "CSeq").startswith(f"{self.cseq} "):
            return
        if method == "INVITE":
            # Every final answer is acknowledged, each time it comes.
            tag = re.search(r";tag=[^;\s]+", header(text, "To"))
            via = re.search(r"^Via:.*\r$", self.message.decode(), re.M).group(0)
            uri = self.uri
            if status == 200 and (contact := re.search(r"<([^>]+)>", header(text, "Contact"))):
                uri = contact.group(1)
                via = f"Via: SIP/2.0/UDP {self.us};branch=z9hG4bK{random.getrandbits(64):x}\r"
            self.socket.sendto(
                f"ACK {uri} SIP/2.0\r\n{via}\nMax-Forwards: 70\r\nFrom: <sip:{self.dn}@127.0.0.1>;tag={self.tag}\r\n"
                f"To: {header(text, 'To')}\r\nCall-ID: {self.call_id}\r\nCSeq: {self.cseq} ACK\r\nContent-Length: 0\r\n\r\n".encode(),
                SERVER,
            )
            if self.method != "INVITE":
                return
            if status == 200:
                self.uri, self.to_tag, self.method = uri, tag.group(0) if tag else "", "TALK"
                self.until = time.monotonic() + random.random() * 0.15
                return
        if method != self.method:
            return
        if status in (401, 407):
            asked = [line for line in text.split("\r\n") if "-Authenticate:" in line and "MD5" in line][0]
            self.challenge, self.nc = dict(re.findall(r'(\w+)="?([^",]*)"?', asked)), 0
            return self.send(method)
        if method == "REGISTER":
            self.registered = status == 200
        elif method == "BYE":
            self.acked += status == 200
            self.doubtful += status != 200
        else:
            self.refused += 1
            refusals[f"{status} {header(text, 'Reason')}"] += 1
        self.rest(0.0 if status == 200 else 0.05)

    def asked(self, text, method):
        if method == "ACK":
            return
        key = (header(text, "Via"), method)
        if key not in self.answers:
            tag = "" if ";tag=" in header(text, "To") else f";tag={random.getrandbits(48):x}"
            body = SDP if method == "INVITE" else ""
            copied = "".join(f"{name}: {header(text, name)}\r\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
            copied = copied.replace(f"To: {header(text, 'To')}", f"To: {header(text, 'To')}{tag}")
            kind = "Content-Type: application/sdp\r\n" if body else ""
            self.answers[key] = (
                f"SIP/2.0 200 OK\r\n{copied}Contact: <sip:{self.dn}@{self.us}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
        self.socket.sendto(self.answers[key], SERVER)

    def rest(self, pause):
        self.method, self.until = "REST", time.monotonic() + pause

    def tick(self, now, calling):
        if self.method == "TALK" and now >= self.until:
            self.send("BYE")
        elif self.method == "REST":
            if calling and self.calls and now >= self.until:
                self.begin("INVITE", f"sip:{int(self.dn) + 3000}@127.0.0.1:{PORT}")
        elif self.method in ("INVITE", "BYE", "REGISTER") and now >= self.again:
            if now > self.begun + 4 and self.method != "REGISTER":
                # Nobody knows whether that call was, or is over.
                self.doubtful += 1
                return self.rest(0.0)
            self.again = now + 0.2
            self.socket.sendto(self.message, SERVER)


def start():
    """The gateway, when it serves."""
    def limit():
        if HOW == "full" and COUNT:
            resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))
    before = log.tell()
    command = [GATEWAY, "run", POLICY, "--sip-udp", f"127.0.0.1:{PORT}", "--http", f"127.0.0.1:{PORT + 1}", "--data", DATA, "--no-canary", "--strangers", "0"]
    # What this process ignores the gateway ignores too: a write beyond the limit fails, as on a full disk.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    gateway = subprocess.Popen(command, stderr=log, preexec_fn=limit, restore_signals=False)
    while True:
        time.sleep(0.005)
        said = open(log.name, "rb").read()[before:]
        if b"in force" in said:
            return gateway, said.decode()
        if gateway.poll() is not None:
            sys.exit(f"the gateway did not start: {said.decode()[-2000:]}")


gateway, _ = start()
phones = [Phone(str(3000 + n), True) for n in range(PHONES)] + [Phone(str(6000 + n), False) for n in range(PHONES)]
waits = selectors.DefaultSelector()
for phone in phones:
    waits.register(phone.socket, selectors.EVENT_READ, phone)


def run(until, calling=True):
    """Plays until the moment, or until this is so."""
    while not (time.monotonic() >= until if isinstance(until, float) else until()):
        for key, _ in waits.select(0.005):
            try:
                key.data.hear(key.fileobj.recv(65536).decode())
            except (BlockingIOError, ConnectionRefusedError):
                pass
        now = time.monotonic()
        for phone in phones:
            phone.tick(now, calling)


def by(seconds, what):
    end = time.monotonic() + seconds
    def so():
        if time.monotonic() > end:
            sys.exit(f"within {seconds} seconds {what} was not so")
        return False
    return so


late = by(30, "everybody is registered")
run(lambda: all(phone.registered for phone in phones) or late(), calling=False)
begun = time.monotonic()
total = lambda: sum(phone.acked for phone in phones)
if HOW == "kill":
    random.seed(COUNT)
    for number in range(COUNT):
        run(time.monotonic() + random.random() * 0.3)
        gateway.kill()
        for phone in phones:
            phone.torn += phone.method == "BYE"
        gateway.wait()
        gateway, said = start()
        if f"as before the restart: {2 * PHONES} phones registered" not in said:
            sys.exit(f"after kill {number + 1} phones were not registered: {said[-2000:]}")
    run(time.monotonic() + 1.0)
else:
    late = by(120, f"{COUNT} calls are over")
    run(lambda: total() >= COUNT or late())
    if b"cannot be written, records wait in memory" not in open(log.name, "rb").read():
        sys.exit("the disk was never full")
    full = len(open(f"{DATA}/smdr.csv").read())
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    run(time.monotonic() + 2.0)
late = by(40, "everybody rests")
run(lambda: all(phone.method == "REST" for phone in phones) or late(), calling=False)
took = time.monotonic() - begun
gateway.send_signal(signal.SIGTERM)
if gateway.wait() != 0:
    sys.exit("the gateway did not stop cleanly")

rows = list(csv.DictReader(open(f"{DATA}/smdr.csv")))
name = next(key for key in rows[0] if key and "calling" in key.lower() or key == "from")
recorded = collections.Counter(row[name] for row in rows)
lines = collections.Counter(line[24:28].strip() for line in open(f"{DATA}/smdr.txt"))
for phone in phones:
    if not phone.acked <= recorded[phone.dn] <= phone.acked + phone.torn:
        sys.exit(f"{phone.dn} was told of {phone.acked} calls that they are over, and not of {phone.torn}; records: {recorded[phone.dn]}")
    if recorded[phone.dn] != lines[phone.dn]:
        sys.exit(f"{phone.dn} has {recorded[phone.dn]} records in smdr.csv, {lines[phone.dn]} in smdr.txt")
doubtful, refused = sum(phone.doubtful for phone in phones), sum(phone.refused for phone in phones)
if total() < 10 * COUNT and HOW == "kill":
    sys.exit(f"only {total()} calls came to their end between {COUNT} kills")
torn = sum(phone.torn for phone in phones)
print(f"{total()} calls over, each with one record, {torn} torn in their last moment ({sum(recorded.values())} records), {doubtful} ended by a kill, {refused} refused {dict(refusals)}, in {took:.0f} s")
