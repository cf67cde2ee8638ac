#!/usr/bin/env bash
# transfers.sh GATEWAY: three linphones; 202, which 201 has called, transfers it to 203: blind, attended, and where its COS
# does not let it. SRTP is required of all, so every key has to be a new one (R94). tshark and the records are the witnesses.
set -euo pipefail
. "$(dirname "$0")/linphones.sh"

connected() {
    key 201 "call 202"
    until_seen "$work/201.log" "Media streams established\|connected" || fail "201 did not reach 202"
    sleep 1
}
# The keys in descriptions that tshark's filter lets through.
keys() { # FILTER
    tshark -r "$work/sip.pcap" -Y "sdp && $1" -T fields -E occurrence=a -e sdp.media_attr 2> "$work/read.log" |
        tr ',' '\n' | sed -n 's/.*inline:\([A-Za-z0-9+/=]*\).*/\1/p'
}
# What 201 and 203 have told each other last is nothing that 202 has heard.
assert_fresh() {
    local heard key
    heard=$(keys "ip.dst == 10.99.0.3")
    fresh=0
    for phone in 10.99.0.2 10.99.0.4; do
        key=$(keys "ip.dst == $phone" | tail -n 1)
        [ -n "$heard" ] && [ -n "$key" ] || fail "there are no keys to compare"
        [[ $heard != *"$key"* ]] || fail "$phone was told a key that 202 knows"
        fresh=$((fresh + 1))
    done
    fresh="$fresh new keys, none of the $(wc -w <<< "$heard") that 202 heard"
}

three blind
trace
connected
key 202 "transfer sip:203@10.99.0.1"
until_seen "$work/203.log" "Media streams established\|connected" || fail "203 was not reached"
sleep 1
assert_joined "blind"
traced
assert_fresh
key 201 terminate
until_seen "$work/data/smdr.csv" ",201,.*,202,I,202,.*,X,203" || fail "no SMDR of the transfer: $(cat "$work/data/smdr.csv")"
echo "transfers: blind: $joined: encrypted; $fresh; $(tail -n 1 "$work/data/smdr.csv")"

three attended
trace
connected
key 202 pause
sleep 1
key 202 "call 203"
until_seen "$work/203.log" "Media streams established\|connected" || fail "203 was not reached"
sleep 1
key 202 "transfer 1 --to-call 2"
sleep 2
assert_joined "attended"
traced
assert_fresh
key 201 terminate
until_seen "$work/data/smdr.csv" ",201,.*,202,I,202,.*,T,203" || fail "no SMDR of the transfer: $(cat "$work/data/smdr.csv")"
echo "transfers: attended: $joined: encrypted; $fresh"

three denied "cos = 2
[[cos]]
id = 2
name = \"Lobby\"
features = [\"smdr-internal\"]"
trace
connected
key 202 "transfer sip:203@10.99.0.1"
until_seen "$work/data/denied.jsonl" '"feature":"transfer".*"from":"202".*"of":"201".*"rule":"cos.feature"' ||
    fail "no denied record: $(cat "$work/data/denied.jsonl")"
sleep 1
traced
refusal=$(tshark -r "$work/sip.pcap" -Y 'sip.Status-Code == 403 && ip.dst == 10.99.0.3' -T fields -E separator='|' \
    -e sip.Status-Line -e sip.Reason 2> "$work/read.log" | head -n 1)
[[ $refusal == "SIP/2.0 403 "*cos.feature* ]] || fail "202 heard: ${refusal:-no 403}"
listen
[ "$THERE" -gt 60 ] && [ "$BACK" -gt 60 ] && [ "$OCTETS" -gt 200 ] || key 202 resume
sleep 1
listen
[ "$THERE" -gt 60 ] && [ "$BACK" -gt 60 ] && [ "$OCTETS" -gt 200 ] || fail "they do not talk on: $seen"
grep -q connected "$work/203.log" && fail "203 was reached"
key 201 terminate
recorded
echo "transfers: denied: $refusal; they talk on: $seen"
