#!/usr/bin/env bash
# sets.sh GATEWAY SET STROWGER: simulated sets over TLS and in clear, and sipp as the SIP phones. The set is a program of its own, written from
# docs/set-protocol.md; what goes over the wire is read by the Wireshark dissector as well.
set -euo pipefail
. "$(dirname "$0")/scenarios.sh"
set_program=$(realpath "$2") strowger=$(realpath "$3")
port=25700
fail() { echo "sets: FAILED: $*" >&2; tail -n 30 "$work"/*.err "$work"/*.out "$work"/*.said "$work/gateway.log" >&2 2>/dev/null || true; exit 1; }

ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
openssl req -x509 "${ec[@]}" -days 2 -subj "/CN=Authority" -keyout "$work/authority.key" -out "$work/authority.pem" 2> /dev/null
openssl req "${ec[@]}" -subj "/CN=gateway" -keyout "$work/tls.key" -out "$work/tls.csr" 2> /dev/null
openssl x509 -req -in "$work/tls.csr" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=IP:127.0.0.1") -out "$work/tls.pem" 2> /dev/null
{
    bash "$here/policy.sh" 4
    cat <<'POLICY'
[[device]]
dn = "7001"
name = "Lobby"
kind = "set"
mac = "08:00:0f:12:34:56"
set_type = "console-8"
pin = "471193"
cos = "Staff"
cor = 1
[[device]]
dn = "7002"
name = "Dock"
kind = "set"
set_type = "console-8"
pin = "580264"
cos = "Staff"
cor = 1
transport = ["tcp", "tls"]
[[device]]
dn = "7003"
kind = "set"
set_type = "console-8"
pin = "902716"
cos = "Staff"
cor = 1
primary = "centre"
[registration]
access_code = "*57"
replacement_code = "*58"
[[element]]
name = "branch"
address = "127.0.0.1:25700"
[[element]]
name = "centre"
address = "192.0.2.77:5060"
[limits]
login_failures = 20
POLICY
} > "$work/policy.toml"
numbers 4 25710 25720
run_gateway() { # OPTION...
    serve "$@" --set "127.0.0.1:25702" --set-tcp "127.0.0.1:25701" --tls-cert "$work/tls.pem" --tls-key "$work/tls.key" --element branch --http "127.0.0.1:25705"
}
run_gateway
# What SIP phones send comes back to whoever sent it.
python3 - 18000 19000 <<'PY' &
import select, socket, sys
ears = []
for port in sys.argv[1:]:
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", int(port)))
    ears.append(ear)
while True:
    for ear in select.select(ears, [], [])[0]:
        octets, source = ear.recvfrom(2048)
        ear.sendto(octets, source)
PY

# Plays the script on standard input at a set, in the background as $playing. What it shows is in NAME.said, and at the end that it has come there.
plays() { # NAME OPTION...
    local name=$1 script
    script=$(cat)
    timeout 60 "$set_program" --script <(printf '%s\nsay the end\n' "$script") "${@:2}" > "$work/$name.said" 2>&1 &
    playing=$!
}
lobby() { # NAME
    SET_PIN=471193 plays "$1" --controller 127.0.0.1:25702 --tls-ca "$work/authority.pem" --tls-name 127.0.0.1 \
        --mac 08:00:0f:12:34:56 --type console-8 --number 7001
}
clear() { # NAME MAC NUMBER PIN OPTION...
    SET_PIN=$4 plays "$1" --controller 127.0.0.1:25701 --mac "$2" --type "${set_type:-console-8}" --number "$3" "${@:5}"
}
dock() { clear "$1" 08:00:0f:00:00:02 7002 580264 "${@:2}"; }
played() { # PROCESS NAME WHAT
    wait "$1" && grep -q "^the end$" "$work/$2.said" || fail "$3: $(cat "$work/$2.said")"
}
audited() { grep -c "\"op\":\"$1\"" "$work/data/audit.jsonl" || true; }

# Who may not. Nothing is said that a guesser could use: a number that there is gets the same answer as one that there is not.
for number in 7002 7999; do
    clear refused 08:00:0f:00:00:02 $number 580264 <<< "wait-refused BadPin 5"
    played "$playing" refused "a set without code was not refused as $number"
done
clear refused 08:00:0f:00:00:02 7002 111111 --register "*57" <<< "wait-refused BadPin 5"
played "$playing" refused "a wrong PIN was not refused"
set_type=phone-2 clear refused 08:00:0f:00:00:02 7002 580264 --register "*57" <<< "wait-refused SetTypeMismatch 5"
played "$playing" refused "a wrong type was not refused"
clear refused 08:00:0f:00:00:03 7003 902716 --register "*57" <<< "wait-refused NotHere 5"
played "$playing" refused "a set of another element was not sent there"
clear refused 08:00:0f:12:34:56 7001 471193 <<< "wait-refused Transport 5"
played "$playing" refused "a set that must come over TLS was let in in clear"
echo "sets: a set is refused for its PIN, its type, its element and its transport"

# The first that has code, type and PIN is bound; after a restart it needs no code.
tshark -q -i lo -w "$work/clear.pcap" -f "tcp port 25701" > /dev/null 2>&1 &
capturing=$!
for _ in $(seq 100); do [ -s "$work/clear.pcap" ] && break; sleep 0.1; done
dock bound --register "*57" <<< "wait-registered 5"
played "$playing" bound "the set was not bound"
[ "$(audited set-bound)" -eq 1 ] || fail "that a set was bound is not in the audit trail"
stop_serving
run_gateway --record "$work/trace"
dock known <<< $'wait-registered 5\nwait 7002 5'
played "$playing" known "the set is not known after a restart"
clear replaced 08:00:0f:00:00:04 7002 580264 --replace "*58" <<< "wait-registered 5"
played "$playing" replaced "the set was not replaced"
dock gone <<< "wait-refused BadPin 5"
played "$playing" gone "the set that was replaced is still known"
clear back 08:00:0f:00:00:02 7002 580264 --replace "*58" <<< "wait-registered 5"
played "$playing" back "the set did not come back"
[ "$(audited set-replaced)" -eq 2 ] || fail "that sets were replaced is not in the audit trail"
echo "sets: bound by the registration code, known after a restart, replaced, all of it in the audit trail"

run register-callees register 25720 4 10 20 -inf "$work/callees.csv" || fail "SIP phones did not register"
run register-callers register 25710 4 10 20 -inf "$work/callers.csv" || fail "SIP phones did not register"

# A set calls a SIP phone, digit by digit, and hears it; its connection is lost in the call, and comes back.
play called called 25720 1 1 30
dock calls <<'SCRIPT'
wait-registered 5
off
wait-tone dial 5
60
wait-tone silence 5
00
wait-sound 50 10
wait 6000 1
wait-lamp 1 on 1
lose
sleep 1000
back
wait-sound 50 10
wait 6000 1
on
wait-tone silence 5
sleep 300
SCRIPT
set_calls=$playing
played "$set_calls" calls "the set did not call"
echo "sets: a set calls a SIP phone, hears it, and goes on when its connection is back"

# A SIP phone calls a set over TLS, which answers; the phone hangs up.
lobby called-set <<'SCRIPT'
wait-registered 5
wait-ring inside 10
wait 3000 1
wait-lamp 1 flash 1
off
wait-sound 50 10
wait-lamp 1 on 1
wait-tone silence 10
sleep 2500
on
SCRIPT
called_set=$playing
for _ in $(seq 50); do grep -q "7001 is registered" "$work/gateway.log" && break; sleep 0.1; done
sed 's/;6000;/;7001;/' "$work/pairs.csv" > "$work/to-set.csv"
run calling caller 25710 1 1 20 -inf "$work/to-set.csv" -d 3000 || fail "the SIP phone did not reach the set: $(cat "$work/called-set.said")"
played "$called_set" called-set "the set was not called"
echo "sets: a SIP phone calls a set over TLS, and is heard"

# Two sets; one transfers the other to a SIP phone, which goes on with it.
play transferred joined 25720 1 1 40
lobby transferor <<'SCRIPT'
wait-registered 5
sleep 500
off
7002
wait-sound 25 10
transfer
wait-lamp 1 blink 5
wait-tone dial 5
6000
wait-sound 25 10
transfer
wait-lamp 1 off 10
wait-lamp 2 off 10
on
SCRIPT
transferor=$playing
dock transferred-set <<'SCRIPT'
wait-registered 5
wait-ring inside 10
off
wait-tone on-hold 15
wait-tone silence 10
wait-sound 50 10
on
sleep 500
SCRIPT
played "$playing" transferred-set "the set was not transferred"
played "$transferor" transferor "the set did not transfer"
echo "sets: two sets talk, and one is transferred to a SIP phone"

# Help, for a set that nobody knows, and nothing else.
clear stranger 08:00:0f:00:00:09 "7002" 000000 <<'SCRIPT'
wait-refused BadPin 5
off
6001
wait-tone reorder 5
on
SCRIPT
played "$playing" stranger "a stranger was not refused"
kill "$capturing" && wait "$capturing" 2>/dev/null || true
stop_serving
[ "$records" -ge 3 ] || fail "there are $records records of calls"
# All of it happens again, decision by decision.
"$strowger" replay "$work/trace" > "$work/replayed.out" || fail "what sets did does not replay: $(tail -n 5 "$work/replayed.out")"
# What must be nowhere.
! grep -rqE "471193|580264|\*5[78]" "$work/data" "$work/gateway.log" "$work/trace" || fail "a PIN or a code was written down"
bash "$here/dissect.sh" "$work/clear.pcap" 25701 || fail "the dissector does not read what was said"
echo "sets: $records calls recorded, no PIN and no code in records, trail and log"
