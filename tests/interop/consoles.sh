# consoles.sh, sourced by handsets.sh and emulated.sh: telephones with a console (examples/c/console.c), each with its output in $work/NUMBER.out and
# its keyboard at the descriptor ${console[NUMBER]}; $me is the script's name.
fail() {
    echo "$me: FAILED: $*" >&2
    tail -n 40 "$work"/*.out "$work"/*.log >&2 2>/dev/null || true
    exit 1
}
# Waits until a telephone has printed this, beyond what was looked at before.
declare -A looked
until_says() { # NUMBER TEXT [SECONDS]
    local from=${looked[$1]:-0} at
    for _ in $(seq $((${3:-30} * 20))); do
        at=$(tail -n +$((from + 1)) "$work/$1.out" | grep -n -m 1 -- "$2" | cut -d: -f1) || true
        if [ -n "$at" ]; then
            looked[$1]=$((from + at))
            return 0
        fi
        sleep 0.05
    done
    fail "$1 does not say: $2"
}
declare -A console
type() { echo "${*:2}" >&"${console[$1]}"; } # NUMBER COMMAND...
until_record() { # FILE TEXT
    for _ in $(seq 600); do grep -q -- "$2" "$work/$1" 2> /dev/null && return 0; sleep 0.05; done
    fail "$1 does not have: $2: $(tail -n 3 "$work/$1")"
}
