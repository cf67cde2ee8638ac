#!/usr/bin/env bash
# streams.sh GATEWAY: SIP over TCP and TLS with real peers. First sipp as callers over TCP, over one connection and over one for each
# call. Then two baresip phones in a network namespace of this test, over TCP, over TLS, and mixed with UDP; with certificates that
# openssl makes. What a phone may not use is refused; openssl tries what TLS must not agree to.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ "${2:-}" = phones ] || {
    . "$here/scenarios.sh"
    users=100
    port=26060
    bash "$here/policy.sh" "$users" > "$work/policy.toml"
    serve --sip-tcp "127.0.0.1:$port"
    field() { echo "[authentication username=$1 password=Plum-$(($1 * 7))-orchard]"; }
    { echo SEQUENTIAL; for ((n = 6000; n < 6000 + users; n++)); do echo "$n;26080;$(field $n)"; done; } > "$work/callees.csv"
    { echo SEQUENTIAL; for ((n = 3000; n < 3000 + users; n++)); do echo "$n;$((n + 3000));$(field $n)"; done; } > "$work/pairs.csv"
    run register-callees register 26080 "$users" 100 30 -inf "$work/callees.csv" || fail "callees did not register"
    play called called 26080 350 350 120
    called=$playing
    sleep 0.3
    run caller caller 26070 300 50 90 -t t1 -inf "$work/pairs.csv" -d 100 || fail "calls over one connection failed"
    echo "streams: 300 calls over one TCP connection to phones over UDP, set up with digest and cleared"
    run many caller 26071 50 20 60 -t tn -max_socket 60 -inf "$work/pairs.csv" -d 100 || fail "calls over a connection each failed"
    wait "$called" || fail "called phones saw failures"
    echo "streams: 50 calls over a TCP connection each"
    stop_serving
    [ "$records" -eq 350 ] || fail "$records records of 350 calls"
    bash "$here/streams.sh" "$gateway" phones
    exit
}

. "$here/phones.sh"
scenario=0
end_all() {
    signal TERM
    until_gone 30
    signal KILL
}

# An authority, a certificate of the gateway by its address, and an authority that nobody knows.
ca() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$all/$1.key" -out "$all/$1.pem" 2> /dev/null
}
ca authority
ca nobody
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=10.99.0.1" -keyout "$all/pbx.key" -out "$all/pbx.csr" 2> /dev/null
printf 'subjectAltName=IP:10.99.0.1\n' > "$all/pbx.ext"
openssl x509 -req -in "$all/pbx.csr" -CA "$all/authority.pem" -CAkey "$all/authority.key" -CAcreateserial -days 2 \
    -extfile "$all/pbx.ext" -out "$all/pbx.pem" 2> /dev/null

phone() { # DN SIP-PORT RTP-PORT ANSWERMODE TRANSPORT
    local port=5060
    [ "$5" != tls ] || port=5061
    mkdir "$work/$1"
    cat > "$work/$1/accounts" <<CONF
<sip:$1@phones.test;transport=$5>;outbound="sip:10.99.0.1:$port;transport=$5";auth_user=$1;auth_pass=${passwords[$1]};answermode=$4;audio_codecs=pcmu,pcma;regint=60;mediaenc=srtp
CONF
    baresip_config "$1" "10.99.0.1:$2" "$3" "$work/$1/heard.wav" "sip_cafile $all/authority.pem"
}
start() { launch "$1" timeout -k 1 45 baresip -f "$work/$1" -v -t 40; } # DN
begin() { # NAME TRANSPORT-201 TRANSPORT-202 [LINE-OF-202 [MORE-POLICY]]
    serve "$1" best-effort best-effort "${4:-}" "${5:-}" --sip-tcp 10.99.0.1:5060 --sip-tls 10.99.0.1:5061 \
        --tls-cert "$all/pbx.pem" --tls-key "$all/pbx.key"
    scenario=$((scenario + 1))
    phone 201 $((5071 + scenario * 20)) 20000 manual "$2"
    phone 202 $((5082 + scenario * 20)) 21000 auto "$3"
    start 202
    start 201
    registered 201
    registered 202
    grep -q "201 is registered at $2 10.99.0.1:" "$work/gateway.log" && grep -q "202 is registered at $3 10.99.0.1:" "$work/gateway.log" ||
        fail "a phone registered another way than it should"
}
calls_and_hangs_up() {
    key 201 "/dial 202"
    until_seen "$work/201.log" "Call established" || fail "201 did not reach 202"
    until_seen "$work/202.log" "Call established" || fail "202 was not connected"
    # Hold and resume go through the dialogs of both.
    key 201 /hold
    sleep 0.4
    key 201 /resume
    sleep 0.4
    key 202 /hangup
    recorded
    until_seen "$work/201.log" "session closed\|Call terminated\|terminated" || fail "201 was not hung up"
}

for pair in "tcp udp" "udp tcp" "tls tls" "tls udp"; do
    begin "${pair// /-}" $pair
    calls_and_hangs_up
    echo "streams: baresip over ${pair% *} called baresip over ${pair#* }, held, resumed, was hung up"
done

# What TLS carries nobody else reads: keys may go, where they may not in clear.
begin keys tls tls "" '[media]
sdes_over_clear = "deny"'
calls_and_hangs_up
grep -q "SRTP\|srtp" "$work/202.log" || fail "202 heard of no keys"
echo "streams: with keys kept from clear signalling, baresip over TLS agrees on SRTP"
# A connection that breaks: the phone is gone at once, and back when it likes.
disown "${pids[1]}"
kill -KILL "$(cat "/proc/${pids[1]}/task/${pids[1]}/children" | tr -d " ")"
until_seen "$work/gateway.log" "202 is gone: its connection is closed" || fail "the loss of 202's connection was not noticed"
echo "streams: a phone that is killed is gone with its connection"

stop
serve only best-effort best-effort 'transport = ["tls"]' '' --sip-tcp 10.99.0.1:5060 --sip-tls 10.99.0.1:5061 \
    --tls-cert "$all/pbx.pem" --tls-key "$all/pbx.key"
phone 202 5382 21000 auto tcp
start 202
until_seen "$work/202.log" "403" || fail "202 may come over TLS only, and was not refused over TCP"
grep -q '"identity.transport"' "$work/data/denied.jsonl" || fail "no denied record of it"
echo "streams: over a transport that policy does not list baresip gets 403"

# openssl as the peer that looks closely: at the certificate, at the version, and at what may be in clear.
client() { inside timeout 5 openssl s_client -connect 10.99.0.1:5061 -verify_return_error -brief "$@" < /dev/null > "$work/client.log" 2>&1; }
client -CAfile "$all/authority.pem" -verify_ip 10.99.0.1 || fail "openssl does not believe the gateway: $(cat "$work/client.log")"
grep -q "Verification: OK" "$work/client.log" && grep -q "TLSv1.3" "$work/client.log" || fail "openssl said $(cat "$work/client.log")"
client -CAfile "$all/authority.pem" -verify_ip 10.99.0.1 -tls1_2 || fail "TLS 1.2 is not spoken"
! client -CAfile "$all/nobody.pem" || fail "openssl believes a certificate of an authority that it does not know"
! client -CAfile "$all/authority.pem" -tls1_1 -cipher "ALL:@SECLEVEL=0" || fail "TLS 1.1 is spoken"
! client -CAfile "$all/authority.pem" -cipher "NULL:@SECLEVEL=0" -tls1_2 || fail "TLS without a cipher is spoken"
echo "streams: openssl: TLS 1.3 and 1.2 with a certificate for the address; neither 1.1 nor a null cipher"
