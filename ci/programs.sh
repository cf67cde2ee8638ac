#!/bin/bash
# Builds what the checks run: the gateway, the command, the set, and those that measure and flood. Prints the folder they are in.
# All at once and of the whole workspace: a selection of packages has other features of what others have written, and builds it again.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=()
for program in strowger-gateway strowger strowger-set flood slow counts; do programs+=(--bin "$program"); done
cargo build --quiet --release --locked --workspace "${programs[@]}" >&2
realpath "${CARGO_TARGET_DIR:-target}/release"
