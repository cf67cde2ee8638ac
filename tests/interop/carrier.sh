#!/usr/bin/env bash
# carrier.sh GATEWAY: Kamailio as the carrier where the gateway registers. It asks for credentials by 401 and 407, in MD5 and in
# SHA-256, for calls of ours and their ends; sipp plays a phone of ours, who is called outside, and who calls us.
set -euo pipefail
. "$(dirname "$0")/scenarios.sh"
port=27060
outside=27070

# The carrier knows elm; who calls elm reaches the contact that we gave it, who is called by us answers on 27080.
carrier() { # ALGORITHM
    cat > "$work/carrier.cfg" <<CFG
#!KAMAILIO
debug=1
log_stderror=yes
children=2
listen=udp:127.0.0.1:$outside
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("usrloc", "db_mode", 0)
modparam("auth", "algorithm", "$1")
modparam("auth", "qop", "auth")
modparam("auth", "nonce_count", 1)
modparam("auth", "one_time_nonce", 1)
modparam("registrar", "max_expires", 120)
request_route {
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("carrier.test", "Carrier-secret-2026", "0") || \$au != "elm") {
            www_challenge("carrier.test", "1"); exit;
        }
        xlog("L_ERR", "registered: \$ct\n");
        save("location"); exit;
    }
    if (is_method("INVITE|BYE") && \$sp == $port) {
        if (!pv_proxy_authenticate("carrier.test", "Carrier-secret-2026", "0") || \$au != "elm") {
            proxy_challenge("carrier.test", "1"); exit;
        }
        xlog("L_ERR", "proved: \$rm \$adu\n");
        consume_credentials();
    }
    if (has_totag()) { loose_route(); t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    record_route();
    if (\$sp == $port) { \$du = "sip:127.0.0.1:27080"; }
    else if (!lookup("location")) { sl_send_reply("404", "Not found"); exit; }
    t_relay();
}
CFG
    kamailio -DD -E -m 64 -M 4 -f "$work/carrier.cfg" -P "$work/carrier.pid" -Y "$work" > /dev/null 2> "$work/carrier.log" &
    kamailio=$!
    for _ in $(seq 300); do [ -s "$work/carrier.pid" ] && break; sleep 0.1; done
    [ -s "$work/carrier.pid" ] || fail "Kamailio did not start: $(tail -n 3 "$work/carrier.log")"
}
policy() { # PASSWORD
    bash "$here/policy.sh" 20 | sed "s/^host = .*/host = \"127.0.0.1:$outside\"\nusername = \"elm\"\npassword = \"$1\"\nregister = true\ntrusted = [\"127.0.0.1\/32\"]\ninbound = [ { did = \"61355560XX\", to = \"60XX\" } ]/"
}
until_log() { # TEXT: the gateway has said it
    for _ in $(seq 300); do grep -q "$1" "$work/gateway.log" && return; sleep 0.1; done
    fail "the gateway did not say: $1"
}

field() { echo "[authentication username=$1 password=Plum-$(($1 * 7))-orchard]"; }
printf 'SEQUENTIAL\n6001;27081;%s\n' "$(field 6001)" > "$work/phone.csv"
{ echo SEQUENTIAL; for n in $(seq 3000 3009); do echo "$n;95550123;$(field "$n")"; done; } > "$work/pairs.csv"

for algorithm in MD5 SHA-256; do
    carrier "$algorithm"
    policy "Carrier-secret-2026" > "$work/policy.toml"
    serve
    until_log "trunk carrier: registered at the carrier for 120 s"
    grep -q "registered: <sip:elm@127.0.0.1:$port>" "$work/carrier.log" || fail "Kamailio has another contact"
    run phone register 27081 1 1 10 -inf "$work/phone.csv" || fail "the phone did not register"

    play called called 27080 10 10 60
    called=$playing
    sleep 0.3
    run caller caller 27091 10 5 60 -inf "$work/pairs.csv" -d 100 || fail "calls over the carrier failed"
    wait "$called" || fail "who was called outside saw failures"
    [ "$(grep -c 'proved: INVITE sip:5550123@' "$work/carrier.log")" -eq 10 ] || fail "not every INVITE was proved once"
    [ "$(grep -c 'proved: BYE ' "$work/carrier.log")" -eq 10 ] || fail "not every BYE was proved once"

    play called called 27081 10 10 60
    called=$playing
    sleep 0.3
    to=$outside run subscriber subscriber 27092 10 5 60 -d 100 || fail "calls to our contact did not arrive"
    wait "$called" || fail "the called phone saw failures"
    stop_serving
    outbound=$(grep -c ',95550123,' "$work/data/smdr.csv" || true)
    inbound=$(grep -c ',6001,' "$work/data/smdr.csv" || true)
    [ "$outbound" -eq 10 ] && [ "$inbound" -eq 10 ] || fail "$outbound records of calls out, $inbound of calls in"
    rm -rf "$work/data"
    echo "carrier: $algorithm: registered at Kamailio, 10 calls out with credentials by 407, 10 calls in to the contact it was given"
    kill -TERM "$kamailio"
    wait "$kamailio" 2> /dev/null || true
    rm -f "$work/carrier.pid"
done

carrier SHA-256
policy "Carrier-secret-2025" > "$work/policy.toml"
serve
until_log "alarm: trunk carrier: the carrier does not take its username and password (401)"
sleep 2
[ "$(grep -c "alarm: trunk carrier" "$work/gateway.log")" -eq 1 ] || fail "a wrong password was tried again at once"
stop_serving
echo "carrier: a wrong password is said, and not tried again at once"
