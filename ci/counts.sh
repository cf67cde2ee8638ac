#!/usr/bin/env bash
# counts.sh [--record]: instructions of each piece of work under callgrind, against ceilings. Instructions repeat exactly
# for the same binary, whatever else the machine does; times do not.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
out=$target/counts
mkdir -p "$out"
counts=$(ci/programs.sh)/counts
"$counts" prepare "$out"

# Instructions that one piece may cost at most: what it costs now and a tenth, so that growth shows.
ceiling() {
    case $1 in
    parse-invite) echo 15000 ;;
    parse-register) echo 10500 ;;
    decide-*) echo 1500 ;;
    neutral-call) echo 10000 ;;
    idle-poll) echo 155 ;;
    sip-call) echo 145000 ;;
    sip-register) echo 52000 ;;
    # Its cryptography apart.
    sip-refresh) echo 21000 ;;
    check-code) echo 12000 ;;
    media) echo 20000 ;;
    guess-known) echo 67000 ;;
    # Of these the longer of two is compared with the shorter, below.
    long-*) echo 600000 ;;
    esac
}
# Two at a time, one for each core of a small machine.
"$counts" list | xargs -P 2 -L 1 sh -c 'valgrind --tool=callgrind --callgrind-out-file=/dev/null \
    --toggle-collect="*_measured*" "$0" "$2" "$1" > "$1/$2.log" 2>&1 || { cat "$1/$2.log" >&2; exit 1; }' "$counts" "$out"
failed=0
decisions=()
declare -A short
known=0
printf '%-40s %12s %12s\n' "piece of work" instructions ceiling
while read -r name times; do
    total=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$out/$name.log")
    each=$((total / times))
    limit=$(ceiling "$name")
    case $name in decide-*) decisions+=("$each") ;; esac
    verdict=
    case $name in
    guess-known) known=$each ;;
    # Nobody is to tell by time whether there is such a user: a hundredth more or less.
    guess-unknown)
        limit=$((known + known / 100))
        [ "$each" -ge "$((known - known / 100))" ] || { verdict="  <-- less"; failed=1; }
        ;;
    long-*-6400) short[${name%-*}]=$each ;;
    # Ten times the bytes, at most eleven times the work.
    long-*) limit=$((11 * short[${name%-*}])) ;;
    esac
    if [ "$total" -eq 0 ] || [ "$each" -gt "$limit" ]; then verdict="  <-- over"; failed=1; fi
    printf '%-40s %12d %12d%s\n' "$name" "$each" "$limit" "$verdict"
done < <("$counts" list)
median=$(printf '%s\n' "${decisions[@]}" | sort -n | sed -n "$(((${#decisions[@]} + 1) / 2))p")
verdict=
[ "$median" -le 600 ] || { verdict="  <-- over"; failed=1; }
printf '%-40s %12d %12d%s\n' "median of the decisions" "$median" 600 "$verdict"
# The same by C: so much more each time that the border is crossed. Where outputs come out they are copied to C's structs, which is most of it.
gcc -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude benches/c/boundary.c "$(ci/library.sh)" -lpthread -ldl -lm -o "$out/boundary"
boundary() { # NAME CEILING
    local total crossings rust each verdict=
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="*_measured*" "$out/boundary" "$1" "$out/calls.stw" "$out/calls.keys" \
        > "$out/boundary.crossings" 2> "$out/boundary.log"
    total=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$out/boundary.log")
    rust=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$out/$1.log")
    crossings=$(cat "$out/boundary.crossings")
    each=$(((total - rust) / 20 / crossings))
    if [ "$total" -eq 0 ] || [ "$each" -gt "$2" ]; then verdict="  <-- over"; failed=1; fi
    printf '%-40s %12d %12d%s\n' "a crossing of the border: $1" "$each" "$2" "$verdict"
}
boundary idle-poll 40
boundary neutral-call 260
"$counts" sizes
exit $failed
