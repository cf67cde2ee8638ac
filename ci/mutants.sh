#!/usr/bin/env bash
# Each patch in ci/mutants takes one check out of the engine: `strowger prove` must find what follows from that.
# Without arguments the first five; `ci/mutants.sh all` every one; `ci/mutants.sh NAME...` those.
set -euo pipefail
cd "$(dirname "$0")/.."

# Long enough for every counterexample, short enough for a machine with two cores.
STATES=${STROWGER_MUTANT_STATES:-1500000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Cargo reads every member of the workspace, though one alone is built.
for part in Cargo.toml Cargo.lock core tools gateway testkit ffi benches tests examples; do cp -r "$part" "$scratch/"; done
# As it was when this began: whoever works on meanwhile does not disturb it.
mkdir "$scratch/whole"
cp -r core ci "$scratch/whole/"
built=${CARGO_TARGET_DIR:-$PWD/target}/debug
export CARGO_TARGET_DIR=${STROWGER_MUTANT_TARGET:-${CARGO_TARGET_DIR:-target}/mutants}
export CARGO_INCREMENTAL=1
# What others have written is built already: taken over, not built again. What is ours has a place of its own.
if [ ! -e "$CARGO_TARGET_DIR" ] && [ -d "$built/deps" ]; then
    for part in build .fingerprint deps; do
        mkdir -p "$CARGO_TARGET_DIR/debug/$part"
        find "$built/$part" -mindepth 1 -maxdepth 1 ! -name 'strowger*' ! -name 'libstrowger*' \
            \( ! -type f -o -name 'lib*' -o -name '*.d' \) -exec cp -a -t "$CARGO_TARGET_DIR/debug/$part" {} +
    done
fi
mkdir -p "$CARGO_TARGET_DIR"
CARGO_TARGET_DIR=$(cd "$CARGO_TARGET_DIR" && pwd)

proves() { # POLICY STATES: the exit status of prove
    # What does not compile has shown nothing, and what was built before is still there.
    (cd "$scratch" && cargo build --quiet --locked --workspace --bin strowger) || { echo "not built"; return; }
    local status=0
    "$CARGO_TARGET_DIR/debug/strowger" prove "$scratch/whole/ci/mutants/$1.toml" --states "$2" > "$scratch/out" 2> "$scratch/err" || status=$?
    echo "$status"
}

case "${1:-}" in
'') patches=("$scratch"/whole/ci/mutants/0[1-5]-*.patch) ;;
all) patches=("$scratch"/whole/ci/mutants/*.patch) ;;
*) patches=(); for name in "$@"; do patches+=("$scratch"/whole/ci/mutants/*"$name"*.patch); done ;;
esac

# Nothing is found where nothing is taken out: otherwise every patch would be caught.
for policy in dialing transfers forwards taking hunting desking intercepting camping conferring ringing mixing handing overriding; do
    status=$(proves "$policy" 100000)
    case $status in 0 | 3) ;; *) echo "mutants: $policy.toml does not hold as it is ($status)" >&2; cat "$scratch/out" "$scratch/err" >&2; exit 1 ;; esac
done
missed=0
for patch in "${patches[@]}"; do
    policy=$(sed -n 's/^policy: //p' "$patch")
    patch --quiet --fuzz=0 --directory "$scratch" -p1 < "$patch"
    status=$(proves "$policy" "$STATES")
    if [ "$status" = 1 ]; then
        echo "caught $(basename "$patch" .patch): $(sed -n 's/^counterexample //p' "$scratch/out")"
    else
        echo "MISSED $(basename "$patch" .patch): exit status $status" >&2
        missed=$((missed + 1))
    fi
    sed -n 's|^+++ b/||p' "$patch" | while read -r file; do cp "$scratch/whole/$file" "$scratch/$file"; done
done
[ "$missed" -eq 0 ] || { echo "mutants: $missed missed" >&2; exit 1; }
