#!/bin/bash
# Builds the library for C as a hosted program links it, with unwinding, since a caught defect needs that; prints the
# path of the static one. The shared one is beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly build=${CARGO_TARGET_DIR:-target}/c/build
CARGO_PROFILE_RELEASE_PANIC=unwind cargo build --quiet --release --locked -p strowger-ffi --target-dir "$build" >&2
echo "$build/release/libstrowger.a"
