#!/usr/bin/env bash
# handsets.sh GATEWAY PHONE: telephones of the C ABI (examples/c/phone.c, built as PHONE), each with its own line of the keyring, at real
# gateways over UDP: calls, hold, a code, blind and attended transfer, what its own policy and what the gateway refuses, help, and another
# gateway when the first is gone. The records of the gateway are the witness.
set -euo pipefail
gateway=$(realpath "$1")
phone=$(realpath "$2")
compile=$(dirname "$gateway")/strowger
me=handsets
work=$(mktemp -d)
pids=()
finish() {
    [ ${#pids[@]} -eq 0 ] || { disown "${pids[@]}" 2>/dev/null || true; kill "${pids[@]}" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT
. "$(dirname "$0")/consoles.sh"

cat > "$work/policy.toml" <<'POLICY'
system = { name = "Handsets", realm = "handsets.test", country = "CA", area_code = "613", default_cesid = "6135550100" }
smdr = { internal = true, external = true }
cos = [
  { id = 1, name = "Staff", features = ["hold", "transfer", "smdr-internal", "smdr-external"] },
  { id = 2, name = "Accountable", features = ["smdr-external", "forced-non-verified-account-code"], account_code_length = 4 },
  { id = 50, name = "Line", features = ["smdr-external"] },
]
cor_group = [{ id = 1, name = "Not for COR 2", members = "2" }]
template = [{ name = "desk", digest = ["sha-256"], cos = 1, cor = 1 }]
device = [
  { dn = "201", name = "Reception", template = "desk", password = "Hedge-and-gate-1931" },
  { dn = "202", name = "Workshop", template = "desk", password = "Orchard-wall-1847" },
  { dn = "203", name = "Yard", template = "desk", cor = 2, password = "Ladder-and-lamp-1866" },
  { dn = "204", name = "Store", template = "desk", cos = 2, password = "Bench-and-vice-1888" },
  { dn = "205", name = "Gate", template = "desk", transport = ["tcp"], password = "Bolt-and-latch-1902" },
]
trunk = [{ name = "carrier", kind = "sip", host = "127.0.0.1:26299", channels = 4, cos = "Line", cor = 30 }]
digit_modification = [{ id = 1, absorb = 1, insert = "1613" }]
route = [{ id = 1, trunk = "carrier", cor_group = 1, digit_modification = 1 }, { id = 9, trunk = "carrier", emergency = true }]
ars = [
  { digits = "9NXXXXXX", use = { route = 1 } },
  { digits = "911", emergency = true, use = { route = 9 } },
]
POLICY
"$compile" compile "$work/policy.toml" -o "$work/policy.stw" --keys "$work/policy.keys" 2> "$work/findings" || fail "$(cat "$work/findings")"

serve() { # NAME PORT
    "$gateway" run "$work/policy.stw" --keys "$work/policy.keys" --sip-udp "127.0.0.1:$2" --sip-tcp "127.0.0.1:$2" --no-canary --http "127.0.0.1:$(($2 + 1000))" \
        --data "$work/$1" 2> "$work/$1.log" &
    pids+=($!)
    until_record "$1.log" "in force"
}
serve first 26200
first=${pids[-1]}
serve second 26201
# The carrier answers whatever is called.
sipp -sf "$(dirname "$0")/called.xml" -i 127.0.0.1 -p 26299 -nostdin 127.0.0.1:26200 > "$work/carrier.out" 2>&1 &
pids+=($!)

for n in 1 2 3 4 5; do
    number=20$n
    "$compile" compile "$work/policy.toml" -o "$work/$number.stw" --keys "$work/$number.keys" --for $number 2>> "$work/findings" ||
        fail "no keyring for $number"
    mkfifo "$work/$number.in"
    gateways="127.0.0.1:26200,127.0.0.1:26201"
    [ $n != 5 ] || gateways="127.0.0.1:26200;tcp,127.0.0.1:26201;tcp"
    STROWGER_HEARTBEAT=5 "$phone" $number 127.0.0.1:262${n}0 "$gateways" "$work/$number.stw" "$work/$number.keys" \
        < "$work/$number.in" > "$work/$number.out" 2>&1 &
    pids+=($!)
    exec {console[$number]}> "$work/$number.in"
    until_says $number "^registered"
done

# A call, encrypted; hold and on again; hanging up.
type 201 dial 202
until_says 202 '^incoming 201 "Reception"'
until_says 201 "^alerted"
type 202 answer
until_says 201 "^up"
until_says 201 "^sound from 127.0.0.1:36210 to 127.0.0.1:36220, codec 1 as 0, both, encrypted"
until_says 202 "^sound from 127.0.0.1:36220 to 127.0.0.1:36210, codec 1 as 0, both, encrypted"
type 201 hold
until_says 201 "^changed 200"
until_says 202 "^held"
type 201 retrieve
until_says 201 "^changed 200"
until_says 202 "^held no more"

# 202 transfers 201, who has called it, to 203: blind; it proves who it is by what its registrar has asked.
type 202 transfer 203
until_says 203 "^incoming"
type 203 answer
until_says 202 "^referred 200"
until_says 202 "^over 200"
until_says 203 "^up"
sleep 0.5
type 201 hangup
until_says 203 "^over 200"
echo "handsets: a call, hold, a blind transfer: $(tail -n 1 "$work/first/smdr.csv")"

# Attended: 201 calls 202, holds it, calls 203, and joins them.
type 201 dial 202
until_says 202 "^incoming"
type 202 answer
until_says 201 "^up"
sleep 0.3
type 201 hold
until_says 201 "^changed 200"
type 201 dial 203
until_says 203 "^incoming"
type 203 answer
until_says 201 "^up"
sleep 0.3
type 201 join
until_says 201 "^referred 200"
until_says 201 "^over 200"
sleep 0.5
type 202 hangup
until_says 203 "^over 200"
echo "handsets: an attended transfer: $(tail -n 1 "$work/first/smdr.csv")"

# What its own copy of the policy denies, and what only the gateway does.
decisions() { cat "$work/first/denied.jsonl" 2>/dev/null | wc -l; }
before=$(decisions)
type 203 dial 95551234
until_says 203 "^denied here: cor.route"
type 203 dial 7
until_says 203 "^denied here: number.vacant"
[ "$(decisions)" = "$before" ] || fail "the gateway was asked"
# An account code, key by key.
type 204 dial 95551234
until_says 204 "^account code?"
for key in 2 0 2 6; do type 204 press $key; done
until_says 204 "^up"
sleep 0.5
type 204 hangup
until_says 204 "^over 200"
until_record first/smdr.csv ",2026,"
echo "handsets: refused here by cor.route; an account code: $(tail -n 1 "$work/first/smdr.csv")"

# Over TCP: called, and calls, over the connection that it has made.
type 201 dial 205
until_says 205 '^incoming 201 "Reception"'
type 205 answer
until_says 201 "^up"
until_says 205 "^sound from 127.0.0.1:36250 to 127.0.0.1:36210, codec 1 as 0, both, encrypted"
type 205 hold
until_says 205 "^changed 200"
until_says 201 "^held"
type 201 hangup
until_says 205 "^over 200"
type 205 dial 202
until_says 202 '^incoming 205 "Gate"'
type 202 answer
until_says 205 "^up"
type 202 hangup
until_says 205 "^over 200"
until_record first/smdr.csv ",205,.*,202,I,202,"
echo "handsets: over TCP: $(tail -n 1 "$work/first/smdr.csv")"

# Help.
type 203 dial 911
until_says 203 "^up"
sleep 0.3
type 203 hangup
until_says 203 "^over 200"
until_record first/smdr.csv ",203,.*911"

# The first gateway is gone: help is found at once, then everybody is at the other one, and calls go on.
kill -STOP "$first"
type 202 dial 911
until_says 202 "^up" 8
type 202 hangup
until_says 202 "^over 200"
until_says 201 "^server 1" 40
until_says 201 "^registered" 10
until_says 202 "^server 1" 40
until_says 202 "^registered" 10
until_says 205 "^server 1" 40
until_says 205 "^registered" 10
type 205 dial 202
until_says 202 "^incoming 205"
type 202 hangup
until_says 205 "^over 603\|^over 486"
type 201 dial 202
until_says 202 "^incoming 201"
type 202 answer
until_says 201 "^up"
sleep 0.3
type 201 hangup
until_says 202 "^over 200"
kill -CONT "$first"
until_record second/smdr.csv ",201,.*,202,"
echo "handsets: at the second gateway: $(tail -n 1 "$work/second/smdr.csv")"
for number in 201 202 203 204 205; do type $number quit; done
echo "handsets: all is well"
