#!/usr/bin/env bash
# Every check by name: ./ci.sh runs all of them, ./ci.sh NAME... some, ./ci.sh long all with larger budgets.
# On a Debian machine it installs what it needs (as root, or says what is missing). CI calls this and nothing else.
set -euo pipefail
cd "$(dirname "$0")"

# What is built once on a new machine is built faster without the means to build it again in parts, and without lines for debuggers.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_RELEASE_DEBUG=0

PACKAGES=(gcc g++ cmake make pkg-config abigail-tools valgrind python3 sip-tester baresip-core iproute2 kamailio rtpengine-daemon nftables linphone-cli tshark
    cargo-web rustc-web rust-web-src gcc-arm-none-eabi binutils-arm-none-eabi
    libnewlib-arm-none-eabi qemu-system-arm gcc-riscv64-unknown-elf gcc-arm-linux-gnueabihf libc6-dev-armhf-cross gcc-aarch64-linux-gnu
    libc6-dev-arm64-cross qemu-user libosip2-dev openssl dnsmasq-base curl systemd)
say() { printf '\n==== %s (%s s)\n' "$*" "$SECONDS"; }
# Runs lists of checks at the same time; what each list says is shown when all have ended.
lanes() { # "CHECK..."...
    local pids=() logs lane name pid failed=0
    logs=$(mktemp -d)
    for lane in "$@"; do
        (for name in $lane; do say "$name"; "check_$name"; done) > "$logs/${lane%% *}" 2>&1 &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    cat "$logs"/*
    rm -r "$logs"
    return $failed
}

check_packages() {
    local missing=()
    for package in "${PACKAGES[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        echo "ci.sh: these Debian packages are missing, and only root can install them: ${missing[*]}" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600 update -qq
    apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}
check_format() { cargo fmt --all --check; }
check_clippy() { cargo clippy --quiet --workspace --all-targets --locked -- -D warnings; }
# Without the agreement of all ends, which would build all ends itself: the check of that name has it.
check_test() {
    cargo test --workspace --locked -- --skip wire_record_explain_and_c_agree_on_random_attempts \
        --skip a_changed_answer_is_noticed
}
check_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps --locked; }
# Runs a script with the path of the gateway and what else is said; the other programs are beside it.
with_gateway() { # SCRIPT ARGUMENT...
    local built
    built=$(ci/programs.sh)
    "$1" "$built/strowger-gateway" "${@:2}"
}
check_demo() { "$(ci/programs.sh)/strowger-gateway" demo; }
check_c() { ci/c.sh; }
check_abi() { ci/abi.sh ${STROWGER_ABI:-}; }
check_bare_metal() { ci/bare-metal.sh; }
check_targets() { ci/targets.sh; }
# What it takes on a Cortex-M4F, against the ceilings of docs/sizes.md.
check_sizes() { ci/sizes.sh; }
check_daemon() { with_gateway tests/interop/daemon.sh; }
# Killed under load, a full disk, a damaged journal; health, alarms, reload under calls, the audit trail.
check_operate() {
    local built
    built=$(ci/programs.sh)
    tests/interop/operate.sh "$built/strowger-gateway" "$built/strowger"
    tests/interop/restart.sh "$built/strowger-gateway" "$built/strowger" ${STROWGER_KILLS:-}
}
# The Debian package: built, installed, started as its unit says.
check_service() { tests/interop/service.sh "$(packaging/debian.sh)"; }
# Two minutes of everything at once, or as long as is said: every call accounted for, and nothing grows.
check_soak() {
    local built
    built=$(ci/programs.sh)
    tests/interop/soak.sh "$built/strowger-gateway" "$built/flood" ${STROWGER_SOAK:-}
}
check_agreement() {
    local library built
    built=$(ci/programs.sh)
    library=$(ci/library.sh)
    STROWGER_GATEWAY=$built/strowger-gateway STROWGER_LIBRARY=$library \
        cargo test --quiet --locked --workspace --test agreement -- --nocapture
}
check_sipp() { with_gateway tests/interop/sipp.sh; }
# Sets: the dissector of their protocol on every frame there is, then simulated sets at a gateway.
check_sets() {
    local built
    built=$(ci/programs.sh)
    tests/interop/dissect.sh
    tests/interop/sets.sh "$built/strowger-gateway" "$built/strowger-set" "$built/strowger"
}
check_streams() { with_gateway tests/interop/streams.sh; }
check_baresip() { with_gateway tests/interop/baresip.sh; }
check_linphone() { with_gateway tests/interop/linphone.sh; }
check_transfers() { with_gateway tests/interop/transfers.sh; }
check_forwards() { with_gateway tests/interop/forwards.sh; }
check_takes() { with_gateway tests/interop/takes.sh; }
check_conference() { with_gateway tests/interop/conference.sh; }
check_carrier() { with_gateway tests/interop/carrier.sh; }
check_dns() { with_gateway tests/interop/dns.sh; }
# The telephone of the C ABI, with the sanitizers in its own code; prints its path.
sanitized_phone() {
    local library phone="${CARGO_TARGET_DIR:-target}/c/phone-sanitized"
    library=$(ci/library.sh)
    gcc -std=c99 -g -Wall -Wextra -Wpedantic -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude \
        examples/c/{phone,console,streams}.c "$library" -lpthread -ldl -lm -o "$phone.$BASHPID"
    mv "$phone.$BASHPID" "$phone"
    echo "$phone"
}
check_handsets() { with_gateway tests/interop/handsets.sh "$(sanitized_phone)"; }
# Telephones on bare boards, each in an emulator, at real gateways.
check_emulated() {
    local image
    image=$(ci/firmware.sh)
    with_gateway tests/interop/emulated.sh "$image" "$(sanitized_phone)"
}
check_floods() {
    local built
    built=$(ci/programs.sh)
    tests/interop/floods.sh "$built/strowger-gateway" "$built/flood" "$built/slow"
}
check_sdes() { with_gateway tests/interop/sdes.sh; }
# Every difference between our reading of the shared corpus and that of another parser has its reason.
check_parsers() { cargo test --quiet --locked --workspace --test parsers -- --ignored; }
# The peers wait most of the time, each in a network namespace or on ports of its own: five lanes at once.
check_peers() {
    local peer
    # Built before the lanes: they would wait for each other.
    ci/programs.sh > /dev/null
    ci/library.sh > /dev/null
    ci/firmware.sh > /dev/null
    # A first start reads a hundred libraries from a disk that is new to them; five lanes at once make half a minute of it.
    for peer in "linphonec -h" "baresip -h" "sipp -v" "tshark -v" "kamailio -v" "rtpengine --version" "dnsmasq -v" "qemu-system-arm --version"; do
        timeout 60 $peer > /dev/null 2>&1 < /dev/null || true
    done
    lanes "sipp sdes sets" "baresip transfers handsets" "linphone takes carrier" "forwards conference streams dns" emulated
}
# The C library for this machine, and for all others: whole programs of one unit, which a compiler builds with one processor.
check_libraries() { lanes "c abi" "bare_metal sizes targets"; }
# Patches that each take a check out of the engine: the first five, or all of them.
check_mutants() { ci/mutants.sh ${STROWGER_MUTANTS:-}; }
check_counts() { ci/counts.sh; }
# What reads octets, with whatever leads somewhere new, for a while: what it finds depends on how long it looks.
check_fuzz() { ci/fuzz.sh ${STROWGER_FUZZ:-}; }
# Of core, by all tests that run it: they are slow while they are counted.
check_coverage() {
    local PACKAGES=("llvm-$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')")
    [ -x "$(rustc --print target-libdir)/../bin/llvm-profdata" ] || check_packages
    ci/coverage.sh
}
# All mutants of policy and call/join, and a sample of the others: a night.
check_mutation() { ci/mutation.sh policy && ci/mutation.sh rest; }
check_load() { with_gateway tests/interop/load.sh; }

# The first checks leave a processor idle most of the time: what the later ones run is built beside them. What does not build is said there.
ahead() {
    ci/programs.sh
    ci/library.sh
}

ALL=(packages format clippy test doc demo libraries daemon operate service agreement parsers peers floods fuzz mutants counts load soak)
names=("$@")
if [ "${1:-}" = long ]; then
    # Ten times the random policies, datagrams and attempts.
    export STROWGER_PAIRS=1000000 STROWGER_DATAGRAMS=500000 STROWGER_ATTEMPTS=1000000 STROWGER_DOUBLES=1000000
    export STROWGER_MERGED=1000 STROWGER_PROVE_CALLS=3 STROWGER_MUTANTS=all STROWGER_FUZZ=600
    export STROWGER_ABI=400000 STROWGER_TERMINALS=5000 STROWGER_SOAK=3600
    names=("${ALL[@]}" coverage)
fi
[ ${#names[@]} -gt 0 ] || names=("${ALL[@]}")
for name in "${names[@]}"; do
    say "$name"
    declare -F "check_$name" > /dev/null || { echo "ci.sh: no check is called $name; there are: ${ALL[*]}" >&2; exit 2; }
    "check_$name"
    if [ "$name" = packages ] && [ ${#names[@]} -gt 5 ]; then
        ahead > /dev/null 2>&1 &
        builds=$!
        trap 'pkill -P "$builds" || true; kill "$builds" 2> /dev/null || true' EXIT
    fi
done
if [ -n "${builds:-}" ]; then
    wait "$builds" || true
    trap - EXIT
fi
say "all is well"
