#!/usr/bin/env bash
# operate.sh GATEWAY STROWGER: how a running gateway is operated: health, metrics, lists, alarms and their webhook, the canary of the emergency
# route, reload by command and by SIGHUP under calls, and the audit trail of all that.
set -euo pipefail
strowger=$(realpath "$2")
. "$(dirname "$0")/scenarios.sh"
port=25560 http=127.0.0.1:25561 hook=25562 carrier=25599
bash "$here/policy.sh" 40 | sed "s/127.0.0.1:25099/127.0.0.1:$carrier/" > "$work/policy.toml"
printf '[alarm]\nwebhook = "http://127.0.0.1:%s/alarms?key=s3cret"\n' "$hook" >> "$work/policy.toml"

# Whoever is posted an alarm keeps it; the carrier answers OPTIONS.
cat > "$work/peers.py" <<'PY'
import http.server, socket, sys, threading
work, hook, carrier = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open(f"{work}/posted", "ab").write(body + b"\n")
        self.send_response(204)
        self.end_headers()
    def log_message(self, *args):
        pass
if hook:
    threading.Thread(target=http.server.HTTPServer(("127.0.0.1", hook), Hook).serve_forever, daemon=True).start()
if carrier:
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.bind(("127.0.0.1", carrier))
    while True:
        asked, source = far.recvfrom(65536)
        lines = asked.decode().split("\r\n")
        if lines[0].startswith("OPTIONS "):
            kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
            far.sendto("\r\n".join(["SIP/2.0 200 OK"] + kept + ["Content-Length: 0", "", ""]).encode(), source)
threading.Event().wait()
PY
python3 "$work/peers.py" "$work" $hook 0 &
"$gateway" run "$work/policy.toml" --sip-udp "127.0.0.1:$port" --data "$work/data" --http "$http" 2> "$work/gateway.log" &
served=$!
until_log() { # SECONDS TEXT
    for _ in $(seq $((10 * $1))); do grep -q -- "$2" "$work/gateway.log" && return 0; sleep 0.1; done
    fail "within $1 seconds the log did not say: $2"
}
until_log 10 "in force"
tell() { "$gateway" "$@" --http "$http" --data "$work/data"; }
status() { curl -s -o "$work/answer" -w '%{http_code}' "http://$http$1" "${@:2}"; }
token() { echo "Authorization: Bearer $(cat "$work/data/http-token")"; }
asked() { status "$1" -H "$(token)" > "$work/code" && [ "$(cat "$work/code")" = 200 ] || fail "$1 said $(cat "$work/code")"; }

[ "$(status /healthz)" = 200 ] || fail "the gateway is not alive"
for path in /metrics /v1/status /v1/calls /v1/registrations /v1/denied /v1/alarms; do
    [ "$(status $path)" = 401 ] || fail "$path is told without the token"
    [ "$(status $path -H 'Authorization: Bearer 00')" = 401 ] || fail "$path is told with a wrong token"
    asked $path
done
asked /metrics
grep -q '^strowger_devices 82$' "$work/answer" || grep -q '^strowger_devices 8[0-9]$' "$work/answer" || fail "metrics do not count devices: $(grep devices "$work/answer")"
echo "operate: health for everybody, everything else with the token"

until_log 10 "alarm: trunk carrier, by which help is called, does not answer"
[ "$(status /readyz)" = 503 ] || fail "a gateway that cannot call for help is ready"
grep -q "by which help is called" "$work/answer" || fail "why it is not ready is not said"
for _ in $(seq 50); do grep -q "emergency-route" "$work/posted" 2>/dev/null && break; sleep 0.1; done
grep -q '"kind":"emergency-route"' "$work/posted" || fail "the alarm was not posted"
asked /v1/alarms
grep -q '"kind":"emergency-route"' "$work/answer" || fail "the alarm is not listed"
! grep -q s3cret "$work/gateway.log" || fail "the webhook's secret is in the log"
python3 "$work/peers.py" "$work" 0 $carrier &
sleep 0.5
kill -HUP "$served"
until_log 10 "trunk carrier, by which help is called, answers again"
[ "$(status /readyz)" = 200 ] || fail "it is not ready again: $(cat "$work/answer")"
asked /metrics
grep -q 'strowger_emergency_route_up{trunk="carrier"} 1' "$work/answer" || fail "the canary is not counted"
for name in $(grep -o '^strowger_[a-z_]*' "$work/answer" | sort -u); do
    grep -q "\`$name[\`{]" "$here/../../docs/operating.md" || fail "$name is not in docs/operating.md"
done
echo "operate: an emergency route that does not answer is an alarm, in the log, by webhook, in readiness; after a change it is asked at once"

