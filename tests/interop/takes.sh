#!/usr/bin/env bash
# takes.sh GATEWAY: three linphones; 201 calls 202, and 203 takes the call: while it rings (group pickup), or when 202 has parked
# it; and where 203 may not be joined with 201, who waits on until 202 takes it back. SRTP is required of all, so every key
# has to be a new one (R94). tshark and the records are the witnesses.
set -euo pipefail
. "$(dirname "$0")/linphones.sh"

features='[[cos]]
id = 2
name = "Takes"
features = ["pickup", "park", "smdr-internal"]
[features]
pickup = "*8"
park = "*70"
park_retrieve = "*71"
[[pickup_group]]
id = 1
members = ["202", "203"]'
third="$third
cos = 2"

# What tshark saw of this.
saw() { # FILTER
    tshark -r "$work/sip.pcap" -Y "$1" 2> "$work/read.log" | wc -l
}
# The keys in descriptions that go there.
keys() { # ADDRESS
    tshark -r "$work/sip.pcap" -Y "sdp && ip.dst == $1" -T fields -E occurrence=a -e sdp.media_attr 2> "$work/read.log" |
        tr ',' '\n' | sed -n 's/.*inline:\([A-Za-z0-9+/=]*\).*/\1/p'
}
parked() {
    key 201 "call 202"
    until_seen "$work/201.log" "Media streams established\|connected" || fail "201 did not reach 202"
    sleep 1
    key 202 "transfer sip:*70@10.99.0.1"
    until_seen "$work/202.log" "ended\|terminated\|Call 1 with .* ended" || fail "202 was not released"
    sleep 1
}

three pickup "cos = 2" "$features" ""
trace
key 201 "call 202"
until_seen "$work/202.log" "contacting you\|Receiving new incoming call" || fail "202 does not ring"
sleep 1
key 203 "call *8"
until_seen "$work/201.log" "Media streams established\|connected" || fail "201 was not answered"
sleep 2
assert_joined "pickup"
traced
[ "$(saw 'sip.Method == CANCEL && ip.dst == 10.99.0.3 && sip contains "SIP;cause=200"')" -gt 0 ] ||
    fail "202 was not told that another has answered"
key 201 terminate
until_seen "$work/data/smdr.csv" ",201,.*,202,I,203," || fail "no SMDR: $(cat "$work/data/smdr.csv")"
echo "takes: pickup: $joined: encrypted; $(tail -n 1 "$work/data/smdr.csv")"

three park "cos = 2" "$features"
trace
parked
key 203 "call *71202"
sleep 3
assert_joined "park"
traced
heard=$(keys 10.99.0.3)
for phone in 10.99.0.2 10.99.0.4; do
    last=$(keys $phone | tail -n 1)
    [ -n "$heard" ] && [ -n "$last" ] || fail "there are no keys to compare"
    [[ $heard != *"$last"* ]] || fail "$phone was told a key that 202 knows"
done
key 201 terminate
until_seen "$work/data/smdr.csv" ",201,.*,202,I,202,.*,X,203" || fail "no SMDR: $(cat "$work/data/smdr.csv")"
echo "takes: park: $joined: encrypted with new keys; $(tail -n 1 "$work/data/smdr.csv")"

third="$third
interconnect = 2"
three denied "cos = 2" "$features
[interconnect]
restricted = [ { from = 1, to = 2 } ]"
trace
parked
key 203 "call *71202"
until_seen "$work/data/denied.jsonl" '"feature":"park-retrieve".*"from":"203".*"of":"201".*"rule":"interconnect"' ||
    fail "no denied record: $(cat "$work/data/denied.jsonl")"
sleep 1
key 202 "call *71"
sleep 3
listen 201 202
[ "$THERE" -gt 60 ] && [ "$BACK" -gt 60 ] && [ "$OCTETS" -gt 200 ] || fail "202 has not taken it back: $seen"
traced
[ "$(saw 'sip.Status-Code == 403 && ip.dst == 10.99.0.4 && sip.Reason contains "interconnect"')" -gt 0 ] ||
    fail "203 heard no 403"
key 201 terminate
recorded
echo "takes: denied: 203 heard 403, and 202 has taken back who waited: $seen"
