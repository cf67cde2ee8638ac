#!/bin/bash
# The engine for microcontrollers: core and ffi built for a Cortex-M4F by two compilers, linked into an image that links
# only if no panic is reachable, and looked through for what must not be in it.
#
# Route 1: the active toolchain and its precompiled core library for the target. Where rustup cannot get that library
#          this is said loudly, and is a failure only if STROWGER_REQUIRE_RUSTUP_TARGET=1.
# Route 2: Debian's compiler and the library's source (cargo-web, rustc-web, rust-web-src).
# Both need gcc-arm-none-eabi and binutils-arm-none-eabi.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly target=thumbv7em-none-eabihf
readonly cpu=(-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16)
readonly base=${CARGO_TARGET_DIR:-target}/bare-metal
readonly example=examples/firmware-link
failed=0

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; failed=1; }

# build ROUTE CARGO [ARGUMENT...]: core alone, then the C archive.
build() {
    local route=$1 cargo=$2
    shift 2
    local common=(--profile firmware --target "$target" "$@")
    [[ ! -f Cargo.lock ]] || common+=(--locked)
    say "$route: core"
    CARGO_TARGET_DIR=$base/$route "$cargo" build "${common[@]}" -p strowger
    say "$route: ffi"
    CARGO_TARGET_DIR=$base/$route "$cargo" build "${common[@]}" -p strowger-ffi \
        --no-default-features --features panic-handler
}

# Names of the symbols in an archive's or image's nm listing whose type is one of the given letters.
symbols() { awk -v types="$1" 'NF >= 2 && length($(NF-1)) == 1 && index(types, $(NF-1)) { print $NF }'; }

# inspect ROUTE: what the archive may and may not contain, and the link that proves the absence of panics.
inspect() {
    local route=$1 dir=$base/$1 archive=$base/$1/$target/firmware/libstrowger.a image=$base/$1/image.elf
    local object ours bad name

    # The archive has one object of ours; the others are the compiler's own helpers (division, memcpy, ...).
    rm -rf "$dir/objects" && mkdir -p "$dir/objects"
    arm-none-eabi-ar x --output "$dir/objects" "$archive"
    object=$(find "$dir/objects" -name 'strowger.*.o')
    [[ -f $object ]] || { fail "$route: expected one object of ours, found: $object"; return; }

    ours=$(arm-none-eabi-nm --defined-only --extern-only "$object" | symbols TDBRVWCGS)
    bad=$(grep -v '^stw_' <<<"$ours" | grep -vE 'rust_begin_unwind' || true)
    [[ -z $bad ]] || fail "$route: visible symbols that are not stw_: $bad"
    bad=$(arm-none-eabi-nm "$object" | symbols DdBbCGgSs)
    [[ -z $bad ]] || fail "$route: data or bss: $bad"
    bad=$(arm-none-eabi-nm "$object" | awk '{ print $NF }' | grep -E '__rust_(alloc|dealloc|realloc)|__rdl_|__rg_|^malloc$|^free$' || true)
    [[ -z $bad ]] || fail "$route: allocator: $bad"

    # Every function of the header is in the archive and in reach of the image.
    while read -r name; do
        grep -qx "$name" <<<"$ours" || fail "$route: the archive lacks $name"
        grep -q "\b$name(" "$example/main.c" || fail "$example/main.c does not call $name"
    done < <(grep -oE '\bstw_[a-z_]+\(' include/strowger.h | tr -d '(' | sort -u)

    arm-none-eabi-gcc -std=c99 -Os "${cpu[@]}" -Wall -Wextra -Wpedantic -Werror -ffreestanding -ffunction-sections \
        -fdata-sections -Iinclude -c "$example/main.c" -o "$dir/main.o"
    local link=(arm-none-eabi-gcc "${cpu[@]}" -nostartfiles -nostdlib -T "$example/image.ld" -Wl,--gc-sections
        -Wl,-z,noexecstack "$dir/main.o" "$archive")
    if "${link[@]}" -o "$image"; then
        say "$route: links, so no panic is reachable from C"
    else
        fail "$route: a panic is reachable; who calls it, in an image with a stand-in:"
        "${link[@]}" -Wl,--defsym=strowger_panic_path_is_reachable=0 -o "$image"
        arm-none-eabi-objdump -dC "$image" |
            awk '/^[0-9a-f]+ <.*>:$/ { f = $2 } /bl?(\.w)?[ \t].*(panic|_fail>|_failed>)/ && !/>:$/ { print "  " f, $NF }' >&2
        return
    fi
    bad=$(arm-none-eabi-nm -C "$image" | grep -E 'core::panicking|rust_begin_unwind' || true)
    [[ -z $bad ]] || fail "$route: $bad"
    say "$route: the whole image (bss is the example's, exchange for 8 devices, 2 trunks and 2 calls included)"
    arm-none-eabi-size "$image"
    say "$route: of that, the example's own"
    arm-none-eabi-size "$dir/main.o"
    say "$route: a telephone alone (bss is the example's, three lines and a datagram included)"
    arm-none-eabi-gcc -DPHONE_ONLY -std=c99 -Os "${cpu[@]}" -Wall -Wextra -Wpedantic -Werror -ffreestanding -ffunction-sections \
        -fdata-sections -Iinclude -c "$example/main.c" -o "$dir/phone.o"
    arm-none-eabi-gcc "${cpu[@]}" -nostartfiles -nostdlib -T "$example/image.ld" -Wl,--gc-sections -Wl,-z,noexecstack "$dir/phone.o" \
        "$archive" -o "$dir/phone.elf"
    arm-none-eabi-size "$dir/phone.elf"
}

# Route 1.
libdir=$(rustc --print target-libdir --target "$target")
if ! compgen -G "$libdir/libcore-*.rlib" >/dev/null && command -v rustup >/dev/null; then
    timeout 120 rustup target add "$target" || true
fi
if compgen -G "$libdir/libcore-*.rlib" >/dev/null; then
    say "rustup: $(rustc --version)"
    build rustup cargo
    inspect rustup
else
    printf '\n!!! %s is NOT INSTALLED for the active toolchain and rustup could not get it: route 1 was NOT checked.\n\n' \
        "$target" >&2
    [[ ${STROWGER_REQUIRE_RUSTUP_TARGET:-0} != 1 ]] || fail "rustup: no $target"
fi

# Route 2. RUSTC is named because Debian's cargo would call whatever rustc is first on the path.
export RUSTC=${FIRMWARE_RUSTC:-/usr/bin/rustc}
debian_cargo=${FIRMWARE_CARGO:-/usr/bin/cargo}
if [[ -x $RUSTC && -x $debian_cargo && -f $("$RUSTC" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock ]]; then
    say "debian: $("$RUSTC" --version)"
    export RUSTC_BOOTSTRAP=1
    build debian "$debian_cargo" -Z build-std=core
    inspect debian
else
    fail "debian: cargo-web, rustc-web and rust-web-src are not all installed"
fi

[[ $failed == 0 ]] && say "bare metal: all is well"
exit "$failed"
