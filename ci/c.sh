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
ci/abi-drift.sh

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
"$(ci/programs.sh)/strowger" compile examples/c/policy.toml -o "$out/policy.stw" 2>"$out/findings" ||
    { cat "$out/findings" >&2; exit 1; }

run() { "$@" "$out/policy.stw" "$out/policy.keys"; }
sources=(-Iinclude examples/c/gateway.c)

say "example: plain"
gcc -std=c99 -O2 "${strict[@]}" "${sources[@]}" "$lib" "${libs[@]}" -o "$out/gateway"
run "$out/gateway"

say "another SIP stack's calls, gated (examples/c/gated.c)"
gcc -std=c99 -g "${strict[@]}" -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude examples/c/{gated,stack}.c "$lib" \
    "${libs[@]}" -o "$out/gated"
run "$out/gated" >"$out/gated.txt"
tail -1 "$out/gated.txt"

say "the telephone: as C99 and C++11 (tests/interop/handsets.sh runs it)"
gcc -std=c99 -O2 "${strict[@]}" -Iinclude examples/c/{phone,console,streams}.c "$lib" "${libs[@]}" -o "$out/phone"
g++ -std=c++11 "${strict[@]}" -Iinclude -x c++ -fsyntax-only examples/c/{phone,console,streams}.c

say "example: AddressSanitizer and UndefinedBehaviorSanitizer"
gcc -std=c99 -g "${strict[@]}" -fsanitize=address,undefined -fno-sanitize-recover=all "${sources[@]}" "$lib" \
    "${libs[@]}" -o "$out/gateway-sanitized"
run "$out/gateway-sanitized" >"$out/sanitized.txt"
tail -1 "$out/sanitized.txt"

say "example: valgrind"
run valgrind --quiet --leak-check=full --errors-for-leak-kinds=all --error-exitcode=1 "$out/gateway" >"$out/valgrind.txt"
tail -1 "$out/valgrind.txt"

say "random calls of both engines: valgrind"
"$(ci/programs.sh)/strowger" compile fuzz/policy.toml -o "$out/random.stw" 2>"$out/findings" || { cat "$out/findings" >&2; exit 1; }
for program in calls phones; do
    gcc -std=c99 -g -O1 -Wall -Wextra -Wpedantic -Werror -Iinclude "ffi/fuzz/$program.c" "$lib" "${libs[@]}" -o "$out/$program"
    valgrind --quiet --leak-check=full --errors-for-leak-kinds=all --error-exitcode=1 "$out/$program" "$out/random.stw" "$out/random.keys" 1 30
done

say "installed: the shared library is asked for by its ABI, as the header has it"
prefix=$PWD/$out/installed
[[ $target != /* ]] || prefix=$out/installed
packaging/install.sh "$prefix"
abi=$(sed -n 's/^#define STW_ABI_VERSION \([0-9]*\).*/\1/p' include/strowger.h)
readelf -d "$prefix/lib/libstrowger.so" | grep -q "SONAME.*\[libstrowger.so.$((abi >> 16))\]"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib

say "installed: through pkg-config, shared and static, as C99 and C++11"
gcc -std=c99 -O1 "${strict[@]}" examples/c/gateway.c $(pkg-config --cflags --libs strowger) -o "$out/gateway-shared"
run "$out/gateway-shared" >"$out/shared.txt"
tail -1 "$out/shared.txt"
g++ -std=c++11 -O1 "${strict[@]}" -x c++ examples/c/gateway.c -x none $(pkg-config --cflags strowger) -l:libstrowger.a -L"$prefix/lib" \
    $(pkg-config --static --libs-only-l strowger | sed 's/-lstrowger//') -o "$out/gateway-static"
run "$out/gateway-static" >"$out/static.txt"
tail -1 "$out/static.txt"
for std in c++11 c++17; do
    g++ -std=$std -O1 "${strict[@]}" -Iinclude -fsanitize=address,undefined -fno-sanitize-recover=all examples/cpp/gate.cpp "$lib" \
        "${libs[@]}" -o "$out/gate"
    run "$out/gate" >"$out/gate.txt"
    tail -1 "$out/gate.txt"
done

say "installed: through CMake"
cmake -S examples/cmake -B "$out/cmake" -DCMAKE_PREFIX_PATH="$prefix" >"$out/cmake.txt"
cmake --build "$out/cmake" >>"$out/cmake.txt"
run "$out/cmake/gateway" >"$out/shared.txt"
run "$out/cmake/gate" >"$out/gate.txt"
tail -1 "$out/gate.txt"
unset LD_LIBRARY_PATH

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
