#!/bin/bash
# The telephone for a bare board: builds examples/firmware into an image, and says its size. Prints the path of the image last.
#
# Two archives made from Rust are linked into it: the engine, and a network stack as a maker of telephones would bring it. Each shows
# its own names alone, so that neither meets the other's panic handler.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly target=thumbv7em-none-eabihf
readonly cpu=(-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16)
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")
readonly built
readonly base=$built/firmware
readonly example=examples/firmware

# The toolchain in use where it has the target's library, or else Debian's (at once with FIRMWARE_ROUTE=debian).
cargo=cargo
route=rustup
more=()
libdir=$(rustc --print target-libdir --target "$target")
if [[ ${FIRMWARE_ROUTE:-} == debian ]] || ! compgen -G "$libdir/libcore-*.rlib" > /dev/null; then
    export RUSTC=${FIRMWARE_RUSTC:-/usr/bin/rustc} RUSTC_BOOTSTRAP=1
    cargo=${FIRMWARE_CARGO:-/usr/bin/cargo}
    route=debian
    more=(-Z build-std=core)
fi

# Of an archive, all names but those that begin so are hidden. Its one object of ours is named for its crate; the others are the
# compiler's helpers.
hide() { # ARCHIVE CRATE PREFIX INTO
    local object
    rm -rf "$4.d" && mkdir -p "$4.d"
    cp "$1" "$4"
    # They say at each member that they cannot read the compiler's intermediate code, and go on.
    { object=$(arm-none-eabi-ar t "$4" | grep "^$2[.-].*\.o$")
      cd "$4.d" && arm-none-eabi-ar x "$4" "$object" && arm-none-eabi-objcopy --wildcard --keep-global-symbol="$3*" "$object" &&
        arm-none-eabi-ar r "$4" "$object"; } > "$4.said" || { cat "$4.said" >&2; return 1; }
}

CARGO_TARGET_DIR=$built/bare-metal/$route "$cargo" build --quiet --locked --profile firmware --target "$target" "${more[@]}" -p strowger-ffi \
    --no-default-features --features panic-handler >&2
CARGO_TARGET_DIR=$base/$route "$cargo" build --quiet --locked --release --target "$target" "${more[@]}" \
    --manifest-path "$example/net/Cargo.toml" >&2
cp "$built/bare-metal/$route/$target/firmware/libstrowger.a" "$base/engine.a"
(hide "$built/bare-metal/$route/$target/firmware/libstrowger.a" strowger stw_ "$base/libstrowger.a")
(hide "$base/$route/$target/release/libnet.a" net net_ "$base/libnet.a")

arm-none-eabi-gcc -std=c99 -Os "${cpu[@]}" -Wall -Wextra -Wpedantic -Werror -ffunction-sections -fdata-sections -Iinclude -Iexamples/c \
    -I"$example" "$example"/{main,board,lan9118}.c examples/c/console.c "$base/libstrowger.a" "$base/libnet.a" -nostartfiles \
    --specs=nano.specs -T "$example/image.ld" -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-Map="$base/phone.map" -o "$base/phone.elf" >&2
arm-none-eabi-size "$base/phone.elf" >&2
echo "$base/phone.elf"
