#!/bin/bash
# The C library for machines other than this one and the Cortex-M4F of ci/bare-metal.sh.
#
# Without an operating system (Cortex-M0, RISC-V): built, and linked with C into an image that links only if no panic is reachable.
# ARM Linux of 32 and 64 bits: built, linked with C, and the example run in an emulator.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly base=${CARGO_TARGET_DIR:-$PWD/target}/abroad
readonly example=examples/firmware-link
readonly strict=(-std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude)
say() { printf '== %s\n' "$*"; }
mkdir -p "$base"

# build TARGET LIBRARIES [ARGUMENT...]: with the toolchain in use where it has the target's library, or else with Debian's and those of its
# source; in a directory of its own, so that nobody waits for another.
build() {
    local cargo=cargo more=()
    if ! compgen -G "$(rustc --print target-libdir --target "$1")/libcore-*.rlib" > /dev/null; then
        export RUSTC=${FIRMWARE_RUSTC:-/usr/bin/rustc} RUSTC_BOOTSTRAP=1
        cargo=${FIRMWARE_CARGO:-/usr/bin/cargo}
        more=(-Z "build-std=$2")
    fi
    CARGO_TARGET_DIR=$base/$1 "$cargo" build --quiet --locked --target "$1" "${more[@]}" -p strowger-ffi "${@:3}"
}

# bare TARGET COMPILER [FLAG...]
bare() {
    local target=$1 cc=$2
    shift 2
    build "$target" core --profile firmware --no-default-features --features panic-handler
    "$cc" "${strict[@]}" -Os "$@" -ffreestanding -ffunction-sections -fdata-sections -c "$example/main.c" -o "$base/$target.o"
    "$cc" "$@" -nostartfiles -nostdlib -T "$example/image.ld" -Wl,--gc-sections -Wl,-z,noexecstack "$base/$target.o" \
        "$base/$target/$target/firmware/libstrowger.a" -lgcc -o "$base/$target.elf"
    say "$target: links, so no panic is reachable from C: $("${cc%gcc}size" "$base/$target.elf" | awk 'NR == 2 { print $1 }') octets of flash"
}

# linux TARGET GNU-NAME EMULATOR
linux() {
    local target=$1 linker
    linker=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<< "$target")_LINKER
    export "$linker=$2-gcc" CARGO_PROFILE_RELEASE_PANIC=unwind CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=0
    build "$target" std,panic_unwind --release
    "$2-gcc" "${strict[@]}" -O1 examples/c/gateway.c "$base/$target/$target/release/libstrowger.a" -lpthread -ldl -lm -o "$base/$target.gateway"
    "$3" -L "/usr/$2" "$base/$target.gateway" "$base/policy.stw" "$base/policy.keys" > "$base/$target.txt"
    say "$target: the example runs: $(tail -n 1 "$base/$target.txt")"
}

"$(ci/programs.sh)/strowger" compile examples/c/policy.toml -o "$base/policy.stw" 2> "$base/findings" ||
    { cat "$base/findings" >&2; exit 1; }
failed=0
two() { # Both at once, and what they say one after the other.
    local first second
    ($1) > "$base/first" 2>&1 & first=$!
    ($2) > "$base/second" 2>&1 & second=$!
    wait "$first" || failed=1
    wait "$second" || failed=1
    cat "$base/first" "$base/second"
}
two "bare thumbv6m-none-eabi arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb" \
    "bare riscv32imac-unknown-none-elf riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32"
two "linux armv7-unknown-linux-gnueabihf arm-linux-gnueabihf qemu-arm" "linux aarch64-unknown-linux-gnu aarch64-linux-gnu qemu-aarch64"
[[ $failed == 0 ]] && say "targets: all is well"
exit "$failed"
