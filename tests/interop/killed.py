#!/usr/bin/env python3
"""killed.py GATEWAY POLICY DATA PORT PHONES how COUNT: phones register once, and call each other as fast as they are answered; meanwhile

  kill COUNT   the gateway is killed (SIGKILL) at COUNT random moments, and started again;
  full COUNT   the disk takes no more after 48 KiB in a file until COUNT calls are over, and then takes everything.

Whoever was told that his call is over must have exactly one record of it; who had called, or said so, when the gateway was killed, and was not told,
may have one; nobody else has any. A call that was up when the gateway was killed can be hung up, and the other side is told. Nobody registers again.
Prints what it has counted, and fails if that is not so."""
import collections
import csv
import random
import resource
import signal
import subprocess
import sys
import time

from phones import Phone, World

GATEWAY, POLICY, DATA, PORT, PHONES, HOW, COUNT = sys.argv[1:4] + [int(sys.argv[4]), int(sys.argv[5]), sys.argv[6], int(sys.argv[7])]
SERVER = f"127.0.0.1:{PORT}"
FULL = 48 * 1024
log = open(f"{DATA}.log", "ab")


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
callers = [Phone(str(3000 + n), SERVER) for n in range(PHONES)]
world = World(callers + [Phone(str(6000 + n), SERVER) for n in range(PHONES)])


def calls(now):
    for phone in callers:
        if phone.rests(now):
            phone.begin("INVITE", int(phone.dn) + 3000)


world.run_until(30, "everybody is registered", lambda: all(phone.registered for phone in world.phones))
begun = time.monotonic()
completed = lambda: world.total()["completed"]
if HOW == "kill":
    random.seed(COUNT)
    for number in range(COUNT):
        world.run(time.monotonic() + random.random() * 0.3, calls)
        gateway.kill()
        world.killed()
        gateway.wait()
        gateway, said = start()
        if f"as before the restart: {2 * PHONES} phones registered" not in said:
            sys.exit(f"after kill {number + 1} phones were not registered: {said[-2000:]}")
    world.run(time.monotonic() + 1.0, calls)
else:
    end = time.monotonic() + 120
    world.run(lambda: completed() >= COUNT or time.monotonic() > end, calls)
    if b"cannot be written, records wait in memory" not in open(log.name, "rb").read():
        sys.exit("the disk was never full")
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    world.run(time.monotonic() + 2.0, calls)
world.run_until(40, "everybody rests", lambda: all(phone.method == "REST" for phone in world.phones))
took = time.monotonic() - begun
# What the other sides were told last is still on its way.
world.run(time.monotonic() + 0.5)
gateway.send_signal(signal.SIGTERM)
if gateway.wait() != 0:
    sys.exit("the gateway did not stop cleanly")

recorded = collections.Counter(row["calling"] for row in csv.DictReader(open(f"{DATA}/smdr.csv")))
lines = collections.Counter(line[24:28].strip() for line in open(f"{DATA}/smdr.txt"))
for phone in callers:
    told = phone.outcomes["completed"]
    if not told <= recorded[phone.dn] <= told + phone.torn:
        sys.exit(f"{phone.dn} was told of {told} calls that they are over, and not of {phone.torn}; records: {recorded[phone.dn]}")
    if recorded[phone.dn] != lines[phone.dn]:
        sys.exit(f"{phone.dn} has {recorded[phone.dn]} records in smdr.csv, {lines[phone.dn]} in smdr.txt")
outlived, hung_up = sum(phone.outlived for phone in callers), sum(phone.hung_up for phone in world.phones)
if world.total()["cut"]:
    sys.exit(f"{world.total()['cut']} calls that were up at a kill could not be hung up")
# Between the two messages that tell both, a process may be killed too.
if hung_up + (COUNT if HOW == "kill" else 0) < completed():
    sys.exit(f"{completed()} calls were hung up, and only {hung_up} times the other side was told")
if HOW == "kill" and outlived < COUNT:
    sys.exit(f"only {outlived} calls have outlived {COUNT} kills")
if completed() < 10 * COUNT and HOW == "kill":
    sys.exit(f"only {completed()} calls came to their end between {COUNT} kills")
outcomes = world.total()
others = {what: count for what, count in outcomes.items() if what not in ("completed", "lost")}
torn = sum(phone.torn for phone in callers)
print(
    f"{completed()} calls over, each with one record, {torn} torn in their last moment ({sum(recorded.values())} records), "
    f"{outlived} up at a kill and hung up later, {outcomes['lost']} that were begun ended by a kill, others {others}, in {took:.0f} s"
)
