#!/usr/bin/env python3
"""held.py PORT DN PASSWORD SECONDS: a phone over TCP that registers by digest, and then asks by OPTIONS five times a second over the same
connection. Prints how long registering took, and how many of its questions were answered within a second; fails if one was not, or if
its connection was cut off. Before it registers it may try again, for four seconds."""
import hashlib
import re
import socket
import sys
import time

PORT, DN, PASSWORD, SECONDS = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
SERVER = f"127.0.0.1:{PORT}"
count = 0


def ask(link, method, more=""):
    """Sends a request, and returns its answer's text."""
    global count
    count += 1
    us = "%s:%d" % link.getsockname()
    link.sendall(
        f"{method} sip:{DN}@{SERVER} SIP/2.0\r\nVia: SIP/2.0/TCP {us};branch=z9hG4bK{DN}{count}{time.time_ns()}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:{DN}@{SERVER}>;tag={DN}\r\nTo: <sip:{DN}@{SERVER}>\r\nCall-ID: {us}-{DN}\r\nCSeq: {count} {method}\r\n"
        f"Contact: <sip:{DN}@{us};transport=tcp>\r\nExpires: 600\r\n{more}Content-Length: 0\r\n\r\n".encode()
    )
    text = b""
    while b"\r\n\r\n" not in text:
        piece = link.recv(4096)
        if not piece:
            raise ConnectionError("cut off")
        text += piece
    return text.decode()


def md5(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def register():
    """A connection over which the phone is registered."""
    link = socket.create_connection(("127.0.0.1", PORT), timeout=1)
    asked = ask(link, "REGISTER")
    challenge = next(line for line in asked.split("\r\n") if line.startswith("WWW-Authenticate:") and "MD5" in line)
    fields = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    uri, nc, cnonce = f"sip:{DN}@{SERVER}", "00000001", "held"
    secret = md5(DN, fields["realm"], PASSWORD)
    response = md5(secret, fields["nonce"], nc, cnonce, "auth", md5("REGISTER", uri))
    opaque = f', opaque="{fields["opaque"]}"' if "opaque" in fields else ""
    answer = ask(
        link, "REGISTER",
        f'Authorization: Digest username="{DN}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc={nc}, cnonce="{cnonce}"{opaque}\r\n',
    )
    if not answer.startswith("SIP/2.0 200 "):
        raise ConnectionError(answer.split("\r\n")[0])
    return link


begun = time.monotonic()
while True:
    try:
        link = register()
        break
    except (OSError, StopIteration) as why:
        if time.monotonic() > begun + 4:
            sys.exit(f"{DN} was not registered within four seconds: {why}")
took = time.monotonic() - begun
answered, end = 0, time.monotonic() + SECONDS
while time.monotonic() < end:
    try:
        answer = ask(link, "OPTIONS")
    except OSError as why:
        sys.exit(f"{DN}: after {answered} answers: {why}")
    if not answer.startswith("SIP/2.0 200 "):
        sys.exit(f"{DN}: {answer.splitlines()[0]}")
    answered += 1
    time.sleep(0.2)
print(f"{took * 1000:.0f} ms to register, {answered} of {answered} questions answered")
