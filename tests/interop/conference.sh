#!/usr/bin/env bash
# conference.sh GATEWAY: three linphones and a conference resource, a baresip that answers whoever calls; 201 has called 202, which opens
# a conference, brings 201 into it, and then 203; and where that may not be heard by 201, it is refused, and stays with 202. Then 201 talks to 203, and 202 comes into that call by the code for busy override; and where 201 is secured
# against that, it is refused. SRTP is required of all phones, and the
# resource can do it. tshark and the records are the witnesses. (The resource mixes nothing: its part here is that of any SIP peer.)
set -euo pipefail
. "$(dirname "$0")/linphones.sh"
inside ip addr add 10.99.0.5/32 dev lo
features='[media]
conference = "sip:mixer@10.99.0.5:5060"
[interconnect]
restricted = [ { from = 2, to = 3 } ]
[[cos]]
id = 2
name = "Confers"
features = ["conference", "smdr-internal"]'

resource() {
    mkdir "$work/mixer"
    echo '<sip:mixer@10.99.0.5;transport=udp>;regint=0;answermode=auto;audio_codecs=pcmu,pcma;mediaenc=srtp' > "$work/mixer/accounts"
    baresip_config mixer 10.99.0.5:5060 23000 /dev/null "call_max_calls 8"
    launch mixer baresip -f "$work/mixer"
    until_seen "$work/mixer.log" "baresip is ready" || fail "the resource did not start"
}
# Packets in a moment from the media ports of each phone that is to be in the conference to those of the resource, and back; with one
# that is not, or holds it, none from there. (On the loopback the resource is at whichever address it likes. Its reports, which it
# sends to who holds it as well, come from the odd ports: RFC 3550 section 11.)
members() { # DN...
    local dn port there back mixer=23[0-9]{2}[02468]
    watch 2 || fail "tshark"
    tshark -r "$work/seen.pcap" -Y "udp && !sip" -T fields -e udp.srcport -e udp.dstport 2> "$work/tshark.log" > "$work/seen.txt"
    seen=
    for dn in 201 202 203; do
        port=$((dn - 181))[0-9]{3}
        there=$(grep -cE "^$port[[:space:]]$mixer$" "$work/seen.txt" || true)
        back=$(grep -cE "^$mixer[[:space:]]$port$" "$work/seen.txt" || true)
        seen+=" $dn $there/$back"
        case " $* " in
        *" $dn "*) [ "$there" -gt 60 ] && [ "$back" -gt 60 ] || fail "$dn is not in the conference:$seen" ;;
        *) [ "$back" -eq 0 ] || fail "$dn is in the conference:$seen" ;;
        esac
    done
}
# 201 has called 202, which holds it and opens a conference.
opens() {
    resource
    trace
    key 201 "call 202"
    until_seen "$work/201.log" "Media streams established\|connected" || fail "201 did not reach 202"
    sleep 1
    key 202 pause
    sleep 1
    key 202 "call conference@10.99.0.1"
    until_seen "$work/mixer.log" "Call established" || fail "202 did not open a conference"
    sleep 2
    key 202 "transfer 1 --to-call 2"
    sleep 3
}
# 202 talks to 203 beside, and brings it in.
brings() {
    key 202 pause
    sleep 1
    key 202 "call 203"
    until_seen "$work/203.log" "Media streams established\|connected" || fail "203 was not reached"
    sleep 1
    key 202 "transfer 3 --to-call 2"
    sleep 3
}

# 202 has heard 403, and this rule.
refused() { # RULE
    refusal=$(tshark -r "$work/sip.pcap" -Y 'sip.Status-Code == 403 && ip.dst == 10.99.0.3' -T fields -E separator='|' \
        -e sip.Status-Line -e sip.Reason 2> "$work/read.log" | head -n 1)
    [[ $refusal == "SIP/2.0 403 "*"$1"* ]] || fail "202 heard: ${refusal:-no 403}"
}

three mixed "cos = 2" "$features"
opens
members 201 202
brings
traced
members 201 203
key 202 "resume 2"
sleep 2
members 201 202 203
mixed=$seen
focus=$(tshark -r "$work/sip.pcap" -Y 'sip.Contact contains "conference@10.99.0.1:5060>;isfocus"' 2> "$work/read.log" | wc -l)
[ "$focus" -gt 0 ] || fail "202 was not told that it is in a conference"
key 202 "terminate all"
sleep 2
members 201 203
key 201 terminate
sleep 2
members
until_seen "$work/data/smdr.csv" ",202,.*,203,I,203,.*,C,201" || fail "no SMDR of the conference: $(cat "$work/data/smdr.csv")"
echo "conference: mixed: packets there and back in 2 s:$mixed; $(tail -n 1 "$work/data/smdr.csv")"

# 201 talks to 203, and 202 calls 203 by the code for busy override.
override='[media]
conference = "sip:mixer@10.99.0.5:5060"
[features]
busy_override = "*62"
[[cos]]
id = 2
name = "Overrides"
features = ["executive-busy-override", "smdr-internal"]
[[cos]]
id = 3
name = "Secured"
features = ["busy-override-security", "smdr-internal"]'
overrides() {
    resource
    key 201 "call 203"
    until_seen "$work/203.log" "Media streams established\|connected" || fail "201 did not reach 203"
    sleep 1
    trace
    key 202 "call *62203@10.99.0.1"
    sleep 5
}
three over "cos = 2" "$override"
overrides
traced
members 201 202 203
over=$seen
calls=$(tshark -r "$work/sip.pcap" -Y 'sip.Method == "INVITE" && ip.dst == 10.99.0.5' -T fields -e sip.Call-ID 2> "$work/read.log" | sort -u | wc -l)
[ "$calls" -eq 3 ] || fail "the resource was called $calls times"
key 202 terminate
sleep 2
members 201 203
key 203 terminate
sleep 2
members
until_seen "$work/data/smdr.csv" ",201,.*,203,I,203,.*,C,202" || fail "no SMDR of the call: $(cat "$work/data/smdr.csv")"
until_seen "$work/data/smdr.csv" ",202,.*,203,I,.*,C," || fail "no SMDR of the override: $(cat "$work/data/smdr.csv")"
echo "conference: busy override: packets there and back in 2 s:$over; $(tail -n 1 "$work/data/smdr.csv")"

line_201="cos = 3"
three secured "cos = 2" "$override"
overrides
traced
until_seen "$work/data/denied.jsonl" '"from":"202".*"rule":"busy-override.security"' ||
    fail "no denied record: $(cat "$work/data/denied.jsonl")"
refused busy-override.security
others=$(tshark -r "$work/sip.pcap" -Y 'sip && (ip.dst == 10.99.0.2 || ip.dst == 10.99.0.4 || ip.dst == 10.99.0.5)' 2> "$work/read.log" | wc -l)
[ "$others" -eq 0 ] || fail "$others messages to those who talk"
listen 201 203
[ "$THERE" -gt 60 ] && [ "$BACK" -gt 60 ] || fail "201 and 203 talk no more: $seen"
echo "conference: busy override denied: $refusal; $seen"

line_201="interconnect = 2"
third="$third
interconnect = 3"
three denied "cos = 2" "$features"
opens
brings
traced
until_seen "$work/data/denied.jsonl" '"feature":"conference".*"from":"202".*"of":"203".*"rule":"interconnect"' ||
    fail "no denied record: $(cat "$work/data/denied.jsonl")"
refused interconnect
listen 203 202
[ "$THERE" -gt 60 ] || fail "203 talks to 202 no more: $seen"
members 201
echo "conference: denied: $refusal; 203 stays with 202, 201 is in it:$seen"
