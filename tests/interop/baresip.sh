#!/usr/bin/env bash
# baresip.sh GATEWAY: two baresip phones in a network namespace of this test register, and one calls the other.
# baresip refuses 127.x as its own address, so phones and gateway share 10.99.0.1 on the namespace's loopback.
set -euo pipefail
gateway=$(realpath "$1")
work=$(mktemp -d)
space=strowger-$$
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    sleep 0.3
    for pid in "${pids[@]}"; do
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "baresip: FAILED: $*" >&2; tail -n 30 "$work"/*.log >&2; exit 1; }
inside() { ip netns exec "$space" "$@"; }

ip netns add "$space"
inside ip link set lo up
inside ip addr add 10.99.0.1/32 dev lo

cat > "$work/policy.toml" <<'TOML'
[system]
name = "Two phones"
realm = "phones.test"
[smdr]
internal = true
[[cos]]
id = 1
name = "Staff"
features = ["smdr-internal"]
[[device]]
dn = "201"
kind = "sip"
digest = ["md5"]
password = "Hedge-and-gate-1931"
cos = 1
cor = 1
[[device]]
dn = "202"
kind = "sip"
digest = ["md5"]
password = "Orchard-wall-1847"
cos = 1
cor = 1
TOML

# One second of a 400 Hz square wave: 8,000 samples a second, 16 bits, one channel.
python3 - "$work/tone.wav" <<'PY'
import sys, wave
with wave.open(sys.argv[1], "wb") as tone:
    tone.setnchannels(1)
    tone.setsampwidth(2)
    tone.setframerate(8000)
    tone.writeframes((b"\x00\x20" * 10 + b"\x00\xe0" * 10) * 400)
PY

phone() { # DN PASSWORD SIP-PORT CONTROL-PORT RTP-PORT ANSWERMODE
    mkdir "$work/$1"
    cat > "$work/$1/accounts" <<CONF
<sip:$1@phones.test;transport=udp>;outbound="sip:10.99.0.1:5060;transport=udp";auth_user=$1;auth_pass=$2;answermode=$6;audio_codecs=pcmu,pcma;regint=60
CONF
    cat > "$work/$1/config" <<CONF
poll_method epoll
sip_listen 10.99.0.1:$3
call_local_timeout 60
audio_player aufile,$work/$1/heard.wav
audio_source aufile,$work/tone.wav
audio_alert aufile,/dev/null
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports $5-$(($5 + 20))
net_interface lo
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module aufile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
CONF
}
phone 201 Hedge-and-gate-1931 5071 4441 20000 manual
phone 202 Orchard-wall-1847 5082 4442 21000 auto

ip netns exec "$space" "$gateway" run "$work/policy.toml" --sip-udp 10.99.0.1:5060 --data "$work/data" 2> "$work/gateway.log" &
pids+=($!)
for _ in $(seq 50); do grep -q "in force" "$work/gateway.log" && break; sleep 0.1; done

until_seen() { # FILE TEXT SECONDS
    for _ in $(seq $(($3 * 10))); do grep -q -- "$2" "$1" 2>/dev/null && return 0; sleep 0.1; done
    return 1
}

# epoll needs a standard input that it can watch; held open both ways, so that nobody waits for the other end.
start() { # DN: its process id goes to $phone_pid, its keyboard is the fifo $work/DN/keys
    mkfifo "$work/$1/keys"
    ip netns exec "$space" timeout -k 1 45 baresip -f "$work/$1" -v -t 40 <> "$work/$1/keys" > "$work/$1.log" 2>&1 &
    pids+=($!)
}
start 202
until_seen "$work/gateway.log" "202 is registered" 10 || fail "202 did not register"
start 201
until_seen "$work/gateway.log" "201 is registered" 10 || fail "201 did not register"
exec 3<> "$work/201/keys"
echo "baresip: two phones registered"
echo "/dial 202" >&3
until_seen "$work/201.log" "Call established" 10 || fail "201 did not reach 202"
until_seen "$work/202.log" "Call established" 10 || fail "202 was not connected"
echo "baresip: 201 and 202 are connected"
sleep 2
echo "/hangup" >&3
until_seen "$work/data/smdr.csv" ",201,.*,202,I,202," 10 || fail "no SMDR of the call"
until_seen "$work/202.log" "session closed\|Call terminated\|terminated" 10 || fail "202 was not hung up"
grep -q "incoming rtp for" "$work/201.log" && grep -q "incoming rtp for" "$work/202.log" \
    && echo "baresip: RTP went directly between the phones"
echo "baresip: hung up by BYE, SMDR written: $(tail -n 1 "$work/data/smdr.txt")"
