# linphones.sh, sourced by linphone.sh, transfers.sh, forwards.sh and takes.sh: linphones in the network namespace of phones.sh, which is sourced here.
# Gateway and phones have an address each on the namespace's loopback: what is at the gateway's is not the phones' media.
. "$(dirname "${BASH_SOURCE[0]}")/phones.sh"
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

for host in 2 3 4; do inside ip addr add 10.99.0.$host/32 dev lo; done
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
keep_srtp_keys=0
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

watch() { # SECONDS: everything on the namespace's network goes to $work/seen.pcap
    inside tshark -q -i lo -f udp -a "duration:$1" -w "$work/seen.pcap" > "$work/tshark.log" 2>&1
}

# A moment's RTP between two phones, the first and second of the named (201, unless named, and 202): packets there as THERE
# and BACK, the different octets in their payload as OCTETS, and packets at the gateway's address that are no SIP as STRAY.
listen() { # [DN DN]
    local one=${1:-201} other=${2:-202}
    watch 2 || fail "tshark"
    tshark -r "$work/seen.pcap" -d udp.port==20000,rtp -d udp.port==21000,rtp -d udp.port==22000,rtp -o rtp.heuristic_rtp:TRUE -T fields \
        -e ip.src -e udp.srcport -e ip.dst -e udp.dstport -e rtp.payload -e sip 2> "$work/tshark.log" > "$work/seen.txt"
    read -r THERE BACK OCTETS STRAY < <(python3 - "$work/seen.txt" "$one" "$other" <<'PY'
import sys
phones = {"201": ("10.99.0.2", "20000"), "202": ("10.99.0.3", "21000"), "203": ("10.99.0.4", "22000")}
caller, called = phones[sys.argv[2]], phones[sys.argv[3]]
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
    seen="$THERE packets of RTP from $one to $other, $BACK back, $STRAY at the gateway, $OCTETS different octets"
}

third="[[device]]
dn = \"203\"
kind = \"sip\"
template = \"phone\"
password = \"${passwords[203]}\"
srtp = \"required\""

# 201, 202 and 203 are registered; the last two answer, 202 unless told otherwise.
three() { # NAME [LINE-OF-202 [MORE-POLICY [OPTION-OF-202]]]
    serve "$1" required required "${2:-}" "$third
${3:-}"
    phone 201 10.99.0.2 20000 mandatory
    phone 202 10.99.0.3 21000 mandatory
    phone 203 10.99.0.4 22000 mandatory
    start 203 -a
    start 202 ${4--a}
    start 201
    for dn in 201 202 203; do registered $dn; done
    for dn in 201 202 203; do key $dn "soundcard use files"; key $dn "play $all/tone.wav"; done
}
# All signalling of a scenario, until the process $watcher has ended.
trace() {
    ip netns exec "$space" tshark -q -i lo -f "udp port 5060" -w "$work/sip.pcap" > "$work/tshark.log" 2>&1 &
    watcher=$!
    # It says that it captures before it does: it does when it has written down a datagram that is sent for that, to nobody.
    for _ in $(seq 120); do
        inside bash -c 'echo > /dev/udp/127.0.0.1/5060' 2> /dev/null || true
        [ -z "$(tshark -r "$work/sip.pcap" -c 1 2> /dev/null)" ] || return 0
        sleep 0.2
    done
    fail "tshark does not capture"
}
traced() {
    kill -INT "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
}
# 201 talks to 203, encrypted, and nothing goes to 202, over whom the call came.
assert_joined() { # HOW
    listen 201 203
    [ "$THERE" -gt 60 ] && [ "$BACK" -gt 60 ] && [ "$STRAY" -eq 0 ] && [ "$OCTETS" -gt 200 ] || fail "$1: $seen"
    joined=$seen
    listen 201 202
    [ $((THERE + BACK)) -eq 0 ] || fail "$1: media goes to 202: $seen"
}
