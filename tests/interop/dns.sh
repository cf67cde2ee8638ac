#!/usr/bin/env bash
# dns.sh GATEWAY: dnsmasq says where trunks are (RFC 3263), sipp plays their servers; in a network namespace with name servers of its own.
set -euo pipefail
if [ "${2:-}" != inside ]; then
    space=strowger-dns-$$
    end() { ip netns del "$space" 2> /dev/null || true; rm -rf "/etc/netns/$space"; }
    trap end EXIT
    ip netns add "$space"
    ip -n "$space" link set lo up
    mkdir -p "/etc/netns/$space"
    printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' > "/etc/netns/$space/resolv.conf"
    ip netns exec "$space" bash "$0" "$(realpath "$1")" inside
    exit
fi
. "$(dirname "$0")/scenarios.sh"
port=27060

names() {
    dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null --pid-file= --user=root \
        --listen-address=127.0.0.1 --bind-interfaces --local=/example/ --local-ttl=60 \
        --host-record=one.carrier.example,127.0.0.11 --host-record=two.carrier.example,127.0.0.12 \
        --srv-host=_sip._udp.carrier.example,two.carrier.example,27072,20,5 \
        --srv-host=_sip._udp.carrier.example,one.carrier.example,27071,10,5 \
        --naptr-record=choice.example,50,50,s,SIPS+D2T,,_sips._tcp.choice.example \
        --naptr-record=choice.example,90,50,s,SIP+D2T,,_sip._tcp.choice.example \
        --naptr-record=choice.example,100,50,s,SIP+D2U,,_sip._udp.choice.example \
        --srv-host=_sips._tcp.choice.example,one.carrier.example,27075,10,5 \
        --srv-host=_sip._tcp.choice.example,two.carrier.example,27074,10,5 \
        --srv-host=_sip._udp.choice.example,two.carrier.example,27073,10,5 \
        --host-record=plain.example,127.0.0.13 --srv-host=_sip._udp.closed.example > "$work/names.log" 2>&1 &
    dnsmasq=$!
    sleep 0.3
    kill -0 "$dnsmasq" || fail "dnsmasq did not start: $(cat "$work/names.log")"
}
field() { echo "[authentication username=$1 password=Plum-$(($1 * 7))-orchard]"; }
printf 'SEQUENTIAL\n3000;95550123;%s\n' "$(field 3000)" > "$work/pair.csv"
policy() { # HOST [TRANSPORT]
    bash "$here/policy.sh" 1 | sed "s/^host = .*/host = \"$1\"${2:+\ntransport = \"$2\"}/" > "$work/policy.toml"
}
until_log() { # TEXT
    for _ in $(seq 200); do grep -q "$1" "$work/gateway.log" && return; sleep 0.1; done
    fail "the gateway did not say: $1"
}
says() { # HOST TRANSPORT TEXT OPTION...: where a trunk is found
    policy "$1" "$2"
    serve "${@:4}"
    until_log "$3"
    stop_serving
}

# Nobody knows at first: it is said, and found as soon as somebody does.
policy carrier.example
serve
until_log "alarm: trunk carrier: DNS does not say where carrier.example is: .*; it is looked for again"
names
until_log "trunk carrier is reached at udp 127.0.0.11:27071, then udp 127.0.0.12:27072"
echo "dns: found by SRV, in the order of priorities, once a name server answered"

play called called 27072 2 10 60 -i 127.0.0.12
called=$playing
sleep 0.3
run slow caller 27091 1 1 30 -inf "$work/pair.csv" -d 100 || fail "the second server was not tried"
until_log "alarm: trunk carrier does not answer where it was; its requests go to udp 127.0.0.12:27072 from now on"
run quick caller 27091 1 1 3 -inf "$work/pair.csv" -d 100 || fail "the next call did not know"
wait "$called" || fail "the second server saw failures"
stop_serving
echo "dns: the first server is silent: the call goes to the second after four seconds, the next one at once"

says choice.example "" "trunk carrier is reached at udp 127.0.0.12:27073"
says choice.example "" "trunk carrier is reached at tcp 127.0.0.12:27074" --sip-tcp 127.0.0.1:27061
says choice.example tls "trunk carrier is reached at tls 127.0.0.11:27075"
says plain.example "" "trunk carrier is reached at udp 127.0.0.13:5060"
says plain.example:5090 tcp "trunk carrier is reached at tcp 127.0.0.13:5090"
says closed.example "" "alarm: trunk carrier: closed.example has no IPv4 address"
says nowhere.example udp "alarm: trunk carrier: nowhere.example has no IPv4 address"
echo "dns: NAPTR chooses among the transports that we have, policy before it; without SRV the address counts"
kill -TERM "$dnsmasq"
