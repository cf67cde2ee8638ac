#!/usr/bin/env bash
# baresip.sh GATEWAY: two baresip phones in a network namespace of this test register, and one calls the other: in clear,
# encrypted as policy demands, and refused where policy does not let them talk.
# baresip refuses 127.x as its own address, so phones and gateway share 10.99.0.1 on the namespace's loopback.
set -euo pipefail
. "$(dirname "$0")/phones.sh"
scenario=0
end_all() {
    signal TERM
    # Phones take their registration back first.
    until_gone 30
    signal KILL
}

# What goes between the phones' media ports, and between them and the relay's: how many packets, and how many different
# octets in their payload.
cat > "$all/listen.py" <<'PY'
import socket, struct, sys, time
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
raw.settimeout(0.2)
end = time.time() + float(sys.argv[1])
direct, relayed = [0, set()], [0, set()]
phones, relay = (range(20000, 20022), range(21000, 21022)), range(30000, 40000)
while time.time() < end:
    try:
        frame = raw.recv(2048)
    except TimeoutError:
        continue
    ip = frame[14:]
    udp = ip[(ip[0] & 15) * 4:]
    if ip[9] != 17:
        continue
    source, target = struct.unpack("!HH", udp[:4])
    ends = [any(port in phone for phone in phones) for port in (source, target)]
    if source % 2 == 0 and any(ends):
        seen = direct if all(ends) else relayed if source in relay or target in relay else None
        if seen:
            seen[0] += 1
            seen[1].update(udp[20:180])
print(direct[0], len(direct[1]), relayed[0], len(relayed[1]))
PY

phone() { # DN SIP-PORT RTP-PORT ANSWERMODE ENCRYPTION
    mkdir "$work/$1"
    cat > "$work/$1/accounts" <<CONF
<sip:$1@phones.test;transport=udp>;outbound="sip:10.99.0.1:5060;transport=udp";auth_user=$1;auth_pass=${passwords[$1]};answermode=$4;audio_codecs=pcmu,pcma;regint=60${5:+;mediaenc=$5}
CONF
    baresip_config "$1" "10.99.0.1:$2" "$3" "$work/$1/heard.wav"
}

# epoll needs a standard input that it can watch.
start() { # DN
    launch "$1" timeout -k 1 45 baresip -f "$work/$1" -v -t 40
    registered "$1"
}

# Two phones under these policies, able to do this.
begin() { # NAME POLICY-201 POLICY-202 ENCRYPTION-201 ENCRYPTION-202 [LINE-OF-202 MORE-POLICY [OPTION...]]
    serve "$1" "$2" "$3" "${@:6}"
    # Ports of their own: the last phones' may still be held.
    scenario=$((scenario + 1))
    phone 201 $((5071 + scenario * 20)) 20000 manual "$4"
    phone 202 $((5082 + scenario * 20)) 21000 auto "$5"
    start 202
    start 201
}

connected() {
    key 201 "/dial 202"
    until_seen "$work/201.log" "Call established" || fail "201 did not reach 202"
    until_seen "$work/202.log" "Call established" || fail "202 was not connected"
}

hang_up() {
    key 201 /hangup
    recorded
    until_seen "$work/202.log" "session closed\|Call terminated\|terminated" || fail "202 was not hung up"
}

# Packets between the phones in a moment, and their different octets, as PACKETS and OCTETS; over the relay as RELAYED and
# RELAYED_OCTETS.
listen() {
    read -r PACKETS OCTETS RELAYED RELAYED_OCTETS < <(inside python3 "$all/listen.py" 1.5)
}

begin clear best-effort best-effort "" ""
echo "baresip: two phones registered"
connected
echo "baresip: 201 and 202 are connected"
listen
[ "$PACKETS" -gt 60 ] && [ "$OCTETS" -lt 32 ] || fail "no plain audio between the phones: $PACKETS packets, $OCTETS octets"
echo "baresip: $PACKETS packets of RTP went directly between the phones, with $OCTETS different octets: plain audio"
hang_up
echo "baresip: hung up by BYE, SMDR written: $(tail -n 1 "$work/data/smdr.txt")"

begin required required required srtp-mand srtp-mand
connected
listen
[ "$PACKETS" -gt 60 ] && [ "$OCTETS" -gt 200 ] || fail "not encrypted: $PACKETS packets, $OCTETS octets"
echo "baresip: required by both: $PACKETS packets directly, with $OCTETS different octets: encrypted"
key 201 /hold
sleep 0.4
listen
[ "$PACKETS" -lt 60 ] || fail "media went on both ways while the call was held: $PACKETS packets"
held=$PACKETS
key 201 /resume
sleep 0.4
listen
[ "$PACKETS" -gt 60 ] && [ "$OCTETS" -gt 200 ] || fail "after resuming: $PACKETS packets, $OCTETS octets"
echo "baresip: held ($held packets) and resumed ($PACKETS, still encrypted)"
hang_up

