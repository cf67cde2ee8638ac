#!/bin/bash
# abi.sh [ROUNDS]: random sequences of calls of the C ABI (3,000 rounds for each of the engines), under the address sanitizer on both sides of it: the
# library's own code and the program's. Needs gcc or clang, and nothing of a nightly compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3000}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}/abi")
host=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p "$target"
# The sanitizer is in every stable toolchain, behind this switch.
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address -Cdebug-assertions=on -Coverflow-checks=on" CARGO_PROFILE_RELEASE_PANIC=unwind \
    CARGO_PROFILE_RELEASE_LTO=off cargo build --quiet --release --locked -p strowger-ffi --target "$host" --target-dir "$target"
"$(ci/programs.sh)/strowger" compile fuzz/policy.toml -o "$target/policy.stw" 2> "$target/findings" ||
    { cat "$target/findings" >&2; exit 1; }
cc=$(command -v gcc || command -v clang)
for program in calls phones; do
    "$cc" -std=c99 -g -O1 -Wall -Wextra -Wpedantic -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude \
        "ffi/fuzz/$program.c" "$target/$host/release/libstrowger.a" -lpthread -ldl -lm -o "$target/$program"
done
pids=()
for program in calls phones; do
    "$target/$program" "$target/policy.stw" "$target/policy.keys" 1 "$rounds" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
echo "== C ABI: nothing found in $rounds rounds"
