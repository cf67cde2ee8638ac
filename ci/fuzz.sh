#!/usr/bin/env bash
# fuzz.sh [SECONDS]: every target of fuzz/ for so long (30), two at a time, from its inputs in fuzz/corpus, an archive each. Needs no
# nightly compiler: it does what cargo-fuzz does but for the address sanitizer, which has nothing to find where there is no unsafe code.
# fuzz.sh renew [SECONDS]: writes the inputs anew: those of simulated phones and what is found in that time, the fewest that reach
# everything.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}/fuzz")
host=$(rustc -vV | sed -n 's/^host: //p')
renew=
[ "${1:-}" != renew ] || { renew=yes; shift; }
seconds=${1:-30}
targets=(sip uri values challenge sdp stream image exchange phone set)
flags='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing'
build() { RUSTFLAGS="$(echo $flags)" cargo build --quiet --release --locked --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$target" "$@"; }
# The compiler of policies is not fuzzed, and is there already where the gateway is.
STROWGER=$(ci/programs.sh)/strowger
export STROWGER
build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target/found"
if [ -n "$renew" ]; then
    cargo run --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir "$target/seeds" --features seeds --bin seeds "$work/seeds"
fi

for name in "${targets[@]}"; do
    mkdir -p "$work/$name" "$work/seeds/$name" "$work/kept/$name"
    [ ! -e "fuzz/corpus/$name.tar.gz" ] || tar -xzf "fuzz/corpus/$name.tar.gz" -C "$work/kept/$name"
done

# A target's run, its words in $work/NAME.log.
fuzz() { # NAME
    "$target/$host/release/$1" "$work/$1" "$work/seeds/$1" "$work/kept/$1" -seed=1 -max_total_time="$seconds" -max_len=16384 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="$target/found/$1-" > "$work/$1.log" 2>&1
}
failed=()
running=()
finish() {
    local name pid
    for pair in "${running[@]}"; do
        read -r pid name <<< "$pair"
        if wait "$pid"; then
            echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log") inputs, $(ls "$work/kept/$name" | wc -l) of them kept, nothing found"
        else
            failed+=("$name")
            grep -a -m 1 -A 3 panicked "$work/$name.log" | cut -c 1-300 >&2 || tail -n 20 "$work/$name.log" >&2
        fi
    done
    running=()
}
for name in "${targets[@]}"; do
    fuzz "$name" &
    running+=("$! $name")
    [ ${#running[@]} -lt 2 ] || finish
done
finish
[ ${#failed[@]} -eq 0 ] || { echo "fuzz: found something: ${failed[*]}; the inputs are in $target/found" >&2; exit 1; }
[ -n "$renew" ] || exit 0
for name in "${targets[@]}"; do
    mkdir "$work/$name.few"
    "$target/$host/release/$name" -set_cover_merge=1 "$work/$name.few" "$work/seeds/$name" "$work/kept/$name" "$work/$name" > "$work/$name.merge" 2>&1
    # The same inputs make the same archive.
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/$name.few" -cf - . | gzip -9n > "fuzz/corpus/$name.tar.gz"
    echo "fuzz: $name: $(ls "$work/$name.few" | wc -l) inputs, $(stat -c %s "fuzz/corpus/$name.tar.gz") octets"
done
