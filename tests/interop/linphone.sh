#!/usr/bin/env bash
# linphone.sh GATEWAY: two linphones in a network namespace of this test register, and one calls the other: encrypted as
# policy demands, held and taken up again, refused, and in clear. tshark is the witness.
# Gateway and phones have an address each on the namespace's loopback: what is at the gateway's is not the phones' media.
set -euo pipefail
. "$(dirname "$0")/phones.sh"
end_all() {
    # linphonec may hang on its way out and keep its ports.
    signal KILL
    until_gone 20
    # One that lived on would share the next phones' ports.
    local left
    left=$(running)
    [ -z "$left" ] || echo "linphone: left running: $left" >&2
}
show_more() { [ ! -e "$work/seen.pcap" ] || tshark -r "$work/seen.pcap" -Y sip 2>/dev/null | tail -n 30 >&2; }

for host in 2 3; do inside ip addr add 10.99.0.$host/32 dev lo; done
# Without a default route linphone takes the network for down, and opens no port.
inside ip route add default dev lo src 10.99.0.1

# G.711 alone: linphone adds, switched on, what its settings do not name.
codecs() {
    local number=0 codec mime rate channels enabled
    for codec in PCMU/8000/1/1 PCMA/8000/1/1 opus/48000/2/0 speex/8000/1/0 speex/16000/1/0 speex/32000/1/0 G729/8000/1/0; do
        IFS=/ read -r mime rate channels enabled <<< "$codec"
        printf '[audio_codec_%d]\nmime=%s\nrate=%d\nchannels=%d\nenabled=%d\n' $number "$mime" "$rate" "$channels" "$enabled"
        number=$((number + 1))
    done
}

phone() { # DN ADDRESS RTP-PORT ENCRYPTION: "mandatory", "possible" or "none"
    local encryption=srtp mandatory=0
    case $4 in mandatory) mandatory=1 ;; none) encryption=none ;; esac
    mkdir -p "$work/$1/.local/share/linphone"
    { cat <<CONF
[sip]
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
bind_address=$2
guess_hostname=0
default_proxy=0
contact=sip:$1@$2
media_encryption=$encryption
media_encryption_mandatory=$mandatory
[rtp]
audio_rtp_port=$3
bind_address=$2
[sound]
echocancellation=0
[video]
enabled=0
capture=0
display=0
automatically_initiate=0
automatically_accept=0
[net]
dns_srv_enabled=0
[proxy_0]
reg_proxy=<sip:10.99.0.1:5060>
reg_route=<sip:10.99.0.1:5060;lr>
reg_identity=sip:$1@phones.test
reg_expires=60
reg_sendregister=1
[auth_info_0]
username=$1
passwd=${passwords[$1]}
realm=phones.test
CONF
    codecs; } > "$work/$1/rc"
}

# Without `timeout` before it, which SIGKILL would end instead of the phone.
start() { # DN [OPTION...]
    launch "$1" env HOME="$work/$1" linphonec --pipe -c "$work/$1/rc" -d 5 -l "$work/$1/trace" "${@:2}"
}

begin() { # NAME POLICY-201 POLICY-202 ENCRYPTION-201 ENCRYPTION-202
    serve "$1" "$2" "$3"
    phone 201 10.99.0.2 20000 "$4"
    phone 202 10.99.0.3 21000 "$5"
    start 202 -a
    start 201
    for dn in 201 202; do registered $dn; done
    for dn in 201 202; do key $dn "soundcard use files"; key $dn "play $all/tone.wav"; done
}

watch() { # SECONDS: everything on the namespace's network goes to $work/seen.pcap
    inside tshark -q -i lo -f udp -a "duration:$1" -w "$work/seen.pcap" > "$work/tshark.log" 2>&1
}

# A moment's RTP: packets there (201 to 202) as THERE and BACK, the different octets in their payload as OCTETS, and
# packets at the gateway's address that are no SIP as STRAY.
listen() {
    watch 2 || fail "tshark"
    tshark -r "$work/seen.pcap" -d udp.port==20000,rtp -d udp.port==21000,rtp -o rtp.heuristic_rtp:TRUE -T fields \
        -e ip.src -e udp.srcport -e ip.dst -e udp.dstport -e rtp.payload -e sip 2> "$work/tshark.log" > "$work/seen.txt"
    read -r THERE BACK OCTETS STRAY < <(python3 - "$work/seen.txt" <<'PY'
import sys
caller, called = ("10.99.0.2", "20000"), ("10.99.0.3", "21000")
there = back = stray = 0
octets = set()
for line in open(sys.argv[1]):
    source, source_port, target, target_port, payload, sip = line.rstrip("\n").split("\t")[:6]
    ends = (source, source_port), (target, target_port)
    there += bool(payload) and ends == (caller, called)
    back += bool(payload) and ends == (called, caller)
    if payload and set(ends) == {caller, called}:
        octets.update(bytes.fromhex(payload.replace(":", ""))[:160])
    stray += "10.99.0.1" in (source, target) and not sip
print(there, back, len(octets), stray)
PY
)
    seen="$THERE packets of RTP from 201 to 202, $BACK back, $STRAY at the gateway, $OCTETS different octets"
}

connected() {
    key 201 "call 202"
    until_seen "$work/201.log" "Media streams established\|connected" 10 || fail "201 did not reach 202"
    sleep 0.5
}
hang_up() {
    key 201 terminate
    recorded
}
both_ways() { [ "$THERE" -gt 60 ] && [ "$BACK" -gt 60 ] && [ "$STRAY" -eq 0 ]; }

begin required required required mandatory mandatory
echo "linphone: two phones registered"
connected
listen
both_ways && [ "$OCTETS" -gt 200 ] || fail "not encrypted, not direct: $seen"
echo "linphone: required by both: $seen: encrypted"
key 201 pause
sleep 1
listen
[ "$BACK" -eq 0 ] && [ "$STRAY" -eq 0 ] || fail "media still came from the held phone: $seen"
[ "$THERE" -eq 0 ] || [ "$OCTETS" -gt 200 ] || fail "what a held phone hears is not encrypted: $seen"
echo "linphone: held by the caller: $seen"
key 202 pause
sleep 1
listen
[ $((THERE + BACK + STRAY)) -eq 0 ] || fail "media went on while both held the call: $seen"
echo "linphone: held by both: $seen"
key 202 resume
key 201 resume
sleep 1
listen
both_ways && [ "$OCTETS" -gt 200 ] || fail "after resuming: $seen"
echo "linphone: taken up again: $seen: still encrypted"
hang_up

# It is the caller who cannot: a linphone without encryption in its settings still takes an offer of SRTP.
begin clear best-effort best-effort none possible
connected
listen
both_ways && [ "$OCTETS" -lt 32 ] || fail "best effort with a phone that cannot: $seen"
hang_up
echo "linphone: best effort with a phone that cannot: $seen: plain audio"

begin mismatch required off mandatory none
watch 4 &
watcher=$!
sleep 1.5
key 201 "call 202"
wait "$watcher" || fail "tshark"
refusal=$(tshark -r "$work/seen.pcap" -Y 'sip.Status-Code == 488 && ip.dst == 10.99.0.2' -T fields -E separator='|' \
    -e sip.Status-Line -e sip.Reason -e sip.Warning 2> "$work/tshark.log" | head -n 1)
[[ $refusal == "SIP/2.0 488 "*srtp.mismatch*srtp.mismatch* ]] || fail "201 heard: ${refusal:-no 488}"
grep -q "connected" "$work/202.log" && fail "202 was connected"
echo "linphone: required to a phone that is off: $refusal"
