#!/usr/bin/env bash
# emulated.sh GATEWAY IMAGE PHONE: two telephones on bare boards (examples/firmware, built as IMAGE), each in an emulator of its own, and a
# third on this machine (examples/c/phone.c, built as PHONE), on one Ethernet with two gateways and a carrier, in a network namespace of this
# test. What is on the Ethernet is the witness, and the gateways' records.
set -euo pipefail
gateway=$(realpath "$1")
image=$(realpath "$2")
phone=$(realpath "$3")
compile=$(dirname "$gateway")/strowger
me=emulated
work=$(mktemp -d)
space=strowger-$$
pids=()
finish() {
    [ ${#pids[@]} -eq 0 ] || { disown "${pids[@]}" 2>/dev/null || true; kill -CONT "${pids[@]}" 2>/dev/null || true; kill "${pids[@]}" 2>/dev/null || true; }
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
. "$(dirname "$0")/consoles.sh"
inside() { ip netns exec "$space" "$@"; }

cat > "$work/policy.toml" <<'POLICY'
system = { name = "Boards", realm = "boards.test", country = "CA", area_code = "613", default_cesid = "6135550100" }
smdr = { internal = true, external = true }
cos = [
  { id = 1, name = "Staff", features = ["hold", "transfer", "smdr-internal", "smdr-external", "forced-non-verified-account-code"], account_code_length = 4 },
  { id = 50, name = "Line", features = ["smdr-external"] },
]
cor_group = [{ id = 1, name = "Not for COR 2", members = "2" }]
template = [{ name = "desk", digest = ["sha-256"], cos = 1, cor = 1 }]
device = [
  { dn = "201", name = "Reception", template = "desk", password = "Hedge-and-gate-1931" },
  { dn = "202", name = "Workshop", template = "desk", cor = 2, password = "Orchard-wall-1847" },
  { dn = "203", name = "Yard", template = "desk", password = "Ladder-and-lamp-1866" },
]
trunk = [{ name = "carrier", kind = "sip", host = "10.99.0.9", channels = 4, cos = "Line", cor = 30 }]
digit_modification = [{ id = 1, absorb = 1, insert = "1613" }]
route = [{ id = 1, trunk = "carrier", cor_group = 1, digit_modification = 1 }, { id = 9, trunk = "carrier", emergency = true }]
ars = [
  { digits = "9NXXXXXX", use = { route = 1 } },
  { digits = "911", emergency = true, use = { route = 9 } },
]
POLICY
"$compile" compile "$work/policy.toml" -o "$work/policy.stw" --keys "$work/policy.keys" 2> "$work/findings" || fail "$(cat "$work/findings")"

ip netns add "$space"
inside ip link set lo up
inside ip link add lan type bridge
inside ip link set lan up
for host in 1 2 3 9; do inside ip addr add 10.99.0.$host/24 dev lan; done
ip netns exec "$space" tshark -q -i lan -w "$work/lan.pcap" > "$work/tshark.log" 2>&1 &
pids+=($!)
until_record tshark.log "Capture started"

serve() { # NAME ADDRESS HTTP-PORT
    ip netns exec "$space" "$gateway" run "$work/policy.stw" --keys "$work/policy.keys" --sip-udp "$2:5060" --http "127.0.0.1:$3" --data "$work/$1" --no-canary 2> "$work/$1.log" &
    pids+=($!)
    until_record "$1.log" "in force"
}
serve first 10.99.0.1 8081
first=${pids[-1]}
serve second 10.99.0.2 8082
# The carrier answers whatever is called.
ip netns exec "$space" sipp -sf "$(dirname "$0")/called.xml" -i 10.99.0.9 -p 5060 -nostdin 10.99.0.1:5060 > "$work/carrier.out" 2>&1 &
pids+=($!)

console_of() { # NUMBER COMMAND...: starts it
    rm -f "$work/$1.in"
    mkfifo "$work/$1.in"
    : > "$work/$1.out"
    ip netns exec "$space" "${@:2}" <> "$work/$1.in" > "$work/$1.out" 2>&1 &
    pids+=($!)
    exec {console[$1]}<> "$work/$1.in"
}
# The boards' wires: taps, or where the machine has none, veth pairs and wires.py.
declare -A wires
if [ -z "${STROWGER_NO_TAP:-}" ] && inside ip tuntap add board201 mode tap 2> "$work/tap.log" && inside ip tuntap add board202 mode tap; then
    for number in 201 202; do wires[$number]="tap,ifname=board$number,script=no,downscript=no"; done
else
    pairs=()
    for number in 201 202; do
        inside ip link add board$number type veth peer name wire$number
        inside ip link set wire$number up
        pairs+=(board$number wire$number 46$number)
        wires[$number]="dgram,local.type=inet,local.host=127.0.0.1,local.port=46$number"
        wires[$number]+=",remote.type=inet,remote.host=127.0.0.1,remote.port=47$number"
    done
    ip netns exec "$space" python3 "$(dirname "$0")/wires.py" "${pairs[@]}" > "$work/wires.log" 2>&1 &
    pids+=($!)
    until_record wires.log ready
    echo "emulated: without taps"
fi
for number in 201 202; do inside ip link set board$number up master lan; done
# A board with these settings besides those that all have.
board() { # NUMBER SETTING...
    local number=$1 host=1${1:2}
    {
        printf 'number %s\naddress 10.99.0.%s:5060\ngateway 10.99.0.1:5060\ngateway 10.99.0.2:5060\n' "$number" "$host"
        printf 'heartbeat 5\nmissed 2\nreturn 5\nclock %s\nseed %s\n' "$(date +%s)" "$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')"
        printf '%s\n' "${@:2}"
    } > "$work/$number.settings"
    console_of "$number" qemu-system-arm -M mps2-an386 -display none -monitor none -serial stdio \
        -semihosting-config enable=on,target=native -kernel "$image" \
        -net "nic,model=lan9118,netdev=board$number,macaddr=52:54:00:00:02:${number:1}" -netdev "${wires[$number]},id=board$number" \
        -device "loader,file=$work/$number.settings,addr=0x00200000,force-raw=on" \
        -device "loader,file=$work/$number.stw,addr=0x00210000,force-raw=on" \
        -device "loader,file=$work/$number.keys,addr=0x00300000,force-raw=on"
}
for number in 201 202 203; do
    "$compile" compile "$work/policy.toml" -o "$work/$number.stw" --keys "$work/$number.keys" --for $number 2>> "$work/findings" ||
        fail "no keyring for $number"
done
octets() { stat -c %s "$1"; }
for number in 201 202; do
    board $number "policy $(octets "$work/$number.stw")" "keyring $(octets "$work/$number.keys")"
done
console_of 203 "$phone" 203 10.99.0.3:5060 10.99.0.1:5060,10.99.0.2:5060 "$work/203.stw" "$work/203.keys"
for number in 201 202 203; do until_says $number "^registered"; done

# Writes into $work/ladder what went over the Ethernet since the last look: a message a line, each once; without the heartbeats. What is
# captured comes into the file a little later, at its end perhaps in part.
seen=0
look() {
    { tshark -r "$work/lan.pcap" -Y 'sip && sip.CSeq.method != "OPTIONS"' -T fields -E separator='|' -e ip.src -e ip.dst -e sip.Method \
        -e sip.Status-Code -e sip.CSeq.method -e sip.CSeq.seq -e sip.Call-ID 2> /dev/null || true; } |
        awk -F '|' '
            BEGIN { split("10.99.0.1 first 10.99.0.2 second 10.99.0.3 203 10.99.0.9 carrier 10.99.0.11 201 10.99.0.12 202", at, " ")
                    for (n in at) if (n % 2) name[at[n]] = at[n + 1] }
            !met[$0]++ { print name[$1], "-", name[$2] ":", $3 $4 ($4 == "" ? "" : " " $5) }' > "$work/all"
    tail -n +$((seen + 1)) "$work/all" > "$work/ladder"
}
# Goes on to look from here.
passed() {
    sleep 1
    look
    seen=$(wc -l < "$work/all")
}
# That what went by is this ladder, or of it the messages of one telephone; nothing, if nothing is expected.
went() { # WHAT [TELEPHONE] < EXPECTED
    local saw expected
    expected=$(cat)
    [ -n "$expected" ] || sleep 2
    for _ in $(seq 30); do
        look
        saw=$(grep -w "${2:-}" "$work/ladder" || true)
        [ "$saw" != "$expected" ] || { seen=$(wc -l < "$work/all"); return 0; }
        [ -n "$expected" ] || break
        sleep 1
    done
    fail "$1: on the Ethernet was:"$'\n'"$saw"$'\n'"and not:"$'\n'"$expected"
}
# That these messages are among what went by.
among() { # WHAT MESSAGE...
    local message
    for message in "${@:2}"; do
        for _ in $(seq 30); do
            look
            grep -q "^$message" "$work/ladder" && continue 2
            sleep 1
        done
        fail "$1: no \"$message\" on the Ethernet: $(cat "$work/ladder")"
    done
    passed
}
none() { # WHAT MESSAGE: that it is not
    passed
    ! grep -q "$2" "$work/ladder" || fail "$1: $(cat "$work/ladder")"
}

went "registration by digest" 201 <<'LADDER'
201 - first: REGISTER
first - 201: 401 REGISTER
201 - first: REGISTER
first - 201: 200 REGISTER
LADDER

type 201 dial 202
until_says 202 '^incoming 201 "Reception"'
until_says 201 "^alerted"
type 202 answer
until_says 201 "^up"
until_says 201 "^sound from 10.99.0.11:16384 to 10.99.0.12:16384, codec 1 as 0, both, encrypted"
until_says 202 "^sound from 10.99.0.12:16384 to 10.99.0.11:16384, codec 1 as 0, both, encrypted"
went "a call" <<'LADDER'
201 - first: INVITE
first - 201: 401 INVITE
201 - first: ACK
201 - first: INVITE
first - 201: 100 INVITE
first - 202: INVITE
202 - first: 180 INVITE
first - 201: 180 INVITE
202 - first: 200 INVITE
first - 201: 200 INVITE
first - 202: ACK
201 - first: ACK
LADDER
type 201 hold
until_says 201 "^sound from 10.99.0.11:16384 to 10.99.0.12:16384, codec 1 as 0, send, encrypted"
until_says 202 "^held"
until_says 202 "^sound from 10.99.0.12:16384 to 10.99.0.11:16384, codec 1 as 0, receive, encrypted"
type 201 retrieve
until_says 201 "^sound .* both, encrypted"
until_says 202 "^held no more"
passed
[ "$(grep -c "^first - 202: INVITE" "$work/ladder")" = 2 ] || fail "hold: on the Ethernet was: $(cat "$work/ladder")"
echo "emulated: two boards: registered by digest, a call with SRTP, hold"

# 202 transfers 201, who has called it, to 203.
type 202 transfer 203
until_says 203 "^incoming"
type 203 answer
until_says 202 "^referred 200"
until_says 202 "^over 200"
until_says 203 "^up"
until_says 201 "^sound from 10.99.0.11:16384 to 10.99.0.3:15060, codec 1 as 0, both, encrypted"
among "a blind transfer" "202 - first: REFER" "first - 202: 202 REFER" "202 - first: 200 NOTIFY" "first - 201: INVITE"
type 201 hangup
until_says 203 "^over 200"
until_record first/smdr.csv ",201,.*,202,I,202,.*,X,203"
# 202 calls 201, holds it, calls 203, and joins them.
type 202 dial 201
until_says 201 "^incoming 202"
type 201 answer
until_says 202 "^up"
type 202 hold
until_says 202 "^changed 200"
type 202 dial 203
until_says 203 "^incoming"
type 203 answer
until_says 202 "^up"
type 202 join
until_says 202 "^referred 200"
until_says 202 "^over 200"
until_says 201 "^sound from 10.99.0.11:16384 to 10.99.0.3:15060, codec 1 as 0, both, encrypted"
type 201 hangup
until_says 203 "^over 200"
until_record first/smdr.csv ",202,.*,201,I,201,.*,T,203"
echo "emulated: transferred blind and attended: $(tail -n 1 "$work/first/smdr.csv")"

# What its own copy of the policy denies never goes over the Ethernet.
passed
type 202 dial 95551234
until_says 202 "^denied here: cor.route"
type 202 dial 7
until_says 202 "^denied here: number.vacant"
went "a refusal" < /dev/null
# An account code, key by key.
type 201 dial 95551234
until_says 201 "^account code?"
for key in 2 0 2 6; do type 201 press $key; done
until_says 201 "^up"
passed
[ "$(grep -c "^201 - first: INFO" "$work/ladder")" = 4 ] && [ "$(grep -c "^first - 201: 200 INFO" "$work/ladder")" = 4 ] &&
    grep -q "^first - 201: 183 INVITE" "$work/ladder" || fail "an account code: on the Ethernet was: $(cat "$work/ladder")"
type 201 hangup
until_says 201 "^over 200"
until_record first/smdr.csv ",201,.*,2026,"
echo "emulated: refused by its own policy; an account code: $(tail -n 1 "$work/first/smdr.csv")"

type 202 dial 911
until_says 202 "^up"
type 202 hangup
until_says 202 "^over 200"
until_record first/smdr.csv ",202,.*911"

# The first gateway is gone: a call for help goes over the other one at once, and then all telephones are there.
passed
kill -STOP "$first"
type 202 dial 911
until_says 202 "^up"
type 202 hangup
until_says 202 "^over 200"
for number in 201 202; do
    until_says $number "^server 1" 60
    until_says $number "^registered"
done
among "without its gateway" "202 - second: INVITE" "second - 202: 200 INVITE" "second - 201: 200 REGISTER"
type 201 dial 202
until_says 202 "^incoming 201"
type 202 answer
until_says 201 "^up"
# It is back, and nobody goes to it while they talk.
kill -CONT "$first"
among "at the second gateway" "second - 201: 200 INVITE"
sleep 12
none "they changed their gateway while they talked" "first: REGISTER"
type 201 hangup
until_says 202 "^over 200"
until_record second/smdr.csv ",201,.*,202,I,202,"
for number in 201 202; do
    until_says $number "^server 0" 60
    until_says $number "^registered"
done
type 202 dial 201
until_says 201 "^incoming 202"
type 201 answer
until_says 202 "^up"
among "back at the first gateway" "202 - first: INVITE" "first - 201: INVITE"
type 202 hangup
until_says 201 "^over 200"
echo "emulated: at the second gateway, and back: $(tail -n 1 "$work/second/smdr.csv")"

for number in 201 202; do
    type $number stack
    until_says $number "^stack"
    echo "emulated: $number: $(grep "^telephone" "$work/$number.out"), $(grep "^stack" "$work/$number.out" | tail -n 1)"
    type $number quit
done
# Without a policy: help and nobody else. Its password stands in the settings.
for _ in $(seq 300); do pgrep -f "netdev=board202,.*$work" > /dev/null || break; sleep 0.1; done
! pgrep -f "netdev=board202,.*$work" > /dev/null || fail "the board of 202 is not switched off"
looked[202]=0
board 202 "emergency $(octets "$work/202.stw")" "password Orchard-wall-1847"
until_says 202 "^registered"
passed
type 202 dial 201
until_says 202 "^denied here: policy.none"
went "a call without a policy" < /dev/null
type 202 dial 911
until_says 202 "^up"
among "help without a policy" "first - 202: 200 INVITE"
type 202 hangup
until_says 202 "^over 200"
echo "emulated: without a policy: help, and nobody else"
echo "emulated: all is well"
