#!/bin/bash
# include/strowger.h is what cbindgen makes of ffi/src. With --write it is made so; without, a difference is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly version=0.29.4
readonly tools=${STROWGER_CI_TOOLS:-${CARGO_TARGET_DIR:-target}/ci-tools}
cbindgen=$tools/bin/cbindgen
if [[ $("$cbindgen" --version 2>/dev/null) != "cbindgen $version" ]]; then
    echo "== installing cbindgen $version into $tools"
    cargo install cbindgen --version "$version" --locked --debug --quiet --root "$tools" \
        --target-dir "$tools/build"
fi

if [[ ${1:-} == --write ]]; then
    "$cbindgen" --quiet --config ffi/cbindgen.toml --output include/strowger.h ffi
    echo "== include/strowger.h written"
else
    "$cbindgen" --quiet --config ffi/cbindgen.toml --output "$tools/strowger.h" ffi
    diff -u include/strowger.h "$tools/strowger.h" || {
        echo "FAILED: include/strowger.h differs from the source: ci/header.sh --write" >&2
        exit 1
    }
    echo "== include/strowger.h is up to date"
fi
