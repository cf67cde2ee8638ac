#!/usr/bin/env python3
"""soak.py GATEWAY WORK PORT SECONDS [FLOOD]: mixed traffic at 200 calls a second for so long, with a reload every ten seconds (by turns a policy with
more phones in front of the others, and the one before), a flood of strangers every twenty (by FLOOD, the testkit's), and a kill when a tenth is over. Calls are answered, busy,
given up while they ring, denied, and to the carrier. WORK has policy.toml and other.toml.

Every call is accounted for: offered = completed + denied + failed with its reason. Memory is flat from a minute after the kill on, when the tables hold what 32 seconds leave
behind (RFC 3261 section 17), and nothing is left of calls in
the end. Prints what it has counted, and fails if that is not so."""
import collections
import csv
import json
import random
import signal
import subprocess
import sys
import time
import urllib.request

from phones import Phone, World

GATEWAY, WORK, PORT, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
FLOOD = sys.argv[5] if len(sys.argv) > 5 else None
SERVER, CARRIER, RATE = f"127.0.0.1:{PORT}", PORT + 9, 200
DATA = f"{WORK}/soak"
log = open(f"{WORK}/soak.log", "ab")


def start():
    before = log.tell()
    command = [GATEWAY, "run", f"{WORK}/live.toml", "--sip-udp", SERVER, "--http", f"127.0.0.1:{PORT + 1}", "--data", DATA, "--no-canary", "--log", "warn"]
    gateway = subprocess.Popen(command, stderr=log)
    for _ in range(2000):
        time.sleep(0.005)
        try:
            ask("/healthz")
            return gateway
        except OSError:
            if gateway.poll() is not None:
                sys.exit(f"the gateway did not start: {open(log.name).read()[before:]}")
    sys.exit("the gateway does not serve")


def ask(path):
    token = open(f"{DATA}/http-token").read()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT + 1}{path}", headers={"Authorization": f"Bearer {token}"})
    return urllib.request.urlopen(request, timeout=5).read().decode()


def metrics():
    lines = [line.rsplit(" ", 1) for line in ask("/metrics").splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def memory(gateway):
    """What it has in memory, in KiB."""
    return next(int(line.split()[1]) for line in open(f"/proc/{gateway.pid}/status") if line.startswith("VmRSS"))


policies = [open(f"{WORK}/{name}.toml").read() for name in ("policy", "other")]
open(f"{WORK}/live.toml", "w").write(policies[0])
gateway = start()
random.seed(1)
callers = [Phone(str(3000 + n), SERVER) for n in range(200)]
# Of ten called phones seven answer, two ring on, one is busy.
does = lambda n: "busy" if n % 10 == 9 else "rings" if n % 10 in (7, 8) else "answers"
called = [Phone(str(6000 + n), SERVER, does(n)) for n in range(200)]
world = World(callers + called + [Phone("carrier", SERVER, port=CARRIER)])
world.run_until(60, "everybody is registered", lambda: all(phone.registered for phone in world.phones))

offered, reloads, floods, kills, seen = 0, 0, 0, 0, []
begun = time.monotonic()


def traffic(now):
    """As many calls as are due, each by a phone that rests."""
    global offered
    free = [phone for phone in callers if phone.rests(now)]
    random.shuffle(free)
    while offered < (now - begun) * RATE and free:
        phone = free.pop()
        number = int(phone.dn) + 3000
        kind = random.random()
        if kind < 0.05:
            number = "90114420794600"
        elif kind < 0.15:
            number = "95550123"
        phone.begin("INVITE", number, hold=0.2, cancels=does(int(phone.dn)) == "rings")
        offered += 1


flooding = None
while (at := time.monotonic() - begun) < SECONDS:
    world.run(time.monotonic() + 1.0, traffic)
    if kills == 0 and at > SECONDS / 10:
        gateway.kill()
        world.killed()
        gateway.wait()
        gateway, kills = start(), 1
        warm_from = at + 66
    elif at > 10 * (reloads + 1):
        reloads += 1
        open(f"{WORK}/live.toml", "w").write(policies[reloads % 2])
        gateway.send_signal(signal.SIGHUP)
    elif FLOOD and at > 20 * (floods + 1) - 5:
        floods += 1
        flooding = subprocess.Popen([FLOOD, SERVER, "invite", "2", "20000"], stdout=subprocess.DEVNULL)
    seen.append((at, memory(gateway)))
if flooding:
    flooding.wait()
world.run_until(60, "everybody rests", lambda: all(phone.method == "REST" for phone in callers))
# Transactions are over 32 seconds after the last message (RFC 3261 section 17).
world.run(time.monotonic() + 40.0)
left = metrics()
for name in ("strowger_calls", "strowger_transactions", 'strowger_trunk_calls{trunk="carrier"}'):
    if left[name]:
        sys.exit(f"{name} is {left[name]:.0f} when all is over")
if left["strowger_pages"] != left["strowger_pages_free"]:
    sys.exit(f"{left['strowger_pages'] - left['strowger_pages_free']:.0f} pages are not given back")
applied = json.loads(open(f"{DATA}/audit.jsonl").read().splitlines()[-1])
gateway.send_signal(signal.SIGTERM)
if gateway.wait() != 0:
    sys.exit("the gateway did not stop cleanly")

outcomes = world.total()
if offered != sum(outcomes.values()):
    sys.exit(f"{offered} calls offered, and of {sum(outcomes.values())} it is known what has become: {dict(outcomes)}")
# What a killed gateway knew of calls that were begun is gone; no other call is lost, and none fails for any other reason than its own.
strange = {what: count for what, count in outcomes.items() if what.split()[0] in ("failed", "cut")}
if strange or outcomes["lost"] > 200:
    sys.exit(f"calls have failed: {strange}, {outcomes['lost']} lost")
recorded = sum(1 for row in csv.DictReader(open(f"{DATA}/smdr.csv")) if row["completion"] in ("I", "A"))
torn = sum(phone.torn for phone in callers)
if not outcomes["completed"] <= recorded <= outcomes["completed"] + torn:
    sys.exit(f"{outcomes['completed']} calls completed, {torn} torn by the kill, {recorded} records")
denied = sum(1 for line in open(f"{DATA}/denied.jsonl") if json.loads(line)["rule"] == "cor.route")
told = outcomes["denied cor.route"]
if not told <= denied <= told + outcomes["lost"]:
    sys.exit(f"{told} calls were denied, {denied} are written down")
acts = collections.Counter(json.loads(line)["op"] for line in open(f"{DATA}/audit.jsonl"))
if acts["reload"] != reloads:
    sys.exit(f"{reloads} reloads, {acts['reload']} in the audit trail")
warm = sorted([size for at, size in seen if at > warm_from][:12])
last = sorted([size for at, size in seen][-12:])
grown = last[len(last) // 2] - warm[len(warm) // 2]
if grown > 1024:
    sys.exit(f"memory has grown by {grown} KiB since it was warm: {[size for _, size in seen][::5]}")
print(
    f"{offered} calls in {SECONDS:.0f} s = {outcomes['completed']} completed + {told} denied + {outcomes['busy']} busy + {outcomes['cancelled']} given up "
    f"+ {outcomes['lost']} lost by the kill; {reloads} reloads, {floods} floods, {kills} kill; memory {last[-1]} KiB, {grown:+d} KiB since it was warm"
)
