"""phones.py: phones of our own for killed.py and soak.py. Each is a number on a socket of its own, all in one process; they register by digest, call and
are called. A request is sent again until it is answered, or given up after four seconds."""
import collections
import hashlib
import random
import re
import selectors
import socket
import sys
import time

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
PATIENCE = 4


def md5(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def header(text, name):
    found = re.search(rf"^{name}:[ \t]*(.*)\r$", text, re.M | re.I)
    return found.group(1) if found else ""


class Phone:
    """A phone; called, it `answers`, is `busy`, or `rings` until the caller gives up. Bound to a port it is a carrier, and does not register."""

    def __init__(self, dn, server, does="answers", port=0):
        self.dn, self.server, self.does = dn, server, does
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.us = "127.0.0.1:%d" % self.socket.getsockname()[1]
        # By branch and method what was answered, the oldest first.
        self.answers = collections.OrderedDict()
        self.challenge, self.nc = None, 0
        self.registered = bool(port)
        # What has become of its calls: completed, busy, cancelled, denied RULE, failed STATUS, lost.
        self.outcomes = collections.Counter()
        # Calls of which it was not yet known whether they are up, or over, when the gateway was killed.
        self.torn = 0
        # The call was up when the gateway was killed, and how many such calls could be hung up all the same.
        self.outlives, self.outlived = False, 0
        # Calls that the other side has hung up.
        self.hung_up = 0
        self.rest(0.0)
        if not port:
            self.begin("REGISTER", dn)

    def begin(self, method, number, hold=0.15, cancels=False):
        """A new call to a number, or the registration."""
        self.uri, self.to_tag, self.hold, self.cancels = f"sip:{number}@{self.server}", "", hold, cancels
        self.call_id = f"{self.dn}-{random.getrandbits(64):x}"
        self.tag = f"{random.getrandbits(48):x}"
        self.cseq = random.randrange(1, 1000)
        self.send(method)

    def send(self, method):
        """A new request of this call."""
        self.method = method
        self.cseq += 1
        proof = ""
        if self.challenge and method in ("REGISTER", "INVITE"):
            self.nc += 1
            fields, nc = self.challenge, f"{self.nc:08x}"
            secret = md5(self.dn, fields["realm"], f"Plum-{int(self.dn) * 7}-orchard")
            answer = md5(secret, fields["nonce"], nc, "phones", "auth", md5(method, self.uri))
            proof = (
                f'Authorization: Digest username="{self.dn}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{self.uri}", '
                f'response="{answer}", algorithm=MD5, qop=auth, nc={nc}, cnonce="phones"\r\n'
            )
        body = SDP if method == "INVITE" else ""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.via = f"Via: SIP/2.0/UDP {self.us};branch=z9hG4bK{random.getrandbits(64):x}\r\n"
        self.message = (
            f"{method} {self.uri} SIP/2.0\r\n{self.via}{self.ends(self.to_tag)}CSeq: {self.cseq} {method}\r\n"
            f"Contact: <sip:{self.dn}@{self.us}>\r\nExpires: 3600\r\n{proof}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self.begun = time.monotonic()
        self.again = self.begun + 0.2
        self.tell(self.message)

    def ends(self, to_tag):
        return (
            f"Max-Forwards: 70\r\nFrom: <sip:{self.dn}@127.0.0.1>;tag={self.tag}\r\nTo: <{self.uri}>{to_tag}\r\nCall-ID: {self.call_id}\r\n"
        )

    def tell(self, message):
        self.socket.sendto(message, (self.server.split(":")[0], int(self.server.split(":")[1])))

    def hear(self, text):
        first = text.split("\r\n", 1)[0]
        if not first.startswith("SIP/2.0 "):
            return self.asked(text, first.split(" ", 1)[0])
        status, method = int(first[8:11]), header(text, "CSeq").split()[-1]
        if header(text, "Call-ID") != self.call_id or not header(text, "CSeq").startswith(f"{self.cseq} "):
            return
        if status == 180 and method == "INVITE" and self.cancels and self.method == "INVITE":
            self.cancels = False
            self.tell(
                f"CANCEL {self.uri} SIP/2.0\r\n{self.via}{self.ends('')}CSeq: {self.cseq} CANCEL\r\nContent-Length: 0\r\n\r\n".encode()
            )
        if status < 200 or method == "CANCEL":
            return
        if method == "INVITE":
            # Every final answer is acknowledged, each time it comes.
            uri, via = self.uri, self.via
            if status == 200 and (contact := re.search(r"<([^>]+)>", header(text, "Contact"))):
                uri, via = contact.group(1), f"Via: SIP/2.0/UDP {self.us};branch=z9hG4bK{random.getrandbits(64):x}\r\n"
            self.tell(
                f"ACK {uri} SIP/2.0\r\n{via}Max-Forwards: 70\r\nFrom: <sip:{self.dn}@127.0.0.1>;tag={self.tag}\r\n"
                f"To: {header(text, 'To')}\r\nCall-ID: {self.call_id}\r\nCSeq: {self.cseq} ACK\r\nContent-Length: 0\r\n\r\n".encode()
            )
            if self.method != "INVITE":
                return
            if status == 200:
                tag = re.search(r";tag=[^;\s]+", header(text, "To"))
                self.uri, self.to_tag, self.method = uri, tag.group(0) if tag else "", "TALK"
                self.until = time.monotonic() + random.random() * self.hold
                return
        if method != self.method:
            return
        if status in (401, 407):
            asked = [line for line in text.split("\r\n") if "-Authenticate:" in line and "MD5" in line][0]
            self.challenge, self.nc = dict(re.findall(r'(\w+)="?([^",]*)"?', asked)), 0
            return self.send(method)
        if method == "REGISTER":
            self.registered = status == 200
        else:
            outcome = self.outcome(method, status, header(text, "Reason"))
            self.outcomes[outcome] += 1
            self.outlived += self.outlives and outcome == "completed"
        self.rest(0.0 if status == 200 else 0.05)

    def outcome(self, method, status, reason):
        if method == "BYE":
            return "completed" if status == 200 else "cut" if self.outlives else "lost"
        rule = re.search(r'cause=(?:21|63);text="([^"]+)"', reason)
        if status in (403, 404) and rule:
            return f"denied {rule.group(1)}"
        return {486: "busy", 487: "cancelled"}.get(status, f"failed {status}")

    def asked(self, text, method):
        """A request to this phone."""
        if method == "ACK":
            return
        key = (header(text, "Via"), method)
        if key not in self.answers:
            if len(self.answers) > 200:
                self.answers.popitem(last=False)
            tag = "" if ";tag=" in header(text, "To") else f";tag={random.getrandbits(48):x}"
            status = "200 OK"
            if method == "INVITE" and tag:
                status = {"answers": "200 OK", "busy": "486 Busy Here", "rings": "180 Ringing"}[self.does]
            self.hung_up += method == "BYE"
            answer = self.answer(text, status, tag)
            self.answers[key] = answer
            if method == "CANCEL" and (ringing := self.answers.get((key[0], "INVITE"))):
                self.answers[(key[0], "INVITE")] = ringing.replace(b"180 Ringing", b"487 Request Terminated")
                self.tell(self.answers[(key[0], "INVITE")])
        self.tell(self.answers[key])

    def answer(self, text, status, tag):
        body = SDP if status == "200 OK" and text.startswith("INVITE") else ""
        copied = "".join(f"{name}: {header(text, name)}\r\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
        copied = copied.replace(f"To: {header(text, 'To')}", f"To: {header(text, 'To')}{tag}")
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return f"SIP/2.0 {status}\r\n{copied}Contact: <sip:{self.dn}@{self.us}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def rest(self, pause):
        self.method, self.until, self.outlives = "REST", time.monotonic() + pause, False

    def rests(self, now):
        return self.method == "REST" and now >= self.until

    def tick(self, now):
        if self.method == "TALK" and now >= self.until:
            self.send("BYE")
        elif self.method in ("INVITE", "BYE", "REGISTER") and now >= self.again:
            if now > self.begun + PATIENCE and self.method != "REGISTER":
                # Nobody knows whether that call was, or is over.
                self.outcomes["cut" if self.outlives else "lost"] += 1
                return self.rest(0.0)
            self.again = now + 0.2
            self.tell(self.message)


class World:
    """All phones, played together."""

    def __init__(self, phones):
        self.phones = phones
        self.waits = selectors.DefaultSelector()
        for phone in phones:
            self.waits.register(phone.socket, selectors.EVENT_READ, phone)

    def run(self, until, each=lambda now: None):
        """Plays until a moment, or until this is so; `each` is called a few hundred times a second."""
        while not (time.monotonic() >= until if isinstance(until, float) else until()):
            for key, _ in self.waits.select(0.003):
                for _ in range(20):
                    try:
                        key.data.hear(key.fileobj.recv(65536, socket.MSG_DONTWAIT).decode())
                    except (BlockingIOError, ConnectionRefusedError):
                        break
            now = time.monotonic()
            each(now)
            for phone in self.phones:
                phone.tick(now)

    def run_until(self, seconds, what, is_so):
        """Plays until this is so, and fails if that takes too long."""
        end = time.monotonic() + seconds

        def so():
            if time.monotonic() > end:
                sys.exit(f"within {seconds} seconds {what} was not so")
            return is_so()

        self.run(so)

    def killed(self):
        """The gateway was killed: who had just called, or said that his call is over, does not know whether it is written down. Who talks
        talks on."""
        for phone in self.phones:
            phone.torn += phone.method in ("INVITE", "BYE")
            phone.outlives = phone.method == "TALK"

    def total(self):
        return sum((phone.outcomes for phone in self.phones), collections.Counter())
