#!/usr/bin/env bash
# floods.sh GATEWAY FLOOD SLOW: registered phones call, and strangers call for help, while another process sends as many datagrams as this
# machine can, from 64 other addresses of loopback. Calls succeed as without it (90 % at least), help answers within four seconds each
# time, and memory stays as it is. Then the same while ten times as many connections as strangers may have say an octet in a second each,
# of a message or of the beginning of TLS; a phone that was registered over TCP before keeps its connection, and another one comes.
# Rates are printed; ten seconds a flood. Who floods has other machines' processors in the world, so here it has what others leave.
set -euo pipefail
flood=$(realpath "$2")
slow=$(realpath "$3")
ulimit -n 20000
. "$(dirname "$0")/scenarios.sh"
users=100
port=28060

bash "$here/policy.sh" "$users" > "$work/policy.toml"
sed -i '0,/channels = 100/s//channels = 100\ntransport = "udp"/' "$work/policy.toml"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=127.0.0.1" -keyout "$work/tls.key" \
    -out "$work/tls.pem" 2> /dev/null
serve --sip-tcp "127.0.0.1:$port" --sip-tls "127.0.0.1:$((port + 1))" --tls-cert "$work/tls.pem" --tls-key "$work/tls.key"

field() { echo "[authentication username=$1 password=Plum-$(($1 * 7))-orchard]"; }
{ echo SEQUENTIAL; for ((n = 3000; n < 3000 + users; n++)); do echo "$n;28070;$(field $n)"; done; } > "$work/callers.csv"
{ echo SEQUENTIAL; for ((n = 6000; n < 6000 + users; n++)); do echo "$n;28080;$(field $n)"; done; } > "$work/callees.csv"
{ echo SEQUENTIAL; for ((n = 3000; n < 3000 + users; n++)); do echo "$n;$((n + 3000));$(field $n)"; done; } > "$work/pairs.csv"
run register-callers register 28070 "$users" 100 30 -inf "$work/callers.csv" || fail "callers did not register"
run register-callees register 28080 "$users" 100 30 -inf "$work/callees.csv" || fail "callees did not register"

memory() { awk '/VmRSS/ { print $2 }' "/proc/$served/status"; }
# The last value of a column of sipp's statistics.
counted() { # NAME COLUMN
    python3 - "$work/$1.stat" "$2" <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1]), delimiter=";"))
print(rows[-1][sys.argv[2]])
PY
}
# 200 calls of phones at 25 a second, and five of strangers for help.
calls() { # NAME
    play "$1-called" called 28080 200 200 40; local called=$playing
    play "$1-centre" called 25099 5 5 40; local centre=$playing
    sleep 0.3
    play "$1-helper" helper 28090 5 1 30 -i 127.0.0.3; local helper=$playing
    run "$1" caller 28070 200 25 40 -inf "$work/pairs.csv" -d 100 || true
    wait "$helper" || fail "$1: a stranger who called for help had no answer within four seconds"
    kill -TERM "$called" "$centre" 2> /dev/null || true
    wait "$called" "$centre" 2> /dev/null || true
    up=$(counted "$1" "SuccessfulCall(C)")
}

calls quiet
quiet=$up
[ "$quiet" -eq 200 ] || fail "without a flood $quiet of 200 calls were set up"
for kind in register invite options rubbish; do
    before=$(memory)
    nice -n 15 "$flood" "127.0.0.1:$port" "$kind" 10 1000000 64 > "$work/$kind.sent" &
    flooding=$!
    sleep 0.5
    calls "$kind"
    wait "$flooding" || fail "the flood ended early"
    sent=$(cat "$work/$kind.sent") grown=$(($(memory) - before))
    [ "$sent" -ge 500000 ] || fail "$kind: only $sent datagrams were sent: this is no flood"
    [ "$up" -ge $((quiet * 9 / 10)) ] || fail "$kind: $up of 200 calls were set up, $quiet without a flood"
    [ "$grown" -le 4096 ] || fail "$kind: the gateway has grown by $grown KiB"
    echo "floods: $kind: $((sent / 10)) datagrams a second: $up of 200 calls set up, 5 of 5 calls for help answered, memory $grown KiB more"
done
held() { python3 "$here/held.py" "$port" "$1" "Plum-$(($1 * 7))-orchard" "$2"; } # DN SECONDS
quiet_memory=$(memory)
for kind in sip tls; do
    held 3050 18 > "$work/held" &
    holding=$!
    sleep 1
    to=$port
    [ "$kind" = sip ] || to=$((port + 1))
    { nice -n 15 "$slow" "127.0.0.1:$to" "$kind" 16 10000 > "$work/$kind.slow" && echo "$SECONDS" > "$work/$kind.ended"; } &
    flooding=$!
    unset to
    began=$SECONDS
    sleep 3
    held 3051 8 > "$work/came" &
    coming=$!
    calling=$SECONDS
    calls "slow-$kind"
    grown=$(($(memory) - quiet_memory))
    wait "$coming" || fail "slow $kind: a phone did not come over TCP"
    wait "$holding" || fail "slow $kind: a phone that was there before was not heard"
    wait "$flooding" || fail "the slow flood failed"
    # All calls begin within eight seconds; one that is lost is waited for longer than the flood lasts.
    [ "$(cat "$work/$kind.ended")" -gt $((calling + 9)) ] || fail "slow $kind: the flood was over before all calls had begun"
    took=$((SECONDS - began))
    opened=$(cat "$work/$kind.slow")
    [ "$opened" -ge 10000 ] || fail "slow $kind: only $opened connections were opened in a minute: this is no flood"
    [ "$up" -ge $((quiet * 9 / 10)) ] || fail "slow $kind: $up of 200 calls were set up, $quiet without a flood"
    [ "$grown" -le 98304 ] || fail "slow $kind: the gateway has grown by $grown KiB"
    echo "floods: slow $kind: $opened connections in $took s: $up of 200 calls set up, 5 of 5 calls for help answered, $grown KiB more than before these two"
    echo "floods: slow $kind: there before: $(cat "$work/held"); came during it: $(cat "$work/came")"
done
grep -q "alarm: [0-9]* datagrams of strangers were not heard" "$work/gateway.log" || fail "a flood was not said"
stop_serving
