#!/usr/bin/env bash
# daemon.sh GATEWAY: how the daemon starts, refuses to start, stands rubbish, and stops with a call up.
set -euo pipefail
gateway=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
port=25260
pids=()
trap 'for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
fail() { echo "daemon: FAILED: $*" >&2; tail -n 20 "$work"/*.log "$work"/*.err >&2 2>/dev/null || true; exit 1; }

printf '[system]\nrealm = "a.test"\n[[cos]]\nid = 1\nname = "Staff"\nfeatures = ["hold", "fly"]\n' > "$work/bad.toml"
rc=0
"$gateway" run "$work/bad.toml" --sip-udp "127.0.0.1:$port" --data "$work/bad" 2> "$work/bad.log" || rc=$?
[ "$rc" -eq 2 ] || fail "a policy that does not load ended with $rc, not 2"
grep -q "bad.toml:6:[0-9]*: error" "$work/bad.log" || fail "the finding has no file:line:col"
[ ! -e "$work/bad" ] || fail "a refused start has left a data directory"
echo "daemon: a bad policy is refused with its place, exit 2"

bash "$here/policy.sh" 2 > "$work/policy.toml"
http=127.0.0.1:25261
"$gateway" run "$work/policy.toml" --sip-udp "127.0.0.1:$port" --data "$work/data" --http "$http" 2> "$work/gateway.log" &
daemon=$!
pids+=("$daemon")
for _ in $(seq 50); do grep -q "in force" "$work/gateway.log" && break; sleep 0.1; done
grep -q "in force" "$work/gateway.log" || fail "the gateway did not start"
rc=0
"$gateway" run "$work/policy.toml" --sip-udp "127.0.0.1:$port" --data "$work/second" 2> "$work/second.log" || rc=$?
[ "$rc" -eq 2 ] && grep -q "127.0.0.1:$port is in use by another program" "$work/second.log" || fail "a port in use was not said"
echo "daemon: a port in use is said in a sentence, exit 2"

tell() { "$gateway" "$@" --http "$http" --data "$work/data"; }
tell status | grep -q '"mode":"day","mode_by":"schedule"' || fail "status does not answer"
tell mode night2 | grep -q '"mode":"night2","mode_by":"operator"' || fail "the mode was not set"
tell status | grep -q '"mode":"night2"' || fail "the mode did not stay"
tell mode schedule | grep -q '"mode":"day","mode_by":"schedule"' || fail "the mode was not given back"
rc=0
"$gateway" status --http "$http" --data "$work/bad" 2> "$work/status.err" || rc=$?
[ "$rc" -eq 2 ] && grep -q "http-token cannot be read" "$work/status.err" || fail "a missing token was not said"
mkdir "$work/stranger"; echo -n 00 > "$work/stranger/http-token"
rc=0
"$gateway" mode day --http "$http" --data "$work/stranger" 2> "$work/status.err" || rc=$?
[ "$rc" -eq 2 ] && grep -q "401" "$work/status.err" || fail "a wrong token was taken"
[ "$(stat -c %a "$work/data/http-token")" = 600 ] || fail "the token can be read by others"
rc=0
"$gateway" run "$work/policy.toml" --sip-udp "127.0.0.1:$((port + 2))" --data "$work/second" --http 0.0.0.0:25262 2> "$work/second.log" || rc=$?
[ "$rc" -eq 2 ] && grep -q "give a loopback address" "$work/second.log" || fail "administration left this machine"
echo "daemon: status and mode over loopback, with the token only"

python3 - "$port" <<'PY' || fail "rubbish was not stood"
import random, socket, sys
gateway = ("127.0.0.1", int(sys.argv[1]))
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
peer.settimeout(2)
here = "127.0.0.1:%d" % peer.getsockname()[1]

def request(method, extra="", body=""):
    return ("%s sip:gateway SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:a@a.test>;tag=1\r\nTo: <sip:b@a.test>\r\n"
            "Call-ID: %d\r\nCSeq: 1 %s\r\n%s\r\n%s" % (method, here, random.getrandbits(32), random.getrandbits(32), method, extra, body)).encode()

def status(datagram):
    """The status of the answer to this request; answers to earlier ones may still come."""
    call = [line for line in datagram.split(b"\r\n") if line.startswith(b"Call-ID")][0]
    peer.sendto(datagram, gateway)
    while True:
        answer = peer.recv(65535)
        if call in answer:
            return int(answer.split()[1])

def expect(wanted, datagram):
    got = status(datagram)
    assert got == wanted, "%d instead of %d" % (got, wanted)

random.seed(1891)
for size in [0, 1, 3, 100, 1400, 9000, 65000]:
    peer.sendto(random.randbytes(size), gateway)
for cut in range(1, 120, 7):
    peer.sendto(request("OPTIONS")[:cut], gateway)
expect(400, request("OPTIONS", "Content-Length: 99\r\n"))
expect(513, request("OPTIONS", "Subject: " + "y" * 9000 + "\r\n"))
expect(483, request("INVITE", "Max-Forwards: 0\r\n"))
expect(420, request("INVITE", "Require: telepathy\r\n"))
expect(501, request("FLY"))
expect(200, request("OPTIONS"))
PY
echo "daemon: rubbish is refused or dropped, and it goes on"

# The last policy that loaded is kept: a broken one does not take its place, and says so (law 4).
start() { # NAME POLICY EXTRA...: until it is in force
    local name=$1 policy=$2
    shift 2
    "$gateway" run "$policy" --sip-udp "127.0.0.1:$((port + 3))" --http 127.0.0.1:25263 "$@" 2> "$work/$name.log" &
    spare=$!
    pids+=("$spare")
    for _ in $(seq 50); do grep -q "in force, SIP on" "$work/$name.log" && break; sleep 0.1; done
    grep -q "in force, SIP on" "$work/$name.log" || fail "$name: the gateway did not start"
}
stop() { kill -TERM "$spare"; wait "$spare" || fail "a gateway did not stop cleanly"; }
start first "$work/policy.toml" --data "$work/kept"
stop
[ -s "$work/kept/last-good.stw" ] && [ "$(stat -c %a "$work/kept/last-good.keys")" = 600 ] || fail "the policy was not kept"
start broken "$work/bad.toml" --data "$work/kept"
stop
grep -q "alarm: .*bad.toml does not load: the last good policy is in force" "$work/broken.log" || fail "the last good policy was not said"
strowger=$(dirname "$gateway")/strowger
"$strowger" compile "$work/policy.toml" -o "$work/damaged.stw" 2> /dev/null
# An octet in the middle of the device table; the emergency block stands behind it.
printf '\xff' | dd of="$work/damaged.stw" bs=1 seek=600 conv=notrunc status=none
start block "$work/bad.toml" --data "$work/empty" --emergency "$work/damaged.stw"
python3 - "$((port + 3))" <<'PY' || fail "the emergency block does not serve"
import socket, sys
gateway, peer = ("127.0.0.1", int(sys.argv[1])), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
peer.settimeout(2)
def status(number):
    here = "127.0.0.1:%d" % peer.getsockname()[1]
    peer.sendto(("INVITE sip:%s@a SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: <sip:x@a>;tag=1\r\nTo: <sip:%s@a>\r\nCall-ID: c%s\r\n"
                 "CSeq: 1 INVITE\r\nContact: <sip:x@%s>\r\n\r\n" % (number, here, number, number, number, here)).encode(), gateway)
    return int(peer.recv(65535).split()[1])
assert status("911") == 100, "help"
assert status("3000") == 503, "anything else"
PY
stop
grep -q "alarm: .*emergency calls only" "$work/block.log" || fail "the emergency block was not said"
rc=0
"$gateway" run "$work/bad.toml" --data "$work/empty" --emergency "$work/bad.toml" 2> "$work/none.log" || rc=$?
[ "$rc" -eq 2 ] || fail "nothing that loads ended with $rc, not 2"
echo "daemon: a broken policy leaves the last good one in force, else the emergency block, else exit 2"

field() { echo "[authentication username=$1 password=Plum-$(($1 * 7))-orchard]"; }
printf 'SEQUENTIAL\n6000;25280;%s\n' "$(field 6000)" > "$work/callee.csv"
printf 'SEQUENTIAL\n3000;6000;%s\n' "$(field 3000)" > "$work/pair.csv"
play() { # SCENARIO PORT EXTRA...
    local scenario=$1 local_port=$2
    shift 2
    timeout 30 sipp "127.0.0.1:${to:-$port}" -sf "$here/$scenario.xml" -i 127.0.0.1 -p "$local_port" -m 1 -nostdin -trace_err \
        -error_file "$work/$scenario.err" "$@" > "$work/$scenario.out" 2>&1
}
play register 25280 -inf "$work/callee.csv" || fail "the phone did not register"
play called 25280 & called=$!
sleep 0.3
# The caller would talk for 20 seconds; the gateway is told to stop after two.
(play caller 25270 -inf "$work/pair.csv" -d 20000 || true) & pids+=($!)
sleep 2
kill -TERM "$daemon"
wait "$daemon" || fail "the gateway did not stop cleanly"
wait "$called" || fail "the called phone was not released by BYE"
grep -q '^[^,]*,[^,]*,[0-9]*,3000,.*,6000,I,6000,' "$work/data/smdr.csv" || fail "the cleared call has no record"
echo "daemon: SIGTERM released the call that was up, and its record is written"

# The same with phones that are not there any more: who does not confirm the end is waited for two seconds, and billed to there.
below() { local child; for child in $(pgrep -P "$1"); do below "$child"; echo "$child"; done; }
start silent "$work/policy.toml" --data "$work/silent"
to=$((port + 3))
play register 25280 -inf "$work/callee.csv" || fail "the phone did not register"
(play called 25280 || true) & called=$!
sleep 0.3
(play caller 25270 -inf "$work/pair.csv" -d 20000 || true) & caller=$!
sleep 2
gone=$(below "$called"; below "$caller")
kill -9 $gone
wait "$called" "$caller" 2> /dev/null || true
stop
grep -q '^[^,]*,[^,]*,[1-4],3000,.*,6000,I,6000,' "$work/silent/smdr.csv" || fail "the call of vanished phones has no record, or too long a one"
echo "daemon: SIGTERM with vanished phones: the record is written, to the moment that they were told"
