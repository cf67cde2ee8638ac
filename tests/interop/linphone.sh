#!/usr/bin/env bash
# linphone.sh GATEWAY: two linphones in a network namespace of this test register, and one calls the other: encrypted as
# policy demands, held and taken up again, refused, and in clear. tshark is the witness.
set -euo pipefail
. "$(dirname "$0")/linphones.sh"

begin() { # NAME POLICY-201 POLICY-202 ENCRYPTION-201 ENCRYPTION-202
    serve "$1" "$2" "$3"
    phone 201 10.99.0.2 20000 "$4"
    phone 202 10.99.0.3 21000 "$5"
    start 202 -a
    start 201
    for dn in 201 202; do registered $dn; done
    for dn in 201 202; do key $dn "soundcard use files"; key $dn "play $all/tone.wav"; done
}

connected() {
    key 201 "call 202"
    until_seen "$work/201.log" "Media streams established\|connected" || fail "201 did not reach 202"
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
trace
key 201 "call 202"
until_seen "$work/201.log" "Call 1 with .* error" || fail "201 was not refused"
sleep 1
traced
refusal=$(tshark -r "$work/sip.pcap" -Y 'sip.Status-Code == 488 && ip.dst == 10.99.0.2' -T fields -E separator='|' \
    -e sip.Status-Line -e sip.Reason -e sip.Warning 2> "$work/tshark.log" | head -n 1)
[[ $refusal == "SIP/2.0 488 "*srtp.mismatch*srtp.mismatch* ]] || fail "201 heard: ${refusal:-no 488}"
grep -q "connected" "$work/202.log" && fail "202 was connected"
echo "linphone: required to a phone that is off: $refusal"