begin mixed best-effort best-effort srtp ""
connected
listen
[ "$PACKETS" -gt 60 ] && [ "$OCTETS" -lt 32 ] || fail "best effort with a phone that cannot: $PACKETS packets, $OCTETS octets"
hang_up
echo "baresip: best effort with a phone that cannot: plain audio"

begin mismatch required off srtp-mand ""
key 201 "/dial 202"
until_seen "$work/201.log" "488" || fail "201 was not refused"
grep -q "Call established" "$work/202.log" && fail "202 was connected"
echo "baresip: required to a phone that is off: refused with 488"

begin downgrade required best-effort "" ""
key 201 "/dial 202"
until_seen "$work/201.log" "488" || fail "plain audio was not refused"
echo "baresip: plain audio from a device that requires SRTP: refused with 488"

# Between two zones: over rtpengine, which the gateway finds missing and starts; nothing passes the filter but by pinholes.
zones='zone = "home"'
anchored='[[zone]]
name = "home"
[[media_path]]
between = ["default", "home"]
path = "anchored"
[media]
rtpengine = "127.0.0.1:2223"'
elements() { inside nft list set inet strowger pinholes4 | grep -o "10.99.0.1 \. [0-9]* \. 10.99.0.1 \. [0-9]*" | wc -l; }
calls() { inside "$gateway" calls --data "$work/data"; }
begin anchored required required srtp-mand srtp-mand "$zones" "$anchored" --pinholes nft:strowger
grep -q "rtpengine is started" "$work/gateway.log" || fail "rtpengine was not started"
until_seen "$work/gateway.log" "relay 127.0.0.1:2223 is there" || fail "rtpengine does not answer"
inside nft -f - <<'NFT'
add chain inet strowger media { type filter hook input priority 0; }
add rule inet strowger media ip saddr . udp sport . ip daddr . udp dport @pinholes4 accept
add rule inet strowger media ip daddr 10.99.0.1 udp dport 20000-39999 drop
NFT
connected
listen
[ "$PACKETS" -eq 0 ] && [ "$RELAYED" -gt 120 ] && [ "$RELAYED_OCTETS" -gt 200 ] ||
    fail "not over the relay, encrypted: $PACKETS packets directly, $RELAYED relayed with $RELAYED_OCTETS octets"
calls > "$work/calls.json"
grep -q '"from":"201".*"media":"anchored".*"to":"202".*"why":"zones"' "$work/calls.json" || fail "calls said $(cat "$work/calls.json")"
open=$(elements)
[ "$open" -eq 8 ] || fail "$open elements of pinholes while a call is up, not 8"
echo "baresip: between zones: $RELAYED packets over rtpengine, none directly, encrypted end to end, through $open elements of pinholes"
key 201 /hold
sleep 0.4
key 201 /resume
sleep 0.4
listen
[ "$PACKETS" -eq 0 ] && [ "$RELAYED" -gt 120 ] || fail "after hold and resume: $PACKETS directly, $RELAYED relayed"
hang_up
for _ in $(seq 30); do [ "$(elements)" -eq 0 ] && break; sleep 0.1; done
[ "$(elements)" -eq 0 ] || fail "pinholes are left: $(inside nft list set inet strowger pinholes4)"
echo "baresip: held, resumed ($RELAYED packets), hung up: no pinhole is left"

# The relay is lost with a call up, and found again: both phones are asked anew, and hear each other again.
connected
relay=$(sed -n 's/.*rtpengine is started (process \([0-9]*\)).*/\1/p' "$work/gateway.log")
kill -9 "$relay"
until_seen "$work/gateway.log" "alarm: the media relay" || fail "the loss of the relay was not said"
until_seen "$work/gateway.log" "it is started again" || fail "the relay was not started again"
for _ in $(seq 50); do inside "$gateway" status --data "$work/data" | grep -q '"relay":"up"' && break; sleep 0.1; done
until_seen "$work/gateway.log" "media over the relay is negotiated anew" || fail "the call that was up was forgotten"
sleep 1
listen
[ "$PACKETS" -eq 0 ] && [ "$RELAYED" -gt 120 ] && [ "$RELAYED_OCTETS" -gt 200 ] ||
    fail "after the loss of the relay: $PACKETS directly, $RELAYED relayed with $RELAYED_OCTETS octets"
renewed=$RELAYED
hang_up
connected
# It says so in the same words as the first time.
sleep 1
listen
[ "$PACKETS" -eq 0 ] && [ "$RELAYED" -gt 120 ] || fail "a call after the loss of the relay: $PACKETS directly, $RELAYED relayed"
hang_up
echo "baresip: rtpengine was killed: said, started again; the call that was up goes on over it ($renewed packets), and the next one ($RELAYED)"
stop
for _ in $(seq 20); do [[ $(running) == *rtpengine* ]] || break; sleep 0.1; done
[[ $(running) != *rtpengine* ]] || fail "rtpengine has outlived the gateway"

begin refused best-effort best-effort "" "" "$zones" "${anchored%%\[media\]*}"
key 201 "/dial 202"
until_seen "$work/201.log" "488" || fail "201 was not refused without a relay"
echo "baresip: between zones without a relay: refused with 488"
