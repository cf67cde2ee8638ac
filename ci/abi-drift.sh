#!/bin/bash
# abi-drift.sh [--write]: the C ABI of include/strowger.h against the one that was last committed (include/strowger.abi), by abidiff: sizes and
# places of fields, numbers, parameters. --write takes the header's for the committed one; not where a program that was built before would no
# longer work, unless the upper half of STW_ABI_VERSION is another. Needs gcc, python3 and abigail-tools.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly out=${CARGO_TARGET_DIR:-target}/c committed=include/strowger.abi
mkdir -p "$out"
# A library with every function of the header, empty, and a variable of every type, since a type that nobody uses is not looked at.
python3 - include/strowger.h > "$out/shim.c" <<'PY'
import re, sys
header = open(sys.argv[1]).read()
print('#include "strowger.h"')
for name in re.findall(r"^} (stw_\w+);", header, re.M):
    print(f"extern {name} abi_{name};\n{name} abi_{name};")
functions = re.findall(r"^([a-z][a-z_0-9 ]*[ *]+stw_[a-z_]+\([^;{}]*\));", header, re.M)
for prototype in functions:
    print(prototype, "{ __builtin_trap(); }")
declared = set(re.findall(r"^[a-z][a-z_0-9 ]*[ *]+(stw_[a-z_]+)\(", header, re.M))
assert len(functions) == len(declared) > 50, (len(functions), len(declared))
print("const unsigned abi_version_major = STW_ABI_VERSION >> 16;")
PY
gcc -std=c99 -g -fno-eliminate-unused-debug-types -Wno-unused-parameter -fPIC -shared -Iinclude "$out/shim.c" -o "$out/shim.so"
abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$out/shim.so" > "$out/strowger.abi"
status=0
if [[ ${1:-} == --write && ! -e $committed ]]; then
    cp "$out/strowger.abi" "$committed"
fi
abidiff --no-show-locs "$committed" "$out/strowger.abi" > "$out/abi.txt" 2>&1 || status=$?
if [[ ${1:-} == --write ]]; then
    # Numbers that are added are not said to be a change.
    if ((status & 8)) || grep -qE '[1-9][0-9]* (Removed|Changed)' "$out/abi.txt"; then
        cat "$out/abi.txt" >&2
        echo "abi-drift.sh: a program that was built before may not work: add instead of changing. Is it a reserved field that came into use, or" >&2
        echo "    is the upper half of STW_ABI_VERSION raised, then remove $committed and write it again" >&2
        exit 1
    fi
    cp "$out/strowger.abi" "$committed"
    echo "== $committed written"
elif ((status != 0)); then
    cat "$out/abi.txt" >&2
    echo "abi-drift.sh: the ABI is not that of $committed: ci/abi-drift.sh --write, after a look at what is above" >&2
    exit 1
else
    echo "== the ABI is that of $committed"
fi
