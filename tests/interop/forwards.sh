#!/usr/bin/env bash
# forwards.sh GATEWAY: three linphones; 201 calls 202, whose calls go to 203: on no answer, as its user has set it by a feature
# code, and always, as the administrator has; and where its COS lets it set nothing. SRTP is required of all. tshark and the
# records are the witnesses.
set -euo pipefail
. "$(dirname "$0")/linphones.sh"

features='[features]
forward_no_answer = "*75"
forward_cancel = "*73"'
staff='cos = 2
[[cos]]
id = 2
name = "Forwards"
features = ["forward-internal", "smdr-internal"]
[cos.timers]
no_answer = 4'

reached() { # DN
    until_seen "$work/$1.log" "Media streams established\|connected" || fail "$1 was not reached"
    sleep 1
}
# What tshark saw of this.
saw() { # FILTER
    tshark -r "$work/sip.pcap" -Y "$1" 2> "$work/read.log" | wc -l
}

three noanswer "$staff" "$features" ""
trace
key 202 "call *75203"
until_seen "$work/gateway.log" "set at 202: forwarded on no answer to 203" || fail "202 could not set it"
sleep 2
key 201 "call 202"
reached 203
assert_joined "no answer"
traced
[ "$(saw 'sip.Method == CANCEL && ip.dst == 10.99.0.3')" -gt 0 ] || fail "202 was not told that it need not ring"
[ "$(saw 'sip.Status-Code == 181 && ip.dst == 10.99.0.2')" -gt 0 ] || fail "201 was not told that its call goes on"
[ "$(saw 'sip.Method == INVITE && ip.dst == 10.99.0.4 && sip contains "Diversion: <sip:202@"')" -gt 0 ] ||
    fail "203 was not told by whom"
key 201 terminate
until_seen "$work/data/smdr.csv" ",201,.*,203,I,203,.*,202,F" || fail "no SMDR: $(cat "$work/data/smdr.csv")"
echo "forwards: no answer: $joined: encrypted; $(tail -n 1 "$work/data/smdr.csv")"

three always "always_to = \"203\""
trace
key 201 "call 202"
reached 203
assert_joined "always"
traced
[ "$(saw 'sip.Method == INVITE && ip.dst == 10.99.0.3')" -eq 0 ] || fail "202 was called"
key 201 terminate
until_seen "$work/data/smdr.csv" ",201,.*,203,I,203,.*,202,F" || fail "no SMDR: $(cat "$work/data/smdr.csv")"
echo "forwards: always: $joined: encrypted; 202 heard nothing"

three denied "" "$features"
trace
key 202 "call *75203"
until_seen "$work/data/denied.jsonl" '"from":"202".*"rule":"cos.feature"' || fail "no denied record: $(cat "$work/data/denied.jsonl")"
sleep 1
traced
[ "$(saw 'sip.Status-Code == 403 && ip.dst == 10.99.0.3 && sip.Reason contains "cos.feature"')" -gt 0 ] || fail "202 heard no 403"
key 201 "call 202"
reached 202
key 201 terminate
recorded
echo "forwards: denied: 202 may set nothing, and is called as before"
