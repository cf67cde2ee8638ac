# scenarios.sh, sourced by sipp.sh and sdes.sh with GATEWAY as $1: a gateway on loopback at $port, which the script sets, and
# sipp playing the scenarios of this folder against it. What still runs when the script ends is ended.
gateway=$(realpath "$1")
me=$(basename "$0" .sh)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)

finish() {
    local running
    running=$(jobs -pr)
    [ -z "$running" ] || kill $running 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT
# Why sipp gave up stands at the head of what it had to say of a call; of the rest the end is enough.
fail() {
    echo "$me: FAILED: $*" >&2
    grep -m 5 -A 3 "Aborting call" "$work"/*.err >&2 2>/dev/null || true
    tail -n 20 "$work"/*.err "$work/gateway.log" >&2 2>/dev/null || true
    exit 1
}

# The gateway with $work/policy.toml.
serve() { # OPTION...
    "$gateway" run "$work/policy.toml" --sip-udp "127.0.0.1:$port" --data "$work/data" --no-canary "$@" 2> "$work/gateway.log" &
    served=$!
    for _ in $(seq 50); do grep -q "in force" "$work/gateway.log" && break; sleep 0.1; done
    grep -q "in force" "$work/gateway.log" || fail "the gateway did not start"
}
# Ends it, and counts what it has recorded: internal calls as $records.
stop_serving() {
    kill -TERM "$served"
    wait "$served" || fail "the gateway did not stop cleanly"
    records=$(tail -n +2 "$work/data/smdr.csv" | grep -c ',I,' || true)
}

# The credentials of a number of policy.sh, and the files of so many of its phones: callers, callees, and whom each of them calls.
field() { echo "[authentication username=$1 password=Plum-$(($1 * 7))-orchard]"; }
numbers() { # COUNT CALLER-PORT CALLED-PORT
    local n
    { echo SEQUENTIAL; for ((n = 3000; n < 3000 + $1; n++)); do echo "$n;$2;$(field $n)"; done; } > "$work/callers.csv"
    { echo SEQUENTIAL; for ((n = 6000; n < 6000 + $1; n++)); do echo "$n;$3;$(field $n)"; done; } > "$work/callees.csv"
    { echo SEQUENTIAL; for ((n = 3000; n < 3000 + $1; n++)); do echo "$n;$((n + 3000));$(field $n)"; done; } > "$work/pairs.csv"
}

# Plays a scenario against the gateway, or who is at port $to, in the background, as process $playing: `timeout` passes a signal on, so that its end is sipp's too.
play() { # NAME SCENARIO PORT CALLS RATE TIMEOUT EXTRA...
    local name=$1 scenario=$2 local_port=$3 calls=$4 rate=$5 limit=$6
    shift 6
    timeout "$limit" sipp "127.0.0.1:${to:-$port}" -sf "$here/$scenario.xml" -i 127.0.0.1 -p "$local_port" -m "$calls" -r "$rate" \
        -nostdin -trace_err -error_file "$work/$name.err" -trace_stat -stf "$work/$name.stat" -fd 1 "$@" \
        > "$work/$name.out" 2>&1 &
    playing=$!
}
# The same to its end.
run() {
    play "$@"
    wait "$playing"
}
