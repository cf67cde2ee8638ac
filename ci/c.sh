#!/bin/bash
# Everything about C on this machine: the header is up to date and clean in three languages; the example runs under the
# sanitizers and valgrind against the static and the shared library. Needs gcc, g++ and valgrind.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly target=${CARGO_TARGET_DIR:-target}
readonly out=$target/c
readonly strict=(-Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow)
readonly libs=(-lpthread -ldl -lm)
say() { printf '== %s\n' "$*"; }
mkdir -p "$out"

ci/header.sh

say "header as C99, C11 and C++11"
printf '#include "strowger.h"\nstatic uint64_t words[STW_PHONE_WORDS(3) / 8];\nint main(void) { stw_exchange_config c = STW_EXCHANGE_CONFIG_INIT; stw_phone_config p = STW_PHONE_CONFIG_INIT; return c.calls != 1 || p.lines != 3 || words[0] != 0; }\n' >"$out/header.c"
cp "$out/header.c" "$out/header.cpp"
for std in c99 c11; do gcc -std=$std "${strict[@]}" -Iinclude -fsyntax-only "$out/header.c"; done
g++ -std=c++11 "${strict[@]}" -Iinclude -fsyntax-only "$out/header.cpp"
if command -v clang >/dev/null; then clang -std=c99 "${strict[@]}" -Iinclude -fsyntax-only "$out/header.c"; fi

say "the library, hosted, with unwinding"
lib=$(ci/library.sh)
readonly lib

say "the policy of the example"
cargo run --quiet -p strowger-tools -- compile examples/c/policy.toml -o "$out/policy.stw" 2>"$out/findings" ||
    { cat "$out/findings" >&2; exit 1; }

run() { "$@" "$out/policy.stw" "$out/policy.keys"; }
sources=(-Iinclude examples/c/gateway.c)

say "example: plain"
gcc -std=c99 -O2 "${strict[@]}" "${sources[@]}" "$lib" "${libs[@]}" -o "$out/gateway"
run "$out/gateway"

say "the telephone: as C99 and C++11 (tests/interop/handsets.sh runs it)"
gcc -std=c99 -O2 "${strict[@]}" -Iinclude examples/c/phone.c examples/c/console.c "$lib" "${libs[@]}" -o "$out/phone"
g++ -std=c++11 "${strict[@]}" -Iinclude -x c++ -fsyntax-only examples/c/phone.c examples/c/console.c

say "example: AddressSanitizer and UndefinedBehaviorSanitizer"
gcc -std=c99 -g "${strict[@]}" -fsanitize=address,undefined -fno-sanitize-recover=all "${sources[@]}" "$lib" \
    "${libs[@]}" -o "$out/gateway-sanitized"
run "$out/gateway-sanitized" >"$out/sanitized.txt"
tail -1 "$out/sanitized.txt"

say "example: valgrind"
run valgrind --quiet --leak-check=full --errors-for-leak-kinds=all --error-exitcode=1 "$out/gateway" >"$out/valgrind.txt"
tail -1 "$out/valgrind.txt"

say "example: as C++11, against the shared library"
g++ -std=c++11 -O1 "${strict[@]}" -x c++ "${sources[@]}" -x none -L"$out/build/release" -lstrowger -o "$out/gateway-shared"
run env LD_LIBRARY_PATH="$out/build/release" "$out/gateway-shared" >"$out/shared.txt"
tail -1 "$out/shared.txt"

say "example: a file that is no policy is refused"
if "$out/gateway" examples/c/policy.toml "$out/policy.keys" >"$out/refused.txt"; then
    echo "FAILED: a text file was loaded as a policy" >&2
    exit 1
fi
grep -q 'load: image format' "$out/refused.txt"

say "the shared library shows stw_ functions only, and as many as the header has"
nm --defined-only --dynamic "$out/build/release/libstrowger.so" | awk '$2 == "T" { print $3 }' | sort >"$out/exported.txt"
grep -oE '\bstw_[a-z_]+\(' include/strowger.h | tr -d '(' | sort -u >"$out/declared.txt"
diff "$out/declared.txt" "$out/exported.txt"

say "C: all is well"
