#!/usr/bin/env bash
# sdes.sh GATEWAY: 500 calls at the same time between devices that require SRTP, keys in the session descriptions (SDES).
set -euo pipefail
. "$(dirname "$0")/scenarios.sh"
calls=500
port=25360
http=127.0.0.1:25361

bash "$here/policy.sh" "$calls" | sed '/^name = "phone"$/a srtp = "required"' > "$work/policy.toml"
serve --http "$http"

# Keys are 30 random octets; what they begin with tells on the other side whose they are.
python3 - "$work" "$calls" <<'PY'
import base64, os, sys
work, calls = sys.argv[1], int(sys.argv[2])
def key(whose):
    return whose + base64.b64encode(os.urandom(30)).decode()[len(whose):]
def credentials(dn):
    return "[authentication username=%d password=Plum-%d-orchard]" % (dn, dn * 7)
def rows(name, row):
    with open("%s/%s.csv" % (work, name), "w") as file:
        print("SEQUENTIAL", *map(row, range(calls)), sep="\n", file=file)
rows("callers", lambda n: "%d;25370;%s" % (3000 + n, credentials(3000 + n)))
rows("callees", lambda n: "%d;25380;%s" % (6000 + n, credentials(6000 + n)))
rows("pairs", lambda n: "%d;%d;%s;%s;%s" % (3000 + n, 6000 + n, credentials(3000 + n), key("Caller"), key("Caller")))
suites = ["1 AES_CM_128_HMAC_SHA1_80", "2 AES_CM_128_HMAC_SHA1_32"]
rows("answers", lambda n: "%s;%s" % (suites[n % 2], key("Called")))
PY

# stat NAME COLUMN: the last value of it in sipp's own statistics.
stat() { python3 -c "import csv, sys; print(list(csv.DictReader(open(sys.argv[1]), delimiter=';'))[-1][sys.argv[2]])" "$work/$1.stat" "$2"; }
up() { "$gateway" status --http "$http" --data "$work/data" | sed -n 's/.*"calls":\([0-9]*\).*/\1/p'; }

run register-callers register 25370 "$calls" 200 20 -inf "$work/callers.csv" || fail "callers did not register"
run register-callees register 25380 "$calls" 200 20 -inf "$work/callees.csv" || fail "callees did not register"
[ "$(up)" -eq 0 ] || fail "there are calls before the first one"
echo "sdes: $((calls * 2)) phones registered that require SRTP"

# Everybody talks for longer than it takes to set all calls up.
play called sdes-called 25380 "$calls" 100 45 -inf "$work/answers.csv" -l $((calls + 10))
called=$playing
sleep 0.3
play caller sdes-caller 25370 "$calls" 100 45 -inf "$work/pairs.csv" -l $((calls + 10)) -d 10000
caller=$playing
most=0
while kill -0 "$caller" 2>/dev/null; do
    now=$(up)
    [ "$now" -le "$most" ] || most=$now
    sleep 0.2
done
wait "$caller" || fail "calls failed: $(stat caller 'FailedCall(C)') of $calls"
wait "$called" || fail "called phones saw failures: $(stat called 'FailedCall(C)') of $calls"
for name in caller called; do
    done=$(stat $name 'SuccessfulCall(C)') failed=$(stat $name 'FailedCall(C)')
    [ "$done" -eq "$calls" ] && [ "$failed" -eq 0 ] || fail "$name: $done calls went well, $failed failed"
done
[ "$most" -eq "$calls" ] || fail "no more than $most calls were up at the same time by the gateway's status"
echo "sdes: $calls calls with SDES, of two keys offered each answered by one: $done went well, $failed failed, $most at the same time"

for _ in $(seq 30); do [ "$(up)" -eq 0 ] && break; sleep 0.1; done
[ "$(up)" -eq 0 ] || fail "$(up) calls are left"
stop_serving
[ "$records" -eq "$calls" ] || fail "SMDR has $records internal calls, $calls were made"
echo "sdes: no call is left, SMDR has $records"
