#!/usr/bin/env bash
# restart.sh GATEWAY STROWGER [KILLS]: the gateway is killed under load again and again, its disk is full for a while, and its journal is damaged:
# no record is lost or doubled, and phones need not register again.
set -euo pipefail
gateway=$(realpath "$1") strowger=$(realpath "$2") kills=${3:-200}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
port=25460 phones=40
finish() {
    local running
    running=$(jobs -pr)
    [ -z "$running" ] || kill $running 2>/dev/null || true
    # The gateways of a script that was ended have its directory in their command.
    pkill -KILL -f -- "--data $work/" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "restart: FAILED: $*" >&2; tail -n 20 "$work"/*.log >&2 2>/dev/null || true; exit 1; }
bash "$here/policy.sh" $phones > "$work/policy.toml"

said=$(timeout 600 python3 "$here/killed.py" "$gateway" "$work/policy.toml" "$work/killed" $port $phones kill "$kills" 2>&1) || fail "killed: $said"
! grep -q "panicked" "$work/killed.log" || fail "the gateway panicked"
"$strowger" audit verify "$work/killed" > "$work/verify.log" || fail "a chain was broken by kills"
echo "restart: killed $kills times under load: $said"

said=$(timeout 300 python3 "$here/killed.py" "$gateway" "$work/policy.toml" "$work/full" $port $phones full 1000 2>&1) || fail "full disk: $said"
grep -q "records are written again" "$work/full.log" || fail "that records are written again was not said"
"$strowger" audit verify "$work/full" > "$work/verify.log" || fail "a chain was broken by a full disk"
echo "restart: a full disk, and room again: $said"

begin() { # LOG DIRECTORY LIMIT: starts it as $served on that data; no file may be longer than so many KiB, its log goes through a pipe
    (trap '' XFSZ; ulimit -S -f "$3"; exec "$gateway" run "$work/policy.toml" --sip-udp "127.0.0.1:$port" \
        --http "127.0.0.1:$((port + 1))" --data "$work/$2" --no-canary) 2> >(cat > "$work/$1.log") &
    served=$!
    says "$1" "in force" || fail "the gateway does not start: $1"
}
says() { # LOG TEXT: waits until the gateway has said it; what it wrote may still be in the pipe of its log
    for _ in $(seq 100); do grep -q -- "$2" "$work/$1.log" 2> /dev/null && return 0; sleep 0.1; done
    return 1
}

# A disk that is full when the gateway starts is no reason not to call for help.
begin begun full 4
"$gateway" mode night1 --http "127.0.0.1:$((port + 1))" --data "$work/full" > "$work/mode.json" || fail "the service mode was not set on a full disk"
says begun "alarm: .*cannot be written, records wait in memory" || fail "a full disk at the start was not said"
kill -TERM "$served"
wait "$served" || fail "the gateway did not stop cleanly on a full disk"
says begun "lines of records that the disk has not taken end with the process" || fail "what is lost at the end was not said"
echo "restart: the gateway starts on a full disk, and says what ends with it"

# A damaged journal is cut at its last good line, and said; what stood in front is there.
python3 - "$work/killed/journal" <<'PY'
import sys
lines = open(sys.argv[1], "rb").read().split(b"\n")
# Of the eighty lines that say where phones are.
lines[40] = lines[40].replace(b"sip:", b"sap:")
open(sys.argv[1], "wb").write(b"\n".join(lines))
PY
begin damaged killed unlimited
says damaged "journal is cut at its last good line" || fail "a damaged journal was not said"
says damaged "as before the restart: [1-9][0-9]* phones registered" || fail "nothing of a damaged journal was taken"
kill -TERM "$served"
wait "$served" || fail "the gateway did not stop cleanly"
ls "$work"/killed/journal.cut-* > /dev/null || fail "what was cut off is gone"
echo "restart: a damaged journal is cut at its last good line, and nothing of it thrown away"
