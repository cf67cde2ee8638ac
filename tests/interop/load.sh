#!/usr/bin/env bash
# load.sh GATEWAY: the shared load kit at 1,000 calls/s against the gateway, then against Kamailio with its dialog module,
# in one run on 127.0.0.1. Clean means no failure and no retransmission; CPU per call is printed side by side, not judged.
set -euo pipefail
gateway=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
kit=$here/../../../shared/bench
if [ ! -d "$kit" ]; then
    echo "load: the shared load kit is missing" >&2
    [ "${CI:-}" = true ] && exit 1
    exit 0
fi
kit=$(realpath "$kit")
work=$(mktemp -d)
export BENCH=$work
users=2000 rate=${STROWGER_LOAD_RATE:-1000} calls=${STROWGER_LOAD_CALLS:-5000} port=25160
pid=0
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$work/u"
python3 "$kit/sipp/mkusers.py" $users "$work/u"
{
    printf '[system]\nname = "Load"\nrealm = "load.test"\nprofile = "mivb"\n[[cos]]\nid = 1\nname = "Staff"\n'
    printf '[[template]]\nname = "phone"\ndigest = ["md5"]\ncos = 1\ncor = 1\n'
    for base in 100000 200000; do
        for ((n = base; n < base + users; n++)); do
            printf '[[device]]\ndn = "%d"\nkind = "sip"\ntemplate = "phone"\npassword = "p%d"\n' "$n" "$n"
        done
    done
} > "$work/policy.toml"

load() { python3 "$kit/sipp/load.py" --server-pid "$pid" --port $port "$@"; }
# field NAME: a number out of the kit's JSON line on standard input.
field() { python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"; }

serve() { # LABEL: registers everybody, calls three times, prints the median CPU per call; the last run's line is kept
    load register -n $users -r 1000 --csv callers.csv --label "$1" > "$work/register.json"
    load register -n $users -r 1000 --csv callees.csv --label "$1" > "$work/register2.json"
    local clean=0
    for attempt in 1 2 3; do
        load calls -n $calls -r $rate --hold 100 --label "$1" > "$work/$1-$attempt.json"
        cat "$work/$1-$attempt.json"
        failed=$(field failed < "$work/$1-$attempt.json") retrans=$(field retrans < "$work/$1-$attempt.json")
        [ "$failed" -eq 0 ] && [ "$retrans" -eq 0 ] && clean=$((clean + 1))
    done
    median=$(for n in 1 2 3; do field us_per < "$work/$1-$n.json"; done | sort -n | sed -n 2p)
    echo "load: $1: $clean of 3 runs clean at $rate calls/s, median $median us CPU a call"
    [ "$clean" -ge 1 ]
}

"$gateway" run "$work/policy.toml" --sip-udp 127.0.0.1:$port --data "$work/data" > "$work/gateway.out" 2> "$work/gateway.log" &
pid=$!
for _ in $(seq 100); do grep -q "in force" "$work/gateway.log" && break; sleep 0.1; done
serve gateway || { tail -n 20 "$work/gateway.log" >&2; echo "load: FAILED: no clean run of the gateway" >&2; exit 1; }
kill -TERM "$pid"
wait "$pid" || true
sleep 1

pid=$(bash "$kit/kamailio/start.sh" $port 1 -x fm -X fm -A WITH_DIALOG)
sleep 2
serve kamailio || echo "load: Kamailio had no clean run on this machine now"