numbers 40 25570 25580
{ echo SEQUENTIAL; for ((n = 3000; n < 3040; n++)); do echo "$n;90114420794600;$(field $n)"; done; } > "$work/barred.csv"
run register-callers register 25570 40 100 30 -inf "$work/callers.csv" || fail "callers did not register"
run register-callees register 25580 40 100 30 -inf "$work/callees.csv" || fail "callees did not register"
play called called 25580 40 100 60
called=$playing
sleep 0.3
play caller caller 25570 40 100 60 -inf "$work/pairs.csv" -d 6000
caller=$playing
for _ in $(seq 50); do tell status | grep -q '"calls":40' && break; sleep 0.1; done
tell status | grep -q '"calls":40' || fail "the calls are not up"

before=$(tell status | grep -o '"policy":"[0-9a-f]*"')
cp "$work/policy.toml" "$work/good.toml"
printf '[[device]]\ndn = "3000"\nkind = "sip"\n' >> "$work/policy.toml"
for _ in 1 2; do
    rc=0
    tell reload > "$work/reload.out" 2> "$work/reload.err" || rc=$?
    [ "$rc" -eq 2 ] && grep -q "policy.toml:[0-9]*:[0-9]*: error" "$work/reload.err" || fail "a bad file was not refused with its place: $(cat "$work/reload.err")"
done
kill -HUP "$served"
until_log 10 "the policy stays as it is: the policy .* does not load"
[ "$(tell status | grep -o '"policy":"[0-9a-f]*"')" = "$before" ] || fail "a bad file has changed the policy"
# In front of everybody, so that every row is another one.
{ sed '/^\[\[device\]\]/,$d' "$work/good.toml"; printf '[[device]]\ndn = "1234"\nkind = "sip"\npassword = "Newcomer-in-the-hall-5"\ncos = 1\ncor = 1\ndigest = ["md5"]\n'; sed -n '/^\[\[device\]\]/,$p' "$work/good.toml"; } > "$work/policy.toml"
tell reload > "$work/reload.out" || fail "a good file after bad ones was refused"
grep -q '"changed":true' "$work/reload.out" || fail "the policy is not another one: $(cat "$work/reload.out")"
tell status | grep -q '"calls":40' || fail "calls were disturbed by a reload"
cp "$work/good.toml" "$work/policy.toml"
kill -HUP "$served"
for _ in $(seq 50); do [ "$(tell status | grep -o '"policy":"[0-9a-f]*"')" = "$before" ] && break; sleep 0.1; done
[ "$(tell status | grep -o '"policy":"[0-9a-f]*"')" = "$before" ] || fail "SIGHUP did not put the policy in force"
wait "$caller" || fail "calls failed over reloads"
wait "$called" || fail "called phones saw failures over reloads"
asked /v1/registrations
[ "$(grep -o '"dn"' "$work/answer" | wc -l)" -eq 80 ] || fail "phones are not registered after reloads"
run barred barred 25570 10 50 30 -inf "$work/barred.csv" || fail "a barred number was not refused"
asked "/v1/denied?limit=3"
[ "$(grep -o '"rule":"cor.route"' "$work/answer" | wc -l)" -eq 3 ] || fail "denied attempts are not listed: $(cat "$work/answer")"
echo "operate: 40 calls went on over reloads; a file that does not load changed nothing, three times"

{ echo SEQUENTIAL; for ((n = 3000; n < 3020; n++)); do echo "$n;25571;[authentication username=$n password=not-the-password]"; done; } > "$work/wrong.csv"
run wrong wrong-password 25571 20 20 30 -inf "$work/wrong.csv" -i 127.0.0.2 || fail "a wrong password was not challenged again"
tell unlock 127.0.0.2 | grep -q '"unlocked":true' || fail "an address that guesses was not locked out, or not unlocked"
tell unlock 127.0.0.2 | grep -q '"unlocked":false' || fail "it was locked out still"
run register-again register 25570 20 100 30 -inf "$work/callers.csv" -i 127.0.0.2 || fail "right passwords from there are not taken"
rc=0
tell unlock 99999 2> "$work/unlock.err" || rc=$?
[ "$rc" -eq 2 ] && grep -q "neither a number of the policy nor an address" "$work/unlock.err" || fail "nobody was unlocked"
echo "operate: an address that was locked out is unlocked, and its right passwords are taken"

tell mode night1 > /dev/null
stop_serving
[ "$records" -eq 40 ] || fail "40 calls over reloads have $records records"
"$strowger" audit verify "$work/data" > "$work/verify.out" || fail "the audit trail is not whole: $(cat "$work/verify.out")"
for op in start reload unlock mode stop "log-in refused"; do grep -q "\"op\":\"$op\"" "$work/data/audit.jsonl" || fail "$op is not in the audit trail"; done
cp -r "$work/data" "$work/forged"
sed -i '3d' "$work/forged/audit.jsonl"
rc=0
"$strowger" audit verify "$work/forged" > "$work/verify.out" || rc=$?
[ "$rc" -eq 1 ] && grep -q "audit.jsonl:3: entry 4 follows on 2: entry 3 is not here" "$work/verify.out" || fail "a removed line was not found: $(cat "$work/verify.out")"
echo "operate: the audit trail is whole, and a line taken out of it shows"
